// SPDX-License-Identifier: MIT
#include "base/siphash.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace mxseal {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

}  // namespace

SipKey SipKey::random() {
  std::random_device source;
  const auto word = [&source] { return (std::uint64_t{source()} << 32) | source(); };
  return {word(), word()};
}

std::uint64_t siphash13(const SipKey& key, std::string_view bytes) {
  State s{0x736f6d6570736575U ^ key.k0, 0x646f72616e646f6dU ^ key.k1, 0x6c7967656e657261U ^ key.k0,
          0x7465646279746573U ^ key.k1};
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    s.v3 ^= word;
    s.round();
    s.v0 ^= word;
  }
  std::uint64_t last = 0;
  if (left > 0) std::memcpy(&last, at, left);
  last |= std::uint64_t{bytes.size()} << 56;
  s.v3 ^= last;
  s.round();
  s.v0 ^= last;
  s.v2 ^= 0xff;
  s.round();
  s.round();
  s.round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace mxseal
