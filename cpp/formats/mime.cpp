// SPDX-License-Identifier: MIT
#include "formats/mime.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "formats/line_start.hpp"
#include "formats/mail_header.hpp"
#include "formats/transfer_encoding.hpp"

namespace mxseal::mime {

using ascii::equal_ignoring_case;

/// Where an entity (a mail or a part) or its body lies in the message.
struct MailReader::Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t nesting = 0;  // multiparts around it
  bool closed = true;       // it ends at a boundary, or has none to end at
  bool in_digest = false;   // RFC 2046 5.1.5: without a type it is message/rfc822
};

/// The values that say what a body is; data() is null where there is no such field.
struct MailReader::Header {
  std::string_view content_type;
  std::string_view content_disposition;
  std::string_view content_transfer_encoding;
};

namespace {

/// Of a repeated field the first counts.
void set_first(std::string_view& value, std::string_view found) {
  if (value.data() == nullptr) value = found;
}

/// A boundary's line: "--" boundary, "--" if it is the last, white space, the line's end
/// (RFC 2046 5.1.1).
struct Delimiter {
  std::size_t begin = std::string_view::npos;  // npos: there is none
  std::size_t end = 0;                         // behind the line
  bool last = false;
};

/// Finds the next delimiter line in text[from, end); `delimiter` is "--" and the boundary. Another
/// boundary that only begins like this one is not it. `from` is more than 0: a header with the
/// boundary stands before it.
Delimiter find_delimiter(std::string_view text, std::size_t from, std::string_view delimiter) {
  for (std::size_t at = find_line_start(text, from, '-'); at != std::string_view::npos;
       at = find_line_start(text, at + 1, '-')) {
    Cursor cursor(text.substr(at));
    if (!cursor.take(delimiter)) continue;
    const bool last = cursor.take("--");
    cursor.take_while(ascii::is_blank);
    if (cursor.at_end() || cursor.take('\n') || cursor.take("\r\n"))
      return {at, at + static_cast<std::size_t>(cursor.offset()), last};
  }
  return {};
}

/// `end`, or where the line end begins that stands before it and belongs to the boundary
/// (RFC 2046 5.1.1).
std::size_t without_line_end(std::string_view text, std::size_t begin, std::size_t end) {
  if (end > begin && text[end - 1] == '\n') --end;
  if (end > begin && text[end - 1] == '\r') --end;
  return end;
}

Error limit(Errc code, std::size_t most, std::size_t offset) {
  return Error{code, std::to_string(most), static_cast<std::int64_t>(offset)};
}

}  // namespace

Result<void> MailReader::read(std::string_view message) {
  mail_.mail_from.clear();
  mail_.submitter.clear();
  count_ = 0;
  message_ = message;

  Extent whole;
  whole.end = message.size();
  return read_entity(whole);
}

/// entity = header, blank line, body: RFC 5322 2.1, RFC 2045 2.4.
Result<void> MailReader::read_entity(Extent extent) {
  Cursor cursor(message_.substr(extent.begin, extent.end - extent.begin));
  // Separators of an mbox, the second perhaps quoted by the program that put the first before it.
  for (const std::string_view from : {"From ", ">From "}) {
    if (cursor.rest().starts_with(from)) cursor.take_line();
  }
  Header header;
  std::string_view from;
  std::string_view submitter;
  while (const std::optional<mail_header::Field> field = mail_header::take_field(cursor)) {
    if (cursor.offset() > static_cast<std::int64_t>(kMaxHeader)) {
      return limit(Errc::mail_headers_too_large, kMaxHeader, extent.begin + kMaxHeader);
    }
    // Most fields of a mail are other ones: their first letter tells.
    switch (ascii::lower(field->name.front())) {
      case 'c':
        if (equal_ignoring_case(field->name, "Content-Type"))
          set_first(header.content_type, field->value);
        if (equal_ignoring_case(field->name, "Content-Disposition")) {
          set_first(header.content_disposition, field->value);
        }
        if (equal_ignoring_case(field->name, "Content-Transfer-Encoding")) {
          set_first(header.content_transfer_encoding, field->value);
        }
        break;
      case 'f':
        if (equal_ignoring_case(field->name, "From")) set_first(from, field->value);
        break;
      case 't':
        if (equal_ignoring_case(field->name, "TLS-Report-Submitter"))
          set_first(submitter, field->value);
        break;
      default:
        break;
    }
  }
  if (extent.nesting == 0) {
    mail_header::read_address(from, mail_.mail_from);
    mail_header::read_word(submitter, mail_.submitter);
  }
  extent.begin += static_cast<std::size_t>(cursor.offset());
  return read_body(header, extent);
}

Result<void> MailReader::read_body(const Header& header, Extent body) {
  mail_header::read_media_type(header.content_type, type_);
  std::string& delimiter = delimiters_[body.nesting];
  if (type_.starts_with("multipart/") &&
      mail_header::read_parameter(header.content_type, "boundary", delimiter) &&
      !delimiter.empty() && delimiter.size() <= kMaxBoundary) {
    delimiter.insert(0, "--");
    const std::string_view text = message_.substr(0, body.end);
    const Delimiter first = find_delimiter(text, body.begin, delimiter);
    // Without a part it is one itself, as with Python's `email`.
    if (first.begin != std::string_view::npos && !first.last) {
      if (body.nesting == kMaxNesting) return limit(Errc::mail_nesting, kMaxNesting, body.begin);
      body.in_digest = type_ == "multipart/digest";
      body.begin = first.end;
      return read_multipart(body, delimiter);
    }
  }
  return add_leaf(header, body);
}

/// The parts of a multipart; `body` begins behind the first delimiter's line. What stands before
/// that (preamble) and behind the last (epilogue) is for old mail programs and not read.
Result<void> MailReader::read_multipart(Extent body, std::string_view delimiter) {
  const std::string_view text = message_.substr(0, body.end);
  while (true) {
    const Delimiter next = find_delimiter(text, body.begin, delimiter);
    const bool found = next.begin != std::string_view::npos;
    // Two delimiters on top of each other have no part between them.
    if (!found || next.begin > body.begin) {
      Extent part = body;
      ++part.nesting;
      part.closed = found || (body.nesting > 0 && body.closed);
      part.end = found ? next.begin : body.end;
      // A boundary around this multipart has taken its line end already.
      if (found || body.nesting == 0) part.end = without_line_end(text, body.begin, part.end);
      if (Result<void> read = read_entity(part); !read) return read;
    }
    if (!found || next.last) return {};
    body.begin = next.end;
  }
}

Result<void> MailReader::add_leaf(const Header& header, const Extent& body) {
  if (count_ == kMaxParts) return limit(Errc::mail_too_many_parts, kMaxParts, body.begin);
  if (count_ == parts_.size()) parts_.emplace_back();
  Part& part = parts_[count_++];
  const bool untyped_in_digest = body.in_digest && header.content_type.data() == nullptr;
  if (type_.empty()) type_ = untyped_in_digest ? "message/rfc822" : "text/plain";
  part.media_type = type_;
  part.content_type = header.content_type;
  part.content_disposition = header.content_disposition;
  mail_header::read_word(header.content_transfer_encoding, part.encoding);
  std::transform(part.encoding.begin(), part.encoding.end(), part.encoding.begin(), ascii::lower);
  part.body = message_.substr(body.begin, body.end - body.begin);
  part.offset = body.begin;
  part.closed = body.closed;
  return {};
}

void read_filename(const Part& part, std::string& out) {
  if (!mail_header::read_parameter(part.content_disposition, "filename", out)) {
    mail_header::read_parameter(part.content_type, "name", out);
  }
  mail_header::decode_words(out);
}

Result<void> decode(const Part& part, Bytes& out) {
  using transfer_encoding::Base64End;
  out.clear();
  if (part.encoding == "base64") {
    const Base64End end = transfer_encoding::append_base64(part.body, out);
    const auto offset = static_cast<std::int64_t>(part.offset + part.body.size());
    if (end != Base64End::whole && !part.closed) return Error{Errc::mail_truncated, {}, offset};
    if (end == Base64End::incomplete) return Error{Errc::mail_encoding, "base64", offset};
    return {};
  }
  if (part.encoding == "quoted-printable") {
    transfer_encoding::append_quoted_printable(part.body, out);
    return {};
  }
  out.append(part.body);
  const bool as_it_is = part.encoding.empty() || part.encoding == "7bit" ||
                        part.encoding == "8bit" || part.encoding == "binary";
  if (as_it_is) return {};
  return Error{Errc::mail_encoding, part.encoding, static_cast<std::int64_t>(part.offset)};
}

}  // namespace mxseal::mime
