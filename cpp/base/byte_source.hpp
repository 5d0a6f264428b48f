// SPDX-License-Identifier: MIT
// ByteSource: where bytes come from, pulled in pieces: a file, a member of a container, a gzip
// stream over another source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace mxseal {

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Reads up to into.size() bytes and returns how many; 0 only at the end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;

  /// How many of the bytes read so far are right for certain, whatever comes behind them: the whole
  /// members of a gzip stream, with their checksums. 0 where nothing vouches for any.
  virtual std::int64_t sound() const { return 0; }

  /// The size in bytes, or -1 where the source cannot tell and cannot seek (a pipe, a stream inside
  /// another).
  virtual std::int64_t size() const { return -1; }

  /// Goes to an absolute position; false where the source cannot.
  virtual bool seek(std::int64_t /*position*/) { return false; }
};

/// Bytes that lie in memory, which must outlive the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> read(std::span<char> into) override {
    const std::string_view piece = bytes_.substr(position_, into.size());
    if (!piece.empty()) std::memcpy(into.data(), piece.data(), piece.size());
    position_ += piece.size();
    return piece.size();
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }
  bool seek(std::int64_t position) override {
    if (position < 0 || position > size()) return false;
    position_ = static_cast<std::size_t>(position);
    return true;
  }

 private:
  std::string_view bytes_;
  std::size_t position_ = 0;
};

}  // namespace mxseal
