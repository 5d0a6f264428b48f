// SPDX-License-Identifier: MIT
#include "formats/tlsrpt_report.hpp"

#include <arpa/inet.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "formats/json_scan.hpp"

namespace mxseal::tlsrpt {

namespace dom = simdjson::dom;

using ascii::is_digit;

namespace {

constexpr std::string_view kPolicyTypes[] = {"sts", "tlsa", "no-policy-found"};

// RFC 8460 §6.6: the registry of result types.
constexpr std::string_view kResultTypes[] = {
    "starttls-not-supported",  "certificate-host-mismatch",
    "certificate-not-trusted", "certificate-expired",
    "validation-failure",      "tlsa-invalid",
    "dnssec-invalid",          "dane-required",
    "sts-policy-fetch-error",  "sts-policy-invalid",
    "sts-webpki-invalid",
};

int value_of(std::string_view digits) {
  int value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

std::int64_t add_saturating(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

Error member_error(Errc code, std::string_view name) {
  return {code, std::string(name), 0};
}

Error count_error(std::string_view name, std::string_view value) {
  return {Errc::count_invalid, std::string(name) + " " + excerpt(value), 0};
}

bool is_missing(const dom::element& value) {
  return value.is_null();
}

}  // namespace

// RFC 3339 §5.6: date-time = full-date "T" full-time, with the leniences of real reporters
// (Microsoft left out the zone).
Result<std::int64_t> parse_date(std::string_view text, Deviations& deviations) {
  const auto invalid = [text] { return Error{Errc::date_invalid, excerpt(text), 0}; };
  Cursor cursor(text);
  const int year = cursor.take_digits(4);
  const bool dash1 = cursor.take('-');
  const int month = cursor.take_digits(2);
  const bool dash2 = cursor.take('-');
  const int day = cursor.take_digits(2);
  if (year < 0 || month < 0 || day < 0 || !dash1 || !dash2) return invalid();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return invalid();
  std::int64_t seconds =
      std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * 86'400;

  if (cursor.at_end()) {
    deviations.add(Deviation::date_without_time);
  } else {
    if (cursor.take(' ')) {
      deviations.add(Deviation::date_with_space);
    } else if (!cursor.take('T') && !cursor.take('t')) {
      return invalid();
    }
    const int hour = cursor.take_digits(2);
    const bool colon1 = cursor.take(':');
    const int minute = cursor.take_digits(2);
    const bool colon2 = cursor.take(':');
    const int second = cursor.take_digits(2);
    // Second 60 is a leap second (RFC 3339 §5.7).
    if (!colon1 || !colon2 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60) {
      return invalid();
    }
    seconds += hour * 3600 + minute * 60 + second;
    if (cursor.take('.') && cursor.take_while(is_digit).empty()) return invalid();
    if (cursor.at_end()) {
      deviations.add(Deviation::date_without_zone);
    } else if (!cursor.take('Z') && !cursor.take('z')) {
      const bool east = cursor.peek() == '+';
      if (!cursor.take('+') && !cursor.take('-')) return invalid();
      const int hours = cursor.take_digits(2);
      const bool colon = cursor.take(':');
      const int minutes = cursor.take_digits(2);
      if (!colon || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return invalid();
      const std::int64_t offset = hours * 3600 + minutes * 60;
      seconds += east ? -offset : offset;
    }
    if (!cursor.at_end()) return invalid();
  }
  // Years 1 to 9999, so that every date library can hold what comes out.
  if (seconds < -62'135'596'800 || seconds > 253'402'300'799) return invalid();
  return seconds;
}

bool is_address(std::string_view text) {
  // IPv4 by hand: inet_pton refuses leading zeros, which RFC 8460 does not.
  Cursor cursor(text);
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !cursor.take('.')) break;
    const std::string_view digits = cursor.take_while(is_digit, 3);
    if (digits.empty() || value_of(digits) > 255) break;
    if (part == 3 && cursor.at_end()) return true;
  }
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  in6_addr ignored{};
  return inet_pton(AF_INET6, terminated.data(), &ignored) == 1;
}

Deviations Report::all_deviations() const {
  Deviations all = deviations;
  for (const PolicyEntry& entry : policies) all.add(entry.deviations);
  return all;
}

void Report::clear() {
  organization_name = contact_info = report_id = Text();
  start = end = 0;
  policies.clear();
  details.clear();
  lines.clear();
  mx_hosts.clear();
  deviations.clear();
}

struct ReportReader::Parsers {
  dom::parser report;
  dom::parser inner;  // for a policy-string that holds JSON
};

ReportReader::ReportReader() : parsers_(std::make_unique<Parsers>()) {}
ReportReader::~ReportReader() = default;

void ReportReader::give_back(std::size_t most) {
  if (parsers_->report.capacity() <= most) return;
  parsers_ = std::make_unique<Parsers>();
  report_ = Report();
  patched_.shrink_beyond(most);
}

// Walks the parsed document once and fills the report; one function an object of RFC 8460 §4.4,
// named after it.
class ReportReader::Walker {
 public:
  Walker(ReportReader& reader, Report& report) : reader_(reader), report_(report) {}

  Result<void> root(const dom::object& object) {
    bool has_dates = false;
    bool has_policies = false;
    Seen seen(report_.deviations);
    bool null_organization = false;
    bool null_contact = false;
    for (const auto [key, value] : object) {
      Result<void> read;
      if (key == "organization-name") {
        if (!seen.first(0)) continue;
        null_organization = is_missing(value);
        read = text(value, key, report_.organization_name);
      } else if (key == "contact-info") {
        if (!seen.first(1)) continue;
        null_contact = is_missing(value);
        read = text(value, key, report_.contact_info);
      } else if (key == "report-id") {
        if (!seen.first(2)) continue;
        read = text(value, key, report_.report_id);
      } else if (key == "date-range") {
        if (!seen.first(3)) continue;
        if (is_missing(value)) continue;
        dom::object range;
        if (value.get(range)) return member_error(Errc::member_type, key);
        has_dates = true;
        read = date_range(range);
      } else if (key == "policies") {
        if (!seen.first(4)) continue;
        if (is_missing(value)) continue;
        has_policies = true;
        read = policies(value);
      }
      if (!read) return read;
    }
    if (seen.nothing()) return Error{Errc::not_a_report, "JSON without any member of a report", 0};
    if (!has_dates) return member_error(Errc::date_missing, "date-range");
    if (!has_policies) return member_error(Errc::policies_missing, "policies");
    if (report_.organization_name.data() == nullptr) {
      report_.deviations.add(null_organization ? Deviation::organization_name_null
                                               : Deviation::organization_name_missing);
    }
    if (report_.contact_info.data() == nullptr) {
      report_.deviations.add(null_contact ? Deviation::contact_info_null
                                          : Deviation::contact_info_missing);
    }
    if (report_.report_id.data() == nullptr) report_.deviations.add(Deviation::report_id_missing);
    if (report_.end < report_.start) report_.deviations.add(Deviation::end_before_start);
    return {};
  }

 private:
  // Which of an object's known members were met; a second one is a deviation and is passed over.
  class Seen {
   public:
    explicit Seen(Deviations& deviations) : deviations_(deviations) {}
    bool first(unsigned member) {
      const unsigned bit = 1U << member;
      if ((met_ & bit) != 0) {
        deviations_.add(Deviation::duplicate_member);
        return false;
      }
      met_ |= bit;
      return true;
    }
    bool nothing() const { return met_ == 0; }

   private:
    Deviations& deviations_;
    unsigned met_ = 0;
  };

  static Result<void> text(const dom::element& value, std::string_view name, Text& out) {
    if (is_missing(value)) return {};
    if (value.get(out)) return member_error(Errc::member_type, name);
    return {};
  }

  // RFC 8460 §4.4: counts are integers. As a string, or with a fraction of zero, the value is still
  // plain (and exact below 2^53); anything else is not a number of sessions.
  static Result<void> count(const dom::element& value, std::string_view name, std::int64_t& out,
                            Deviations& deviations) {
    std::string_view digits;
    switch (value.type()) {
      case dom::element_type::INT64:
        if (value.get(out) || out < 0) return count_error(name, "is negative or too large");
        break;
      case dom::element_type::UINT64:
        return count_error(name, "is too large");
      case dom::element_type::DOUBLE: {
        double number = 0;
        if (value.get(number) || !(number >= 0) || number >= 9223372036854775808.0 ||
            std::floor(number) != number) {
          return count_error(name, "is negative, fractional or too large");
        }
        out = static_cast<std::int64_t>(number);
        deviations.add(Deviation::count_as_float);
        break;
      }
      case dom::element_type::STRING: {
        if (value.get(digits) || digits.empty() ||
            !std::all_of(digits.begin(), digits.end(), is_digit)) {
          return count_error(name, digits);
        }
        if (std::from_chars(digits.data(), digits.data() + digits.size(), out).ec != std::errc()) {
          return count_error(name, digits);
        }
        deviations.add(Deviation::count_as_string);
        break;
      }
      default:
        return member_error(Errc::member_type, name);
    }
    if (out > (std::int64_t{1} << 53) - 1)
      deviations.add(Deviation::count_above_2_53);  // RFC 7493 §2.2
    return {};
  }

  Result<void> date_range(const dom::object& object) {
    Seen seen(report_.deviations);
    Text start;
    Text end;
    for (const auto [key, value] : object) {
      Result<void> read;
      if (key == "start-datetime") {
        if (seen.first(0)) read = text(value, key, start);
      } else if (key == "end-datetime") {
        if (seen.first(1)) read = text(value, key, end);
      }
      if (!read) return read;
    }
    if (start.data() == nullptr) return member_error(Errc::date_missing, "start-datetime");
    if (end.data() == nullptr) return member_error(Errc::date_missing, "end-datetime");
    const Result<std::int64_t> first = parse_date(start, report_.deviations);
    if (!first) return first.error();
    const Result<std::int64_t> last = parse_date(end, report_.deviations);
    if (!last) return last.error();
    report_.start = *first;
    report_.end = *last;
    return {};
  }

  Result<void> policies(const dom::element& value) {
    dom::array entries;
    dom::object single;
    if (!value.get(entries)) {
      for (const dom::element entry : entries) {
        if (Result<void> read = policies_entry(entry); !read) return read;
      }
      return {};
    }
    if (value.get(single)) return member_error(Errc::member_type, "policies");
    report_.deviations.add(Deviation::policies_object);
    return policies_entry(value);
  }

  Result<void> policies_entry(const dom::element& value) {
    dom::object object;
    if (value.get(object)) return member_error(Errc::member_type, "policies");
    if (report_.policies.size() == kMaxPolicies) {
      return Error{Errc::too_many_policies, std::to_string(kMaxPolicies), 0};
    }
    PolicyEntry& entry = report_.policies.emplace_back();
    entry.first_line = static_cast<std::uint32_t>(report_.lines.size());
    entry.first_host = static_cast<std::uint32_t>(report_.mx_hosts.size());
    entry.first_detail = static_cast<std::uint32_t>(report_.details.size());
    Seen seen(entry.deviations);
    bool has_policy = false;
    bool has_summary = false;
    bool has_details = false;
    has_failure_count_ = false;
    for (const auto [key, member] : object) {
      Result<void> read;
      if (key == "policy") {
        if (!seen.first(0) || is_missing(member)) continue;
        has_policy = true;
        dom::object policy_object;
        if (member.get(policy_object)) return member_error(Errc::member_type, key);
        read = policy(policy_object, entry);
      } else if (key == "summary") {
        if (!seen.first(1) || is_missing(member)) continue;
        has_summary = true;
        dom::object summary_object;
        if (member.get(summary_object)) return member_error(Errc::member_type, key);
        read = summary(summary_object, entry);
      } else if (key == "failure-details") {
        if (!seen.first(2) || is_missing(member)) continue;
        has_details = true;
        read = failure_details(member, entry);
      }
      if (!read) return read;
    }
    if (!has_policy) return member_error(Errc::policy_missing, "policy");
    if (!has_summary) entry.deviations.add(Deviation::summary_missing);
    if (!has_details && entry.total_failure_session_count > 0) {
      entry.deviations.add(Deviation::failure_details_missing);
    }
    if (has_details && has_failure_count_) check_sum(entry);
    return {};
  }

  // RFC 8460 §4: one session may count under several result types, so only less than the total, or
  // one detail above it, cannot be.
  void check_sum(PolicyEntry& entry) const {
    std::int64_t sum = 0;
    bool one_above = false;
    for (const FailureDetail& detail : report_.details_of(entry)) {
      sum = add_saturating(sum, detail.failed_session_count);
      one_above = one_above || detail.failed_session_count > entry.total_failure_session_count;
    }
    if (one_above || sum < entry.total_failure_session_count) {
      entry.deviations.add(Deviation::details_do_not_add_up);
    }
  }

  Result<void> policy(const dom::object& object, PolicyEntry& entry) {
    Seen seen(entry.deviations);
    for (const auto [key, value] : object) {
      Result<void> read;
      if (key == "policy-type") {
        if (seen.first(0)) read = text(value, key, entry.policy_type);
      } else if (key == "policy-string") {
        if (seen.first(1)) read = policy_string(value, entry);
      } else if (key == "policy-domain") {
        if (seen.first(2)) read = text(value, key, entry.policy_domain);
      } else if (key == "mx-host") {
        if (seen.first(3)) read = mx_host(value, entry);
      }
      if (!read) return read;
    }
    if (report_.lines.size() + report_.mx_hosts.size() > kMaxLines) {
      return Error{Errc::too_many_details, std::to_string(kMaxLines) + " lines and hosts", 0};
    }
    entry.line_count = static_cast<std::uint32_t>(report_.lines.size()) - entry.first_line;
    entry.host_count = static_cast<std::uint32_t>(report_.mx_hosts.size()) - entry.first_host;
    if (entry.policy_type.data() == nullptr) {
      entry.deviations.add(Deviation::policy_type_missing);
    } else if (std::ranges::find(kPolicyTypes, entry.policy_type) == std::end(kPolicyTypes)) {
      entry.deviations.add(Deviation::policy_type_unknown);
    }
    if (entry.policy_domain.empty()) {
      entry.deviations.add(Deviation::policy_domain_missing);
    } else if (!ascii::is_ascii(entry.policy_domain)) {
      entry.deviations.add(Deviation::policy_domain_u_label);
    }
    return {};
  }

  Result<void> policy_string(const dom::element& value, PolicyEntry& entry) {
    if (is_missing(value)) return {};
    dom::array lines;
    std::string_view line;
    if (!value.get(lines)) {
      for (const dom::element element : lines) {
        if (element.get(line)) return member_error(Errc::member_type, "policy-string");
        if (unfold(line)) {
          entry.deviations.add(Deviation::tlsa_list_as_json_text);
        } else {
          report_.lines.push_back(line);
        }
      }
      return {};
    }
    if (value.get(line)) return member_error(Errc::member_type, "policy-string");
    if (unfold(line)) {
      entry.deviations.add(Deviation::tlsa_list_as_json_text);
    } else {
      entry.deviations.add(Deviation::policy_string_string);
      report_.lines.push_back(line);
    }
    return {};
  }

  // Microsoft writes a TLSA set as one string that is itself a JSON array of strings, in an array
  // or alone.
  bool unfold(std::string_view text) {
    // Nearly every line begins with the letter of a key.
    if (text.empty() || ascii::is_alpha(text.front())) return false;
    if (!text.substr(json::skip_space(text, 0)).starts_with('[')) return false;
    dom::array lines;
    if (reader_.parsers_->inner.parse(simdjson::padded_string(text)).get(lines)) return false;
    for (const dom::element element : lines) {
      if (!element.is_string()) return false;
    }
    for (const dom::element element : lines) {
      reader_.unfolded_.emplace_back(std::string_view(element));
      report_.lines.emplace_back(reader_.unfolded_.back());
    }
    return true;
  }

  Result<void> mx_host(const dom::element& value, PolicyEntry& entry) {
    if (is_missing(value)) return {};
    dom::array hosts;
    std::string_view host;
    if (!value.get(hosts)) {
      for (const dom::element element : hosts) {
        if (element.get(host)) return member_error(Errc::member_type, "mx-host");
        report_.mx_hosts.push_back(without_prefix(host, entry));
      }
      return {};
    }
    if (value.get(host)) return member_error(Errc::member_type, "mx-host");
    entry.deviations.add(Deviation::mx_host_string);  // RFC 8460 Appendix B, erratum 6241
    report_.mx_hosts.push_back(without_prefix(host, entry));
    return {};
  }

  // Stalwart left the key of the policy's line in front of the pattern.
  static std::string_view without_prefix(std::string_view host, PolicyEntry& entry) {
    Cursor cursor(host);
    cursor.take_while(ascii::is_blank);
    if (!cursor.take("mx:")) return host;
    cursor.take_while(ascii::is_blank);
    entry.deviations.add(Deviation::mx_host_with_mx_prefix);
    return cursor.rest();
  }

  Result<void> summary(const dom::object& object, PolicyEntry& entry) {
    Seen seen(entry.deviations);
    bool has_successful = false;
    for (const auto [key, value] : object) {
      Result<void> read;
      if (key == "total-successful-session-count") {
        if (!seen.first(0) || is_missing(value)) continue;
        has_successful = true;
        read = count(value, key, entry.total_successful_session_count, entry.deviations);
      } else if (key == "total-failure-session-count") {
        if (!seen.first(1) || is_missing(value)) continue;
        has_failure_count_ = true;
        read = count(value, key, entry.total_failure_session_count, entry.deviations);
      }
      if (!read) return read;
    }
    if (!has_successful) entry.deviations.add(Deviation::successful_count_missing);
    if (!has_failure_count_) entry.deviations.add(Deviation::failure_count_missing);
    return {};
  }

  Result<void> failure_details(const dom::element& value, PolicyEntry& entry) {
    dom::array details;
    dom::object single;
    if (!value.get(details)) {
      for (const dom::element element : details) {
        dom::object object;
        if (element.get(object)) return member_error(Errc::member_type, "failure-details");
        if (Result<void> read = failure_detail(object, entry); !read) return read;
      }
    } else if (!value.get(single)) {
      entry.deviations.add(Deviation::failure_details_object);
      if (Result<void> read = failure_detail(single, entry); !read) return read;
    } else {
      return member_error(Errc::member_type, "failure-details");
    }
    entry.detail_count = static_cast<std::uint32_t>(report_.details.size()) - entry.first_detail;
    return {};
  }

  Result<void> failure_detail(const dom::object& object, PolicyEntry& entry) {
    if (report_.details.size() == kMaxDetails) {
      return Error{Errc::too_many_details, std::to_string(kMaxDetails), 0};
    }
    FailureDetail& detail = report_.details.emplace_back();
    Seen seen(entry.deviations);
    bool has_count = false;
    dom::element misspelt;
    bool has_misspelt = false;
    for (const auto [key, value] : object) {
      Result<void> read;
      if (key == "result-type") {
        if (seen.first(0)) read = text(value, key, detail.result_type);
      } else if (key == "sending-mta-ip") {
        if (seen.first(1)) read = text(value, key, detail.sending_mta_ip);
      } else if (key == "receiving-mx-hostname") {
        if (seen.first(2)) read = text(value, key, detail.receiving_mx_hostname);
      } else if (key == "receiving-mx-helo") {
        if (seen.first(3)) read = text(value, key, detail.receiving_mx_helo);
      } else if (key == "receiving-ip") {
        if (seen.first(4)) read = text(value, key, detail.receiving_ip);
      } else if (key == "failed-session-count") {
        if (!seen.first(5) || is_missing(value)) continue;
        has_count = true;
        read = count(value, key, detail.failed_session_count, entry.deviations);
      } else if (key == "additional-information") {
        if (seen.first(6)) read = text(value, key, detail.additional_information);
      } else if (key == "failure-reason-code") {
        if (seen.first(7)) read = text(value, key, detail.failure_reason_code);
      } else if (key == "receiving-mx-host-name" && !has_misspelt) {
        has_misspelt = true;
        misspelt = value;
      }
      if (!read) return read;
    }
    if (has_misspelt && detail.receiving_mx_hostname.data() == nullptr && !is_missing(misspelt)) {
      if (misspelt.get(detail.receiving_mx_hostname))
        return member_error(Errc::member_type, "receiving-mx-host-name");
      entry.deviations.add(Deviation::receiving_mx_host_name);
    }
    if (!has_count) entry.deviations.add(Deviation::failed_session_count_missing);
    if (detail.result_type.data() == nullptr) {
      entry.deviations.add(Deviation::result_type_missing);
    } else if (std::ranges::find(kResultTypes, detail.result_type) == std::end(kResultTypes)) {
      entry.deviations.add(Deviation::result_type_unknown);
    }
    if (detail.sending_mta_ip.data() != nullptr && !is_address(detail.sending_mta_ip)) {
      entry.deviations.add(Deviation::sending_mta_ip_invalid);
    }
    if (detail.receiving_ip.data() != nullptr && !is_address(detail.receiving_ip)) {
      entry.deviations.add(Deviation::receiving_ip_invalid);
    }
    return {};
  }

  ReportReader& reader_;
  Report& report_;
  bool has_failure_count_ = false;  // of the entry that is being read
};

namespace {

// The exact fault of a text that simdjson refused, or nothing where only its number types were too
// small.
Result<void> find_fault(std::string_view json) {
  const Result<std::size_t> end = json::scan_value(json, 0);
  if (!end) return end.error();
  const std::size_t rest = json::skip_space(json, *end);
  if (rest != json.size()) return Error{Errc::json_trailing, "", static_cast<std::int64_t>(rest)};
  return {};
}

}  // namespace

Result<void> ReportReader::read(std::string_view json) {
  report_.clear();
  unfolded_.clear();
  if (json.size() > kMaxReportBytes)
    return Error{Errc::report_too_large, std::to_string(kMaxReportBytes), 0};
  std::int64_t skipped = 0;
  if (json.starts_with("\xEF\xBB\xBF")) {  // RFC 8259 §8.1: MAY be ignored
    json.remove_prefix(3);
    skipped = 3;
    report_.deviations.add(Deviation::byte_order_mark);
  }
  // Newer versions of simdjson would pass over a second one.
  if (json.starts_with("\xEF\xBB\xBF")) return Error{Errc::json_syntax, "", skipped};
  const auto fault = [&json, skipped]() -> Result<void> {
    Result<void> found = find_fault(json);
    if (found) return found;
    Error error = std::move(found).error();
    error.offset += skipped;
    return error;
  };
  // simdjson's older versions let a lone surrogate escape pass (RFC 7493 §2.1); escapes are rare in
  // reports.
  if (json.find("\\u") != std::string_view::npos) {
    if (Result<void> checked = fault(); !checked) return checked;
  }
  dom::element root;
  if (parsers_->report.parse(json.data(), json.size(), false).get(root)) {
    if (Result<void> found = fault(); !found) return found;
    json::replace_huge_numbers(json, patched_);
    if (const simdjson::error_code again =
            parsers_->report.parse(patched_.data(), patched_.size(), false).get(root)) {
      return Error{Errc::json_syntax, simdjson::error_message(again), 0};
    }
  }
  dom::object object;
  if (root.get(object)) return Error{Errc::json_not_object, "", skipped};
  return Walker(*this, report_).root(object);
}

}  // namespace mxseal::tlsrpt
