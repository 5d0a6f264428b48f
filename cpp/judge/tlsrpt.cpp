// SPDX-License-Identifier: MIT
#include "judge/tlsrpt.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "formats/report_uri.hpp"
#include "judge/lookups.hpp"

namespace mxseal::judge {
namespace {

constexpr std::string_view kArea = "rpt.";

bool is_meant(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ascii::lower);
  return lower.find("tlsrpt") != std::string::npos;
}

// None of the records counts (RFC 8460 §3: what does not begin "v=TLSRPTv1;" is discarded): was one meant to?
bool add_failed_attempts(const facts::TxtLookup& lookup, const std::string& subject,
                         Findings& findings) {
  bool meant = false;
  for (const std::string& text : lookup.records) {
    const Result<tlsrpt::TlsrptRecord> read = tlsrpt::parse_record(text);
    if (read) {
      findings.add(FindingId::rpt_space_before_semicolon, subject, excerpt(text));
    } else if (is_meant(text)) {
      findings.add(finding_of(kArea, read.error().code).value_or(FindingId::rpt_invalid), subject,
                   excerpt(text));
      meant = true;
    }
  }
  return meant;
}

// The domain that a mailto: address names; empty for another URI.
std::string mail_domain(std::string_view uri) {
  const std::optional<tlsrpt::ReportTarget> target = tlsrpt::report_target(uri);
  std::string buffer;
  return target && target->by_mail ? std::string(normalize_domain(target->domain, buffer)) : "";
}

bool is_known_empty(const facts::AddressLookup& ipv4, const facts::AddressLookup& ipv6) {
  return ipv4.absent() && ipv6.absent();
}

// What is merely unknown is not undeliverable.
bool is_undeliverable(const facts::RuaTarget& target) {
  if (ascii::equal_ignoring_case(std::string_view(target.uri).substr(0, 6), "https:"))
    return target.answers == false || is_known_empty(target.ipv4, target.ipv6);
  if (target.mx.found())
    return std::ranges::all_of(target.mx.records,
                               [](const facts::MxRecord& record) { return record.host.empty(); });
  return target.mx.absent() && is_known_empty(target.ipv4, target.ipv6);
}

// Whether the reports take the way that they are about (RFC 8460 §5.3.1).
bool shares_hosts(const facts::RuaTarget& target, const facts::Domain& facts) {
  return std::ranges::any_of(target.mx.records, [&](const facts::MxRecord& theirs) {
    return !theirs.host.empty() &&
           std::ranges::any_of(facts.mx_hosts,
                               [&](const facts::MxHost& ours) { return ours.host == theirs.host; });
  });
}

void judge_targets(const facts::Domain& facts, const tlsrpt::TlsrptRecord& record,
                   const std::string& subject, Findings& findings) {
  for (const std::string& uri : record.rua) {
    const auto target = std::ranges::find(facts.rua, uri, &facts::RuaTarget::uri);
    const bool known = target != facts.rua.end();
    if (mail_domain(uri) == facts.domain || (known && shares_hosts(*target, facts)))
      findings.add(FindingId::rpt_rua_same_domain, subject, excerpt(uri));
    if (known && is_undeliverable(*target))
      findings.add(FindingId::rpt_rua_undeliverable, subject, excerpt(uri));
  }
}

}  // namespace

JudgedTlsrpt judge_tlsrpt(const facts::Domain& facts, Findings& findings) {
  const facts::TxtLookup& lookup = facts.tlsrpt_record;
  const std::string subject = "_smtp._tls." + facts.domain;
  if (!lookup.found() && !lookup.absent()) {
    add_unanswered(lookup,
                   {FindingId::rpt_servfail, FindingId::rpt_servfail, FindingId::rpt_timeout},
                   subject, findings);
    return {};
  }
  auto selected = tlsrpt::select_record(lookup.records);
  if (!selected) {
    findings.add(finding_of(kArea, selected.error().code).value_or(FindingId::rpt_invalid), subject,
                 selected.error().detail);
    return {};
  }
  if (!*selected) {
    if (add_failed_attempts(lookup, subject, findings)) return {};
    findings.add(FindingId::rpt_none, subject);
    return {{}, true};
  }
  const tlsrpt::TlsrptRecord& record = **selected;
  for (const auto& [name, value] : record.extensions)
    findings.add(FindingId::rpt_unknown_field, subject, name);
  findings.add(kArea, record.deviations, subject);
  judge_targets(facts, record, subject, findings);
  return {*std::move(selected), false};
}

}  // namespace mxseal::judge
