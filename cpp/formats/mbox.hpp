// SPDX-License-Identifier: MIT
// mbox (RFC 4155): where the next mail begins.
//
// A separator is a line that begins "From " and is followed by a header field, or by another such
// line that was quoted (">From "). The second half is the rule of this file: "From " at the start
// of a line of text, which careless programs leave unquoted, does not split a mail.
#pragma once

#include <cstddef>
#include <string_view>

namespace mxseal::mbox {

/// How many bytes from the start of a separator on are looked at: a "From " line that is longer
/// separates nothing.
inline constexpr std::size_t kLookahead = 1024;

/// The offset of the first separator line at or after `from`, npos where there is none. `from`
/// itself counts as the start of a line only if it is 0 or a line end stands before it.
///
/// On a sliding window that does not yet reach the end of the file, a separator within the last
/// kLookahead bytes may not be known as one yet: after npos, append more and search again from
/// max(from, size - kLookahead).
std::size_t next_message(std::string_view data, std::size_t from);

}  // namespace mxseal::mbox
