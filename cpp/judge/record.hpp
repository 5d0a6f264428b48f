// SPDX-License-Identifier: MIT
// The MTA-STS record as senders find it (RFC 8461 §3.1), and why they find none.
#pragma once

#include <cstdint>
#include <optional>

#include "facts/domain.hpp"
#include "formats/mtasts_record.hpp"
#include "judge/finding.hpp"

namespace mxseal::judge {

enum class Published : std::uint8_t {
  absent,   ///< senders find nothing that is or was meant as MTA-STS
  useless,  ///< something is published, and senders act as if there were nothing
  valid,
  unknown,  ///< no usable answer
};

struct JudgedRecord {
  Published published = Published::unknown;
  std::optional<mtasts::StsRecord> record;  ///< where it is valid
};

JudgedRecord judge_record(const facts::Domain& facts, Findings& findings);

}  // namespace mxseal::judge
