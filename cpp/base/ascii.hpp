// SPDX-License-Identifier: MIT
// ASCII: what a byte is and which case it has, for grammars that are made of ASCII whatever the
// locale says.
//
// One rule: bytes from 0x80 on are none of these, and are never changed.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace mxseal::ascii {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool is_alpha(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

constexpr bool is_alnum(char c) {
  return is_alpha(c) || is_digit(c);
}

/// WSP of RFC 5234: space and tab.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

/// The value of a hexadecimal digit of either case, -1 for another byte.
constexpr int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// Two hexadecimal digits a byte, in lower case.
inline std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

constexpr bool is_hex(char c) {
  return hex_digit(c) >= 0;
}

constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

/// Whether every byte is ASCII; so of an empty text.
constexpr bool is_ascii(std::string_view text) {
  // No exit on the way: the compiler makes vector instructions of it.
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return bits < 0x80;
}

/// Whether two texts are the same but for the case of their letters.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a == b) return true;  // nearly always so where they are the same at all
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace mxseal::ascii
