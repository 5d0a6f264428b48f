// SPDX-License-Identifier: MIT
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace mxseal {
namespace {

// Blocks from 128 KiB on, padding included, are mapped and not malloc's.
constexpr std::size_t kBorder = (std::size_t{128} << 10) - Bytes::kPadding;

char pattern(std::size_t at) {
  return static_cast<char>(at * 31 + at / 251);
}

Bytes filled(std::size_t size) {
  Bytes bytes;
  bytes.resize(size);
  for (std::size_t at = 0; at < size; ++at) bytes.data()[at] = pattern(at);
  return bytes;
}

bool holds_pattern(const Bytes& bytes, std::size_t size) {
  for (std::size_t at = 0; at < size; ++at) {
    if (bytes.data()[at] != pattern(at)) return false;
  }
  return true;
}

// Touches each byte of the padding: a sanitizer or the processor tells where it is not there.
void touch_padding(Bytes& bytes) {
  for (std::size_t at = 0; at < Bytes::kPadding; ++at) {
    volatile char* byte = bytes.data() + bytes.capacity() + at;
    *byte = '\x7f';
    EXPECT_EQ(*byte, '\x7f');
  }
}

TEST(Bytes, growing_keeps_content_and_padding_on_both_sides_of_the_border) {
  struct Row {
    std::size_t before;
    std::size_t after;
    const char* why;
  };
  const Row rows[] = {
      {0, 1, "from nothing"},
      {0, kBorder, "from nothing to a mapping"},
      {1, kBorder - 1, "block to the largest block"},
      {kBorder - 2, kBorder - 1, "by one byte below the border"},
      {kBorder - 1, kBorder, "by one byte over the border"},
      {kBorder, kBorder + 5000, "the smallest mapping, by a page"},
      {1000, 3 * kBorder, "block to a larger mapping"},
      {2 * kBorder, 40 * kBorder, "mapping to a much larger one, which may have to move"},
  };
  for (const Row& row : rows) {
    Bytes bytes = filled(row.before);
    bytes.reserve(row.after);
    EXPECT_GE(bytes.capacity(), row.after) << row.why;
    EXPECT_EQ(bytes.size(), row.before) << row.why;
    EXPECT_TRUE(holds_pattern(bytes, row.before)) << row.why;
    touch_padding(bytes);
    bytes.resize(row.after);
    EXPECT_TRUE(holds_pattern(bytes, row.before)) << row.why;
  }
}

TEST(Bytes, appending_piece_by_piece_gives_the_whole) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{977}, std::size_t{70'000}}) {
    const std::size_t whole = 5 * kBorder / piece * piece;
    const Bytes source = filled(whole);
    Bytes bytes;
    for (std::size_t at = 0; at < whole; at += piece) bytes.append(source.view().substr(at, piece));
    EXPECT_EQ(bytes.view(), source.view()) << piece;
    touch_padding(bytes);
  }
}

TEST(Bytes, appending_nothing_changes_nothing) {
  Bytes bytes;
  bytes.append({});
  EXPECT_TRUE(bytes.empty());
  bytes.append("abc");
  bytes.append({});
  EXPECT_EQ(bytes.view(), "abc");
}

TEST(Bytes, moving_hands_over_blocks_and_mappings) {
  for (const std::size_t from : {std::size_t{0}, std::size_t{100}, 2 * kBorder}) {
    Bytes made = filled(from);
    const char* block = made.data();
    Bytes moved(std::move(made));
    EXPECT_EQ(moved.data(), block);
    EXPECT_EQ(moved.size(), from);
    for (const std::size_t to : {std::size_t{0}, std::size_t{50}, 3 * kBorder}) {
      Bytes target = filled(to);
      target = filled(from);
      EXPECT_EQ(target.size(), from);
      EXPECT_TRUE(holds_pattern(target, from));
      target.append("x");
      EXPECT_TRUE(holds_pattern(target, from));
      touch_padding(target);
    }
  }
}

TEST(Bytes, what_has_grown_too_large_is_given_back_and_the_rest_kept) {
  for (const std::size_t size : {std::size_t{100}, 2 * kBorder}) {
    Bytes bytes = filled(size);
    bytes.shrink_beyond(bytes.capacity());
    EXPECT_TRUE(holds_pattern(bytes, size));
    EXPECT_EQ(bytes.size(), size);
    bytes.shrink_beyond(bytes.capacity() - 1);
    EXPECT_EQ(bytes.size(), 0U);
    EXPECT_EQ(bytes.capacity(), 0U);
    bytes.append("again");
    EXPECT_EQ(bytes.view(), "again");
    touch_padding(bytes);
  }
}

TEST(Bytes, dropping_the_front_moves_the_rest_down) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, kBorder, 2 * kBorder}) {
    Bytes bytes = filled(2 * kBorder);
    const std::string rest(bytes.view().substr(count));
    bytes.drop_front(count);
    EXPECT_EQ(bytes.view(), rest) << count;
  }
}

// memmove() must not be given null, not even for no bytes: UndefinedBehaviorSanitizer tells it.
TEST(Bytes, dropping_nothing_of_nothing_is_allowed) {
  Bytes bytes;
  bytes.drop_front(0);
  EXPECT_TRUE(bytes.empty());
}

}  // namespace
}  // namespace mxseal
