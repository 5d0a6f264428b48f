// SPDX-License-Identifier: MIT
#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace mxseal::utf8 {
namespace {

struct Row {
  std::string_view text;
  std::size_t invalid;
  std::string_view reason;
};

constexpr std::size_t kValid = std::string_view::npos;

TEST(Utf8, finds_the_first_byte_that_is_none) {
  const Row rows[] = {
      {"", kValid, "empty"},
      {"plain ASCII, longer than a word", kValid, "ASCII"},
      {"b\xC3\xBC"
       "cher",
       kValid, "two bytes"},
      {"\xE2\x82\xAC", kValid, "three bytes"},
      {"\xF0\x9F\x94\x92", kValid, "four bytes"},
      {"\xF4\x8F\xBF\xBF", kValid, "U+10FFFF, the last"},
      {"\xED\x9F\xBF\xEE\x80\x80", kValid, "both sides of the surrogates"},
      {"12345678\x80", 8, "a tail without a head, behind a whole word"},
      {"ab\xC3", 2, "cut after the first of two"},
      {"\xE2\x82", 0, "cut after the second of three"},
      {"\xC0\xAF", 0, "overlong /"},
      {"\xC1\xBF", 0, "overlong, last of two bytes"},
      {"\xE0\x9F\xBF", 0, "overlong, three bytes"},
      {"\xF0\x8F\xBF\xBF", 0, "overlong, four bytes"},
      {"\xED\xA0\x80", 0, "a surrogate"},
      {"\xF4\x90\x80\x80", 0, "beyond U+10FFFF"},
      {"\xF5\x80\x80\x80", 0, "no such head"},
      {"\xFF", 0, "never in UTF-8"},
  };
  for (const Row& row : rows) EXPECT_EQ(find_invalid(row.text), row.invalid) << row.reason;
}

TEST(Utf8, escapes_only_what_is_none) {
  EXPECT_EQ(escape_invalid("b\xC3\xBC"
                           "c\xFFh\xE2\x82"),
            "b\xC3\xBC"
            "c\\xffh\\xe2\\x82");
  EXPECT_EQ(find_invalid(escape_invalid("\x80\xC0\xED\xA0\x80")), kValid);
}

}  // namespace
}  // namespace mxseal::utf8
