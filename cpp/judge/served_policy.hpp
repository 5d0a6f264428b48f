// SPDX-License-Identifier: MIT
// The policy as the policy host serves it, whatever the record says (RFC 8461 §3.3, §3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "facts/domain.hpp"
#include "formats/mtasts_policy.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::judge {

struct ServedPolicy {
  std::optional<mtasts::Policy> policy;  ///< only one that senders may use
  /// Errors, then unknown, then warnings, then info. Without a policy one of them is an error or unknown.
  std::vector<Finding> findings;
};

/// Judges the fetch of a policy as of `at`, seconds since 1970.
ServedPolicy judge_served_policy(const facts::Domain& facts, const pki::TrustStore& roots,
                                 std::int64_t at, const Options& options = {});

}  // namespace mxseal::judge
