// SPDX-License-Identifier: MIT
#include "bindings/errors.hpp"

namespace mxseal::bindings {

void raise(const Error& error) {
  const py::object parse_error = py::module_::import("mxseal._exceptions").attr("ParseError");
  const py::object offset = error.offset < 0 ? py::object(py::none()) : py::int_(error.offset);
  const py::object raised =
      parse_error(to_text(code_name(error.code)), to_text(code_text(error.code)),
                  to_text(error.detail), offset);
  PyErr_SetObject(parse_error.ptr(), raised.ptr());
  throw py::error_already_set();
}

}  // namespace mxseal::bindings
