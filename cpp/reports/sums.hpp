// SPDX-License-Identifier: MIT
// Sums over reports, by any of their keys and by day, week or month, in memory that grows with the
// groups alone.
//
// Two kinds, told by the keys. Keys of a report or policy: sums over policies, from their
// summaries. As soon as one key is of a failure detail: sums over details; no successes are claimed
// then, since nobody says which sessions a detail stands for (RFC 8460 §4: one session may count
// under several). A policy is never multiplied by its details.
//
// A report may give the same sessions twice, for the sts policy and for the tlsa policy of one
// domain. Unless policy_type is a key, the larger of the two sums counts, for each report and
// domain and for successes and failures by themselves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/columns.hpp"
#include "formats/tlsrpt_report.hpp"
#include "reports/place.hpp"

namespace mxseal::reports {

enum class Key : std::uint8_t {
  // Of a report.
  organization_name,
  contact_info,
  report_id,
  mail_from,
  submitter,
  source,
  member,
  // Of a policy.
  policy_type,
  policy_domain,
  // Of a failure detail.
  result_type,
  sending_mta_ip,
  receiving_mx_hostname,
  receiving_mx_helo,
  receiving_ip,
  additional_information,
  failure_reason_code,
};

/// All names that a key may have, in the order of Key.
std::vector<std::string_view> key_names();
std::optional<Key> find_key(std::string_view name);

/// By the report's start in UTC.
enum class Period : std::uint8_t { none, day, week, month };
/// "day", "week", "month"; "" is none.
std::optional<Period> find_period(std::string_view name);

/// What was met on the way to sums and is said beside them.
struct Asides {
  std::int64_t failed_without_detail = 0;  ///< failed sessions without a detail (sums over details)
  std::int64_t counted_once = 0;  ///< how often the larger of an sts and a tlsa sum was taken
  bool saturated = false;         ///< a sum did not fit into 63 bits: it stands as 2^63-1
};

/// What a reader must know to read sums by these keys rightly, in sentences.
std::vector<std::string> notes_of(const std::vector<Key>& keys, const Asides& asides);

class Sums {
 public:
  Sums(std::vector<Key> keys, Period period);

  void add(const tlsrpt::Report& report, const Place& place);

  bool over_details() const { return over_details_; }
  /// period (where there is one), the keys, then the sums; sorted by period and keys.
  std::shared_ptr<const Table> table() const;
  std::vector<std::string> notes() const { return notes_of(keys_, asides_); }
  const Asides& asides() const { return asides_; }

 private:
  struct Group {
    std::int64_t reports = 0;
    std::int64_t items = 0;  // policies or details
    std::int64_t organizations = 0;
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t successful = 0;
    std::int64_t failed = 0;
    std::uint64_t first_organizations = 0;  // a bit each, by number
    std::uint64_t last_report = 0;
  };
  // The sessions that one report gives for one group and domain, until it is known which sum is the
  // larger.
  struct Pending {
    std::int32_t group;
    std::string_view domain;
    std::array<std::int64_t, 2> sts;  // successful, failed
    std::array<std::int64_t, 2> tlsa;
    bool has_sts, has_tlsa;
  };

  void set_number(std::size_t index, std::string_view text);
  void add_policies(const tlsrpt::Report& report);
  void add_details(const tlsrpt::Report& report, const tlsrpt::PolicyEntry& entry);
  std::int32_t group_for(const tlsrpt::Report& report);
  void count_organization(std::int32_t index, std::int32_t organization);
  void add_to(std::int64_t& sum, std::int64_t count);
  void add_pending();
  std::vector<std::int32_t> sorted_groups() const;

  std::vector<Key> keys_;
  Period period_;
  bool over_details_ = false;
  bool by_policy_type_ = false;
  std::vector<std::shared_ptr<Dictionary>> texts_;  // one a key
  std::vector<std::int32_t> numbers_;               // period, then a number a key: the group's name
  Dictionary names_;                                // numbers_ as bytes -> group
  Dictionary organization_names_;
  Dictionary group_organizations_;  // (group, organization) as bytes, for the others
  std::vector<Group> groups_;
  std::vector<Pending> pending_;
  std::uint64_t report_ = 0;
  Asides asides_;
};

}  // namespace mxseal::reports
