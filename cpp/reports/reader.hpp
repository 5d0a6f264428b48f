// SPDX-License-Identifier: MIT
// FileReader: everything that lies in one file of an archive, however it is wrapped, as reports and
// as errors.
//
//   file ─ gzip ─ tar ─ member ─ mbox ─ "message 311" ─ attachment ─ gzip ─ JSON ─► Sink::report
//            what cannot be read, at whatever level ──────────────────────────────► Sink::unread
//
// What a thing is, its first bytes tell (formats/kind). One bad item is one call of unread(), and
// reading goes on behind it. Containers and mails may lie kMaxDepth deep in each other; a mail's
// attachment that is no container does not count.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "base/window.hpp"
#include "formats/kind.hpp"
#include "formats/mime.hpp"
#include "formats/tlsrpt_report.hpp"
#include "reports/place.hpp"
#include "reports/sources.hpp"

namespace mxseal::reports {

/// Zip, tar and mail (an mbox and its mails are one) inside each other.
inline constexpr int kMaxDepth = 3;
/// A mail larger than this is told as mail-too-large; real reports stay below 1 MiB.
inline constexpr std::size_t kMaxMailBytes = std::size_t{64} << 20;
/// Broken items in one file after which the rest of it is given up (too-many-errors); of an mbox, zip or tar, the rest of the
/// mail or member.
inline constexpr std::int64_t kMaxErrorsPerFile = 10'000;

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// A report that was read; it and the place hold only during the call. The sink may change the
  /// report.
  virtual void report(tlsrpt::Report& report, const Place& place) = 0;
  /// Something that was not read, and why.
  virtual void unread(const Place& place, const Error& error) = 0;
  /// Whether reading must stop; asked often (for each item and each piece of a large one).
  virtual bool stopped() = 0;
};

class FileReader {
 public:
  /// `bytes` counts what was read from files, for progress.
  FileReader(Sink& sink, std::atomic<std::int64_t>& bytes);
  ~FileReader();

  void read(const FileName& file);
  /// The same for bytes in memory, with Bytes::kPadding readable bytes behind them.
  void read_bytes(std::string_view bytes);

 private:
  struct Level;
  // How deep in containers and mails, and how often gzip lies directly in gzip.
  struct Depth {
    int containers = 0;
    int gzips = 0;
  };

  void content(std::string_view bytes, const Place& place, Depth depth);
  void stream(ByteSource& source, const Place& place, Depth depth);
  void large(ByteSource& source, std::string_view head, const Place& place, Depth depth);
  void gzip_content(std::string_view bytes, const Place& place, Depth depth);
  void gzip_stream(ByteSource& source, const Place& place, Depth depth);
  void container(ByteSource& source, kind::Kind format, const Place& place, Depth depth);
  void mbox(Window window, const Place& place, Depth depth);
  void mail(std::string_view bytes, const Place& place, Depth depth);
  void mail_parts(Level& level, const Place& place, Depth depth);
  void documents(Window window, const Place& place);
  std::string_view whole_line(Window& window, const Place& place, bool& failed);
  bool refill(Window& window, const Place& place, bool& failed);
  Result<std::size_t> find_end(Window& window, const Place& place, std::size_t mark, bool& failed);
  bool skip_broken(Window& window, const Place& place, bool& failed);
  bool begins_document(std::string_view text);
  bool document(std::string_view text, const Place& place, std::int64_t offset);
  void not_read(const Place& place, Error error, std::int64_t offset = 0);
  bool stopped();
  void start();

  Sink& sink_;
  std::atomic<std::int64_t>& bytes_;
  tlsrpt::ReportReader reports_;
  std::array<std::unique_ptr<Level>, kMaxDepth + 1> levels_;
  Bytes head_;
  std::int64_t errors_in_file_ = 0;
  bool gave_up_ = false;         // the whole file, not only one item in it
  std::int64_t unpacked_ = 0;    // bytes of JSON that came out of the file
  std::int64_t file_bytes_ = 0;  // bytes of the file itself
};

}  // namespace mxseal::reports
