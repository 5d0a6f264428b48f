// SPDX-License-Identifier: MIT
#include "formats/line_start.hpp"

#include <algorithm>

namespace mxseal {
namespace {

constexpr std::size_t kBlock = 128;

// Whether any of the kBlock bytes from `from` on is `first` with an LF before it. No branch inside:
// the compiler makes a handful of vector instructions of it.
bool has_line_start(std::string_view text, std::size_t from, char first) {
  const std::string_view block = text.substr(from, kBlock);
  const std::string_view before = text.substr(from - 1, kBlock);
  unsigned char least = 255;  // difference from what is looked for: 0 where it is
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto differs = static_cast<unsigned char>((block[i] ^ first) | (before[i] ^ '\n'));
    least = std::min(least, differs);
  }
  return least == 0;
}

}  // namespace

std::size_t find_line_start(std::string_view text, std::size_t from, char first) {
  std::size_t at = from;
  while (at < text.size()) {
    const bool whole = text.size() - at >= kBlock;
    const std::size_t end = whole ? at + kBlock : text.size();
    if (!whole || has_line_start(text, at, first)) {
      for (at = text.find(first, at); at < end; at = text.find(first, at + 1)) {
        if (text[at - 1] == '\n') return at;
      }
    }
    at = end;
  }
  return std::string_view::npos;
}

}  // namespace mxseal
