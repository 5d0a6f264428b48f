// SPDX-License-Identifier: MIT
#include "formats/line_start.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mxseal {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// At every place in the blocks that are compared at once, and in what is left behind them.
TEST(LineStart, is_found_at_every_offset) {
  for (std::size_t size = 2; size < 300; ++size) {
    for (std::size_t at = 1; at < size; ++at) {
      std::string text(size, 'F');
      text[at - 1] = '\n';
      ASSERT_EQ(find_line_start(text, 1, 'F'), at) << size;
      ASSERT_EQ(find_line_start(text, at, 'F'), at) << size;
      ASSERT_EQ(find_line_start(text, at + 1, 'F'), kNone) << size;
      ASSERT_EQ(find_line_start(text, 1, '-'), kNone) << size;
    }
  }
}

TEST(LineStart, the_first_of_several_is_found) {
  const std::string text = std::string(70, 'x') + "\n\nFirst\r\nFrom\n-F\nF";
  EXPECT_EQ(find_line_start(text, 1, 'F'), 72U);
  EXPECT_EQ(find_line_start(text, 73, 'F'), text.find("From"));
  EXPECT_EQ(find_line_start(text, text.find("-F"), 'F'), text.size() - 1);
  EXPECT_EQ(find_line_start(text, text.size(), 'F'), kNone);
  EXPECT_EQ(find_line_start("", 1, 'F'), kNone);
}

}  // namespace
}  // namespace mxseal
