// SPDX-License-Identifier: MIT
// UTF-8 by RFC 3629: no overlong forms, no surrogates, at most U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mxseal::utf8 {

/// The length in bytes (1 to 4) of the character that begins at `at`, 0 where the bytes there are
/// no UTF-8.
std::size_t length_at(std::string_view text, std::size_t at);

/// The offset of the first byte that is no UTF-8, npos where all is.
std::size_t find_invalid(std::string_view text);

/// The first `most` bytes of the text, or fewer, so that no character is cut in two.
std::string_view prefix(std::string_view text, std::size_t most);

/// The text with each byte that is no UTF-8 written as \xNN, so that it can go wherever UTF-8 must.
std::string escape_invalid(std::string_view text);

}  // namespace mxseal::utf8
