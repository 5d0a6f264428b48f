// SPDX-License-Identifier: MIT
#include "reports/sums.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/utf8.hpp"

namespace mxseal::reports {
namespace {

constexpr std::string_view kKeyNames[] = {
    "organization_name",
    "contact_info",
    "report_id",
    "mail_from",
    "submitter",
    "source",
    "member",
    "policy_type",
    "policy_domain",
    "result_type",
    "sending_mta_ip",
    "receiving_mx_hostname",
    "receiving_mx_helo",
    "receiving_ip",
    "additional_information",
    "failure_reason_code",
};

bool is_of_report(Key key) {
  return key < Key::policy_type;
}
bool is_of_detail(Key key) {
  return key >= Key::result_type;
}

// Days since 1970 on which the period of `seconds` begins.
std::int32_t first_day(std::int64_t seconds, Period period) {
  using namespace std::chrono;
  if (period == Period::none) return 0;
  sys_days day = floor<days>(sys_seconds(std::chrono::seconds(seconds)));
  if (period == Period::week) {
    day -= weekday(day) - Monday;
  } else if (period == Period::month) {
    const year_month_day date(day);
    day = sys_days(date.year() / date.month() / 1);
  }
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}

std::string_view bytes_of(const std::vector<std::int32_t>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::int32_t)};
}

// A group's n-th number back out of its name.
std::int32_t number_in(std::string_view name, std::size_t index) {
  std::int32_t number = 0;
  std::memcpy(&number, name.data() + index * sizeof number, sizeof number);
  return number;
}

std::string_view report_value(Key key, const tlsrpt::Report& report, const Place& place) {
  switch (key) {
    case Key::organization_name:
      return report.organization_name;
    case Key::contact_info:
      return report.contact_info;
    case Key::report_id:
      return report.report_id;
    case Key::mail_from:
      return place.mail_from;
    case Key::submitter:
      return place.submitter;
    case Key::source:
      return place.source;
    default:
      return {};
  }
}

std::string_view detail_value(Key key, const tlsrpt::FailureDetail& detail) {
  switch (key) {
    case Key::result_type:
      return detail.result_type;
    case Key::sending_mta_ip:
      return detail.sending_mta_ip;
    case Key::receiving_mx_hostname:
      return detail.receiving_mx_hostname;
    case Key::receiving_mx_helo:
      return detail.receiving_mx_helo;
    case Key::receiving_ip:
      return detail.receiving_ip;
    case Key::additional_information:
      return detail.additional_information;
    case Key::failure_reason_code:
      return detail.failure_reason_code;
    default:
      return {};
  }
}

// As people read it: 1,204.
std::string grouped(std::int64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

}  // namespace

std::vector<std::string_view> key_names() {
  return {std::begin(kKeyNames), std::end(kKeyNames)};
}

std::optional<Key> find_key(std::string_view name) {
  const auto* found = std::ranges::find(kKeyNames, name);
  if (found == std::end(kKeyNames)) return std::nullopt;
  return static_cast<Key>(found - std::begin(kKeyNames));
}

std::optional<Period> find_period(std::string_view name) {
  if (name.empty()) return Period::none;
  if (name == "day") return Period::day;
  if (name == "week") return Period::week;
  if (name == "month") return Period::month;
  return std::nullopt;
}

std::vector<std::string> notes_of(const std::vector<Key>& keys, const Asides& asides) {
  std::vector<std::string> notes;
  if (std::ranges::any_of(keys, is_of_detail)) {
    notes.push_back("Sums over failure details; " + grouped(asides.failed_without_detail) +
                    (asides.failed_without_detail == 1
                         ? " more failed session came without a detail."
                         : " more failed sessions came without a detail."));
  } else if (std::ranges::find(keys, Key::policy_type) == keys.end()) {
    notes.push_back(
        "Sessions that a report gives under both sts and tlsa for a domain are counted once, by "
        "the larger sum of the two (" +
        grouped(asides.counted_once) + (asides.counted_once == 1 ? " time)." : " times)."));
  }
  if (asides.saturated) notes.emplace_back("A sum is larger than 2^63-1 and stands as 2^63-1.");
  return notes;
}

Sums::Sums(std::vector<Key> keys, Period period)
    : keys_(std::move(keys)),
      period_(period),
      over_details_(std::ranges::any_of(keys_, is_of_detail)),
      by_policy_type_(std::ranges::find(keys_, Key::policy_type) != keys_.end()),
      numbers_(keys_.size() + 1, -1) {
  for (std::size_t i = 0; i < keys_.size(); ++i) texts_.push_back(std::make_shared<Dictionary>());
}

void Sums::set_number(std::size_t index, std::string_view text) {
  numbers_[index + 1] = text.data() == nullptr ? -1 : texts_[index]->intern(text);
}

void Sums::add(const tlsrpt::Report& report, const Place& place) {
  ++report_;
  numbers_[0] = first_day(report.start, period_);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (!is_of_report(keys_[i])) continue;
    std::string member;
    std::string_view value = report_value(keys_[i], report, place);
    if (keys_[i] == Key::member && place.member_text(member)) value = member;
    if (value.data() != nullptr && utf8::find_invalid(value) != std::string_view::npos) {
      set_number(i, utf8::escape_invalid(value));
    } else {
      set_number(i, value);
    }
  }
  if (!over_details_) return add_policies(report);
  for (const tlsrpt::PolicyEntry& entry : report.policies) add_details(report, entry);
}

// The group that numbers_ names, with this report counted in.
std::int32_t Sums::group_for(const tlsrpt::Report& report) {
  const std::int32_t index = names_.intern(bytes_of(numbers_));
  if (static_cast<std::size_t>(index) == groups_.size()) {
    groups_.emplace_back();
    groups_.back().start = std::numeric_limits<std::int64_t>::max();
    groups_.back().end = std::numeric_limits<std::int64_t>::min();
  }
  Group& group = groups_[static_cast<std::size_t>(index)];
  ++group.items;
  if (group.last_report != report_) {
    group.last_report = report_;
    ++group.reports;
    group.start = std::min(group.start, report.start);
    group.end = std::max(group.end, report.end);
    if (report.organization_name.data() != nullptr) {
      count_organization(index, organization_names_.intern(report.organization_name));
    }
  }
  return index;
}

// Counts an organization in a group once. The first 64 of an archive, nearly always all, are bits.
void Sums::count_organization(std::int32_t index, std::int32_t organization) {
  Group& group = groups_[static_cast<std::size_t>(index)];
  if (organization < 64) {
    const std::uint64_t bit = std::uint64_t{1} << organization;
    group.organizations += (group.first_organizations & bit) == 0 ? 1 : 0;
    group.first_organizations |= bit;
    return;
  }
  const std::int32_t pair[] = {index, organization};
  const std::int64_t before = group_organizations_.texts().size();
  group_organizations_.intern({reinterpret_cast<const char*>(pair), sizeof pair});
  group.organizations += group_organizations_.texts().size() - before;
}

void Sums::add_to(std::int64_t& sum, std::int64_t count) {
  if (__builtin_add_overflow(sum, count, &sum)) {
    sum = std::numeric_limits<std::int64_t>::max();
    asides_.saturated = true;
  }
}

void Sums::add_policies(const tlsrpt::Report& report) {
  pending_.clear();
  for (const tlsrpt::PolicyEntry& entry : report.policies) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] == Key::policy_type) set_number(i, entry.policy_type);
      if (keys_[i] == Key::policy_domain) set_number(i, entry.policy_domain);
    }
    const std::int32_t index = group_for(report);
    const std::array<std::int64_t, 2> sessions = {entry.total_successful_session_count,
                                                  entry.total_failure_session_count};
    const bool sts = entry.policy_type == "sts";
    if (by_policy_type_ || (!sts && entry.policy_type != "tlsa")) {
      Group& group = groups_[static_cast<std::size_t>(index)];
      add_to(group.successful, sessions[0]);
      add_to(group.failed, sessions[1]);
    } else if (sts) {
      pending_.push_back({index, entry.policy_domain, sessions, {}, true, false});
    } else {
      pending_.push_back({index, entry.policy_domain, {}, sessions, false, true});
    }
  }
  add_pending();
}

// For each group and domain of one report the larger of its sts and its tlsa sum.
void Sums::add_pending() {
  std::ranges::sort(pending_, [](const Pending& a, const Pending& b) {
    return a.group != b.group ? a.group < b.group : a.domain < b.domain;
  });
  for (std::size_t i = 0; i < pending_.size();) {
    Pending sum = pending_[i];
    for (++i;
         i < pending_.size() && pending_[i].group == sum.group && pending_[i].domain == sum.domain;
         ++i) {
      for (std::size_t k = 0; k < 2; ++k) {
        add_to(sum.sts[k], pending_[i].sts[k]);
        add_to(sum.tlsa[k], pending_[i].tlsa[k]);
      }
      sum.has_sts = sum.has_sts || pending_[i].has_sts;
      sum.has_tlsa = sum.has_tlsa || pending_[i].has_tlsa;
    }
    Group& group = groups_[static_cast<std::size_t>(sum.group)];
    add_to(group.successful, std::max(sum.sts[0], sum.tlsa[0]));
    add_to(group.failed, std::max(sum.sts[1], sum.tlsa[1]));
    if (sum.has_sts && sum.has_tlsa) ++asides_.counted_once;
  }
}

void Sums::add_details(const tlsrpt::Report& report, const tlsrpt::PolicyEntry& entry) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == Key::policy_type) set_number(i, entry.policy_type);
    if (keys_[i] == Key::policy_domain) set_number(i, entry.policy_domain);
  }
  std::int64_t with_detail = 0;
  for (const tlsrpt::FailureDetail& detail : report.details_of(entry)) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (is_of_detail(keys_[i])) set_number(i, detail_value(keys_[i], detail));
    }
    Group& group = groups_[static_cast<std::size_t>(group_for(report))];
    add_to(group.failed, detail.failed_session_count);
    add_to(with_detail, detail.failed_session_count);
  }
  if (entry.total_failure_session_count > with_detail) {
    add_to(asides_.failed_without_detail, entry.total_failure_session_count - with_detail);
  }
}

std::vector<std::int32_t> Sums::sorted_groups() const {
  // The rank of each text in its dictionary, so that groups are compared by numbers.
  std::vector<std::vector<std::int32_t>> ranks;
  for (const auto& dictionary : texts_) {
    const TextColumn& texts = dictionary->texts();
    std::vector<std::int32_t> order(static_cast<std::size_t>(texts.size()));
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order,
                      [&texts](std::int32_t a, std::int32_t b) { return texts[a] < texts[b]; });
    std::vector<std::int32_t>& rank = ranks.emplace_back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      rank[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
  }
  std::vector<std::int32_t> sorted(groups_.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::ranges::sort(sorted, [&](std::int32_t a, std::int32_t b) {
    const std::string_view left = names_.texts()[a];
    const std::string_view right = names_.texts()[b];
    if (number_in(left, 0) != number_in(right, 0)) return number_in(left, 0) < number_in(right, 0);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      const auto rank = [&](std::int32_t number) {
        return number < 0 ? -1 : ranks[i][static_cast<std::size_t>(number)];
      };
      const std::int32_t x = rank(number_in(left, i + 1));
      const std::int32_t y = rank(number_in(right, i + 1));
      if (x != y) return x < y;
    }
    return false;
  });
  return sorted;
}

std::shared_ptr<const Table> Sums::table() const {
  const std::vector<std::int32_t> order = sorted_groups();
  auto table = std::make_shared<Table>();
  table->rows = static_cast<std::int64_t>(order.size());
  if (period_ != Period::none) {
    auto column = std::make_shared<DateColumn>();
    for (const std::int32_t group : order) column->push_back({number_in(names_.texts()[group], 0)});
    table->fields.push_back({"period", column});
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    auto column = std::make_shared<DictionaryColumn>(texts_[i]);
    for (const std::int32_t group : order)
      column->push_back_number(number_in(names_.texts()[group], i + 1));
    table->fields.push_back({std::string(kKeyNames[static_cast<std::size_t>(keys_[i])]), column});
  }
  const auto add = [&](std::string name, std::int64_t Group::*member) {
    auto column = std::make_shared<IntColumn>();
    for (const std::int32_t group : order)
      column->push_back(groups_[static_cast<std::size_t>(group)].*member);
    table->fields.push_back({std::move(name), column});
  };
  const auto add_time = [&](std::string name, std::int64_t Group::*member) {
    auto column = std::make_shared<TimestampColumn>();
    for (const std::int32_t group : order)
      column->push_back_seconds(groups_[static_cast<std::size_t>(group)].*member);
    table->fields.push_back({std::move(name), column});
  };
  if (over_details_) {
    add("details", &Group::items);
    add("failed_session_count", &Group::failed);
    add("organizations", &Group::organizations);
  } else {
    add("reports", &Group::reports);
    add("policies", &Group::items);
    add("organizations", &Group::organizations);
  }
  add_time("start", &Group::start);
  add_time("end", &Group::end);
  if (!over_details_) {
    add("total_successful_session_count", &Group::successful);
    add("total_failure_session_count", &Group::failed);
  }
  return table;
}

}  // namespace mxseal::reports
