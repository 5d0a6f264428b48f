// SPDX-License-Identifier: MIT
#include "base/error.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mxseal {
namespace {

TEST(Error, an_excerpt_has_a_bound_and_no_half_characters) {
  struct Row {
    std::string input;
    std::size_t size;
    const char* reason;
  };
  const std::string most(kMaxDetail, 'a');
  const std::string most_but_1(kMaxDetail - 1, 'a');
  const std::string most_but_3(kMaxDetail - 3, 'a');
  const Row rows[] = {
      {"", 0, "nothing"},
      {most, kMaxDetail, "just as much"},
      {most + "b", kMaxDetail, "one more"},
      {most_but_1 + "\xC3\xA9", kMaxDetail - 1, "two bytes, cut in the middle"},
      {most_but_3 + "\xF0\x9F\x94\x92", kMaxDetail - 3, "four bytes, cut before the last"},
      {most_but_3 + "\xE2\x82\xAC" + "b", kMaxDetail, "three bytes that end at the cut"},
      {most_but_1 + "\xE2z", kMaxDetail, "no UTF-8: nothing to keep whole"},
      {most_but_3 + "\xBF\xBF\xBF\xBF\xBF", kMaxDetail, "nor here"},
  };
  for (const Row& row : rows)
    EXPECT_EQ(excerpt(row.input), row.input.substr(0, row.size)) << row.reason;
}

TEST(Error, deviations_are_a_set_in_the_order_of_the_table) {
  Deviations all;
  EXPECT_TRUE(all.empty());
  all.add(Deviation::trailing_space);
  all.add(Deviation::duplicate_field);
  all.add(Deviation::trailing_space);
  Deviations more;
  more.add(Deviation::space_before_semicolon);
  all.add(more);
  EXPECT_TRUE(all.has(Deviation::duplicate_field));
  EXPECT_FALSE(all.has(Deviation::blank_line));
  const std::vector<std::string_view> names = {"space-before-semicolon", "duplicate-field",
                                               "trailing-space"};
  EXPECT_EQ(all.names(), names);
  all.clear();
  EXPECT_EQ(all, Deviations());
}

}  // namespace
}  // namespace mxseal
