// SPDX-License-Identifier: MIT
#include "judge/policy.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "judge/public_suffix.hpp"

namespace mxseal::judge {
namespace {

constexpr std::string_view kArea = "sts.policy.";
constexpr std::int64_t kDay = 24 * 3600;

std::string url_of(const facts::Domain& facts) {
  return "https://mta-sts." + facts.domain + "/.well-known/mta-sts.txt";
}

void judge_patterns(const mtasts::Policy& policy, const facts::Domain& facts,
                    const std::string& url, Findings& findings) {
  for (auto pattern = policy.mx.begin(); pattern != policy.mx.end(); ++pattern) {
    const std::string text(pattern->text());
    if (std::find(policy.mx.begin(), pattern, *pattern) != pattern)
      findings.add(FindingId::sts_policy_mx_duplicate, url, text);
    if (pattern->is_wildcard() && is_public_suffix(pattern->name().text()))
      findings.add(FindingId::sts_policy_mx_too_wide, url, text);
    if (!facts.thorough) continue;
    for (const facts::Lookup& domain : facts.thorough->pattern_domains) {
      const Result<DomainName> name = DomainName::parse(domain.name);
      const bool below = name && (pattern->name() == *name || pattern->name().is_below(*name));
      if (below && domain.status == facts::LookupStatus::no_name)
        findings.add(FindingId::sts_policy_mx_unregistered, url, text);
    }
  }
}

std::string list(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

}  // namespace

std::optional<FindingId> max_age_finding(const mtasts::Policy& policy) {
  if (policy.mode == mtasts::Mode::none || policy.max_age >= kDay) return std::nullopt;
  return policy.max_age == 0 ? FindingId::sts_policy_max_age_zero
                             : FindingId::sts_policy_max_age_short;
}

std::optional<mtasts::Policy> judge_policy(const facts::Domain& facts, Findings& findings) {
  const std::string url = url_of(facts);
  Result<mtasts::Policy> policy = mtasts::parse_policy(facts.policy.body);
  if (!policy) {
    const Error& error = policy.error();
    // A page that wants a browser comes with status 200 too.
    const FindingId id =
        facts.policy.challenge
            ? FindingId::sts_http_blocked
            : finding_of(kArea, error.code).value_or(FindingId::sts_policy_line_invalid);
    findings.add(id, url, error.detail);
    return std::nullopt;
  }
  findings.add(kArea, policy->deviations, url);
  for (const auto& [name, value] : policy->extensions)
    findings.add(FindingId::sts_policy_unknown_field, url, name);
  if (policy->mode == mtasts::Mode::testing) findings.add(FindingId::sts_policy_mode_testing, url);
  if (policy->mode == mtasts::Mode::none) findings.add(FindingId::sts_policy_mode_none, url);
  if (const auto unwise = max_age_finding(*policy); unwise)
    findings.add(*unwise, url, std::to_string((*policy).max_age));
  judge_patterns(*policy, facts, url, findings);
  return *std::move(policy);
}

void judge_coverage(const mtasts::Policy& policy, const facts::Domain& facts,
                    std::vector<MxJudgement>& hosts, Findings& findings) {
  if (policy.mode == mtasts::Mode::none) return;
  const std::string url = url_of(facts);
  std::vector<std::string> outside;
  std::vector<std::string> patterns;
  for (const mtasts::MxPattern& pattern : policy.mx) patterns.emplace_back(pattern.text());
  bool any_inside = false;
  for (MxJudgement& host : hosts) {
    const mtasts::Match match = policy.match(host.host);
    host.in_policy = match.coverage == mtasts::Coverage::covered;
    if (match.coverage == mtasts::Coverage::host_invalid) continue;  // mx.invalid says it
    if (*host.in_policy) {
      any_inside = true;
      continue;
    }
    outside.push_back(host.host);
  }
  if (!outside.empty() && !any_inside)
    findings.add(FindingId::sts_mx_none_covered, url,
                 "MX " + list(outside) + "; policy " + list(patterns));
  // Of thousands of hosts and patterns, neither lists nor names are made for each pair.
  const std::string is_outside = " is outside " + list(patterns);
  for (const std::string& host : outside) {
    if (policy.match(host).coverage == mtasts::Coverage::wildcard_depth) {
      findings.add(FindingId::sts_mx_wildcard_depth, host, host + is_outside);
    } else if (any_inside) {
      findings.add(FindingId::sts_mx_not_covered, host, host + is_outside);
    }
  }
  if (hosts.empty()) return;
  std::vector<DomainName> names;
  for (const MxJudgement& host : hosts) {
    if (Result<DomainName> name = DomainName::parse(host.host)) names.push_back(*std::move(name));
  }
  for (const mtasts::MxPattern& pattern : policy.mx) {
    const bool fits =
        std::ranges::any_of(names, [&](const DomainName& name) { return pattern.covers(name); });
    if (!fits) findings.add(FindingId::sts_mx_unused_pattern, url, std::string(pattern.text()));
  }
}

}  // namespace mxseal::judge
