// SPDX-License-Identifier: MIT
#include "formats/gzip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "formats/pack.hpp"

namespace mxseal::gzip {
namespace {

/// A source that gives at most `step` bytes at a time and cannot tell its size, as a pipe.
class Trickle final : public ByteSource {
 public:
  Trickle(std::string_view bytes, std::size_t step) : bytes_(bytes), step_(step) {}
  Result<std::size_t> read(std::span<char> into) override {
    return bytes_.read(into.first(std::min(into.size(), step_)));
  }

 private:
  MemorySource bytes_;
  std::size_t step_;
};

struct Read {
  std::string bytes = {};
  std::string code = {};  ///< "" without an error
  std::int64_t offset = -1;
  bool operator==(const Read&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Read& read) {
  return out << read.bytes.size() << " bytes, " << read.code << " at " << read.offset;
}

Read drain(GzipSource& source, std::size_t step) {
  Read read;
  std::vector<char> piece(step);
  while (true) {
    const Result<std::size_t> got = source.read(piece);
    if (!got) {
      read.code = code_name(got.error().code);
      read.offset = got.error().offset;
      return read;
    }
    if (*got == 0) return read;
    read.bytes.append(piece.data(), *got);
  }
}

Read one_shot(std::string_view in) {
  Bytes out;
  const Result<void> done = gunzip(in, out);
  Read read{std::string(out.view())};
  if (!done) {
    read.code = code_name(done.error().code);
    read.offset = done.error().offset;
  }
  return read;
}

Read streamed(std::string_view in, std::size_t in_step, std::size_t out_step) {
  Trickle trickle(in, in_step);
  GzipSource source(trickle);
  return drain(source, out_step);
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string text(size, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

const std::string kText = R"({"organization-name":"Example Inc.","policies":[]})";

struct Row {
  std::string in;
  std::string out;
  std::string code;
  std::int64_t offset;
  const char* reason;
};

std::vector<Row> rows() {
  const std::string one = pack::gzip(kText);
  const std::string two = pack::gzip("second");
  const auto size = [](const std::string& text) { return static_cast<std::int64_t>(text.size()); };
  std::string wrong_crc = one;
  wrong_crc[one.size() - 5] ^= 1;
  std::string wrong_length = one;
  wrong_length[one.size() - 1] ^= 1;
  std::string wrong_block = one;
  wrong_block[10] = '\x07';
  const std::string header_crc = [] {
    std::string header("\x1f\x8b\x08\x02\0\0\0\0\x02\xff", 10);
    return pack::little(pack::crc_of(header) & 0xFFFF, 2);
  }();
  return {
      {one, kText, "", -1, "one member"},
      {pack::gzip(""), "", "", -1, "a member of nothing"},
      {one + two, kText + "second", "", -1, "two members"},
      {one + std::string(600, '\0'), kText, "", -1, "zeros behind it, as on a tape"},
      {one + "\r\n", kText, "", -1, "a line end behind it, from a mail program"},
      {one + std::string(3, '\0') + two, kText + "second", "", -1, "zeros between members"},
      {pack::gzip(kText, 8, std::string("report.json\0", 12)), kText, "", -1, "with a name"},
      {pack::gzip(kText, 4, std::string("\x03\0abc", 5)), kText, "", -1, "with an extra field"},
      {pack::gzip(kText, 2, header_crc), kText, "", -1, "with a CRC of the header"},
      {pack::gzip(kText, 2, "xx"), "", "gzip-corrupt", 12, "with a wrong CRC of the header"},
      {"", "", "gzip-truncated", 0, "nothing"},
      {one.substr(0, 1), "", "gzip-truncated", 1, "ends in the magic"},
      {one.substr(0, 9), "", "gzip-truncated", 9, "ends in the header"},
      {one.substr(0, one.size() - 1), kText, "gzip-truncated", size(one) - 1,
       "ends in the trailer"},
      {one.substr(0, one.size() - 8), kText, "gzip-truncated", size(one) - 8, "has no trailer"},
      {one + two.substr(0, 5), kText, "gzip-truncated", size(one) + 5, "ends in the second header"},
      {one + "\x1f", kText, "gzip-truncated", size(one) + 1, "ends in the second magic"},
      {one + "garbage", kText, "gzip-corrupt", size(one), "something else behind it"},
      {one + std::string("\0\0x", 3), kText, "gzip-corrupt", size(one) + 2, "behind zeros too"},
      {one + "\x1fzz", kText, "gzip-corrupt", size(one) + 2, "half a magic behind it"},
      {wrong_crc, kText, "gzip-corrupt", size(one) - 4, "a wrong CRC"},
      {wrong_length, kText, "gzip-corrupt", size(one), "a wrong length"},
      {wrong_block, "", "gzip-corrupt", 11, "a block type that does not exist"},
      {"{\"a\":1}", "", "gzip-corrupt", 2, "no gzip"},
  };
}

// Q48: what comes packed is not trusted. Each row three ways: at once, byte by byte, in pieces of
// odd sizes.
TEST(Gzip, reads_and_refuses) {
  for (const Row& row : rows()) {
    const Read expected{row.out, row.code, row.offset};
    EXPECT_EQ(one_shot(row.in), expected) << row.reason;
    EXPECT_EQ(streamed(row.in, 1, 1), expected) << row.reason;
    EXPECT_EQ(streamed(row.in, 7, 13), expected) << row.reason;
  }
}

// The fast and the strict path are two functions: any damage of one byte must give the same from
// both.
TEST(Gzip, both_ways_agree_about_every_damaged_byte) {
  const std::string good =
      pack::gzip(kText + kText) + pack::gzip("second", 8, std::string("n\0", 2));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      EXPECT_EQ(one_shot(bad), streamed(bad, 1000, 100)) << "byte " << at;
    }
    EXPECT_EQ(one_shot(good.substr(0, at)), streamed(good.substr(0, at), 1000, 100));
  }
}

TEST(Gzip, old_content_is_lost_and_memory_kept) {
  Bytes out;
  out.append("old");
  ASSERT_TRUE(gunzip(pack::gzip(kText), out));
  EXPECT_EQ(out.view(), kText);
  const char* const block = out.data();
  ASSERT_TRUE(gunzip(pack::gzip("x"), out));
  EXPECT_EQ(out.view(), "x");
  EXPECT_EQ(out.data(), block);
}

TEST(Gzip, room_is_not_made_for_a_claim) {
  std::string lie = pack::gzip(kText);
  lie.replace(lie.size() - 4, 4, "\xff\xff\xff\x7f");
  Bytes out;
  EXPECT_FALSE(gunzip(lie, out));
  EXPECT_LT(out.capacity(), std::size_t{1} << 20);
}

TEST(Gzip, claim_too_small_is_no_limit) {
  const std::string text = noise(100'000) + std::string(3'000'000, 'a');
  Bytes out;
  ASSERT_TRUE(gunzip(pack::gzip(text) + pack::gzip("short"), out));
  EXPECT_EQ(out.view(), text + "short");
}

TEST(Gzip, sixty_four_mebibytes_are_always_allowed) {
  const std::string bytes = pack::gzip(std::string(kBombFloor, 'a'));
  ASSERT_GT(kBombFloor / bytes.size(), kBombRatio);
  Bytes out;
  ASSERT_TRUE(gunzip(bytes, out));
  EXPECT_EQ(out.size(), kBombFloor);
}

// Q48: bombs are our own concern.
TEST(Gzip, bomb) {
  const std::string bomb = pack::gzip(std::string(kBombFloor + (8 << 20), 'a'));
  Bytes out;
  const Result<void> refused = gunzip(bomb, out);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::gzip_bomb);
  EXPECT_GT(refused.error().offset, 60'000);
  EXPECT_LE(refused.error().offset, static_cast<std::int64_t>(bomb.size()));
  EXPECT_LE(out.size(), kBombFloor + (1 << 20));

  const Read piped = streamed(bomb, 1000, 100'000);
  EXPECT_EQ(piped.code, "gzip-bomb");
  EXPECT_GT(piped.offset, 60'000);
  EXPECT_LE(piped.bytes.size(), kBombFloor + 100'000);
}

TEST(Gzip, many_members_do_not_evade_the_bomb_rule) {
  std::string bomb;
  for (int i = 0; i < 5; ++i) bomb += pack::gzip(std::string(kBombFloor / 4, 'a'));
  EXPECT_EQ(one_shot(bomb).code, "gzip-bomb");
}

TEST(Gzip, large_is_no_bomb_while_the_ratio_is_sane) {
  std::string text(kBombFloor + (1 << 20), 'a');
  const std::string part = noise(1 << 20);
  text.replace(0, part.size(), part);
  Bytes out;
  ASSERT_TRUE(gunzip(pack::gzip(text), out));
  EXPECT_TRUE(out.view() == text);
}

class Broken final : public ByteSource {
 public:
  Result<std::size_t> read(std::span<char> /*into*/) override {
    return Error{Errc::file_unreadable, "gone", 7};
  }
};

TEST(GzipSource, errors_of_the_source_are_handed_on_and_stay) {
  Broken broken;
  GzipSource source(broken);
  std::vector<char> piece(10);
  for (int i = 0; i < 2; ++i) {
    const Result<std::size_t> got = source.read(piece);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error(), (Error{Errc::file_unreadable, "gone", 7}));
  }
}

TEST(GzipSource, a_read_is_filled_over_the_ends_of_members) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += pack::gzip("x") + pack::gzip("");
  const std::string with_garbage = bytes + "garbage";
  MemorySource compressed(with_garbage);
  GzipSource source(compressed);
  std::vector<char> piece(600);
  EXPECT_EQ(*source.read(piece), 600U);
  EXPECT_EQ(*source.read(piece), 400U) << "what came before the error";
  const Result<std::size_t> refused = source.read(piece);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::gzip_corrupt);
  EXPECT_EQ(refused.error().offset, static_cast<std::int64_t>(bytes.size()));
}

TEST(GzipSource, tells_how_far_it_is_and_neither_size_nor_seeks) {
  const std::string bytes = pack::gzip(kText);
  Trickle trickle(bytes, 5);
  GzipSource source(trickle);
  EXPECT_EQ(source.compressed_offset(), 0);
  EXPECT_EQ(source.size(), -1);
  EXPECT_FALSE(source.seek(0));
  EXPECT_EQ(*source.read({}), 0U);
  EXPECT_EQ(drain(source, 100).bytes, kText);
  EXPECT_EQ(source.compressed_offset(), static_cast<std::int64_t>(bytes.size()));
}

}  // namespace
}  // namespace mxseal::gzip
