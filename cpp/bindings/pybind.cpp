// SPDX-License-Identifier: MIT
#include "bindings/pybind.hpp"

#include <limits>

namespace mxseal::bindings {

std::string to_bytes(const py::object& text, std::string_view argument) {
  if (py::isinstance<py::bytes>(text)) return py::reinterpret_borrow<py::bytes>(text);
  if (!py::isinstance<py::str>(text)) {
    const auto type = py::type::of(text).attr("__name__").cast<std::string>();
    throw py::type_error(std::string(argument) + ": give str or bytes, not " + type);
  }
  for (const char* surrogates : {"strict", "surrogateescape", "surrogatepass"}) {
    PyObject* encoded = PyUnicode_AsEncodedString(text.ptr(), "utf-8", surrogates);
    if (encoded != nullptr) return py::reinterpret_steal<py::bytes>(encoded);
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) break;
    PyErr_Clear();
  }
  throw py::error_already_set();
}

std::vector<std::string> join_strings(const std::vector<std::vector<TextOrBytes>>& records) {
  std::vector<std::string> joined;
  for (const std::vector<TextOrBytes>& strings : records) {
    std::string& record = joined.emplace_back();
    for (const TextOrBytes& string : strings) record += to_bytes(string, "records");
  }
  return joined;
}

std::int64_t saturated(const py::int_& number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow > 0) return std::numeric_limits<std::int64_t>::max();
  if (overflow < 0) return std::numeric_limits<std::int64_t>::min();
  return value;
}

py::str to_text(std::string_view bytes) {
  PyObject* text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()),
                                        "backslashreplace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

}  // namespace mxseal::bindings
