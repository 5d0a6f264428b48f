// SPDX-License-Identifier: MIT
// A TLS report (RFC 8460 §4): JSON in which a sender tells a domain, once a day, how its sessions
// went and what failed.
//
//   {                                                         Report
//     "organization-name", "contact-info", "report-id",
//     "date-range": {"start-datetime", "end-datetime"},
//     "policies": [ {                                         PolicyEntry, each with
//       "policy": {"policy-type", "policy-string": [...],       lines
//                  "policy-domain", "mx-host": [...]},          mx_hosts
//       "summary": {"total-successful-session-count", "total-failure-session-count"},
//       "failure-details": [ {"result-type", ...} ]             FailureDetail
//     } ]
//   }
//
// Rules of this file: what is against the RFC but harmless is read with a Deviation; what is
// ambiguous or no report is an Error; of anything repeated the first counts (RFC 7493 §2.3 forbids
// repeats; the last would let a forged copy win).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal::tlsrpt {

/// Limits of one report. Real ones have a few policies and at most some thousand failure details.
inline constexpr std::size_t kMaxReportBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxPolicies = 100'000;
inline constexpr std::size_t kMaxDetails = 1'000'000;
inline constexpr std::size_t kMaxLines = 1'000'000;  ///< of policy-string and mx-host together

/// A JSON string of the report. data() is null where the member is missing or null, which is not
/// the same as empty.
using Text = std::string_view;

/// One entry of failure-details (RFC 8460 §4.4).
struct FailureDetail {
  Text result_type;
  Text sending_mta_ip;
  Text receiving_mx_hostname;
  Text receiving_mx_helo;
  Text receiving_ip;
  std::int64_t failed_session_count = 0;
  Text additional_information;
  Text failure_reason_code;
};

/// One entry of policies (RFC 8460 §4.4). Lines, hosts and details lie in the report, one behind
/// the other.
struct PolicyEntry {
  Text policy_type;
  Text policy_domain;
  std::int64_t total_successful_session_count = 0;
  std::int64_t total_failure_session_count = 0;
  std::uint32_t first_line = 0, line_count = 0;
  std::uint32_t first_host = 0, host_count = 0;
  std::uint32_t first_detail = 0, detail_count = 0;
  Deviations deviations;
};

/// A report as read. All texts point into the reader that made it and hold until it reads again.
struct Report {
  Text organization_name;
  Text contact_info;
  Text report_id;
  std::int64_t start = 0;  ///< seconds since 1970 in UTC; fractions are cut
  std::int64_t end = 0;
  std::vector<PolicyEntry> policies;
  std::vector<FailureDetail> details;
  std::vector<std::string_view> lines;
  std::vector<std::string_view> mx_hosts;
  Deviations deviations;  ///< of the report itself; those of an entry are in the entry

  std::span<const std::string_view> lines_of(const PolicyEntry& entry) const {
    return std::span(lines).subspan(entry.first_line, entry.line_count);
  }
  std::span<const std::string_view> mx_hosts_of(const PolicyEntry& entry) const {
    return std::span(mx_hosts).subspan(entry.first_host, entry.host_count);
  }
  std::span<const FailureDetail> details_of(const PolicyEntry& entry) const {
    return std::span(details).subspan(entry.first_detail, entry.detail_count);
  }
  /// Those of the report and of all its entries.
  Deviations all_deviations() const;
  void clear();
};

/// Reads reports one after the other, reusing its memory. Not for use by two threads at once.
class ReportReader {
 public:
  ReportReader();
  ~ReportReader();
  ReportReader(const ReportReader&) = delete;
  ReportReader& operator=(const ReportReader&) = delete;

  /// Reads one JSON text: an object and white space, nothing else. Bytes::kPadding bytes behind its
  /// end must be readable. Errors: json-*, date-*, policies-missing, policy-missing, member-type,
  /// count-invalid, too-many-*, report-too-large; the offset is where the JSON breaks, or 0 where
  /// the JSON is good and the report is not (the detail names the member).
  Result<void> read(std::string_view json);

  /// Gives memory back that a report of more than `most` bytes has taken.
  void give_back(std::size_t most);

  /// The report read last; undefined after an error.
  const Report& report() const { return report_; }
  /// The same, for a caller that filters or completes it; it holds until the next read() all the
  /// same.
  Report& mutable_report() { return report_; }

 private:
  class Walker;
  struct Parsers;
  std::unique_ptr<Parsers> parsers_;  // simdjson's header is kept out of everybody else's compile
  Report report_;
  Bytes patched_;
  std::deque<std::string> unfolded_;  // lines of TLSA sets that came as JSON text
};

/// A date of a report: RFC 3339 §5.6 date-time; without zone, without time, with a space for T each
/// with its deviation. Returns seconds since 1970 in UTC. Error: date_invalid.
Result<std::int64_t> parse_date(std::string_view text, Deviations& deviations);

/// Whether the text is an IPv4 or IPv6 address in any spelling.
bool is_address(std::string_view text);

}  // namespace mxseal::tlsrpt
