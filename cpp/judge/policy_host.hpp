// SPDX-License-Identifier: MIT
// The policy host (RFC 8461 §3.3): whether senders get a body that they may read as the policy.
#pragma once

#include <cstdint>

#include "facts/domain.hpp"
#include "judge/chains.hpp"
#include "judge/finding.hpp"

namespace mxseal::judge {

enum class Served : std::uint8_t {
  nothing,  ///< senders get no policy
  body,     ///< over valid TLS, with status 200
  unknown,  ///< the address could not be looked up, or our own time ended first
};

Served judge_policy_host(const facts::Domain& facts, Chains& chains, Findings& findings);

}  // namespace mxseal::judge
