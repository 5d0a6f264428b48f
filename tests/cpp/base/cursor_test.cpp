// SPDX-License-Identifier: MIT
#include "base/cursor.hpp"

#include <gtest/gtest.h>

namespace mxseal {

using ascii::is_digit;

namespace {

TEST(Cursor, takes_only_what_is_there) {
  Cursor cursor("ab12");
  EXPECT_FALSE(cursor.take('b'));
  EXPECT_TRUE(cursor.take('a'));
  EXPECT_FALSE(cursor.take("b123"));
  EXPECT_TRUE(cursor.take("b1"));
  EXPECT_EQ(cursor.offset(), 3);
  EXPECT_EQ(cursor.take_up_to(10), "2");
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(cursor.peek(), '\0');
  EXPECT_FALSE(cursor.take('\0'));
  EXPECT_EQ(cursor.take_up_to(1), "");
}

TEST(Cursor, take_while_stops_at_the_most) {
  Cursor cursor("1234x");
  EXPECT_EQ(cursor.take_while(is_digit, 2), "12");
  EXPECT_EQ(cursor.take_while(is_digit), "34");
  EXPECT_EQ(cursor.take_while(is_digit), "");
  EXPECT_EQ(cursor.rest(), "x");
}

TEST(Cursor, take_digits_takes_as_many_as_asked_for_or_none) {
  Cursor cursor("2026-1");
  EXPECT_EQ(cursor.take_digits(5), -1) << "the fifth is none";
  EXPECT_EQ(cursor.take_digits(4), 2026);
  EXPECT_EQ(cursor.take_digits(1), -1);
  EXPECT_TRUE(cursor.take('-'));
  EXPECT_EQ(cursor.take_digits(2), -1) << "there is one alone";
  EXPECT_EQ(cursor.take_digits(1), 1);
  EXPECT_EQ(cursor.take_digits(0), 0);
}

TEST(Cursor, take_folded_line_takes_what_continues_it) {
  Cursor cursor("a\r\n\tb\n c\r\nd\n\n \r\ne\n\t");
  EXPECT_EQ(cursor.take_folded_line(), "a\r\n\tb\n c");
  EXPECT_EQ(cursor.take_folded_line(), "d");
  EXPECT_EQ(cursor.take_folded_line(), "\n ") << "a blank line is one too";
  EXPECT_EQ(cursor.take_folded_line(), "e\n\t");
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(cursor.take_folded_line(), "");
  EXPECT_EQ(Cursor("a\r").take_folded_line(), "a\r") << "a CR alone ends no line";
  EXPECT_EQ(Cursor("\n").take_folded_line(), "");
}

TEST(Cursor, take_hex_pair_takes_both_digits_or_none) {
  Cursor cursor("4a%fFx0");
  EXPECT_EQ(cursor.take_hex_pair(), 'J');
  EXPECT_EQ(cursor.take_hex_pair(), std::nullopt);
  EXPECT_TRUE(cursor.take('%'));
  EXPECT_EQ(cursor.take_hex_pair(), '\xFF');
  EXPECT_EQ(cursor.take_hex_pair(), std::nullopt) << "the first is none";
  EXPECT_TRUE(cursor.take('x'));
  EXPECT_EQ(cursor.take_hex_pair(), std::nullopt) << "there is one alone";
  EXPECT_EQ(cursor.rest(), "0");
  EXPECT_EQ(Cursor("0g").take_hex_pair(), std::nullopt) << "the second is none";
}

TEST(Cursor, take_until_leaves_the_stop) {
  Cursor cursor("a;b");
  EXPECT_EQ(cursor.take_until(';'), "a");
  EXPECT_EQ(cursor.take_until(';'), "");
  EXPECT_TRUE(cursor.take(';'));
  EXPECT_EQ(cursor.take_until(';'), "b");
}

TEST(Cursor, take_ignoring_case_of_ascii_alone) {
  Cursor cursor("hTTps://K");
  EXPECT_FALSE(cursor.take_ignoring_case("httpx"));
  EXPECT_EQ(cursor.offset(), 0);
  EXPECT_TRUE(cursor.take_ignoring_case("https://"));
  EXPECT_FALSE(cursor.take_ignoring_case("kk"));
  EXPECT_TRUE(cursor.take_ignoring_case("k"));
  EXPECT_TRUE(cursor.take_ignoring_case(""));
  EXPECT_FALSE(Cursor("@[`{").take_ignoring_case("`{@["));  // beside the letters
}

TEST(Cursor, lines_end_in_lf_or_crlf_and_never_in_cr_alone) {
  Cursor cursor("a\r\nb\rc\n\nd");
  EXPECT_EQ(cursor.take_line(), "a");
  EXPECT_EQ(cursor.take_line(), "b\rc");
  EXPECT_EQ(cursor.take_line(), "");
  EXPECT_EQ(cursor.take_line(), "d");
  EXPECT_TRUE(cursor.at_end());
}

}  // namespace
}  // namespace mxseal
