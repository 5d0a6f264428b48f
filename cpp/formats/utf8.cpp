// SPDX-License-Identifier: MIT
#include "formats/utf8.hpp"

namespace mxseal::utf8 {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool is_tail(unsigned byte) {
  return (byte & 0xC0U) == 0x80;
}

}  // namespace

std::size_t character_size(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  const unsigned second = byte_at(text, 1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !is_tail(second)) return 0;
  if (first < 0xE0) return 2;
  if (!is_tail(byte_at(text, 2))) return 0;
  if (first == 0xE0 && second < 0xA0) return 0;   // overlong
  if (first == 0xED && second >= 0xA0) return 0;  // surrogates
  if (first < 0xF0) return 3;
  if (!is_tail(byte_at(text, 3))) return 0;
  if (first == 0xF0 && second < 0x90) return 0;   // overlong
  if (first == 0xF4 && second >= 0x90) return 0;  // beyond U+10FFFF
  return 4;
}

void escape_invalid(std::string& text) {
  unsigned bits = 0;
  for (const char byte : text) bits |= static_cast<unsigned char>(byte);
  if (bits < 0x80) return;  // nearly all names are ASCII
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string escaped;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t size = character_size(rest);
    if (size > 0) {
      escaped += rest.substr(0, size);
      rest.remove_prefix(size);
    } else {
      const unsigned byte = byte_at(rest, 0);
      escaped += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xF]};
      rest.remove_prefix(1);
    }
  }
  text.swap(escaped);
}

void append(std::string& text, char32_t character) {
  const auto tail = [character](unsigned shift) {
    return static_cast<char>(0x80U | (character >> shift & 0x3FU));
  };
  if (character < 0x80) {
    text += static_cast<char>(character);
  } else if (character < 0x800) {
    text += {static_cast<char>(0xC0U | character >> 6), tail(0)};
  } else if (character < 0x10000) {
    text += {static_cast<char>(0xE0U | character >> 12), tail(6), tail(0)};
  } else {
    text += {static_cast<char>(0xF0U | character >> 18), tail(12), tail(6), tail(0)};
  }
}

}  // namespace mxseal::utf8
