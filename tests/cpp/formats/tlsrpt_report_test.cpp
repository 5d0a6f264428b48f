// SPDX-License-Identifier: MIT
// Q36 Q38 Q39 Q57 Q58 Q73: rows of tests/data/reports.jsonl, and what rows cannot show.
#include "formats/tlsrpt_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "formats/json_scan.hpp"
#include "rows.hpp"

namespace mxseal::tlsrpt {
namespace {

// In a block of exactly the size that is promised, so that a sanitizer sees one byte too many.
class Padded {
 public:
  explicit Padded(std::string_view text)
      : block_(std::make_unique<char[]>(text.size() + Bytes::kPadding)),
        view_(block_.get(), text.size()) {
    std::memcpy(block_.get(), text.data(), text.size());
  }
  operator std::string_view() const { return view_; }  // NOLINT(google-explicit-constructor)

 private:
  std::unique_ptr<char[]> block_;
  std::string_view view_;
};

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

TEST(Report, rows) {
  ReportReader reader;
  test::each_row(
      std::string(MXSEAL_TEST_DATA) + "/reports.jsonl",
      [&reader](const test::Json& row, const std::string& place) {
        SCOPED_TRACE(place + " " + test::text(row["why"]));
        const std::string input = test::input_of(row);
        const Result<void> read = reader.read(Padded(input));
        if (!row["code"].is_null()) {
          ASSERT_FALSE(read.has_value());
          EXPECT_EQ(code_name(read.error().code), test::text(row["code"]));
          if (test::has(row, "offset")) {
            EXPECT_EQ(read.error().offset, row["offset"].get_int64().value());
          }
          return;
        }
        ASSERT_TRUE(read.has_value()) << code_name(read.error().code) << " " << read.error().detail;
        const Report& report = reader.report();
        const auto codes = report.all_deviations().names();
        EXPECT_EQ(sorted(strings(codes)), sorted(test::texts(row["warnings"])));
        std::int64_t successful = 0;
        std::int64_t failed = 0;
        std::int64_t in_details = 0;
        for (const PolicyEntry& entry : report.policies) {
          successful += entry.total_successful_session_count;
          failed += entry.total_failure_session_count;
        }
        const auto expect = [&row](const char* name, std::int64_t value) {
          if (test::has(row, name)) {
            EXPECT_EQ(value, row[name].get_int64().value()) << name;
          }
        };
        expect("policies", static_cast<std::int64_t>(report.policies.size()));
        expect("successful", successful);
        expect("failed", failed);
        expect("details", static_cast<std::int64_t>(report.details.size()));
        if (test::has(row, "detail_sum")) {
          for (const FailureDetail& detail : report.details)
            in_details += detail.failed_session_count;
          expect("detail_sum", in_details);
        }
        expect("start", report.start);
        expect("end", report.end);
        if (test::has(row, "organization")) {
          EXPECT_EQ(report.organization_name, test::text(row["organization"]));
        }
        if (test::has(row, "report_id")) {
          EXPECT_EQ(report.report_id, test::text(row["report_id"]));
        }
        if (test::has(row, "domain")) {
          EXPECT_EQ(report.policies[0].policy_domain, test::text(row["domain"]));
        }
        if (test::has(row, "host")) {
          EXPECT_EQ(report.details[0].receiving_mx_hostname, test::text(row["host"]));
        }
        if (test::has(row, "lines")) {
          EXPECT_EQ(strings(report.lines_of(report.policies[0])), test::texts(row["lines"]));
        }
        if (test::has(row, "hosts")) {
          EXPECT_EQ(strings(report.mx_hosts_of(report.policies[0])), test::texts(row["hosts"]));
        }
      });
}

// The strict scanner and simdjson are held equal: what one refuses as JSON the other refuses, on
// every row and on every row cut short at every byte.
TEST(Report, scanner_and_simdjson_agree_on_what_is_json) {
  ReportReader reader;
  const auto is_json_error = [](Errc code) {
    return code == Errc::json_syntax || code == Errc::json_utf8 || code == Errc::json_depth ||
           code == Errc::json_trailing;
  };
  const auto agree = [&](const std::string& text) {
    if (text.starts_with("\xEF\xBB\xBF")) return;
    const Result<std::size_t> end = json::scan_value(text, 0);
    const bool scanned = end && json::skip_space(text, *end) == text.size();
    const Result<void> read = reader.read(Padded(text));
    const bool parsed = read || !is_json_error(read.error().code);
    EXPECT_EQ(scanned, parsed) << text;
  };
  test::each_row(std::string(MXSEAL_TEST_DATA) + "/reports.jsonl",
                 [&](const test::Json& row, const std::string&) {
                   const std::string input = test::input_of(row);
                   agree(input);
                   if (input.size() < 700) {
                     for (std::size_t cut = 0; cut < input.size(); cut += 7)
                       agree(input.substr(0, cut));
                   }
                 });
}

std::string with_policies(const std::string& policies) {
  return R"({"date-range":{"start-datetime":"2026-03-01","end-datetime":"2026-03-02"},"policies":[)" +
         policies + "]}";
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += (i == 0 ? "" : ",") + text;
  return all;
}

TEST(Report, policies_are_bounded) {
  ReportReader reader;
  EXPECT_TRUE(reader.read(Padded(with_policies(repeat(R"({"policy":{}})", kMaxPolicies)))));
  const Result<void> one_more =
      reader.read(Padded(with_policies(repeat(R"({"policy":{}})", kMaxPolicies + 1))));
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, Errc::too_many_policies);
}

TEST(Report, details_are_bounded) {
  ReportReader reader;
  const auto with_details = [](std::size_t count) {
    return with_policies(R"({"policy":{},"failure-details":[)" + repeat("{}", count) + "]}");
  };
  EXPECT_TRUE(reader.read(Padded(with_details(kMaxDetails))));
  const Result<void> one_more = reader.read(Padded(with_details(kMaxDetails + 1)));
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, Errc::too_many_details);
}

TEST(Report, size_is_bounded) {
  ReportReader reader;
  const std::string padded = with_policies("") + std::string(kMaxReportBytes, ' ');
  const Result<void> read = reader.read(Padded(padded));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::report_too_large);
}

// A reader is used for many reports; nothing of one may show in the next.
TEST(Report, nothing_is_left_of_the_report_before) {
  ReportReader reader;
  ASSERT_TRUE(reader.read(
      Padded(with_policies(R"({"policy":{"policy-string":"[\"a\"]"},"failure-details":[{}]})"))));
  ASSERT_TRUE(reader.read(Padded(with_policies(""))));
  EXPECT_TRUE(reader.report().policies.empty());
  EXPECT_TRUE(reader.report().details.empty());
  EXPECT_TRUE(reader.report().lines.empty());
  EXPECT_FALSE(reader.report().deviations.has(Deviation::tlsa_list_as_json_text));
}

TEST(Report, several_tlsa_sets_as_json_text_keep_their_lines) {
  ReportReader reader;
  const std::string entry = R"({"policy":{"policy-string":"[\"3 1 1 A\",\"3 1 1 B\"]"}})";
  ASSERT_TRUE(reader.read(Padded(with_policies(repeat(entry, 50)))));
  for (const PolicyEntry& policy : reader.report().policies) {
    EXPECT_EQ(strings(reader.report().lines_of(policy)),
              (std::vector<std::string>{"3 1 1 A", "3 1 1 B"}));
  }
}

}  // namespace
}  // namespace mxseal::tlsrpt
