// SPDX-License-Identifier: MIT
// Kind: what some bytes are, told by content alone (names lie: archives are full of .txt that is
// JSON and .json that is gzip).
//
// Only the first kHeadSize bytes count, however many are given, so that the same file is the same
// everywhere: JSON behind more white space than that is `other`. Only what mxseal reads has a Kind
// of its own; everything else is `other`, and describe() says in plain words what it seems to be.
// Nothing of the input is ever part of those words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mxseal::kind {

enum class Kind : std::uint8_t {
  empty,  ///< no byte at all
  json,   ///< { or an array, after a byte order mark and white space if there are any (RFC 8259);
          ///< or one a line, the first without its beginning
  gzip,   ///< RFC 1952
  zip,    ///< also an empty one
  tar,    ///< POSIX, GNU, and v7 (which has no magic) by the checksum of its first header
  mbox,   ///< begins with "From ", the separator line of RFC 4155
  mail,   ///< begins with a header field that mails have (RFC 5322)
  other,  ///< none of these: describe() says what
};

/// How many bytes of the beginning sniff() and describe() look at; fewer are fine where there are
/// no more.
inline constexpr std::size_t kHeadSize = 1024;

/// Tells what begins with `bytes`. UTF-16 and UTF-32 are `other` (RFC 8259 8.1: JSON is UTF-8), a
/// file of zeros too.
Kind sniff(std::string_view bytes);

/// Says what bytes of Kind::other are, as the end of a sentence: "a DMARC report (XML)", "a PNG
/// picture", "text".
std::string describe(std::string_view bytes);

}  // namespace mxseal::kind
