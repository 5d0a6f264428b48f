// SPDX-License-Identifier: MIT
// Q59: a report is known again by its values.
#include "reports/distinct.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace mxseal::reports {
namespace {

tlsrpt::Report plain() {
  static const std::string_view kLines[] = {"version: STSv1", "mode: enforce"};
  tlsrpt::Report report;
  report.organization_name = "Example Mail";
  report.contact_info = "tls@mail.example";
  report.report_id = "r1";
  report.start = 1;
  report.end = 2;
  report.lines.assign(std::begin(kLines), std::end(kLines));
  report.mx_hosts = {"mx.example.com"};
  tlsrpt::PolicyEntry& entry = report.policies.emplace_back();
  entry.policy_type = "sts";
  entry.policy_domain = "example.com";
  entry.line_count = 2;
  entry.host_count = 1;
  entry.detail_count = 1;
  report.details.emplace_back().result_type = "certificate-expired";
  return report;
}

TEST(Distinct, knows_a_report_again_and_which_one_it_was) {
  Distinct distinct(true);
  std::uint32_t number = 7;
  EXPECT_EQ(distinct.add(plain(), number), Seen::first);
  number = 8;
  EXPECT_EQ(distinct.add(plain(), number), Seen::duplicate);
  EXPECT_EQ(number, 7U);
}

TEST(Distinct, every_value_tells_reports_apart) {
  using Change = std::function<void(tlsrpt::Report&)>;
  const Change changes[] = {
      [](auto& r) { r.contact_info = "x"; },
      [](auto& r) { r.contact_info = {}; },
      [](auto& r) { r.start = 0; },
      [](auto& r) { r.end = 3; },
      [](auto& r) { r.policies[0].policy_type = "tlsa"; },
      [](auto& r) { r.policies[0].policy_domain = ""; },
      [](auto& r) { r.policies[0].policy_domain = {}; },
      [](auto& r) { r.policies[0].total_successful_session_count = 1; },
      [](auto& r) { r.policies[0].total_failure_session_count = 1; },
      [](auto& r) { r.policies[0].line_count = 1; },
      [](auto& r) { r.lines[1] = "mode: testing"; },
      [](auto& r) { r.mx_hosts[0] = "mx2.example.com"; },
      [](auto& r) { r.policies[0].host_count = 0; },
      [](auto& r) { r.policies[0].detail_count = 0; },
      [](auto& r) { r.policies.push_back(r.policies[0]); },
      [](auto& r) { r.details[0].result_type = "x"; },
      [](auto& r) { r.details[0].sending_mta_ip = "x"; },
      [](auto& r) { r.details[0].receiving_mx_hostname = "x"; },
      [](auto& r) { r.details[0].receiving_mx_helo = "x"; },
      [](auto& r) { r.details[0].receiving_ip = "x"; },
      [](auto& r) { r.details[0].failed_session_count = 1; },
      [](auto& r) { r.details[0].additional_information = "x"; },
      [](auto& r) { r.details[0].failure_reason_code = "x"; },
  };
  Distinct distinct(false);
  std::uint32_t number = 0;
  ASSERT_EQ(distinct.add(plain(), number), Seen::first);
  for (const Change& change : changes) {
    tlsrpt::Report changed = plain();
    change(changed);
    EXPECT_EQ(distinct.add(changed, number), Seen::id_again) << (&change - changes);
    EXPECT_EQ(distinct.add(changed, number), Seen::duplicate) << (&change - changes);
  }
  for (const Change& change : {Change([](auto& r) { r.organization_name = "Other"; }),
                               Change([](auto& r) { r.report_id = "r2"; })}) {
    tlsrpt::Report changed = plain();
    change(changed);
    EXPECT_EQ(distinct.add(changed, number), Seen::first);
  }
}

TEST(Distinct, a_report_that_another_one_knows_is_a_duplicate_under_the_same_key) {
  const SipKey key = SipKey::random();
  Distinct there(false, key);
  std::uint32_t number = 0;
  ASSERT_EQ(there.add(plain(), number), Seen::first);
  Distinct here(false, key);
  EXPECT_EQ(here.add(there.last(), number), Seen::first);
  EXPECT_EQ(here.add(plain(), number), Seen::duplicate);
  tlsrpt::Report other = plain();
  other.start = 0;
  EXPECT_EQ(here.add(other, number), Seen::id_again);
  Distinct elsewhere(false);
  elsewhere.add(there.last(), number);
  EXPECT_EQ(elsewhere.add(plain(), number), Seen::first);
}

TEST(Distinct, a_missing_id_is_no_repeated_id) {
  Distinct distinct(false);
  std::uint32_t number = 0;
  for (int n = 0; n < 3; ++n) {
    tlsrpt::Report report = plain();
    report.report_id = {};
    report.start = n;
    EXPECT_EQ(distinct.add(report, number), Seen::first);
  }
}

TEST(Distinct, many_reports_under_one_id_are_known_again_each) {
  Distinct distinct(true);
  for (const Seen later : {Seen::id_again, Seen::duplicate}) {
    for (std::uint32_t n = 0; n < 1000; ++n) {
      tlsrpt::Report report = plain();
      report.start = n;
      std::uint32_t number = n;
      const bool first = n == 0 && later == Seen::id_again;
      EXPECT_EQ(distinct.add(report, number), first ? Seen::first : later);
      EXPECT_EQ(number, n);
    }
  }
}

TEST(HashMap, agrees_with_a_plain_map_while_it_grows) {
  HashMap hashes(true);
  std::map<std::uint64_t, std::uint32_t> plain_map;
  std::uint64_t state = 1;
  for (std::uint32_t n = 0; n < 100'000; ++n) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t hash = (state >> 11) % 60'000 * 0x9E3779B97F4A7C15U;  // 0 is among them
    std::uint32_t number = n;
    std::uint64_t value = n + std::uint64_t{1'000'000};
    const auto [known, added] = plain_map.try_emplace(hash, n);
    ASSERT_EQ(hashes.add(hash, value, number), added);
    ASSERT_EQ(number, known->second);
    ASSERT_EQ(value, known->second + std::uint64_t{1'000'000});
  }
}

}  // namespace
}  // namespace mxseal::reports
