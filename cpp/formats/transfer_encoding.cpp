// SPDX-License-Identifier: MIT
#include "formats/transfer_encoding.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::transfer_encoding {
namespace {

constexpr std::uint32_t kNoDigit = 0x80000000;

/// The value of each digit at one of the four places of a group, already shifted there; kNoDigit
/// for other bytes.
consteval std::array<std::uint32_t, 256> digits_shifted_by(unsigned shift) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint32_t, 256> table{};
  table.fill(kNoDigit);
  for (std::uint32_t value = 0; value < kAlphabet.size(); ++value) {
    table[static_cast<unsigned char>(kAlphabet[value])] = value << shift;
  }
  return table;
}

constexpr std::array<std::array<std::uint32_t, 256>, 4> kDigits = {
    digits_shifted_by(18), digits_shifted_by(12), digits_shifted_by(6), digits_shifted_by(0)};

std::uint32_t digit(char byte, std::size_t place) {
  return kDigits[place][static_cast<unsigned char>(byte)];
}

/// Writes base64's bytes; out has room for all that the text can give.
class Base64 {
 public:
  Base64(std::string_view text, char* out) : text_(text), out_(out) {}

  void run() {
    while (position_ < text_.size() && !padded_) {
      if (place_ == 0) whole_groups();
      if (position_ < text_.size()) one_byte(text_[position_++]);
    }
  }
  const char* end() const { return out_; }
  Base64End how() const {
    if (place_ == 0 || padded_) return Base64End::whole;
    return place_ == 1 ? Base64End::incomplete : Base64End::unpadded;
  }

 private:
  void put(std::uint32_t group, unsigned shift) { *out_++ = static_cast<char>(group >> shift); }

  /// As many groups of four digits as there are without anything between them: nearly all of an
  /// attachment.
  void whole_groups() {
    while (text_.size() - position_ >= 4) {
      const std::string_view four = text_.substr(position_, 4);
      const std::uint32_t group =
          digit(four[0], 0) | digit(four[1], 1) | digit(four[2], 2) | digit(four[3], 3);
      if ((group & kNoDigit) != 0) return;
      put(group, 16);
      put(group, 8);
      put(group, 0);
      position_ += 4;
    }
  }

  void one_byte(char byte) {
    if (byte == '=') {
      // As binascii: padding ends the data where a group needs it, and is junk elsewhere.
      if (place_ >= 2 && place_ + ++pads_ >= 4) padded_ = true;
      return;
    }
    const std::uint32_t value = digit(byte, place_);
    if (value == kNoDigit) return;
    pads_ = 0;
    group_ |= value;
    if (place_ > 0) put(group_, 24 - 8 * static_cast<unsigned>(place_));
    place_ = (place_ + 1) % 4;
    if (place_ == 0) group_ = 0;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  char* out_;
  std::uint32_t group_ = 0;
  std::size_t place_ = 0;  // of the next digit in its group
  std::size_t pads_ = 0;
  bool padded_ = false;
};

}  // namespace

Base64End append_base64(std::string_view text, Bytes& out) {
  out.reserve_more(text.size() / 4 * 3 + 3);
  Base64 base64(text, out.data() + out.size());
  base64.run();
  out.resize(static_cast<std::size_t>(base64.end() - out.data()));
  return base64.how();
}

void append_quoted_printable(std::string_view text, Bytes& out) {
  Cursor cursor(text);
  out.reserve_more(text.size());
  while (!cursor.at_end()) {
    out.append(cursor.take_until('='));
    if (!cursor.take('=')) return;
    Cursor ahead = cursor;
    ahead.take_while(ascii::is_blank);
    if (ahead.at_end() || ahead.take('\n') || ahead.take("\r\n")) {
      cursor = ahead;
      continue;
    }
    if (const std::optional<char> byte = cursor.take_hex_pair()) {
      out.append({&*byte, 1});
    } else {
      cursor.take('=');  // as binascii: "==" is what a broken encoder made of "="
      out.append("=");
    }
  }
}

}  // namespace mxseal::transfer_encoding
