// SPDX-License-Identifier: MIT
// TLSA records against a chain, as SMTP clients match them (RFC 7672 §3, RFC 7671 §5).
//
// Usage 3 names the certificate itself: name and dates do not count (RFC 7672 §3.1.1). Usage 2 names a CA of the chain: name and
// dates count, the root store does not. Usages 0 and 1 are unusable (§3.1.3).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pki/certificate.hpp"

namespace mxseal::pki {

struct Tlsa {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching_type = 0;
  std::string data;  ///< bytes
};

enum class TlsaMatch : std::uint8_t {
  match,
  no_match,
  name_or_dates,  ///< usage 2 names an authority of the chain; only the leaf's name or somebody's dates are wrong
  not_sent,  ///< usage 2, and no certificate of the chain is the one that it names (RFC 7671 §5.2.2)
  unusable,
};

struct TlsaOutcome {
  TlsaMatch match = TlsaMatch::no_match;
  std::string detail;  ///< why it is unusable, or does not match
};

/// Of what a record holds enough to tell two digests apart by eye: "6d3a07c1a55e90b2...".
std::string beginning(std::string_view data);

/// Whether a record can match anything at all.
TlsaOutcome usable(const Tlsa& record);

/// Certificates that are tried as the authority that a record of usage 2 names; a chain has a handful.
inline constexpr int kMaxAuthorities = 16;
/// Signatures that are tried with the keys of records 2 1 0.
inline constexpr int kMaxKeyTrials = 100;

/// Each record's outcome, in their order. What is beyond a limit does not match; the detail says so.
std::vector<TlsaOutcome> match(std::span<const Tlsa> records, std::span<const Certificate> chain,
                               std::string_view host, std::int64_t at);

}  // namespace mxseal::pki
