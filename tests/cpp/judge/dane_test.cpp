// SPDX-License-Identifier: MIT
// DANE: which TLSA records are in force, and what they match.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

using facts::Validation;

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kMatched = "encrypted encrypted authenticated";
const std::string kDelayed = "encrypted encrypted refused";
const std::string kUnknown = "encrypted encrypted unknown";

const pki::Certificate& leaf() {
  return good_chain(kMx)[0];
}

Domain showing(const Chain& chain, std::vector<facts::TlsaRecord> records) {
  return with(dane(std::move(records)),
              [&](Domain& d) { d.mx_hosts[0].probes[0].tls.chain = chain; });
}

/// Usage 3 for the leaf of this chain, which the host shows.
Domain pinned(const Chain& chain) {
  return showing(chain, {tlsa(3, 1, 1, chain[0])});
}

/// MTA-STS in mode enforce, and these records.
Domain both(std::vector<facts::TlsaRecord> records) {
  return with(enforce(), [&](Domain& d) {
    d.mx.authentic = true;
    sign(d.mx_hosts[0], std::move(records));
  });
}

Domain unanswered(LookupStatus status, Domain base = dane()) {
  return with(std::move(base), [&](Domain& d) {
    d.mx_hosts[0].tlsa.records.clear();
    d.mx_hosts[0].tlsa.status = status;
  });
}

Domain not_signed(Domain base) {
  return with(std::move(base), [](Domain& d) {
    facts::MxHost& mx = d.mx_hosts[0];
    d.mx.authentic = mx.ipv4.authentic = mx.ipv6.authentic = mx.tlsa.authentic = false;
  });
}

Domain mx_not_signed(Domain base) {
  return with(std::move(base), [](Domain& d) { d.mx.authentic = false; });
}

Domain not_validated(Domain base) {
  return with(not_signed(std::move(base)),
              [](Domain& d) { d.validation = Validation::not_secure; });
}

/// A second good host.
Domain beside(Domain base, std::vector<facts::TlsaRecord> records,
              SmtpStatus status = SmtpStatus::secured) {
  return with(std::move(base), [&](Domain& d) {
    const std::string name = "mx2.example.com";
    facts::MxHost second = host(name, {probe("198.51.100.1", status, good_chain(name))});
    sign(second, std::move(records));
    d.mx.records.push_back({20, name});
    d.mx_hosts.push_back(std::move(second));
    if (!d.policy.body.empty()) set_policy(d, "enforce", {"*.example.com"});
  });
}

Domain two_keys(bool other_matches) {
  static const Chain rsa = chain_for(wish_for(kMx), pki::test::rsa_key(2048));
  std::vector<facts::TlsaRecord> records = {tlsa(3, 1, 1, leaf())};
  if (other_matches) records.push_back(tlsa(3, 1, 1, rsa[0]));
  return with(dane(records),
              [&](Domain& d) { d.mx_hosts[0].probes[0].other_key = handshake(rsa); });
}

const std::vector<facts::TlsaRecord> kNobody = {tlsa_of_nobody()};

// Q50: usages, unusable records, failed look-ups. Q61, Q62: what must be secure.
const std::vector<Row> kRows = known({
    {"usage 3 matches", dane(), "protected", kMatched, "sts.dns.none dane.present"},
    {"usage 3 matches: no name, date or issuer counts", pinned(expired("www.example.net")),
     "protected", kMatched, "sts.dns.none smtp.cert.expired smtp.cert.name-mismatch dane.present"},
    {"usage 3 matches a self-signed certificate", pinned(self_signed(kMx)), "protected", kMatched,
     "sts.dns.none smtp.cert.self-signed dane.present"},
    {"usage 3 matches a certificate that expires soon", pinned(dated(kMx, -80, 10)), "protected",
     kMatched, "sts.dns.none smtp.cert.expires-soon dane.present"},
    {"usage 2, the names of what a CNAME leads to, of whatever port",
     with(showing(good_chain("target.example.net"), {tlsa(2, 1, 1, good_chain(kMx)[1])}),
          [](Domain& d) { d.mx_hosts[0].tlsa.name = "_465._tcp.target.example.net"; }),
     "protected", kMatched, "sts.dns.none smtp.cert.name-mismatch dane.present"},
    {"usage 2, and the certificate is not for what a CNAME leads to",
     with(showing(good_chain(kMx), {tlsa(2, 1, 1, good_chain(kMx)[1])}),
          [](Domain& d) { d.mx_hosts[0].tlsa.name = "_25._tcp.target.example.net"; }),
     "broken", kDelayed, "dane.mismatch sts.dns.none dane.present"},
    {"usage 2 matches the intermediate", dane({tlsa(2, 1, 1, good_chain(kMx)[1])}), "protected",
     kMatched, "sts.dns.none dane.present"},
    {"usage 2 matches a root that nobody trusts: the root store does not count",
     showing(untrusted(kMx), {tlsa(2, 0, 1, authorities().other_root.certificate)}), "protected",
     kMatched, "sts.dns.none smtp.cert.untrusted dane.present"},
    {"usage 2 matches, and the name does not: it counts",
     showing(good_chain("www.example.net"), {tlsa(2, 1, 1, good_chain(kMx)[1])}), "broken",
     kDelayed, "smtp.cert.name-mismatch sts.dns.none dane.present"},
    {"usage 2 names the authority of a certificate that has expired",
     showing(expired(kMx), {tlsa(2, 1, 1, good_chain(kMx)[1])}), "broken", kDelayed,
     "smtp.cert.expired sts.dns.none dane.present"},
    {"usage 2, the name stands in the CN alone: RFC 7672 §3.2.3 takes it",
     showing(cn_only(kMx), {tlsa(2, 1, 1, good_chain(kMx)[1])}), "protected", kMatched,
     "sts.dns.none smtp.cert.cn-only dane.present"},
    {"usage 2 matches a certificate that expires soon",
     showing(dated(kMx, -80, 10), {tlsa(2, 1, 1, good_chain(kMx)[1])}), "protected", kMatched,
     "smtp.cert.expires-soon sts.dns.none dane.present"},
    {"usage 2 names the authority of another certificate than the leaf's",
     showing({good_chain(kMx)[0], good_chain(kMx)[1], authorities().other_root.certificate},
             {tlsa(2, 0, 1, authorities().other_root.certificate)}),
     "broken", kDelayed, "dane.mismatch sts.dns.none dane.present"},
    // Q66: behind a secure MX answer the domain itself is a name too.
    {"usage 2 matches, and the certificate is for the domain",
     showing(good_chain(kDomain), {tlsa(2, 1, 1, good_chain(kMx)[1])}), "protected", kMatched,
     "sts.dns.none smtp.cert.name-mismatch dane.present"},
    {"usage 2 matches, and the certificate is for what the domain is a CNAME of",
     with(showing(good_chain("target.example.net"), {tlsa(2, 1, 1, good_chain(kMx)[1])}),
          [](Domain& d) {
            d.mx.cnames = {"between.example.net", "target.example.net"};
          }),
     "protected", kMatched, "sts.dns.none smtp.cert.name-mismatch dane.present"},
    {"the same, behind an MX answer that is not secure",
     mx_not_signed(
         with(showing(good_chain("target.example.net"), {tlsa(2, 1, 1, good_chain(kMx)[1])}),
              [](Domain& d) { d.mx.cnames = {"target.example.net"}; })),
     "misconfigured", kDelayed,
     "smtp.cert.name-mismatch dane.mismatch dane.mx-not-secure sts.dns.none"},
    {"no match", dane(kNobody), "broken", kDelayed, "dane.mismatch sts.dns.none dane.present"},
    {"no STARTTLS",
     with(dane(),
          [](Domain& d) {
            d.mx_hosts[0].probes[0] = probe("192.0.2.1", SmtpStatus::starttls_missing);
          }),
     "broken", "clear clear refused", "smtp.starttls-missing sts.dns.none dane.present"},
    {"usage 2 names what is not sent",
     showing(incomplete(kMx), {tlsa(2, 0, 1, authorities().intermediate.certificate)}), "broken",
     kDelayed, "smtp.cert.incomplete-chain dane.ta-not-sent sts.dns.none dane.present"},
    {"a combination without match beside one that matches",
     dane({tlsa(3, 1, 1, leaf()), tlsa_of_nobody(3, 0)}), "protected", kMatched,
     "dane.combination-unmatched sts.dns.none dane.present"},
    {"the next key's record beside the right one is as it should be",
     dane({tlsa(3, 1, 1, leaf()), tlsa_of_nobody()}), "protected", kMatched,
     "sts.dns.none dane.present"},
    // Q64: what must be unusable.
    {"only usage 1", dane({tlsa(1, 1, 1, leaf())}), "unprotected", kPlain,
     "dane.unusable sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"only unusable, and no STARTTLS: TLS is required",
     with(dane({tlsa(1, 1, 1, leaf())}),
          [](Domain& d) {
            d.mx_hosts[0].probes[0] = probe("192.0.2.1", SmtpStatus::starttls_missing);
          }),
     "unprotected", "clear clear refused",
     "smtp.starttls-missing dane.unusable sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"usage 0 beside a good one", dane({tlsa(0, 1, 1, leaf()), tlsa(3, 1, 1, leaf())}), "protected",
     kMatched, "dane.record-unusable sts.dns.none dane.present"},
    {"a digest of a wrong length beside a good one",
     dane({{3, 1, 1, "short"}, tlsa(3, 1, 1, leaf())}), "protected", kMatched,
     "dane.record-unusable sts.dns.none dane.present"},
    {"the whole key", dane({tlsa(3, 1, 0, leaf())}), "protected", kMatched,
     "sts.dns.none dane.present dane.full-data"},
    {"not signed", not_signed(dane()), "unprotected", kPlain,
     "dane.not-secure sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"not signed, and no match: ignored", not_signed(dane(kNobody)), "unprotected", kPlain,
     "dane.not-secure sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"the addresses are not secure",
     with(dane(), [](Domain& d) { d.mx_hosts[0].ipv4.authentic = false; }), "unprotected", kPlain,
     "dane.not-secure sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"the addresses are not secure, the CNAME to them is",
     with(dane(),
          [](Domain& d) {
            d.mx_hosts[0].ipv4.authentic = false;
            d.mx_hosts[0].first_cname.status = LookupStatus::answer;
            d.mx_hosts[0].first_cname.authentic = true;
          }),
     "protected", kMatched, "sts.dns.none dane.present"},
    {"the MX answer is not secure: used, and not in force", mx_not_signed(dane()), "unprotected",
     kPlain, "dane.mx-not-secure sts.dns.none"},
    {"the MX answer is not secure, and no match: an error for those who use them",
     mx_not_signed(dane(kNobody)), "misconfigured", kDelayed,
     "dane.mismatch dane.mx-not-secure sts.dns.none"},
    {"the MX answer is not secure, under enforce", mx_not_signed(both({tlsa(3, 1, 1, leaf())})),
     "protected", "encrypted authenticated encrypted", "dane.mx-not-secure"},
    {"the MX answer is not secure and no match, under enforce", mx_not_signed(both(kNobody)),
     "protected", "encrypted authenticated refused", "dane.mismatch dane.mx-not-secure"},
    // Failed look-ups.
    {"bogus", unanswered(LookupStatus::bogus), "broken", kDelayed, "dane.bogus sts.dns.none"},
    {"bogus at one of two hosts takes out that host",
     beside(unanswered(LookupStatus::bogus), {tlsa(3, 1, 1, good_chain("mx2.example.com")[0])}),
     "partly", kMatched, "dane.bogus sts.dns.none dane.present"},
    {"bogus, and silent on port 25: it cannot pass",
     with(unanswered(LookupStatus::bogus),
          [](Domain& d) { d.mx_hosts[0].probes[0] = probe("192.0.2.1", SmtpStatus::timed_out); }),
     "broken", "unknown unknown refused", "dane.bogus smtp.timeout sts.dns.none"},
    {"bogus, under enforce: MTA-STS does not repair it",
     unanswered(LookupStatus::bogus, both({tlsa(3, 1, 1, leaf())})), "broken",
     "encrypted authenticated refused", "dane.bogus"},
    {"no answer", unanswered(LookupStatus::timed_out), "inconclusive", kUnknown,
     "dane.timeout sts.dns.none"},
    {"never asked", unanswered(LookupStatus::not_asked), "inconclusive", kUnknown,
     "dane.timeout sts.dns.none"},
    {"SERVFAIL", unanswered(LookupStatus::servfail), "inconclusive", kUnknown,
     "dane.timeout sts.dns.none"},
    {"SERVFAIL where the addresses are not secure: no DANE, not bogus",
     unanswered(LookupStatus::servfail, not_signed(dane())), "unprotected", kPlain,
     "sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"bogus where the addresses are not secure: senders do not ask",
     unanswered(LookupStatus::bogus, not_signed(dane())), "unprotected", kPlain,
     "sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"silence where the addresses are not secure, under enforce",
     unanswered(LookupStatus::timed_out, enforce()), "protected",
     "encrypted authenticated encrypted", ""},
    {"bogus behind an MX answer that is not secure: not in force, and an error",
     mx_not_signed(unanswered(LookupStatus::bogus)), "misconfigured", kUnknown,
     "dane.bogus sts.dns.none"},
    {"no answer, under enforce", unanswered(LookupStatus::timed_out, both({})), "inconclusive",
     "encrypted authenticated unknown", "dane.timeout"},
    {"no answer at one of two hosts",
     beside(unanswered(LookupStatus::timed_out), {tlsa(3, 1, 1, good_chain("mx2.example.com")[0])}),
     "protected", kUnknown, "dane.timeout sts.dns.none dane.present"},
    {"no answer at one of two hosts, the other does not match",
     beside(unanswered(LookupStatus::timed_out), kNobody), "inconclusive", kUnknown,
     "dane.mismatch dane.timeout sts.dns.none dane.present"},
    // A resolver that does not validate matters where it would make a difference.
    {"not validated", not_validated(dane()), "inconclusive", kUnknown,
     "dane.resolver sts.dns.none"},
    {"not validated, and no TLSA", not_validated(unanswered(LookupStatus::no_data)), "unprotected",
     kPlain, "sts.dns.none rpt.rpt-without-sts-or-dane"},
    {"not validated, and no answer", not_validated(unanswered(LookupStatus::timed_out)),
     "inconclusive", kUnknown, "dane.resolver sts.dns.none"},
    {"not validated, under enforce, and it would match: all the same",
     not_validated(both({tlsa(3, 1, 1, leaf())})), "protected", "encrypted authenticated unknown",
     "dane.resolver"},
    {"not validated, under enforce, and it would not match", not_validated(both(kNobody)),
     "inconclusive", "encrypted authenticated unknown", "dane.resolver"},
    {"the AD bit of a resolver that does not validate is not believed",
     with(dane(), [](Domain& d) { d.validation = Validation::unknown; }), "inconclusive", kUnknown,
     "dane.resolver sts.dns.none"},
    // Q1: MTA-STS never repairs DANE; nor the other way round.
    {"both good", both({tlsa(3, 1, 1, leaf())}), "protected",
     "encrypted authenticated authenticated", "dane.present"},
    {"MTA-STS good, DANE not", both(kNobody), "broken", "encrypted authenticated refused",
     "dane.mismatch dane.present"},
    {"DANE good, MTA-STS not",
     with(both({tlsa(3, 1, 1, leaf())}),
          [](Domain& d) { set_policy(d, "enforce", {"old.example.com"}); }),
     "broken", "encrypted refused authenticated",
     "sts.mx.none-covered sts.mx.unused-pattern dane.present"},
    {"DANE good with a self-signed certificate, under enforce: it counts",
     with(both({}),
          [](Domain& d) {
            const Chain own = self_signed(kMx);
            sign(d.mx_hosts[0], {tlsa(3, 1, 1, own[0])});
            d.mx_hosts[0].probes[0].tls.chain = own;
          }),
     "broken", "encrypted refused authenticated", "smtp.cert.self-signed dane.present"},
    {"DANE good, MTA-STS useless",
     with(both({tlsa(3, 1, 1, leaf())}), [](Domain& d) { d.policy.http_status = 404; }),
     "protected", kMatched, "sts.http.not-found dane.present"},
    {"DANE good, testing",
     with(both({tlsa(3, 1, 1, leaf())}), [](Domain& d) { set_policy(d, "testing", {kMx}); }),
     "protected", kMatched, "sts.policy.mode-testing dane.present"},
    // Several hosts.
    {"one of two hosts", beside(dane(), {}), "partly", "encrypted encrypted encrypted",
     "dane.partial sts.dns.none dane.present"},
    {"one of two hosts, which does not match: mail goes to the other", beside(dane(kNobody), {}),
     "partly", "encrypted encrypted encrypted",
     "dane.mismatch dane.partial sts.dns.none dane.present"},
    {"one of two hosts, which does not match, and the other is silent: none that answered passes",
     beside(dane(kNobody), {}, SmtpStatus::timed_out), "broken", "",
     "dane.mismatch smtp.timeout dane.partial sts.dns.none dane.present"},
    {"one of two hosts, which matches, and the other is silent",
     beside(dane(), {}, SmtpStatus::timed_out), "partly", "",
     "smtp.timeout dane.partial sts.dns.none dane.present"},
    {"one of two hosts, under enforce", beside(both({tlsa(3, 1, 1, leaf())}), {}), "protected",
     "encrypted authenticated encrypted", "dane.partial dane.present"},
    {"one of two hosts does not match", beside(dane(), kNobody), "partly", kMatched,
     "dane.mismatch sts.dns.none dane.present dane.present"},
    {"one of two hosts has no address: it does not count",
     with(beside(dane(), {}),
          [](Domain& d) {
            facts::MxHost& second = d.mx_hosts[1];
            second.ipv4.addresses.clear();
            second.ipv4.status = LookupStatus::no_data;
            second.probes.clear();
          }),
     "protected", kMatched, "mx.no-address sts.dns.none dane.present"},
    {"records match one key type", two_keys(false), "protected", kMatched,
     "dane.one-key-type sts.dns.none dane.present"},
    {"records match both key types", two_keys(true), "protected", kMatched,
     "sts.dns.none dane.present"},
});

TEST(JudgeDane, rows) {
  check(kRows);
}

TEST(JudgeDane, usage_3_makes_what_does_not_count_info) {
  for (const Finding& finding : judged(pinned(expired("www.example.net"))).findings)
    EXPECT_EQ(finding.severity, Severity::info) << finding.code();
}

// Who reads it holds the two against each other, and against what the server should have.
TEST(JudgeDane, a_mismatch_shows_both_digests) {
  const auto found = judged(dane(kNobody)).findings;
  const auto mismatch = std::ranges::find(found, FindingId::dane_mismatch, &Finding::id);
  ASSERT_NE(mismatch, found.end());
  const std::string published = pki::beginning(kNobody[0].data);
  EXPECT_EQ(published.size(), 19U);  // "6d3a07c1a55e90b2..."
  EXPECT_EQ(mismatch->detail, "3 1 1 " + published + " (the certificate has " +
                                  pki::beginning(tlsa(3, 1, 1, leaf()).data) + ")");
}

// RFC 7672 §3.1.2: with usage 2 name and dates count, and the root store does not.
TEST(JudgeDane, usage_2_leaves_the_root_store_out_also_where_the_certificate_has_expired) {
  Wish wish = wish_for(kMx);
  wish.not_after = kNow - kDay;
  const Issued& root = authorities().other_root;
  const Chain chain = {issue(wish, &root).certificate, root.certificate};
  std::string found;
  for (const Finding& finding : judged(showing(chain, {tlsa(2, 0, 1, root.certificate)})).findings)
    if (finding.severity == Severity::error) found += std::string(finding.code()) + ' ';
  EXPECT_EQ(found, "smtp.cert.expired ");
}

TEST(JudgeDane, under_enforce_all_of_the_certificate_counts) {
  const Chain own = self_signed(kMx);
  const Domain facts = with(both({tlsa(3, 1, 1, own[0])}),
                            [&](Domain& d) { d.mx_hosts[0].probes[0].tls.chain = own; });
  const Finding first = judged(facts).findings.at(0);
  EXPECT_EQ(first.code(), "smtp.cert.self-signed");
  EXPECT_EQ(first.severity, Severity::error);
}

TEST(JudgeDane, state_of_the_domain) {
  const auto state = [](const Domain& domain) { return domain_dane_name(judged(domain).dane); };
  EXPECT_EQ(state(reporting()), "none");
  EXPECT_EQ(state(dane()), "secure");
  EXPECT_EQ(state(dane(kNobody)), "secure");
  EXPECT_EQ(state(beside(dane(), {})), "partial");
  EXPECT_EQ(state(not_signed(dane())), "insecure");
  EXPECT_EQ(state(mx_not_signed(dane())), "insecure");
  EXPECT_EQ(state(dane({tlsa(1, 1, 1, leaf())})), "unusable");
  EXPECT_EQ(state(unanswered(LookupStatus::timed_out)), "unknown");
  EXPECT_EQ(state(not_validated(dane())), "unknown");
}

}  // namespace
}  // namespace mxseal::judge
