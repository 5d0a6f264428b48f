// SPDX-License-Identifier: MIT
// From what each address showed to one word for the domain, and to what each class of sender does.
//
// Where the resolver does not validate, it is decided twice: as if nothing were signed, and as if everything were. If that makes
// a difference, the answer is unknown.
#pragma once

#include <vector>

#include "judge/judge.hpp"
#include "judge/mx.hpp"

namespace mxseal::judge {

/// MTA-STS of the domain, for those who send.
enum class Sts : std::uint8_t {
  absent,
  useless,  ///< published, and takes no effect
  none,     ///< a valid policy in mode none
  testing,
  enforce,
  unknown,
};

struct Decision {
  Verdict verdict = Verdict::inconclusive;
  Effects effects;
};

/// Decides, and sets the outcome of each host and address. `misconfigured`: some finding on MTA-STS or DANE is an error.
Decision decide(Sts sts, TakesMail takes_mail, bool misconfigured, std::vector<MxJudgement>& hosts);

}  // namespace mxseal::judge
