// SPDX-License-Identifier: MIT
// Proposed: what somebody thinks of publishing, and the domain as senders would find it then (a rehearsal).
//
// What is given stands in place of what is published; everything else stays as it was seen. Pure: all that a rehearsal needs to
// know of the world was asked before.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "facts/domain.hpp"

namespace mxseal::check {

struct Proposed {
  std::optional<std::string> policy;  ///< the file, in place of what the policy host serves
  /// The one TXT record at _mta-sts; empty: none.
  std::optional<std::string> record;
  /// The MX records, by preference, then by name; a single one without host is the null MX (RFC 7505).
  std::optional<std::vector<facts::MxRecord>> mx;

  /// Whether senders would ask the policy host because of what is proposed.
  bool needs_policy_host() const;
};

/// Whether senders find exactly one valid MTA-STS record in these (RFC 8461 §3.1).
bool has_valid_record(const std::vector<std::string>& records);

/// A host of which nothing is known yet: what was not asked is "timed out", never an absence.
facts::MxHost unasked_host(const facts::MxRecord& record);

/// Reads MX records as they are typed: HOST or PREFERENCE:HOST, "." for the null MX. Without preference it is 10, 20, … by the
/// place. What is no host name is kept, for the judge to say so. Error: host_invalid for an empty one, which would else pass as
/// the null MX.
Result<std::vector<facts::MxRecord>> read_mx(std::span<const std::string> texts);

/// What a check would see if the proposal were published; `seen` is what it sees now, asked with the same proposal.
facts::Domain with_proposed(const facts::Domain& seen, const Proposed& proposed);

}  // namespace mxseal::check
