// SPDX-License-Identifier: MIT
// Q39 Q59: no field of a report is lost on its way into the tables, and sums of the tables are those
// of the reports.
#include "reports/table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "formats/pack.hpp"
#include "reports/sample.hpp"
#include "reports/sums.hpp"

namespace mxseal::reports {
namespace {

using sample::report_json;
using Lines = std::vector<std::string>;

// Every member of RFC 8460 §4.4.
constexpr std::string_view kFull =
    R"({"organization-name":"Örg","date-range":{"start-datetime":"1969-12-31T00:00:00Z",)"
    R"("end-datetime":"1969-12-31T23:59:59Z"},"contact-info":"tls@mail.example","report-id":"full",)"
    R"("policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: x"],)"
    R"("policy-domain":"example.com","mx-host":["mx1.example.com","*.example.com"]},)"
    R"("summary":{"total-successful-session-count":5,"total-failure-session-count":9},)"
    R"("failure-details":[{"result-type":"validation-failure","sending-mta-ip":"192.0.2.1",)"
    R"("receiving-mx-hostname":"mx1.example.com","receiving-mx-helo":"helo.example.com",)"
    R"("receiving-ip":"2001:db8::1","failed-session-count":4,"additional-information":"more",)"
    R"("failure-reason-code":"why"},{"result-type":"x","failed-session-count":2}]},)"
    R"({"policy":{"policy-type":"tlsa","policy-domain":"mx1.example.com"},)"
    R"("summary":{"total-successful-session-count":7,"total-failure-session-count":0}},)"
    R"({"policy":{"policy-type":"tlsa","policy-domain":"example.com"},)"
    R"("summary":{"total-successful-session-count":6,"total-failure-session-count":1},)"
    R"("failure-details":[{"result-type":"tlsa-invalid","failed-session-count":1}]}]})";

ReportTable table_of(const std::vector<std::string>& paths, int threads = 1) {
  Options options;
  options.threads = threads;
  TableCollector collector;
  const Counts counts = gather(paths, options, collector);
  return collector.finish(counts);
}

TEST(ReportTable, has_every_field_of_every_policy_and_detail) {
  const sample::TemporaryFolder folder;
  const ReportTable table =
      table_of({folder.write("a.zip", pack::zip({{"m", sample::mail(kFull)}}))});
  const std::string source = folder.path("a.zip") + "|m|";
  const std::string report = "full|Örg|tls@mail.example|-86400000000|-1000000|";
  const std::string from = "tls@mail.example|submitter.example|";
  EXPECT_EQ(sample::lines_of(*table.policies),
            (Lines{"report_id|organization_name|contact_info|start|end|policy_type|policy_domain|"
                   "policy_string|mx_host|total_successful_session_count|"
                   "total_failure_session_count|source|member|warnings|mail_from|submitter|",
                   report + "sts|example.com|[version: STSv1][mode: x]|" +
                       "[mx1.example.com][*.example.com]|5|9|" + source +
                       "[result-type-unknown][details-do-not-add-up]|" + from,
                   report + "tlsa|mx1.example.com|||7|0|" + source + "|" + from,
                   report + "tlsa|example.com|||6|1|" + source + "|" + from}));
  EXPECT_EQ(
      sample::lines_of(*table.failures),
      (Lines{"result_type|sending_mta_ip|receiving_mx_hostname|receiving_mx_helo|"
             "receiving_ip|failed_session_count|additional_information|failure_reason_code|"
             "policy_row|report_id|organization_name|contact_info|start|end|policy_type|"
             "policy_domain|source|member|mail_from|submitter|",
             "validation-failure|192.0.2.1|mx1.example.com|helo.example.com|2001:db8::1|4|"
             "more|why|0|" +
                 report + "sts|example.com|" + source + from,
             "x|null|null|null|null|2|null|null|0|" + report + "sts|example.com|" + source + from,
             "tlsa-invalid|null|null|null|null|1|null|null|2|" + report + "tlsa|example.com|" +
                 source + from}));
}

TEST(ReportTable, errors_and_duplicates_name_their_places) {
  const sample::TemporaryFolder folder;
  const std::string good = report_json("r1");
  const std::string a = folder.write("a", good + "\n" + good);
  const std::string b =
      folder.write("b", pack::zip({{"x\xFF", "{\"a\" 1}"}, {"y", good}, {"z", "notes"}}));
  const ReportTable table = table_of({a, b});
  EXPECT_EQ(table.counts.reports, 1);
  EXPECT_EQ(
      sample::lines_of(*table.duplicates),
      (Lines{"source|member|offset|first_source|first_member|first_offset|"
             "organization_name|report_id|",
             a + "|null|" + std::to_string(good.size() + 1) + "|" + a + "|null|0|Example Mail|r1|",
             b + "|y|0|" + a + "|null|0|Example Mail|r1|"}));
  const Lines errors = sample::lines_of(*table.errors);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0], "source|member|code|offset|detail|");
  EXPECT_TRUE(errors[1].starts_with(b + "|x\\xff|json-syntax|5|not JSON")) << errors[1];
  EXPECT_EQ(errors[2], b + "|z|not-a-report|null|text|");
}

// Feeds sums while the archive is read.
class Streamed final : public Collector {
 public:
  explicit Streamed(Sums& sums) : sums_(sums) {}
  void report(const tlsrpt::Report& report, const Place& place, std::uint32_t) override {
    sums_.add(report, place);
  }
  void duplicate(const tlsrpt::Report&, const Place&, std::uint32_t) override {}
  void unread(const Place&, const Error&) override {}

 private:
  Sums& sums_;
};

TEST(ReportTable, sums_of_the_tables_are_those_of_the_reports) {
  const sample::TemporaryFolder folder;
  std::string lines(kFull);
  for (int n = 0; n < 30; ++n) {
    const std::string id = std::to_string(n);
    lines += "\n";
    lines += report_json(id, "", std::string("Organization ").append(std::to_string(n % 4)),
                         std::to_string(n % 5).append(".example"));
  }
  // Reports that lack what they can lack, and one without a policy.
  lines +=
      R"({"date-range":{"start-datetime":"2026-03-01T00:00:00Z","end-datetime":"2026-03-02T00:00:00Z"},)"
      R"("policies":[{"policy":{},"failure-details":[{},{"result-type":"x"}]}]})"
      R"({"report-id":"none","date-range":{"start-datetime":"2026-03-01T00:00:00Z",)"
      R"("end-datetime":"2026-03-02T00:00:00Z"},"policies":[]})";
  folder.write("lines", lines);
  folder.write("\xFF.zip", pack::zip({{"a", sample::mail(report_json("mail 1"))},
                                      {"b\xFF", sample::mail(report_json("mail 2"))}}));
  folder.write("box", sample::mbox({sample::mail(report_json("box 1")),
                                    sample::mail(report_json("box 2"), "application/tlsrpt+json",
                                                 "other@mail.example")}));
  std::vector<std::vector<Key>> groupings = {{}};
  std::vector<Key> all;
  for (const std::string_view name : key_names()) {
    all.push_back(*find_key(name));
    groupings.push_back({all.back()});
    groupings.push_back({Key::policy_domain, all.back(), Key::organization_name});
  }
  groupings.push_back(all);
  const ReportTable table = table_of({folder.path()}, 2);
  ASSERT_EQ(table.counts.reports, 37);
  ASSERT_EQ(table.counts.unread, 0);
  for (const std::vector<Key>& keys : groupings) {
    for (const Period period : {Period::none, Period::day, Period::week, Period::month}) {
      Sums streamed(keys, period);
      Streamed collector(streamed);
      gather({folder.path()}, {}, collector);
      Sums afterwards(keys, period);
      EXPECT_TRUE(table.summarize_into(afterwards, [] { return true; }));
      const Lines expected = sample::lines_of(*streamed.table());
      EXPECT_GT(expected.size(), 1U);
      EXPECT_EQ(sample::lines_of(*afterwards.table()), expected);
      EXPECT_EQ(afterwards.notes(), streamed.notes());
      EXPECT_EQ(afterwards.asides().counted_once, streamed.asides().counted_once);
      EXPECT_EQ(afterwards.asides().failed_without_detail, streamed.asides().failed_without_detail);
    }
  }
}

TEST(ReportTable, summing_stops_when_it_is_told_to) {
  const sample::TemporaryFolder folder;
  const ReportTable table = table_of({folder.write("a", report_json("r1"))});
  Sums sums({}, Period::none);
  EXPECT_FALSE(table.summarize_into(sums, [] { return false; }));
}

TEST(ReportTable, of_nothing_it_is_empty) {
  const ReportTable table = table_of({});
  for (const auto& part : {table.policies, table.failures, table.errors, table.duplicates}) {
    EXPECT_EQ(part->rows, 0);
    EXPECT_EQ(sample::lines_of(*part).size(), 1U);
  }
}

}  // namespace
}  // namespace mxseal::reports
