// SPDX-License-Identifier: MIT
// mxseal.tlsrpt: tables, and reading archives into them or into sums.
#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/domain_name.hpp"
#include "bindings/table.hpp"
#include "reports/gather.hpp"
#include "reports/sums.hpp"
#include "reports/sums_collector.hpp"
#include "reports/table.hpp"

namespace mxseal::bindings {
namespace {

using reports::Counts;
using reports::Place;

// Sums, and what else was met on the way to them.
struct PySums : PyTable {
  PyTable errors;
  Counts counts;
  std::int64_t counted_once = 0;
  std::int64_t failed_without_detail = 0;
  bool saturated = false;
};

struct PyReports {
  reports::ReportTable table;
};

// -------------------------------------------------------------------------------------------------
// reading archives

reports::Options options_of(const std::optional<std::int64_t>& since,
                            const std::optional<std::int64_t>& until,
                            const std::vector<std::string>& domains,
                            std::vector<std::string> organizations, int threads) {
  reports::Options options;
  if (since) options.filter.since = *since;
  if (until) options.filter.until = *until;
  for (const std::string& domain : domains) {
    std::string buffer;
    options.filter.domains.emplace_back(normalize_domain(domain, buffer));
  }
  options.filter.organizations = std::move(organizations);
  options.threads = threads;
  return options;
}

std::vector<std::string> to_paths(const std::vector<py::bytes>& paths) {
  return {paths.begin(), paths.end()};
}

// Reads without the GIL; from time to time takes it for signals and progress. A Ctrl-C, or whatever
// the callback raises, ends the reading and is raised then.
Counts gather(const std::vector<py::bytes>& paths, reports::Options options,
              const py::object& progress, reports::Collector& collector) {
  const std::vector<std::string> names = to_paths(paths);
  options.pulse = [&progress](const reports::Progress& now) {
    const py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) return false;
    if (progress.is_none()) return true;
    try {
      progress(now.files, now.bytes, now.reports);
      return true;
    } catch (py::error_already_set& error) {
      error.restore();
      return false;
    }
  };
  Counts counts;
  {
    const py::gil_scoped_release unlocked;
    counts = reports::gather(names, options, collector);
  }
  if (counts.stopped) throw py::error_already_set();
  return counts;
}

PyReports read_reports(const std::vector<py::bytes>& paths,
                       const std::optional<std::int64_t>& since,
                       const std::optional<std::int64_t>& until,
                       const std::vector<std::string>& domains,
                       std::vector<std::string> organizations, int threads,
                       const py::object& progress) {
  reports::TableCollector collector;
  const Counts counts =
      gather(paths, options_of(since, until, domains, std::move(organizations), threads), progress,
             collector);
  return {collector.finish(counts)};
}

// The names of keys and of a period; "" is none.
using Spec = std::pair<std::vector<std::string>, std::string>;

std::vector<reports::Key> to_keys(const std::vector<std::string>& names) {
  std::vector<reports::Key> keys;
  for (const std::string& name : names) {
    const std::optional<reports::Key> key = reports::find_key(name);
    if (!key) throw py::value_error("no such key: " + name);
    keys.push_back(*key);
  }
  return keys;
}

std::unique_ptr<reports::Sums> to_sums(const Spec& spec) {
  const std::optional<reports::Period> period = reports::find_period(spec.second);
  if (!period) throw py::value_error("no such period: " + spec.second);
  return std::make_unique<reports::Sums>(to_keys(spec.first), *period);
}

PySums to_python_sums(const reports::Sums& sums, const Counts& counts,
                      const std::shared_ptr<const Table>& errors) {
  PySums out;
  out.table = sums.table();
  out.name = "sums";
  out.notes = sums.notes();
  out.errors = {errors, "errors", {}};
  out.counts = counts;
  out.counted_once = sums.asides().counted_once;
  out.failed_without_detail = sums.asides().failed_without_detail;
  out.saturated = sums.asides().saturated;
  return out;
}

std::vector<PySums> summarize_reports(const std::vector<py::bytes>& paths,
                                      const std::vector<Spec>& specs,
                                      const std::optional<std::int64_t>& since,
                                      const std::optional<std::int64_t>& until,
                                      const std::vector<std::string>& domains,
                                      std::vector<std::string> organizations, int threads,
                                      const py::object& progress) {
  std::vector<std::unique_ptr<reports::Sums>> sums;
  sums.reserve(specs.size());
  for (const Spec& spec : specs) sums.push_back(to_sums(spec));
  reports::SumsCollector collector(sums);
  const Counts counts =
      gather(paths, options_of(since, until, domains, std::move(organizations), threads), progress,
             collector);
  const py::gil_scoped_release unlocked;
  std::vector<PySums> out;
  out.reserve(sums.size());
  const std::shared_ptr<const Table> errors = collector.errors();
  for (const auto& each : sums) out.push_back(to_python_sums(*each, counts, errors));
  return out;
}

// Digests as Python holds them: 16 bytes each.
std::string_view bytes_of(const std::vector<reports::Digest>& digests) {
  return {reinterpret_cast<const char*>(digests.data()), digests.size() * sizeof(reports::Digest)};
}

std::vector<reports::Digest> to_digests(std::string_view bytes) {
  std::vector<reports::Digest> digests(bytes.size() / sizeof(reports::Digest));
  std::memcpy(digests.data(), bytes.data(), digests.size() * sizeof(reports::Digest));
  return digests;
}

// One part of an archive, and the digests of the reports that were counted.
std::pair<PySums, py::bytes> summarize_part(const std::vector<py::bytes>& paths, const Spec& spec,
                                            const std::optional<std::int64_t>& since,
                                            const std::optional<std::int64_t>& until,
                                            const std::vector<std::string>& domains,
                                            std::vector<std::string> organizations, int threads,
                                            const std::pair<std::uint64_t, std::uint64_t>& key,
                                            const py::bytes& known) {
  std::vector<std::unique_ptr<reports::Sums>> sums;
  sums.push_back(to_sums(spec));
  reports::SumsCollector collector(sums);
  reports::Part part{{key.first, key.second}, to_digests(known), {}};
  reports::Options options = options_of(since, until, domains, std::move(organizations), threads);
  options.part = &part;
  const Counts counts = gather(paths, std::move(options), py::none(), collector);
  return {to_python_sums(*sums.front(), counts, collector.errors()), py::bytes(bytes_of(part.met))};
}

PySums summarize_table(const PyReports& self, const std::vector<std::string>& by,
                       const std::string& period) {
  const std::unique_ptr<reports::Sums> sums = to_sums({by, period});
  bool interrupted = false;
  PySums out;
  {
    const py::gil_scoped_release unlocked;
    interrupted = !self.table.summarize_into(*sums, [] {
      const py::gil_scoped_acquire locked;
      return PyErr_CheckSignals() == 0;
    });
    if (!interrupted) out = to_python_sums(*sums, self.table.counts, self.table.errors);
  }
  if (interrupted) throw py::error_already_set();
  return out;
}

std::int64_t count_files(const std::vector<py::bytes>& paths) {
  const std::vector<std::string> names = to_paths(paths);
  bool interrupted = false;
  std::int64_t files = 0;
  {
    const py::gil_scoped_release unlocked;
    files = reports::count_files(names, [&interrupted] {
      const py::gil_scoped_acquire locked;
      interrupted = PyErr_CheckSignals() != 0;
      return !interrupted;
    });
  }
  if (interrupted) throw py::error_already_set();
  return files;
}

void register_counts(py::module_& module) {
  py::class_<Counts>(module, "Counts", "What was met while an archive was read.")
      .def_readonly("files", &Counts::files, "Files that were opened.")
      .def_readonly("bytes", &Counts::bytes, "Bytes read from them, before unpacking.")
      .def_readonly("reports", &Counts::reports, "Distinct reports that the filter let through.")
      .def_readonly("duplicates", &Counts::duplicates,
                    "Further copies of them; not counted anywhere else.")
      .def_readonly("filtered", &Counts::filtered,
                    "Reports that since, until, domain or organization left out.")
      .def_readonly("unread", &Counts::unread,
                    "Items that could not be read, also those beyond the first 1,000.")
      .def_readonly("not_reports", &Counts::not_reports,
                    "Of the unread, those that are plainly something else than a report.")
      .def("__repr__", [](const Counts& self) {
        return py::str("<Counts {:,} reports in {:,} files, {:,} unread>")
            .format(self.reports, self.files, self.unread);
      });
}

}  // namespace

void register_tlsrpt_table(py::module_& module) {
  register_counts(module);

  register_table(module);

  py::class_<PySums, PyTable>(module, "Sums",
                              "Sums over an archive: a table, with what was met on the way to it.")
      .def_readonly("errors", &PySums::errors,
                    "What could not be read: all of it from a ReportTable, the first 1,000 from "
                    "summarize_reports.")
      .def_readonly("counts", &PySums::counts)
      .def_readonly("counted_once", &PySums::counted_once,
                    "How often a report gave sts and tlsa sessions for one domain, of which the "
                    "larger sum was taken.")
      .def_readonly("failed_without_detail", &PySums::failed_without_detail,
                    "Failed sessions without a failure detail (sums over details only).")
      .def_readonly("saturated", &PySums::saturated,
                    "Whether a sum is larger than 2^63-1 and stands as that.")
      .def("__repr__", [](const PySums& self) {
        return py::str("<Sums {:,} rows of {:,} reports, {:,} unread>")
            .format(self.table->rows, self.counts.reports, self.counts.unread);
      });

  py::class_<PyReports>(module, "ReportTable",
                        "An archive of TLS reports as four tables, each report once.")
      .def_property_readonly(
          "policies",
          [](const PyReports& self) {
            return PyTable{self.table.policies, "policies", {}};
          },
          "A row for each entry of a report's policies.")
      .def_property_readonly(
          "failures",
          [](const PyReports& self) {
            return PyTable{self.table.failures, "failures", {}};
          },
          "A row for each failure detail; policy_row is its row in policies.")
      .def_property_readonly(
          "errors",
          [](const PyReports& self) {
            return PyTable{self.table.errors, "errors", {}};
          },
          "A row for each thing that could not be read, with code, offset and detail.")
      .def_property_readonly(
          "duplicates",
          [](const PyReports& self) {
            return PyTable{self.table.duplicates, "duplicates", {}};
          },
          "A row for each further copy of a report: where it lies, and where the first one does.")
      .def_property_readonly("counts", [](const PyReports& self) { return self.table.counts; })
      .def("_summarize", &summarize_table, py::arg("by"), py::arg("period"))
      .def(
          "summarize",
          [](const py::object& self, const py::object& by, const py::object& period) {
            return py::module_::import("mxseal.tlsrpt").attr("_summarize")(self, by, period);
          },
          py::arg("by") = py::make_tuple("policy_domain"), py::arg("period") = py::none(),
          "Sums by keys, and by \"day\", \"week\" (from Monday) or \"month\" of the reports' start "
          "in UTC.\n\n"
          "Keys of a report or policy give reports, policies, organizations, start, end and both "
          "session counts. With a\n"
          "key of a failure detail the sums are over details: details, failed_session_count, "
          "organizations, start, end.\n"
          "See notes of what comes back. Raises ValueError for an unknown key or period.")
      .def("_repr_html_",
           [](const py::object& self) {
             return call_python("mxseal._output.html", "reports_html", self);
           })
      .def("__repr__", [](const PyReports& self) {
        return py::str("<ReportTable {:,} reports: {:,} policies, {:,} failures, {:,} errors>")
            .format(self.table.counts.reports, self.table.policies->rows, self.table.failures->rows,
                    self.table.errors->rows);
      });

  module.def("key_names", [] {
    const auto names = reports::key_names();
    return std::vector<std::string>(names.begin(), names.end());
  });
  module.def("count_files", &count_files, py::arg("paths"));
  module.def("read_reports", &read_reports, py::arg("paths"), py::arg("since"), py::arg("until"),
             py::arg("domains"), py::arg("organizations"), py::arg("threads"), py::arg("progress"));
  module.def("summarize_reports", &summarize_reports, py::arg("paths"), py::arg("specs"),
             py::arg("since"), py::arg("until"), py::arg("domains"), py::arg("organizations"),
             py::arg("threads"), py::arg("progress"));
  module.def("summarize_part", &summarize_part, py::arg("paths"), py::arg("spec"), py::arg("since"),
             py::arg("until"), py::arg("domains"), py::arg("organizations"), py::arg("threads"),
             py::arg("key"), py::arg("known"));
  module.def(
      "notes",
      [](const std::vector<std::string>& by, std::int64_t counted_once,
         std::int64_t failed_without_detail, bool saturated) {
        return reports::notes_of(to_keys(by), {failed_without_detail, counted_once, saturated});
      },
      py::arg("by"), py::arg("counted_once"), py::arg("failed_without_detail"),
      py::arg("saturated"));
}

}  // namespace mxseal::bindings
