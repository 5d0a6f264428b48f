// SPDX-License-Identifier: MIT
// The table of findings: complete, well-formed, the same as the list where that is at hand, and every row of it can be met.
#include <filesystem>
#include <fstream>
#include <set>

#include "domains.hpp"

namespace mxseal::judge {
namespace {

std::vector<FindingId> all_findings() {
  std::vector<FindingId> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(FindingId::count_); ++i)
    all.push_back(static_cast<FindingId>(i));
  return all;
}

// Those that compare two scans; one check cannot give them.
const std::set<std::string_view> kNeedTwoScans = {"sts.change.id-same-policy-changed",
                                                  "sts.change.id-changed-policy-same",
                                                  "sts.change.removed", "sts.change.testing-long"};

TEST(Findings, each_is_provoked_by_a_row) {
  std::set<std::string_view> met;
  for (const Row& row : all_rows()) {
    for (const Finding& finding : judged(row.facts).findings) met.insert(finding.code());
  }
  for (const FindingId id : all_findings()) {
    const std::string_view code = row(id).code;
    EXPECT_NE(met.contains(code), kNeedTwoScans.contains(code)) << code;
  }
}

// A zone may have thousands of everything, each of any length.
TEST(Findings, are_not_more_and_not_longer_than_anybody_reads) {
  Findings findings(1);
  const std::string longest(kMaxFindingDetail, 'x');
  for (std::size_t i = 0; i < kMaxOfOneFinding; ++i)
    findings.add(FindingId::mx_duplicate, "example.com", std::to_string(i));
  findings.add(FindingId::mx_invalid, "example.com", longest);
  findings.add(FindingId::mx_none, "example.com", longest + "xx");
  for (int i = 0; i < 3; ++i) findings.add(FindingId::mx_duplicate, "example.com", "0");
  for (int i = 0; i < 7; ++i)
    findings.add(FindingId::mx_duplicate, "example.com", "more " + std::to_string(i));
  const std::vector<Finding> all = std::move(findings).sorted();
  std::vector<std::string> details;
  for (const Finding& each : all) {
    if (each.id == FindingId::mx_duplicate) details.push_back(each.detail);
    if (each.id == FindingId::mx_invalid) {
      EXPECT_EQ(each.detail, longest);
    }
    if (each.id == FindingId::mx_none) {
      EXPECT_EQ(each.detail, longest + " (and 2 bytes more)");
    }
  }
  ASSERT_EQ(details.size(), kMaxOfOneFinding);
  EXPECT_EQ(details.front(), "0");
  EXPECT_EQ(details.back(), std::to_string(kMaxOfOneFinding - 1) + " (and 7 more like this)");
}

TEST(Findings, are_well_formed) {
  std::set<std::string_view> codes;
  for (const FindingId id : all_findings()) {
    const FindingRow& each = row(id);
    EXPECT_TRUE(codes.insert(each.code).second) << each.code;
    EXPECT_EQ(find_finding(each.code), id) << each.code;
    EXPECT_TRUE(each.cause.ends_with('.')) << each.code;
    EXPECT_TRUE(each.remedy.ends_with('.')) << each.code;
    EXPECT_EQ(each.section.find("7817"), std::string_view::npos) << each.code;  // Q51
    EXPECT_EQ(each.section.empty(),
              each.severity == Severity::unknown &&
                  (each.code.starts_with("scan.") || each.code == "smtp.not-probed"))
        << each.code;
  }
  EXPECT_EQ(find_finding("sts.dns"), std::nullopt);
}

// Each way in which a record or policy cannot be read, and each harmless slip, has its finding.
TEST(Findings, each_parse_error_has_one) {
  const auto between = [](Errc first, Errc last, std::string_view area) {
    for (int i = static_cast<int>(first); i <= static_cast<int>(last); ++i)
      EXPECT_TRUE(finding_of(area, static_cast<Errc>(i)))
          << area << code_name(static_cast<Errc>(i));
  };
  between(Errc::bad_version, Errc::multiple, "sts.dns.");
  between(Errc::version, Errc::invalid, "rpt.");
  between(Errc::empty, Errc::extension_invalid, "sts.policy.");
  EXPECT_TRUE(finding_of("rpt.", Errc::multiple));
  for (const auto& [area, deviation] :
       {std::pair<std::string_view, Deviation>{"sts.dns.", Deviation::space_before_semicolon},
        {"sts.dns.", Deviation::duplicate_field},
        {"sts.policy.", Deviation::duplicate_field},
        {"sts.policy.", Deviation::blank_line},
        {"rpt.", Deviation::space_before_semicolon},
        {"rpt.", Deviation::duplicate_field},
        {"rpt.", Deviation::rua_unusable},
        {"rpt.", Deviation::trailing_space}})
    EXPECT_TRUE(finding_of(area, deviation)) << area << code_name(deviation);
  EXPECT_FALSE(finding_of("sts.dns.", Errc::json_syntax));
}

TEST(Findings, are_sorted_by_severity_then_by_the_table_and_said_once) {
  Findings findings(7);
  findings.add(FindingId::rpt_none, "a");
  findings.add(FindingId::mx_cname, "b");
  findings.add(FindingId::mx_cname, "a");
  findings.add(FindingId::mx_cname, "b");
  findings.add(FindingId::smtp_timeout, "c");
  findings.add(FindingId::smtp_cert_expired, Severity::info, "d", "");
  findings.add(FindingId::sts_dns_multiple, "e");
  EXPECT_TRUE(findings.has_error("sts."));
  EXPECT_FALSE(findings.has_error("smtp."));
  EXPECT_TRUE(findings.has(FindingId::mx_cname));
  EXPECT_FALSE(findings.has(FindingId::mx_none));
  std::string text;
  for (const Finding& finding : std::move(findings).sorted())
    text += std::string(finding.code()) + " " + finding.subject + " " +
            std::string(severity_name(finding.severity)) + "\n";
  EXPECT_EQ(text,
            "sts.dns.multiple e error\nsmtp.timeout c unknown\nmx.cname b warning\n"
            "mx.cname a warning\nsmtp.cert.expired d info\nrpt.none a info\n");
}

// code,severity,section,result_type of a line of the list; a field may stand in quotation marks.
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> all(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      all.emplace_back();
    else
      all.back() += c;
  }
  return all;
}

TEST(Findings, agree_with_the_list) {
  const std::filesystem::path list =
      std::filesystem::path(MXSEAL_TEST_DATA).parent_path().parent_path().parent_path() / "shared" /
      "findings.csv";
  if (!std::filesystem::exists(list)) GTEST_SKIP() << "no list of findings beside the project";
  std::ifstream lines(list);
  std::string line;
  std::getline(lines, line);
  std::size_t count = 0;
  for (; std::getline(lines, line); ++count) {
    const std::vector<std::string> wanted = fields(line);
    const auto id = find_finding(wanted.at(0));
    ASSERT_TRUE(id) << line;
    EXPECT_EQ(severity_name(row(*id).severity), wanted.at(1)) << line;
    EXPECT_EQ(row(*id).section, wanted.at(2)) << line;
    EXPECT_EQ(row(*id).result_type, wanted.at(3)) << line;
  }
  EXPECT_GT(count, 100U);
}

}  // namespace
}  // namespace mxseal::judge
