// SPDX-License-Identifier: MIT
#include "judge/host.hpp"

#include <utility>

#include "judge/chains.hpp"
#include "judge/dane.hpp"
#include "judge/mx.hpp"
#include "judge/smtp.hpp"
#include "judge/verdict.hpp"

namespace mxseal::judge {

HostJudgement judge_host(const facts::Domain& facts, const pki::TrustStore& roots, std::int64_t at,
                         const Options& options) {
  Findings findings(facts.started);
  if (facts.budget_spent) findings.add(FindingId::scan_budget, facts.domain);
  JudgedMx mx = judge_mx(facts, findings);
  MxJudgement& host = mx.hosts.front();
  const facts::MxHost& seen = facts.mx_hosts.front();
  Chains chains(roots, at, options.expires_soon);
  if (!host.unreachable) judge_tlsa(facts, seen, host, findings);
  judge_smtp(facts, seen, false, chains, host, findings);

  // Where DANE is not in force the certificate decides, as under a policy that names the host.
  host.in_policy = true;
  decide(host.dane == HostDane::in_force ? Sts::absent : Sts::enforce, TakesMail::yes, false,
         mx.hosts);
  host.in_policy.reset();
  if (host.unreachable) host.outcome = Outcome::fails;
  const DomainDane dane = sum_of(mx.hosts);
  return {std::move(host), dane, std::move(findings).sorted()};
}

}  // namespace mxseal::judge
