// SPDX-License-Identifier: MIT
// gzip (RFC 1952): gunzip() for what lies in memory (libdeflate, the fast way), GzipSource for what
// does not fit (zlib).
//
// Both take all members of a file, check CRC and length of each, and give the same bytes and the
// same error for the same input: where libdeflate is not content, gunzip() asks zlib, which can say
// where damage begins and tells it from truncation.
//
// Q: What may follow the last member? A: zeros (RFC 1952 says nothing, tapes and gzip(1) do) and
// line ends, which mail programs add. Anything else is gzip-corrupt: it may be a member whose first
// bytes are damaged, and to leave it out in silence would lose reports. What was unpacked before it
// stays.
//
// Bombs: the output may be kBombFloor bytes, or kBombRatio times the input if that is more. JSON
// stays far below; deflate ends at 1032.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/byte_source.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal::gzip {

/// Output that is always allowed, in bytes, whatever the ratio.
inline constexpr std::uint64_t kBombFloor = std::uint64_t{64} << 20;

/// Output in bytes that is allowed for each byte of input.
inline constexpr std::uint64_t kBombRatio = 200;

/// Unpacks all members of `in` into `out`, whose old content is lost and whose capacity is used
/// first: reuse it.
///
/// Errors: gzip-truncated, gzip-corrupt, gzip-bomb; the offset is that of the compressed bytes. On
/// an error `out` holds what was unpacked before it, unchecked where the error lies inside a
/// member.
Result<void> gunzip(std::string_view in, Bytes& out);

/// The same as a stream over another source, which must outlive it. Memory: 64 KiB of input and
/// zlib's state.
///
/// read() fills what it is given, but for the end and before an error. It has the errors of gunzip()
/// and those of `compressed`; after one it gives it again.
class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(ByteSource& compressed);
  ~GzipSource() override;

  Result<std::size_t> read(std::span<char> into) override;
  std::int64_t sound() const override;

  /// Compressed bytes taken so far: for progress, and the offset of an error.
  std::int64_t compressed_offset() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mxseal::gzip
