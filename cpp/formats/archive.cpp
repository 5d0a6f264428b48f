// SPDX-License-Identifier: MIT
#include "formats/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <clocale>

#include <algorithm>
#include <array>
#include <new>
#include <optional>

#include "formats/gzip.hpp"
#include "formats/utf8.hpp"

namespace mxseal::archive {
namespace {

/// libarchive converts names to the charset of the thread's locale and gives none where it cannot:
/// in the C locale no name with a letter beyond ASCII. So each call to it stands in a UTF-8 locale,
/// which ends with the scope; nobody else's changes.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(utf8())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t utf8() {
    // Made once, never freed; C.UTF-8 is built into glibc. Without it (locale_t 0) uselocale() only
    // asks.
    static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made;
  }
  locale_t before_;
};

struct FreeArchive {
  void operator()(struct archive* handle) const { archive_read_free(handle); }
};

MemberKind kind_of(struct archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return MemberKind::link;
  // Holes of a sparse file cost nothing in the tar and anything when read.
  if (archive_entry_sparse_count(entry) > 0) return MemberKind::special;
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return MemberKind::file;
    case AE_IFDIR:
      return MemberKind::folder;
    case AE_IFLNK:
      return MemberKind::link;
    default:
      return MemberKind::special;
  }
}

}  // namespace

/// libarchive's handle, and what of it is remembered between calls.
struct Container::State final : public ByteSource {
  State(ByteSource& bytes, kind::Kind kind);

  Result<bool> next(Member& member);
  Result<std::size_t> read(std::span<char> into) override;
  Result<std::string_view> next_block();
  std::optional<Error> refusal() const;
  std::optional<Error> bomb() const;

  std::int64_t offset() const { return archive_filter_bytes(handle.get(), 0); }
  Error damage() const;
  Errc damage_code() const { return zip ? Errc::zip_corrupt : Errc::tar_corrupt; }

  static la_ssize_t give(struct archive* handle, void* state, const void** buffer);
  static la_int64_t seek_to(struct archive* handle, void* state, la_int64_t offset, int whence);

  ByteSource& source;
  const bool zip;
  std::unique_ptr<struct archive, FreeArchive> handle;
  struct archive_entry* entry = nullptr;
  std::optional<Error> source_error;  // libarchive sees only that reading failed
  std::int64_t position = 0;          // in the source, for seeking relatively
  bool opened = false;
  bool ended = false;
  bool found_after_damage =
      false;  // `entry` is good, and was not given yet because the damage came first

  // The current member.
  std::optional<Error> member_error;
  std::int64_t member_start = 0;
  std::uint64_t member_bytes = 0;
  std::uint64_t all_bytes = 0;
  std::string_view block;  // given by libarchive and not yet read
  std::array<char, std::size_t{64} << 10> buffer;
};

Container::State::State(ByteSource& bytes, kind::Kind kind)
    : source(bytes), zip(kind == kind::Kind::zip), handle(archive_read_new()) {
  if (handle == nullptr) throw std::bad_alloc();  // untested: memory
  if (zip) {
    archive_read_support_format_zip(handle.get());
  } else {
    archive_read_support_format_tar(handle.get());
  }
  archive_read_set_callback_data(handle.get(), this);
  archive_read_set_read_callback(handle.get(), &State::give);
  if (bytes.size() >= 0) archive_read_set_seek_callback(handle.get(), &State::seek_to);
}

la_ssize_t Container::State::give(struct archive* /*handle*/, void* state, const void** buffer) {
  State& self = *static_cast<State*>(state);
  Result<std::size_t> got = self.source.read(self.buffer);
  if (!got) {
    self.source_error = std::move(got).error();
    return ARCHIVE_FATAL;
  }
  self.position += static_cast<std::int64_t>(*got);
  *buffer = self.buffer.data();
  return static_cast<la_ssize_t>(*got);
}

la_int64_t Container::State::seek_to(struct archive* /*handle*/, void* state, la_int64_t offset,
                                     int whence) {
  State& self = *static_cast<State*>(state);
  if (whence == SEEK_CUR) offset += self.position;
  if (whence == SEEK_END) offset += self.source.size();
  if (!self.source.seek(offset)) return ARCHIVE_FATAL;
  self.position = offset;
  return offset;
}

/// Why libarchive's last call failed.
Error Container::State::damage() const {
  if (source_error) return *source_error;
  const char* const why = archive_error_string(handle.get());
  return Error{damage_code(), why != nullptr ? why : "", offset()};
}

Result<bool> Container::State::next(Member& member) {
  member_error.reset();
  block = {};
  if (ended) return false;
  if (!found_after_damage) {
    if (!opened) {
      opened = true;
      if (archive_read_open1(handle.get()) != ARCHIVE_OK) {
        ended = true;
        return damage();
      }
    }
    int result = archive_read_next_header(handle.get(), &entry);
    if (result == ARCHIVE_RETRY || result == ARCHIVE_FAILED) {
      // Each further block that is no header would be an error of its own: one stands for all of
      // them.
      const Error first = damage();
      while (result == ARCHIVE_RETRY || result == ARCHIVE_FAILED) {
        result = archive_read_next_header(handle.get(), &entry);
      }
      found_after_damage = result == ARCHIVE_OK || result == ARCHIVE_WARN;
      ended = !found_after_damage;
      return source_error ? *source_error : first;
    }
    // A warning is about a name or an attribute that could not be converted; the member is whole.
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      ended = true;
      if (result == ARCHIVE_EOF) return false;
      return damage();
    }
  }
  found_after_damage = false;
  member_start = offset();
  member_bytes = 0;

  const char* const name = archive_entry_pathname(entry);
  member.name = name != nullptr ? name : "";
  utf8::escape_invalid(member.name);
  member.size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1;
  member.kind = kind_of(entry);
  member.encrypted = archive_entry_is_encrypted(entry) != 0;
  return true;
}

/// Why the current member is not read at all.
std::optional<Error> Container::State::refusal() const {
  if (entry == nullptr || ended) return Error{damage_code(), "no member", -1};
  if (kind_of(entry) != MemberKind::file) return Error{Errc::container_link, {}, member_start};
  if (archive_entry_is_encrypted(entry) != 0) return Error{Errc::zip_encrypted, {}, member_start};
  return std::nullopt;
}

/// gzip's rule for a zip: once over the member, and once over the whole file, whose members may
/// share the same bytes.
std::optional<Error> Container::State::bomb() const {
  const auto is_bomb = [](std::uint64_t out, std::int64_t in) {
    return out > gzip::kBombFloor && out / gzip::kBombRatio > static_cast<std::uint64_t>(in);
  };
  if (!zip) return std::nullopt;
  const std::int64_t whole = source.size() >= 0 ? source.size() : offset();
  if (!is_bomb(member_bytes, offset() - member_start) && !is_bomb(all_bytes, whole)) {
    return std::nullopt;
  }
  return Error{Errc::zip_bomb, {}, offset()};
}

/// The member's next bytes, "" at its end. They hold until the next call.
Result<std::string_view> Container::State::next_block() {
  if (!member_error && member_bytes == 0) member_error = refusal();
  if (member_error) return *member_error;
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;
  int result = ARCHIVE_OK;
  while (result == ARCHIVE_OK && size == 0) {
    result = archive_read_data_block(handle.get(), &data, &size, &at);
  }
  if (result == ARCHIVE_EOF) return std::string_view();
  if (result != ARCHIVE_OK) {  // here a warning is a length that is not the one in the header
    member_error = damage();
    return *member_error;
  }
  member_bytes += size;
  all_bytes += size;
  member_error = bomb();
  if (member_error) {
    // To pass over a member whose end is not known is to unpack it.
    if (source.size() < 0) ended = true;
    return *member_error;
  }
  return std::string_view(static_cast<const char*>(data), size);
}

Result<std::size_t> Container::State::read(std::span<char> into) {
  const Utf8Locale locale;
  if (block.empty()) {
    const Result<std::string_view> got = next_block();
    if (!got) return got.error();
    block = *got;
  }
  const std::string_view piece = block.substr(0, into.size());
  std::copy(piece.begin(), piece.end(), into.begin());
  block.remove_prefix(piece.size());
  return piece.size();
}

Container::Container(ByteSource& source, kind::Kind format)
    : state_(std::make_unique<State>(source, format)) {}
Container::~Container() = default;

Result<bool> Container::next(Member& member) {
  const Utf8Locale locale;
  return state_->next(member);
}

Result<void> Container::read(Bytes& out, std::size_t most) {
  const Utf8Locale locale;
  out.clear();
  while (true) {
    const Result<std::string_view> got = state_->next_block();
    if (!got) return got.error();
    if (got->empty()) return {};
    if (got->size() > most - out.size()) {
      return Error{Errc::member_too_large, std::to_string(most), static_cast<std::int64_t>(most)};
    }
    out.append(*got);
  }
}

ByteSource& Container::stream() {
  return *state_;
}

}  // namespace mxseal::archive
