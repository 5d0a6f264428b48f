// SPDX-License-Identifier: MIT
// Lines that begin with one letter, in text that is long and has few of them: what mails and mboxes
// are divided by.
#pragma once

#include <cstddef>
#include <string_view>

namespace mxseal {

/// The offset of the next line at or after `from` (more than 0) that begins with `first`; npos where
/// there is none. A line begins behind an LF.
std::size_t find_line_start(std::string_view text, std::size_t from, char first);

}  // namespace mxseal
