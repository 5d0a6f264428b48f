// SPDX-License-Identifier: MIT
// A scan through its thread: every line one row, bounds kept, and an end at any moment.
#include "check/scan.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "judge/certificates.hpp"
#include "net/dns_server.hpp"
#include "zone.hpp"

namespace mxseal::check {
namespace {

using namespace std::chrono_literals;
using test::DnsServer;
using test::Query;
using test::Zone;
namespace wire = mxseal::test::dns;

std::string name_of(std::int64_t number) {
  return "d" + std::to_string(number) + ".example";
}

// Does not exist: one question for MX, two for TXT, and no more.
std::vector<std::string> no_such_name(const Query& query) {
  return {query.reply(wire::kNxdomain, {}, {wire::soa("example", 300, 300)})};
}

Options asking(const DnsServer& dns) {
  Options options;
  options.resolver.servers = {dns.address()};
  options.resolver.question_timeout = 20s;
  options.resolver.next_server_after = 20s;
  options.resolver.signed_name = "signed.example";
  options.resolver.bogus_name = "bogus.example";
  options.ask_port_25 = false;
  options.thorough = false;
  options.most_at_once = 50;
  return options;
}

std::shared_ptr<const pki::TrustStore> roots() {
  return std::make_shared<const pki::TrustStore>(judge::authorities().roots);
}

std::vector<Line> lines(std::int64_t from, std::int64_t to) {
  std::vector<Line> made;
  for (std::int64_t number = from; number < to; ++number) made.push_back({number, name_of(number)});
  return made;
}

std::vector<std::string> column(const Table& table, const std::string& name) {
  std::vector<std::string> texts;
  for (const Table::Field& field : table.fields) {
    if (field.name != name) continue;
    for (std::int64_t row = 0; row < table.rows; ++row) {
      const Cell cell = field.column->cell(row);
      const auto* number = std::get_if<std::int64_t>(&cell);
      texts.push_back(number != nullptr ? std::to_string(*number)
                                        : std::string(std::get<std::string_view>(cell)));
    }
  }
  return texts;
}

// Waits for something that the thread will do.
void until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(1ms);
}

std::shared_ptr<const Table> batch_of(Scan& scan, std::chrono::milliseconds most) {
  scan.wait(most);
  return scan.take();
}

// All batches until the end.
std::vector<std::shared_ptr<const Table>> rest_of(Scan& scan) {
  std::vector<std::shared_ptr<const Table>> batches;
  while (!scan.finished()) {
    if (auto batch = batch_of(scan, 100ms)) batches.push_back(std::move(batch));
  }
  return batches;
}

std::vector<std::int64_t> numbers(const std::vector<std::shared_ptr<const Table>>& batches) {
  std::vector<std::int64_t> all;
  for (const auto& batch : batches) {
    for (const std::string& number : column(*batch, "line")) all.push_back(std::stoll(number));
  }
  std::ranges::sort(all);
  return all;
}

TEST(Scan, each_line_gets_one_row) {
  DnsServer dns(no_such_name);
  Scan scan(asking(dns), roots());
  std::vector<Line> fed = lines(1, 300);
  fed.push_back({300, "no..domain"});
  fed.push_back({301, "\xFF"});
  fed.push_back({302, ""});
  fed.push_back({303, name_of(1)});  // a second time
  scan.feed(std::move(fed));
  scan.close();
  const auto batches = rest_of(scan);
  std::vector<std::int64_t> expected;
  for (std::int64_t number = 1; number <= 303; ++number) expected.push_back(number);
  EXPECT_EQ(numbers(batches), expected);
  const ScanProgress progress = scan.progress();
  EXPECT_EQ(progress.done, 303);
  EXPECT_EQ(progress.running, 0);
  EXPECT_EQ(progress.verdicts[static_cast<std::size_t>(judge::Verdict::inconclusive)], 3);
  EXPECT_GE(progress.resolver.answers, 300U);
  for (std::size_t i = 0; i < progress.findings.size(); ++i) {
    if (judge::row(static_cast<judge::FindingId>(i)).code == "scan.invalid-domain") {
      EXPECT_EQ(progress.findings[i], 3);
    }
  }
}

TEST(Scan, an_empty_list_ends_at_once) {
  DnsServer dns(no_such_name);
  Scan scan(asking(dns), roots());
  scan.close();
  EXPECT_TRUE(rest_of(scan).empty());
}

TEST(Scan, lines_may_come_while_it_runs) {
  DnsServer dns(no_such_name);
  Scan scan(asking(dns), roots());
  std::vector<std::shared_ptr<const Table>> batches;
  std::int64_t next = 1;
  constexpr std::int64_t kAll = 20'001;
  while (!scan.finished()) {
    if (const auto room = static_cast<std::int64_t>(scan.room()); room > 0 && next < kAll) {
      const std::int64_t to = std::min(kAll, next + room);
      scan.feed(lines(next, to));
      next = to;
      if (next == kAll) scan.close();
    }
    if (auto batch = batch_of(scan, 100ms)) {
      EXPECT_LE(batch->rows, Scan::kBatch + 50) << "and those in flight";
      batches.push_back(std::move(batch));
    }
  }
  const auto all = numbers(batches);
  ASSERT_EQ(all.size(), 20'000U);
  EXPECT_TRUE(std::ranges::adjacent_find(all) == all.end());
}

// Few rows are handed out after a second, while the scan waits for a slow one.
TEST(Scan, nobody_waits_long_for_a_few_rows) {
  Zone zone;
  zone.silent = {name_of(2)};
  DnsServer dns(zone);
  Scan scan(asking(dns), roots());
  scan.feed(lines(1, 4));
  std::shared_ptr<const Table> batch;
  until([&] { return (batch = batch_of(scan, 100ms)) != nullptr; });
  EXPECT_EQ(column(*batch, "line"), (std::vector<std::string>{"1", "3"}));
  EXPECT_FALSE(scan.finished());
}

// ------------------------------------------------------------------------------------- the bounds
TEST(Scan, nothing_is_begun_while_nobody_takes_what_is_done) {
  DnsServer dns(no_such_name);
  Scan scan(asking(dns), roots());
  std::int64_t next = 1;
  const auto feed = [&] {
    if (const auto room = static_cast<std::int64_t>(scan.room()); room > 0) {
      scan.feed(lines(next, next + room));
      next += room;
    }
  };
  // It has come to rest when nothing is in flight, there is no room for lines, and nothing changes. How many rows that takes depends
  // on the machine: the first batch may have been handed out early.
  std::int64_t before = 0;
  int unchanged = 0;
  until([&] {
    feed();
    const ScanProgress now = scan.progress();
    const bool rests = now.running == 0 && scan.room() == 0 && now.done == before;
    unchanged = rests ? unchanged + 1 : 0;
    before = now.done;
    return before > 0 && unchanged > 100;
  });
  const std::int64_t most =
      Scan::kBatch * static_cast<std::int64_t>(Scan::kMaxBatches + 1) + 50 * 5;
  EXPECT_LE(before, most);
  EXPECT_LE(next - 1 - before, static_cast<std::int64_t>(2 * Scan::kMaxLines));
  const std::size_t asked = dns.asked();
  EXPECT_EQ(scan.room(), 0U);
  // Who takes a batch sets it going again.
  const auto first = batch_of(scan, 1s);
  ASSERT_NE(first, nullptr);
  until([&] { return scan.progress().done > before; });
  EXPECT_GT(dns.asked(), asked);
  scan.close();
  EXPECT_EQ(first->rows + static_cast<std::int64_t>(numbers(rest_of(scan)).size()), next - 1);
}

TEST(Scan, at_most_so_many_domains_run) {
  std::atomic<bool> answers{false};
  DnsServer dns([&](const Query& query) {
    return answers ? no_such_name(query) : std::vector<std::string>{};
  });
  Options options = asking(dns);
  options.most_at_once = 7;
  options.resolver.next_server_after = 100ms;
  Scan scan(options, roots());
  scan.feed(lines(1, 100));
  until([&] { return scan.progress().running == 7; });
  std::set<std::string> domains;
  until([&] {  // each asked twice
    for (const Query& query : dns.queries()) {
      if (query.type == wire::kMx) domains.insert(query.name);
    }
    return dns.asked() > 60;
  });
  EXPECT_EQ(domains.size(), 7U);
  EXPECT_EQ(scan.progress().running, 7);
  answers = true;
  scan.close();
  EXPECT_EQ(numbers(rest_of(scan)).size(), 99U);
}

// -------------------------------------------------------------------------------------- the ends
TEST(Scan, it_may_be_destroyed_at_any_moment) {
  DnsServer dns(Zone{});
  for (int round = 0; round < 20; ++round) {
    Scan scan(asking(dns), roots());
    if (round > 0) scan.feed(lines(1, 1 + round * 40));
    if (round % 3 == 1) static_cast<void>(batch_of(scan, std::chrono::milliseconds(round)));
    if (round % 3 == 2) scan.close();
  }
}

// What goes wrong in the thread is told to who waits for batches: here it gets no file descriptor for its reactor.
TEST(Scan, an_exception_of_the_thread_comes_out_of_next) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers need file descriptors of their own";
#endif
  DnsServer dns(no_such_name);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int free = dup(0);
  close(free);
  const rlimit one_more{static_cast<rlim_t>(free) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &one_more), 0);
  Scan scan(asking(dns), roots());
  until([&] { return scan.finished(); });
  setrlimit(RLIMIT_NOFILE, &before);
  scan.feed(lines(1, 2));
  EXPECT_THROW(batch_of(scan, 1s), std::system_error);
  EXPECT_TRUE(scan.finished());
  EXPECT_EQ(batch_of(scan, 1s), nullptr) << "told once";
}

// ------------------------------------------------------------------------------------- once more
// The first questions about a name get no answer that can be used.
TEST(Scan, a_domain_that_could_not_be_decided_is_asked_once_more) {
  std::atomic<int> failed{0};
  DnsServer dns([&](const Query& query) {
    if (query.type == wire::kMx && query.name == name_of(1) && failed++ < 2)  // CD too
      return std::vector{query.reply(wire::kServfail)};
    return no_such_name(query);
  });
  Scan scan(asking(dns), roots());
  scan.feed(lines(1, 3));
  scan.close();
  const auto batches = rest_of(scan);
  EXPECT_EQ(numbers(batches), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(scan.progress().verdicts[static_cast<std::size_t>(judge::Verdict::inconclusive)], 0);
}

TEST(Scan, and_not_without_end) {
  std::atomic<int> asked{0};
  DnsServer dns([&](const Query& query) {
    if (query.type != wire::kMx) return no_such_name(query);
    asked += query.checking_disabled() ? 0 : 1;
    return std::vector{query.reply(wire::kServfail)};
  });
  Scan scan(asking(dns), roots());
  scan.feed(lines(1, 201));
  scan.close();
  const auto batches = rest_of(scan);
  EXPECT_EQ(numbers(batches).size(), 200U);
  EXPECT_EQ(asked, 400);
  EXPECT_EQ(scan.progress().verdicts[static_cast<std::size_t>(judge::Verdict::inconclusive)], 200);
}

// Half of the list names one MX host, whose first look-up is lost.
TEST(Scan, a_shared_host_that_nobody_answered_for_is_asked_once_more_for_all) {
  std::atomic<int> failed{0};
  DnsServer dns([&](const Query& query) {
    if (query.name == "mx.example" && query.type == wire::kA && failed++ < 2)
      return std::vector{query.reply(wire::kServfail)};
    if (query.name == "mx.example" && query.type == wire::kA)
      return std::vector{query.reply(
          0, {wire::record("mx.example", wire::kA, 300, std::string("\xC0\x00\x02\x01", 4))})};
    if (query.type == wire::kMx)
      return std::vector{query.reply(0, {wire::mx(query.name, 10, "mx.example")})};
    return no_such_name(query);
  });
  Scan scan(asking(dns), roots());
  scan.feed(lines(1, 101));
  scan.close();
  const auto batches = rest_of(scan);
  EXPECT_EQ(numbers(batches).size(), 100U);
  EXPECT_EQ(failed, 3);
  for (const auto& batch : batches) {
    for (const Table::Field& field : batch->fields) {
      for (std::int64_t row = 0; field.name == "mx" && row < batch->rows; ++row) {
        const auto hosts = std::get<std::shared_ptr<const Nested>>(field.column->cell(row));
        const auto host = std::get<std::shared_ptr<const Nested>>(hosts->values.at(0));
        const auto addresses = std::get<std::shared_ptr<const Nested>>(host->values.back());
        EXPECT_EQ(addresses->values.size(), 1U);
      }
    }
  }
}

// ------------------------------------------------------------------------------------- self-test
TEST(Scan, it_knows_whether_the_resolver_validates) {
  DnsServer dns([](const Query& query) {
    if (query.name == "signed.example")
      return std::vector{query.reply(wire::kAd, {wire::soa("signed.example", 300, 300)})};
    if (query.name == "bogus.example") return std::vector{query.reply(wire::kServfail)};
    return no_such_name(query);
  });
  Scan scan(asking(dns), roots());
  until([&] { return scan.progress().validation != facts::Validation::unknown; });
  scan.feed(lines(1, 2));
  scan.close();
  rest_of(scan);
  EXPECT_EQ(scan.progress().validation, facts::Validation::validates);
}

}  // namespace
}  // namespace mxseal::check
