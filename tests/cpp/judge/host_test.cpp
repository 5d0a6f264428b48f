// SPDX-License-Identifier: MIT
// A host alone: what decides at its addresses where no domain says.
#include "judge/host.hpp"

#include "domains.hpp"
#include "judge/served_policy.hpp"

namespace mxseal::judge {
namespace {

struct HostRow {
  std::string why;
  Domain facts;
  std::string verdict;
  std::string dane;
  std::string findings;  ///< every code, in the order of the output
};

/// The domain of the host's own name, as a probe makes it.
Domain alone(facts::MxHost mx) {
  Domain domain;
  domain.domain = mx.host;
  domain.started = kNow;
  domain.validation = facts::Validation::validates;
  domain.mx.status = LookupStatus::answer;
  domain.mx.authentic = true;
  set_hosts(domain, {std::move(mx)});
  return domain;
}

Domain showing(const Chain& chain) {
  return alone(host(kMx, {probe("192.0.2.1", SmtpStatus::secured, chain)}));
}

Domain signed_with(std::vector<facts::TlsaRecord> records, const Chain& chain = good_chain(kMx)) {
  return with(showing(chain), [&](Domain& d) { sign(d.mx_hosts[0], std::move(records)); });
}

const Chain kExpired = expired(kMx);

const std::vector<HostRow> kRows = {
    {"a good certificate", showing(good_chain(kMx)), "passes", "none", ""},
    {"for another name", showing(good_chain("mx.example.net")), "fails", "none",
     "smtp.cert.name-mismatch"},
    {"RFC 8461 §4.2 has no addresses", alone(host("192.0.2.1", {probe("192.0.2.1")})), "fails",
     "none", "smtp.cert.name-mismatch"},
    {"one address answers, the other is silent",
     alone(host(kMx, {probe("192.0.2.1"), probe("192.0.2.2", SmtpStatus::timed_out)})), "passes",
     "none", "smtp.timeout"},
    {"silence", alone(host(kMx, {probe("192.0.2.1", SmtpStatus::timed_out)})), "unknown", "none",
     "smtp.timeout"},
    {"STARTTLS at one address only",
     alone(host(kMx, {probe("192.0.2.1"), probe("192.0.2.2", SmtpStatus::starttls_missing)})),
     "fails", "none", "smtp.starttls-stripped"},
    {"no address", alone(host(kMx, {})), "fails", "none", "mx.no-address"},
    {"the time ended", with(showing(good_chain(kMx)), [](Domain& d) { d.budget_spent = true; }),
     "passes", "none", "scan.budget"},
    // RFC 7672 §2.2.2: a host that was named is its own TLSA base.
    {"TLSA matches", signed_with({tlsa(3, 1, 1, good_chain(kMx)[0])}), "passes", "secure",
     "dane.present"},
    {"TLSA is of another key, whatever the certificate", signed_with({tlsa_of_nobody()}), "fails",
     "secure", "dane.mismatch dane.present"},
    {"RFC 7672 §3.1.1: with usage 3 dates do not count",
     signed_with({tlsa(3, 1, 1, kExpired[0])}, kExpired), "passes", "secure",
     "smtp.cert.expired dane.present"},
    {"not known whether TLSA counts, and it matters",
     with(signed_with({tlsa_of_nobody()}),
          [](Domain& d) { d.validation = facts::Validation::not_secure; }),
     "unknown", "unknown", "dane.resolver"},
};

TEST(Host, certificate_or_dane_decides) {
  for (const HostRow& row : kRows) {
    const HostJudgement judged = judge_host(row.facts, authorities().roots, kNow);
    EXPECT_EQ(outcome_name(judged.host.outcome), row.verdict) << row.why;
    EXPECT_EQ(domain_dane_name(judged.dane), row.dane) << row.why;
    Judgement listed;
    listed.findings = judged.findings;
    EXPECT_EQ(codes(listed), row.findings) << row.why;
  }
}

// RFC 8461 §3.3: no policy without a good certificate of the policy host.
TEST(ServedPolicy, is_there_only_where_nothing_is_wrong) {
  EXPECT_TRUE(judge_served_policy(enforce(), authorities().roots, kNow).policy);
  const Domain expired_host =
      with(enforce(), [](Domain& d) { d.policy.tls = handshake(expired(kPolicyHost)); });
  const ServedPolicy served = judge_served_policy(expired_host, authorities().roots, kNow);
  EXPECT_FALSE(served.policy);
  ASSERT_FALSE(served.findings.empty());
  EXPECT_EQ(served.findings[0].code(), "sts.cert.expired");
}

}  // namespace
}  // namespace mxseal::judge
