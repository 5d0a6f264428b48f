// SPDX-License-Identifier: MIT
#include "reports/reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "formats/archive.hpp"
#include "formats/gzip.hpp"
#include "formats/json_scan.hpp"
#include "formats/mbox.hpp"
#include "reports/report_parts.hpp"

namespace mxseal::reports {
namespace {

using kind::Kind;

// What fits into one read is handled in memory; nearly every report does.
constexpr std::size_t kHeadBytes = std::size_t{64} << 10;
// A piece of a large file. Larger pieces leave the processor's cache, smaller ones cost more calls.
constexpr std::size_t kStep = std::size_t{256} << 10;
// Compressed bytes up to which gzip is unpacked at once: 200 times that is still a bearable buffer.
constexpr std::size_t kGzipAtOnce = std::size_t{256} << 10;
// Members of containers up to this size are read at once.
constexpr std::int64_t kMemberAtOnce = std::int64_t{4} << 20;
// Milliseconds to wait for more of a pipe before asking whether to go on.
constexpr int kPatience = 50;
// Buffers that one huge item has blown up beyond this are given back.
constexpr std::size_t kKeep = std::size_t{4} << 20;

// A source of which the first bytes were read already to see what it is.
class HeadSource final : public ByteSource {
 public:
  HeadSource(std::string_view head, ByteSource& rest) : head_(head), rest_(rest) {}

  Result<std::size_t> read(std::span<char> into) override {
    if (head_.empty()) return rest_.read(into);
    const std::string_view piece = head_.substr(0, into.size());
    std::memcpy(into.data(), piece.data(), piece.size());
    head_.remove_prefix(piece.size());
    return piece.size();
  }
  std::int64_t sound() const override { return rest_.sound(); }
  std::int64_t size() const override { return rest_.size(); }
  bool seek(std::int64_t position) override {
    if (!rest_.seek(position)) return false;
    head_ = {};
    return true;
  }

 private:
  std::string_view head_;
  ByteSource& rest_;
};

// A file whose bytes are counted as they are read, and which has ended as soon as the sink says stop. Of what may keep one
// waiting (a pipe) it waits in short turns, so that the sink is asked meanwhile.
class CountedSource final : public ByteSource {
 public:
  CountedSource(FileSource& file, bool regular, Sink& sink, std::atomic<std::int64_t>& bytes,
                std::int64_t& here)
      : file_(file), regular_(regular), sink_(sink), bytes_(bytes), here_(here) {}
  Result<std::size_t> read(std::span<char> into) override {
    do {
      if (sink_.stopped()) return std::size_t{0};
    } while (!regular_ && !file_.is_ready(kPatience));
    Result<std::size_t> count = file_.read(into);
    if (count) {
      bytes_.fetch_add(static_cast<std::int64_t>(*count), std::memory_order_relaxed);
      here_ += static_cast<std::int64_t>(*count);
    }
    return count;
  }
  std::int64_t size() const override { return file_.size(); }
  bool seek(std::int64_t position) override { return file_.seek(position); }

 private:
  FileSource& file_;
  bool regular_;
  Sink& sink_;
  std::atomic<std::int64_t>& bytes_;
  std::int64_t& here_;
};

// Reads up to `most` bytes and forgets them.
Result<void> drain(ByteSource& source, std::uint64_t most, Bytes& buffer) {
  buffer.reserve(kStep);
  for (std::uint64_t taken = 0; taken < most;) {
    const Result<std::size_t> count = source.read({buffer.data(), kStep});
    if (!count) return count.error();
    if (*count == 0) break;
    taken += *count;
  }
  return {};
}

}  // namespace

struct FileReader::Level {
  std::array<Bytes, 2> unpacked;
  Bytes member;
  Bytes window;
  Bytes decoded;
  mime::MailReader mail;
  std::vector<std::size_t> candidates;
  std::string filename;

  void give_back() {
    for (Bytes* buffer : {&unpacked[0], &unpacked[1], &member, &window, &decoded})
      buffer->shrink_beyond(kKeep);
  }
};

FileReader::FileReader(Sink& sink, std::atomic<std::int64_t>& bytes) : sink_(sink), bytes_(bytes) {
  for (auto& level : levels_) level = std::make_unique<Level>();
}

FileReader::~FileReader() = default;

void FileReader::read_bytes(std::string_view bytes) {
  start();
  file_bytes_ = static_cast<std::int64_t>(bytes.size());
  content(bytes, Place(), {});
}

void FileReader::read(const FileName& file) {
  Place place;
  place.source = file.path;
  start();
  const Result<std::unique_ptr<FileSource>> opened = FileSource::open(file);
  if (!opened) return not_read(place, opened.error());
  CountedSource source(**opened, file.regular, sink_, bytes_, file_bytes_);
  head_.clear();
  head_.reserve(kHeadBytes);
  // A plain file that gives less than was asked for has ended; a pipe may have more.
  for (;;) {
    const Result<std::size_t> count =
        source.read({head_.data() + head_.size(), kHeadBytes - head_.size()});
    if (!count) return not_read(place, count.error());
    head_.resize(head_.size() + *count);
    if (*count == 0 || (file.regular && head_.size() < kHeadBytes))
      return content(head_.view(), place, {});
    if (head_.size() == kHeadBytes) break;
  }
  large(source, head_.view(), place, {});
  for (auto& level : levels_) level->give_back();
  reports_.give_back(kKeep);
}

void FileReader::start() {
  errors_in_file_ = 0;
  gave_up_ = false;
  unpacked_ = 0;
  file_bytes_ = 0;
}

// ------------------------------------------------------------------------------ dispatch, in
// memory and as a stream

void FileReader::content(std::string_view bytes, const Place& place, Depth depth) {
  const std::string_view head = bytes.substr(0, kind::kHeadSize);
  switch (const Kind kind = kind::sniff(head)) {
    case Kind::empty:
      return not_read(place, {Errc::file_empty, "", 0});
    case Kind::json:
      return documents(Window(bytes), place);
    case Kind::gzip:
      return gzip_content(bytes, place, depth);
    case Kind::zip:
    case Kind::tar: {
      MemorySource source(bytes);
      return container(source, kind, place, depth);
    }
    case Kind::mbox:
      return mbox(Window(bytes), place, depth);
    case Kind::mail:
      return mail(bytes, place, depth);
    case Kind::other:
      return not_read(place, {Errc::not_a_report, kind::describe(head), -1});
  }
}

// From a source that stands at its first byte.
void FileReader::stream(ByteSource& source, const Place& place, Depth depth) {
  Bytes head;
  head.reserve(kHeadBytes);
  while (head.size() < kHeadBytes) {
    const Result<std::size_t> count =
        source.read({head.data() + head.size(), kHeadBytes - head.size()});
    if (!count) {
      // Of something small that is damaged only whole members (of gzip too) and mails before the
      // damage are worth reading: a report with a wrong checksum may have wrong numbers.
      const Kind kind = kind::sniff(head.view());
      if (kind == Kind::tar || kind == Kind::mbox || (kind == Kind::json && source.sound() > 0))
        break;
      return not_read(place, count.error());
    }
    if (*count == 0) return content(head.view(), place, depth);
    head.resize(head.size() + *count);
  }
  large(source, head.view(), place, depth);
}

void FileReader::large(ByteSource& source, std::string_view head, const Place& place, Depth depth) {
  HeadSource whole(head, source);
  Level& level = *levels_[static_cast<std::size_t>(depth.containers)];
  switch (const Kind kind = kind::sniff(head)) {
    case Kind::json:
      return documents(Window(whole, level.window, kStep), place);
    case Kind::gzip:
      return gzip_stream(whole, place, depth);
    case Kind::zip:
    case Kind::tar:
      return container(whole, kind, place, depth);
    case Kind::mbox:
      return mbox(Window(whole, level.window, kStep), place, depth);
    case Kind::mail: {
      Window window(whole, level.window, kStep);
      while (!window.ended() && window.text().size() <= kMaxMailBytes && !stopped()) {
        if (const Result<bool> more = window.more(); !more) return not_read(place, more.error());
      }
      if (window.text().size() > kMaxMailBytes) {
        return not_read(place, {Errc::mail_too_large, std::to_string(kMaxMailBytes), 0});
      }
      return mail(window.text(), place, depth);
    }
    case Kind::empty:
    case Kind::other:
      // Something packed may be a bomb whatever it holds; that is worth knowing by name.
      if (depth.gzips > 0 || depth.containers > 0) {
        if (const Result<void> drained = drain(source, gzip::kBombFloor + kStep, level.window);
            !drained) {
          return not_read(place, drained.error());
        }
      }
      return not_read(place, {Errc::not_a_report, kind::describe(head), -1});
  }
}

void FileReader::gzip_content(std::string_view bytes, const Place& place, Depth depth) {
  if (depth.gzips == 2) return not_read(place, {Errc::container_too_deep, "gzip in gzip", 0});
  Bytes& unpacked = levels_[static_cast<std::size_t>(depth.containers)]
                        ->unpacked[static_cast<std::size_t>(depth.gzips)];
  if (bytes.size() <= kGzipAtOnce && gzip::gunzip(bytes, unpacked)) {
    content(unpacked.view(), place, {depth.containers, depth.gzips + 1});
    unpacked.shrink_beyond(kKeep);
    return;
  }
  // Large or damaged: as a stream, which keeps what comes before the damage.
  MemorySource source(bytes);
  gzip_stream(source, place, depth);
}

void FileReader::gzip_stream(ByteSource& source, const Place& place, Depth depth) {
  if (depth.gzips == 2) return not_read(place, {Errc::container_too_deep, "gzip in gzip", 0});
  gzip::GzipSource unpacked(source);
  stream(unpacked, place, {depth.containers, depth.gzips + 1});
}

// -------------------------------------------------------------------------------------------------------
// containers

void FileReader::container(ByteSource& source, Kind format, const Place& place, Depth depth) {
  if (depth.containers == kMaxDepth)
    return not_read(place, {Errc::container_too_deep, std::to_string(kMaxDepth), 0});
  const Depth inner_depth{depth.containers + 1, 0};
  Bytes& bytes = levels_[static_cast<std::size_t>(depth.containers)]->member;
  archive::Container members(source, format);
  archive::Member member;
  for (;;) {
    // One member with a flood of errors ends with itself and hides none of the others.
    if (depth.containers == 0) errors_in_file_ = std::min(errors_in_file_, kMaxErrorsPerFile / 2);
    if (stopped()) return;
    const Result<bool> found = members.next(member);
    if (!found) {
      not_read(place, found.error());
      continue;
    }
    if (!*found) return;
    Place::Step step{place.member, member.name, {}, 0};
    Place inner = place;
    inner.member = &step;
    if (member.kind == archive::MemberKind::folder) continue;
    // What is no plain file has no bytes, whatever size it claims: read() says so.
    const bool is_file = member.kind == archive::MemberKind::file;
    if (!is_file || (member.size >= 0 && member.size <= kMemberAtOnce)) {
      if (const Result<void> read = members.read(bytes, static_cast<std::size_t>(kMemberAtOnce));
          !read) {
        not_read(inner, read.error());
      } else {
        content(bytes.view(), inner, inner_depth);
      }
    } else {
      stream(members.stream(), inner, inner_depth);
    }
  }
}

// ------------------------------------------------------------------------------------------------------------
// mails

void FileReader::mbox(Window window, const Place& place, Depth depth) {
  Place::Step step{place.member, {}, "message", 0};
  Place inner = place;
  inner.member = &step;
  bool first = true;
  for (;;) {
    // One mail with a flood of errors ends with itself and hides none of the others.
    if (depth.containers == 0) errors_in_file_ = std::min(errors_in_file_, kMaxErrorsPerFile / 2);
    if (stopped()) return;
    // The window stands at a "From " line: look for the one after it.
    std::size_t from = window.at() + 1;
    std::size_t next = mbox::next_message(window.text(), from);
    bool too_large = false;
    ++step.number;
    while (next == std::string_view::npos && !window.ended()) {
      if (window.rest().size() > kMaxMailBytes) {
        // Its bytes are given up as they come; only the next separator matters now.
        if (!too_large)
          not_read(inner, {Errc::mail_too_large, std::to_string(kMaxMailBytes), window.offset()});
        too_large = true;
        window.take(window.rest().size() - mbox::kLookahead);
      }
      const std::size_t seen = window.text().size() - window.at();
      if (const Result<bool> more = window.more(); !more) return not_read(place, more.error());
      if (stopped()) return;
      // more() dropped what lay before at(), so the window begins with this mail.
      from = std::max<std::size_t>(1, seen > mbox::kLookahead ? seen - mbox::kLookahead : 0);
      next = mbox::next_message(window.text(), from);
    }
    const std::size_t end = next == std::string_view::npos ? window.text().size() : next;
    const std::string_view message = window.text().substr(window.at(), end - window.at());
    if (message.empty() && !first) return;
    first = false;
    if (!too_large) mail(message, inner, depth);
    window.take(end - window.at());
    if (next == std::string_view::npos) return;
  }
}

void FileReader::mail(std::string_view bytes, const Place& place, Depth depth) {
  if (depth.containers == kMaxDepth)
    return not_read(place, {Errc::container_too_deep, std::to_string(kMaxDepth), 0});
  Level& level = *levels_[static_cast<std::size_t>(depth.containers)];
  const Result<void> read = level.mail.read(bytes);
  if (!read) not_read(place, read.error());
  const bool bounce = find_report_parts(level.mail.parts(), level.candidates);
  if (level.candidates.empty() && !read) return;
  if (bounce) return not_read(place, {Errc::not_a_report, "a bounce", -1});
  if (level.candidates.empty())
    return not_read(place, {Errc::not_a_report, "a mail without a report", -1});
  mail_parts(level, place, depth);
}

void FileReader::mail_parts(Level& level, const Place& place, Depth depth) {
  const mime::MailInfo& info = level.mail.mail();
  for (const std::size_t i : level.candidates) {
    const mime::Part& part = level.mail.parts()[i];
    Place inner = place;
    if (!info.mail_from.empty()) inner.mail_from = info.mail_from;
    if (!info.submitter.empty()) inner.submitter = info.submitter;
    // The name of an only attachment says nothing that the mail's own place does not.
    Place::Step step{place.member, {}, "part", static_cast<std::int64_t>(i) + 1};
    if (level.candidates.size() > 1) {
      mime::read_filename(part, level.filename);
      if (!level.filename.empty()) step = {place.member, level.filename, {}, 0};
      inner.member = &step;
    }
    if (const Result<void> decoded = mime::decode(part, level.decoded); !decoded) {
      not_read(inner, decoded.error());
      continue;
    }
    content(level.decoded.view(), inner, {depth.containers + 1, 0});
    if (level.candidates.size() > 1 && stopped()) return;
  }
}

// -------------------------------------------------------------------------------------------------------------
// JSON

// One report, several behind each other, or one a line. Nearly always one line is one document, so
// that is tried first; only where it is not, the scanner says where the document ends or what
// breaks it.
void FileReader::documents(Window window, const Place& place) {
  const auto refill = [&](bool& no_more) { return this->refill(window, place, no_more); };
  bool failed = false;
  bool broke = false;  // the source: what it is sure of is still read
  const auto keep_what_is_sound = [&] {
    broke = true;
    failed = false;
    window.end_where_sound();
  };
  std::int64_t wasted = 0;   // bytes scanned without finding a document
  std::int64_t several = 0;  // up to here a line is known to hold more than one document, or none
  for (;;) {
    window.take(json::skip_space(window.text(), window.at()) - window.at());
    if (window.rest().empty()) {
      if (refill(failed)) continue;
      return;
    }
    if (stopped()) return;
    if (window.offset() >= several) {
      const std::string_view line = whole_line(window, place, failed);
      if (failed) {
        if (stopped()) return;
        keep_what_is_sound();
        continue;
      }
      // A report printed over several lines, alone in its file: try all of it before anything is
      // scanned.
      if (window.offset() == 0 && window.ended() && line.size() < window.rest().size() &&
          !line.ends_with('}') && !line.ends_with("}\r")) {
        if (document(window.rest(), place, 0)) return;
      } else if (document(line, place, window.offset())) {
        window.take(line.size());
        continue;
      }
      several = window.offset() + static_cast<std::int64_t>(line.size());
    }

    // Slowly and exactly, and the line is not looked for or tried as a whole again.
    const std::size_t mark =
        window.offset() == 0 && window.rest().starts_with("\xEF\xBB\xBF") ? 3 : 0;
    const Result<std::size_t> end = find_end(window, place, mark, failed);
    if (failed) {
      if (stopped()) return;
      keep_what_is_sound();
      continue;
    }
    if (end && *end - window.at() <= tlsrpt::kMaxReportBytes) {
      const std::string_view text = window.text().substr(window.at(), *end - window.at());
      if (!document(text, place, window.offset()))
        not_read(place, {Errc::json_syntax, "", 0}, window.offset());
      window.take(text.size());
      continue;
    }
    Error error{Errc::report_too_large, std::to_string(tlsrpt::kMaxReportBytes), 0};
    if (window.rest().size() <= tlsrpt::kMaxReportBytes) {
      error = end.error();
      error.offset -= static_cast<std::int64_t>(window.at());
    }
    const std::int64_t offset = window.offset();
    // Text that opens anew in each line and closes nowhere would be scanned once for each line.
    if (!end) wasted += end.error().offset - static_cast<std::int64_t>(window.at());
    if (wasted > 2 * static_cast<std::int64_t>(gzip::kBombFloor) + 8 * offset) {
      errors_in_file_ = kMaxErrorsPerFile;
      return not_read(place, std::move(error), offset);
    }
    // Go on at the next line that can begin a document.
    const bool more = skip_broken(window, place, failed);
    // Where the source itself broke while the rest was passed over, or in what it was sure of, that
    // was told and says it all (a bomb, say).
    if (!failed && !broke) not_read(place, std::move(error), offset);
    if (!more) return;
  }
}

// The line that begins at the window's position, or as much of it as a report may have.
std::string_view FileReader::whole_line(Window& window, const Place& place, bool& failed) {
  std::size_t seen = 0;
  std::size_t end = window.rest().find('\n');
  while (end == std::string_view::npos && !window.ended() &&
         window.rest().size() <= tlsrpt::kMaxReportBytes) {
    seen = window.rest().size();
    if (!refill(window, place, failed)) break;
    end = window.rest().find('\n', seen);
  }
  return window.rest().substr(0, end);
}

// More of the source, if there is any; `failed` where it broke or was stopped. To ask the sink costs
// a look at the clock: who reads in memory asks once a document, and not here.
bool FileReader::refill(Window& window, const Place& place, bool& failed) {
  if (window.ended()) return false;
  const Result<bool> more = window.more();
  if (!more) not_read(place, more.error());
  failed = !more || stopped();
  return !failed && *more;
}

// The end of the document at the window's position, of which the first `mark` bytes are passed over.
Result<std::size_t> FileReader::find_end(Window& window, const Place& place, std::size_t mark,
                                         bool& failed) {
  Result<std::size_t> end = json::scan_value(window.text(), window.at() + mark);
  while (!end && end.error().offset == static_cast<std::int64_t>(window.text().size()) &&
         !window.ended() && window.rest().size() <= tlsrpt::kMaxReportBytes) {
    // Only when there is twice as much, or a source that comes in crumbs would have it all read again for each.
    const std::size_t twice = 2 * window.rest().size();
    bool more = true;
    while (more && window.rest().size() < twice) more = refill(window, place, failed);
    if (failed) break;
    end = json::scan_value(window.text(), window.at() + mark);
  }
  return end;
}

// Goes to the next line that can begin a document; false where there is none.
bool FileReader::skip_broken(Window& window, const Place& place, bool& failed) {
  bool more = true;
  while (more) {
    const std::size_t found = window.text().find('\n', window.at());
    window.take((found == std::string_view::npos ? window.text().size() : found + 1) - window.at());
    if (window.rest().empty()) more = refill(window, place, failed);
    if (more && found != std::string_view::npos && begins_document(window.rest())) break;
  }
  return more;
}

// Whether, behind a broken document, a line looks like the start of another and not like the rest of the broken one, whose
// lines are indented or close something. An indented line is one only if it holds a whole report.
bool FileReader::begins_document(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  const std::size_t first = json::skip_space(line, 0);
  if (first == line.size() || std::string_view("}]\"").find(line[first]) != std::string_view::npos)
    return false;
  return first == 0 || (line[first] == '{' && reports_.read(line).has_value());
}

// Reads `text` as one document. False where it is not one JSON value: nothing was told then, and
// the caller looks closer.
bool FileReader::document(std::string_view text, const Place& place, std::int64_t offset) {
  const Result<void> read = reports_.read(text);
  if (read) {
    unpacked_ += static_cast<std::int64_t>(text.size());
    if (unpacked_ > static_cast<std::int64_t>(gzip::kBombFloor) &&
        unpacked_ / static_cast<std::int64_t>(gzip::kBombRatio) > file_bytes_) {
      // Each layer of wrapping kept to the ratio, all of them together did not.
      not_read(place, {Errc::gzip_bomb, "", -1});
      gave_up_ = true;
      return true;
    }
    Place inner = place;
    inner.offset = offset;
    sink_.report(reports_.mutable_report(), inner);
    return true;
  }
  switch (read.error().code) {
    case Errc::json_syntax:
    case Errc::json_utf8:
    case Errc::json_depth:
    case Errc::json_trailing:
    case Errc::report_too_large:
      return false;
    default:
      not_read(place, read.error(), offset);
      return true;
  }
}

// -------------------------------------------------------------------------------------------------------------------

void FileReader::not_read(const Place& place, Error error, std::int64_t offset) {
  if (errors_in_file_ > kMaxErrorsPerFile) return;
  if (++errors_in_file_ > kMaxErrorsPerFile)
    error = {Errc::too_many_errors, std::to_string(kMaxErrorsPerFile), -1};
  if (error.offset >= 0) error.offset += offset;
  sink_.unread(place, error);
}

bool FileReader::stopped() {
  return gave_up_ || errors_in_file_ > kMaxErrorsPerFile || sink_.stopped();
}

}  // namespace mxseal::reports
