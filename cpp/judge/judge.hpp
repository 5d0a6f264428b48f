// SPDX-License-Identifier: MIT
// judge: what the facts of one check are worth: findings, a verdict in one word, and what each class of sender does now.
//
//   facts ─► sts (record, policy host, policy) ─┐
//         ─► mx ─► dane ─► smtp (each address) ─┼─► verdict ─► Judgement
//         ─► tlsrpt ────────────────────────────┘
//
// Pure: the clock and the roots are arguments. It fails closed: what was not seen or not judged passes nowhere, and what was not
// answered is unknown, never absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/domain.hpp"
#include "formats/mtasts_policy.hpp"
#include "formats/mtasts_record.hpp"
#include "formats/tlsrpt_record.hpp"
#include "judge/finding.hpp"
#include "pki/chain.hpp"

namespace mxseal::judge {

/// One word for a domain.
enum class Verdict : std::uint8_t {
  no_mail,        ///< null MX, or neither MX nor address
  inconclusive,   ///< the answer would change with what could not be seen
  broken,         ///< compliant senders do not deliver
  partly,         ///< some MX host or address passes and some does not; or DANE at some hosts only
  protected_,     ///< enforce or DANE, some host passes and none that answered fails
  testing,        ///< a valid policy in mode testing, and no DANE
  misconfigured,  ///< MTA-STS or DANE is published and takes no effect
  unprotected,    ///< nothing is published, or nothing that protects
};

std::string_view verdict_name(Verdict verdict);

/// What a class of senders does with mail to the domain now.
enum class Effect : std::uint8_t {
  authenticated,  ///< delivers only to the right host over valid TLS
  encrypted,      ///< by TLS if nobody interferes
  clear,          ///< without TLS at some or all hosts
  refused,        ///< mail waits and comes back
  unknown,
};

std::string_view effect_name(Effect effect);

struct Effects {
  Effect plain = Effect::unknown;    ///< senders without MTA-STS and DANE
  Effect mta_sts = Effect::unknown;  ///< those that follow MTA-STS and not DANE
  Effect dane = Effect::unknown;     ///< those that follow DANE and not MTA-STS

  bool operator==(const Effects&) const = default;
};

/// Whether what is in force holds: TLS 1.2 or later; under enforce in the policy with a good certificate; with DANE matched.
enum class Outcome : std::uint8_t {
  passes,
  fails,
  unknown,  ///< did not answer, or what is in force could not be seen
};

std::string_view outcome_name(Outcome outcome);

/// DANE of one MX host (RFC 7672 §2.2).
enum class HostDane : std::uint8_t {
  none,           ///< no TLSA records that senders would ask for
  not_secure,     ///< records without DNSSEC: ignored
  mx_not_secure,  ///< secure records behind an MX answer that is not (§2.2.1)
  unusable,       ///< secure, and no record is usable: TLS is required, nothing authenticated
  in_force,       ///< secure and usable
  bogus,          ///< the look-up fails validation: senders skip the host (§2.1.2)
  unknown,        ///< no usable answer, or the resolver does not validate
};

std::string_view host_dane_name(HostDane dane);

/// DANE of the domain: the sum over its hosts.
enum class DomainDane : std::uint8_t {
  none,
  secure,    ///< in force at every host
  partial,   ///< at some hosts only
  insecure,  ///< TLSA records, or the MX answer before them, without DNSSEC
  unusable,
  unknown,
};

std::string_view domain_dane_name(DomainDane dane);

/// How a session with one address went.
enum class Session : std::uint8_t {
  not_seen,  ///< it did not answer: no or refused connection, silence, refusing greeting, no SMTP
  clear,     ///< it answered, and no TLS came about
  old_tls,   ///< only versions before TLS 1.2
  secured,
};

struct AddressJudgement {
  IpAddress address;
  Session session = Session::not_seen;
  Outcome outcome = Outcome::unknown;
  /// Of the chain against the host's name and the root store; nothing without a handshake.
  std::optional<pki::Verification> certificate;
  /// Whether a TLSA record matches; nothing without a handshake or without secure, usable records.
  std::optional<bool> tlsa_matches;
};

struct MxJudgement {
  std::string host;
  std::uint16_t preference = 0;
  Outcome outcome = Outcome::unknown;
  std::optional<bool> in_policy;  ///< nothing without a policy, or under mode none
  HostDane dane = HostDane::none;
  /// What dane would be if the resolver validated and all were signed; else the same as dane.
  HostDane dane_if_secure = HostDane::none;
  /// It is known that mail cannot go there: no host name, or no address.
  bool unreachable = false;
  std::vector<AddressJudgement> addresses;  ///< in the order of the probes
};

struct Judgement {
  Verdict verdict = Verdict::inconclusive;
  Effects effects;
  std::vector<Finding> findings;  ///< errors, then unknown, then warnings, then info
  std::optional<mtasts::StsRecord> record;
  std::optional<mtasts::Policy> policy;  ///< only one that senders may use
  std::vector<MxJudgement> mx;           ///< in the order of the facts
  DomainDane dane = DomainDane::none;
  std::optional<tlsrpt::TlsrptRecord> tlsrpt;
};

struct Options {
  std::int64_t expires_soon = std::int64_t{14} * 24 * 3600;  ///< seconds
  /// In a rehearsal the published state of the same domain, judged: the proposed one is held against it (sts.change.*).
  const Judgement* published = nullptr;
};

class Chains;

/// Judges one domain as of the time of `chains`, which may serve many domains; `published` as in Options.
Judgement judge(const facts::Domain& facts, Chains& chains, const Judgement* published = nullptr);

/// Judges one domain as of `at`, seconds since 1970.
Judgement judge(const facts::Domain& facts, const pki::TrustStore& roots, std::int64_t at,
                const Options& options = {});

}  // namespace mxseal::judge
