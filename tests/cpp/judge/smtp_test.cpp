// SPDX-License-Identifier: MIT
// What each address of an MX host shows on port 25.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kKept = "encrypted authenticated encrypted";
const std::string kUnseen = "unknown unknown unknown";
const std::string kClear = "clear refused clear";
const std::string kRefused = "encrypted refused encrypted";

/// One host with these probes, under enforce.
Domain probed(std::vector<facts::SmtpProbe> probes, Domain base = enforce()) {
  return with(std::move(base), [&](Domain& d) { set_hosts(d, {host(kMx, std::move(probes))}); });
}

Domain status(SmtpStatus status, Domain base = enforce()) {
  return probed({probe("192.0.2.1", status)}, std::move(base));
}

Domain handshake_fails(TlsStatus status) {
  return probed({failed_tls("192.0.2.1", status)});
}

Domain showing(const Chain& chain, Domain base = enforce()) {
  return probed({probe("192.0.2.1", SmtpStatus::secured, chain)}, std::move(base));
}

Domain changed(const std::function<void(facts::SmtpProbe&)>& change) {
  return with(enforce(), [&](Domain& d) { change(d.mx_hosts[0].probes[0]); });
}

/// A good host, and one with this probe, both inside the policy.
Domain second_host(facts::SmtpProbe second) {
  return with(enforce(), [&](Domain& d) {
    set_policy(d, "enforce", {"*.example.com"});
    set_hosts(d, {host(kMx, {probe("192.0.2.1")}), host("mx2.example.com", {std::move(second)})});
  });
}

/// Two hosts, silent at one address each.
Domain all_silent() {
  return with(enforce(), [](Domain& d) {
    set_policy(d, "enforce", {"*.example.com"});
    set_hosts(d, {host(kMx, {probe("192.0.2.1", SmtpStatus::timed_out)}),
                  host("mx2.example.com", {probe("198.51.100.1", SmtpStatus::timed_out)})});
  });
}

facts::Tls bare(TlsStatus status, const Chain& chain = {}) {
  facts::Tls tls = handshake(chain);
  tls.status = status;
  return tls;
}

const std::vector<Row> kRows = known({
    // No answer on port 25 is unknown, and nothing else.
    {"refused", status(SmtpStatus::connect_refused), "inconclusive", kUnseen,
     "smtp.connect-refused"},
    {"silent", status(SmtpStatus::timed_out), "inconclusive", kUnseen, "smtp.timeout"},
    {"not reached in time", status(SmtpStatus::not_probed), "inconclusive", kUnseen,
     "smtp.timeout"},
    {"on the block list", status(SmtpStatus::blocked), "inconclusive", kUnseen, "scan.blocked"},
    {"tarpit", status(SmtpStatus::tarpit), "inconclusive", kUnseen, "smtp.tarpit"},
    {"no SMTP", status(SmtpStatus::protocol), "inconclusive", kUnseen, "smtp.protocol"},
    {"greeting 4xx", status(SmtpStatus::banner_4xx), "inconclusive", kUnseen, "smtp.banner-4xx"},
    {"greeting 5xx", status(SmtpStatus::banner_5xx), "inconclusive", kUnseen, "smtp.banner-5xx"},
    {"silent in the handshake", handshake_fails(TlsStatus::timed_out), "inconclusive", kUnseen,
     "smtp.timeout"},
    {"silent, and nothing published", status(SmtpStatus::timed_out, nothing()), "unprotected",
     kUnseen, "smtp.timeout sts.dns.none rpt.none"},
    {"silent, in testing", status(SmtpStatus::timed_out, testing()), "testing", kUnseen,
     "smtp.timeout sts.policy.mode-testing"},
    {"port 25 was not asked",
     with(status(SmtpStatus::not_probed), [](Domain& d) { d.probed = false; }), "inconclusive",
     kUnseen, "smtp.not-probed"},
    {"port 25 is blocked here", with(all_silent(), [](Domain& d) { d.port_25_blocked = true; }),
     "inconclusive", kUnseen, "smtp.port-blocked"},
    {"two silent hosts", all_silent(), "inconclusive", kUnseen, "smtp.timeout smtp.timeout"},
    {"the time ended", with(all_silent(), [](Domain& d) { d.budget_spent = true; }), "inconclusive",
     kUnseen, "smtp.timeout smtp.timeout scan.budget"},
    // Nolisting is a practice.
    {"nolisting", second_host(probe("198.51.100.1", SmtpStatus::connect_refused)), "protected",
     kKept, "smtp.connect-refused"},
    {"one of two greets with 554", second_host(probe("198.51.100.1", SmtpStatus::banner_5xx)),
     "protected", kKept, "smtp.banner-5xx"},
    {"one of two addresses refuses",
     probed({probe("192.0.2.1", SmtpStatus::connect_refused), probe("192.0.2.2")}), "protected",
     kKept, "smtp.connect-refused"},
    {"late greeting", changed([](facts::SmtpProbe& p) { p.greeting_seconds = 2.5; }), "protected",
     kKept, "smtp.greeting-delay"},
    {"greeting after two seconds", changed([](facts::SmtpProbe& p) { p.greeting_seconds = 2; }),
     "protected", kKept, ""},
    // Q20, Q22: STARTTLS and a good certificate, or nothing is delivered under enforce.
    {"no EHLO", status(SmtpStatus::ehlo_rejected), "broken", kClear, "smtp.ehlo-rejected"},
    {"no STARTTLS: a downgrade", status(SmtpStatus::starttls_missing), "broken", kClear,
     "smtp.starttls-missing"},
    {"no STARTTLS at one of two addresses",
     probed({probe("192.0.2.1", SmtpStatus::starttls_missing), probe("192.0.2.2")}), "partly",
     "clear authenticated clear", "smtp.starttls-stripped"},
    {"no STARTTLS at both addresses",
     probed({probe("192.0.2.1", SmtpStatus::starttls_missing),
             probe("192.0.2.2", SmtpStatus::starttls_missing)}),
     "broken", kClear, "smtp.starttls-missing smtp.starttls-missing"},
    {"no STARTTLS, in testing", status(SmtpStatus::starttls_missing, testing()), "testing",
     "clear clear clear", "smtp.starttls-missing sts.policy.mode-testing"},
    {"no STARTTLS, and nothing published", status(SmtpStatus::starttls_missing, nothing()),
     "unprotected", "clear clear clear", "smtp.starttls-missing sts.dns.none rpt.none"},
    {"STARTTLS refused", status(SmtpStatus::starttls_refused), "broken", kClear,
     "smtp.starttls-refused"},
    {"injection", status(SmtpStatus::injection), "broken", kClear, "smtp.injection"},
    {"handshake fails", handshake_fails(TlsStatus::failed), "broken", kClear,
     "smtp.tls.handshake-failed"},
    {"closed in the handshake", handshake_fails(TlsStatus::closed), "broken", kClear,
     "smtp.tls.handshake-failed"},
    // Q28: TLS 1.2 or later.
    {"old TLS", handshake_fails(TlsStatus::version_old), "broken", kRefused,
     "smtp.tls.version-old"},
    {"old TLS that came about", changed([](facts::SmtpProbe& p) { p.tls.version = "TLSv1"; }),
     "broken", kRefused, "smtp.tls.version-old"},
    {"secured without a handshake is not", changed([](facts::SmtpProbe& p) { p.tls = {}; }),
     "broken", kClear, "smtp.tls.handshake-failed"},
    // Q27: SNI.
    {"refuses the SNI of its own name", handshake_fails(TlsStatus::sni_rejected), "broken", kClear,
     "smtp.tls.sni-rejected"},
    {"no handshake without SNI",
     changed([](facts::SmtpProbe& p) { p.without_sni = bare(TlsStatus::failed); }), "protected",
     kKept, "smtp.tls.sni-required"},
    {"another certificate without SNI", changed([](facts::SmtpProbe& p) {
       p.without_sni = bare(TlsStatus::done, good_chain("www.example.com"));
     }),
     "protected", kKept, "smtp.tls.sni-needed"},
    {"the same certificate without SNI",
     changed([](facts::SmtpProbe& p) { p.without_sni = bare(TlsStatus::done, good_chain(kMx)); }),
     "protected", kKept, ""},
    {"silent without SNI",
     changed([](facts::SmtpProbe& p) { p.without_sni = bare(TlsStatus::timed_out); }), "protected",
     kKept, ""},
    // Certificates (Q22).
    {"expired", showing(expired(kMx)), "broken", kRefused, "smtp.cert.expired"},
    {"not yet valid", showing(dated(kMx, 7, 90)), "broken", kRefused, "smtp.cert.not-yet-valid"},
    {"for another name: a man in the middle", showing(good_chain("mx.attacker.example")), "broken",
     kRefused, "smtp.cert.name-mismatch"},
    {"self-signed", showing(self_signed(kMx)), "broken", kRefused, "smtp.cert.self-signed"},
    {"untrusted", showing(untrusted(kMx)), "broken", kRefused, "smtp.cert.untrusted"},
    {"incomplete", showing(incomplete(kMx)), "broken", kRefused, "smtp.cert.incomplete-chain"},
    {"name in the CN alone", showing(cn_only(kMx)), "broken", kRefused, "smtp.cert.cn-only"},
    {"for clients", showing(for_clients(kMx)), "broken", kRefused, "smtp.cert.invalid"},
    {"no certificate", showing({}), "broken", kRefused, "smtp.cert.invalid"},
    {"expired and for another name", showing(expired("www.example.com")), "broken", kRefused,
     "smtp.cert.expired smtp.cert.name-mismatch"},
    {"self-signed, in testing", showing(self_signed(kMx), testing()), "testing", kPlain,
     "smtp.cert.self-signed sts.policy.mode-testing"},
    {"self-signed, nothing published", showing(self_signed(kMx), nothing()), "unprotected", kPlain,
     "smtp.cert.self-signed sts.dns.none rpt.none"},
    {"by another path", showing(two_paths(kMx)), "protected", kKept, "smtp.cert.alternative-path"},
    {"expires in ten days", showing(dated(kMx, -80, 10)), "protected", kKept,
     "smtp.cert.expires-soon"},
    {"two good certificates",
     probed(
         {probe("192.0.2.1"), probe("192.0.2.2", SmtpStatus::secured, chain_for(wish_for(kMx)))}),
     "protected", kKept, "smtp.cert.differs-between-addresses"},
    {"expired at one of two addresses",
     probed({probe("192.0.2.1"), probe("192.0.2.2", SmtpStatus::secured, expired(kMx))}), "partly",
     kKept, "smtp.cert.expired smtp.cert.differs-between-addresses"},
    {"two hosts with one certificate, which names only the first",
     second_host(probe("198.51.100.1", SmtpStatus::secured, good_chain(kMx))), "partly", kKept,
     "smtp.cert.name-mismatch"},
    {"self-signed at one of two hosts",
     second_host(probe("198.51.100.1", SmtpStatus::secured, self_signed("mx2.example.com"))),
     "partly", kKept, "smtp.cert.self-signed"},
});

TEST(JudgeSmtp, rows) {
  check(kRows);
}

TEST(JudgeSmtp, each_address_has_its_own_result) {
  const Judgement judgement =
      judged(probed({probe("192.0.2.1"), probe("2001:db8::1", SmtpStatus::secured, expired(kMx)),
                     probe("192.0.2.3", SmtpStatus::timed_out)}));
  const auto& addresses = judgement.mx.at(0).addresses;
  ASSERT_EQ(addresses.size(), 3U);
  EXPECT_EQ(addresses[0].outcome, Outcome::passes);
  EXPECT_TRUE(addresses[0].certificate.value().ok);
  EXPECT_EQ(addresses[1].outcome, Outcome::fails);
  EXPECT_FALSE(addresses[1].certificate.value().ok);
  EXPECT_EQ(addresses[2].outcome, Outcome::unknown);
  EXPECT_FALSE(addresses[2].certificate);
  EXPECT_EQ(judgement.mx[0].outcome, Outcome::fails);
  EXPECT_EQ(judgement.findings.at(0).subject, "mx1.example.com at 2001:db8::1");
}

}  // namespace
}  // namespace mxseal::judge
