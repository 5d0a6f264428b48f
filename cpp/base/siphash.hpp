// SPDX-License-Identifier: MIT
// SipHash-1-3: a keyed 64-bit hash of bytes. Whoever does not know the key cannot make two inputs
// meet, so hostile reports can neither pass for another one nor crowd a table. (Aumasson and
// Bernstein, 2012; the same variant serves Python's str.)
#pragma once

#include <cstdint>
#include <string_view>

namespace mxseal {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;

  /// A key that nobody can guess, from the system's random source.
  static SipKey random();
};

std::uint64_t siphash13(const SipKey& key, std::string_view bytes);

}  // namespace mxseal
