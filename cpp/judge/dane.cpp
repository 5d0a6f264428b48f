// SPDX-License-Identifier: MIT
#include "judge/dane.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>

#include "judge/lookups.hpp"
#include "pki/tlsa.hpp"

namespace mxseal::judge {
namespace {

using pki::TlsaMatch;

enum class Secure : std::uint8_t { yes, no, unknown };

bool validates(const facts::Domain& facts) {
  return facts.validation == facts::Validation::validates;
}

// RFC 7672 §2.2.2: the addresses are secure, or at least the first CNAME on the way to them.
Secure addresses_secure(const facts::MxHost& host) {
  for (const facts::AddressLookup* lookup : {&host.ipv4, &host.ipv6}) {
    if (lookup->found() && lookup->authentic) return Secure::yes;
  }
  if (host.first_cname.found() && host.first_cname.authentic) return Secure::yes;
  return host.ipv4.found() || host.ipv6.found() ? Secure::no : Secure::unknown;
}

// The three numbers, as in a zone file: "3 1 1".
std::string numbers(const pki::Tlsa& record) {
  return std::to_string(record.usage) + " " + std::to_string(record.selector) + " " +
         std::to_string(record.matching_type);
}

std::string tlsa_name(const facts::MxHost& host) {
  return host.tlsa.name.empty() ? "_25._tcp." + host.host : host.tlsa.name;
}

// The names for which usage 2 takes a certificate (RFC 7672 §3.2.2): the TLSA base, and behind a secure MX answer the next-hop domain
// and what that is a CNAME of.
std::vector<std::string> reference_names(const facts::Domain& facts, const facts::MxHost& host) {
  constexpr std::string_view kProtocol = "._tcp.";  // behind _25, or another port that was probed
  const std::string name = tlsa_name(host);
  const std::size_t base = name.find(kProtocol);
  std::vector<std::string> names = {base != std::string::npos ? name.substr(base + kProtocol.size())
                                                              : host.host};
  if (!facts.mx.authentic) return names;
  if (names[0] != facts.domain) names.push_back(facts.domain);
  if (!facts.mx.cnames.empty()) names.push_back(facts.mx.cnames.back());
  return names;
}

// Each record's outcome; of several reference names the best.
std::vector<pki::TlsaOutcome> match(const facts::Domain& facts, const facts::MxHost& host,
                                    const std::vector<pki::Tlsa>& records,
                                    const std::vector<pki::Certificate>& chain, std::int64_t at) {
  std::vector<pki::TlsaOutcome> outcomes;
  for (const std::string& name : reference_names(facts, host)) {
    std::vector<pki::TlsaOutcome> found = pki::match(records, chain, name, at);
    if (outcomes.empty())
      outcomes = std::move(found);
    else
      for (std::size_t i = 0; i < outcomes.size() && i < found.size(); ++i)
        if (found[i].match == TlsaMatch::match) outcomes[i] = found[i];
  }
  return outcomes;
}

// Says what single records are, where they are secure; true where one of them is usable.
bool judge_records(const facts::MxHost& host, Findings& findings) {
  const std::string subject = tlsa_name(host);
  std::vector<std::string> unusable;
  bool any_usable = false;
  for (const pki::Tlsa& record : host.tlsa.records) {
    const pki::TlsaOutcome outcome = pki::usable(record);
    if (outcome.match == TlsaMatch::unusable) {
      unusable.push_back(numbers(record) + ": " + outcome.detail);
      continue;
    }
    any_usable = true;
    if (record.matching_type == 0)
      findings.add(FindingId::dane_full_data, subject, numbers(record));
  }
  for (const std::string& why : unusable)
    findings.add(any_usable ? FindingId::dane_record_unusable : FindingId::dane_unusable, subject,
                 why);
  return any_usable;
}

bool any_usable(const facts::MxHost& host) {
  return std::ranges::any_of(host.tlsa.records, [](const pki::Tlsa& record) {
    return pki::usable(record).match != TlsaMatch::unusable;
  });
}

HostDane judge_found(const facts::Domain& facts, const facts::MxHost& host, Findings& findings) {
  const std::string subject = tlsa_name(host);
  const Secure addresses = addresses_secure(host);
  if (!host.tlsa.authentic || addresses == Secure::no) {
    findings.add(FindingId::dane_not_secure, subject);
    return HostDane::not_secure;
  }
  // mx.address-unknown says why. Behind an MX answer that is not secure they are in force in no case.
  if (addresses == Secure::unknown)
    return facts.mx.authentic ? HostDane::unknown : HostDane::mx_not_secure;
  // RFC 7672 §2.2: only unusable ones: TLS is required, and nothing authenticated.
  if (!judge_records(host, findings)) return HostDane::unusable;
  if (!facts.mx.authentic) {
    findings.add(FindingId::dane_mx_not_secure, subject);
    return HostDane::mx_not_secure;
  }
  findings.add(FindingId::dane_present, subject);
  return HostDane::in_force;
}

HostDane judge_unanswered(const facts::Domain& facts, const facts::MxHost& host,
                          Findings& findings) {
  // RFC 7672 §2.2.2: senders do not ask for TLSA where the addresses are not secure.
  const Secure addresses = addresses_secure(host);
  if (addresses == Secure::no) return HostDane::none;
  const bool bogus = host.tlsa.status == facts::LookupStatus::bogus;
  if (addresses == Secure::yes) {
    findings.add(bogus ? FindingId::dane_bogus : FindingId::dane_timeout, tlsa_name(host),
                 bogus ? who_was_asked(host.tlsa) : how_it_failed(host.tlsa));
  }
  if (!facts.mx.authentic) return HostDane::mx_not_secure;  // in force in no case
  return bogus && addresses == Secure::yes ? HostDane::bogus : HostDane::unknown;
}

}  // namespace

void judge_tlsa(const facts::Domain& facts, const facts::MxHost& host, MxJudgement& judged,
                Findings& findings) {
  judged.dane = judged.dane_if_secure = HostDane::none;
  if (host.tlsa.absent()) return;
  if (!validates(facts)) {
    findings.add(FindingId::dane_resolver, tlsa_name(host));
    judged.dane = HostDane::unknown;
    judged.dane_if_secure = !host.tlsa.found() ? HostDane::unknown
                            : any_usable(host) ? HostDane::in_force
                                               : HostDane::unusable;
    return;
  }
  judged.dane = host.tlsa.found() ? judge_found(facts, host, findings)
                                  : judge_unanswered(facts, host, findings);
  judged.dane_if_secure = judged.dane;
}

void compare_hosts(const facts::Domain& facts, const std::vector<MxJudgement>& hosts,
                   Findings& findings) {
  bool any = false;
  std::string without;
  for (const MxJudgement& host : hosts) {
    if (host.unreachable) continue;
    any = any || host.dane == HostDane::in_force;
    if (host.dane == HostDane::none || host.dane == HostDane::not_secure ||
        host.dane == HostDane::unusable)
      without += (without.empty() ? "" : ", ") + host.host;
  }
  if (any && !without.empty())
    findings.add(FindingId::dane_partial, facts.domain, "not at " + without);
}

DomainDane sum_of(const std::vector<MxJudgement>& hosts) {
  std::array<int, static_cast<std::size_t>(HostDane::unknown) + 1> counts{};
  const auto count = [&counts](HostDane dane) -> int& {
    return counts[static_cast<std::size_t>(dane)];
  };
  int reachable = 0;
  for (const MxJudgement& host : hosts) {
    if (host.unreachable) continue;
    ++count(host.dane);
    ++reachable;
  }
  const int in_force = count(HostDane::in_force) + count(HostDane::bogus);
  const int unknown = count(HostDane::unknown);
  if (in_force > 0) {
    if (in_force == reachable) return DomainDane::secure;
    return in_force + unknown < reachable ? DomainDane::partial : DomainDane::unknown;
  }
  if (unknown > 0) return DomainDane::unknown;
  if (count(HostDane::not_secure) + count(HostDane::mx_not_secure) > 0) return DomainDane::insecure;
  return count(HostDane::unusable) > 0 ? DomainDane::unusable : DomainDane::none;
}

bool has_tlsa_to_match(const facts::MxHost& host, const MxJudgement& judged) {
  return host.tlsa.found() && (judged.dane_if_secure == HostDane::in_force ||
                               judged.dane_if_secure == HostDane::mx_not_secure);
}

bool tlsa_matches(const facts::Domain& facts, const facts::MxHost& host,
                  const std::vector<pki::Certificate>& chain, std::int64_t at) {
  return std::ranges::any_of(
      match(facts, host, host.tlsa.records, chain, at),
      [](const pki::TlsaOutcome& outcome) { return outcome.match == TlsaMatch::match; });
}

TlsaVerdict match_tlsa(const facts::Domain& facts, const facts::MxHost& host,
                       const facts::SmtpProbe& probe, const pki::Verification& verification,
                       std::int64_t at, const std::string& subject, Findings& findings) {
  const std::vector<pki::Tlsa>& records = host.tlsa.records;
  const std::vector<pki::TlsaOutcome> outcomes = match(facts, host, records, probe.tls.chain, at);

  TlsaVerdict verdict;
  bool by_usage_3 = false;
  bool all_not_sent = true;
  bool name_or_dates = false;
  std::string unmatched;
  std::map<std::tuple<int, int, int>, bool> combinations;  // whether any record of each matches
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].match == TlsaMatch::unusable) continue;
    const bool matches = outcomes[i].match == TlsaMatch::match;
    const pki::Tlsa& record = records[i];
    combinations[{record.usage, record.selector, record.matching_type}] |= matches;
    verdict.matches = verdict.matches || matches;
    by_usage_3 = by_usage_3 || (matches && record.usage == 3);
    if (matches) continue;
    all_not_sent = all_not_sent && outcomes[i].match == TlsaMatch::not_sent;
    name_or_dates = name_or_dates || outcomes[i].match == TlsaMatch::name_or_dates;
    if (!unmatched.empty()) unmatched += ", ";
    unmatched += numbers(record) + " " + pki::beginning(record.data);
    if (!outcomes[i].detail.empty()) unmatched += " (" + outcomes[i].detail + ")";
  }
  // Without a validating resolver it is not known whether any of this counts.
  const bool told = validates(facts);
  if (!verdict.matches) {
    // The record is right and the certificate is not: its own finding says that, unless it is good for the name in the MX record.
    // Behind an MX answer that is not secure nothing else would make the domain misconfigured.
    const bool said = facts.mx.authentic &&
                      std::ranges::any_of(verification.errors, [](const pki::ChainError& error) {
                        return pki::is_of_name_or_dates(error.fault);
                      });
    if (told && name_or_dates) verdict.counts = Counts::name_and_dates;
    if (told && !(name_or_dates && said))
      findings.add(all_not_sent ? FindingId::dane_ta_not_sent : FindingId::dane_mismatch, subject,
                   unmatched);
    return verdict;
  }
  // RFC 7672 §3.1.1: name and dates MUST NOT count with usage 3; with usage 2 they do, and are good.
  if (told) verdict.counts = by_usage_3 ? Counts::nothing : Counts::its_end;
  for (const auto& [combination, matches] : combinations) {
    if (matches || !told) continue;
    const auto& [usage, selector, type] = combination;
    findings.add(
        FindingId::dane_combination_unmatched, subject,
        std::to_string(usage) + " " + std::to_string(selector) + " " + std::to_string(type));
  }
  return verdict;
}

}  // namespace mxseal::judge
