// SPDX-License-Identifier: MIT
// Scan: many domains through one Checker, in a thread of its own: lines in, batches of rows out.
//
// Everything is bounded: lines that wait (where nobody feeds more than room() says), domains in flight, rows that nobody has
// taken. Who does not take what is done stops the work until he does.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/columns.hpp"
#include "check/plan.hpp"
#include "check/row.hpp"
#include "judge/chains.hpp"
#include "judge/judge.hpp"
#include "net/reactor.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::check {

/// One line of the list.
struct Line {
  std::int64_t number = 0;
  std::string domain;  ///< as typed
};

/// How far a scan is; counts since its beginning.
struct ScanProgress {
  static constexpr std::size_t kVerdicts =
      static_cast<std::size_t>(judge::Verdict::unprotected) + 1;

  std::int64_t done = 0;                           ///< rows
  std::int64_t running = 0;                        ///< domains in flight
  double cpu_seconds = 0;                          ///< that the thread had used at its last batch
  std::array<std::int64_t, kVerdicts> verdicts{};  ///< by judge::Verdict
  std::vector<std::int64_t>
      findings;  ///< of the rows handed out: errors and unknown, by judge::FindingId
  net::ResolverCounts resolver;
  facts::Validation validation = facts::Validation::unknown;  ///< whether the resolver validates
};

class Scan {
 public:
  /// Rows of a batch; fewer where nobody should wait longer.
  static constexpr std::int64_t kBatch = 2048;
  static constexpr std::chrono::milliseconds kBatchAfter{1'000};
  /// Batches that wait to be taken before no further domain is begun.
  static constexpr std::size_t kMaxBatches = 4;
  /// Lines that wait.
  static constexpr std::size_t kMaxLines = 4096;
  /// A domain that takes longer waits for slow servers, or for its turn to connect, and keeps nobody out any more ...
  static constexpr std::chrono::milliseconds kSlowAfter{1'000};
  /// ... up to so many of them beside options.most_at_once.
  static constexpr std::size_t kMaxSlow = 4000;
  /// Connections that wait for their turn before no further domain is begun: a domain may ask for a thousand.
  static constexpr std::size_t kMaxWaiting = 50'000;

  /// Begins: the resolver's self-test runs while there are no lines yet. Options of which most_at_once domains run at once.
  Scan(Options options, std::shared_ptr<const pki::TrustStore> roots);
  /// Ends it, also in the middle.
  ~Scan();
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  /// How many lines may be fed.
  std::size_t room() const;
  void feed(std::vector<Line> lines);
  /// How many lines were fed so far.
  std::int64_t fed() const;
  /// No further line comes.
  void close();

  /// Until there is a batch, or room for half of kMaxLines, or the end, but no longer than that.
  void wait(std::chrono::milliseconds most) const;
  /// The next batch; nothing where there is none. Throws what ended the thread, once.
  std::shared_ptr<const Table> take();
  /// All lines were fed, and all batches taken.
  bool finished() const;
  ScanProgress progress() const;

 private:
  struct Work;

  void run();
  void top_up(Work& work);
  static void count_slow(Work& work);
  void start(Work& work, Line line, bool again);
  void keep(Work& work, const Line& line, bool again, const facts::Domain& facts);
  void hand_out(Work& work, bool all);
  void tell(const Work& work);
  bool more_lines() const;
  void wake() const;

  const Options options_;
  const std::shared_ptr<const pki::TrustStore> roots_;
  const int wakeup_;  // eventfd: there are lines, room for rows, or an end

  mutable std::mutex mutex_;  // for all below
  mutable std::condition_variable changed_;
  std::deque<Line> lines_;
  std::int64_t fed_ = 0;
  std::deque<std::shared_ptr<const Table>> batches_;
  ScanProgress progress_;
  std::exception_ptr failure_;
  bool closed_ = false;   // no further line comes
  bool stopped_ = false;  // end at once
  bool ended_ = false;    // the thread has nothing more to hand out

  std::thread thread_;
};

}  // namespace mxseal::check
