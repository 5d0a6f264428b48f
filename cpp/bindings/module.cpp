// SPDX-License-Identifier: MIT
// The extension module mxseal._core. Each submodule has one register function in the file of its
// name.
#include "bindings/pybind.hpp"

namespace mxseal::bindings {

void register_check(py::module_& module);
void register_mime(py::module_& module);
void register_scan(py::module_& module);
void register_mtasts(py::module_& module);
void register_tlsrpt_record(py::module_& module);
void register_tlsrpt_report(py::module_& module);
void register_tlsrpt_table(py::module_& module);
void register_x509(py::module_& module);

}  // namespace mxseal::bindings

PYBIND11_MODULE(_core, module, pybind11::mod_gil_not_used()) {
  using namespace mxseal::bindings;
  module.doc() = "The compiled core of mxseal; use the public modules instead.";
  module.attr("__version__") = MXSEAL_VERSION;

  py::module_ mime = module.def_submodule("mime", "The mail reader, for the tests.");
  register_mime(mime);

  py::module_ mtasts = module.def_submodule("mtasts", "MTA-STS records and policies (RFC 8461).");
  register_mtasts(mtasts);

  py::module_ tlsrpt = module.def_submodule("tlsrpt", "TLS-RPT records and reports (RFC 8460).");
  register_tlsrpt_record(tlsrpt);
  register_tlsrpt_report(tlsrpt);
  register_tlsrpt_table(tlsrpt);

  py::module_ x509 = module.def_submodule("x509", "Certificates of servers (RFC 5280, RFC 8461).");
  register_x509(x509);

  py::module_ check = module.def_submodule("check", "Checks of domains, and their findings.");
  register_check(check);

  py::module_ scan = module.def_submodule("scan", "Scans of many domains.");
  register_scan(scan);
}
