// SPDX-License-Identifier: MIT
// Finding: one thing that a check has to say, with its row of judge/findings.def.
//
// A finding quotes what somebody else wrote: whoever prints it escapes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace mxseal::judge {

/// In the order in which findings are listed.
enum class Severity : std::uint8_t {
  error,    ///< because of it senders ignore what is published, refuse mail, or send no reports
  unknown,  ///< could not be seen from here: never the same as absent
  warning,  ///< works today; weak, or some senders fail on it
  info,     ///< worth knowing
};

std::string_view severity_name(Severity severity);

enum class FindingId : std::uint8_t {
#define MXSEAL_FINDING(name, code, severity, section, result_type, cause, remedy) name,
#include "judge/findings.def"
#undef MXSEAL_FINDING
  count_,
};

/// What is always true of a finding.
struct FindingRow {
  std::string_view code;         ///< public name: "sts.dns.none"
  Severity severity;             ///< the default
  std::string_view section;      ///< the RFC and section that rules it; empty where none does
  std::string_view result_type;  ///< what a sender reports for it (RFC 8460 §4.3); empty: nothing
  std::string_view cause;        ///< why it matters, one sentence
  std::string_view remedy;       ///< what to do, one sentence
};

const FindingRow& row(FindingId id);

/// The finding of a code; nothing for a code that is not in the table.
std::optional<FindingId> find_finding(std::string_view code);

/// The finding that says the same as a parse error or deviation: its code is the area ("sts.dns.", "sts.policy.", "rpt.") and
/// theirs. Nothing where there is none.
std::optional<FindingId> finding_of(std::string_view area, Errc code);
std::optional<FindingId> finding_of(std::string_view area, Deviation deviation);

struct Finding {
  FindingId id = FindingId::count_;
  Severity severity = Severity::info;
  std::string subject;       ///< the record, host, or "host at address" that it is about
  std::string detail;        ///< the bytes, number or name that was met there
  std::int64_t seen_at = 0;  ///< seconds since 1970

  std::string_view code() const { return row(id).code; }
};

/// Bytes of a detail; of a longer one the beginning is kept, and how much more there was.
inline constexpr std::size_t kMaxFindingDetail = 900;
/// Findings of one id and severity; the last says how many more there were.
inline constexpr std::size_t kMaxOfOneFinding = 100;

/// Collects what there is to say about one domain.
class Findings {
 public:
  explicit Findings(std::int64_t seen_at) : seen_at_(seen_at) {}

  /// Says a thing once, however often it is seen.
  void add(FindingId id, std::string subject, std::string detail = {});
  void add(FindingId id, Severity severity, std::string subject, std::string detail);
  /// Each deviation that has a finding in this area.
  void add(std::string_view area, const Deviations& deviations, const std::string& subject);

  bool has(FindingId id) const;
  /// Whether an error of this area was found.
  bool has_error(std::string_view area) const;

  /// Errors, then unknown, then warnings, then info; within these by the table, then as they came.
  std::vector<Finding> sorted() &&;

 private:
  std::int64_t seen_at_;
  std::vector<Finding> findings_;
  std::map<std::pair<FindingId, Severity>, std::size_t> left_out_;
};

}  // namespace mxseal::judge
