// SPDX-License-Identifier: MIT
// What every binding begins with: all of pybind11 that is used, and how Python text becomes bytes.
//
// Include no other header of pybind11: type casters must be the same in each file. Bindings
// convert, release the GIL and raise; a loop or a decision belongs into a layer below.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mxseal::bindings {

namespace py = pybind11;

/// Text as users have it: what came from the network is bytes, what was typed is str. Anything gets
/// this far, so that to_bytes says in our words what is wrong with it.
using TextOrBytes = py::typing::Union<py::str, py::bytes>;

/// The bytes that were meant: those of a bytes object, the UTF-8 of a str. A str that smuggles raw
/// bytes (surrogateescape) gives these bytes back, any other lone surrogate becomes invalid UTF-8:
/// the parsers refuse both by their own rules. Raises TypeError, with the argument's name, for what is
/// neither.
std::string to_bytes(const py::object& text, std::string_view argument);

/// TXT records as a resolver gives them, the strings of each joined without anything between (RFC
/// 8461 §3.1).
std::vector<std::string> join_strings(const std::vector<std::vector<TextOrBytes>>& records);

/// A Python int; one beyond int64 becomes the nearest that is in it.
std::int64_t saturated(const py::int_& number);

/// Remote text for Python: UTF-8, and \xff for each byte that is none.
py::str to_text(std::string_view bytes);

/// __eq__ of a value: what is of another type is not equal, and no error.
template <typename T>
bool equal(const T& value, const py::object& other) {
  return py::isinstance<T>(other) && value == other.cast<const T&>();
}

}  // namespace mxseal::bindings
