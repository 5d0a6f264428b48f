// SPDX-License-Identifier: MIT
// Q36 Q48 Q58: sums are of what the reports say, sessions of a domain are counted once, and details
// are never added up to sessions.
#include "reports/sums.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "reports/sample.hpp"

namespace mxseal::reports {
namespace {

using Lines = std::vector<std::string>;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDay = 86'400;

struct Entry {
  std::string_view type;
  std::string_view domain;
  std::int64_t successful;
  std::int64_t failed;
  std::vector<std::pair<std::string_view, std::int64_t>> details = {};  // result type, sessions
};

tlsrpt::Report report_of(const std::vector<Entry>& entries, std::int64_t start = 0,
                         std::string_view organization = "Example Mail") {
  tlsrpt::Report report;
  report.organization_name = organization;
  report.start = start;
  report.end = start + kDay - 1;
  for (const Entry& each : entries) {
    tlsrpt::PolicyEntry& entry = report.policies.emplace_back();
    entry.policy_type = each.type;
    entry.policy_domain = each.domain;
    entry.total_successful_session_count = each.successful;
    entry.total_failure_session_count = each.failed;
    entry.first_detail = static_cast<std::uint32_t>(report.details.size());
    entry.detail_count = static_cast<std::uint32_t>(each.details.size());
    for (const auto& [type, sessions] : each.details) {
      tlsrpt::FailureDetail& detail = report.details.emplace_back();
      detail.result_type = type;
      detail.failed_session_count = sessions;
    }
  }
  return report;
}

// The rows without the columns' names, cut behind the column `last`.
Lines rows_of(const Sums& sums, std::string_view first, std::string_view last) {
  Table table = *sums.table();
  const auto at = [&table](std::string_view name) {
    return std::ranges::find(table.fields, name, &Table::Field::name);
  };
  table.fields = {at(first), at(last) + 1};
  Lines lines = sample::lines_of(table);
  lines.erase(lines.begin());
  return lines;
}

std::string total_of(const Sums& sums) {
  const Lines lines =
      rows_of(sums, "total_successful_session_count", "total_failure_session_count");
  return lines.size() == 1 ? lines[0] : std::to_string(lines.size()) + " rows";
}

TEST(Sums, keys_and_periods_are_found_by_their_names) {
  for (const std::string_view name : key_names()) {
    const std::optional<Key> key = find_key(name);
    ASSERT_TRUE(key.has_value()) << name;
    EXPECT_EQ(key_names()[static_cast<std::size_t>(*key)], name);
  }
  EXPECT_FALSE(find_key("policy-domain").has_value());
  EXPECT_FALSE(find_key("").has_value());
}

TEST(Sums, the_columns_are_those_of_the_kind_of_sum) {
  EXPECT_EQ(sample::lines_of(*Sums({Key::policy_domain}, Period::day).table()),
            Lines{"period|policy_domain|reports|policies|organizations|start|end|"
                  "total_successful_session_count|total_failure_session_count|"});
  EXPECT_EQ(sample::lines_of(*Sums({Key::result_type, Key::policy_domain}, Period::none).table()),
            Lines{"result_type|policy_domain|details|failed_session_count|organizations|start|"
                  "end|"});
}

TEST(Sums, of_sts_and_tlsa_sessions_of_a_domain_the_larger_counts) {
  struct Row {
    std::vector<Entry> entries;
    const char* total;
    std::int64_t counted_once;
    const char* why;
  };
  const Row rows[] = {
      {{{"sts", "a", 90, 10}, {"tlsa", "a", 100, 0}}, "100|10|", 1, "each count by itself"},
      {{{"sts", "a", 90, 10}, {"tlsa", "b", 100, 0}}, "190|10|", 0, "different domains"},
      {{{"sts", "a", 1, 0}, {"sts", "a", 2, 0}, {"tlsa", "a", 2, 0}},
       "3|0|",
       1,
       "entries of one type are added first"},
      {{{"tlsa", "a", 5, 0}, {"sts", "a", 3, 0}, {"tlsa", "a", 5, 0}}, "10|0|", 1, "in any order"},
      {{{"sts", "a", 3, 0}, {"no-policy-found", "a", 4, 1}}, "7|1|", 0, "others are added"},
      {{{"sts", "a", 3, 0}, {"x", "a", 4, 1}, {"tlsa", "a", 1, 0}}, "7|1|", 1, "unknown types too"},
      {{{"sts", {}, 3, 0}, {"tlsa", {}, 4, 0}}, "4|0|", 1, "no domain is one domain"},
      {{{{}, "a", 3, 0}, {"tlsa", "a", 4, 0}}, "7|0|", 0, "no type is no sts"},
  };
  for (const Row& row : rows) {
    Sums sums({}, Period::none);
    sums.add(report_of(row.entries), {});
    EXPECT_EQ(total_of(sums), row.total) << row.why;
    EXPECT_EQ(sums.asides().counted_once, row.counted_once) << row.why;
    ASSERT_EQ(sums.notes().size(), 1U);
    EXPECT_NE(sums.notes()[0].find('(' + std::to_string(row.counted_once) + " time"),
              std::string::npos);
  }
}

TEST(Sums, with_the_policy_type_as_a_key_nothing_is_left_out) {
  Sums sums({Key::policy_type}, Period::none);
  sums.add(report_of({{"sts", "a", 90, 10}, {"tlsa", "a", 100, 0}}), {});
  EXPECT_EQ(rows_of(sums, "policy_type", "policies"), (Lines{"sts|1|1|", "tlsa|1|1|"}));
  EXPECT_EQ(rows_of(sums, "total_successful_session_count", "total_failure_session_count"),
            (Lines{"90|10|", "100|0|"}));
  EXPECT_TRUE(sums.notes().empty());
}

TEST(Sums, reports_are_not_compared_with_each_other) {
  Sums sums({}, Period::none);
  sums.add(report_of({{"sts", "a", 5, 0}}), {});
  sums.add(report_of({{"tlsa", "a", 7, 0}}), {});
  EXPECT_EQ(total_of(sums), "12|0|");
  EXPECT_EQ(rows_of(sums, "reports", "organizations"), Lines{"2|2|1|"});
}

// A report of very many policies, in any order, against the plainest way to add it up.
TEST(Sums, very_many_policies_in_one_report_are_added_as_few_are) {
  std::vector<std::string> domains;
  for (int n = 0; n < 40; ++n) domains.push_back(std::string("d").append(std::to_string(n)));
  for (const std::size_t count : {63UL, 64UL, 65UL, 500UL, 5000UL}) {
    std::mt19937 random(static_cast<unsigned>(count));
    std::vector<Entry> entries;
    std::vector<std::array<std::int64_t, 2>> sts(domains.size());
    std::vector<std::array<std::int64_t, 2>> tlsa(domains.size());
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t domain = random() % domains.size();
      const auto successful = static_cast<std::int64_t>(random() % 1000);
      const auto failed = static_cast<std::int64_t>(random() % 1000);
      const bool is_sts = random() % 2 == 0;
      entries.push_back({is_sts ? "sts" : "tlsa", domains[domain], successful, failed});
      (is_sts ? sts : tlsa)[domain][0] += successful;
      (is_sts ? sts : tlsa)[domain][1] += failed;
    }
    std::array<std::int64_t, 2> total{};
    for (std::size_t domain = 0; domain < domains.size(); ++domain) {
      for (std::size_t k = 0; k < 2; ++k) total[k] += std::max(sts[domain][k], tlsa[domain][k]);
    }
    Sums all({}, Period::none);
    all.add(report_of(entries), {});
    EXPECT_EQ(total_of(all), std::to_string(total[0]) + '|' + std::to_string(total[1]) + '|')
        << count;
    Sums by_domain({Key::policy_domain}, Period::none);
    by_domain.add(report_of(entries), {});
    EXPECT_EQ(by_domain.asides().counted_once, all.asides().counted_once) << count;
    for (const std::string& line : rows_of(by_domain, "policy_domain", "reports"))
      EXPECT_TRUE(line.ends_with("|1|")) << line;
  }
}

TEST(Sums, details_are_added_and_sessions_without_one_are_told) {
  Sums sums({Key::policy_domain, Key::result_type}, Period::none);
  ASSERT_TRUE(sums.over_details());
  sums.add(report_of({{"sts", "a", 90, 10, {{"x", 3}, {"y", 2}, {"x", 1}}},
                      {"tlsa", "a", 90, 4, {{"x", 9}}},  // more than failed: none is missing
                      {"sts", "b", 1, 7}}),
           {});
  EXPECT_EQ(rows_of(sums, "policy_domain", "organizations"), (Lines{"a|x|3|13|1|", "a|y|1|2|1|"}));
  EXPECT_EQ(sums.asides().failed_without_detail, 4 + 7);
  ASSERT_EQ(sums.notes().size(), 1U);
  EXPECT_NE(sums.notes()[0].find("11 more failed sessions"), std::string::npos);
}

TEST(Sums, what_is_larger_than_int64_stands_as_its_largest) {
  const std::vector<std::vector<tlsrpt::Report>> ways = {
      {report_of({{"sts", "a", kMax, 0}}), report_of({{"sts", "a", 1, 0}})},
      {report_of({{"sts", "a", kMax, 0}, {"sts", "a", 1, 0}})},
      {report_of({{"sts", "a", kMax, 0}, {"tlsa", "b", kMax, 0}})},
      {report_of({{"x", "a", kMax, 0}, {"x", "a", kMax, 0}})},
  };
  for (const auto& reports : ways) {
    Sums sums({}, Period::none);
    for (const tlsrpt::Report& report : reports) sums.add(report, {});
    EXPECT_EQ(total_of(sums), std::to_string(kMax) + "|0|");
    EXPECT_NE(sums.notes().back().find("2^63-1"), std::string::npos);
  }
  Sums most({}, Period::none);
  most.add(report_of({{"sts", "a", kMax, kMax}, {"tlsa", "a", kMax, 1}}), {});
  EXPECT_EQ(total_of(most), std::to_string(kMax) + '|' + std::to_string(kMax) + '|');
  EXPECT_EQ(most.notes().size(), 1U);  // nothing was too large
  Sums details({Key::result_type}, Period::none);
  details.add(report_of({{"sts", "a", 0, kMax, {{"x", kMax}, {"x", 1}}}, {"sts", "a", 0, kMax}}),
              {});
  details.add(report_of({{"sts", "a", 0, kMax}}), {});
  EXPECT_EQ(rows_of(details, "result_type", "failed_session_count"),
            Lines{"x|2|" + std::to_string(kMax) + '|'});
  EXPECT_EQ(details.asides().failed_without_detail, kMax);
  EXPECT_EQ(details.notes().size(), 2U);
}

TEST(Sums, periods_begin_where_they_do_also_before_1970) {
  struct Row {
    Period period;
    std::int64_t start;
    std::int64_t day;
    const char* why;
  };
  const Row rows[] = {
      {Period::day, 0, 0, "the first second of 1970"},
      {Period::day, -1, -1, "the last of 1969"},
      {Period::day, kDay - 1, 0, "the last second of a day"},
      {Period::day, -kDay, -1, "midnight before 1970"},
      {Period::day, -kDay - 1, -2, "a second before it"},
      {Period::week, 0, -3, "1970-01-01 was a Thursday"},
      {Period::week, -3 * kDay, -3, "a Monday"},
      {Period::week, -3 * kDay - 1, -10, "the Sunday before it"},
      {Period::week, 4 * kDay, 4, "the Monday after it"},
      {Period::month, 30 * kDay, 0, "January 31st"},
      {Period::month, 31 * kDay, 31, "February 1st"},
      {Period::month, -1, -31, "December 1969"},
      {Period::month, 789 * kDay, 789 - 28, "1972-02-29"},
      {Period::month, -62'135'596'800, -719'162, "year 1"},
  };
  for (const Row& row : rows) {
    Sums sums({}, row.period);
    sums.add(report_of({{"sts", "a", 1, 0}}, row.start), {});
    EXPECT_EQ(rows_of(sums, "period", "policies"), Lines{std::to_string(row.day) + "|1|1|"})
        << row.why;
    EXPECT_EQ(rows_of(sums, "start", "end"),
              Lines{std::to_string(row.start * 1'000'000) + '|' +
                    std::to_string((row.start + kDay - 1) * 1'000'000) + '|'})
        << row.why;
  }
}

TEST(Sums, rows_are_sorted_by_period_and_keys_and_what_is_missing_comes_first) {
  Sums sums({Key::organization_name, Key::policy_domain}, Period::day);
  sums.add(report_of({{"sts", "b", 1, 0}, {"sts", "a", 1, 0}}, kDay), {});
  sums.add(report_of({{"sts", "b", 1, 0}}, -kDay), {});
  sums.add(report_of({{"sts", "", 1, 0}, {"sts", {}, 1, 0}}, kDay, {}), {});
  sums.add(report_of({{"sts", "a", 1, 0}}, kDay, "An Other"), {});
  EXPECT_EQ(rows_of(sums, "period", "organizations"),
            (Lines{"-1|Example Mail|b|1|1|1|", "1|null|null|1|1|0|", "1|null||1|1|0|",
                   "1|An Other|a|1|1|1|", "1|Example Mail|a|1|1|1|", "1|Example Mail|b|1|1|1|"}));
}

TEST(Sums, start_and_end_are_the_earliest_and_the_latest) {
  Sums sums({}, Period::none);
  sums.add(report_of({{"sts", "a", 1, 0}}, 5 * kDay), {});
  sums.add(report_of({{"sts", "a", 1, 0}}, -2 * kDay), {});
  sums.add(report_of({{"sts", "a", 1, 0}}, kDay, "Other"), {});
  EXPECT_EQ(rows_of(sums, "reports", "end"),
            Lines{"3|3|2|" + std::to_string(-2 * kDay * 1'000'000) + '|' +
                  std::to_string((6 * kDay - 1) * 1'000'000) + '|'});
}

TEST(Sums, a_report_may_be_grouped_by_its_place) {
  Sums sums({Key::source, Key::member, Key::mail_from, Key::submitter}, Period::none);
  const Place::Step outer{nullptr, "a.zip", {}, 0};
  const Place::Step inner{&outer, {}, "message", 7};
  Place place;
  place.source = "\xFF.tar";
  place.member = &inner;
  place.mail_from = "a@mail.example";
  sums.add(report_of({{"sts", "a", 1, 0}}), place);
  sums.add(report_of({{"sts", "a", 1, 0}}), {});
  EXPECT_EQ(rows_of(sums, "source", "reports"),
            (Lines{"null|null|null|null|1|", "\\xff.tar|a.zip/message 7|a@mail.example|null|1|"}));
}

TEST(Sums, each_of_many_organizations_counts_once_in_a_group) {
  Sums sums({Key::policy_domain}, Period::none);
  for (const bool again : {false, true}) {
    for (int n = 0; n < 100; ++n) {
      const std::string name = "Mail " + std::to_string(n);
      sums.add(report_of({{"sts", "a", 1, 0}}, again ? kDay : 0, name), Place());
      if (n >= 30) sums.add(report_of({{"sts", "b", 1, 0}}, again ? kDay : 0, name), Place());
    }
  }
  EXPECT_EQ(rows_of(sums, "policy_domain", "organizations"),
            (Lines{"a|200|200|100|", "b|140|140|70|"}));
}

}  // namespace
}  // namespace mxseal::reports
