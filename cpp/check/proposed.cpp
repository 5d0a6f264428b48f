// SPDX-License-Identifier: MIT
#include "check/proposed.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>
#include <tuple>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"
#include "formats/mtasts_record.hpp"
#include "net/policy_fetch.hpp"

namespace mxseal::check {
namespace {

using facts::FetchStatus;
using facts::LookupStatus;

// As a look-up gives it: A-labels in lower case, no final dot; empty for the root.
std::string host_of(std::string_view typed) {
  if (typed == ".") return {};
  if (const Result<DomainName> name = DomainName::parse(typed)) return std::string(name->text());
  std::string host(typed);
  std::ranges::transform(host, host.begin(), ascii::lower);
  return host;
}

// "20:" before a host; nothing where there is none, or none that a record can hold.
std::optional<std::uint16_t> take_preference(Cursor& cursor) {
  Cursor ahead = cursor;
  const std::string_view digits = ahead.take_while(ascii::is_digit);
  if (!ahead.take(':')) return std::nullopt;
  std::uint16_t value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc())
    return std::nullopt;
  cursor = ahead;
  return value;
}

// What answers in place of a look-up: the zone, and with it DNSSEC and the TTL, stays the same.
void replace(facts::Lookup& lookup, bool with_records) {
  lookup.status = with_records ? LookupStatus::answer : LookupStatus::no_data;
  lookup.cnames.clear();
}

void replace_policy(const std::string& policy, facts::PolicyFetch& fetch) {
  fetch.proposed = true;
  fetch.body = policy;
  // Size is a matter of the file; whatever else kept the answer from being whole is one of the server.
  if (fetch.status == FetchStatus::body_too_large) fetch.status = FetchStatus::response;
  if (fetch.status == FetchStatus::response && policy.size() > net::kMaxPolicyBytes)
    fetch.status = FetchStatus::body_too_large;
}

facts::MxHost host_for(const facts::MxRecord& record, const facts::Domain& seen) {
  for (const std::vector<facts::MxHost>* hosts : {&seen.mx_hosts, &seen.proposed_hosts}) {
    const auto found = std::ranges::find(*hosts, record.host, &facts::MxHost::host);
    if (found == hosts->end()) continue;
    facts::MxHost host = *found;
    host.preference = record.preference;
    return host;
  }
  return unasked_host(record);  // the time ended before
}

void replace_mx(const std::vector<facts::MxRecord>& records, const facts::Domain& seen,
                facts::Domain& then) {
  replace(then.mx, true);
  then.mx.records = records;
  then.implicit_mx = false;
  then.mx_hosts.clear();
  for (const facts::MxRecord& record : records) {
    const bool known = std::ranges::any_of(
        then.mx_hosts, [&](const facts::MxHost& host) { return host.host == record.host; });
    if (!record.host.empty() && !known) then.mx_hosts.push_back(host_for(record, seen));
  }
}

}  // namespace

bool has_valid_record(const std::vector<std::string>& records) {
  const auto record = mtasts::select_record(records);
  return record && *record;
}

bool Proposed::needs_policy_host() const {
  return policy || (record && has_valid_record({*record}));
}

facts::MxHost unasked_host(const facts::MxRecord& record) {
  facts::MxHost host;
  host.host = record.host;
  host.preference = record.preference;
  host.valid = DomainName::parse(record.host).has_value();
  if (!host.valid) return host;
  host.ipv4.name = host.ipv6.name = record.host;
  host.ipv4.status = host.ipv6.status = LookupStatus::timed_out;
  return host;
}

Result<std::vector<facts::MxRecord>> read_mx(std::span<const std::string> texts) {
  std::vector<facts::MxRecord> records;
  for (const std::string& text : texts) {
    Cursor cursor(text);
    const std::optional<std::uint16_t> preference = take_preference(cursor);
    if (cursor.at_end()) return Error{Errc::host_invalid, text};
    facts::MxRecord& record = records.emplace_back();
    record.host = host_of(cursor.rest());
    const auto by_place = static_cast<std::uint16_t>(
        std::min<std::size_t>(records.size() * 10, std::numeric_limits<std::uint16_t>::max()));
    record.preference = preference.value_or(record.host.empty() ? 0 : by_place);
  }
  std::ranges::sort(records, {}, [](const facts::MxRecord& record) {
    return std::tie(record.preference, record.host);
  });
  return records;
}

facts::Domain with_proposed(const facts::Domain& seen, const Proposed& proposed) {
  facts::Domain then = seen;
  if (proposed.record) {
    replace(then.sts_record, !proposed.record->empty());
    then.sts_record.records.clear();
    if (!proposed.record->empty()) then.sts_record.records.push_back(*proposed.record);
  }
  if (proposed.policy) replace_policy(*proposed.policy, then.policy);
  if (proposed.mx) replace_mx(*proposed.mx, seen, then);
  then.proposed_hosts.clear();
  return then;
}

}  // namespace mxseal::check
