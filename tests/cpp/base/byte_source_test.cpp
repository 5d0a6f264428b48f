// SPDX-License-Identifier: MIT
#include "base/byte_source.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace mxseal {
namespace {

TEST(MemorySource, reads_seeks_and_ends) {
  MemorySource source("0123456789");
  char into[4];
  EXPECT_EQ(source.size(), 10);
  EXPECT_EQ(*source.read(into), 4U);
  EXPECT_TRUE(source.seek(8));
  EXPECT_EQ(*source.read(into), 2U);
  EXPECT_EQ(std::string_view(into, 4), "8923");
  EXPECT_EQ(*source.read(into), 0U);
  EXPECT_FALSE(source.seek(11));
  EXPECT_FALSE(source.seek(-1));
  EXPECT_TRUE(source.seek(10));
  EXPECT_EQ(*source.read(into), 0U);
  MemorySource nothing{std::string_view()};
  EXPECT_EQ(*nothing.read(into), 0U);
}

}  // namespace
}  // namespace mxseal
