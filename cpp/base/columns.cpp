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
  KeyedHash keyed(*key_);
  keyed.add(text);
  const auto hash = static_cast<std::uint32_t>(keyed.value());
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at].number >= 0; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && texts_[slot.number] == text) return last_ = slot.number;
  }
  last_ = static_cast<std::int32_t>(texts_.size());
  slots_[at] = {hash, last_};
  texts_.push_back(text);
  if (static_cast<std::size_t>(texts_.size()) * 2 > slots_.size()) grow();
  return last_;
}

void Dictionary::grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.number < 0) continue;
    std::size_t at = slot.hash & mask;
    while (larger[at].number >= 0) at = (at + 1) & mask;
    larger[at] = slot;
  }
  slots_ = std::move(larger);
}

}  // namespace mxseal
