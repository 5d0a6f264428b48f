// SPDX-License-Identifier: MIT
// gather: from paths to each report once, in order, on one thread or several.
//
// Workers read files (FileReader) and hand over batches; the calling thread alone filters, drops
// duplicates and feeds the collector, in the order in which the files were found. So the answer is
// the same for any number of threads, and a collector (a table, sums) needs no lock.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.hpp"
#include "formats/tlsrpt_report.hpp"
#include "reports/distinct.hpp"
#include "reports/place.hpp"

namespace mxseal::reports {

/// Which reports, and which of their policies, count. An empty list lets everything through.
struct Filter {
  std::int64_t since =
      std::numeric_limits<std::int64_t>::min();  ///< by the report's start, seconds, inclusive
  std::int64_t until = std::numeric_limits<std::int64_t>::max();  ///< seconds, inclusive
  std::vector<std::string> domains;        ///< of the policy, as normalize_domain() writes them
  std::vector<std::string> organizations;  ///< ASCII case does not matter
};

/// One part of an archive whose parts are read in several places: each report counts once all the same.
struct Part {
  SipKey key;                 ///< of the digests, the same for all parts
  std::vector<Digest> known;  ///< of reports that another part counts: duplicates here
  std::vector<Digest> met;    ///< gather() adds those of the reports that it gives out, in order
};

struct Progress {
  std::int64_t files = 0;
  std::int64_t bytes = 0;    ///< read from files, before unpacking
  std::int64_t reports = 0;  ///< read, duplicates too
};

struct Options {
  Filter filter;
  int threads = 1;
  /// Called on the calling thread, at most about every 50 ms; false stops everything.
  std::function<bool(const Progress&)> pulse;
  /// Null where the paths are the whole archive.
  Part* part = nullptr;
};

/// What was met, whatever the collector keeps of it.
struct Counts {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::int64_t reports = 0;  ///< distinct, and let through by the filter
  std::int64_t duplicates = 0;
  std::int64_t filtered = 0;     ///< reports that the filter left out
  std::int64_t unread = 0;       ///< items that could not be read, all of them
  std::int64_t not_reports = 0;  ///< of those, what is plainly something else
  bool stopped = false;          ///< pulse said so; the rest was not read
};

class Collector {
 public:
  Collector() = default;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  virtual ~Collector() = default;

  /// A distinct report, its policies filtered and their domains normalized. Numbers count up from
  /// 0.
  virtual void report(const tlsrpt::Report& report, const Place& place, std::uint32_t number) = 0;
  /// One more copy of report `number` (0 unless wants_numbers()).
  virtual void duplicate(const tlsrpt::Report& report, const Place& place,
                         std::uint32_t number) = 0;
  virtual void unread(const Place& place, const Error& error) = 0;
  virtual bool wants_numbers() const { return false; }
};

/// Reads all that lies below the paths into the collector.
Counts gather(const std::vector<std::string>& paths, const Options& options, Collector& collector);

/// Files below the paths, for a progress bar; stops counting when pulse() says so.
std::int64_t count_files(const std::vector<std::string>& paths, const std::function<bool()>& pulse);

}  // namespace mxseal::reports
