// SPDX-License-Identifier: MIT
#include "judge/judge.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "judge/chains.hpp"
#include "judge/change.hpp"
#include "judge/dane.hpp"
#include "judge/mx.hpp"
#include "judge/policy.hpp"
#include "judge/policy_host.hpp"
#include "judge/record.hpp"
#include "judge/smtp.hpp"
#include "judge/tlsrpt.hpp"
#include "judge/verdict.hpp"

namespace mxseal::judge {
namespace {

// Where senders do not get as far as the policy: what that means. The first of record and policy host that fails ends it (RFC
// 8461 §3.1, §3.3); a rehearsal goes on, for what else is in the way of the proposed policy.
std::optional<Sts> judge_way_to_policy(const facts::Domain& facts, Chains& chains,
                                       Judgement& judgement, Findings& findings) {
  std::optional<Sts> ended;
  JudgedRecord record = judge_record(facts, findings);
  judgement.record = std::move(record.record);
  switch (record.published) {
    case Published::absent:
      ended = Sts::absent;
      break;
    case Published::useless:
      ended = Sts::useless;
      break;
    case Published::unknown:
      ended = Sts::unknown;
      break;
    case Published::valid:
      break;
  }
  if (ended && !facts.policy.proposed) return ended;
  switch (judge_policy_host(facts, chains, findings)) {
    case Served::nothing:
      return ended.value_or(Sts::useless);
    case Served::unknown:
      return ended.value_or(Sts::unknown);
    case Served::body:
      break;
  }
  return ended;
}

// `written` is the policy that is valid, `judgement.policy` the same where senders get it: a rehearsal judges both.
Sts judge_sts(const facts::Domain& facts, Chains& chains, Judgement& judgement,
              std::optional<mtasts::Policy>& written, Findings& findings) {
  const std::optional<Sts> ended = judge_way_to_policy(facts, chains, judgement, findings);
  if (ended && !facts.policy.proposed) return *ended;
  written = judge_policy(facts, findings);
  if (ended) return *ended;
  judgement.policy = written;
  if (!judgement.policy) return Sts::useless;
  switch (judgement.policy->mode) {
    case mtasts::Mode::enforce:
      return Sts::enforce;
    case mtasts::Mode::testing:
      return Sts::testing;
    case mtasts::Mode::none:
      break;
  }
  return Sts::none;
}

void judge_hosts(const facts::Domain& facts, bool enforced, Chains& chains, JudgedMx& mx,
                 Findings& findings) {
  // Hosts of the facts come first and in their order; what follows was not looked at.
  for (std::size_t i = 0; i < mx.hosts.size() && i < facts.mx_hosts.size(); ++i) {
    const facts::MxHost& host = facts.mx_hosts[i];
    if (!mx.hosts[i].unreachable) judge_tlsa(facts, host, mx.hosts[i], findings);
    judge_smtp(facts, host, enforced, chains, mx.hosts[i], findings);
  }
  compare_hosts(facts, mx.hosts, findings);
}

// RFC 8460 §1: reports are about MTA-STS and DANE.
void judge_reporting(const facts::Domain& facts, Sts sts, const JudgedTlsrpt& tlsrpt,
                     const Judgement& judgement, Findings& findings) {
  const auto is = [&](auto... states) {
    return std::ranges::any_of(
        judgement.mx, [&](const MxJudgement& host) { return ((host.dane == states) || ...); });
  };
  const bool sts_published = judgement.record.has_value() && sts != Sts::none;
  if (tlsrpt.absent && (sts_published || is(HostDane::in_force)))
    findings.add(FindingId::rpt_sts_without_rpt, facts.domain);
  if (tlsrpt.record && (sts == Sts::absent || sts == Sts::none) &&
      !is(HostDane::in_force, HostDane::mx_not_secure, HostDane::bogus, HostDane::unknown))
    findings.add(FindingId::rpt_rpt_without_sts_or_dane, facts.domain);
}

}  // namespace

Judgement judge(const facts::Domain& facts, Chains& chains, const Judgement* published) {
  Judgement judgement;
  Findings findings(facts.started);
  if (!facts.valid) {
    findings.add(FindingId::scan_invalid_domain, facts.domain);
    judgement.findings = std::move(findings).sorted();
    return judgement;
  }
  if (facts.blocked) {
    findings.add(FindingId::scan_blocked, facts.domain);
    judgement.findings = std::move(findings).sorted();
    return judgement;
  }
  if (facts.budget_spent) findings.add(FindingId::scan_budget, facts.domain);

  std::optional<mtasts::Policy> policy;
  const Sts sts = judge_sts(facts, chains, judgement, policy, findings);
  JudgedMx mx = judge_mx(facts, findings);
  if (policy && mx.takes_mail != TakesMail::no) judge_coverage(*policy, facts, mx.hosts, findings);
  if (published != nullptr)
    judge_change(*published, {judgement.record, policy, sts == Sts::absent}, facts.domain,
                 findings);
  if (mx.takes_mail != TakesMail::no) {
    judge_hosts(facts, sts == Sts::enforce, chains, mx, findings);
    judge_port(facts, findings);
  }

  const bool misconfigured = findings.has_error("sts.") || findings.has_error("dane.");
  const Decision decision = decide(sts, mx.takes_mail, misconfigured, mx.hosts);
  judgement.verdict = decision.verdict;
  judgement.effects = decision.effects;
  judgement.mx = std::move(mx.hosts);
  judgement.dane = sum_of(judgement.mx);
  JudgedTlsrpt tlsrpt = judge_tlsrpt(facts, findings);
  judge_reporting(facts, sts, tlsrpt, judgement, findings);
  judgement.tlsrpt = std::move(tlsrpt.record);
  judgement.findings = std::move(findings).sorted();
  return judgement;
}

Judgement judge(const facts::Domain& facts, const pki::TrustStore& roots, std::int64_t at,
                const Options& options) {
  Chains chains(roots, at, options.expires_soon);
  return judge(facts, chains, options.published);
}

}  // namespace mxseal::judge
