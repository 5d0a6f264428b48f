// SPDX-License-Identifier: MIT
// The TLS-RPT record as senders find it (RFC 8460 §3), and whether its reports arrive.
#pragma once

#include <optional>

#include "facts/domain.hpp"
#include "formats/tlsrpt_record.hpp"
#include "judge/finding.hpp"

namespace mxseal::judge {

struct JudgedTlsrpt {
  std::optional<tlsrpt::TlsrptRecord> record;
  bool absent = false;  ///< it is known that there is none, good or bad
};

JudgedTlsrpt judge_tlsrpt(const facts::Domain& facts, Findings& findings);

}  // namespace mxseal::judge
