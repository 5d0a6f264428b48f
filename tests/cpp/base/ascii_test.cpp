// SPDX-License-Identifier: MIT
#include "base/ascii.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace mxseal::ascii {
namespace {

// The C library's answers in its "C" locale, byte by byte; beyond ASCII nothing is anything.
TEST(Ascii, agrees_with_the_c_library_on_every_byte) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(is_digit(c), std::isdigit(byte) != 0) << byte;
    EXPECT_EQ(is_alpha(c), std::isalpha(byte) != 0) << byte;
    EXPECT_EQ(is_alnum(c), std::isalnum(byte) != 0) << byte;
    EXPECT_EQ(is_hex(c), std::isxdigit(byte) != 0) << byte;
    EXPECT_EQ(is_blank(c), std::isblank(byte) != 0) << byte;
    EXPECT_EQ(lower(c), static_cast<char>(std::tolower(byte))) << byte;
    EXPECT_EQ(is_ascii(c), byte < 128) << byte;
  }
}

TEST(Ascii, hex_digits_have_a_value) {
  const std::string_view lower_case = "0123456789abcdef";
  const std::string_view upper_case = "0123456789ABCDEF";
  for (std::size_t value = 0; value < 16; ++value) {
    EXPECT_EQ(hex_digit(lower_case[value]), static_cast<int>(value));
    EXPECT_EQ(hex_digit(upper_case[value]), static_cast<int>(value));
  }
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xB0'}) EXPECT_EQ(hex_digit(c), -1);
}

TEST(Ascii, a_text_is_ascii_if_all_of_it_is) {
  EXPECT_TRUE(is_ascii(std::string_view()));
  EXPECT_TRUE(is_ascii("\x7F and longer than a vector's length"));
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    text[at] = '\x80';
    EXPECT_FALSE(is_ascii(text)) << at;
  }
}

TEST(Ascii, texts_are_equal_but_for_the_case_of_letters) {
  EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("Content-Type", "Content-Typ"));
  EXPECT_FALSE(equal_ignoring_case("Content-Typ", "Content-Type"));
  EXPECT_FALSE(equal_ignoring_case("a@", "a`")) << "the bit of case means nothing outside letters";
  EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4")) << "nor beyond ASCII";
}

}  // namespace
}  // namespace mxseal::ascii
