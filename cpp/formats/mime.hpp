// SPDX-License-Identifier: MIT
// MailReader: finds the parts of a mail (RFC 5322, RFC 2045 to 2049) that lies in memory, and the
// few header fields that concern a TLS report (RFC 8460 5.3). What few callers ask of a part is read
// when they do: read_filename(), and decode(), which undoes its transfer encoding.
//
// It reads what real mail programs send, not only what the RFCs allow, and agrees with Python's
// `email` about where parts begin and end (the tests compare them on every mail there). Bodies are
// never read line by line: only boundaries are searched for.
//
// Limits, each with its code: kMaxHeader (mail-headers-too-large), kMaxParts (mail-too-many-parts),
// kMaxNesting (mail-nesting). The size of the mail itself is the caller's to bound.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal::mime {

/// Bytes of one header, the mail's or a part's. Postfix takes 100 KiB (header_size_limit), Exchange
/// 256.
inline constexpr std::size_t kMaxHeader = std::size_t{256} << 10;

/// Leaf parts of one mail. A report has two or three; a digest of a list some hundred.
inline constexpr std::size_t kMaxParts = 1000;

/// Multiparts inside each other. Signed, forwarded and footered mail reaches five.
inline constexpr std::size_t kMaxNesting = 8;

/// Characters of a boundary. RFC 2046 5.1.1 allows 70. A multipart with a longer one is read as if it
/// had none, as one part: to search for it could cost its length at each line.
inline constexpr std::size_t kMaxBoundary = 256;

/// What the mail's own header says. Of a repeated field the first counts. All is hostile text:
/// escape it where it is printed.
struct MailInfo {
  /// addr-spec of the first address in From (RFC 5322 3.4.1), "" where there is none.
  std::string mail_from;
  /// TLS-Report-Submitter (RFC 8460 5.3), without comments, "" where there is none.
  std::string submitter;
};

/// A part without parts of its own. message/rfc822 is one: give what decode() makes of it to
/// another MailReader.
struct Part {
  /// "type/subtype" in lower case; text/plain where none is given, or none that makes sense.
  std::string media_type;
  /// As they stand in the message: what read_filename() looks at.
  std::string_view content_type;
  std::string_view content_disposition;
  /// Content-Transfer-Encoding in lower case, "" where there is none.
  std::string encoding;
  /// Still encoded; lies in the message, without the line end that belongs to the boundary.
  std::string_view body;
  std::size_t offset = 0;  ///< of the body in the message
  bool closed = true;      ///< false where the mail ended before the boundary that closes this part
};

class MailReader {
 public:
  /// Reads one mail; what was read before is lost, the memory reused. `message` must outlive the
  /// use of parts(). An mbox's "From " line in front is passed over. Everything is a mail to it:
  /// what has no header is one text/plain part.
  ///
  /// Errors: the limits above, with the offset where the limit was met; mail() and the parts found
  /// before it stay.
  Result<void> read(std::string_view message);

  const MailInfo& mail() const { return mail_; }

  /// In the order of the message.
  std::span<const Part> parts() const { return {parts_.data(), count_}; }

 private:
  struct Header;
  struct Extent;

  Result<void> read_entity(Extent extent);
  Result<void> read_body(const Header& header, Extent body);
  Result<void> read_multipart(Extent body, std::string_view delimiter);
  Result<void> add_leaf(const Header& header, const Extent& body);

  MailInfo mail_;
  // The first count_ of them; the rest keep their memory for the next mail.
  std::vector<Part> parts_;
  std::size_t count_ = 0;
  std::string_view message_;

  // Kept for their memory: the type of the entity at hand, and a line end, "--" and the boundary of
  // each multipart around it.
  std::string type_;
  std::array<std::string, kMaxNesting + 1> delimiters_;
};

/// The filename of Content-Disposition, else the name of Content-Type, into `out`; in UTF-8, "" where
/// there is none. Never a path.
void read_filename(const Part& part, std::string& out);

/// Undoes the transfer encoding (RFC 2045 6) of `part` into `out`, whose old content is lost:
/// base64, quoted-printable, or 7bit, 8bit, binary and none, which are the bytes themselves.
///
/// As lenient as Python's `email`: in base64 what is not of its alphabet is passed over and missing
/// padding is not missed; in quoted-printable a wrong escape stays as it is.
///
/// Errors: mail-encoding for an unknown encoding (detail: its name; offset of the body) and for
/// base64 that lacks a digit (offset of its end); mail-truncated for base64 that ends inside a
/// group of four in a part that is not closed (offset of its end). On an error `out` holds what
/// could be decoded.
Result<void> decode(const Part& part, Bytes& out);

}  // namespace mxseal::mime
