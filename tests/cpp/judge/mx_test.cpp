// SPDX-License-Identifier: MIT
// MX records and the addresses of their hosts.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kKept = "encrypted authenticated encrypted";
const std::string kNoMail = "refused refused refused";
const std::string kUnseen = "unknown unknown unknown";

facts::MxHost without_address(const std::string& name, LookupStatus ipv4, LookupStatus ipv6) {
  facts::MxHost made = host(name, {});
  made.ipv4.status = ipv4;
  made.ipv6.status = ipv6;
  return made;
}

Domain no_mx(facts::MxHost implicit, Domain base = nothing()) {
  return with(std::move(base), [&](Domain& d) {
    d.mx.records.clear();
    d.mx.status = LookupStatus::no_data;
    d.implicit_mx = true;
    d.mx_hosts = {std::move(implicit)};
  });
}

Domain unanswered(LookupStatus status, Domain base = enforce()) {
  return with(std::move(base), [&](Domain& d) {
    d.mx.records.clear();
    d.mx.status = status;
    d.mx_hosts.clear();
  });
}

Domain records(std::vector<facts::MxRecord> all, Domain base = nothing()) {
  return with(std::move(base), [&](Domain& d) {
    d.mx.records = std::move(all);
    std::erase_if(d.mx_hosts, [&](const facts::MxHost& each) {
      return std::ranges::none_of(
          d.mx.records, [&](const facts::MxRecord& record) { return record.host == each.host; });
    });
  });
}

/// A good host and this one, both in the policy.
Domain beside(facts::MxHost second, Domain base = enforce()) {
  return with(std::move(base), [&](Domain& d) {
    set_policy(d, "enforce", {kMx, second.host});
    set_hosts(d, {host(kMx, {probe("192.0.2.1")}), std::move(second)});
  });
}

Domain only(facts::MxHost one, Domain base = enforce()) {
  return with(std::move(base), [&](Domain& d) { set_hosts(d, {std::move(one)}); });
}

const auto kAbsent = LookupStatus::no_data;

// Q68: null MX, implicit MX, targets.
const std::vector<Row> kRows = known({
    {"neither MX nor address", no_mx(without_address(kDomain, kAbsent, kAbsent)), "no-mail",
     kNoMail, "sts.dns.none mx.none rpt.none"},
    {"no such domain",
     no_mx(without_address(kDomain, LookupStatus::no_name, LookupStatus::no_name)), "no-mail",
     kNoMail, "sts.dns.none mx.none rpt.none"},
    {"no MX, and the address did not answer: not known to take no mail",
     no_mx(without_address(kDomain, kAbsent, LookupStatus::timed_out)), "inconclusive", kUnseen,
     "mx.address-unknown sts.dns.none rpt.none"},
    {"no MX, and the addresses were never asked",
     no_mx(without_address(kDomain, kAbsent, LookupStatus::not_asked)), "inconclusive", kUnseen,
     "mx.address-unknown sts.dns.none rpt.none"},
    {"no MX, and the host was never looked at",
     with(nothing(),
          [](Domain& d) {
            d.mx.status = LookupStatus::no_data;
            d.mx.records.clear();
            d.mx_hosts.clear();
          }),
     "inconclusive", kUnseen, "sts.dns.none rpt.none"},
    {"implicit MX",
     no_mx(host(kDomain, {probe("192.0.2.1", SmtpStatus::secured, good_chain(kDomain))})),
     "unprotected", kPlain, "sts.dns.none mx.implicit rpt.none"},
    {"implicit MX inside the policy",
     with(no_mx(host(kDomain, {probe("192.0.2.1", SmtpStatus::secured, good_chain(kDomain))}),
                enforce()),
          [](Domain& d) { set_policy(d, "enforce", {kDomain}); }),
     "protected", kKept, "mx.implicit"},
    {"null MX", records({{0, ""}}), "no-mail", kNoMail, "sts.dns.none mx.null rpt.none"},
    {"null MX of a domain with a policy", records({{0, ""}}, enforce()), "no-mail", kNoMail,
     "mx.null"},
    {"null MX of another preference", records({{10, ""}}), "no-mail", kNoMail,
     "mx.null-with-others sts.dns.none rpt.none"},
    {"null MX beside another", records({{0, ""}, {10, kMx}}, enforce()), "protected", kKept,
     "mx.null-with-others"},
    {"no answer", unanswered(LookupStatus::timed_out), "inconclusive", kUnseen, "mx.timeout"},
    {"never asked", unanswered(LookupStatus::not_asked), "inconclusive", kUnseen, "mx.timeout"},
    {"SERVFAIL", unanswered(LookupStatus::servfail), "inconclusive", kUnseen, "mx.servfail"},
    {"bogus", unanswered(LookupStatus::bogus), "inconclusive", kUnseen, "mx.dnssec-bogus"},
    {"no answer, and nothing is published", unanswered(LookupStatus::timed_out, nothing()),
     "inconclusive", kUnseen, "mx.timeout sts.dns.none rpt.none"},
    {"the resolver refuses", unanswered(LookupStatus::resolver_error), "inconclusive", kUnseen,
     "scan.resolver-error"},
    {"the host is a CNAME",
     with(enforce(), [](Domain& d) { d.mx_hosts[0].ipv4.cnames = {"target.example.com"}; }),
     "protected", kKept, "mx.cname"},
    // Q55: the certificate is for the name in the MX record.
    {"the host is a CNAME, and the certificate for its target",
     with(enforce(),
          [](Domain& d) {
            d.mx_hosts[0].ipv4.cnames = {"target.example.com"};
            d.mx_hosts[0].probes[0].tls.chain = good_chain("target.example.com");
          }),
     "broken", "encrypted refused encrypted", "smtp.cert.name-mismatch mx.cname"},
    {"one of two hosts without address",
     beside(without_address("mx2.example.com", kAbsent, kAbsent)), "protected", kKept,
     "mx.no-address"},
    {"the only host without address, under enforce", only(without_address(kMx, kAbsent, kAbsent)),
     "broken", kNoMail, "mx.no-address"},
    {"the only host without address, nothing published",
     only(without_address(kMx, kAbsent, kAbsent), nothing()), "unprotected", kNoMail,
     "mx.no-address sts.dns.none rpt.none"},
    {"addresses of one of two hosts unknown",
     beside(without_address("mx2.example.com", LookupStatus::servfail, LookupStatus::servfail)),
     "protected", kKept, "mx.address-unknown"},
    {"addresses of the only host unknown, under enforce",
     only(without_address(kMx, LookupStatus::servfail, LookupStatus::servfail)), "inconclusive",
     kUnseen, "mx.address-unknown"},
    {"an address as MX target",
     with(nothing(),
          [](Domain& d) {
            facts::MxHost bad = host("192.0.2.9", {});
            bad.valid = false;
            d.mx.records.push_back({20, bad.host});
            d.mx_hosts.push_back(bad);
          }),
     "unprotected", kPlain, "mx.invalid sts.dns.none rpt.none"},
    {"private address", only(host(kMx, {probe("10.0.0.1", SmtpStatus::private_address)})),
     "inconclusive", kUnseen, "mx.private-address"},
    {"private address, nothing published",
     only(host(kMx, {probe("10.0.0.1", SmtpStatus::private_address)}), nothing()), "unprotected",
     kUnseen, "mx.private-address sts.dns.none rpt.none"},
    {"the same host twice", records({{10, kMx}, {20, kMx}}, enforce()), "protected", kKept,
     "mx.duplicate"},
    {"a record beyond those that were looked at, outside the policy",
     records({{10, kMx}, {20, "mx99.example.com"}}, enforce()), "protected", kKept,
     "sts.mx.not-covered"},
    {"a record beyond those that were looked at, no MTA-STS: it may have DANE",
     records({{10, kMx}, {20, "mx99.example.com"}}), "inconclusive", "", "sts.dns.none rpt.none"},
});

TEST(JudgeMx, rows) {
  check(kRows);
}

TEST(JudgeMx, hosts_keep_their_order_and_names) {
  const Judgement judgement = judged(beside(host("mx2.example.com", {})));
  ASSERT_EQ(judgement.mx.size(), 2U);
  EXPECT_EQ(judgement.mx[0].host, kMx);
  EXPECT_EQ(judgement.mx[0].outcome, Outcome::passes);
  EXPECT_EQ(judgement.mx[1].host, "mx2.example.com");
  EXPECT_EQ(judgement.mx[1].outcome, Outcome::unknown);
}

}  // namespace
}  // namespace mxseal::judge
