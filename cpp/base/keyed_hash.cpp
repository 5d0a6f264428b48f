// SPDX-License-Identifier: MIT
#include "base/keyed_hash.hpp"

namespace mxseal {
namespace {

template <std::size_t size>
std::uint64_t sip(const SipKey& key, const std::array<std::uint64_t, size>& words) {
  return siphash13(key, {reinterpret_cast<const char*>(words.data()), sizeof words});
}

}  // namespace

HashKey::HashKey(const SipKey& key) : sip_(key) {
  std::uint64_t number = 0;
  const auto wide = [&] {
    const std::uint64_t upper = sip<1>(key, {number++});
    return Wide{upper} << 64 | sip<1>(key, {number++});
  };
  for (Wide& word : words_) word = wide();
  first_ = wide();
  length_ = wide();
}

const HashKey& HashKey::of_process() {
  static const HashKey key(SipKey::random());
  return key;
}

void KeyedHash::next_block() {
  // SipHash keeps the next block's first word independent of the words that it is multiplied with.
  const std::uint64_t carried = sip<2>(key_->sip_, {value(), blocks_});
  blocks_ += at_;
  at_ = 0;
  sum_ = key_->first_;
  add(carried);
}

}  // namespace mxseal
