// SPDX-License-Identifier: MIT
#include "pki/intermediates.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mxseal::pki {
namespace {

using Digest = std::array<unsigned char, 32>;

// A digest is as even as any hash of it.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
  }
};

// Two generations: when the young one is full it becomes the old one, and what was old and not asked for since is forgotten.
class Kept {
 public:
  std::optional<Certificate> find(const Digest& digest) {
    const std::lock_guard lock(mutex_);
    if (const auto found = young_.find(digest); found != young_.end()) return found->second;
    const auto found = old_.find(digest);
    if (found == old_.end()) return std::nullopt;
    Certificate certificate = found->second;
    put(digest, certificate);
    return certificate;
  }

  void add(const Digest& digest, const Certificate& certificate) {
    const std::lock_guard lock(mutex_);
    put(digest, certificate);
  }

 private:
  using Generation = std::unordered_map<Digest, Certificate, DigestHash>;

  void put(const Digest& digest, const Certificate& certificate) {
    if (young_.size() >= kMaxKept / 2) {
      old_ = std::move(young_);
      young_ = Generation();
    }
    young_.emplace(digest, certificate);
  }

  std::mutex mutex_;
  Generation young_;
  Generation old_;
};

Kept& kept() {
  static Kept all;
  return all;
}

}  // namespace

Result<Certificate> intermediate_from_der(std::string_view der) {
  Digest digest{};
  unsigned size = 0;
  const bool keep = der.size() <= kMaxKeptBytes && EVP_Digest(der.data(), der.size(), digest.data(),
                                                              &size, EVP_sha256(), nullptr) == 1;
  if (keep) {
    if (std::optional<Certificate> known = kept().find(digest)) return *std::move(known);
  }
  Result<Certificate> certificate = Certificate::from_der(der);
  if (keep && certificate) kept().add(digest, *certificate);
  return certificate;
}

}  // namespace mxseal::pki
