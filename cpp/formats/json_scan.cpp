// SPDX-License-Identifier: MIT
#include "formats/json_scan.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/utf8.hpp"

namespace mxseal::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Scanner {
 public:
  Scanner(std::string_view text, std::size_t from) : text_(text), at_(from) {}

  std::size_t position() const { return at_; }

  // RFC 8259 §2: value, with the nesting held in a stack of our own, so that depth costs a bit and
  // no C++ stack.
  Result<std::size_t> value() {
    std::vector<bool> in_object;
    for (;;) {
      // A value is expected here.
      at_ = skip_space(text_, at_);
      const char c = peek();
      if (c == '{' || c == '[') {
        if (in_object.size() == kMaxDepth) return fail(Errc::json_depth);
        ++at_;
        in_object.push_back(c == '{');
        at_ = skip_space(text_, at_);
        if (peek() == (c == '{' ? '}' : ']')) {
          ++at_;
          in_object.pop_back();
        } else if (c == '{') {
          if (Result<void> name = member_name(); !name) return std::move(name).error();
          continue;
        } else {
          continue;
        }
      } else if (c == '"') {
        if (Result<void> read = string(); !read) return std::move(read).error();
      } else if (c == '-' || is_digit(c)) {
        if (!number()) return fail(Errc::json_syntax);
      } else if (!literal("true") && !literal("false") && !literal("null")) {
        return fail(Errc::json_syntax);
      }
      // A value ended here: close what ends, or go on to the next one.
      for (;;) {
        if (in_object.empty()) return at_;
        at_ = skip_space(text_, at_);
        const char next = peek();
        if (next == ',') {
          ++at_;
          if (in_object.back()) {
            at_ = skip_space(text_, at_);
            if (Result<void> name = member_name(); !name) return std::move(name).error();
          }
          break;
        }
        if (next != (in_object.back() ? '}' : ']')) return fail(Errc::json_syntax);
        ++at_;
        in_object.pop_back();
      }
    }
  }

  // RFC 8259 §6: number = [ minus ] int [ frac ] [ exp ]
  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) return false;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  // RFC 8259 §7: string = quotation-mark *char quotation-mark; surrogate escapes in pairs (RFC 7493
  // §2.1)
  Result<void> string() {
    ++at_;
    for (;;) {
      if (at_ == text_.size()) return fail(Errc::json_syntax);
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return {};
      }
      if (c < 0x20) return fail(Errc::json_syntax);
      if (c == '\\') {
        if (!escape()) return fail(Errc::json_syntax);
      } else if (c < 0x80) {
        ++at_;
      } else {
        const std::size_t length = utf8::length_at(text_, at_);
        if (length == 0) return fail(Errc::json_utf8);
        at_ += length;
      }
    }
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  Error fail(Errc code) const {
    return {code, at_ == text_.size() ? "ends too early" : "", static_cast<std::int64_t>(at_)};
  }

  bool literal(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool digits() {
    const std::size_t start = at_;
    while (is_digit(peek())) ++at_;
    return at_ > start;
  }

  Result<void> member_name() {
    if (peek() != '"') return fail(Errc::json_syntax);
    if (Result<void> name = string(); !name) return name;
    at_ = skip_space(text_, at_);
    if (peek() != ':') return fail(Errc::json_syntax);
    ++at_;
    return {};
  }

  // -1: no four hexadecimal digits at `from`.
  int unit(std::size_t from) const {
    if (text_.size() - from < 4) return -1;
    for (std::size_t i = 0; i < 4; ++i) {
      if (!is_hex(text_[from + i])) return -1;
    }
    int value = 0;
    std::from_chars(text_.data() + from, text_.data() + from + 4, value, 16);
    return value;
  }

  bool escape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind != 'u') {
      if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos || kind == '\0')
        return false;
      at_ += 2;
      return true;
    }
    const int first = unit(at_ + 2);
    if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
    if (first < 0xD800 || first > 0xDBFF) {
      at_ += 6;
      return true;
    }
    if (!text_.substr(at_ + 6).starts_with("\\u")) return false;
    const int second = unit(at_ + 8);
    if (second < 0xDC00 || second > 0xDFFF) return false;
    at_ += 12;
    return true;
  }

  std::string_view text_;
  std::size_t at_;
};

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
  while (from < text.size() &&
         (text[from] == ' ' || text[from] == '\n' || text[from] == '\r' || text[from] == '\t')) {
    ++from;
  }
  return from;
}

Result<std::size_t> scan_value(std::string_view text, std::size_t from) {
  return Scanner(text, from).value();
}

void replace_huge_numbers(std::string_view text, Bytes& out) {
  out.clear();
  out.append(text);
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      Scanner scanner(text, at);
      static_cast<void>(scanner.string());
      at = scanner.position();
    } else if (c == '-' || is_digit(c)) {
      Scanner scanner(text, at);
      static_cast<void>(scanner.number());
      const std::size_t end = scanner.position();
      if (!fits(text.substr(at, end - at))) {
        std::memset(out.data() + at, ' ', end - at);
        std::memcpy(out.data() + at, "-1", 2);
      }
      at = end;
    } else {
      ++at;
    }
  }
}

}  // namespace mxseal::json
