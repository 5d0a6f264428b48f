// SPDX-License-Identifier: MIT
// mxseal.tlsrpt.parse_report: one report as Python objects that own their values.
#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bindings/cells.hpp"
#include "reports/one_report.hpp"

namespace mxseal::bindings {
namespace {

using OptionalText = std::optional<std::string>;

OptionalText optional(tlsrpt::Text text) {
  if (text.data() == nullptr) return std::nullopt;
  return std::string(text);
}

std::vector<std::string> names(const Deviations& deviations) {
  const auto views = deviations.names();
  return {views.begin(), views.end()};
}

struct OwnedDetail {
  OptionalText result_type, sending_mta_ip, receiving_mx_hostname, receiving_mx_helo, receiving_ip;
  std::int64_t failed_session_count;
  OptionalText additional_information, failure_reason_code;
};

struct OwnedPolicy {
  OptionalText policy_type, policy_domain;
  std::vector<std::string> policy_string, mx_host;
  std::int64_t total_successful_session_count, total_failure_session_count;
  std::vector<OwnedDetail> failure_details;
  std::vector<std::string> warnings;
};

struct OwnedReport {
  OptionalText organization_name, contact_info, report_id;
  std::int64_t start, end;
  std::vector<OwnedPolicy> policies;
  std::vector<std::string> warnings;
};

OwnedDetail own(const tlsrpt::FailureDetail& detail) {
  return {optional(detail.result_type),
          optional(detail.sending_mta_ip),
          optional(detail.receiving_mx_hostname),
          optional(detail.receiving_mx_helo),
          optional(detail.receiving_ip),
          detail.failed_session_count,
          optional(detail.additional_information),
          optional(detail.failure_reason_code)};
}

OwnedPolicy own(const tlsrpt::Report& report, const tlsrpt::PolicyEntry& entry) {
  const auto lines = report.lines_of(entry);
  const auto hosts = report.mx_hosts_of(entry);
  OwnedPolicy owned{optional(entry.policy_type),
                    optional(entry.policy_domain),
                    {lines.begin(), lines.end()},
                    {hosts.begin(), hosts.end()},
                    entry.total_successful_session_count,
                    entry.total_failure_session_count,
                    {},
                    names(entry.deviations)};
  for (const tlsrpt::FailureDetail& detail : report.details_of(entry))
    owned.failure_details.push_back(own(detail));
  return owned;
}

OwnedReport parse_report(const TextOrBytes& data) {
  const std::string bytes = to_bytes(data, "data");
  reports::OneReport one;
  Result<void> read;
  {
    const py::gil_scoped_release unlocked;
    read = one.read(bytes);
  }
  unwrap(std::move(read));
  const tlsrpt::Report& report = one.report();
  OwnedReport owned{optional(report.organization_name),
                    optional(report.contact_info),
                    optional(report.report_id),
                    report.start,
                    report.end,
                    {},
                    names(report.all_deviations())};
  for (const tlsrpt::PolicyEntry& entry : report.policies)
    owned.policies.push_back(own(report, entry));
  return owned;
}

}  // namespace

void register_tlsrpt_report(py::module_& module) {
  py::class_<OwnedDetail>(
      module, "FailureDetail",
      "One entry of failure-details (RFC 8460 §4.4). What the report leaves out is None; "
      "failed_session_count is then 0.")
      .def_readonly("result_type", &OwnedDetail::result_type)
      .def_readonly("sending_mta_ip", &OwnedDetail::sending_mta_ip)
      .def_readonly("receiving_mx_hostname", &OwnedDetail::receiving_mx_hostname)
      .def_readonly("receiving_mx_helo", &OwnedDetail::receiving_mx_helo)
      .def_readonly("receiving_ip", &OwnedDetail::receiving_ip)
      .def_readonly("failed_session_count", &OwnedDetail::failed_session_count)
      .def_readonly("additional_information", &OwnedDetail::additional_information)
      .def_readonly("failure_reason_code", &OwnedDetail::failure_reason_code)
      .def("__repr__", [](const OwnedDetail& self) {
        return py::str("<FailureDetail {!r}: {}>")
            .format(self.result_type, self.failed_session_count);
      });

  py::class_<OwnedPolicy>(
      module, "ReportPolicy",
      "One entry of policies (RFC 8460 §4.4): the policy that was applied, how many sessions went "
      "well "
      "and failed under it, and why. What the report leaves out is None, 0 or an empty list.")
      .def_readonly("policy_type", &OwnedPolicy::policy_type)
      .def_readonly("policy_domain", &OwnedPolicy::policy_domain)
      .def_readonly("policy_string", &OwnedPolicy::policy_string)
      .def_readonly("mx_host", &OwnedPolicy::mx_host)
      .def_readonly("total_successful_session_count", &OwnedPolicy::total_successful_session_count)
      .def_readonly("total_failure_session_count", &OwnedPolicy::total_failure_session_count)
      .def_readonly("failure_details", &OwnedPolicy::failure_details)
      .def_readonly("warnings", &OwnedPolicy::warnings)
      .def("__repr__", [](const OwnedPolicy& self) {
        return py::str("<ReportPolicy {!r} {!r}: {} successful, {} failed>")
            .format(self.policy_type, self.policy_domain, self.total_successful_session_count,
                    self.total_failure_session_count);
      });

  py::class_<OwnedReport>(module, "Report",
                          "A TLS report (RFC 8460 §4). start and end are aware datetimes in UTC; "
                          "warnings are the codes of "
                          "what is against the RFC and was read all the same.")
      .def_readonly("organization_name", &OwnedReport::organization_name)
      .def_readonly("contact_info", &OwnedReport::contact_info)
      .def_readonly("report_id", &OwnedReport::report_id)
      .def_property_readonly(
          "start", [](const OwnedReport& self) { return to_datetime(self.start * 1'000'000); })
      .def_property_readonly(
          "end", [](const OwnedReport& self) { return to_datetime(self.end * 1'000'000); })
      .def_readonly("policies", &OwnedReport::policies)
      .def_readonly("warnings", &OwnedReport::warnings)
      .def("__repr__", [](const OwnedReport& self) {
        return py::str("<Report {!r} by {!r}: {} policies>")
            .format(self.report_id, self.organization_name, self.policies.size());
      });

  module.def(
      "parse_report", &parse_report, py::arg("data"),
      "Read one TLS report: JSON, gzip, or a whole mail that carries one (RFC 8460 §4, §5).\n\n"
      "Raises ParseError, with code, detail and offset, where no report can be had. What is "
      "against the RFC but\n"
      "harmless is read, with a code in warnings.");
}

}  // namespace mxseal::bindings
