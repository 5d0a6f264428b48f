// SPDX-License-Identifier: MIT
// Chains: verifies chains, each for its host once however many domains lead there, and says what is wrong with them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "judge/finding.hpp"
#include "pki/chain.hpp"

namespace mxseal::judge {

/// What of a certificate counts for senders.
enum class Counts : std::uint8_t {
  everything,      ///< name, dates, chain and root store (RFC 8461 §3.3, §4.2)
  name_and_dates,  ///< a TLSA record of usage 2 takes the root store's place (RFC 7672 §3.1.2)
  its_end,  ///< such a record has found name, dates and path good, each by its own rules (§3.2.2)
  nothing,  ///< a TLSA record of usage 3 names it, and that is all (RFC 7672 §3.1.1)
};

class Chains {
 public:
  /// Times in seconds since 1970, `expires_soon` in seconds.
  Chains(const pki::TrustStore& roots, std::int64_t at, std::int64_t expires_soon)
      : roots_(roots), at_(at), expires_soon_(expires_soon) {}

  std::int64_t at() const { return at_; }
  /// Verifications that are held, and bytes of their certificates' DER; parsed, each certificate takes some 10 KiB besides. Whoever
  /// keeps this bounds both.
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

  /// The verification of a chain as sent; the reference stays valid. An empty chain is invalid.
  const pki::Verification& verify(const std::vector<pki::Certificate>& chain,
                                  std::string_view host);

  /// Findings of the area "sts.cert." or "smtp.cert." for a verified chain; what does not count is info.
  void report(const std::vector<pki::Certificate>& chain, const pki::Verification& verification,
              std::string_view area, Counts counts, const std::string& subject,
              Findings& findings) const;

 private:
  struct Entry {
    std::vector<pki::Certificate> chain;
    pki::Verification verification;
  };
  const pki::TrustStore& roots_;
  std::int64_t at_;
  std::int64_t expires_soon_;
  std::size_t bytes_ = 0;
  std::multimap<std::string, Entry> entries_;  // by host; its elements do not move
};

}  // namespace mxseal::judge
