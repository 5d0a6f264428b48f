// SPDX-License-Identifier: MIT
#include "reports/gather.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "reports/batch.hpp"
#include "reports/distinct.hpp"
#include "reports/reader.hpp"

namespace mxseal::reports {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPulse = std::chrono::milliseconds(50);

// Between readers and collector, always on the calling thread: filters, counts, drops duplicates.
class Stage {
 public:
  Stage(const Options& options, Collector& collector)
      : options_(options),
        collector_(collector),
        distinct_(collector.wants_numbers(),
                  options.part != nullptr ? options.part->key : SipKey::random()) {
    if (options.part == nullptr) return;
    std::uint32_t unused = 0;
    for (const Digest& known : options.part->known) distinct_.add(known, unused);
  }

  void report(tlsrpt::Report& report, const Place& place) {
    ++read_;
    const Filter& filter = options_.filter;
    if (report.start < filter.since || report.start > filter.until ||
        !keeps_organization(report.organization_name)) {
      ++counts_.filtered;
      return;
    }
    normalized_.clear();
    for (tlsrpt::PolicyEntry& entry : report.policies) {
      const std::string_view domain = normalize_domain(entry.policy_domain, buffer_);
      if (domain.data() == entry.policy_domain.data()) continue;
      entry.policy_domain = normalized_.emplace_back(domain);
    }
    if (!filter.domains.empty() && std::ranges::none_of(report.policies, [this](const auto& entry) {
          return keeps_domain(entry);
        })) {
      ++counts_.filtered;
      return;
    }
    auto number = static_cast<std::uint32_t>(counts_.reports);
    const Seen seen = distinct_.add(report, number);
    if (seen == Seen::duplicate) {
      ++counts_.duplicates;
      collector_.duplicate(report, place, number);
      return;
    }
    if (options_.part != nullptr) options_.part->met.push_back(distinct_.last());
    if (seen == Seen::id_again) report.deviations.add(Deviation::report_id_repeated);
    if (!filter.domains.empty()) {
      std::erase_if(report.policies, [this](const auto& entry) { return !keeps_domain(entry); });
    }
    collector_.report(report, place, static_cast<std::uint32_t>(counts_.reports));
    ++counts_.reports;
  }

  void unread(const Place& place, const Error& error) {
    ++counts_.unread;
    if (error.code == Errc::not_a_report || error.code == Errc::container_link)
      ++counts_.not_reports;
    collector_.unread(place, error);
  }

  // Asks the caller from time to time whether to go on.
  bool stopped(std::int64_t files, std::int64_t bytes) {
    if (counts_.stopped || !options_.pulse) return counts_.stopped;
    const Clock::time_point now = Clock::now();
    if (now - last_pulse_ < kPulse) return false;
    last_pulse_ = now;
    counts_.stopped = !options_.pulse({files, bytes, read_});
    return counts_.stopped;
  }

  Counts& counts() { return counts_; }

 private:
  bool keeps_organization(std::string_view name) const {
    const auto& wanted = options_.filter.organizations;
    return wanted.empty() || std::ranges::any_of(wanted, [name](const std::string& each) {
             return ascii::equal_ignoring_case(each, name);
           });
  }
  bool keeps_domain(const tlsrpt::PolicyEntry& entry) const {
    const auto& wanted = options_.filter.domains;
    return std::ranges::find(wanted, entry.policy_domain) != wanted.end();
  }

  const Options& options_;
  Collector& collector_;
  Distinct distinct_;
  Counts counts_;
  std::int64_t read_ = 0;
  std::deque<std::string> normalized_;  // domains that were changed; the report points into them
  std::string buffer_;
  Clock::time_point last_pulse_ = Clock::now();
};

// ----------------------------------------------------------------------------------------------------
// on one thread

class DirectSink final : public Sink {
 public:
  DirectSink(Stage& stage, const std::atomic<std::int64_t>& bytes) : stage_(stage), bytes_(bytes) {}
  void report(tlsrpt::Report& report, const Place& place) override { stage_.report(report, place); }
  void unread(const Place& place, const Error& error) override { stage_.unread(place, error); }
  bool stopped() override {
    return stage_.stopped(stage_.counts().files, bytes_.load(std::memory_order_relaxed));
  }

 private:
  Stage& stage_;
  const std::atomic<std::int64_t>& bytes_;
};

void gather_here(const std::vector<std::string>& paths, Stage& stage) {
  std::atomic<std::int64_t> bytes{0};
  DirectSink sink(stage, bytes);
  FileReader reader(sink, bytes);
  walk(paths, {[&](const FileName& file) {
                 reader.read(file);
                 ++stage.counts().files;
                 return !sink.stopped();
               },
               [&](const std::string& path, const Error& error) {
                 Place place;
                 place.source = path;
                 stage.unread(place, error);
                 return !sink.stopped();
               }});
  stage.counts().bytes = bytes.load();
}

// --------------------------------------------------------------------------------------------------
// on several threads

// Some files that one worker reads, and what came of them so far.
struct Work {
  std::vector<FileName> files;
  std::vector<std::pair<std::string, Error>> failed;  // paths that the walk could not enter
  std::deque<std::unique_ptr<Batch>> batches;
  bool finished = false;
};

// The queue between the walk, the workers and the caller. Bounded both ways: a worker far ahead
// waits, so memory is too.
class Pool {
 public:
  static constexpr std::size_t kFilesAWork = 64;
  static constexpr std::size_t kBatchBytes = std::size_t{256} << 10;
  static constexpr std::size_t kBatchesAhead = 4;
  // Bytes that wait in all works but the first.
  static constexpr std::size_t kMostHeld = std::size_t{64} << 20;
  // Folders whose files are in one work: each is an open descriptor.
  static constexpr std::size_t kFoldersAWork = 8;

  explicit Pool(int threads) : most_ahead_(static_cast<std::size_t>(threads) * 4) {}

  // --- the walk's side
  bool give(std::unique_ptr<Work> work) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return works_.size() < most_ahead_ || stop_; });
    if (stop_) return false;
    works_.push_back(std::move(work));
    changed_.notify_all();
    return true;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

  // --- a worker's side
  Work* take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return next_ < works_.size() || closed_ || stop_; });
    if (stop_ || next_ == works_.size()) return nullptr;
    return works_[next_++].get();
  }
  void hand_over(Work& work, std::unique_ptr<Batch> batch) {
    std::unique_lock lock(mutex_);
    wait_for_room(lock, work);
    push(work, std::move(batch));
    changed_.notify_all();
  }
  void finish(Work& work, std::unique_ptr<Batch> batch) {
    std::unique_lock lock(mutex_);
    wait_for_room(lock, work);
    push(work, std::move(batch));
    work.finished = true;
    changed_.notify_all();
  }

  // --- the caller's side
  enum class Next : std::uint8_t { batch, wait, end };
  // The next batch in order, and the works whose batches have all been taken.
  Next next(std::unique_ptr<Batch>& batch, std::unique_ptr<Work>& done) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPulse, [this] { return ready() || (closed_ && works_.empty()); });
    if (works_.empty()) return closed_ ? Next::end : Next::wait;
    Work& first = *works_.front();
    if (!first.batches.empty()) {
      batch = std::move(first.batches.front());
      first.batches.pop_front();
      held_ -= batch->bytes();
    } else if (!first.finished) {
      return Next::wait;
    }
    if (first.finished && first.batches.empty()) {
      done = std::move(works_.front());
      works_.pop_front();
      --next_;
    }
    changed_.notify_all();
    return Next::batch;
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    stop_flag_.store(true, std::memory_order_relaxed);
    changed_.notify_all();
  }
  bool stopped() const { return stop_flag_.load(std::memory_order_relaxed); }
  // An exception of a thread (no memory) is the caller's to throw.
  void fail(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    stop_ = true;
    stop_flag_.store(true, std::memory_order_relaxed);
    changed_.notify_all();
  }
  std::exception_ptr failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  // The first work's worker never waits for bytes: it is what the caller waits for.
  void wait_for_room(std::unique_lock<std::mutex>& lock, const Work& work) {
    changed_.wait(lock, [&] {
      const bool is_first = !works_.empty() && works_.front().get() == &work;
      return stop_ || (work.batches.size() < kBatchesAhead && (is_first || held_ < kMostHeld));
    });
  }
  void push(Work& work, std::unique_ptr<Batch> batch) {
    held_ += batch->bytes();
    work.batches.push_back(std::move(batch));
  }
  bool ready() const {
    return stop_ ||
           (!works_.empty() && (!works_.front()->batches.empty() || works_.front()->finished));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Work>> works_;
  std::size_t held_ = 0;  // bytes of all batches that wait
  std::size_t next_ = 0;  // the first work that no worker has taken
  std::size_t most_ahead_;
  bool closed_ = false;
  bool stop_ = false;
  std::atomic<bool> stop_flag_{false};
  std::exception_ptr failure_;
};

class BatchSink final : public Sink {
 public:
  explicit BatchSink(Pool& pool) : pool_(pool) {}

  void start(Work& work) {
    work_ = &work;
    batch_ = std::make_unique<Batch>();
  }
  std::unique_ptr<Batch> finish() { return std::move(batch_); }

  void report(tlsrpt::Report& report, const Place& place) override {
    batch_->add(report, place);
    hand_over_if_full();
  }
  void unread(const Place& place, const Error& error) override {
    batch_->add(place, error);
    hand_over_if_full();
  }
  bool stopped() override { return pool_.stopped(); }

 private:
  void hand_over_if_full() {
    if (batch_->bytes() < Pool::kBatchBytes) return;
    pool_.hand_over(*work_, std::move(batch_));
    batch_ = std::make_unique<Batch>();
  }

  Pool& pool_;
  Work* work_ = nullptr;
  std::unique_ptr<Batch> batch_;
};

void work(Pool& pool, std::atomic<std::int64_t>& bytes) {
  BatchSink sink(pool);
  FileReader reader(sink, bytes);
  while (Work* work = pool.take()) {
    sink.start(*work);
    for (const auto& [path, error] : work->failed) {
      Place place;
      place.source = path;
      sink.unread(place, error);
    }
    for (const FileName& file : work->files) {
      if (pool.stopped()) break;
      reader.read(file);
    }
    pool.finish(*work, sink.finish());
  }
}

void walk_into(Pool& pool, const std::vector<std::string>& paths) {
  auto next = std::make_unique<Work>();
  const Folder* last = nullptr;
  std::size_t folders = 0;
  const auto give = [&] {
    last = nullptr;
    folders = 0;
    return pool.give(std::exchange(next, std::make_unique<Work>()));
  };
  const bool whole = walk(paths, {[&](FileName file) {
                                    if (file.folder.get() != last) {
                                      if (folders == Pool::kFoldersAWork && !give()) return false;
                                      last = file.folder.get();
                                      ++folders;
                                    }
                                    next->files.push_back(std::move(file));
                                    return next->files.size() < Pool::kFilesAWork || give();
                                  },
                                  [&](const std::string& path, Error error) {
                                    // Told behind the files found before it: those go first.
                                    if (!next->files.empty() && !give()) return false;
                                    next->failed.emplace_back(path, std::move(error));
                                    return next->failed.size() < Pool::kFilesAWork || give();
                                  }});
  if (whole) give();
  pool.close();
}

void gather_on_threads(const std::vector<std::string>& paths, int threads, Stage& stage) {
  std::atomic<std::int64_t> bytes{0};
  Pool pool(threads);
  {
    const auto guarded = [&pool](auto run) {
      return [&pool, run] {
        try {
          run();
        } catch (...) {
          pool.fail(std::current_exception());
        }
      };
    };
    // Joined in any case: without workers that stop, an exception here would end the process.
    struct Joined {
      Pool& pool;
      std::vector<std::jthread> threads;
      ~Joined() { pool.stop(); }
    } running{pool, {}};
    running.threads.emplace_back(guarded([&] { walk_into(pool, paths); }));
    for (int i = 0; i < threads; ++i)
      running.threads.emplace_back(guarded([&] { work(pool, bytes); }));

    std::unique_ptr<Batch> batch;
    std::unique_ptr<Work> done;
    for (;;) {
      const Pool::Next next = pool.next(batch, done);
      if (next == Pool::Next::end || pool.failure()) break;
      if (batch) {
        for (Batch::Item& item : batch->items()) {
          if (item.is_report) {
            stage.report(item.report, item.place);
          } else {
            stage.unread(item.place, item.error);
          }
        }
        batch.reset();
      }
      if (done) {
        stage.counts().files += static_cast<std::int64_t>(done->files.size());
        done.reset();
      }
      if (stage.stopped(stage.counts().files, bytes.load(std::memory_order_relaxed))) break;
    }
  }
  if (const std::exception_ptr failure = pool.failure()) std::rethrow_exception(failure);
  stage.counts().bytes = bytes.load();
}

}  // namespace

Counts gather(const std::vector<std::string>& paths, const Options& options, Collector& collector) {
  Stage stage(options, collector);
  if (options.threads <= 1) {
    gather_here(paths, stage);
  } else {
    gather_on_threads(paths, options.threads, stage);
  }
  return stage.counts();
}

std::int64_t count_files(const std::vector<std::string>& paths,
                         const std::function<bool()>& pulse) {
  std::int64_t files = 0;
  walk(paths, {[&](const FileName&) { return ++files % 256 != 0 || pulse(); },
               [](const std::string&, const Error&) { return true; }});
  return files;
}

}  // namespace mxseal::reports
