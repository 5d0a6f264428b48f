// SPDX-License-Identifier: MIT
#include "judge/record.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "judge/lookups.hpp"

namespace mxseal::judge {
namespace {

constexpr std::string_view kArea = "sts.dns.";

// As far as resolvers show one: a name that comes back.
bool is_loop(const facts::Lookup& lookup) {
  std::set<std::string_view> seen = {lookup.name};
  return std::ranges::any_of(lookup.cnames,
                             [&](const std::string& name) { return !seen.insert(name).second; });
}

// Whether a TXT record that is no MTA-STS record was meant as one.
bool is_meant(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), ascii::lower);
  return lower.starts_with("v=sts") || lower.find("stsv") != std::string::npos;
}

// None of the records counts: says what was meant to, and whether anything was.
bool add_failed_attempts(const facts::TxtLookup& lookup, const std::string& subject,
                         Findings& findings) {
  bool meant = false;
  for (const std::string& text : lookup.records) {
    const Result<mtasts::StsRecord> read = mtasts::parse_record(text);
    if (read) {
      // RFC 8461 §3.1: beside other TXT records one that does not begin with "v=STSv1;" exactly is discarded.
      findings.add(FindingId::sts_dns_space_before_semicolon, subject, excerpt(text));
    } else if (is_meant(text)) {
      findings.add(finding_of(kArea, read.error().code).value_or(FindingId::sts_dns_bad_extension),
                   subject, excerpt(text));
      meant = true;
    } else {
      findings.add(FindingId::sts_dns_unrelated_txt, subject, excerpt(text));
    }
  }
  return meant;
}

JudgedRecord select(const facts::TxtLookup& lookup, const std::string& subject,
                    Findings& findings) {
  auto selected = mtasts::select_record(lookup.records);
  if (!selected) {
    const Error& error = selected.error();
    findings.add(finding_of(kArea, error.code).value_or(FindingId::sts_dns_bad_extension), subject,
                 error.detail);
    return {Published::useless, {}};
  }
  if (!*selected) {
    if (add_failed_attempts(lookup, subject, findings)) return {Published::useless, {}};
    if (!lookup.cnames.empty()) {
      findings.add(FindingId::sts_dns_cname_dangling, subject, lookup.cnames.back());
      return {Published::useless, {}};
    }
    findings.add(FindingId::sts_dns_none, subject);
    return {Published::absent, {}};
  }
  const mtasts::StsRecord& record = **selected;
  for (const std::string& text : lookup.records) {
    if (text != record.text) findings.add(FindingId::sts_dns_unrelated_txt, subject, excerpt(text));
  }
  if (!lookup.cnames.empty()) findings.add(FindingId::sts_dns_cname, subject, lookup.cnames.back());
  for (const auto& [name, value] : record.extensions)
    findings.add(FindingId::sts_dns_unknown_field, subject, name);
  findings.add(kArea, record.deviations, subject);
  return {Published::valid, *std::move(selected)};
}

// Records where no sender looks, and parents that senders do not ask (RFC 8461 §3.4).
void look_elsewhere(const facts::Thorough& thorough, Published published, Findings& findings) {
  for (const facts::TxtLookup* lookup : {&thorough.txt_at_domain, &thorough.txt_at_mta_sts}) {
    for (const std::string& text : lookup->records) {
      if (mtasts::parse_record(text))
        findings.add(FindingId::sts_dns_at_wrong_name, lookup->name, excerpt(text));
    }
  }
  if (published != Published::absent) return;
  for (const facts::TxtLookup& parent : thorough.parents) {
    const auto record = mtasts::select_record(parent.records);
    if (record && *record)
      findings.add(FindingId::sts_subdomain_inherit, parent.name, excerpt((*record)->text));
  }
}

JudgedRecord judge_lookup(const facts::TxtLookup& lookup, const std::string& subject,
                          Findings& findings) {
  if (!lookup.found() && is_loop(lookup)) {
    findings.add(FindingId::sts_dns_cname_loop, subject, lookup.cnames.back());
    return {Published::useless, {}};
  }
  if (lookup.found()) return select(lookup, subject, findings);
  if (lookup.absent()) {
    if (lookup.cnames.empty()) {
      findings.add(FindingId::sts_dns_none, subject);
      return {Published::absent, {}};
    }
    findings.add(FindingId::sts_dns_cname_dangling, subject, lookup.cnames.back());
    return {Published::useless, {}};
  }
  add_unanswered(
      lookup,
      {FindingId::sts_dns_servfail, FindingId::sts_dns_dnssec_bogus, FindingId::sts_dns_timeout},
      subject, findings);
  return {Published::unknown, {}};
}

}  // namespace

JudgedRecord judge_record(const facts::Domain& facts, Findings& findings) {
  const std::string subject = "_mta-sts." + facts.domain;
  JudgedRecord judged = judge_lookup(facts.sts_record, subject, findings);
  if (facts.thorough) look_elsewhere(*facts.thorough, judged.published, findings);
  return judged;
}

}  // namespace mxseal::judge
