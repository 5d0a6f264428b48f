// SPDX-License-Identifier: MIT
// The policy host: address, connection, certificate, HTTP.
#include "domains.hpp"

namespace mxseal::judge {
namespace {

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kKept = "encrypted authenticated encrypted";
const std::string kUnknown = "encrypted unknown encrypted";

Domain fetched(const std::function<void(facts::PolicyFetch&)>& change) {
  return with(enforce(), [&](Domain& d) { change(d.policy); });
}

/// No whole answer.
Domain failed(FetchStatus status) {
  return fetched([&](facts::PolicyFetch& f) {
    f.status = status;
    f.attempts[0].status = status;
    f.body.clear();
    f.http_status = 0;
    if (status != FetchStatus::too_slow && status != FetchStatus::truncated) f.tls = {};
  });
}

Domain failed_handshake(TlsStatus status) {
  return with(failed(FetchStatus::tls), [&](Domain& d) { d.policy.tls.status = status; });
}

/// No address.
Domain unresolved(LookupStatus ipv4, LookupStatus ipv6, std::vector<std::string> cnames = {}) {
  return with(enforce(), [&](Domain& d) {
    d.policy = {};
    d.policy.host = kPolicyHost;
    d.policy.ipv4.status = ipv4;
    d.policy.ipv6.status = ipv6;
    d.policy.ipv4.cnames = d.policy.ipv6.cnames = cnames;
  });
}

Domain showing(const Chain& chain) {
  return fetched([&](facts::PolicyFetch& f) { f.tls.chain = chain; });
}

Domain answering(int status) {
  return fetched([&](facts::PolicyFetch& f) {
    f.http_status = status;
    f.location = "https://www.example.com/";
  });
}

Domain typed(const std::string& type) {
  return fetched([&](facts::PolicyFetch& f) {
    f.content_type = type;
    f.has_content_type = !type.empty();
  });
}

/// IPv6 was tried first.
Domain over_ipv4_only(FetchStatus ipv6) {
  return fetched([&](facts::PolicyFetch& f) {
    f.ipv6.status = LookupStatus::answer;
    f.ipv6.addresses = {ip("2001:db8::80")};
    f.attempts.insert(f.attempts.begin(), {ip("2001:db8::80"), ipv6, "why"});
  });
}

const std::vector<Row> kRows = known({
    {"no such name", unresolved(LookupStatus::no_name, LookupStatus::no_name), "misconfigured",
     kPlain, "sts.host.no-address"},
    {"no address", unresolved(LookupStatus::no_data, LookupStatus::no_data), "misconfigured",
     kPlain, "sts.host.no-address"},
    {"a CNAME to nowhere",
     unresolved(LookupStatus::no_name, LookupStatus::no_name, {"gone.example"}), "misconfigured",
     kPlain, "sts.host.cname-dangling"},
    {"SERVFAIL", unresolved(LookupStatus::servfail, LookupStatus::servfail), "inconclusive",
     kUnknown, "sts.host.dns-failed"},
    {"no IPv4, and IPv6 not answered: not known to have none",
     unresolved(LookupStatus::no_data, LookupStatus::timed_out), "inconclusive", kUnknown,
     "sts.host.dns-failed"},
    {"bogus", unresolved(LookupStatus::bogus, LookupStatus::bogus), "inconclusive", kUnknown,
     "sts.host.dns-failed"},
    {"never asked", unresolved(LookupStatus::not_asked, LookupStatus::not_asked), "inconclusive",
     kUnknown, "sts.host.dns-failed"},
    {"private address", failed(FetchStatus::private_address), "misconfigured", kPlain,
     "sts.host.private-address"},
    {"refused", failed(FetchStatus::connect_refused), "misconfigured", kPlain,
     "sts.host.connect-refused"},
    {"refused over IPv4, IPv6 could not be looked up",
     with(failed(FetchStatus::connect_refused),
          [](Domain& d) { d.policy.ipv6.status = LookupStatus::servfail; }),
     "inconclusive", kUnknown, "sts.host.connect-refused sts.host.dns-failed"},
    {"silent: a fetch error, as a sender would report it", failed(FetchStatus::connect_timeout),
     "misconfigured", kPlain, "sts.host.timeout"},
    {"handshake", failed_handshake(TlsStatus::failed), "misconfigured", kPlain,
     "sts.host.tls-handshake"},
    {"handshake silent", failed_handshake(TlsStatus::timed_out), "misconfigured", kPlain,
     "sts.host.tls-handshake"},
    // Q28: TLS 1.2 or later.
    {"old TLS", failed_handshake(TlsStatus::version_old), "misconfigured", kPlain,
     "sts.host.tls-version"},
    {"old TLS that came about", fetched([](facts::PolicyFetch& f) { f.tls.version = "TLSv1.1"; }),
     "misconfigured", kPlain, "sts.host.tls-version"},
    {"IPv6 fails, IPv4 serves", over_ipv4_only(FetchStatus::tls), "protected", kKept,
     "sts.host.ipv6-broken"},
    {"too large", failed(FetchStatus::body_too_large), "misconfigured", kPlain,
     "sts.http.too-large"},
    {"headers too large", failed(FetchStatus::headers_too_large), "misconfigured", kPlain,
     "sts.http.too-large"},
    // Q15: senders may stop after a minute; what we stopped before says nothing.
    {"too slow", failed(FetchStatus::too_slow), "misconfigured", kPlain, "sts.http.too-slow"},
    {"cut short by us", failed(FetchStatus::cut_short), "inconclusive", kUnknown,
     "sts.http.cut-short"},
    {"not tried in time", failed(FetchStatus::not_tried), "inconclusive", kUnknown,
     "sts.http.cut-short"},
    {"truncated", failed(FetchStatus::truncated), "misconfigured", kPlain, "sts.http.truncated"},
    {"encoded", failed(FetchStatus::content_encoding), "misconfigured", kPlain,
     "sts.http.content-encoding"},
    {"no HTTP", failed(FetchStatus::invalid), "misconfigured", kPlain, "sts.http.invalid"},
    // Q13: only status 200, and no redirect.
    {"404", answering(404), "misconfigured", kPlain, "sts.http.not-found"},
    {"410", answering(410), "misconfigured", kPlain, "sts.http.not-found"},
    {"401", answering(401), "misconfigured", kPlain, "sts.http.auth-required"},
    {"407", answering(407), "misconfigured", kPlain, "sts.http.auth-required"},
    {"403", answering(403), "misconfigured", kPlain, "sts.http.blocked"},
    {"429", answering(429), "misconfigured", kPlain, "sts.http.blocked"},
    {"301", answering(301), "misconfigured", kPlain, "sts.http.redirect"},
    {"308", answering(308), "misconfigured", kPlain, "sts.http.redirect"},
    {"500", answering(500), "misconfigured", kPlain, "sts.http.status"},
    {"206, a part of a good policy", answering(206), "misconfigured", kPlain, "sts.http.status"},
    {"503 with a challenge", with(answering(503), [](Domain& d) { d.policy.challenge = true; }),
     "misconfigured", kPlain, "sts.http.blocked"},
    {"200 with a challenge", fetched([](facts::PolicyFetch& f) {
       f.challenge = true;
       f.body = "<html>Just a moment";
     }),
     "misconfigured", kPlain, "sts.http.blocked"},
    // Q7: the media type.
    {"another media type", typed("text/html"), "protected", kKept, "sts.http.content-type-wrong"},
    {"no media type", typed(""), "protected", kKept, "sts.http.content-type-missing"},
    {"a header without media type", typed("; charset=utf-8"), "protected", kKept,
     "sts.http.content-type-missing"},
    {"in capitals and with parameters", typed("Text/Plain ; charset=UTF-8"), "protected", kKept,
     ""},
    // Q12: the certificate of the policy host.
    {"expired", showing(expired(kPolicyHost)), "misconfigured", kPlain, "sts.cert.expired"},
    {"not yet valid", showing(dated(kPolicyHost, 7, 90)), "misconfigured", kPlain,
     "sts.cert.not-yet-valid"},
    {"for the domain only", showing(good_chain(kDomain)), "misconfigured", kPlain,
     "sts.cert.name-mismatch"},
    {"self-signed", showing(self_signed(kPolicyHost)), "misconfigured", kPlain,
     "sts.cert.self-signed"},
    {"untrusted", showing(untrusted(kPolicyHost)), "misconfigured", kPlain, "sts.cert.untrusted"},
    {"incomplete", showing(incomplete(kPolicyHost)), "misconfigured", kPlain,
     "sts.cert.incomplete-chain"},
    {"name in the CN alone", showing(cn_only(kPolicyHost)), "misconfigured", kPlain,
     "sts.cert.cn-only"},
    {"for clients", showing(for_clients(kPolicyHost)), "misconfigured", kPlain, "sts.cert.invalid"},
    {"no certificate", showing({}), "misconfigured", kPlain, "sts.cert.invalid"},
    {"expired and for another name", showing(expired("www.example.com")), "misconfigured", kPlain,
     "sts.cert.expired sts.cert.name-mismatch"},
    {"by another path", showing(two_paths(kPolicyHost)), "protected", kKept,
     "sts.cert.alternative-path"},
    {"expires in ten days", showing(dated(kPolicyHost, -80, 10)), "protected", kKept,
     "sts.cert.expires-soon"},
    {"expires in fifteen days", showing(dated(kPolicyHost, -80, 15)), "protected", kKept, ""},
    // Q55, Q30: never the target of a CNAME, also where the policy is delegated by one.
    {"for the CNAME's target only",
     with(showing(good_chain("policies.provider.example")),
          [](Domain& d) { d.policy.ipv4.cnames = {"policies.provider.example"}; }),
     "misconfigured", kPlain, "sts.cert.name-mismatch"},
    {"a bad certificate beside a 404",
     with(answering(404), [](Domain& d) { d.policy.tls.chain = expired(kPolicyHost); }),
     "misconfigured", kPlain, "sts.cert.expired sts.http.not-found"},
    {"an answer without a handshake is none", fetched([](facts::PolicyFetch& f) { f.tls = {}; }),
     "misconfigured", kPlain, "sts.host.tls-handshake"},
});

TEST(JudgePolicyHost, rows) {
  check(kRows);
}

TEST(JudgePolicyHost, details_say_what_was_met) {
  const auto detail = [](const Domain& domain) { return judged(domain).findings.at(0).detail; };
  EXPECT_EQ(detail(answering(301)), "301 to https://www.example.com/");
  EXPECT_EQ(detail(showing(expired(kPolicyHost))), "valid until 2027-01-12T08:00:00Z");
  EXPECT_EQ(detail(over_ipv4_only(FetchStatus::tls)), "2001:db8::80: why");
}

}  // namespace
}  // namespace mxseal::judge
