// SPDX-License-Identifier: MIT
#include "base/columns.hpp"

namespace mxseal {

void Validity::push_back(bool valid, std::int64_t row) {
  if (valid && null_count_ == 0) return;
  if (!valid && null_count_++ == 0) {
    // The first missing value: all rows before it are there.
    for (std::int64_t byte = 0; byte < row / 8; ++byte) bits_.push_back(0xFF);
    if (row % 8 != 0) bits_.push_back(static_cast<std::uint8_t>((1U << (row % 8)) - 1));
  }
  if (row % 8 == 0) bits_.push_back(0);
  if (valid) bits_.set(row / 8, static_cast<std::uint8_t>(bits_[row / 8] | (1U << (row % 8))));
}

std::int32_t Dictionary::intern(std::string_view text) {
  if (last_ >= 0 && texts_[last_] == text) return last_;
  const auto hash = static_cast<std::uint32_t>(siphash13(key_, text));
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] >= 0) {
    const std::int32_t number = slots_[slot];
    if (hashes_[number] == hash && texts_[number] == text) return last_ = number;
    slot = (slot + 1) & mask;
  }
  last_ = static_cast<std::int32_t>(texts_.size());
  slots_[slot] = last_;
  texts_.push_back(text);
  hashes_.push_back(hash);
  if (static_cast<std::size_t>(texts_.size()) * 2 > slots_.size()) grow();
  return last_;
}

void Dictionary::grow() {
  std::vector<std::int32_t> larger(slots_.size() * 2, -1);
  const std::size_t mask = larger.size() - 1;
  for (std::int32_t number = 0; number < static_cast<std::int32_t>(texts_.size()); ++number) {
    std::size_t slot = hashes_[number] & mask;
    while (larger[slot] >= 0) slot = (slot + 1) & mask;
    larger[slot] = number;
  }
  slots_ = std::move(larger);
}

}  // namespace mxseal
