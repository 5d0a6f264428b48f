// SPDX-License-Identifier: MIT
#include "check/scan.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <system_error>
#include <utility>

namespace mxseal::check {
namespace {

// Verifications are judged as of one time; after so long, or so many, or so many bytes of certificates, they are judged anew.
constexpr std::int64_t kChainsFor = 60;  // seconds
constexpr std::size_t kMaxChains = 512;
constexpr std::size_t kMaxChainBytes = std::size_t{3} << 20;
// Domains that wait to be asked once more before it is their turn.
constexpr std::size_t kMaxAgain = 4096;

// A resolver that has to look an answer up gives them one by one. Nobody who waits for thousands of domains notices a millisecond.
constexpr std::chrono::milliseconds kGather{1};

int new_eventfd() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

// A domain in flight.
struct Flight {
  net::Time began;
  bool slow = false;
  bool ended = false;
};

double thread_cpu_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// Whether asking once more may show more: what decides was not answered.
bool worth_asking_again(const facts::Domain& facts, const judge::Judgement& judgement) {
  const auto unknown = [](const facts::MxHost& host) {
    return host.ipv4.unknown() || host.ipv6.unknown() || host.tlsa.unknown();
  };
  if (std::ranges::any_of(facts.mx_hosts, unknown)) return true;
  if (!facts.valid || judgement.verdict != judge::Verdict::inconclusive) return false;
  using facts::FetchStatus;
  const facts::PolicyFetch& policy = facts.policy;
  return facts.sts_record.unknown() || facts.mx.unknown() || policy.ipv4.unknown() ||
         policy.ipv6.unknown() || policy.status == FetchStatus::connect_timeout ||
         policy.status == FetchStatus::cut_short;
}

}  // namespace

// What only the thread touches.
struct Scan::Work {
  Work(const Options& options, const pki::TrustStore& trusted)
      : checker(reactor, options), roots(trusted) {}

  judge::Chains& chains_now(std::optional<std::int64_t> at) {
    const std::int64_t now = std::time(nullptr);
    if (!chains || chains->size() >= kMaxChains || chains->bytes() >= kMaxChainBytes ||
        (!at && now - chains->at() >= kChainsFor))
      chains.emplace(roots, at.value_or(now), judge::Options{}.expires_soon);
    return *chains;
  }

  net::Reactor reactor;
  Checker checker;
  const pki::TrustStore& roots;
  std::optional<judge::Chains> chains;
  Rows rows;
  net::Time first_row;     // when the oldest of them came
  std::deque<Line> lines;  // taken over
  std::deque<Line> again;  // to be asked once more, behind the others
  std::size_t running = 0;
  std::deque<std::shared_ptr<Flight>> young;  // by their beginning
  std::size_t slow = 0;                       // of the running
  bool closed = false;
  std::size_t batches = 0;  // that nobody has taken, as last seen
  std::array<std::int64_t, ScanProgress::kVerdicts> verdicts{};
  std::vector<std::int64_t> findings =
      std::vector<std::int64_t>(static_cast<std::size_t>(judge::FindingId::count_));
  std::int64_t done = 0;
  facts::Validation validation = facts::Validation::unknown;
};

Scan::Scan(Options options, std::shared_ptr<const pki::TrustStore> roots)
    : options_(std::move(options)),
      roots_(std::move(roots)),
      wakeup_(new_eventfd()),
      thread_([this] { run(); }) {}

Scan::~Scan() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake();
  thread_.join();
  ::close(wakeup_);
}

void Scan::wake() const {
  eventfd_write(wakeup_, 1);
}

std::size_t Scan::room() const {
  const std::lock_guard lock(mutex_);
  return kMaxLines - std::min(kMaxLines, lines_.size());
}

void Scan::feed(std::vector<Line> lines) {
  {
    const std::lock_guard lock(mutex_);
    fed_ += static_cast<std::int64_t>(lines.size());
    lines_.insert(lines_.end(), std::make_move_iterator(lines.begin()),
                  std::make_move_iterator(lines.end()));
  }
  wake();
}

std::int64_t Scan::fed() const {
  const std::lock_guard lock(mutex_);
  return fed_;
}

void Scan::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake();
}

void Scan::wait(std::chrono::milliseconds most) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [this] {
    return !batches_.empty() || ended_ || (!closed_ && lines_.size() <= kMaxLines / 2);
  });
}

std::shared_ptr<const Table> Scan::take() {
  std::unique_lock lock(mutex_);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (batches_.empty()) return nullptr;
  std::shared_ptr<const Table> batch = std::move(batches_.front());
  batches_.pop_front();
  lock.unlock();
  wake();
  return batch;
}

bool Scan::more_lines() const {
  const std::lock_guard lock(mutex_);
  return !lines_.empty();
}

bool Scan::finished() const {
  const std::lock_guard lock(mutex_);
  return ended_ && batches_.empty();
}

ScanProgress Scan::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

// ------------------------------------------------------------------------------------ the thread
void Scan::run() {
  try {
    Work work(options_, *roots_);
    work.reactor.gather(kGather);
    work.reactor.watch(wakeup_, EPOLLIN, [this](std::uint32_t /*events*/) {
      eventfd_t count = 0;
      eventfd_read(wakeup_, &count);
    });
    work.checker.validation([&work](facts::Validation found) { work.validation = found; });
    bool stopped = false;
    work.reactor.run([&] {
      {
        const std::lock_guard lock(mutex_);
        stopped = stopped_;
        work.closed = closed_;
        work.batches = batches_.size();
        if (work.lines.empty() && !lines_.empty()) {
          work.lines.swap(lines_);
          changed_.notify_all();
        }
        tell(work);
      }
      top_up(work);
      hand_out(work, false);
      return stopped || (work.closed && work.running == 0 && work.lines.empty() &&
                         work.again.empty() && !more_lines());
    });
    if (!stopped) hand_out(work, true);
    const std::lock_guard lock(mutex_);
    tell(work);
    ended_ = true;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    ended_ = true;
  }
  changed_.notify_all();
}

// Needs the mutex.
void Scan::tell(const Work& work) {
  progress_.done = work.done;
  progress_.running = static_cast<std::int64_t>(work.running);
  progress_.verdicts = work.verdicts;
  progress_.resolver = work.checker.resolver_counts();
  progress_.validation = work.validation;
}

// Begins as many domains as may run, as long as somebody takes the rows and the resolver keeps up.
void Scan::top_up(Work& work) {
  count_slow(work);
  while (work.batches < kMaxBatches && work.rows.size() < kBatch &&
         work.checker.waiting_questions() == 0 &&
         work.checker.waiting_connections() < kMaxWaiting) {
    if (work.running - std::min(work.slow, kMaxSlow) >= options_.most_at_once) return;
    const bool again = work.lines.empty() || work.again.size() >= kMaxAgain;
    std::deque<Line>& from = again ? work.again : work.lines;
    if (from.empty()) return;
    Line line = std::move(from.front());
    from.pop_front();
    start(work, std::move(line), again);
  }
}

void Scan::count_slow(Work& work) {
  const net::Time slow = net::Reactor::now() - kSlowAfter;
  while (!work.young.empty() && (work.young.front()->ended || work.young.front()->began < slow)) {
    if (!work.young.front()->ended) {
      work.young.front()->slow = true;
      ++work.slow;
    }
    work.young.pop_front();
  }
}

void Scan::start(Work& work, Line line, bool again) {
  ++work.running;
  const auto flight = work.young.emplace_back(std::make_shared<Flight>());
  flight->began = net::Reactor::now();
  std::string domain = line.domain;
  work.checker.start(
      domain, [this, &work, flight, line = std::move(line), again](const facts::Domain& facts) {
        --work.running;
        work.slow -= flight->slow ? 1U : 0U;
        flight->ended = true;
        keep(work, line, again, facts);
      });
}

void Scan::keep(Work& work, const Line& line, bool again, const facts::Domain& facts) {
  const judge::Judgement judgement = judge::judge(facts, work.chains_now(options_.at));
  if (!again && worth_asking_again(facts, judgement)) {
    work.again.push_back(line);
    return;
  }
  if (work.rows.size() == 0) work.first_row = net::Reactor::now();
  work.rows.add(line.number, facts, judgement);
  ++work.verdicts[static_cast<std::size_t>(judgement.verdict)];
  for (const judge::Finding& finding : judgement.findings) {
    if (finding.severity == judge::Severity::error || finding.severity == judge::Severity::unknown)
      ++work.findings[static_cast<std::size_t>(finding.id)];
  }
  ++work.done;
}

void Scan::hand_out(Work& work, bool all) {
  if (work.rows.size() == 0) return;
  const bool old = net::Reactor::now() - work.first_row >= kBatchAfter;
  if (!all && work.rows.size() < kBatch && !(old && work.batches == 0)) return;
  std::shared_ptr<const Table> batch = work.rows.take();
  const std::lock_guard lock(mutex_);
  batches_.push_back(std::move(batch));
  progress_.findings = work.findings;
  progress_.cpu_seconds = thread_cpu_seconds();
  work.batches = batches_.size();
  changed_.notify_all();
}

}  // namespace mxseal::check
