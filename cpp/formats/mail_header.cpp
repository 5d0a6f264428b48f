// SPDX-License-Identifier: MIT
#include "formats/mail_header.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.hpp"
#include "base/bytes.hpp"
#include "base/utf8.hpp"
#include "formats/transfer_encoding.hpp"

namespace mxseal::mail_header {

using ascii::equal_ignoring_case;
using ascii::is_blank;

namespace {

/// What a byte may be part of, as bits; 256 bytes, made by the compiler.
enum : unsigned char {
  kBlank = 1,     ///< WSP of RFC 5234: space and tab
  kLineEnd = 2,   ///< CR and LF
  kName = 4,      ///< ftext of RFC 5322 3.6.8: printable ASCII but the colon
  kToken = 8,     ///< token of RFC 2045 5.1: the same without tspecials
  kAddress = 16,  ///< nothing in an address list that needs a second look
};

constexpr bool among(char byte, std::string_view bytes) {
  return bytes.find(byte) != std::string_view::npos;
}

consteval std::array<unsigned char, 256> byte_classes() {
  std::array<unsigned char, 256> classes{};
  for (std::size_t byte = 0; byte < classes.size(); ++byte) {
    const char character = static_cast<char>(byte);
    unsigned bits = 0;
    if (is_blank(character)) bits |= kBlank;
    if (character == '\r' || character == '\n') bits |= kLineEnd;
    if (byte > 0x20 && byte < 0x7F && character != ':') bits |= kName;
    if ((bits & kName) != 0 && !among(character, "()<>@,;\\\"/[]?=")) bits |= kToken;
    if (byte > 0x20 && !among(character, "()<>,;:\"")) bits |= kAddress;
    classes[byte] = static_cast<unsigned char>(bits);
  }
  return classes;
}

constexpr std::array<unsigned char, 256> kClasses = byte_classes();

constexpr bool is(char byte, unsigned bits) {
  return (kClasses[static_cast<unsigned char>(byte)] & bits) != 0;
}
constexpr bool is_line_end(char byte) {
  return is(byte, kLineEnd);
}
constexpr bool is_space(char byte) {
  return is(byte, kBlank | kLineEnd);
}
constexpr bool is_name_byte(char byte) {
  return is(byte, kName);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

void make_utf8(std::string& text) {
  if (utf8::find_invalid(text) != std::string_view::npos) text = utf8::escape_invalid(text);
}

/// Appends without line ends: what folding added.
void append_unfolded(std::string_view text, std::string& out) {
  Cursor cursor(text);
  if (text.find('\n') == std::string_view::npos && text.find('\r') == std::string_view::npos) {
    out += cursor.take_up_to(text.size());
  }
  while (!cursor.at_end()) {
    out += cursor.take_while([](char byte) { return !is_line_end(byte); });
    cursor.take_while(is_line_end);
  }
}

/// comment = "(" *([FWS] ccontent) [FWS] ")", where ccontent may be a comment (RFC 5322 3.2.2). The
/// "(" is taken already.
void skip_comment(Cursor& cursor) {
  std::size_t depth = 1;
  while (depth > 0 && !cursor.at_end()) {
    if (cursor.take('(')) {
      ++depth;
    } else if (cursor.take(')')) {
      --depth;
    } else {
      cursor.take_up_to(cursor.peek() == '\\' ? 2 : 1);  // quoted-pair (RFC 5322 3.2.1)
    }
  }
}

/// CFWS of RFC 5322 3.2.2: white space, line ends and comments.
void skip_cfws(Cursor& cursor) {
  do {
    cursor.take_while(is_space);
    if (!cursor.take('(')) return;
    skip_comment(cursor);
  } while (!cursor.at_end());
}

/// What stands between the quotes, escapes as they are. The first quote is taken already; the last
/// may be missing.
std::string_view take_quoted(Cursor& cursor) {
  const std::string_view rest = cursor.rest();
  const std::int64_t start = cursor.offset();
  while (!cursor.at_end()) {
    cursor.take_while([](char byte) { return byte != '"' && byte != '\\'; });
    const std::int64_t end = cursor.offset();
    if (cursor.take('"')) return rest.substr(0, static_cast<std::size_t>(end - start));
    cursor.take_up_to(2);  // a backslash and what it escapes, or the end
  }
  return rest;
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool quoted = false;
};

/// parameter = attribute "=" value (RFC 2045 5.1), behind the next ";". A value without quotes goes
/// up to the next ";" or comment, so that what should have been quoted ("name=report 1.json") is
/// read as it was meant.
bool take_parameter(Cursor& cursor, Parameter& parameter) {
  while (true) {
    cursor.take_until(';');
    if (!cursor.take(';')) return false;
    skip_cfws(cursor);
    parameter.name = cursor.take_while(
        [](char byte) { return byte != '=' && byte != ';' && byte != '(' && !is_space(byte); });
    skip_cfws(cursor);
    if (!cursor.take('=')) continue;
    skip_cfws(cursor);
    parameter.quoted = cursor.take('"');
    parameter.value =
        parameter.quoted
            ? take_quoted(cursor)
            : trimmed(cursor.take_while([](char byte) { return byte != ';' && byte != '('; }));
    return true;
  }
}

/// Appends a parameter's value. Only \" and \\ are escapes: programs leave the \ of a Windows path
/// as it is.
void append_value(const Parameter& parameter, std::string& out) {
  if (!parameter.quoted) return append_unfolded(parameter.value, out);
  Cursor cursor(parameter.value);
  while (!cursor.at_end()) {
    append_unfolded(cursor.take_until('\\'), out);
    if (!cursor.take('\\')) return;
    if (cursor.peek() != '"' && cursor.peek() != '\\') out += '\\';
    append_unfolded(cursor.take_up_to(1), out);
  }
}

/// ext-octet = "%" 2(DIGIT / "A" / ... / "F") (RFC 2231 7); a wrong one stays.
void append_percent_decoded(std::string_view text, std::string& out) {
  Cursor cursor(text);
  while (!cursor.at_end()) {
    out += cursor.take_until('%');
    if (!cursor.take('%')) return;
    out += cursor.take_hex_pair().value_or('%');
  }
}

/// Turns Latin-1 into UTF-8 where that is the charset; other charsets but UTF-8 are not worth a
/// library for a file's name.
void append_from_charset(std::string_view charset, std::string_view text, std::string& out) {
  const bool latin =
      equal_ignoring_case(charset, "iso-8859-1") || equal_ignoring_case(charset, "windows-1252") ||
      equal_ignoring_case(charset, "iso-8859-15") || equal_ignoring_case(charset, "latin1");
  if (!latin) {
    out += text;
    return;
  }
  for (const char character : text) {
    const unsigned byte = static_cast<unsigned char>(character);
    if (byte >= 0x80) out += static_cast<char>(0xC0U | byte >> 6);
    out += static_cast<char>(byte >= 0x80 ? 0x80U | (byte & 0x3FU) : byte);
  }
}

/// The number of a section in canonical form (RFC 2231 7), kMaxSections for one beyond the limit or
/// none.
unsigned take_section_number(Cursor& cursor) {
  const std::string_view digits = cursor.take_while(ascii::is_digit);
  unsigned number = kMaxSections;
  if (digits == "0" || !digits.starts_with('0')) {
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  }
  return std::min(number, kMaxSections);
}

/// RFC 2231 3 and 4: name*=, name*0=, name*1*=, ... "*" at the end says that the section is
/// percent-encoded; the first one then begins charset'language'. The parameters are gone through
/// once, whatever the order of the sections.
bool read_sections(std::string_view value, std::string_view name, std::string& out) {
  struct Section {
    std::optional<Parameter> parameter;
    bool encoded = false;
  };
  std::array<Section, kMaxSections> sections;
  Section whole;
  Cursor parameters(value);
  Parameter parameter;
  while (take_parameter(parameters, parameter)) {
    if (!equal_ignoring_case(parameter.name.substr(0, name.size()), name)) continue;
    Cursor suffix(parameter.name.substr(name.size()));
    if (!suffix.take('*')) continue;
    const bool is_whole = suffix.at_end();
    const unsigned number = is_whole ? 0 : take_section_number(suffix);
    const bool encoded = suffix.take('*') || is_whole;
    if (!suffix.at_end() || number == kMaxSections) continue;
    Section& section = is_whole ? whole : sections[number];
    if (!section.parameter) section = {parameter, encoded};
  }

  std::string joined;
  bool encoded = false;
  const auto append_section = [&](const Section& section) {
    encoded = encoded || section.encoded;
    std::string text;
    append_value(*section.parameter, text);
    if (section.encoded) {
      append_percent_decoded(text, joined);
    } else {
      joined += text;
    }
  };
  for (const Section& section : sections) {
    if (!section.parameter) break;  // the rest follows nothing
    append_section(section);
  }
  if (!sections[0].parameter) {
    if (!whole.parameter) return false;
    append_section(whole);
  }
  Cursor cursor(joined);
  std::string_view charset;
  if (encoded && std::count(joined.begin(), joined.end(), '\'') >= 2) {
    charset = cursor.take_until('\'');
    cursor.take('\'');
    cursor.take_until('\'');
    cursor.take('\'');
  }
  append_from_charset(charset, cursor.rest(), out);
  return true;
}

/// encoded-word = "=?" charset "?" encoding "?" encoded-text "?=" (RFC 2047 2). Appends its
/// meaning, or takes nothing.
bool take_encoded_word(Cursor& cursor, std::string& out) {
  Cursor ahead = cursor;
  const auto inside = [](char byte) { return byte != '?' && !is_space(byte); };
  if (!ahead.take("=?")) return false;
  const std::string_view charset = ahead.take_while(inside);
  if (charset.empty() || !ahead.take('?')) return false;
  const std::string_view encoding = ahead.take_while(inside);
  if (!ahead.take('?')) return false;
  std::string text(ahead.take_while([](char byte) { return byte != '?'; }));
  if (!ahead.take("?=")) return false;
  Bytes bytes;
  if (equal_ignoring_case(encoding, "b")) {
    transfer_encoding::append_base64(text, bytes);
  } else if (equal_ignoring_case(encoding, "q")) {
    std::replace(text.begin(), text.end(), '_', ' ');  // RFC 2047 4.2
    transfer_encoding::append_quoted_printable(text, bytes);
  } else {
    return false;
  }
  append_from_charset(charset.substr(0, charset.find('*')), bytes.view(), out);  // RFC 2231 5
  cursor = ahead;
  return true;
}

}  // namespace

std::optional<Field> take_field(Cursor& cursor) {
  while (!cursor.at_end()) {
    const std::string_view rest = cursor.rest();
    const auto name_end = std::find_if_not(rest.begin(), rest.end(), is_name_byte);
    const std::size_t name_size = static_cast<std::size_t>(name_end - rest.begin());
    if (name_end == rest.end() || *name_end != ':') {
      if (is_blank(rest.front())) {  // continues nothing
        cursor.take_line();
        continue;
      }
      if (rest.starts_with('\n') || rest.starts_with("\r\n")) cursor.take_line();
      return std::nullopt;
    }
    const std::string_view field = cursor.take_folded_line();
    if (name_size > 0) return Field{field.substr(0, name_size), field.substr(name_size + 1)};
  }
  return std::nullopt;
}

void read_word(std::string_view value, std::string& out) {
  Cursor cursor(value);
  skip_cfws(cursor);
  out = cursor.take_while([](char byte) { return !is_space(byte) && byte != '(' && byte != ';'; });
  make_utf8(out);
}

void read_address(std::string_view value, std::string& out) {
  out.clear();
  Cursor cursor(value);
  bool in_angle = false;
  while (true) {
    skip_cfws(cursor);
    if (cursor.at_end()) break;
    if (cursor.take('"')) {  // a display name, or a local part, which keeps its quotes
      out += '"';
      append_unfolded(take_quoted(cursor), out);
      out += '"';
    } else if (cursor.take('<')) {
      out.clear();
      in_angle = true;
    } else if (cursor.take(':')) {  // behind a group's name, or behind a route (RFC 5322 4.4)
      out.clear();
    } else if (in_angle ? cursor.take('>') : (cursor.take(',') || cursor.take(';'))) {
      if (in_angle || !out.empty()) break;
    } else {
      // A byte that means nothing here, a stray ")", and what follows it.
      out += cursor.take_up_to(1);
      out += cursor.take_while([](char byte) { return is(byte, kAddress); });
    }
  }
  if (out.find('@') == std::string::npos) out.clear();
  make_utf8(out);
}

void read_media_type(std::string_view value, std::string& out) {
  const auto is_token = [](char byte) { return is(byte, kToken); };
  Cursor cursor(value);
  skip_cfws(cursor);
  out = cursor.take_while(is_token);
  skip_cfws(cursor);
  const bool slash = cursor.take('/');
  skip_cfws(cursor);
  const std::string_view subtype = cursor.take_while(is_token);
  if (out.empty() || !slash || subtype.empty()) return out.clear();
  out += '/';
  out += subtype;
  std::transform(out.begin(), out.end(), out.begin(), ascii::lower);
}

bool read_parameter(std::string_view value, std::string_view name, std::string& out) {
  out.clear();
  bool in_sections = false;
  Cursor cursor(value);
  Parameter parameter;
  while (take_parameter(cursor, parameter)) {
    if (equal_ignoring_case(parameter.name, name)) {
      append_value(parameter, out);
      make_utf8(out);
      return true;
    }
    in_sections = in_sections || parameter.name.find('*') != std::string_view::npos;
  }
  if (!in_sections || !read_sections(value, name, out)) return false;
  make_utf8(out);
  return true;
}

void decode_words(std::string& text) {
  if (text.find("=?") == std::string::npos) return;
  std::string decoded;
  Cursor cursor(text);
  bool after_word = false;
  while (!cursor.at_end()) {
    // RFC 2047 6.2: white space between two encoded words is no text.
    const std::string_view space = cursor.take_while(is_space);
    std::string word;
    if (take_encoded_word(cursor, word)) {
      if (!after_word) decoded += space;
      decoded += word;
      after_word = true;
    } else {
      decoded += space;
      decoded += cursor.take_up_to(1);
      after_word = false;
    }
  }
  make_utf8(decoded);
  text.swap(decoded);
}

}  // namespace mxseal::mail_header
