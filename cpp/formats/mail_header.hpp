// SPDX-License-Identifier: MIT
// The header fields of a mail or a part (RFC 5322 2.2, RFC 2045 5, RFC 2183, RFC 2231, RFC 2047):
// taken one by one, and what their values mean.
//
// A value is handed about as it stands in the mail, folded lines and all; the functions below read
// it so. What they give is UTF-8 (bytes that are none: \xNN) and overwrites `out`, whose memory is
// used again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/cursor.hpp"

namespace mxseal::mail_header {

struct Field {
  std::string_view name;   ///< without the colon
  std::string_view value;  ///< everything behind it, up to the last continuation line
};

/// Takes the next field. Nothing at the header's end: behind a blank line, which is taken, or
/// before a line that is no field, which is not (programs forget the blank line; Python's `email`
/// reads so too), or at the text's end.
std::optional<Field> take_field(Cursor& cursor);

/// The first word, without comments: a domain, an encoding.
void read_word(std::string_view value, std::string& out);

/// The addr-spec of the first address of a list (RFC 5322 3.4): display name, route, comments and
/// groups' names left out; "" where there is no "@".
void read_address(std::string_view value, std::string& out);

/// The media type of Content-Type in lower case (RFC 2045 5.1); "" where it is not of the form
/// type/subtype.
void read_media_type(std::string_view value, std::string& out);

/// A parameter of Content-Type or Content-Disposition: plain, else as RFC 2231 has it (encoded, or
/// cut into at most kMaxSections); of several the first. Encoded words are left. False where there
/// is none.
bool read_parameter(std::string_view value, std::string_view name, std::string& out);

/// Decodes the encoded words of RFC 2047 in `text`. In parameters they are forbidden (5) and usual.
void decode_words(std::string& text);

inline constexpr unsigned kMaxSections = 64;

}  // namespace mxseal::mail_header
