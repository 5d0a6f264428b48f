// SPDX-License-Identifier: MIT
// The MTA-STS record as senders find it.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

Domain record(std::vector<std::string> texts) {
  return with(enforce(), [&](Domain& d) { set(d.sts_record, std::move(texts)); });
}

Domain unanswered(LookupStatus status) {
  return with(enforce(), [&](Domain& d) {
    d.sts_record = {};
    set(d.sts_record, status);
  });
}

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kKept = "encrypted authenticated encrypted";
const std::string kUnknown = "encrypted unknown encrypted";

// Q3: exactly one valid record, else senders act as if there were none.
const std::vector<Row> kRows = known({
    {"a good record and policy", enforce(), "protected", kKept, ""},
    {"none, and reports are asked for", reporting(), "unprotected", kPlain,
     "sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"nothing at all", nothing(), "unprotected", kPlain, "sts.dns.none rpt.none"},
    {"two records", record({"v=STSv1; id=1;", "v=STSv1; id=2;"}), "misconfigured", kPlain,
     "sts.dns.multiple"},
    {"another version", record({"v=STSv2; id=1;"}), "misconfigured", kPlain, "sts.dns.bad-version"},
    {"no semicolon", record({"v=STSv1"}), "misconfigured", kPlain, "sts.dns.bad-version"},
    {"a bad one beside a good one is merely another record",
     record({"v=STSv2; id=2;", "v=STSv1; id=1;", "v=stsv1; id=3;"}), "protected", kKept,
     "sts.dns.unrelated-txt sts.dns.unrelated-txt"},
    {"the version is not first", record({"id=1; v=STSv1;"}), "misconfigured", kPlain,
     "sts.dns.version-not-first"},
    {"a blank before the version", record({" v=STSv1; id=1;"}), "misconfigured", kPlain,
     "sts.dns.version-not-first"},
    {"another case", record({"v=stsv1; id=1;"}), "misconfigured", kPlain, "sts.dns.wrong-case"},
    {"no id", record({"v=STSv1; a=b;"}), "misconfigured", kPlain, "sts.dns.id-missing"},
    {"a bad id", record({"v=STSv1; id=2026-01-14;"}), "misconfigured", kPlain,
     "sts.dns.id-invalid"},
    {"a bad field", record({"v=STSv1; id=1; two words;"}), "misconfigured", kPlain,
     "sts.dns.bad-extension"},
    {"an unknown field", record({"v=STSv1; id=1; a=b;"}), "protected", kKept,
     "sts.dns.unknown-field"},
    {"a field twice", record({"v=STSv1; id=1; id=2;"}), "protected", kKept,
     "sts.dns.duplicate-field"},
    {"white space before the semicolon: it counts where it stands alone",
     record({"v=STSv1 ; id=1;"}), "protected", kKept, "sts.dns.space-before-semicolon"},
    {"the same beside another TXT record: all senders discard it",
     record({"v=STSv1 ; id=1;", "hello"}), "unprotected", kPlain,
     "sts.dns.space-before-semicolon sts.dns.none sts.dns.unrelated-txt "
     "rpt.rpt-without-sts-or-dane"},
    {"other TXT records only", record({"v=spf1 -all"}), "unprotected", kPlain,
     "sts.dns.none sts.dns.unrelated-txt rpt.rpt-without-sts-or-dane"},
    {"by a CNAME",
     with(enforce(), [](Domain& d) { d.sts_record.cnames = {"_mta-sts.provider.example"}; }),
     "protected", kKept, "sts.dns.cname"},
    {"a CNAME to a name that does not exist",
     with(enforce(),
          [](Domain& d) {
            d.sts_record.records.clear();
            d.sts_record.status = LookupStatus::no_name;
            d.sts_record.cnames = {"_mta-sts.gone.example"};
          }),
     "misconfigured", kPlain, "sts.dns.cname-dangling"},
    {"a CNAME to a name with other TXT records",
     with(record({"hello"}), [](Domain& d) { d.sts_record.cnames = {"www.example.com"}; }),
     "misconfigured", kPlain, "sts.dns.cname-dangling sts.dns.unrelated-txt"},
    {"a CNAME that leads back",
     with(unanswered(LookupStatus::servfail),
          [](Domain& d) {
            d.sts_record.name = "_mta-sts.example.com";
            d.sts_record.cnames = {"a.example.com", "_mta-sts.example.com"};
          }),
     "misconfigured", kPlain, "sts.dns.cname-loop"},
    // No usable answer is never an absence.
    {"SERVFAIL", unanswered(LookupStatus::servfail), "inconclusive", kUnknown, "sts.dns.servfail"},
    {"no answer", unanswered(LookupStatus::timed_out), "inconclusive", kUnknown, "sts.dns.timeout"},
    {"never asked", unanswered(LookupStatus::not_asked), "inconclusive", kUnknown,
     "sts.dns.timeout"},
    {"bogus", unanswered(LookupStatus::bogus), "inconclusive", kUnknown, "sts.dns.dnssec-bogus"},
    {"the resolver refuses", unanswered(LookupStatus::resolver_error), "inconclusive", kUnknown,
     "scan.resolver-error"},
    {"at the domain itself",
     with(reporting(),
          [](Domain& d) {
            d.thorough.emplace();
            d.thorough->txt_at_domain.name = kDomain;
            set(d.thorough->txt_at_domain, {"v=spf1 -all", "v=STSv1; id=1;"});
          }),
     "unprotected", kPlain, "sts.dns.at-wrong-name sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"at mta-sts., beside the right place",
     with(enforce(),
          [](Domain& d) {
            d.thorough.emplace();
            set(d.thorough->txt_at_mta_sts, {"v=STSv1; id=1;"});
          }),
     "protected", kKept, "sts.dns.at-wrong-name"},
    // Q19: the parent's policy does not apply.
    {"a parent has one",
     with(reporting(),
          [](Domain& d) {
            d.thorough.emplace();
            set(d.thorough->parents.emplace_back(), {"v=STSv1; id=1;"});
          }),
     "unprotected", kPlain, "sts.dns.none sts.subdomain.inherit rpt.rpt-without-sts-or-dane"},
    {"a parent has one, and so has the domain",
     with(enforce(),
          [](Domain& d) {
            d.thorough.emplace();
            set(d.thorough->parents.emplace_back(), {"v=STSv1; id=1;"});
          }),
     "protected", kKept, ""},
});

TEST(JudgeRecord, rows) {
  check(kRows);
}

TEST(JudgeRecord, details_quote_what_was_met) {
  const Judgement judgement = judged(record({"v=STSv1; id=2026-01-14;"}));
  ASSERT_EQ(judgement.findings.size(), 1U);
  EXPECT_EQ(judgement.findings[0].subject, "_mta-sts.example.com");
  EXPECT_EQ(judgement.findings[0].detail, "id=2026-01-14");
  EXPECT_EQ(judgement.findings[0].seen_at, kNow);
  EXPECT_FALSE(judgement.record);
}

TEST(JudgeRecord, a_valid_one_is_kept) {
  EXPECT_EQ(judged(enforce()).record.value().id, "1");
  EXPECT_TRUE(judged(with(enforce(), [](Domain& d) { d.policy.body = "junk"; })).record);
}

}  // namespace
}  // namespace mxseal::judge
