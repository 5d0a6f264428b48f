// SPDX-License-Identifier: MIT
// KeyedHash: a 64-bit hash of numbers and texts, made while they are added. Whoever does not know
// the key cannot make two inputs meet, so hostile reports can neither pass for another one nor crowd
// a table.
//
// Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast", 2014): the sum
// of the words, each times 128 secret bits of its own, of which the upper half counts. Two inputs
// meet with a probability of 2^-64, whatever they are. It takes a third of SipHash's instructions,
// which is used for what is long: it carries one block's hash into the next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/siphash.hpp"

namespace mxseal {

/// The secret of a KeyedHash, made from a short one.
class HashKey {
 public:
  explicit HashKey(const SipKey& key);
  /// One that is the process's own: for hashes that are compared nowhere else.
  static const HashKey& of_process();

 private:
  friend class KeyedHash;
  __extension__ using Wide = unsigned __int128;
  static constexpr std::size_t kWords = 64;  // a block: more than most reports have

  SipKey sip_;
  std::array<Wide, kWords> words_{};
  Wide first_ = 0;
  Wide length_ = 0;
};

class KeyedHash {
 public:
  /// `key` must outlive the hash.
  explicit KeyedHash(const HashKey& key) : key_(&key), sum_(key.first_) {}

  void add(std::uint64_t word) {
    if (at_ == HashKey::kWords) next_block();
    sum_ += key_->words_[at_++] * word;
  }

  /// A text with its length, so that no two rows of texts are added alike; data() is null where it
  /// is missing, which is not the same as empty.
  void add(std::string_view text) {
    if (text.size() / 8 + 2 > HashKey::kWords - at_)
      return each_word(text, [this](std::uint64_t word) { add(word); });
    // All in this block: it is not asked at each word.
    HashKey::Wide sum = sum_;
    const HashKey::Wide* key = &key_->words_[at_];
    each_word(text, [&sum, &key](std::uint64_t word) { sum += *key++ * word; });
    sum_ = sum;
    at_ = static_cast<std::size_t>(key - key_->words_.data());
  }

  /// Of what was added so far; more may follow.
  std::uint64_t value() const {
    return static_cast<std::uint64_t>((sum_ + key_->length_ * (blocks_ + at_)) >> 64);
  }

 private:
  template <typename T>
  static std::uint64_t load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  // The text's length, and its bytes eight at a time; the last ones perhaps with some of the word
  // before.
  template <typename Add>
  static void each_word(std::string_view text, Add add_word) {
    const char* at = text.data();
    std::size_t left = text.size();
    if (at == nullptr) return add_word(0);
    add_word(left + 1);
    if (left >= 8) {
      for (; left > 8; at += 8, left -= 8) add_word(load<std::uint64_t>(at));
      add_word(load<std::uint64_t>(at + left - 8));
    } else if (left >= 4) {
      add_word(load<std::uint32_t>(at) << 32 | load<std::uint32_t>(at + left - 4));
    } else if (left > 0) {
      add_word(load<std::uint8_t>(at) << 16 | load<std::uint8_t>(at + left / 2) << 8 |
               load<std::uint8_t>(at + left - 1));
    }
  }
  void next_block();

  const HashKey* key_;
  HashKey::Wide sum_;
  std::size_t at_ = 0;        // words of this block
  std::uint64_t blocks_ = 0;  // words of those before
};

}  // namespace mxseal
