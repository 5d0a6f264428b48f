// SPDX-License-Identifier: MIT
#include "formats/archive.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <clocale>
#include <new>
#include <optional>
#include <utility>

#include "base/utf8.hpp"
#include "formats/gzip.hpp"

namespace mxseal::archive {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} << 10;
// Bombs in a zip that do not count for the whole of it. Each costs its 64 MiB of unpacking.
constexpr int kBombsApart = 4;

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

/// Whether the current member of a zip is stored or deflated, as every report is. The other methods
/// have more memory to ask for (4 GiB for a dictionary, in a file of 200 bytes) and more code to
/// attack. Only the format's name tells: "ZIP 2.0 (deflation)".
bool is_usual_method(struct archive* handle) {
  const std::string_view name = archive_format_name(handle);
  return name.ends_with("(deflation)") || name.ends_with("(uncompressed)");
}

}  // namespace

/// libarchive's handle, and what of it is remembered between calls.
struct Container::State final : public ByteSource {
  State(ByteSource& bytes, kind::Kind kind);

  Result<bool> next(Member& member);
  Result<std::size_t> read(std::span<char> into) override;
  Result<std::string_view> next_block();

  void make_handle(bool directory);
  int next_header();
  bool look_ahead(std::size_t size);
  bool find_next_zip();
  bool begins_with_member();
  Result<bool> find_header();
  Result<void> pass_over();
  Result<std::string_view> unpack();
  std::optional<Error> unreadable() const;
  bool is_bomb();

  std::int64_t offset() const { return handle_start + archive_filter_bytes(handle.get(), 0); }
  Error damage() const;
  Errc damage_code() const { return zip ? Errc::zip_corrupt : Errc::tar_corrupt; }

  static la_ssize_t give(struct archive* handle, void* state, const void** buffer);
  static la_int64_t seek_to(struct archive* handle, void* state, la_int64_t offset, int whence);

  ByteSource& source;
  const bool zip;
  bool by_directory = false;  // a zip: members are found by the directory at its end
  std::unique_ptr<struct archive, FreeArchive> handle;
  struct archive_entry* entry = nullptr;
  std::optional<Error> source_error;  // libarchive sees only that reading failed
  std::int64_t position = 0;          // in the source
  std::int64_t handle_start = 0;      // where in the source the handle began
  std::int64_t sought = 0;            // where libarchive went last
  bool ended = false;
  bool found_after_damage = false;  // `entry` is good and not given yet: the damage came first

  // The current member.
  std::optional<Error> member_error;
  bool member_damaged = false;  // member_error is damage of the file
  bool member_done = true;      // nothing of it is left to unpack
  std::int64_t member_start = 0;
  std::uint64_t member_bytes = 0;
  std::uint64_t all_bytes = 0;
  int bombs = 0;
  std::string_view block;  // given by libarchive and not yet read
  Bytes buffer;            // lent to libarchive: what lies before `position`
  Bytes ahead;             // of the source, not lent yet
};

Container::State::State(ByteSource& bytes, kind::Kind kind)
    : source(bytes), zip(kind == kind::Kind::zip) {
  make_handle(zip && bytes.size() >= 0);
}

void Container::State::make_handle(bool directory) {
  by_directory = directory;
  handle.reset(archive_read_new());
  if (handle == nullptr) throw std::bad_alloc();  // untested: memory
  if (!zip) {
    archive_read_support_format_tar(handle.get());
    // Zeros end a tar, but `cat a.tar b.tar` is one too: what follows must not be lost in silence.
    archive_read_set_options(handle.get(), "read_concatenated_archives");
  } else if (by_directory) {
    archive_read_support_format_zip_seekable(handle.get());
  } else {
    archive_read_support_format_zip_streamable(handle.get());
  }
  archive_read_set_callback_data(handle.get(), this);
  archive_read_set_read_callback(handle.get(), &State::give);
  if (by_directory) archive_read_set_seek_callback(handle.get(), &State::seek_to);
  archive_read_open1(handle.get());  // where it fails, the first header will
}

la_ssize_t Container::State::give(struct archive* /*handle*/, void* state, const void** buffer) {
  State& self = *static_cast<State*>(state);
  if (self.ahead.empty() && !self.look_ahead(1)) return self.source_error ? ARCHIVE_FATAL : 0;
  std::swap(self.buffer, self.ahead);
  self.ahead.clear();
  *buffer = self.buffer.data();
  return static_cast<la_ssize_t>(self.buffer.size());
}

/// Reads on until `ahead` has `size` bytes. False where the source ends before or breaks.
bool Container::State::look_ahead(std::size_t size) {
  while (ahead.size() < size) {
    ahead.reserve_more(kBufferSize);
    const Result<std::size_t> got = source.read({ahead.data() + ahead.size(), kBufferSize});
    if (!got) {
      source_error = got.error();
      return false;
    }
    if (*got == 0) return false;
    ahead.resize(ahead.size() + *got);
    position += static_cast<std::int64_t>(*got);
  }
  return true;
}

/// Whether behind a zip that was read by the headers of its members, another follows that is not
/// empty: then it is the handle's. libarchive has stopped at the directory, of which only the end is
/// looked for here (APPNOTE 4.3.16): a signature, 16 bytes, and a comment behind its length.
bool Container::State::find_next_zip() {
  constexpr std::string_view kEnd = "PK\5\6";
  constexpr std::size_t kEndSize = 22;
  const std::int64_t unread =
      std::min(position - offset(), static_cast<std::int64_t>(buffer.size()));
  ahead.append(buffer.view().substr(buffer.size() - static_cast<std::size_t>(unread)));
  std::size_t at = 0;
  do {
    std::size_t end = ahead.view().find(kEnd, at);
    while (end == std::string_view::npos) {
      ahead.drop_front(std::max(at, ahead.size() - std::min(ahead.size(), kEnd.size() - 1)));
      at = 0;
      if (!look_ahead(ahead.size() + 1)) return false;
      end = ahead.view().find(kEnd);
    }
    if (!look_ahead(end + kEndSize)) return false;
    const auto low = static_cast<unsigned char>(ahead.view()[end + kEndSize - 2]);
    const auto high = static_cast<unsigned char>(ahead.view()[end + kEndSize - 1]);
    at = end + kEndSize + low + high * std::size_t{256};
    if (!look_ahead(at + kEnd.size())) return false;
    if (at > kBufferSize) ahead.drop_front(std::exchange(at, 0));
  } while (ahead.view().substr(at).starts_with(kEnd));
  ahead.drop_front(at);
  if (!ahead.view().starts_with("PK\3\4")) return false;
  handle_start = position - static_cast<std::int64_t>(ahead.size());
  make_handle(false);
  return true;
}

la_int64_t Container::State::seek_to(struct archive* /*handle*/, void* state, la_int64_t offset,
                                     int whence) {
  State& self = *static_cast<State*>(state);
  if (whence == SEEK_CUR) offset += self.position;
  if (whence == SEEK_END) offset += self.source.size();
  if (!self.source.seek(offset)) return ARCHIVE_FATAL;
  self.position = offset;
  self.sought = offset;
  return offset;
}

/// Why libarchive's last call failed.
Error Container::State::damage() const {
  if (source_error) return *source_error;
  const char* const why = archive_error_string(handle.get());
  return Error{damage_code(), why != nullptr ? why : "", offset()};
}

int Container::State::next_header() {
  const bool first = entry == nullptr;
  const int result = archive_read_next_header(handle.get(), &entry);
  if (result != ARCHIVE_FATAL || !first || !by_directory || source_error || !source.seek(0)) {
    return result;
  }
  // No directory, or none that can be read: what is there of the members may be whole.
  position = 0;
  make_handle(false);
  return archive_read_next_header(handle.get(), &entry);
}

/// Whether a member stands at the very beginning of the source. libarchive does not notice that it
/// was asked.
bool Container::State::begins_with_member() {
  char magic[4];
  if (!source.seek(0)) return false;
  const Result<std::size_t> got = source.read(magic);
  return source.seek(position) && got && std::string_view(magic, *got) == "PK\3\4";
}

Result<bool> Container::State::find_header() {
  // Damage that ended a member may be what ends the whole: then it is told already.
  const bool told = member_damaged;
  const bool at_first = entry == nullptr;
  int result = next_header();
  if (result == ARCHIVE_EOF && zip && !by_directory && find_next_zip()) result = next_header();
  // The directory's members come by their places, and libarchive has just gone to the first's. Where
  // another stands before that, a zip was put behind another: its directory is not read.
  const bool good = result == ARCHIVE_OK || result == ARCHIVE_WARN;
  if (at_first && by_directory && ((good && sought > 0) || result == ARCHIVE_EOF) &&
      begins_with_member()) {
    ended = !good;
    found_after_damage = good;
    return Error{Errc::zip_corrupt, "what stands before the directory's first member was not read",
                 0};
  }
  if (result == ARCHIVE_RETRY || result == ARCHIVE_FAILED) {
    // Each further block that is no header would be an error of its own: one stands for all.
    const Error met = damage();
    while (result == ARCHIVE_RETRY || result == ARCHIVE_FAILED) result = next_header();
    found_after_damage = result == ARCHIVE_OK || result == ARCHIVE_WARN;
    ended = !found_after_damage;
    return source_error ? *source_error : met;
  }
  // A warning is about a name or an attribute that could not be converted; the member is whole.
  if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return true;
  ended = true;
  if (told || (result == ARCHIVE_EOF && !source_error)) return false;
  return damage();
}

/// libarchive passes over what is left of a member without bounds where it has no directory to tell
/// the member's end: it unpacks. So that is done here, under the same rule as reading; and what is
/// not unpacked at all is where it ends.
Result<void> Container::State::pass_over() {
  if (!zip || by_directory || member_done) return {};
  if (const std::optional<Error> reason = unreadable()) {
    ended = true;
    if (member_error) return {};
    return *reason;
  }
  while (!member_done && !member_error) {
    if (const Result<std::string_view> got = unpack(); !got) return got.error();
  }
  return {};
}

Result<bool> Container::State::next(Member& member) {
  if (ended) return false;
  block = {};
  if (!found_after_damage) {
    if (Result<void> passed = pass_over(); !passed) return passed.error();
    if (ended) return false;
    Result<bool> found = find_header();
    member_error.reset();
    member_damaged = false;
    member_done = true;
    if (!found || !*found) return found;
  }
  found_after_damage = false;
  member_done = false;
  member_start = offset();
  member_bytes = 0;

  const char* const name = archive_entry_pathname(entry);
  member.name = utf8::escape_invalid(name != nullptr ? name : "");
  member.size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1;
  member.kind = kind_of(entry);
  member.encrypted = archive_entry_is_encrypted(entry) != 0;
  return true;
}

/// Why a member of a zip cannot be unpacked.
std::optional<Error> Container::State::unreadable() const {
  if (archive_entry_is_encrypted(entry) != 0) return Error{Errc::zip_encrypted, {}, member_start};
  if (zip && !is_usual_method(handle.get())) {
    return Error{Errc::zip_unsupported, archive_format_name(handle.get()), member_start};
  }
  return std::nullopt;
}

/// gzip's rule for a zip: once over the member, and once over the whole file, whose members may
/// share the same bytes. The first few bombs do not count for the whole: the good members behind one
/// are read.
bool Container::State::is_bomb() {
  if (!zip) return false;
  const auto exceeds = [](std::uint64_t out, std::int64_t in) {
    return out > gzip::kBombFloor && out / gzip::kBombRatio > static_cast<std::uint64_t>(in);
  };
  if (exceeds(member_bytes, offset() - member_start)) {
    if (++bombs <= kBombsApart) all_bytes -= member_bytes;
    return true;
  }
  return exceeds(all_bytes, source.size() >= 0 ? source.size() : offset());
}

/// The member's next bytes, "" at its end. They hold until the next call.
Result<std::string_view> Container::State::unpack() {
  const void* data = nullptr;
  std::size_t size = 0;
  la_int64_t at = 0;
  int result = ARCHIVE_OK;
  while (result == ARCHIVE_OK && size == 0) {
    result = archive_read_data_block(handle.get(), &data, &size, &at);
  }
  if (result == ARCHIVE_EOF) {
    member_done = true;
    return std::string_view();
  }
  if (result != ARCHIVE_OK) {  // here a warning is a length that is not the one in the header
    member_damaged = true;
    member_error = damage();
    return *member_error;
  }
  member_bytes += size;
  all_bytes += size;
  if (is_bomb()) {
    // To pass over it without a directory is to unpack it.
    ended = !by_directory;
    member_error = Error{Errc::zip_bomb, {}, offset()};
    return *member_error;
  }
  return std::string_view(static_cast<const char*>(data), size);
}

/// The same for who reads, with what is refused.
Result<std::string_view> Container::State::next_block() {
  if (!member_error && member_done) return std::string_view();
  if (!member_error && kind_of(entry) != MemberKind::file) {
    member_error = Error{Errc::container_link, {}, member_start};
  }
  if (!member_error) member_error = unreadable();
  if (member_error) return *member_error;
  return unpack();
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
