// SPDX-License-Identifier: MIT
// Where a JSON value ends, and where exactly it breaks: the slow, strict twin of simdjson (RFC
// 8259, UTF-8 checked).
//
// simdjson says that a document is bad, not where; it cannot find the end of a value that others
// follow, and it refuses numbers beyond its types that the grammar allows. This reader is asked
// only in those cases; a test holds the two equal.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal::json {

/// Nesting beyond this is refused, as simdjson does by default.
inline constexpr std::size_t kMaxDepth = 1024;

/// Reads one JSON value at `from` (white space before it allowed) and returns the offset just
/// behind it. Errors: json_syntax, json_utf8, json_depth, with the offset in `text` where the
/// grammar breaks.
Result<std::size_t> scan_value(std::string_view text, std::size_t from);

/// Offset of the first byte at or after `from` that is no JSON white space.
std::size_t skip_space(std::string_view text, std::size_t from);

/// Copies the value `text` to `out` with every number that neither int64, uint64 nor a finite
/// double can hold replaced by -1 and spaces (same length, so offsets stay): an unknown member may
/// hold any number, and a count that large is as invalid as a negative one. `text` must have passed
/// scan_value.
void replace_huge_numbers(std::string_view text, Bytes& out);

}  // namespace mxseal::json
