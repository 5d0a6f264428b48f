// SPDX-License-Identifier: MIT
// DANE for SMTP (RFC 7672): whether the TLSA records of an MX host are in force, and whether they match what it shows.
//
// Three answers must be DNSSEC-secure: MX (§2.2.1), address (§2.2.2), TLSA (§2.1.3). Without a validating resolver nothing is
// known of that, and what would be if all were secure is kept beside.
#pragma once

#include <string>
#include <vector>

#include "facts/domain.hpp"
#include "judge/chains.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

/// Sets dane and dane_if_secure of a host that mail can reach.
void judge_tlsa(const facts::Domain& facts, const facts::MxHost& host, MxJudgement& judged,
                Findings& findings);

/// Not every host has what others have; once for the domain.
void compare_hosts(const facts::Domain& facts, const std::vector<MxJudgement>& hosts,
                   Findings& findings);

DomainDane sum_of(const std::vector<MxJudgement>& hosts);

/// Whether senders hold a host's chain against its TLSA records, or would if all were secure.
bool has_tlsa_to_match(const facts::MxHost& host, const MxJudgement& judged);

struct TlsaVerdict {
  bool matches = false;
  Counts counts =
      Counts::everything;  ///< what of the certificate counts for senders that follow DANE alone
};

/// Holds the chain of one address against the records. `subject` is that address, `verification` what its certificate's findings
/// are said of.
TlsaVerdict match_tlsa(const facts::Domain& facts, const facts::MxHost& host,
                       const facts::SmtpProbe& probe, const pki::Verification& verification,
                       std::int64_t at, const std::string& subject, Findings& findings);

/// A match alone, without findings.
bool tlsa_matches(const facts::Domain& facts, const facts::MxHost& host,
                  const std::vector<pki::Certificate>& chain, std::int64_t at);

}  // namespace mxseal::judge
