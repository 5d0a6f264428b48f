// SPDX-License-Identifier: MIT
// mxseal.x509: whether a chain of certificates is good for a host at a time.
#include <optional>
#include <string>
#include <vector>

#include "bindings/cells.hpp"
#include "bindings/errors.hpp"
#include "bindings/pybind.hpp"
#include "pki/encoded_chain.hpp"

namespace mxseal::bindings {
namespace {

pki::Verification verify(const std::vector<TextOrBytes>& chain, const std::string& host,
                         const pki::TrustStore& roots, std::int64_t at) {
  std::vector<std::string> items;
  items.reserve(chain.size());
  for (const TextOrBytes& item : chain) items.push_back(to_bytes(item, "chain"));
  const py::gil_scoped_release unlocked;
  return pki::verify_encoded(items, host, roots, at);
}

std::vector<py::bytes> chain_of(const pki::Verification& self) {
  std::vector<py::bytes> chain;
  for (const pki::Certificate& each : self.chain) chain.emplace_back(each.der());
  return chain;
}

// An aware datetime; None for what Python's calendar does not reach.
py::object time_of(std::int64_t seconds) {
  constexpr std::int64_t kYear1 = -62135596800;
  constexpr std::int64_t kYear10000 = 253402300800;
  if (seconds < kYear1 || seconds >= kYear10000) return py::none();
  return to_datetime(seconds * 1'000'000);
}

}  // namespace

void register_x509(py::module_& module) {
  py::class_<pki::TrustStore>(module, "TrustStore", "Roots that chains may end at.")
      .def_static(
          "system", [] { return unwrap(pki::TrustStore::system()); },
          "The system's roots; SSL_CERT_FILE and SSL_CERT_DIR name others.")
      .def_static(
          "from_file",
          [](const py::object& path) {
            const py::object name = py::module_::import("os").attr("fsencode")(path);
            return unwrap(pki::TrustStore::from_file(name.cast<std::string>()));
          },
          py::arg("path"), "Those of a PEM file, self-signed or not: each is an anchor.")
      .def_static(
          "from_pem",
          [](const std::string& text) { return unwrap(pki::TrustStore::from_pem(text)); },
          py::arg("text"), "The same of PEM text.")
      .def("__len__", [](const pki::TrustStore& self) { return self.roots().size(); });

  py::class_<pki::ChainError>(module, "ChainError", "One thing that is wrong with a chain.")
      .def_property_readonly(
          "fault", [](const pki::ChainError& self) { return pki::fault_name(self.fault); },
          "expired, not-yet-valid, name-mismatch, cn-only, self-signed, "
          "untrusted, incomplete-chain or invalid.")
      .def_property_readonly(
          "result_type", [](const pki::ChainError& self) { return pki::result_type(self.fault); },
          "What a sender reports for it (RFC 8460 §4.3).")
      .def_readonly(
          "depth", &pki::ChainError::depth,
          "Of the certificate in the chain as sent, 0 the leaf; -1 for one that was not sent.")
      .def_property_readonly("detail",
                             [](const pki::ChainError& self) { return to_text(self.detail); })
      .def("__repr__", [](const pki::ChainError& self) {
        return py::str("<ChainError {} at {}: {!a}>")
            .format(pki::fault_name(self.fault), self.depth, to_text(self.detail));
      });

  py::class_<pki::Verification>(module, "Verification", "What a chain is worth for a host.")
      .def_readonly("ok", &pki::Verification::ok, "Exactly when there is no error.")
      .def_readonly("errors", &pki::Verification::errors, "Every one there is, the leaf's first.")
      .def_property_readonly("chain", &chain_of, "The path that was judged, DER, leaf first.")
      .def_property_readonly(
          "names",
          [](const pki::Verification& self) {
            std::vector<py::str> names;
            for (const std::string& each : self.names) names.push_back(to_text(each));
            return names;
          },
          "dNSNames of the leaf, the only ones that count (RFC 8461 §4.2).")
      .def_readonly("alternative_path", &pki::Verification::alternative_path,
                    "Good, but not by the first path: senders on plain OpenSSL refuse it.")
      .def_property_readonly(
          "not_before", [](const pki::Verification& self) { return time_of(self.not_before); },
          "The latest beginning in the path, UTC.")
      .def_property_readonly(
          "not_after", [](const pki::Verification& self) { return time_of(self.not_after); },
          "The earliest end in the path, UTC.")
      .def("__bool__", [](const pki::Verification& self) { return self.ok; })
      .def("__repr__", [](const pki::Verification& self) {
        return self.ok ? py::str("<Verification ok>")
                       : py::str("<Verification {}>")
                             .format(pki::fault_name(self.errors.front().fault));
      });

  module.def("verify", &verify, py::arg("chain"), py::arg("host"), py::kw_only(), py::arg("roots"),
             py::arg("at"), "See mxseal.x509.verify.");
}

}  // namespace mxseal::bindings
