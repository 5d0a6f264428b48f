// SPDX-License-Identifier: MIT
#include "judge/change.hpp"

#include <algorithm>
#include <vector>

namespace mxseal::judge {
namespace {

bool within(const std::vector<mtasts::MxPattern>& some, const std::vector<mtasts::MxPattern>& all) {
  return std::ranges::all_of(some, [&](const mtasts::MxPattern& pattern) {
    return std::ranges::find(all, pattern) != all.end();
  });
}

// The same to senders: the order of the patterns, repeats and unknown fields mean nothing to them.
bool says_the_same(const mtasts::Policy& one, const mtasts::Policy& other) {
  return one.mode == other.mode && one.max_age == other.max_age && within(one.mx, other.mx) &&
         within(other.mx, one.mx);
}

}  // namespace

void judge_change(const Judgement& before, const StsState& after, const std::string& domain,
                  Findings& findings) {
  const std::string subject = "_mta-sts." + domain;
  if (!before.record || !before.policy) return;  // nothing that senders keep
  // RFC 8461 §8.3: first mode none, for as long as senders keep the policy.
  if (after.absent && before.policy->mode != mtasts::Mode::none)
    findings.add(FindingId::sts_change_removed, subject,
                 "max_age " + std::to_string(before.policy->max_age));
  if (!after.record || !after.policy) return;
  const bool same_id = before.record->id == after.record->id;
  const bool same_policy = says_the_same(*before.policy, *after.policy);
  if (same_id && !same_policy)
    findings.add(FindingId::sts_change_id_same_policy_changed, subject, "id " + after.record->id);
  if (!same_id && same_policy)
    findings.add(FindingId::sts_change_id_changed_policy_same, subject,
                 "id " + before.record->id + ", then " + after.record->id);
}

}  // namespace mxseal::judge
