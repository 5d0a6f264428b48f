// SPDX-License-Identifier: MIT
// UTF-8 for names that others wrote (attachments, members of containers, header fields): what is
// valid stays, each byte that is not becomes \xNN, so that every name can be a column's text and
// two different names stay different.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mxseal::utf8 {

/// Bytes of the character that `text` begins with: 1 to 4, or 0 where it begins with none (RFC 3629
/// 4: no overlong form, no surrogate, nothing beyond U+10FFFF).
std::size_t character_size(std::string_view text);

/// Rewrites `text` in place; does not touch it where it is valid.
void escape_invalid(std::string& text);

/// Appends a code point (no surrogate, at most U+10FFFF).
void append(std::string& text, char32_t character);

}  // namespace mxseal::utf8
