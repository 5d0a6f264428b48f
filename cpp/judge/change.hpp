// SPDX-License-Identifier: MIT
// What changes between two states of one domain's MTA-STS: record and policy must change together, and leave in order (RFC 8461
// §8).
#pragma once

#include <optional>
#include <string>

#include "formats/mtasts_policy.hpp"
#include "formats/mtasts_record.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

/// The later state.
struct StsState {
  const std::optional<mtasts::StsRecord>& record;
  const std::optional<mtasts::Policy>& policy;  ///< a valid one, also where senders do not get it
  bool absent = false;                          ///< nothing is or was meant as MTA-STS
};

/// Findings of the area "sts.change."; `before` is what is published.
void judge_change(const Judgement& before, const StsState& after, const std::string& domain,
                  Findings& findings);

}  // namespace mxseal::judge
