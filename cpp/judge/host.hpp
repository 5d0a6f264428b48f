// SPDX-License-Identifier: MIT
// A host alone, whatever domains it serves: what a sender that wants verified TLS meets at its port.
#pragma once

#include <cstdint>
#include <vector>

#include "facts/domain.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::judge {

struct HostJudgement {
  /// An address passes with TLS 1.2 or later, and a matching TLSA record where DANE is in force, else a good certificate for the
  /// host's name (RFC 7672 §2.2, RFC 8461 §4.2). A host without an address fails.
  MxJudgement host;
  DomainDane dane = DomainDane::none;
  std::vector<Finding> findings;  ///< errors, then unknown, then warnings, then info
};

/// Judges the one MX host of a domain of the same name, as of `at`, seconds since 1970.
HostJudgement judge_host(const facts::Domain& facts, const pki::TrustStore& roots, std::int64_t at,
                         const Options& options = {});

}  // namespace mxseal::judge
