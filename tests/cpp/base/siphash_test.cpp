// SPDX-License-Identifier: MIT
#include "base/siphash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mxseal {
namespace {

std::string counting(int length) {
  std::string message;
  for (int i = 0; i < length; ++i) message.push_back(static_cast<char>(i));
  return message;
}

// CPython hashes bytes with the same function: with PYTHONHASHSEED=0 (key 0) hash() gives these
// values.
TEST(SipHash, agrees_with_another_implementation) {
  EXPECT_EQ(siphash13({0, 0}, "a"), 0x407448d2b89b1813U);
  EXPECT_EQ(siphash13({0, 0}, "abcdefgh"), 0x3f7b849c0b8e35eaU);
  EXPECT_EQ(siphash13({0, 0}, counting(15)), 0xf30eb725bb91c9eaU);
  EXPECT_EQ(siphash13({0, 0}, counting(64)), 0x75e05fd5bbc870c6U);
}

TEST(SipHash, depends_on_both_halves_of_the_key) {
  const std::uint64_t hash = siphash13({1, 2}, "report");
  EXPECT_NE(hash, siphash13({0, 2}, "report"));
  EXPECT_NE(hash, siphash13({1, 3}, "report"));
}

TEST(SipHash, random_keys_differ) {
  EXPECT_NE(SipKey::random().k0, SipKey::random().k0);
}

}  // namespace
}  // namespace mxseal
