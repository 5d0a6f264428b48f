// SPDX-License-Identifier: MIT
// The two transfer encodings of RFC 2045 that change bytes: base64 (6.8) and quoted-printable
// (6.7).
//
// Both give what Python's `binascii` gives for the same bytes; only a soft line break with white
// space behind the "=" is one here (RFC 2045 6.7 rule 3) and text there.
#pragma once

#include <string_view>

#include "base/bytes.hpp"

namespace mxseal::transfer_encoding {

/// How base64 ended.
enum class Base64End {
  whole,       ///< padded, or no padding was needed
  unpadded,    ///< padding is missing, no data
  incomplete,  ///< six bits of a byte are there and two are not
};

/// Appends what `text` means. Bytes outside the alphabet are passed over (RFC 2045 6.8), what
/// follows the padding is ignored.
Base64End append_base64(std::string_view text, Bytes& out);

/// Appends what `text` means. A wrong escape stays as it is.
void append_quoted_printable(std::string_view text, Bytes& out);

}  // namespace mxseal::transfer_encoding
