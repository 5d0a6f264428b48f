// SPDX-License-Identifier: MIT
// Cursor: the one way to read untrusted text, in order and never past its end.
//
// Security before speed: every verb checks the end itself, so a parser on top of it cannot
// over-read. If you can't find the verb you need, add it here with a test
// (tests/cpp/base/cursor_test.cpp) rather than walk a pointer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ascii.hpp"

namespace mxseal {

class Cursor {
 public:
  explicit constexpr Cursor(std::string_view text) : text_(text) {}

  constexpr bool at_end() const { return position_ == text_.size(); }
  constexpr std::int64_t offset() const { return static_cast<std::int64_t>(position_); }
  constexpr std::string_view rest() const { return text_.substr(position_); }

  /// The next byte, or NUL at the end (a NUL in the text looks the same: ask at_end()).
  constexpr char peek() const { return at_end() ? '\0' : text_[position_]; }

  /// Takes the next byte if it is `wanted`.
  constexpr bool take(char wanted) {
    if (at_end() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }

  /// Takes `wanted` if the rest begins with it.
  constexpr bool take(std::string_view wanted) {
    if (!rest().starts_with(wanted)) return false;
    position_ += wanted.size();
    return true;
  }

  /// Takes `wanted`, written in lower case, if the rest begins with it in any ASCII case.
  constexpr bool take_ignoring_case(std::string_view wanted) {
    if (rest().size() < wanted.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (ascii::lower(text_[position_ + i]) != wanted[i]) return false;
    }
    position_ += wanted.size();
    return true;
  }

  /// Takes up to `most` bytes; fewer are left only at the end.
  constexpr std::string_view take_up_to(std::size_t most) {
    const std::string_view taken = text_.substr(position_, most);
    position_ += taken.size();
    return taken;
  }

  /// Takes bytes as long as the predicate holds, at most `most`.
  template <typename Predicate>
  constexpr std::string_view take_while(Predicate holds,
                                        std::size_t most = std::string_view::npos) {
    const std::string_view ahead = rest().substr(0, most);
    std::size_t length = 0;
    while (length < ahead.size() && holds(ahead[length])) ++length;
    position_ += length;
    return ahead.substr(0, length);
  }

  /// Takes two hexadecimal digits and returns the byte they mean (%XX of URIs, =XX of mails);
  /// nothing, and takes nothing, where they are not there.
  constexpr std::optional<char> take_hex_pair() {
    if (text_.size() - position_ < 2) return std::nullopt;
    const int high = ascii::hex_digit(text_[position_]);
    const int low = ascii::hex_digit(text_[position_ + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    position_ += 2;
    return static_cast<char>(high * 16 + low);
  }

  /// Takes `width` decimal digits (at most 9) and returns the number that they write; -1, and takes
  /// nothing, where they are not there.
  constexpr int take_digits(std::size_t width) {
    if (text_.size() - position_ < width) return -1;
    int number = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const char digit = text_[position_ + i];
      if (!ascii::is_digit(digit)) return -1;
      number = number * 10 + (digit - '0');
    }
    position_ += width;
    return number;
  }

  /// Takes everything before `stop`, or everything that is left; `stop` itself stays.
  constexpr std::string_view take_until(char stop) {
    const std::size_t start = position_;
    const std::size_t found = text_.find(stop, position_);
    position_ = found == std::string_view::npos ? text_.size() : found;
    return text_.substr(start, position_ - start);
  }

  /// Takes one line without its end: LF, or CR LF. A CR without LF belongs to the line.
  constexpr std::string_view take_line() {
    std::string_view line = take_until('\n');
    if (take('\n') && line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  /// Takes a line and those behind it that begin with a space or a tab and so continue it, without
  /// the end of the last.
  constexpr std::string_view take_folded_line() {
    const std::string_view rest = text_.substr(position_);
    std::size_t end = rest.find('\n');
    while (end < rest.size() - 1 && ascii::is_blank(rest[end + 1])) end = rest.find('\n', end + 1);
    if (end == std::string_view::npos) return take_up_to(rest.size());
    position_ += end + 1;
    return rest.substr(0, end > 0 && rest[end - 1] == '\r' ? end - 1 : end);
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace mxseal
