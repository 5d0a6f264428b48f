// SPDX-License-Identifier: MIT
#include "formats/mbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mxseal::mbox {
namespace {

std::vector<std::size_t> all(std::string_view data) {
  std::vector<std::size_t> found;
  for (std::size_t at = next_message(data, 0); at != std::string_view::npos;
       at = next_message(data, at + 1)) {
    found.push_back(at);
  }
  return found;
}

/// Finds them as a reader does that sees only a window, which grows by `step` bytes and drops what
/// it has passed.
std::vector<std::size_t> through_a_window(std::string_view data, std::size_t step) {
  std::vector<std::size_t> found;
  std::size_t start =
      0;  // of the window in data; one byte before the place to search from, if there is one
  std::size_t end = 0;
  std::size_t from = 0;
  while (true) {
    const std::string_view window = data.substr(start, end - start);
    const std::size_t at = next_message(window, from - start);
    if (at != std::string_view::npos) {
      found.push_back(start + at);
      from = start + at + 1;
    } else if (end == data.size()) {
      return found;
    } else {
      if (end - start > kLookahead) from = std::max(from, end - kLookahead);
      end = std::min(data.size(), end + step);
    }
    start = from == 0 ? 0 : from - 1;
  }
}

struct Row {
  std::string data;
  std::vector<std::size_t> found;
  const char* reason;
};

const std::string kLine = "From a@example.com Mon Jan  1 00:00:00 2024\n";

std::vector<Row> rows() {
  const std::string mail = kLine + "Subject: x\n\nbody\n\n";
  const std::string filler(200, 'x');
  return {
      {"", {}, "nothing"},
      {mail, {0}, "one"},
      {mail + mail, {0, mail.size()}, "two"},
      {mail + filler + "\n" + mail, {0, mail.size() + 201}, "far from each other"},
      {filler + mail, {}, "not at the start of a line"},
      {"From x\r\nReturn-Path: <>\r\n\r\n", {0}, "CR LF"},
      {"From x\nX_Y: 1\n", {0}, "an underscore in a field's name"},
      {"From x\nSubject:\n", {0}, "an empty field"},
      {"From x\n>From y\nSubject: x\n", {0}, "a quoted separator follows"},
      {mail + "From here on all is well.\nReally.\n", {0}, "a sentence in the body"},
      {mail + "From here on:\nhttps://example.com/\n", {0}, "a sentence before a URL"},
      {mail + "From now\n\n", {0}, "a sentence before a blank line"},
      {mail + ">From x\nSubject: y\n", {0}, "quoted"},
      {mail + "from x\nSubject: y\n", {0}, "in lower case"},
      {mail + "From: x\nSubject: y\n", {0}, "a field named From"},
      {mail + "From x\n: y\n", {0}, "no name before the colon"},
      {mail + "From x", {0}, "ends in the line"},
      {mail + "From x\n", {0}, "ends behind the line"},
      {mail + "From x\nSubject", {0}, "ends in the field's name"},
      {mail + "From x\nSubject:", {0}, "ends behind the colon: it may be a URL's"},
      {mail + "From x\n>From", {0}, "ends in the quoted separator"},
      {mail + "From " + std::string(kLookahead, 'x') + "\nSubject: y\n", {0}, "too long a line"},
      {mail + "From " + std::string(kLookahead - 20, 'x') + "\nSubject: y\n",
       {0, mail.size()},
       "just short enough"},
  };
}

TEST(Mbox, separators_are_found) {
  for (const Row& row : rows()) {
    EXPECT_EQ(all(row.data), row.found) << row.reason;
    for (const std::size_t step : {1U, 7U, 64U, 1500U}) {
      EXPECT_EQ(through_a_window(row.data, step), row.found)
          << row.reason << ", window of " << step;
    }
  }
}

TEST(Mbox, every_distance_from_the_start_is_searched) {
  for (std::size_t before = 0; before < 300; ++before) {
    const std::string data = std::string(before, 'F') + "\n" + kLine + "A: b\n";
    EXPECT_EQ(next_message(data, 0), before + 1);
    EXPECT_EQ(next_message(data, before + 1), before + 1);
    EXPECT_EQ(next_message(data, before + 2), std::string_view::npos);
  }
}

TEST(Mbox, beyond_the_end_there_is_nothing) {
  EXPECT_EQ(next_message(kLine, kLine.size()), std::string_view::npos);
  EXPECT_EQ(next_message(kLine, kLine.size() + 1), std::string_view::npos);
}

}  // namespace
}  // namespace mxseal::mbox
