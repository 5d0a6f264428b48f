// SPDX-License-Identifier: MIT
#include "base/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mxseal {
namespace {

// Gives its bytes in pieces, however many are asked for, and then ends or fails.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view bytes, std::size_t piece, bool fails = false)
      : bytes_(bytes), piece_(piece), fails_(fails) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (bytes_.empty() && fails_) return Error{Errc::file_unreadable, "broken", 7};
    const std::size_t count = std::min({piece_, into.size(), bytes_.size()});
    std::copy_n(bytes_.begin(), count, into.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
  bool fails_;
};

// Reads all of the padding behind the text: a sanitizer tells where it is not there.
void touch_padding(const Window& window) {
  ASSERT_NE(window.text().data(), nullptr);
  const volatile char* behind = window.text().data() + window.text().size();
  for (std::size_t at = 0; at < Bytes::kPadding; ++at) static_cast<void>(behind[at]);
}

TEST(Window, a_fresh_one_is_empty_and_has_its_padding) {
  for (const std::size_t before : {std::size_t{0}, std::size_t{10}}) {
    Bytes buffer;
    buffer.resize(before);
    MemorySource source("text");
    const Window window(source, buffer, 4);
    EXPECT_TRUE(window.text().empty());
    EXPECT_FALSE(window.ended());
    EXPECT_EQ(window.offset(), 0);
    touch_padding(window);
  }
}

TEST(Window, over_nothing_it_ends_at_once) {
  Bytes buffer;
  MemorySource source("");
  Window window(source, buffer, 1);
  EXPECT_FALSE(*window.more());
  EXPECT_TRUE(window.ended());
  EXPECT_TRUE(window.text().empty());
  EXPECT_FALSE(*window.more());
  touch_padding(window);
}

// Words are taken one by one; more is asked for only where one is not whole yet.
TEST(Window, steps_of_any_size_give_the_same_words) {
  std::string text;
  std::vector<std::string> expected;
  for (std::size_t n = 0; n < 60; ++n) {
    expected.push_back(std::string(n * n % 37, static_cast<char>('a' + n % 26)));
    text += expected.back() + ' ';
  }
  for (const std::size_t step : {1UL, 2UL, 3UL, 7UL, 64UL, 4096UL}) {
    for (const std::size_t piece : {1UL, 5UL, 10'000UL}) {
      Bytes buffer;
      PieceSource source(text, piece);
      Window window(source, buffer, step);
      std::vector<std::string> words;
      for (;;) {
        const std::size_t end = window.text().find(' ', window.at());
        if (end == std::string_view::npos) {
          const Result<bool> more = window.more();
          ASSERT_TRUE(more);
          EXPECT_EQ(window.at(), 0U);
          touch_padding(window);
          if (!*more) break;
          continue;
        }
        EXPECT_EQ(text.substr(static_cast<std::size_t>(window.offset()), end - window.at()),
                  window.text().substr(window.at(), end - window.at()));
        words.emplace_back(window.text().substr(window.at(), end - window.at()));
        window.take(end + 1 - window.at());
      }
      EXPECT_EQ(words, expected) << step << " " << piece;
      EXPECT_TRUE(window.rest().empty());
      EXPECT_EQ(window.offset(), static_cast<std::int64_t>(text.size()));
    }
  }
}

TEST(Window, what_was_not_taken_stays_and_grows) {
  const std::string text(300'000, 'x');
  Bytes buffer;
  PieceSource source(text, 1000);
  Window window(source, buffer, 3);
  while (*window.more()) touch_padding(window);
  EXPECT_EQ(window.text(), text);
  EXPECT_EQ(window.offset(), 0);
}

TEST(Window, an_error_of_the_source_ends_it_and_keeps_what_was_read) {
  Bytes buffer;
  PieceSource source("abcdef", 4, true);
  Window window(source, buffer, 4);
  EXPECT_TRUE(*window.more());
  window.take(1);
  EXPECT_TRUE(*window.more());
  const Result<bool> failed = window.more();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), (Error{Errc::file_unreadable, "broken", 7}));
  EXPECT_TRUE(window.ended());
  EXPECT_EQ(window.text(), "bcdef");
  EXPECT_EQ(window.offset(), 1);
  touch_padding(window);
  EXPECT_FALSE(*window.more());
}

TEST(Window, over_memory_there_is_no_more) {
  const std::string text = "text" + std::string(Bytes::kPadding, '\0');
  Window window(std::string_view(text).substr(0, 4));
  EXPECT_TRUE(window.ended());
  window.take(2);
  EXPECT_FALSE(*window.more());
  EXPECT_EQ(window.rest(), "xt");
  EXPECT_EQ(window.offset(), 2);
}

}  // namespace
}  // namespace mxseal
