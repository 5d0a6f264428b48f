// SPDX-License-Identifier: MIT
// Bytes: a growing buffer of raw bytes, never initialised and never copied byte by byte, with
// kPadding readable bytes behind its end (what simdjson and libdeflate want). Large blocks are
// mapped from the system and grow by moving pages, not bytes: realloc() would do so too, but only
// until the first large block was freed; from then on it copies and leaves holes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace mxseal {

class Bytes {
 public:
  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kLeast = 448;  // with the padding 512: a column of a few rows

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

  /// Makes room for `capacity` bytes and the padding, which are readable from then on (also for 0);
  /// what is there stays. Throws std::bad_alloc.
  void reserve(std::size_t capacity) {
    if (data_ == nullptr || capacity > capacity_) grow(capacity);
  }

  /// Makes room for `more` bytes behind those that are there, growing by half and kLeast at least.
  void reserve_more(std::size_t more) {
    const std::size_t needed = size_ + more;
    if (needed > capacity_) reserve(std::max({needed, capacity_ + capacity_ / 2, kLeast}));
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
    if (count == 0) return;
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

}  // namespace mxseal
