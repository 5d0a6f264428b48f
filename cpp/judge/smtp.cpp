// SPDX-License-Identifier: MIT
#include "judge/smtp.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "judge/dane.hpp"

namespace mxseal::judge {
namespace {

using facts::SmtpProbe;
using facts::SmtpStatus;
using facts::TlsStatus;

constexpr double kPatience = 2;  // seconds for a greeting; later it is worth a word

bool is_old(std::string_view version) {
  return version == "SSLv3" || version == "TLSv1" || version == "TLSv1.1";
}

bool is_silent(const SmtpProbe& probe) {
  return probe.status == SmtpStatus::timed_out && probe.greeting.empty();
}

bool offers_starttls(const SmtpProbe& probe) {
  return probe.status == SmtpStatus::starttls_refused || probe.status == SmtpStatus::injection ||
         probe.status == SmtpStatus::tls || probe.status == SmtpStatus::secured;
}

Session session_of(const SmtpProbe& probe) {
  switch (probe.status) {
    case SmtpStatus::not_probed:
    case SmtpStatus::blocked:
    case SmtpStatus::private_address:
    case SmtpStatus::connect_refused:
    case SmtpStatus::timed_out:
    case SmtpStatus::tarpit:
    case SmtpStatus::protocol:
    case SmtpStatus::banner_4xx:
    case SmtpStatus::banner_5xx:
      return Session::not_seen;
    case SmtpStatus::ehlo_rejected:
    case SmtpStatus::starttls_missing:
    case SmtpStatus::starttls_refused:
    case SmtpStatus::injection:
      return Session::clear;
    case SmtpStatus::tls:
      if (probe.tls.status == TlsStatus::timed_out) return Session::not_seen;
      return probe.tls.status == TlsStatus::version_old ? Session::old_tls : Session::clear;
    case SmtpStatus::secured:
      // RFC 8461 §7.2, RFC 9325 §3.1.1: nothing before TLS 1.2.
      if (probe.tls.status != TlsStatus::done) return Session::clear;
      return is_old(probe.tls.version) ? Session::old_tls : Session::secured;
  }
  return Session::not_seen;  // untested: unreachable
}

void judge_handshake(const SmtpProbe& probe, const std::string& subject, Findings& findings) {
  switch (probe.tls.status) {
    case TlsStatus::timed_out:
      findings.add(FindingId::smtp_timeout, subject, "in the TLS handshake");
      break;
    case TlsStatus::version_old:
      findings.add(FindingId::smtp_tls_version_old, subject, probe.tls.detail);
      break;
    case TlsStatus::sni_rejected:
      findings.add(FindingId::smtp_tls_sni_rejected, subject, probe.tls.detail);
      break;
    case TlsStatus::done:
    case TlsStatus::not_tried:
    case TlsStatus::failed:
    case TlsStatus::closed:
      findings.add(FindingId::smtp_tls_handshake_failed, subject,
                   probe.tls.detail.empty() ? std::string(facts::tls_status_name(probe.tls.status))
                                            : probe.tls.detail);
      break;
  }
}

void judge_dialogue(const facts::Domain& facts, const facts::MxHost& host, const SmtpProbe& probe,
                    const std::string& subject, Findings& findings) {
  if (!probe.greeting.empty() && probe.greeting_seconds > kPatience)
    findings.add(FindingId::smtp_greeting_delay, subject,
                 std::to_string(static_cast<int>(probe.greeting_seconds)) + " s");
  switch (probe.status) {
    case SmtpStatus::not_probed:
      // Where port 25 was to be asked, the time ended before.
      if (facts.probed) findings.add(FindingId::smtp_timeout, subject);
      break;
    case SmtpStatus::blocked:
      findings.add(FindingId::scan_blocked, subject);
      break;
    case SmtpStatus::private_address:
      findings.add(FindingId::mx_private_address, subject);
      break;
    case SmtpStatus::connect_refused:
      findings.add(FindingId::smtp_connect_refused, subject, probe.reply);
      break;
    case SmtpStatus::timed_out:
      if (!facts.port_25_blocked || !is_silent(probe))
        findings.add(FindingId::smtp_timeout, subject, excerpt(probe.greeting));
      break;
    case SmtpStatus::tarpit:
      findings.add(FindingId::smtp_tarpit, subject);
      break;
    case SmtpStatus::protocol:
      findings.add(FindingId::smtp_protocol, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::banner_4xx:
      findings.add(FindingId::smtp_banner_4xx, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::banner_5xx:
      findings.add(FindingId::smtp_banner_5xx, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::ehlo_rejected:
      findings.add(FindingId::smtp_ehlo_rejected, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::starttls_missing: {
      // RFC 8461 §10, RFC 7672 §9.2: offered to some and not to others: somebody may have cut it out.
      const auto other = std::ranges::find_if(host.probes, offers_starttls);
      if (other == host.probes.end()) {
        findings.add(FindingId::smtp_starttls_missing, subject);
      } else {
        findings.add(FindingId::smtp_starttls_stripped, subject,
                     "offered at " + other->address.text());
      }
      break;
    }
    case SmtpStatus::starttls_refused:
      findings.add(FindingId::smtp_starttls_refused, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::injection:
      findings.add(FindingId::smtp_injection, subject, excerpt(probe.reply));
      break;
    case SmtpStatus::tls:
      judge_handshake(probe, subject, findings);
      break;
    case SmtpStatus::secured:
      if (probe.tls.status != TlsStatus::done)
        judge_handshake(probe, subject, findings);
      else if (is_old(probe.tls.version))
        findings.add(FindingId::smtp_tls_version_old, subject, probe.tls.version);
      break;
  }
}

// RFC 8461 §7.1, RFC 7672 §8.1: servers must not require SNI; which certificate comes without it?
void judge_without_sni(const facts::Domain& facts, const facts::MxHost& host,
                       const SmtpProbe& probe, Chains& chains, const MxJudgement& judged,
                       const std::string& subject, Findings& findings) {
  if (!probe.without_sni) return;
  const facts::Tls& bare = *probe.without_sni;
  if (bare.status == TlsStatus::failed || bare.status == TlsStatus::closed ||
      bare.status == TlsStatus::sni_rejected) {
    findings.add(FindingId::smtp_tls_sni_required, subject, bare.detail);
    return;
  }
  if (bare.status != TlsStatus::done || bare.chain == probe.tls.chain) return;
  const auto right = [&](const std::vector<pki::Certificate>& chain) {
    return chains.verify(chain, host.host).ok ||
           (has_tlsa_to_match(host, judged) && tlsa_matches(facts, host, chain, chains.at()));
  };
  if (right(probe.tls.chain) && !right(bare.chain))
    findings.add(FindingId::smtp_tls_sni_needed, subject,
                 bare.chain.empty() ? std::string() : bare.chain.front().subject());
}

// RFC 7672 §8.1, RFC 7671 §8: a server with ECDSA and RSA certificates needs records for both.
void judge_other_key(const facts::Domain& facts, const facts::MxHost& host, const SmtpProbe& probe,
                     bool matches, std::int64_t at, const std::string& subject,
                     Findings& findings) {
  if (!probe.other_key || probe.other_key->status != TlsStatus::done ||
      probe.other_key->chain.empty() || facts.validation != facts::Validation::validates)
    return;
  const bool other = tlsa_matches(facts, host, probe.other_key->chain, at);
  if (matches == other) return;
  const auto& unmatched = matches ? probe.other_key->chain : probe.tls.chain;
  findings.add(FindingId::dane_one_key_type, subject,
               unmatched.empty() ? std::string() : unmatched.front().key());
}

// One address, whose handshake ended.
void judge_chain(const facts::Domain& facts, const facts::MxHost& host, const SmtpProbe& probe,
                 bool enforced, Chains& chains, const MxJudgement& judged,
                 AddressJudgement& address, const std::string& subject, Findings& findings) {
  const pki::Verification& verification = chains.verify(probe.tls.chain, host.host);
  address.certificate = verification;
  Counts counts = Counts::everything;
  if (has_tlsa_to_match(host, judged)) {
    const TlsaVerdict tlsa =
        match_tlsa(facts, host, probe, verification, chains.at(), subject, findings);
    address.tlsa_matches = tlsa.matches;
    // Under enforce those who follow MTA-STS look at all of it, whatever TLSA says (RFC 8461 §5).
    if (!enforced) counts = tlsa.counts;
    judge_other_key(facts, host, probe, tlsa.matches, chains.at(), subject, findings);
  }
  chains.report(probe.tls.chain, verification, "smtp.cert.", counts, subject, findings);
  judge_without_sni(facts, host, probe, chains, judged, subject, findings);
}

void compare_addresses(const facts::MxHost& host, Findings& findings) {
  const SmtpProbe* first = nullptr;
  for (const SmtpProbe& probe : host.probes) {
    if (probe.status != SmtpStatus::secured || probe.tls.chain.empty()) continue;
    if (first == nullptr) {
      first = &probe;
    } else if (!(first->tls.chain.front() == probe.tls.chain.front())) {
      findings.add(FindingId::smtp_cert_differs_between_addresses, host.host,
                   first->address.text() + " and " + probe.address.text());
      return;
    }
  }
}

}  // namespace

void judge_smtp(const facts::Domain& facts, const facts::MxHost& host, bool enforced,
                Chains& chains, MxJudgement& judged, Findings& findings) {
  for (const SmtpProbe& probe : host.probes) {
    const std::string at = probe.address.text();
    const std::string subject = host.host == at ? at : host.host + " at " + at;
    AddressJudgement& address = judged.addresses.emplace_back();
    address.address = probe.address;
    address.session = session_of(probe);
    judge_dialogue(facts, host, probe, subject, findings);
    if (probe.status == SmtpStatus::secured && probe.tls.status == TlsStatus::done)
      judge_chain(facts, host, probe, enforced, chains, judged, address, subject, findings);
  }
  compare_addresses(host, findings);
}

void judge_port(const facts::Domain& facts, Findings& findings) {
  if (facts.mx_hosts.empty()) return;
  if (!facts.probed) {
    findings.add(FindingId::smtp_not_probed, facts.domain);
    return;
  }
  if (!facts.port_25_blocked) return;
  std::size_t silent = 0;
  for (const facts::MxHost& host : facts.mx_hosts)
    silent += static_cast<std::size_t>(std::ranges::count_if(host.probes, is_silent));
  if (silent > 0)
    findings.add(
        FindingId::smtp_port_blocked, facts.domain,
        "silence at " + std::to_string(silent) + (silent == 1 ? " address" : " addresses"));
}

}  // namespace mxseal::judge
