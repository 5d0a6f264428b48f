// SPDX-License-Identifier: MIT
#include "formats/kind.hpp"

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::kind {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kTarBlock = 512;

constexpr bool is_space(char byte) {
  return ascii::is_blank(byte) || byte == '\r' || byte == '\n';
}

bool begins_with(std::string_view text, std::string_view start) {
  return ascii::equal_ignoring_case(text.substr(0, start.size()), start);
}

/// What is left of the text behind a byte order mark and white space.
std::string_view content_of(std::string_view head) {
  Cursor cursor(head);
  cursor.take("\xEF\xBB\xBF"sv);
  cursor.take_while(is_space);
  return cursor.rest();
}

/// By its first character; the next one tells an array from the "[EXTERNAL]" and "[image: logo]" with
/// which mails begin and the "[section]" of settings, an object from RTF.
bool is_json(std::string_view content) {
  Cursor cursor(content);
  if (cursor.take('{')) return !cursor.rest().starts_with('\\');
  if (!cursor.take('[')) return false;
  cursor.take_while(is_space);
  return cursor.rest().empty() ||
         std::string_view("{[]\"").find(cursor.rest().front()) != std::string_view::npos;
}

/// One document a line, of which the first lost its beginning (a file that was cut or rotated).
bool second_line_is_json(std::string_view content) {
  const std::size_t end = content.find('\n');
  return end != std::string_view::npos && content.substr(end + 1).starts_with("{\""sv);
}

bool is_utf16(std::string_view head) {
  return head.starts_with("\xFF\xFE"sv) || head.starts_with("\xFE\xFF"sv) ||
         head.starts_with("{\0"sv) || head.starts_with("\0{"sv);
}

/// The checksum of a tar header: the sum of its bytes, its own eight counted as spaces, in octal.
/// Old programs on machines with a signed char summed signed bytes (POSIX pax, "ustar Interchange
/// Format", says unsigned).
bool is_tar_header(std::string_view head) {
  if (head.size() < kTarBlock || head.front() == '\0') return false;
  const std::string_view block = head.substr(0, kTarBlock);
  constexpr std::size_t kSumAt = 148;
  constexpr std::size_t kSumSize = 8;
  Cursor field(block.substr(kSumAt, kSumSize));
  field.take_while([](char byte) { return byte == ' '; });
  const std::string_view digits =
      field.take_while([](char byte) { return byte >= '0' && byte <= '7'; });
  if (digits.empty()) return false;  // nearly everything else ends here
  int sum = 0;
  for (const char digit : digits) sum = sum * 8 + (digit - '0');

  int with_sign = ' ' * static_cast<int>(kSumSize);
  int without = with_sign;
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (i >= kSumAt && i < kSumAt + kSumSize) continue;
    with_sign += static_cast<signed char>(block[i]);
    without += static_cast<unsigned char>(block[i]);
  }
  return sum == without || sum == with_sign;
}

/// Whether a field of this name belongs to a mail and not to any text with a colon: nearly every
/// field's name has a hyphen (Return-Path, Message-ID, X-Spam-Status), the rest is listed.
bool is_mail_field(std::string_view name) {
  constexpr std::array kPlain = {"received"sv, "from"sv,   "to"sv,     "cc"sv,
                                 "date"sv,     "sender"sv, "subject"sv};
  if (name.find('-') != std::string_view::npos) return ascii::is_alpha(name.front());
  return std::any_of(kPlain.begin(), kPlain.end(), [name](std::string_view known) {
    return ascii::equal_ignoring_case(name, known);
  });
}

/// A header field (RFC 5322 2.2): name, colon, and no "//" as in the scheme of a URL.
bool is_mail(std::string_view head) {
  Cursor cursor(head);
  const std::string_view name = cursor.take_while(
      [](char byte) { return ascii::is_alnum(byte) || byte == '-' || byte == '_'; });
  return !name.empty() && cursor.take(':') && !cursor.take("//"sv) && is_mail_field(name);
}

struct Magic {
  std::string_view bytes;
  std::string_view words;
};

constexpr Magic kMagics[] = {
    {"\x89PNG\r\n"sv, "a PNG picture"sv},
    {"\xFF\xD8\xFF"sv, "a JPEG picture"sv},
    {"GIF8"sv, "a GIF picture"sv},
    {"%PDF-"sv, "a PDF file"sv},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Office file or Outlook message"sv},
    {"BZh"sv, "a bzip2 file"sv},
    {"\xFD"
     "7zXZ"sv,
     "an xz file"sv},
    {"\x28\xB5\x2F\xFD"sv, "a zstd file"sv},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive"sv},
    {"Rar!"sv, "a RAR archive"sv},
    {"\x7F"
     "ELF"sv,
     "a program"sv},
    {"MZ"sv, "a program"sv},
    {"SQLite format 3"sv, "an SQLite database"sv},
    {"PAR1"sv, "a Parquet file"sv},
};

std::string_view describe_xml(std::string_view text) {
  // The root of RFC 7489 Appendix C, with or without a namespace's attribute.
  return text.find("<feedback>"sv) != std::string_view::npos ||
                 text.find("<feedback "sv) != std::string_view::npos
             ? "a DMARC report (XML)"sv
             : "an XML file"sv;
}

bool is_control(char byte) {
  return (static_cast<unsigned char>(byte) < 0x20 && !is_space(byte) && byte != '\f') ||
         byte == '\x7F';
}

}  // namespace

Kind sniff(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kHeadSize);
  if (head.empty()) return Kind::empty;
  if (head.starts_with("\x1F\x8B"sv)) return Kind::gzip;
  // A member, the end of an empty file, the mark of a file that was split (APPNOTE 4.3.7, 4.3.16,
  // 8.5.5).
  if (head.starts_with("PK\3\4"sv) || head.starts_with("PK\5\6"sv) ||
      head.starts_with("PK\7\10"sv)) {
    return Kind::zip;
  }
  if (head.size() >= kTarBlock && head.substr(257, 5) == "ustar"sv) return Kind::tar;
  if (is_tar_header(head)) return Kind::tar;
  if (is_utf16(head)) return Kind::other;
  const std::string_view content = content_of(head);
  if (is_json(content)) return Kind::json;
  if (head.starts_with("From "sv)) return Kind::mbox;
  if (is_mail(head)) return Kind::mail;
  if (second_line_is_json(content)) return Kind::json;
  return Kind::other;
}

std::string describe(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kHeadSize);
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return std::string(magic.words);
  }
  if (is_utf16(head)) return "text in UTF-16";
  if (std::all_of(head.begin(), head.end(), [](char byte) { return byte == '\0'; })) {
    return "nothing but zeros";
  }
  const std::string_view content = content_of(head);
  if (content.empty()) return "nothing but white space";
  if (begins_with(content, "<!doctype html"sv) || begins_with(content, "<html"sv)) {
    return "an HTML page";
  }
  if (content.starts_with("<?xml"sv) || content.starts_with("<feedback"sv)) {
    return std::string(describe_xml(content));
  }
  if (std::any_of(head.begin(), head.end(), is_control)) return "binary data";
  return "text";
}

}  // namespace mxseal::kind
