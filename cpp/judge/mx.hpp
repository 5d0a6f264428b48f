// SPDX-License-Identifier: MIT
// Which hosts take the domain's mail (RFC 5321 §5.1), and which of them can be reached at all.
#pragma once

#include <cstdint>
#include <vector>

#include "facts/domain.hpp"
#include "judge/finding.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

enum class TakesMail : std::uint8_t {
  yes,
  no,       ///< null MX (RFC 7505), or neither MX nor address
  unknown,  ///< no usable answer for the MX records, or for the address of the implicit MX
};

struct JudgedMx {
  TakesMail takes_mail = TakesMail::unknown;
  std::vector<MxJudgement>
      hosts;  ///< those of the facts in their order, then MX records that were not looked at
};

JudgedMx judge_mx(const facts::Domain& facts, Findings& findings);

}  // namespace mxseal::judge
