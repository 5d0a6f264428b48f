// SPDX-License-Identifier: MIT
// The policy (RFC 8461 §3.2) and how it fits the MX hosts (§4.1).
#pragma once

#include <optional>
#include <vector>

#include "facts/domain.hpp"
#include "formats/mtasts_policy.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

/// Reads the body that the policy host served; nothing where senders refuse it.
std::optional<mtasts::Policy> judge_policy(const facts::Domain& facts, Findings& findings);

/// What is unwise about the max_age of a valid policy (RFC 8461 §10.2); nothing under mode none, where §8.3 suggests a small one.
std::optional<FindingId> max_age_finding(const mtasts::Policy& policy);

/// Sets in_policy of each host, and says which stand outside. Not under mode none.
void judge_coverage(const mtasts::Policy& policy, const facts::Domain& facts,
                    std::vector<MxJudgement>& hosts, Findings& findings);

}  // namespace mxseal::judge
