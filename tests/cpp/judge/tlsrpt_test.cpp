// SPDX-License-Identifier: MIT
// The TLS-RPT record, and whether its reports arrive.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

const std::string kGood = "v=TLSRPTv1; rua=mailto:tls@reports.example";

Domain record(std::vector<std::string> texts, Domain base = enforce()) {
  return with(std::move(base), [&](Domain& d) { set(d.tlsrpt_record, std::move(texts)); });
}

Domain unanswered(LookupStatus status) {
  return with(enforce(), [&](Domain& d) {
    d.tlsrpt_record.records.clear();
    d.tlsrpt_record.status = status;
  });
}

facts::RuaTarget mail_target(LookupStatus mx, std::vector<std::string> hosts) {
  facts::RuaTarget target;
  target.uri = "mailto:tls@reports.example";
  target.domain = "reports.example";
  target.mx.status = mx;
  for (const std::string& each : hosts) target.mx.records.push_back({0, each});
  target.ipv4.status = target.ipv6.status = LookupStatus::no_data;
  return target;
}

facts::RuaTarget web_target(std::optional<bool> answers) {
  facts::RuaTarget target;
  target.uri = "https://reports.example/v1";
  target.ipv4.status = LookupStatus::answer;
  target.answers = answers;
  return target;
}

Domain targets(facts::RuaTarget target) {
  return with(record({"v=TLSRPTv1; rua=" + target.uri}),
              [&](Domain& d) { d.rua = {std::move(target)}; });
}

Row row(const std::string& why, const Domain& facts, const std::string& findings) {
  return {why, facts, "protected", "encrypted authenticated encrypted", findings};
}

// Q32: which record counts. Q60: reports may go to another domain, whose consent nobody asks for.
const std::vector<Row> kRows = known({
    row("none, with MTA-STS", unanswered(LookupStatus::no_name), "rpt.sts-without-rpt rpt.none"),
    row("other TXT records only", record({"v=spf1 -all"}), "rpt.sts-without-rpt rpt.none"),
    row("other TXT records beside it", record({"v=spf1 -all", kGood}), ""),
    row("two", record({kGood, kGood}), "rpt.multiple"),
    row("SERVFAIL is no absence", unanswered(LookupStatus::servfail), "rpt.servfail"),
    row("bogus", unanswered(LookupStatus::bogus), "rpt.servfail"),
    row("no answer", unanswered(LookupStatus::timed_out), "rpt.timeout"),
    row("never asked", unanswered(LookupStatus::not_asked), "rpt.timeout"),
    row("the resolver refuses", unanswered(LookupStatus::resolver_error), "scan.resolver-error"),
    row("another version", record({"v=TLSRPTv2; rua=mailto:a@b.example"}), "rpt.version"),
    row("the version is not first", record({"rua=mailto:a@b.example; v=TLSRPTv1"}), "rpt.version"),
    row("white space before the semicolon", record({"v=TLSRPTv1 ; rua=mailto:a@b.example"}),
        "rpt.space-before-semicolon"),
    row("the same beside another record", record({"v=TLSRPTv1 ; rua=mailto:a@b.example", "hello"}),
        "rpt.space-before-semicolon rpt.sts-without-rpt rpt.none"),
    row("no rua", record({"v=TLSRPTv1; a=b"}), "rpt.rua-missing"),
    row("another scheme", record({"v=TLSRPTv1; rua=ftp://a.example/"}), "rpt.rua-scheme"),
    row("a bad address", record({"v=TLSRPTv1; rua=mailto:nobody"}), "rpt.rua-invalid"),
    row("a bad address beside a good one",
        record({"v=TLSRPTv1; rua=mailto:nobody, mailto:a@b.example"}), "rpt.rua-unusable"),
    row("a field twice", record({kGood + "; rua=mailto:c@d.example"}), "rpt.duplicate-field"),
    row("an unknown field", record({kGood + "; a=b"}), "rpt.unknown-field"),
    row("a bad field", record({kGood + "; no value"}), "rpt.invalid"),
    row("white space at the end", record({kGood + " "}), "rpt.trailing-space"),
    row("to the domain itself", record({"v=TLSRPTv1; rua=mailto:tls@Example.com"}),
        "rpt.rua-same-domain"),
    row("to a domain behind the same host", targets(mail_target(LookupStatus::answer, {kMx})),
        "rpt.rua-same-domain"),
    row("to a domain that takes mail",
        targets(mail_target(LookupStatus::answer, {"mx.reports.example"})), ""),
    row("to a null MX", targets(mail_target(LookupStatus::answer, {""})), "rpt.rua-undeliverable"),
    row("to a domain without MX and address", targets(mail_target(LookupStatus::no_name, {})),
        "rpt.rua-undeliverable"),
    row("to a domain that did not answer", targets(mail_target(LookupStatus::timed_out, {})), ""),
    row("to a web host that refuses", targets(web_target(false)), "rpt.rua-undeliverable"),
    row("to a web host that answers", targets(web_target(true)), ""),
    row("to a web host that was not asked", targets(web_target({})), ""),
    {"reports about nothing", reporting(), "unprotected", "encrypted encrypted encrypted",
     "sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"DANE without reports", record({"hello"}, dane()), "protected",
     "encrypted encrypted authenticated", "rpt.sts-without-rpt sts.dns.none dane.present rpt.none"},
});

TEST(JudgeTlsrpt, rows) {
  check(kRows);
}

TEST(JudgeTlsrpt, a_valid_one_is_kept) {
  EXPECT_EQ(judged(enforce()).tlsrpt.value().rua.at(0), "mailto:tls@reports.example");
  EXPECT_FALSE(judged(record({kGood, kGood})).tlsrpt);
}

}  // namespace
}  // namespace mxseal::judge
