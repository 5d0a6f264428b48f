// SPDX-License-Identifier: MIT
// The records of mxseal.tlsrpt (RFC 8460 section 3).
#include "formats/tlsrpt_record.hpp"

#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"

namespace mxseal::bindings {

void register_tlsrpt_record(py::module_& module) {
  using tlsrpt::TlsrptRecord;

  py::class_<TlsrptRecord>(module, "TlsrptRecord",
                           R"(The TLS-RPT TXT record of a domain (RFC 8460 section 3).

Attributes:
    rua: the usable URIs, mailto: or https:, as written and in order.
    extensions: unknown fields as (name, value), in order.
    deviations: codes of what is against the RFC and harmless.
    text: the record as it stands in DNS.)")
      .def_property_readonly("rua", [](const TlsrptRecord& record) { return record.rua; })
      .def_property_readonly("extensions",
                             [](const TlsrptRecord& record) { return record.extensions; })
      .def_property_readonly("deviations",
                             [](const TlsrptRecord& record) { return record.deviations.names(); })
      .def_property_readonly("text", [](const TlsrptRecord& record) { return record.text; })
      .def("__eq__", &equal<TlsrptRecord>, py::is_operator())
      .def("__hash__",
           [](const TlsrptRecord& record) {
             return py::hash(py::make_tuple(py::tuple(py::cast(record.rua)),
                                            py::tuple(py::cast(record.extensions))));
           })
      .def("__repr__",
           [](const TlsrptRecord& record) {
             const std::string more = record.rua.size() > 1 ? ", …" : "";
             return "<TlsrptRecord rua=" + record.rua.front() + more + ">";
           })
      .def(py::pickle(
          [](const TlsrptRecord& record) { return py::bytes(record.text); },
          [](const py::bytes& text) { return unwrap(tlsrpt::parse_record(std::string(text))); }));

  module.def(
      "parse_record",
      [](const TextOrBytes& text) { return unwrap(tlsrpt::parse_record(to_bytes(text, "text"))); },
      py::arg("text"),
      R"(Reads one TLS-RPT record: the strings of a TXT record, joined (RFC 8460 section 3).

Raises:
    ParseError: it is no TLS-RPT record (version), does not follow the grammar, or names no place
        that a report could be sent to.)");

  module.def(
      "select_record",
      [](const std::vector<std::vector<TextOrBytes>>& records) {
        return unwrap(tlsrpt::select_record(join_strings(records)));
      },
      py::arg("records"),
      R"(The record that counts among all TXT records at _smtp._tls.<domain> (RFC 8460 section 3).

Args:
    records: the strings of each TXT record, in any order of the records.

Returns:
    The one TLS-RPT record, or None where none of them is one.

Raises:
    ParseError: several are (multiple), or the only one does not follow the grammar; no reports
        are sent then.)");
}

}  // namespace mxseal::bindings
