// SPDX-License-Identifier: MIT
// Bytes: a growing buffer of raw bytes, never initialised and never copied byte by byte, with
// kPadding readable bytes behind its end (what simdjson and libdeflate want). Large blocks are
// mapped from the system and grow by moving pages, not bytes: realloc() would do so too, but only
// until the first large block was freed; from then on it copies and leaves holes.
//
// ByteSource: where bytes come from, pulled in pieces: a file, a member of a container, a gzip
// stream over another source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace mxseal {

class Bytes {
 public:
  static constexpr std::size_t kPadding = 64;

  char* data() { return data_; }
  const char* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  void clear() { size_ = 0; }

  Bytes() = default;
  ~Bytes() { give_back(); }
  Bytes(Bytes&& other) noexcept { swap(other); }
  Bytes& operator=(Bytes&& other) noexcept {
    swap(other);
    return *this;
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  /// Makes room for `capacity` bytes and the padding; what is there stays. Throws std::bad_alloc.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }

  /// Makes room for `more` bytes behind those that are there, growing by half at least.
  void reserve_more(std::size_t more) {
    const std::size_t needed = size_ + more;
    if (needed > capacity_)
      reserve(needed > capacity_ + capacity_ / 2 ? needed : capacity_ + capacity_ / 2);
  }

  /// Says how many bytes count; they may have been written through data().
  void resize(std::size_t size) {
    reserve(size);
    size_ = size;
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    reserve_more(bytes.size());
    std::memcpy(data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  /// Drops `count` bytes from the front and moves the rest down.
  void drop_front(std::size_t count) {
    std::memmove(data(), data() + count, size_ - count);
    size_ -= count;
  }

  /// Gives memory back when the buffer has grown beyond `most` bytes; the content is lost then.
  void shrink_beyond(std::size_t most) {
    if (capacity_ > most) give_back();
  }

 private:
  void grow(std::size_t capacity);
  void give_back();
  void swap(Bytes& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(mapped_, other.mapped_);
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t mapped_ = 0;  // bytes of the mapping, 0 where the block is malloc's
};

class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Reads up to into.size() bytes and returns how many; 0 only at the end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;

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
