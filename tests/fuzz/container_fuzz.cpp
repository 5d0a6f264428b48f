// SPDX-License-Identifier: MIT
// Any bytes as gzip, zip and tar: the two ways to unpack gzip agree, members are read or refused,
// and every loop ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/archive.hpp"
#include "formats/gzip.hpp"
#include "formats/kind.hpp"

namespace {

using namespace mxseal;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::size_t kCap = std::size_t{1} << 20;

void unpack_both_ways(std::string_view bytes) {
  Bytes at_once;
  const Result<void> done = gzip::gunzip(bytes, at_once);
  MemorySource source(bytes);
  gzip::GzipSource stream(source);
  std::vector<char> piece(4000);
  std::size_t size = 0;
  Result<std::size_t> got = stream.read(piece);
  while (got && *got > 0) {
    require(size + *got <= at_once.size());
    require(std::equal(piece.data(), piece.data() + *got, at_once.data() + size));
    size += *got;
    got = stream.read(piece);
  }
  // libdeflate takes the length symbols 286 and 287, which RFC 1951 3.2.6 keeps out of streams, as
  // long as checksum and length hold; zlib does not. No harm is in it: the bytes are those promised.
  if (done && !got && got.error().code == Errc::gzip_corrupt) return;
  require(got.has_value() == done.has_value());
  require(got || got.error() == done.error());
  require(size == at_once.size());
}

void read_members(std::string_view bytes, kind::Kind format) {
  MemorySource source(bytes);
  archive::Container container(source, format);
  archive::Member member;
  Bytes content;
  std::vector<char> piece(1000);
  bool whole = false;
  while (true) {
    const Result<bool> found = container.next(member);
    if (!found) continue;
    if (!*found) break;
    whole = !whole;
    if (whole) {
      require(!container.read(content, kCap) || content.size() <= kCap);
    } else if (const Result<std::size_t> got = container.stream().read(piece)) {
      require(*got <= piece.size());
    }
  }
  require(!*container.next(member));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of exactly its size, so that one byte too far is seen.
  const std::unique_ptr<char[]> block(new char[size]);
  std::copy_n(data, size, block.get());
  const std::string_view bytes(block.get(), size);

  unpack_both_ways(bytes);
  read_members(bytes, kind::Kind::zip);
  read_members(bytes, kind::Kind::tar);
  require((kind::sniff(bytes) == kind::Kind::empty) == bytes.empty());
  for (const char byte : kind::describe(bytes)) require(byte >= ' ' && byte <= '~');
  return 0;
}
