// SPDX-License-Identifier: MIT
// mxseal._core.check: one run of checks, and the table of findings.
#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "bindings/errors.hpp"
#include "bindings/network.hpp"
#include "bindings/pybind.hpp"
#include "check/plan.hpp"
#include "judge/host.hpp"
#include "judge/judge.hpp"
#include "judge/policy.hpp"
#include "judge/public_suffix.hpp"
#include "judge/served_policy.hpp"

namespace mxseal::bindings {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPulse = std::chrono::milliseconds(50);

py::dict to_python(const pki::Certificate& certificate) {
  py::list names;
  for (const std::string& name : certificate.names()) names.append(to_text(name));
  py::dict out;
  out["subject"] = to_text(certificate.subject());
  out["issuer"] = to_text(certificate.issuer());
  out["names"] = std::move(names);
  out["not_before"] = certificate.not_before();
  out["not_after"] = certificate.not_after();
  out["key"] = to_text(certificate.key());
  out["sha256"] = ascii::hex(certificate.sha256());
  return out;
}

py::list to_python(const std::vector<pki::Certificate>& chain) {
  py::list out;
  for (const pki::Certificate& each : chain) out.append(to_python(each));
  return out;
}

py::dict to_python(const facts::Tls& tls) {
  py::dict out;
  out["status"] = py::str(facts::tls_status_name(tls.status));
  out["version"] = to_text(tls.version);
  out["cipher"] = to_text(tls.cipher);
  out["group"] = to_text(tls.group);
  return out;
}

py::dict to_python(const judge::Finding& finding) {
  const judge::FindingRow& row = judge::row(finding.id);
  py::dict out;
  out["code"] = py::str(row.code);
  out["severity"] = py::str(judge::severity_name(finding.severity));
  out["section"] = py::str(row.section);
  out["result_type"] = row.result_type.empty() ? py::object(py::none()) : py::str(row.result_type);
  out["subject"] = to_text(finding.subject);
  out["detail"] = to_text(finding.detail);
  out["cause"] = py::str(row.cause);
  out["remedy"] = py::str(row.remedy);
  out["seen_at"] = finding.seen_at;
  return out;
}

py::list to_python(const std::vector<judge::Finding>& findings) {
  py::list out;
  for (const judge::Finding& each : findings) out.append(to_python(each));
  return out;
}

py::dict to_python(const facts::PolicyFetch& fetch) {
  py::dict host;
  host["host"] = to_text(fetch.host);
  host["address"] = fetch.attempts.empty() ? py::str("") : py::str(fetch.address.text());
  host["status"] = py::str(facts::fetch_status_name(fetch.status));
  host["http_status"] = fetch.http_status;
  host["content_type"] = to_text(fetch.content_type);
  host["tls"] = to_python(fetch.tls);
  host["chain"] = to_python(fetch.tls.chain);
  host["seconds"] = fetch.seconds;
  return host;
}

py::dict sts_of(const facts::Domain& facts, const judge::Judgement& judgement) {
  py::dict out;
  out["record"] = py::none();
  out["policy"] = py::none();
  out["host"] = py::none();
  if (judgement.record) {
    py::dict record;
    record["text"] = to_text(judgement.record->text);
    record["id"] = to_text(judgement.record->id);
    record["ttl"] = facts.sts_record.ttl;
    out["record"] = std::move(record);
  }
  if (judgement.policy) {
    py::dict policy;
    policy["mode"] = py::str(mtasts::mode_name(judgement.policy->mode));
    policy["max_age"] = judgement.policy->max_age;
    py::list mx;
    for (const mtasts::MxPattern& pattern : judgement.policy->mx)
      mx.append(to_text(pattern.text()));
    policy["mx"] = std::move(mx);
    policy["text"] = to_text(judgement.policy->text);
    out["policy"] = std::move(policy);
  }
  if (!facts.policy.host.empty()) out["host"] = to_python(facts.policy);
  return out;
}

py::dict to_python(const facts::SmtpProbe& probe, const judge::AddressJudgement* judged) {
  py::dict smtp;
  smtp["status"] = py::str(facts::smtp_status_name(probe.status));
  smtp["greeting"] = to_text(probe.greeting);
  smtp["reply"] = to_text(probe.reply);
  smtp["greeting_seconds"] = probe.greeting_seconds;
  smtp["seconds"] = probe.seconds;
  py::dict out;
  out["address"] = probe.address.text();
  out["smtp"] = std::move(smtp);
  out["tls"] = to_python(probe.tls);
  out["chain"] = to_python(probe.tls.chain);
  out["verdict"] =
      py::str(judge::outcome_name(judged == nullptr ? judge::Outcome::unknown : judged->outcome));
  return out;
}

py::list addresses_of(const facts::MxHost& host, const judge::MxJudgement* judged) {
  py::list out;
  for (std::size_t i = 0; i < host.probes.size(); ++i) {
    const bool known = judged != nullptr && i < judged->addresses.size();
    out.append(to_python(host.probes[i], known ? &judged->addresses[i] : nullptr));
  }
  return out;
}

py::list to_python(const facts::TlsaLookup& lookup) {
  py::list out;
  for (const facts::TlsaRecord& record : lookup.records) {
    py::dict each;
    each["usage"] = record.usage;
    each["selector"] = record.selector;
    each["matching_type"] = record.matching_type;
    each["data"] = ascii::hex(record.data);
    out.append(std::move(each));
  }
  return out;
}

py::dict to_python(judge::DomainDane state, facts::Validation validation) {
  py::dict out;
  out["state"] = py::str(judge::domain_dane_name(state));
  out["resolver_validates"] = resolver_validates(validation);
  return out;
}

py::list mx_of(const facts::Domain& facts, const judge::Judgement& judgement) {
  py::list out;
  for (std::size_t i = 0; i < facts.mx_hosts.size(); ++i) {
    const facts::MxHost& host = facts.mx_hosts[i];
    const judge::MxJudgement* judged = i < judgement.mx.size() ? &judgement.mx[i] : nullptr;
    py::dict mx;
    mx["host"] = to_text(host.host);
    mx["preference"] = host.preference;
    mx["ttl"] = facts.mx.ttl;
    mx["in_policy"] = judged != nullptr && judged->in_policy
                          ? py::object(py::bool_(*judged->in_policy))
                          : py::object(py::none());
    mx["tlsa"] = to_python(host.tlsa);
    mx["addresses"] = addresses_of(host, judged);
    mx["verdict"] =
        py::str(judge::outcome_name(judged == nullptr ? judge::Outcome::unknown : judged->outcome));
    out.append(std::move(mx));
  }
  return out;
}

py::dict to_python(const facts::Domain& facts, const judge::Judgement& judgement) {
  py::dict effects;
  effects["plain"] = py::str(judge::effect_name(judgement.effects.plain));
  effects["mta_sts"] = py::str(judge::effect_name(judgement.effects.mta_sts));
  effects["dane"] = py::str(judge::effect_name(judgement.effects.dane));
  py::dict out;
  out["domain"] = to_text(facts.domain);
  out["verdict"] = py::str(judge::verdict_name(judgement.verdict));
  out["effects"] = std::move(effects);
  out["findings"] = to_python(judgement.findings);
  out["sts"] = sts_of(facts, judgement);
  out["mx"] = mx_of(facts, judgement);
  out["dane"] = to_python(judgement.dane, facts.validation);
  out["tlsrpt"] = py::none();
  if (judgement.tlsrpt) {
    py::list rua;
    for (const std::string& uri : judgement.tlsrpt->rua) rua.append(to_text(uri));
    py::dict tlsrpt;
    tlsrpt["text"] = to_text(judgement.tlsrpt->text);
    tlsrpt["rua"] = std::move(rua);
    out["tlsrpt"] = std::move(tlsrpt);
  }
  out["started"] = facts.started;
  out["seconds"] = facts.seconds;
  return out;
}

// Asked again and again while checks run: Ctrl-C, and what the caller says; the GIL is taken for it twenty times a second at most.
class Pulse {
 public:
  explicit Pulse(const py::object& stopped) : stopped_(stopped) {}

  bool stop() {
    if (failed_) return true;
    const Clock::time_point now = Clock::now();
    if (now - last_ < kPulse) return false;
    last_ = now;
    const py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) {
      failed_ = true;
    } else if (!stopped_.is_none()) {
      call([this] { asked_to_stop_ = stopped_().cast<bool>(); });
    }
    return failed_ || asked_to_stop_;
  }

  // Runs Python under the GIL; what it raises ends the run, and is raised by rethrow().
  template <typename Run>
  void call(Run run) {
    if (failed_) return;  // Python must not run while an exception waits to be raised
    try {
      run();
    } catch (py::error_already_set& error) {
      error.restore();
      failed_ = true;
    }
  }

  void rethrow() const {
    if (failed_) throw py::error_already_set();
  }

 private:
  const py::object& stopped_;
  Clock::time_point last_{};  // asked at once, and then again and again
  bool failed_ = false;
  bool asked_to_stop_ = false;
};

void run(const std::vector<py::bytes>& names, const std::vector<TextOrBytes>& resolvers,
         const TextOrBytes& ca_file, double timeout, bool probe, bool quick, bool ipv4, bool ipv6,
         std::uint16_t smtp_port, std::uint16_t https_port, const std::string& helo,
         bool allow_private, bool trust_ad, std::size_t concurrency, std::optional<std::int64_t> at,
         const std::optional<py::bytes>& policy, const std::optional<py::bytes>& record,
         const std::vector<py::bytes>& mx, const py::function& on_result,
         const py::object& stopped) {
  const std::vector<std::string> domains(names.begin(), names.end());
  check::Options options = network_options(resolvers, timeout, ipv4, ipv6, allow_private, trust_ad);
  options.ask_port_25 = probe;
  options.thorough = !quick;
  options.probe.port = smtp_port;
  options.fetch.port = https_port;
  if (!helo.empty()) options.probe.helo = helo;
  options.most_at_once = concurrency;
  options.at = at;
  if (policy || record || !mx.empty()) {
    check::Proposed& proposed = options.proposed.emplace();
    if (policy) proposed.policy = *policy;
    if (record) proposed.record = *record;
    if (!mx.empty())
      proposed.mx = unwrap(check::read_mx(std::vector<std::string>(mx.begin(), mx.end())));
  }
  const pki::TrustStore roots = roots_of(ca_file);

  Pulse pulse(stopped);
  {
    const py::gil_scoped_release unlocked;
    check::check_all(
        domains, options, roots,
        [&](std::size_t place, const facts::Domain& facts, const judge::Judgement& judgement,
            const check::Published* published) {
          const py::gil_scoped_acquire locked;
          pulse.call([&] {
            on_result(place, to_python(facts, judgement),
                      published == nullptr
                          ? py::object(py::none())
                          : py::object(to_python(published->facts, published->judgement)));
          });
        },
        [&] { return pulse.stop(); });
  }
  pulse.rethrow();
}

// Sees one thing without the GIL; nothing where it was stopped.
template <typename See>
std::optional<facts::Domain> see(const py::object& stopped, See see_it) {
  Pulse pulse(stopped);
  std::optional<facts::Domain> seen;
  {
    const py::gil_scoped_release unlocked;
    seen = see_it([&pulse] { return pulse.stop(); });
  }
  pulse.rethrow();
  return seen;
}

py::object probe_host(const TextOrBytes& typed, std::uint16_t port,
                      const std::vector<TextOrBytes>& resolvers, const TextOrBytes& ca_file,
                      double timeout, bool quick, bool ipv4, bool ipv6, const std::string& helo,
                      bool allow_private, bool trust_ad, std::optional<std::int64_t> at,
                      const py::object& stopped) {
  check::Options options = network_options(resolvers, timeout, ipv4, ipv6, allow_private, trust_ad);
  options.thorough = !quick;
  check::set_port(options, port);
  options.probe.helo = helo;
  const pki::TrustStore roots = roots_of(ca_file);
  const std::string host = to_bytes(typed, "host");
  const std::optional<IpAddress> address = IpAddress::parse(host);
  std::optional<DomainName> name;
  if (!address) name = unwrap(DomainName::parse(host));

  const std::optional<facts::Domain> facts = see(stopped, [&](const auto& stop) {
    return address ? check::see_address(*address, options, stop)
                   : check::see_host(*name, options, stop);
  });
  if (!facts) return py::none();
  const judge::HostJudgement judged =
      judge::judge_host(*facts, roots, at.value_or(std::time(nullptr)));
  const facts::MxHost& seen = facts->mx_hosts.front();
  py::dict out;
  out["host"] = to_text(seen.host);
  out["port"] = port;
  out["verdict"] = py::str(judge::outcome_name(judged.host.outcome));
  out["findings"] = to_python(judged.findings);
  out["tlsa"] = to_python(seen.tlsa);
  out["dane"] = to_python(judged.dane, facts->validation);
  out["addresses"] = addresses_of(seen, &judged.host);
  out["started"] = facts->started;
  out["seconds"] = facts->seconds;
  return out;
}

py::object fetch_policy(const TextOrBytes& domain, std::uint16_t port,
                        const std::vector<TextOrBytes>& resolvers, const TextOrBytes& ca_file,
                        double timeout, bool ipv4, bool ipv6, bool allow_private,
                        std::optional<std::int64_t> at, const py::object& stopped) {
  check::Options options = network_options(resolvers, timeout, ipv4, ipv6, allow_private, false);
  options.thorough = false;
  options.fetch.port = port;
  const pki::TrustStore roots = roots_of(ca_file);
  const DomainName name = unwrap(DomainName::parse(to_bytes(domain, "domain")));
  const std::optional<facts::Domain> facts =
      see(stopped, [&](const auto& stop) { return check::see_policy(name, options, stop); });
  if (!facts) return py::none();
  judge::ServedPolicy served =
      judge::judge_served_policy(*facts, roots, at.value_or(std::time(nullptr)));
  py::dict out;
  out["policy"] = served.policy ? py::cast(*std::move(served.policy)) : py::none();
  out["body"] = py::bytes(facts->policy.body);
  out["host"] = to_python(facts->policy);
  out["findings"] = to_python(served.findings);
  return out;
}

// A row of the table of findings.
struct PyFinding {
  const judge::FindingRow* row;
};

std::vector<PyFinding> findings() {
  std::vector<PyFinding> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(judge::FindingId::count_); ++i)
    all.push_back({&judge::row(static_cast<judge::FindingId>(i))});
  return all;
}

PyFinding explain(const std::string& code) {
  const std::optional<judge::FindingId> id = judge::find_finding(code);
  if (!id) throw py::key_error(code);
  return {&judge::row(*id)};
}

std::string domain_name(const TextOrBytes& text) {
  return std::string(unwrap(DomainName::parse(to_bytes(text, "text"))).text());
}

std::vector<std::string_view> advice(const mtasts::Policy& policy) {
  const std::optional<judge::FindingId> unwise = judge::max_age_finding(policy);
  if (!unwise) return {};
  return {judge::row(*unwise).code};
}

}  // namespace

void register_check(py::module_& module) {
  py::class_<PyFinding>(module, "About", "What is always true of a finding.")
      .def_property_readonly("code", [](const PyFinding& self) { return self.row->code; })
      .def_property_readonly(
          "severity",
          [](const PyFinding& self) { return judge::severity_name(self.row->severity); })
      .def_property_readonly("section", [](const PyFinding& self) { return self.row->section; })
      .def_property_readonly("result_type",
                             [](const PyFinding& self) { return self.row->result_type; })
      .def_property_readonly("cause", [](const PyFinding& self) { return self.row->cause; })
      .def_property_readonly("remedy", [](const PyFinding& self) { return self.row->remedy; });
  module.def("findings", &findings,
             "Every finding there is, in the order in which they are listed.");
  module.def("explain", &explain, py::arg("code"), "The finding of a code; KeyError for none.");
  module.def("errors", &error_codes, "Code and sentence of all that may not be readable.");
  module.def("advice", &advice, py::arg("policy"),
             "Codes of what a valid policy says and nobody should mean.");
  module.def(
      "registered_domain",
      [](const TextOrBytes& name) {
        return std::string(judge::registered_domain(to_bytes(name, "name")));
      },
      py::arg("name"),
      "The domain that somebody seems to have registered, to which a name belongs; lower case, no "
      "final dot.");
  module.def("domain_name", &domain_name, py::arg("text"),
             "A-labels in lower case, without final dot; ParseError for what is no host name.");
  module.def(
      "run", &run, py::arg("domains"), py::kw_only(), py::arg("resolvers"), py::arg("ca_file"),
      py::arg("timeout"), py::arg("probe"), py::arg("quick"), py::arg("ipv4"), py::arg("ipv6"),
      py::arg("smtp_port"), py::arg("https_port"), py::arg("helo"), py::arg("allow_private"),
      py::arg("trust_ad"), py::arg("concurrency"), py::arg("at"), py::arg("policy"),
      py::arg("record"), py::arg("mx"), py::arg("on_result"), py::arg("stopped"),
      R"(Checks domains, each handed to on_result(place, result, published) as soon as it is judged.

With policy, record or mx the result is what would be if these were published, and published what
is; else published is None.)");
  module.def("probe_host", &probe_host, py::arg("host"), py::kw_only(), py::arg("port"),
             py::arg("resolvers"), py::arg("ca_file"), py::arg("timeout"), py::arg("quick"),
             py::arg("ipv4"), py::arg("ipv6"), py::arg("helo"), py::arg("allow_private"),
             py::arg("trust_ad"), py::arg("at"), py::arg("stopped"),
             "One host or address at its port, judged; None where it was stopped.");
  module.def("fetch_policy", &fetch_policy, py::arg("domain"), py::kw_only(), py::arg("port"),
             py::arg("resolvers"), py::arg("ca_file"), py::arg("timeout"), py::arg("ipv4"),
             py::arg("ipv6"), py::arg("allow_private"), py::arg("at"), py::arg("stopped"),
             "What the policy host serves, judged; None where it was stopped.");
}

}  // namespace mxseal::bindings
