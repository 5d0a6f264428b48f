// SPDX-License-Identifier: MIT
#include "judge/mx.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "judge/lookups.hpp"

namespace mxseal::judge {
namespace {

enum class Addresses : std::uint8_t { some, none, unknown };

// Both families must be known to be empty: an answer that is missing is no absence.
Addresses addresses_of(const facts::MxHost& host) {
  if (!host.ipv4.addresses.empty() || !host.ipv6.addresses.empty()) return Addresses::some;
  return host.ipv4.absent() && host.ipv6.absent() ? Addresses::none : Addresses::unknown;
}

std::string failed_lookups(const facts::MxHost& host) {
  std::string text;
  const auto tell = [&text](std::string_view type, const facts::Lookup& lookup) {
    if (lookup.absent() || lookup.found()) return;
    if (!text.empty()) text += ", ";
    text.append(type).append(" ").append(facts::lookup_status_name(lookup.status));
  };
  tell("A", host.ipv4);
  tell("AAAA", host.ipv6);
  const std::string asked = who_was_asked(host.ipv4.asked.empty() ? host.ipv6 : host.ipv4);
  return asked.empty() ? text : text + ", " + asked;
}

// The null MX and repeats, which stand in the records alone.
void judge_records(const facts::Domain& facts, Findings& findings) {
  std::set<std::string_view> seen;
  for (const facts::MxRecord& record : facts.mx.records) {
    if (record.host.empty()) {
      // RFC 7505 §3: a single record, preference 0.
      if (facts.mx.records.size() > 1 || record.preference != 0)
        findings.add(FindingId::mx_null_with_others, facts.domain,
                     std::to_string(record.preference) + " .");
    } else if (!seen.insert(record.host).second) {
      findings.add(FindingId::mx_duplicate, facts.domain, record.host);
    }
  }
}

void judge_host(const facts::Domain& facts, const facts::MxHost& host, MxJudgement& judged,
                Findings& findings) {
  judged.host = host.host;
  judged.preference = host.preference;
  if (!host.valid) {
    findings.add(FindingId::mx_invalid, facts.domain, host.host);
    judged.unreachable = true;
    return;
  }
  // RFC 5321 §5.1, RFC 2181 §10.3.
  const auto& cnames = host.ipv4.cnames.empty() ? host.ipv6.cnames : host.ipv4.cnames;
  if (!cnames.empty() && !facts.implicit_mx)
    findings.add(FindingId::mx_cname, host.host, cnames.back());
  switch (addresses_of(host)) {
    case Addresses::some:
      break;
    case Addresses::none:
      judged.unreachable = true;
      findings.add(FindingId::mx_no_address, host.host);
      break;
    case Addresses::unknown:
      findings.add(FindingId::mx_address_unknown, host.host, failed_lookups(host));
      break;
  }
}

// No MX record: the domain itself is the host, if it has an address (RFC 5321 §5.1).
JudgedMx judge_implicit(const facts::Domain& facts, Findings& findings) {
  if (facts.mx_hosts.empty()) return {TakesMail::unknown, {}};
  const facts::MxHost& host = facts.mx_hosts.front();
  if (addresses_of(host) == Addresses::none) {
    findings.add(FindingId::mx_none, facts.domain);
    return {TakesMail::no, {}};
  }
  JudgedMx judged;
  judge_host(facts, host, judged.hosts.emplace_back(), findings);
  if (addresses_of(host) == Addresses::some) {
    findings.add(FindingId::mx_implicit, facts.domain);
    judged.takes_mail = TakesMail::yes;
  }
  return judged;
}

}  // namespace

JudgedMx judge_mx(const facts::Domain& facts, Findings& findings) {
  if (facts.mx.absent()) return judge_implicit(facts, findings);
  if (!facts.mx.found() || facts.mx.records.empty()) {
    add_unanswered(facts.mx,
                   {FindingId::mx_servfail, FindingId::mx_dnssec_bogus, FindingId::mx_timeout},
                   facts.domain, findings);
    return {TakesMail::unknown, {}};
  }
  judge_records(facts, findings);
  JudgedMx judged;
  for (const facts::MxHost& host : facts.mx_hosts)
    judge_host(facts, host, judged.hosts.emplace_back(), findings);
  // A record that was not looked at, beyond the limits, stays a host of which nothing is known.
  for (const facts::MxRecord& record : facts.mx.records) {
    const bool known = std::ranges::any_of(
        judged.hosts, [&](const MxJudgement& host) { return host.host == record.host; });
    if (record.host.empty() || known) continue;
    MxJudgement& host = judged.hosts.emplace_back();
    host.host = record.host;
    host.preference = record.preference;
    host.dane = host.dane_if_secure = HostDane::unknown;
  }
  if (judged.hosts.empty()) {
    if (!findings.has(FindingId::mx_null_with_others))
      findings.add(FindingId::mx_null, facts.domain);
    judged.takes_mail = TakesMail::no;
  } else {
    judged.takes_mail = TakesMail::yes;
  }
  return judged;
}

}  // namespace mxseal::judge
