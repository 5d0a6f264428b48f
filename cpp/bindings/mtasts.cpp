// SPDX-License-Identifier: MIT
// mxseal.mtasts: MTA-STS records and policies (RFC 8461).
#include "formats/mtasts_policy.hpp"

#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"
#include "formats/mtasts_record.hpp"

namespace mxseal::bindings {

namespace {

using mtasts::Mode;
using mtasts::MxPattern;
using mtasts::Policy;
using mtasts::StsRecord;

/// What Policy.match gives: it outlives the policy.
struct PyMatch {
  std::optional<std::string> pattern;
  std::optional<std::string> reason;
  bool operator==(const PyMatch&) const = default;
};

PyMatch match(const Policy& policy, const TextOrBytes& host) {
  const mtasts::Match found = policy.match(to_bytes(host, "host"));
  if (found.pattern != nullptr) return {std::string(found.pattern->text()), std::nullopt};
  return {std::nullopt, std::string(coverage_name(found.coverage))};
}

std::vector<std::string_view> mx_texts(const Policy& policy) {
  std::vector<std::string_view> texts;
  for (const MxPattern& pattern : policy.mx) texts.push_back(pattern.text());
  return texts;
}

// Equal policies have equal hashes: names in the form in which they are compared.
py::ssize_t hash_of(const Policy& policy) {
  py::list names;
  for (const MxPattern& pattern : policy.mx) {
    names.append(py::make_tuple(pattern.is_wildcard(), pattern.name().text()));
  }
  return py::hash(py::make_tuple(mode_name(policy.mode), policy.max_age, py::tuple(names),
                                 py::tuple(py::cast(policy.extensions))));
}

void register_record(py::module_& module) {
  py::class_<StsRecord>(module, "StsRecord",
                        R"(The MTA-STS TXT record of a domain (RFC 8461 section 3.1).

Attributes:
    id: names this instance of the policy, 1 to 32 letters and digits; has no order.
    extensions: unknown fields as (name, value), in order.
    deviations: codes of what is against the RFC and harmless.
    text: the record as it stands in DNS.)")
      .def_property_readonly("id", [](const StsRecord& record) { return record.id; })
      .def_property_readonly("extensions",
                             [](const StsRecord& record) { return record.extensions; })
      .def_property_readonly("deviations",
                             [](const StsRecord& record) { return record.deviations.names(); })
      .def_property_readonly("text", [](const StsRecord& record) { return record.text; })
      .def("__eq__", &equal<StsRecord>, py::is_operator())
      .def("__hash__",
           [](const StsRecord& record) {
             return py::hash(py::make_tuple(record.id, py::tuple(py::cast(record.extensions))));
           })
      .def("__repr__", [](const StsRecord& record) { return "<StsRecord id=" + record.id + ">"; })
      .def(py::pickle(
          [](const StsRecord& record) { return py::bytes(record.text); },
          [](const py::bytes& text) { return unwrap(mtasts::parse_record(std::string(text))); }));

  module.def(
      "parse_record",
      [](const TextOrBytes& text) { return unwrap(mtasts::parse_record(to_bytes(text, "text"))); },
      py::arg("text"),
      R"(Reads one MTA-STS record: the strings of a TXT record, joined (RFC 8461 section 3.1).

Raises:
    ParseError: it is no MTA-STS record (bad-version, version-not-first, wrong-case) or does not
        follow the grammar; senders then act as if the domain had no policy available.)");

  module.def(
      "select_record",
      [](const std::vector<std::vector<TextOrBytes>>& records) {
        return unwrap(mtasts::select_record(join_strings(records)));
      },
      py::arg("records"),
      R"(The record that counts among all TXT records at _mta-sts.<domain> (RFC 8461 section 3.1).

Args:
    records: the strings of each TXT record, in any order of the records.

Returns:
    The one MTA-STS record, or None where none of them is one.

Raises:
    ParseError: several are (multiple), or the only one does not follow the grammar; senders then
        act as if there were none.)");
}

void register_policy(py::module_& module) {
  py::class_<PyMatch>(module, "Match", R"(Whether a policy covers a host; true if it does.

Attributes:
    pattern: the first mx that covers the host, or None.
    reason: why none does: host-invalid, no-pattern (the policy has no mx), wildcard-depth ("*."
        stands for exactly one label) or not-covered; None if one does.)")
      .def_property_readonly("pattern", [](const PyMatch& found) { return found.pattern; })
      .def_property_readonly("reason", [](const PyMatch& found) { return found.reason; })
      .def("__bool__", [](const PyMatch& found) { return found.pattern.has_value(); })
      .def("__eq__", &equal<PyMatch>, py::is_operator())
      .def("__hash__",
           [](const PyMatch& found) {
             return py::hash(py::make_tuple(found.pattern, found.reason));
           })
      .def("__repr__", [](const PyMatch& found) {
        return found.pattern ? "<Match " + *found.pattern + ">"
                             : "<Match none: " + found.reason.value_or("") + ">";
      });

  py::class_<Policy>(module, "Policy", R"(An MTA-STS policy (RFC 8461 section 3.2).

Attributes:
    version: STSv1.
    mode: enforce, testing or none.
    max_age: how long a sender may keep the policy, in seconds.
    mx: host names, or "*." and a name; as written, in order.
    extensions: unknown fields as (name, value), in order.
    deviations: codes of what is against the RFC and harmless.
    lines: the lines as declared, without blank ones: the policy-string of TLS reports.

str() prints a valid policy that says the same.)")
      .def(py::init([](const TextOrBytes& mode, const std::vector<TextOrBytes>& mx,
                       const py::int_& max_age) {
             std::vector<std::string> patterns;
             patterns.reserve(mx.size());
             for (const TextOrBytes& each : mx) patterns.push_back(to_bytes(each, "mx"));
             return unwrap(
                 mtasts::build_policy(to_bytes(mode, "mode"), saturated(max_age), patterns));
           }),
           py::kw_only(), py::arg("mode"), py::arg("mx") = std::vector<std::string>(),
           py::arg("max_age"),
           R"(Makes a policy.

Args:
    mode: enforce, testing or none.
    mx: host names, or "*." and a name; at least one unless the mode is none.
    max_age: seconds, at most 31557600.

Raises:
    ParseError: it would be no valid policy.)")
      .def_property_readonly("version",
                             [](const Policy& /*policy*/) { return mtasts::kPolicyVersion; })
      .def_property_readonly("mode", [](const Policy& policy) { return mode_name(policy.mode); })
      .def_property_readonly("max_age", [](const Policy& policy) { return policy.max_age; })
      .def_property_readonly("mx", &mx_texts)
      .def_property_readonly("extensions", [](const Policy& policy) { return policy.extensions; })
      .def_property_readonly("deviations",
                             [](const Policy& policy) { return policy.deviations.names(); })
      .def_property_readonly("lines", &Policy::lines)
      .def("match", &match, py::arg("host"),
           R"(Which mx covers a host, or why none does (RFC 8461 section 4.1).

Only names are compared, whatever the mode. A final dot is ignored, U-labels are made A-labels.)")
      .def(
          "matches",
          [](const Policy& policy, const TextOrBytes& host) {
            return match(policy, host).pattern.has_value();
          },
          py::arg("host"), "Whether an mx covers a host (RFC 8461 section 4.1); see match.")
      .def("__str__", &Policy::print)
      .def("__eq__", &equal<Policy>, py::is_operator())
      .def("__hash__", &hash_of)
      .def("__repr__",
           [](const Policy& policy) {
             return "<Policy " + std::string(mode_name(policy.mode)) + ", " +
                    std::to_string(policy.mx.size()) + " mx, max_age " +
                    std::to_string(policy.max_age) + ">";
           })
      .def(py::pickle(
          [](const Policy& policy) { return py::bytes(policy.text); },
          [](const py::bytes& text) { return unwrap(mtasts::parse_policy(std::string(text))); }));

  module.def(
      "parse_policy",
      [](const TextOrBytes& body) { return unwrap(mtasts::parse_policy(to_bytes(body, "body"))); },
      py::arg("body"), R"(Reads a policy: the body as it was served (RFC 8461 section 3.2).

Raises:
    ParseError: it does not follow the grammar; senders then act as if it could not be fetched.)");
}

}  // namespace

void register_mtasts(py::module_& module) {
  register_record(module);
  register_policy(module);
}

}  // namespace mxseal::bindings
