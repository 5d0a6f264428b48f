// SPDX-License-Identifier: MIT
// mxseal._core.scan: many domains, in a thread of the core.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/errors.hpp"
#include "bindings/network.hpp"
#include "bindings/pybind.hpp"
#include "bindings/table.hpp"
#include "check/scan.hpp"
#include "net/libraries.hpp"

namespace mxseal::bindings {
namespace {

std::unique_ptr<check::Scan> begin(
    const std::vector<TextOrBytes>& resolvers, const TextOrBytes& ca_file, double timeout,
    double policy_timeout, double probe_timeout, bool probe, bool thorough, bool ipv4, bool ipv6,
    std::uint16_t smtp_port, std::uint16_t https_port, const std::string& helo,
    const std::string& user_agent, bool allow_private, bool trust_ad, std::size_t concurrency,
    double rate, std::size_t most_per_address, double most_per_network, const std::string& blocked,
    const std::string& allowed, std::optional<std::int64_t> at, bool only_mx) {
  check::Options options = network_options(resolvers, timeout, ipv4, ipv6, allow_private, trust_ad);
  options.resolver.questions_per_second = rate;
  // A resolver's socket holds about 270 questions by default (212,992 bytes); more at once would be lost there and asked again. Of
  // 500 domains, the starting value, these are 250.
  options.resolver.most_in_flight = std::max<std::size_t>(concurrency / 2, 1);
  options.ask_port_25 = probe;
  options.thorough = thorough;
  options.probe.port = smtp_port;
  options.probe.helo = helo;
  options.probe.total_timeout = milliseconds(probe_timeout);
  options.fetch.port = https_port;
  options.fetch.user_agent = user_agent;
  options.fetch.total_timeout = milliseconds(policy_timeout);
  options.fetch.is_patience_of_senders = false;
  options.most_at_once = concurrency;
  options.limits =
      net::ConnectionLimits{most_per_address, most_per_network, net::affordable_connections()};
  options.at = at;
  options.only_mx = only_mx;
  auto targets = std::make_shared<net::Targets>();
  targets->blocked = unwrap(net::TargetList::parse(blocked));
  targets->allowed = unwrap(net::TargetList::parse(allowed));
  if (!targets->blocked.empty()) options.targets = std::move(targets);
  return std::make_unique<check::Scan>(std::move(options),
                                       std::make_shared<const pki::TrustStore>(roots_of(ca_file)));
}

py::object next(check::Scan& self, double wait) {
  {
    const py::gil_scoped_release unlocked;
    self.wait(milliseconds(wait));
  }
  // Ctrl-C is heard before a batch is taken: it would be lost.
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  std::shared_ptr<const Table> table = self.take();
  if (table == nullptr) return py::none();
  return py::cast(PyTable{std::move(table), "scan", {}});
}

void feed(check::Scan& self, const std::vector<std::pair<std::int64_t, py::bytes>>& lines) {
  std::vector<check::Line> fed;
  fed.reserve(lines.size());
  for (const auto& [number, domain] : lines)
    fed.push_back({number, std::string(std::string_view(domain))});
  self.feed(std::move(fed));
}

py::dict progress(const check::Scan& self) {
  const check::ScanProgress now = self.progress();
  py::dict verdicts;
  for (std::size_t i = 0; i < now.verdicts.size(); ++i)
    verdicts[py::str(judge::verdict_name(static_cast<judge::Verdict>(i)))] = now.verdicts[i];
  py::dict out;
  out["done"] = now.done;
  out["running"] = now.running;
  out["cpu_seconds"] = now.cpu_seconds;
  out["verdicts"] = std::move(verdicts);
  out["questions"] = now.resolver.questions;
  out["messages"] = now.resolver.messages;
  out["answers"] = now.resolver.answers;
  out["failed"] = now.resolver.failed;
  out["answered"] = now.resolver.answered;
  out["timed_out"] = now.resolver.timed_out;
  out["dropped"] = now.resolver.dropped;
  out["silent"] = now.resolver.silent;
  py::dict findings;
  for (std::size_t i = 0; i < now.findings.size(); ++i) {
    if (now.findings[i] > 0)
      findings[py::str(judge::row(static_cast<judge::FindingId>(i)).code)] = now.findings[i];
  }
  out["errors"] = std::move(findings);
  out["resolver_validates"] = resolver_validates(now.validation);
  return out;
}

std::vector<std::string> system_resolvers() {
  std::vector<std::string> out;
  for (const net::Server& each : net::system_servers()) out.push_back(net::server_text(each));
  return out;
}

py::dict libraries() {
  py::dict out;
  for (const auto& [name, version] : net::libraries()) out[py::str(name)] = version;
  return out;
}

}  // namespace

void register_scan(py::module_& module) {
  module.def(
      "empty",
      [] {
        return PyTable{check::Rows().take(), "scan", {}};
      },
      "The columns of a scan, without a row.");
  module.def("system_resolvers", &system_resolvers,
             "Those of /etc/resolv.conf, as ADDRESS:PORT; asked where no other is given.");
  module.def("libraries", &libraries, "Versions of the libraries that the network is asked with.");
  py::class_<check::Scan>(module, "Scan", "A scan that runs; mxseal.scan() is the face of it.")
      .def(py::init(&begin), py::kw_only(), py::arg("resolvers"), py::arg("ca_file"),
           py::arg("timeout"), py::arg("policy_timeout"), py::arg("probe_timeout"),
           py::arg("probe"), py::arg("thorough"), py::arg("ipv4"), py::arg("ipv6"),
           py::arg("smtp_port"), py::arg("https_port"), py::arg("helo"), py::arg("user_agent"),
           py::arg("allow_private"), py::arg("trust_ad"), py::arg("concurrency"), py::arg("rate"),
           py::arg("most_per_address"), py::arg("most_per_network"), py::arg("blocked"),
           py::arg("allowed"), py::arg("at"), py::arg("only_mx"))
      .def("room", &check::Scan::room, "How many lines may be fed.")
      .def("feed", &feed, py::arg("lines"), "Number and domain of each.")
      .def_property_readonly("fed", &check::Scan::fed, "How many lines were fed so far.")
      .def("close", &check::Scan::close, "No further line comes.")
      .def("next", &next, py::arg("wait"),
           "The next batch; None after so many seconds, or where there is room for lines.")
      .def_property_readonly("finished", &check::Scan::finished,
                             "All lines were fed, and all batches taken.")
      .def("progress", &progress, "How far it is, and what the resolver answered.");
}

}  // namespace mxseal::bindings
