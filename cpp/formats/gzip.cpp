// SPDX-License-Identifier: MIT
#include "formats/gzip.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string>

namespace mxseal::gzip {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} << 10;

/// How much output `input` bytes may give.
std::uint64_t output_limit(std::uint64_t input) {
  return std::max(kBombFloor, input * kBombRatio);
}

/// What may stand behind a member without being one: see the question in gzip.hpp.
bool is_padding(char byte) {
  return byte == '\0' || byte == '\r' || byte == '\n';
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

/// One a thread: its tables are 11 KiB that need not be made anew for each report.
libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> kept(
      libdeflate_alloc_decompressor());
  if (kept == nullptr) throw std::bad_alloc();  // untested: memory
  return kept.get();
}

/// The length that the last member's trailer claims (RFC 1952 2.3.1, ISIZE): a hint how much room
/// to make, and no more.
std::size_t claimed_size(std::string_view in) {
  if (in.size() < 4) return 0;
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) {
    size = size << 8 | static_cast<unsigned char>(in[in.size() - i]);
  }
  return size;
}

/// A header with a CRC of its own (RFC 1952 2.3.1.2, FHCRC), which libdeflate does not check and
/// zlib does.
bool has_header_crc(std::string_view member) {
  return member.size() > 3 && (static_cast<unsigned char>(member[3]) & 2U) != 0;
}

/// Unpacks with libdeflate. False where it is not content, for whatever reason; `out` is of no use
/// then.
bool gunzip_fast(std::string_view in, Bytes& out) {
  // Room for the claim, but not for a lie: a claim beyond what deflate gives for such an input
  // (1032 times) costs nothing.
  const std::uint64_t limit = output_limit(in.size());
  const std::size_t sane = std::min<std::size_t>(in.size() * kBombRatio, std::size_t{16} << 20);
  out.clear();
  out.reserve(std::max(std::min(claimed_size(in), sane), in.size() * 4));

  while (true) {
    if (has_header_crc(in)) return false;
    std::size_t used = 0;
    std::size_t made = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor(), in.data(), in.size(), out.data() + out.size(),
                                      out.capacity() - out.size(), &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (out.capacity() >= limit) return false;
      out.reserve(std::min<std::size_t>(limit, out.capacity() * 4));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return false;
    out.resize(out.size() + made);
    if (out.size() > limit) return false;  // a buffer that was larger than the limit before
    in.remove_prefix(used);
    while (!in.empty() && is_padding(in.front())) in.remove_prefix(1);
    if (in.empty()) return true;
  }
}

}  // namespace

struct GzipSource::State {
  explicit State(ByteSource& source) : compressed(source) { buffer.reserve(kBufferSize); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (begun) inflateEnd(&stream);
  }

  std::int64_t offset() const { return taken - static_cast<std::int64_t>(stream.avail_in); }
  Error error(Errc code, std::string detail = {}) const {
    return Error{code, std::move(detail), offset()};
  }

  Result<void> refill();
  Result<bool> begin_member();
  Result<std::size_t> inflate_some(std::span<char> into);

  ByteSource& compressed;
  z_stream stream{};
  bool begun = false;      // inflateInit2 was called
  bool inside = false;     // between a member's first and last byte
  bool at_end = false;     // the source has no more
  std::int64_t taken = 0;  // bytes read from the source
  std::uint64_t made = 0;
  std::uint64_t checked = 0;  // of these, by a trailer
  std::optional<Error> failed;
  Bytes buffer;  // of kBufferSize, not yet inflated
};

/// Makes stream.avail_in more than 0, or sets at_end.
Result<void> GzipSource::State::refill() {
  if (stream.avail_in > 0 || at_end) return {};
  const Result<std::size_t> got = compressed.read({buffer.data(), kBufferSize});
  if (!got) return got.error();
  at_end = *got == 0;
  taken += static_cast<std::int64_t>(*got);
  stream.next_in = reinterpret_cast<Bytef*>(buffer.data());
  stream.avail_in = static_cast<uInt>(*got);
  return {};
}

/// Goes to the first byte of the next member; false where there is none.
Result<bool> GzipSource::State::begin_member() {
  while (true) {
    if (Result<void> refilled = refill(); !refilled) return refilled.error();
    if (at_end) {
      if (!begun) return error(Errc::gzip_truncated);
      return false;
    }
    if (!begun) {
      if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK)
        throw std::bad_alloc();  // untested: memory
      begun = true;
      break;
    }
    const char next = static_cast<char>(*stream.next_in);
    if (!is_padding(next)) {
      if (next != '\x1f') return error(Errc::gzip_corrupt, "no gzip member follows");
      inflateReset(&stream);
      break;
    }
    ++stream.next_in;
    --stream.avail_in;
  }
  inside = true;
  return true;
}

/// Gives at least one byte, or 0 at the end.
Result<std::size_t> GzipSource::State::inflate_some(std::span<char> into) {
  const std::size_t most = std::min<std::size_t>(into.size(), std::size_t{1} << 30);
  while (true) {
    if (!inside) {
      const Result<bool> more = begin_member();
      if (!more) return more.error();
      if (!*more) return std::size_t{0};
    }
    if (Result<void> refilled = refill(); !refilled) return refilled.error();
    stream.next_out = reinterpret_cast<Bytef*>(into.data());
    stream.avail_out = static_cast<uInt>(most);
    const int result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = most - stream.avail_out;
    made += got;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();  // untested: memory
    if (result == Z_STREAM_END) {
      inside = false;
      checked = made;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      failed = error(Errc::gzip_corrupt, stream.msg != nullptr ? stream.msg : "");
    } else if (at_end && got == 0) {
      failed = error(Errc::gzip_truncated);
    }
    const std::int64_t whole = compressed.size();
    if (made > output_limit(static_cast<std::uint64_t>(whole < 0 ? offset() : whole))) {
      failed = error(Errc::gzip_bomb);
    }
    if (got > 0) return got;
    if (failed) return *failed;
  }
}

GzipSource::GzipSource(ByteSource& compressed) : state_(std::make_unique<State>(compressed)) {}
GzipSource::~GzipSource() = default;

Result<std::size_t> GzipSource::read(std::span<char> into) {
  if (into.empty()) return std::size_t{0};
  if (state_->failed) return *state_->failed;
  // Members may be of one byte each: a read that ended with the member would be one a byte.
  std::size_t filled = 0;
  while (filled < into.size() && !state_->failed) {
    const Result<std::size_t> got = state_->inflate_some(into.subspan(filled));
    if (!got) {
      state_->failed = got.error();
    } else if (*got == 0) {
      return filled;
    } else {
      filled += *got;
    }
  }
  // What came before an error is given first, the error by the next call.
  if (filled == 0) return *state_->failed;
  return filled;
}

std::int64_t GzipSource::sound() const {
  return static_cast<std::int64_t>(state_->checked);
}

std::int64_t GzipSource::compressed_offset() const {
  return state_->offset();
}

Result<void> gunzip(std::string_view in, Bytes& out) {
  if (gunzip_fast(in, out)) return {};
  out.clear();
  MemorySource compressed(in);
  GzipSource source(compressed);
  constexpr std::size_t kPiece = std::size_t{1} << 20;  // a bomb is seen at the end of one
  while (true) {
    out.reserve_more(std::size_t{16} << 10);
    const std::size_t room = std::min(kPiece, out.capacity() - out.size());
    const Result<std::size_t> got = source.read({out.data() + out.size(), room});
    if (!got) return got.error();
    if (*got == 0) return {};
    out.resize(out.size() + *got);
  }
}

}  // namespace mxseal::gzip
