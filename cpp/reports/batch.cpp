// SPDX-License-Identifier: MIT
#include "reports/batch.hpp"

#include <cstring>

namespace mxseal::reports {

std::string_view Batch::keep(std::string_view text) {
  if (text.data() == nullptr) return text;
  bytes_ += text.size();
  // An empty text stays told from a missing one.
  auto* copy = static_cast<char*>(texts_.allocate(text.empty() ? 1 : text.size(), 1));
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

void Batch::keep_place(const Place& place, Item& item) {
  item.place = place;
  item.place.source = keep(place.source);
  item.place.mail_from = keep(place.mail_from);
  item.place.submitter = keep(place.submitter);
  item.place.member = nullptr;
  if (place.member_text(member_)) {
    item.member = {nullptr, keep(member_), {}, 0};
    item.place.member = &item.member;
  }
}

void Batch::add(const tlsrpt::Report& report, const Place& place) {
  Item& item = items_.emplace_back();
  item.is_report = true;
  keep_place(place, item);
  item.report = report;
  tlsrpt::Report& copy = item.report;
  for (tlsrpt::Text* text : {&copy.organization_name, &copy.contact_info, &copy.report_id})
    *text = keep(*text);
  for (tlsrpt::PolicyEntry& entry : copy.policies) {
    entry.policy_type = keep(entry.policy_type);
    entry.policy_domain = keep(entry.policy_domain);
  }
  for (tlsrpt::FailureDetail& detail : copy.details) {
    for (tlsrpt::Text* text :
         {&detail.result_type, &detail.sending_mta_ip, &detail.receiving_mx_hostname,
          &detail.receiving_mx_helo, &detail.receiving_ip, &detail.additional_information,
          &detail.failure_reason_code}) {
      *text = keep(*text);
    }
  }
  for (std::string_view& line : copy.lines) line = keep(line);
  for (std::string_view& host : copy.mx_hosts) host = keep(host);
  bytes_ += sizeof(Item) + copy.policies.size() * sizeof(tlsrpt::PolicyEntry) +
            copy.details.size() * sizeof(tlsrpt::FailureDetail);
}

void Batch::add(const Place& place, const Error& error) {
  Item& item = items_.emplace_back();
  keep_place(place, item);
  item.error = error;
  bytes_ += sizeof(Item) + error.detail.size();
}

}  // namespace mxseal::reports
