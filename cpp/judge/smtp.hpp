// SPDX-License-Identifier: MIT
// What each address of an MX host showed on port 25: STARTTLS, handshake, certificate (RFC 8461 §4, RFC 7672 §2.2).
#pragma once

#include "facts/domain.hpp"
#include "judge/chains.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

/// Fills the addresses of a host whose DANE is judged already. `enforced`: a policy in mode enforce is in force.
void judge_smtp(const facts::Domain& facts, const facts::MxHost& host, bool enforced,
                Chains& chains, MxJudgement& judged, Findings& findings);

/// What is said once for the domain: port 25 was not asked, or is blocked here.
void judge_port(const facts::Domain& facts, Findings& findings);

}  // namespace mxseal::judge
