// SPDX-License-Identifier: MIT
#include "formats/json_scan.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/utf8.hpp"

namespace mxseal::json {

using ascii::is_digit;

namespace {

constexpr bool is_space(char c) {
  return ascii::is_blank(c) || c == '\n' || c == '\r';
}

// What a string may hold as it stands, of ASCII (RFC 8259 §7: unescaped).
constexpr bool is_plain(char c) {
  return c >= ' ' && c != '"' && c != '\\' && ascii::is_ascii(c);
}

// What a backslash may stand before, but for the u of \uXXXX.
constexpr bool is_escaped(char c) {
  return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
}

// Why something could not be taken; the cursor then stands at the byte that does not fit.
using Fault = std::optional<Errc>;
constexpr Fault kTaken = std::nullopt;

// RFC 8259 §6: number = [ minus ] int [ frac ] [ exp ]
bool take_number(Cursor& cursor) {
  cursor.take('-');
  if (cursor.take('0')) {
    if (is_digit(cursor.peek())) return false;
  } else if (cursor.take_while(is_digit).empty()) {
    return false;
  }
  if (cursor.take('.') && cursor.take_while(is_digit).empty()) return false;
  if (cursor.take('e') || cursor.take('E')) {
    if (!cursor.take('+')) cursor.take('-');
    if (cursor.take_while(is_digit).empty()) return false;
  }
  return true;
}

// "u" 4HEXDIG, the part behind the backslash: a unit of UTF-16, or -1.
int take_unit(Cursor& cursor) {
  if (!cursor.take('u')) return -1;
  const std::optional<char> high = cursor.take_hex_pair();
  const std::optional<char> low = cursor.take_hex_pair();
  if (!high || !low) return -1;
  return static_cast<unsigned char>(*high) << 8 | static_cast<unsigned char>(*low);
}

// RFC 8259 §7: escapes; those of surrogates in pairs (RFC 7493 §2.1). Takes nothing where one is
// wrong.
bool take_escape(Cursor& cursor) {
  Cursor ahead = cursor;
  ahead.take('\\');
  if (ahead.peek() == 'u') {
    const int first = take_unit(ahead);
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
    if (first >= 0xD800 && first <= 0xDBFF) {
      if (!ahead.take('\\')) return false;
      const int second = take_unit(ahead);
      if (second < 0xDC00 || second > 0xDFFF) return false;
    }
  } else if (ahead.take_while(is_escaped, 1).empty()) {
    return false;
  }
  cursor = ahead;
  return true;
}

// RFC 8259 §7: string = quotation-mark *char quotation-mark
Fault take_string(Cursor& cursor) {
  if (!cursor.take('"')) return Errc::json_syntax;
  while (true) {
    cursor.take_while(is_plain);
    if (cursor.take('"')) return kTaken;
    if (cursor.peek() == '\\') {
      if (!take_escape(cursor)) return Errc::json_syntax;
    } else if (ascii::is_ascii(cursor.peek())) {  // a control character, or the end
      return Errc::json_syntax;
    } else {
      const std::size_t length = utf8::length_at(cursor.rest(), 0);
      if (length == 0) return Errc::json_utf8;
      cursor.take_up_to(length);
    }
  }
}

// RFC 8259 §4: member = string name-separator value, the part before the value.
Fault take_member_name(Cursor& cursor) {
  cursor.take_while(is_space);
  if (const Fault fault = take_string(cursor)) return fault;
  cursor.take_while(is_space);
  return cursor.take(':') ? kTaken : Fault(Errc::json_syntax);
}

// A value that holds no others.
Fault take_scalar(Cursor& cursor) {
  const char c = cursor.peek();
  if (c == '"') return take_string(cursor);
  const bool taken = c == '-' || is_digit(c)
                         ? take_number(cursor)
                         : cursor.take("true") || cursor.take("false") || cursor.take("null");
  return taken ? kTaken : Fault(Errc::json_syntax);
}

// RFC 8259 §2: value, with the nesting held in a stack of our own, so that depth costs a bit and no
// C++ stack.
Fault take_value(Cursor& cursor) {
  std::vector<bool> in_object;
  while (true) {
    // A value is expected here.
    cursor.take_while(is_space);
    const bool object = cursor.peek() == '{';
    if (object || cursor.peek() == '[') {
      if (in_object.size() == kMaxDepth) return Errc::json_depth;
      cursor.take_up_to(1);
      cursor.take_while(is_space);
      if (!cursor.take(object ? '}' : ']')) {
        in_object.push_back(object);
        if (object) {
          if (const Fault fault = take_member_name(cursor)) return fault;
        }
        continue;
      }
    } else if (const Fault fault = take_scalar(cursor)) {
      return fault;
    }
    // A value ended here: close what ends, or go on to the next one.
    while (true) {
      if (in_object.empty()) return kTaken;
      cursor.take_while(is_space);
      if (cursor.take(',')) {
        if (in_object.back()) {
          if (const Fault fault = take_member_name(cursor)) return fault;
        }
        break;
      }
      if (!cursor.take(in_object.back() ? '}' : ']')) return Errc::json_syntax;
      in_object.pop_back();
    }
  }
}

bool fits(std::string_view number) {
  const char* end = number.data() + number.size();
  if (number.find_first_of(".eE") == std::string_view::npos) {
    std::int64_t integer = 0;
    std::uint64_t natural = 0;
    return std::from_chars(number.data(), end, integer).ec == std::errc() ||
           (number.front() != '-' &&
            std::from_chars(number.data(), end, natural).ec == std::errc());
  }
  // strtod and not from_chars: a value too small for a double is 0 and fits, one too large does
  // not.
  return std::isfinite(std::strtod(std::string(number).c_str(), nullptr));
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t from) {
  Cursor cursor(text);
  cursor.take_up_to(from);
  cursor.take_while(is_space);
  return static_cast<std::size_t>(cursor.offset());
}

Result<std::size_t> scan_value(std::string_view text, std::size_t from) {
  Cursor cursor(text);
  cursor.take_up_to(from);
  if (const Fault fault = take_value(cursor)) {
    return Error{*fault, cursor.at_end() ? "ends too early" : "", cursor.offset()};
  }
  return static_cast<std::size_t>(cursor.offset());
}

void replace_huge_numbers(std::string_view text, Bytes& out) {
  out.clear();
  out.append(text);
  Cursor cursor(text);
  while (!cursor.at_end()) {
    const Cursor start = cursor;
    if (cursor.peek() == '"') {
      static_cast<void>(take_string(cursor));
    } else if (cursor.peek() == '-' || is_digit(cursor.peek())) {
      static_cast<void>(take_number(cursor));
      const std::string_view number =
          start.rest().substr(0, static_cast<std::size_t>(cursor.offset() - start.offset()));
      if (!fits(number)) {
        std::memset(out.data() + start.offset(), ' ', number.size());
        std::memcpy(out.data() + start.offset(), "-1", 2);
      }
    } else {
      cursor.take_up_to(1);
    }
  }
}

}  // namespace mxseal::json
