// SPDX-License-Identifier: MIT
// Whether a chain of certificates is good for a host at a time (RFC 8461 §4.2, RFC 5280 §6).
//
// First one plain call of X509_verify_cert, which is what senders on OpenSSL make; only where that fails, other paths are looked for
// within fixed limits, so that no verdict depends on the machine's speed. Every error is collected, and the verdict is drawn
// from that list alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pki/certificate.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::pki {

enum class Fault : std::uint8_t {
  expired,
  not_yet_valid,
  name_mismatch,
  cn_only,  ///< the name stands in the CN alone
  self_signed,
  untrusted,         ///< the path ends at a root that is not trusted
  incomplete_chain,  ///< the issuer of the only certificate was not sent
  invalid,           ///< any other: key, signature, purpose, constraint; the detail says which
};

/// A certificate that is the right one but for this.
bool is_of_name_or_dates(Fault fault);

/// The public name: "name-mismatch".
std::string_view fault_name(Fault fault);

/// What a sender reports for it (RFC 8460 §4.3): certificate-expired, certificate-host-mismatch or certificate-not-trusted.
std::string_view result_type(Fault fault);

struct ChainError {
  Fault fault = Fault::invalid;
  int depth = 0;  ///< in the chain as sent, 0 the leaf; -1 for one that was not sent (a root)
  std::string detail;

  bool operator==(const ChainError&) const = default;
};

struct Verification {
  bool ok = false;                 ///< exactly when there is no error
  std::vector<ChainError> errors;  ///< every one there is, the leaf's first
  std::vector<Certificate> chain;  ///< the path that was judged, leaf first
  std::vector<std::string> names;  ///< dNSNames of the leaf
  std::int64_t not_before = 0;     ///< seconds since 1970: the latest beginning in the path
  std::int64_t not_after = 0;      ///< the earliest end in the path
  bool alternative_path =
      false;  ///< good, but not by the first path: senders on plain OpenSSL refuse it
};

/// Most certificates of a chain that are looked at.
inline constexpr std::size_t kMaxChain = 200;

/// Judges a chain as sent, leaf first.
Verification verify(std::span<const Certificate> chain, std::string_view host,
                    const TrustStore& roots, std::int64_t at);

/// The same without a root store: a path from the leaf to `anchor`, by signatures, dates, purpose and name (RFC 7672 §3.1.2, TLSA
/// usage 2). Where there is no dNSName the CN counts (§3.2.3).
Verification verify_to(std::span<const Certificate> chain, const Certificate& anchor,
                       std::string_view host, std::int64_t at);

}  // namespace mxseal::pki
