// SPDX-License-Identifier: MIT
// Every column of a scan against facts and judgements that are known.
#include "check/row.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ascii.hpp"
#include "judge/domains.hpp"

namespace mxseal::check {
namespace {

using facts::Domain;
using facts::FetchStatus;
using facts::LookupStatus;
using facts::SmtpStatus;
using judge::kDomain;
using judge::kMx;
using judge::kNow;

// A cell as text: what is missing is null, a list [a, b], a struct {name: value}.
std::string show(const Cell& cell) {
  struct Show {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return std::to_string(value); }
    std::string operator()(Timestamp value) const {
      return std::to_string(value.microseconds / 1'000'000) + "s";
    }
    std::string operator()(Date value) const { return std::to_string(value.days) + "d"; }
    std::string operator()(std::string_view value) const { return std::string(value); }
    std::string operator()(const std::vector<std::string_view>& texts) const {
      std::string out;
      for (const std::string_view text : texts)
        out += (out.empty() ? "" : ", ") + std::string(text);
      return '[' + out + ']';
    }
    std::string operator()(const std::shared_ptr<const Nested>& nested) const {
      const bool list = nested->names.empty();
      std::string out;
      for (std::size_t i = 0; i < nested->values.size(); ++i) {
        if (i > 0) out += ", ";
        if (!list) out += std::string(nested->names[i]) + ": ";
        out += show(nested->values[i]);
      }
      return list ? '[' + out + ']' : '{' + out + '}';
    }
  };
  return std::visit(Show{}, cell);
}

std::map<std::string, std::string> row_of(const Table& table, std::int64_t row) {
  std::map<std::string, std::string> cells;
  for (const Table::Field& field : table.fields) {
    EXPECT_EQ(field.column->size(), table.rows) << field.name;
    cells[field.name] = show(field.column->cell(row));
  }
  return cells;
}

std::map<std::string, std::string> row_of(const Domain& facts, std::int64_t line = 7) {
  Rows rows;
  rows.add(line, facts, judge::judged(facts));
  return row_of(*rows.take(), 0);
}

std::string seconds(std::int64_t time) {
  return std::to_string(time) + "s";
}

// What a field of a struct, or of the structs in a list, is; the first of them.
std::string field(const std::string& shown, const std::string& name) {
  const std::size_t at = shown.find(name + ": ");
  if (at == std::string::npos) return "no field " + name;
  const std::size_t begin = at + name.size() + 2;
  return shown.substr(begin, shown.find_first_of(",}", begin) - begin);
}

TEST(Rows, every_column_of_a_domain_that_has_everything) {
  Domain facts = judge::enforce();
  facts.seconds = 1.5;
  facts.sts_record.cnames = {"first.example", "last.example"};
  facts.policy.ipv4.cnames = {"policies.example"};
  facts.tlsrpt_record.records = {"v=TLSRPTv1; rua=mailto:a@r.example,https://r.example/x"};
  judge::sign(facts.mx_hosts[0], {judge::tlsa(3, 1, 1, judge::good_chain(kMx)[0])});
  facts.mx.authentic = true;
  facts.policy.tls.chain = judge::dated(judge::kPolicyHost, -10, 20);
  facts.mx_hosts[0].probes[0].tls.chain = judge::good_chain(kMx);
  const std::int64_t policy_end = facts.policy.tls.chain[0].not_after();
  const std::int64_t mx_end = judge::good_chain(kMx)[0].not_after();
  const auto row = row_of(facts);
  const std::map<std::string, std::string> expected = {
      {"line", "7"},
      {"domain", kDomain},
      {"verdict", "protected"},
      {"effects", "{plain: encrypted, mta_sts: authenticated, dane: authenticated}"},
      {"sts_id", "1"},
      {"sts_cname", "last.example"},
      {"policy_mode", "enforce"},
      {"max_age", "1209600"},
      {"policy_mx", "[" + kMx + "]"},
      {"policy_status", "response"},
      {"policy_address", "192.0.2.80"},
      {"policy_cname", "policies.example"},
      {"policy_expiry", seconds(policy_end)},
      {"policy_sha256", ascii::hex(facts.policy.tls.chain[0].sha256())},
      {"mx_count", "1"},
      {"mx_passed", "1"},
      {"mx_failed", "0"},
      {"mx_unknown", "0"},
      {"dane_state", "secure"},
      {"tlsrpt", "v=TLSRPTv1; rua=mailto:a@r.example,https://r.example/x"},
      {"tlsrpt_rua", "[mailto:a@r.example, https://r.example/x]"},
      {"first_expiry", seconds(policy_end)},
      {"errors", "0"},
      {"warnings", "0"},
      {"started", seconds(kNow)},
      {"seconds", "1.500000"},
  };
  EXPECT_LT(policy_end, mx_end);
  for (const auto& [name, value] : expected) EXPECT_EQ(row.at(name), value) << name;
  const std::string& mx = row.at("mx");
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"host", kMx},
           {"preference", "10"},
           {"in_policy", "true"},
           {"dane", "in-force"},
           {"address", "192.0.2.1"},
           {"smtp_status", "secured"},
           {"tls_version", "TLSv1.3"},
           {"not_after", seconds(mx_end)},
           {"sha256", ascii::hex(judge::good_chain(kMx)[0].sha256())}})
    EXPECT_EQ(field(mx, name), value) << name;
  EXPECT_EQ(row.size(), expected.size() + 2) << "mx and findings";
}

TEST(Rows, what_is_missing_is_null_and_lists_are_empty) {
  Domain facts = judge::nothing();
  facts.mx_hosts[0].probes[0] = judge::probe("192.0.2.1", SmtpStatus::timed_out);
  const auto row = row_of(facts);
  for (const char* name :
       {"sts_id", "sts_cname", "policy_mode", "max_age", "policy_status", "policy_address",
        "policy_cname", "policy_expiry", "policy_sha256", "tlsrpt", "first_expiry"})
    EXPECT_EQ(row.at(name), "null") << name;
  for (const char* name : {"policy_mx", "tlsrpt_rua"}) EXPECT_EQ(row.at(name), "[]") << name;
  EXPECT_EQ(row.at("mx_unknown"), "1");
  EXPECT_EQ(field(row.at("mx"), "in_policy"), "null");
  EXPECT_EQ(field(row.at("mx"), "not_after"), "null");
  EXPECT_EQ(field(row.at("mx"), "sha256"), "");
  EXPECT_EQ(field(row.at("mx"), "tls_version"), "");
}

TEST(Rows, what_can_be_no_domain) {
  Domain facts;
  facts.domain = "no..domain";
  facts.valid = false;
  const auto row = row_of(facts);
  EXPECT_EQ(row.at("domain"), "no..domain");
  EXPECT_EQ(row.at("verdict"), "inconclusive");
  EXPECT_EQ(row.at("mx"), "[]");
  EXPECT_EQ(row.at("mx_count"), "0");
  EXPECT_EQ(field(row.at("findings"), "code"), "scan.invalid-domain");
}

// No address answered, so none is told.
TEST(Rows, a_policy_host_that_was_not_connected_to_has_a_status_and_no_address) {
  for (const auto& [status, name] :
       {std::pair(FetchStatus::blocked, "blocked"), {FetchStatus::cut_short, "cut_short"}}) {
    Domain facts = judge::enforce();
    const facts::AddressLookup ipv4 = facts.policy.ipv4;
    facts.policy = {};
    facts.policy.ipv4 = ipv4;
    facts.policy.host = judge::kPolicyHost;
    facts.policy.status = status;
    const auto row = row_of(facts);
    EXPECT_EQ(row.at("policy_status"), name);
    EXPECT_EQ(row.at("policy_address"), "null");
    EXPECT_EQ(row.at("policy_expiry"), "null");
    EXPECT_EQ(row.at("policy_sha256"), "null");
    EXPECT_EQ(row.at("policy_mode"), "null") << "none that counts";
  }
}

TEST(Rows, each_host_and_address_has_its_own) {
  Domain facts = judge::enforce();
  const auto chain = judge::dated("mx2.example.com", -10, 5);
  judge::set_hosts(
      facts,
      {judge::host(kMx,
                   {judge::probe("192.0.2.1"), judge::probe("192.0.2.2", SmtpStatus::timed_out)}),
       judge::host("mx2.example.com", {judge::probe("2001:db8::1", SmtpStatus::secured, chain)}),
       judge::host("mx3.example.com", {})});
  const auto row = row_of(facts);
  EXPECT_EQ(row.at("mx_count"), "3");
  EXPECT_EQ(std::stoi(row.at("mx_passed")) + std::stoi(row.at("mx_failed")) +
                std::stoi(row.at("mx_unknown")),
            3);
  EXPECT_EQ(row.at("first_expiry"), seconds(chain[0].not_after()));
  const std::string& mx = row.at("mx");
  EXPECT_NE(mx.find("host: mx3.example.com"), std::string::npos);
  EXPECT_NE(mx.find("addresses: []"), std::string::npos);
  EXPECT_NE(mx.find("address: 2001:db8::1"), std::string::npos);
  EXPECT_NE(mx.find("in_policy: false"), std::string::npos);
  EXPECT_LT(mx.find("192.0.2.1"), mx.find("192.0.2.2"));
}

// Arrow's text is UTF-8, and what comes from the network may be anything.
TEST(Rows, bytes_that_are_no_utf8_are_written_out) {
  Domain facts = judge::enforce();
  facts.domain = "no \xFF domain";
  facts.sts_record.cnames = {"\xFE.example"};
  facts.policy.ipv4.cnames = {"\xFD.example"};
  facts.mx_hosts[0].host = "mx\xFC.example.com";
  facts.tlsrpt_record.records = {"v=TLSRPTv1; rua=mailto:a@r.example; x=\xFB"};
  facts.mx_hosts[0].probes[0] = judge::probe("192.0.2.1", SmtpStatus::starttls_missing);
  facts.mx_hosts[0].probes[0].reply = "500 \xFA\xC3\xA9";
  const auto row = row_of(facts);
  for (const auto& [name, value] : row)
    EXPECT_EQ(utf8::find_invalid(value), std::string_view::npos) << name;
  EXPECT_EQ(row.at("domain"), "no \\xff domain");
  EXPECT_EQ(row.at("sts_cname"), "\\xfe.example");
  EXPECT_EQ(row.at("policy_cname"), "\\xfd.example");
  EXPECT_EQ(field(row.at("mx"), "host"), "mx\\xfc.example.com");
}

TEST(Rows, findings_have_all_fields_and_are_counted_by_severity) {
  Domain facts = judge::enforce();
  judge::set_policy(facts, "enforce", {"other.example.com"}, "3600");
  const auto judgement = judge::judged(facts);
  ASSERT_FALSE(judgement.findings.empty());
  const auto row = row_of(facts);
  int errors = 0;
  int warnings = 0;
  for (const judge::Finding& finding : judgement.findings) {
    errors += finding.severity == judge::Severity::error ? 1 : 0;
    warnings += finding.severity == judge::Severity::warning ? 1 : 0;
    const judge::FindingRow& about = judge::row(finding.id);
    for (const std::string_view text :
         {about.code, about.section, about.cause, about.remedy, std::string_view(finding.subject)})
      EXPECT_NE(row.at("findings").find(text), std::string::npos) << text;
  }
  EXPECT_GT(errors, 0);
  EXPECT_EQ(row.at("errors"), std::to_string(errors));
  EXPECT_EQ(row.at("warnings"), std::to_string(warnings));
  EXPECT_EQ(field(row.at("findings"), "seen_at"), seconds(kNow));
}

TEST(Rows, batches_are_whole_each_and_do_not_change) {
  Rows rows;
  const Domain good = judge::enforce();
  const Domain none = judge::nothing();
  rows.add(1, good, judge::judged(good));
  const auto first = rows.take();
  EXPECT_EQ(rows.size(), 0);
  rows.add(2, none, judge::judged(none));
  rows.add(3, good, judge::judged(good));
  EXPECT_EQ(rows.size(), 2);
  const auto second = rows.take();
  EXPECT_EQ(first->rows, 1);
  EXPECT_EQ(row_of(*first, 0).at("verdict"), "protected");
  EXPECT_EQ(row_of(*second, 0).at("line"), "2");
  EXPECT_EQ(row_of(*second, 1), [&] {
    auto expected = row_of(*first, 0);
    expected["line"] = "3";
    return expected;
  }());
  EXPECT_EQ(rows.take()->rows, 0);
}

// A dictionary that grew between two batches would have to be written anew with each.
TEST(Rows, all_words_are_known_from_the_first_batch_on) {
  Rows rows;
  const auto words = [](const Table& table) {
    for (const Table::Field& field : table.fields) {
      if (field.name == "verdict") return field.column->layout().dictionary->size();
    }
    return std::int64_t{-1};
  };
  const std::int64_t before = words(*rows.take());
  for (const Domain& facts : {judge::enforce(), judge::nothing(), judge::testing(), judge::dane()})
    rows.add(1, facts, judge::judged(facts));
  EXPECT_EQ(words(*rows.take()), before);
}

}  // namespace
}  // namespace mxseal::check
