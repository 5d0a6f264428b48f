// SPDX-License-Identifier: MIT
#include "base/columns.hpp"

#include "base/siphash.hpp"

namespace mxseal {

void Validity::push_back(bool valid, std::int64_t row) {
  if (valid) return;
  extend(row);
  ++null_count_;
  if (size_ % 8 == 0) {
    bits_.push_back(0);
  }
  ++size_;  // the new bit is 0 already: extend() never sets bits beyond size_
}

// Marks all rows from size_ up to `length` as there.
void Validity::extend(std::int64_t length) const {
  while (size_ < length) {
    if (size_ % 8 == 0) {
      if (length - size_ >= 8) {
        bits_.push_back(0xFF);
        size_ += 8;
        continue;
      }
      bits_.push_back(0);
    }
    bits_.set(size_ / 8, static_cast<std::uint8_t>(bits_[size_ / 8] | (1U << (size_ % 8))));
    ++size_;
  }
}

const void* Validity::bitmap(std::int64_t length) const {
  if (null_count_ == 0) return nullptr;
  extend(length);
  return bits_.data();
}

Dictionary::Dictionary() : slots_(64, -1) {
  const SipKey key = SipKey::random();
  key0_ = key.k0;
  key1_ = key.k1;
}

std::int32_t Dictionary::intern(std::string_view text) {
  if (last_ >= 0 && texts_[last_] == text) return last_;
  const auto hash = static_cast<std::uint32_t>(siphash13({key0_, key1_}, text));
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
