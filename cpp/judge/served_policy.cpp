// SPDX-License-Identifier: MIT
#include "judge/served_policy.hpp"

#include <utility>

#include "judge/chains.hpp"
#include "judge/policy.hpp"
#include "judge/policy_host.hpp"

namespace mxseal::judge {

ServedPolicy judge_served_policy(const facts::Domain& facts, const pki::TrustStore& roots,
                                 std::int64_t at, const Options& options) {
  Findings findings(facts.started);
  Chains chains(roots, at, options.expires_soon);
  ServedPolicy served;
  if (judge_policy_host(facts, chains, findings) == Served::body)
    served.policy = judge_policy(facts, findings);
  served.findings = std::move(findings).sorted();
  return served;
}

}  // namespace mxseal::judge
