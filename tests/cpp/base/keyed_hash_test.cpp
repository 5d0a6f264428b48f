// SPDX-License-Identifier: MIT
#include "base/keyed_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace mxseal {
namespace {

const HashKey& key() {
  static const HashKey made({1, 2});
  return made;
}

std::uint64_t hash_of(const std::vector<std::string_view>& texts, const HashKey& with = key()) {
  KeyedHash hash(with);
  for (const std::string_view text : texts) hash.add(text);
  return hash.value();
}

// Every length meets another way of taking the last bytes, or another number of blocks.
TEST(KeyedHash, every_byte_counts_at_every_length) {
  std::set<std::uint64_t> met;
  std::size_t made = 0;
  for (const std::size_t length :
       {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 15U, 16U, 503U, 504U, 505U, 1100U}) {
    const std::string zeros(length, '\0');
    met.insert(hash_of({zeros}));
    ++made;
    for (std::size_t at = 0; at < length; ++at) {
      std::string text = zeros;
      text[at] = '\x80';
      met.insert(hash_of({text}));
      ++made;
    }
  }
  EXPECT_EQ(met.size(), made);
}

TEST(KeyedHash, where_one_text_ends_and_the_next_begins_counts) {
  const std::set<std::uint64_t> met = {
      hash_of({}),         hash_of({""}),       hash_of({{}}),       hash_of({"", ""}),
      hash_of({"ab"}),     hash_of({"a", "b"}), hash_of({"b", "a"}), hash_of({"ab", ""}),
      hash_of({"", "ab"}), hash_of({"ab", {}}),
  };
  EXPECT_EQ(met.size(), 10U);
}

TEST(KeyedHash, words_are_told_from_no_words_and_blocks_from_each_other) {
  std::set<std::uint64_t> met;
  KeyedHash hash(key());
  for (int words = 0; words < 300; ++words) {
    EXPECT_TRUE(met.insert(hash.value()).second) << words;
    hash.add(std::uint64_t{0});
  }
  KeyedHash other(key());
  other.add(std::uint64_t{1});
  for (int words = 1; words < 300; ++words) other.add(std::uint64_t{0});
  EXPECT_NE(hash.value(), other.value());
}

TEST(KeyedHash, depends_on_both_halves_of_the_key) {
  EXPECT_EQ(hash_of({"report"}), hash_of({"report"}, HashKey({1, 2})));
  EXPECT_NE(hash_of({"report"}), hash_of({"report"}, HashKey({0, 2})));
  EXPECT_NE(hash_of({"report"}), hash_of({"report"}, HashKey({1, 3})));
}

}  // namespace
}  // namespace mxseal
