// SPDX-License-Identifier: MIT
#include "base/bytes.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace mxseal {
namespace {

constexpr std::size_t kMapFrom = std::size_t{128} << 10;
constexpr std::size_t kPage = 4096;

}  // namespace

void Bytes::grow(std::size_t capacity) {
  const std::size_t wanted = capacity + kPadding;
  if (wanted < kMapFrom) {
    void* block = std::realloc(data_, wanted);  // NOLINT(cppcoreguidelines-no-malloc)
    if (block == nullptr) throw std::bad_alloc();
    data_ = static_cast<char*>(block);
    capacity_ = capacity;
    return;
  }
  const std::size_t length = (wanted + kPage - 1) / kPage * kPage;
  void* block = mapped_ > 0 ? mremap(data_, mapped_, length, MREMAP_MAYMOVE)
                            : mmap(nullptr, length, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) throw std::bad_alloc();
  if (mapped_ == 0 && data_ != nullptr) {
    std::memcpy(block, data_, size_);
    std::free(data_);  // NOLINT(cppcoreguidelines-no-malloc)
  }
  data_ = static_cast<char*>(block);
  mapped_ = length;
  capacity_ = length - kPadding;
}

void Bytes::give_back() {
  if (mapped_ > 0) {
    munmap(data_, mapped_);
  } else {
    std::free(data_);  // NOLINT(cppcoreguidelines-no-malloc)
  }
  data_ = nullptr;
  size_ = capacity_ = mapped_ = 0;
}

}  // namespace mxseal
