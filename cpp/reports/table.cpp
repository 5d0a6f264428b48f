// SPDX-License-Identifier: MIT
#include "reports/table.hpp"

#include "base/utf8.hpp"
#include "reports/sums.hpp"

namespace mxseal::reports {
namespace {

std::shared_ptr<DictionaryColumn> dictionary_column() {
  return std::make_shared<DictionaryColumn>(std::make_shared<Dictionary>());
}

std::string_view member_or_null(const Place& place, std::string& scratch) {
  return place.member_text(scratch) ? std::string_view(scratch) : std::string_view();
}

// A report's own columns, twice: beside each policy and beside each failure.
struct Shared {
  std::shared_ptr<DictionaryColumn> report_id, organization_name, contact_info, policy_type,
      policy_domain, source, member, mail_from, submitter;
  std::shared_ptr<TimestampColumn> start = std::make_shared<TimestampColumn>();
  std::shared_ptr<TimestampColumn> end = std::make_shared<TimestampColumn>();
};

}  // namespace

UnreadRows::UnreadRows()
    : source_(dictionary_column()),
      member_(dictionary_column()),
      code_(dictionary_column()),
      detail_(std::make_shared<TextColumn>()),
      offset_(std::make_shared<OptionalIntColumn>()) {}

void UnreadRows::add(const Place& place, const Error& error) {
  std::string scratch;
  push_any(*source_, place.source);
  push_any(*member_, member_or_null(place, scratch));
  code_->push_back(code_name(error.code));
  // The sentence of the code, and what was met: a row explains itself.
  std::string detail(code_text(error.code));
  if (!error.detail.empty()) {
    if (error.code == Errc::not_a_report) {
      detail = error.detail;
    } else {
      detail += ": " + error.detail;
    }
  }
  push_any(*detail_, detail);
  offset_->push_back(error.offset, error.offset >= 0);
}

std::int64_t UnreadRows::size() const {
  return offset_->size();
}

std::shared_ptr<const Table> UnreadRows::table() const {
  auto table = std::make_shared<Table>();
  table->fields = {{"source", source_},
                   {"member", member_},
                   {"code", code_},
                   {"offset", offset_},
                   {"detail", detail_}};
  table->rows = size();
  return table;
}

struct ReportTable::Columns {
  Columns() {
    const auto fill = [](Shared& shared) {
      for (auto* column : {&shared.report_id, &shared.organization_name, &shared.contact_info,
                           &shared.policy_type, &shared.policy_domain, &shared.source,
                           &shared.member, &shared.mail_from, &shared.submitter}) {
        *column = dictionary_column();
      }
    };
    fill(policy);
    // The same dictionaries for the failures' copies: a number stands for the same text in both
    // tables.
    failure.report_id = beside(policy.report_id);
    failure.organization_name = beside(policy.organization_name);
    failure.contact_info = beside(policy.contact_info);
    failure.policy_type = beside(policy.policy_type);
    failure.policy_domain = beside(policy.policy_domain);
    failure.source = beside(policy.source);
    failure.member = beside(policy.member);
    failure.mail_from = beside(policy.mail_from);
    failure.submitter = beside(policy.submitter);
    for (auto* column : {&result_type, &sending_mta_ip, &receiving_mx_hostname, &receiving_mx_helo,
                         &receiving_ip, &additional_information, &failure_reason_code}) {
      *column = dictionary_column();
    }
    first_source = beside(policy.source);
    first_member = beside(policy.member);
    again_source = beside(policy.source);
    again_member = beside(policy.member);
    again_organization = beside(policy.organization_name);
    again_id = beside(policy.report_id);
  }

  static std::shared_ptr<DictionaryColumn> beside(const std::shared_ptr<DictionaryColumn>& column) {
    return std::make_shared<DictionaryColumn>(column->dictionary());
  }

  Shared policy;
  std::shared_ptr<TextListColumn> policy_string = std::make_shared<TextListColumn>();
  std::shared_ptr<TextListColumn> mx_host = std::make_shared<TextListColumn>();
  std::shared_ptr<IntColumn> successful = std::make_shared<IntColumn>();
  std::shared_ptr<IntColumn> failed = std::make_shared<IntColumn>();
  std::shared_ptr<TextListColumn> warnings = std::make_shared<TextListColumn>();
  Numbers<std::uint32_t> report_number;  // of each policy row

  Shared failure;
  std::shared_ptr<DictionaryColumn> result_type, sending_mta_ip, receiving_mx_hostname,
      receiving_mx_helo, receiving_ip, additional_information, failure_reason_code;
  std::shared_ptr<IntColumn> failed_session_count = std::make_shared<IntColumn>();
  std::shared_ptr<IntColumn> policy_row = std::make_shared<IntColumn>();

  // Where each distinct report lies, for the rows of its duplicates.
  Numbers<std::int32_t> report_source, report_member;
  Numbers<std::int64_t> report_offset;
  std::shared_ptr<DictionaryColumn> again_source, again_member, again_organization, first_source,
      first_member;
  std::shared_ptr<IntColumn> again_offset = std::make_shared<IntColumn>();
  std::shared_ptr<IntColumn> first_offset = std::make_shared<IntColumn>();
  std::shared_ptr<DictionaryColumn> again_id;
};

struct TableCollector::Numbers {
  std::int32_t source;
  std::int32_t member;
};

TableCollector::TableCollector() : columns_(std::make_shared<ReportTable::Columns>()) {}
TableCollector::~TableCollector() = default;

TableCollector::Numbers TableCollector::intern_place(const Place& place) {
  const auto number = [](Dictionary& dictionary, std::string_view text) {
    if (text.data() == nullptr) return -1;
    if (utf8::find_invalid(text) == std::string_view::npos) return dictionary.intern(text);
    return dictionary.intern(utf8::escape_invalid(text));
  };
  return {number(*columns_->policy.source->dictionary(), place.source),
          number(*columns_->policy.member->dictionary(), member_or_null(place, text_))};
}

void TableCollector::report(const tlsrpt::Report& report, const Place& place,
                            std::uint32_t number) {
  ReportTable::Columns& c = *columns_;
  const Numbers where = intern_place(place);
  c.report_source.push_back(where.source);
  c.report_member.push_back(where.member);
  c.report_offset.push_back(place.offset);
  for (const tlsrpt::PolicyEntry& entry : report.policies) {
    Shared& p = c.policy;
    const std::int64_t row = c.successful->size();
    p.report_id->push_back(report.report_id);
    p.organization_name->push_back(report.organization_name);
    p.contact_info->push_back(report.contact_info);
    p.start->push_back_seconds(report.start);
    p.end->push_back_seconds(report.end);
    p.policy_type->push_back(entry.policy_type);
    p.policy_domain->push_back(entry.policy_domain);
    c.policy_string->push_back(report.lines_of(entry));
    c.mx_host->push_back(report.mx_hosts_of(entry));
    c.successful->push_back(entry.total_successful_session_count);
    c.failed->push_back(entry.total_failure_session_count);
    p.source->push_back_number(where.source);
    p.member->push_back_number(where.member);
    push_any(*p.mail_from, place.mail_from);
    push_any(*p.submitter, place.submitter);
    c.report_number.push_back(number);
    names_.clear();
    if (!report.deviations.empty() || !entry.deviations.empty()) {
      Deviations both = report.deviations;
      both.add(entry.deviations);
      names_ = both.names();
    }
    c.warnings->push_back(names_);
    for (const tlsrpt::FailureDetail& detail : report.details_of(entry)) {
      Shared& f = c.failure;
      c.result_type->push_back(detail.result_type);
      c.sending_mta_ip->push_back(detail.sending_mta_ip);
      c.receiving_mx_hostname->push_back(detail.receiving_mx_hostname);
      c.receiving_mx_helo->push_back(detail.receiving_mx_helo);
      c.receiving_ip->push_back(detail.receiving_ip);
      c.failed_session_count->push_back(detail.failed_session_count);
      c.additional_information->push_back(detail.additional_information);
      c.failure_reason_code->push_back(detail.failure_reason_code);
      c.policy_row->push_back(row);
      f.report_id->push_back_number(p.report_id->number(row));
      f.start->push_back_seconds(report.start);
      f.end->push_back_seconds(report.end);
      f.organization_name->push_back_number(p.organization_name->number(row));
      f.contact_info->push_back_number(p.contact_info->number(row));
      f.policy_type->push_back_number(p.policy_type->number(row));
      f.policy_domain->push_back_number(p.policy_domain->number(row));
      f.source->push_back_number(where.source);
      f.member->push_back_number(where.member);
      f.mail_from->push_back_number(p.mail_from->number(row));
      f.submitter->push_back_number(p.submitter->number(row));
    }
  }
}

void TableCollector::duplicate(const tlsrpt::Report& report, const Place& place,
                               std::uint32_t number) {
  ReportTable::Columns& c = *columns_;
  const Numbers where = intern_place(place);
  c.again_source->push_back_number(where.source);
  c.again_member->push_back_number(where.member);
  c.again_offset->push_back(place.offset);
  c.first_source->push_back_number(c.report_source[number]);
  c.first_member->push_back_number(c.report_member[number]);
  c.first_offset->push_back(c.report_offset[number]);
  c.again_organization->push_back(report.organization_name);
  c.again_id->push_back(report.report_id);
}

void TableCollector::unread(const Place& place, const Error& error) {
  errors_.add(place, error);
}

ReportTable TableCollector::finish(const Counts& counts) {
  const ReportTable::Columns& c = *columns_;
  const auto table = [](std::vector<Table::Field> fields) {
    auto made = std::make_shared<Table>();
    made->rows = fields.front().column->size();
    made->fields = std::move(fields);
    return made;
  };
  ReportTable out;
  out.policies = table({{"report_id", c.policy.report_id},
                        {"organization_name", c.policy.organization_name},
                        {"contact_info", c.policy.contact_info},
                        {"start", c.policy.start},
                        {"end", c.policy.end},
                        {"policy_type", c.policy.policy_type},
                        {"policy_domain", c.policy.policy_domain},
                        {"policy_string", c.policy_string},
                        {"mx_host", c.mx_host},
                        {"total_successful_session_count", c.successful},
                        {"total_failure_session_count", c.failed},
                        {"source", c.policy.source},
                        {"member", c.policy.member},
                        {"warnings", c.warnings},
                        {"mail_from", c.policy.mail_from},
                        {"submitter", c.policy.submitter}});
  out.failures = table({{"result_type", c.result_type},
                        {"sending_mta_ip", c.sending_mta_ip},
                        {"receiving_mx_hostname", c.receiving_mx_hostname},
                        {"receiving_mx_helo", c.receiving_mx_helo},
                        {"receiving_ip", c.receiving_ip},
                        {"failed_session_count", c.failed_session_count},
                        {"additional_information", c.additional_information},
                        {"failure_reason_code", c.failure_reason_code},
                        {"policy_row", c.policy_row},
                        {"report_id", c.failure.report_id},
                        {"organization_name", c.failure.organization_name},
                        {"contact_info", c.failure.contact_info},
                        {"start", c.failure.start},
                        {"end", c.failure.end},
                        {"policy_type", c.failure.policy_type},
                        {"policy_domain", c.failure.policy_domain},
                        {"source", c.failure.source},
                        {"member", c.failure.member},
                        {"mail_from", c.failure.mail_from},
                        {"submitter", c.failure.submitter}});
  out.errors = errors_.table();
  out.duplicates = table({{"source", c.again_source},
                          {"member", c.again_member},
                          {"offset", c.again_offset},
                          {"first_source", c.first_source},
                          {"first_member", c.first_member},
                          {"first_offset", c.first_offset},
                          {"organization_name", c.again_organization},
                          {"report_id", c.again_id}});
  out.counts = counts;
  out.columns_ = columns_;
  return out;
}

bool ReportTable::summarize_into(Sums& sums, const std::function<bool()>& go_on) const {
  const Columns& c = *columns_;
  tlsrpt::Report report;
  std::int64_t failure = 0;
  for (std::int64_t row = 0; row < policies->rows;) {
    // All rows of one report, as the report that they came from.
    const std::uint32_t number = c.report_number[row];
    report.clear();
    report.report_id = (*c.policy.report_id)[row];
    report.organization_name = (*c.policy.organization_name)[row];
    report.contact_info = (*c.policy.contact_info)[row];
    report.start = c.policy.start->seconds(row);
    report.end = c.policy.end->seconds(row);
    Place place;
    place.source = (*c.policy.source)[row];
    place.mail_from = (*c.policy.mail_from)[row];
    place.submitter = (*c.policy.submitter)[row];
    const Place::Step step{nullptr, (*c.policy.member)[row], {}, 0};
    if (step.name.data() != nullptr) place.member = &step;
    for (; row < policies->rows && c.report_number[row] == number; ++row) {
      tlsrpt::PolicyEntry& entry = report.policies.emplace_back();
      entry.policy_type = (*c.policy.policy_type)[row];
      entry.policy_domain = (*c.policy.policy_domain)[row];
      entry.total_successful_session_count = (*c.successful)[row];
      entry.total_failure_session_count = (*c.failed)[row];
      entry.first_detail = static_cast<std::uint32_t>(report.details.size());
      for (; failure < failures->rows && (*c.policy_row)[failure] == row; ++failure) {
        tlsrpt::FailureDetail& detail = report.details.emplace_back();
        detail.result_type = (*c.result_type)[failure];
        detail.sending_mta_ip = (*c.sending_mta_ip)[failure];
        detail.receiving_mx_hostname = (*c.receiving_mx_hostname)[failure];
        detail.receiving_mx_helo = (*c.receiving_mx_helo)[failure];
        detail.receiving_ip = (*c.receiving_ip)[failure];
        detail.failed_session_count = (*c.failed_session_count)[failure];
        detail.additional_information = (*c.additional_information)[failure];
        detail.failure_reason_code = (*c.failure_reason_code)[failure];
        ++entry.detail_count;
      }
    }
    sums.add(report, place);
    if (number % 4096 == 0 && !go_on()) return false;
  }
  return true;
}

}  // namespace mxseal::reports
