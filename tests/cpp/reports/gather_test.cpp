// SPDX-License-Identifier: MIT
// Q59: each report once, in the same order on any number of threads.
#include "reports/gather.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "formats/pack.hpp"
#include "reports/sample.hpp"

namespace mxseal::reports {
namespace {

using sample::report_json;
using Lines = std::vector<std::string>;
constexpr int kThreads[] = {1, 2, 4, 7};

// Everything that a collector is told, in its order and with all its values; throws at call
// `throw_at`.
class Recorder final : public Collector {
 public:
  explicit Recorder(bool numbers = true, std::size_t throw_at = 0)
      : numbers_(numbers), throw_at_(throw_at) {}

  void report(const tlsrpt::Report& report, const Place& place, std::uint32_t number) override {
    std::string line = "report " + std::to_string(number) + ' ' + text_of(report);
    for (const tlsrpt::PolicyEntry& entry : report.policies)
      line += ' ' + std::string(entry.policy_domain);
    if (report.deviations.has(Deviation::report_id_repeated)) line += " id-again";
    add(line, place);
  }
  void duplicate(const tlsrpt::Report& report, const Place& place, std::uint32_t number) override {
    add("duplicate of " + std::to_string(number) + ' ' + text_of(report), place);
  }
  void unread(const Place& place, const Error& error) override {
    add(std::string(code_name(error.code)) + ' ' + error.detail + ' ' +
            std::to_string(error.offset),
        place);
  }
  bool wants_numbers() const override { return numbers_; }

  Lines lines;

 private:
  static std::string text_of(const tlsrpt::Report& report) {
    return std::string(report.organization_name) + ' ' + std::string(report.report_id);
  }
  void add(const std::string& what, const Place& place) {
    if (throw_at_ == lines.size() + 1) throw std::runtime_error("enough");
    lines.push_back(sample::line_of(what, place) + " of " + std::string(place.source) + " from " +
                    std::string(place.mail_from) + " at " + std::to_string(place.offset));
  }

  bool numbers_;
  std::size_t throw_at_;
};

Counts gather_all(const std::vector<std::string>& paths, int threads, Collector& collector) {
  Options options;
  options.threads = threads;
  return gather(paths, options, collector);
}

// Several times as many files, and bytes in one file, as workers may be ahead of the collector.
void write_archive(const sample::TemporaryFolder& folder) {
  for (int n = 0; n < 2500; ++n) {
    const std::string id = std::to_string(n % 2400);  // the last hundred are duplicates
    const std::string name = std::to_string(n % 7) + '/' + std::to_string(n);
    if (n % 50 == 0) {
      folder.write(name, "notes");
    } else if (n % 50 == 1) {
      folder.write(name, report_json(id).substr(0, 70));
    } else if (n % 10 == 2) {
      folder.write(name, sample::mail(report_json(id)));
    } else {
      folder.write(name, n % 2 == 0 ? pack::gzip(report_json(id)) : report_json(id));
    }
  }
  std::string lines;
  for (int n = 0; n < 6000; ++n) {
    lines += n % 100 == 0 ? "{\n" : report_json("line " + std::to_string(n % 5900)) + '\n';
  }
  folder.write("3/lines", lines);
  ASSERT_EQ(mkfifo(folder.path("5/pipe").c_str(), 0600), 0);
  std::filesystem::create_directory_symlink(folder.path(), folder.path("6/loop"));
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::ranges::distance(
      std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator()));
}

TEST(Gather, parts_that_know_each_other_count_each_report_once) {
  const sample::TemporaryFolder folder;
  folder.write("1/a", report_json("one"));
  folder.write("1/b", report_json("two"));
  folder.write("2/a", report_json("two"));
  folder.write("2/b", report_json("three"));
  folder.write("2/c", report_json("three"));
  const auto read = [](const std::string& path, Part& part) {
    Options options;
    options.part = &part;
    Recorder recorder(false);
    return gather({path}, options, recorder);
  };
  Part first{SipKey::random(), {}, {}};
  Counts counts = read(folder.path("1"), first);
  EXPECT_EQ(counts.reports, 2);
  ASSERT_EQ(first.met.size(), 2U);
  Part second{first.key, first.met, {}};
  counts = read(folder.path("2"), second);
  EXPECT_EQ(counts.reports, 1);
  EXPECT_EQ(counts.duplicates, 2);
  ASSERT_EQ(second.met.size(), 1U);
  EXPECT_NE(second.met[0].content, first.met[1].content);
}

TEST(Gather, any_number_of_threads_tells_the_same_in_the_same_order) {
  const sample::TemporaryFolder folder;
  write_archive(folder);
  // The missing path stands between files that are found and told in this order.
  const std::vector<std::string> paths = {folder.path("1"), folder.path("missing"), folder.path()};
  Recorder alone;
  const Counts expected = gather_all(paths, 1, alone);
  ASSERT_GT(alone.lines.size(), 8000U);
  EXPECT_GT(expected.reports, 8000);
  EXPECT_GT(expected.duplicates, 400);
  EXPECT_EQ(alone.lines.size(),
            static_cast<std::size_t>(expected.reports + expected.duplicates + expected.unread));
  for (const int threads : kThreads) {
    Recorder together;
    const Counts counts = gather_all(paths, threads, together);
    ASSERT_EQ(together.lines.size(), alone.lines.size()) << threads;
    for (std::size_t n = 0; n < alone.lines.size(); ++n) {
      ASSERT_EQ(together.lines[n], alone.lines[n]) << threads;
    }
    EXPECT_EQ(counts.files, expected.files);
    EXPECT_EQ(counts.bytes, expected.bytes);
    EXPECT_EQ(counts.reports, expected.reports);
    EXPECT_EQ(counts.duplicates, expected.duplicates);
    EXPECT_EQ(counts.unread, expected.unread);
    EXPECT_EQ(counts.not_reports, expected.not_reports);
    EXPECT_FALSE(counts.stopped);
  }
}

TEST(Gather, counts_what_it_met) {
  const sample::TemporaryFolder folder;
  const std::vector<std::string> paths = {
      folder.write("a", report_json("r1")), folder.write("b", report_json("r1")),
      folder.write("c", "notes"), folder.write("d", report_json("r2").substr(0, 9)),
      folder.path("missing")};
  for (const int threads : kThreads) {
    Recorder recorder;
    const Counts counts = gather_all(paths, threads, recorder);
    EXPECT_EQ(counts.files, 4);
    EXPECT_EQ(counts.bytes, static_cast<std::int64_t>(2 * report_json("r1").size() + 5 + 9));
    EXPECT_EQ(counts.reports, 1);
    EXPECT_EQ(counts.duplicates, 1);
    EXPECT_EQ(counts.unread, 3);
    EXPECT_EQ(counts.not_reports, 1);
  }
}

TEST(Gather, nothing_is_an_answer_too) {
  const sample::TemporaryFolder folder;
  for (const int threads : kThreads) {
    for (const std::vector<std::string>& paths :
         {std::vector<std::string>(), std::vector<std::string>{folder.path()}}) {
      Recorder recorder;
      EXPECT_EQ(gather_all(paths, threads, recorder).files, 0);
      EXPECT_TRUE(recorder.lines.empty());
    }
  }
}

TEST(Gather, duplicates_name_the_report_that_they_repeat) {
  const sample::TemporaryFolder folder;
  const std::string path = folder.write(
      "a", report_json("r1") + report_json("r2") + report_json("r2") + report_json("r1") +
               report_json("r1", "", "Other Mail") + report_json("r2", "", "example mail") +
               report_json("r1", "", "Example Mail", "example.org"));
  for (const bool numbers : {true, false}) {
    Recorder recorder(numbers);
    gather_all({path}, 1, recorder);
    std::vector<std::string> starts;
    for (const std::string& line : recorder.lines)
      starts.push_back(line.substr(0, line.find(" of /")));
    EXPECT_EQ(starts[0], "report 0 Example Mail r1 example.com");
    EXPECT_EQ(starts[1], "report 1 Example Mail r2 example.com");
    if (numbers) {
      EXPECT_EQ(starts[2], "duplicate of 1 Example Mail r2");
      EXPECT_EQ(starts[3], "duplicate of 0 Example Mail r1");
    }
    EXPECT_EQ(starts[4], "report 2 Other Mail r1 example.com");
    EXPECT_EQ(starts[5], "report 3 example mail r2 example.com");
    EXPECT_EQ(starts[6], "report 4 Example Mail r1 example.org id-again");
  }
}

TEST(Gather, filters_before_it_counts) {
  constexpr std::int64_t kDay = 1772323200;  // 2026-03-01
  const sample::TemporaryFolder folder;
  const std::string path =
      folder.write("a", report_json("r1") + report_json("r1") +
                            report_json("r2", "", "Other Mail", "Example.ORG."));
  struct Row {
    Filter filter;
    std::int64_t reports, duplicates, filtered;
    const char* why;
  };
  Filter since, until, domain, organization, neither;
  since.since = kDay + 1;
  until.until = kDay;
  domain.domains = {"example.org"};
  organization.organizations = {"EXAMPLE mail"};
  neither.domains = {"example.net", "example.edu"};
  const Row rows[] = {
      {{}, 2, 1, 0, "no filter"},
      {since, 0, 0, 3, "a second after the start"},
      {until, 2, 1, 0, "the second of the start"},
      {domain, 1, 0, 2, "a domain in another spelling"},
      {organization, 1, 1, 1, "an organization in another case"},
      {neither, 0, 0, 3, "domains that are not there"},
  };
  for (const Row& row : rows) {
    for (const int threads : {1, 2}) {
      Options options;
      options.filter = row.filter;
      options.threads = threads;
      Recorder recorder;
      const Counts counts = gather({path}, options, recorder);
      EXPECT_EQ(counts.reports, row.reports) << row.why;
      EXPECT_EQ(counts.duplicates, row.duplicates) << row.why;
      EXPECT_EQ(counts.filtered, row.filtered) << row.why;
    }
  }
}

TEST(Gather, what_the_collector_throws_comes_out_and_ends_all_threads) {
  const sample::TemporaryFolder folder;
  write_archive(folder);
  const std::size_t before = open_descriptors();
  for (const int threads : kThreads) {
    for (const std::size_t call : {1UL, 2UL, 700UL, 8000UL}) {
      Recorder recorder(true, call);
      EXPECT_THROW(gather_all({folder.path()}, threads, recorder), std::runtime_error);
      EXPECT_EQ(recorder.lines.size(), call - 1) << threads;
      EXPECT_EQ(open_descriptors(), before) << threads;
    }
  }
}

// A pipe with a writer that says nothing: only the pulse ends the waiting.
TEST(Gather, the_pulse_stops_what_waits_for_a_silent_pipe) {
  const sample::TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  const int silent = open(folder.path("pipe").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(silent, 0);
  const std::size_t before = open_descriptors();
  for (const int threads : kThreads) {
    Options options;
    options.threads = threads;
    int pulses = 0;
    options.pulse = [&pulses](const Progress&) { return ++pulses < 2; };
    Recorder recorder;
    const Counts counts = gather({folder.path("pipe"), folder.path("pipe")}, options, recorder);
    EXPECT_TRUE(counts.stopped) << threads;
    EXPECT_EQ(pulses, 2) << threads;
    EXPECT_EQ(counts.reports, 0);
    EXPECT_EQ(open_descriptors(), before) << threads;
  }
  close(silent);
}

// A pipe that nobody writes to: opening it does not wait either.
TEST(Gather, the_pulse_stops_what_waits_for_a_writer) {
  const sample::TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const int threads : kThreads) {
    Options options;
    options.threads = threads;
    options.pulse = [](const Progress&) { return false; };
    Recorder recorder;
    EXPECT_TRUE(gather({folder.path("pipe")}, options, recorder).stopped) << threads;
  }
}

// Writes a report again and again into a pipe until nobody reads it any more.
class Feeder {
 public:
  explicit Feeder(const std::string& path)
      : before_(std::signal(SIGPIPE, SIG_IGN)), thread_([path] {
          const int pipe = open(path.c_str(), O_WRONLY | O_CLOEXEC);
          const std::string line = report_json("r1") + '\n';
          while (::write(pipe, line.data(), line.size()) > 0) {
          }
          close(pipe);
        }) {}
  ~Feeder() {
    thread_.join();
    std::signal(SIGPIPE, before_);
  }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

 private:
  void (*before_)(int);
  std::thread thread_;
};

TEST(Gather, the_pulse_tells_progress_and_stops_an_endless_stream) {
  for (const int threads : kThreads) {
    const sample::TemporaryFolder folder;
    ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
    const std::string first = folder.write("first", report_json("r0"));
    Options options;
    options.threads = threads;
    std::vector<Progress> seen;
    options.pulse = [&seen](const Progress& progress) {
      seen.push_back(progress);
      return progress.reports < 1000;
    };
    Recorder recorder(false);
    Counts counts;
    {
      const Feeder feeder(folder.path("pipe"));
      counts = gather({first, folder.path("pipe"), first}, options, recorder);
    }
    EXPECT_TRUE(counts.stopped) << threads;
    ASSERT_FALSE(seen.empty());
    EXPECT_TRUE(std::ranges::is_sorted(seen, {}, &Progress::reports));
    EXPECT_TRUE(std::ranges::is_sorted(seen, {}, &Progress::bytes));
    EXPECT_GE(seen.back().reports, 1000);
    EXPECT_GE(seen.back().bytes, 1000 * static_cast<std::int64_t>(report_json("r1").size()));
    EXPECT_EQ(counts.reports, 2);
    EXPECT_GE(counts.duplicates, 998);
  }
}

TEST(Gather, what_the_pulse_throws_comes_out_too) {
  const sample::TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const int threads : kThreads) {
    Options options;
    options.threads = threads;
    options.pulse = [](const Progress&) -> bool { throw std::bad_alloc(); };
    Recorder recorder;
    EXPECT_THROW(gather({folder.path("pipe")}, options, recorder), std::bad_alloc);
  }
}

TEST(CountFiles, counts_until_the_pulse_says_stop) {
  const sample::TemporaryFolder folder;
  for (int n = 0; n < 600; ++n) folder.write(std::to_string(n % 5) + '/' + std::to_string(n), "");
  EXPECT_EQ(count_files({folder.path(), folder.path("0")}, [] { return true; }), 720);
  EXPECT_EQ(count_files({folder.path()}, [] { return false; }), 256);
}

}  // namespace
}  // namespace mxseal::reports
