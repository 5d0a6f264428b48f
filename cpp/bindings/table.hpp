// SPDX-License-Identifier: MIT
// A table of the core as Python has it; every submodule that hands tables out hands out this one.
#pragma once

#include "bindings/pybind.hpp"

#include <memory>
#include <string>
#include <vector>

#include "base/columns.hpp"

namespace mxseal::bindings {

/// The columns, what it is called, and what must be known to read it.
struct PyTable {
  std::shared_ptr<const Table> table;
  std::string name;
  std::vector<std::string> notes;
};

/// Conversions need libraries that may be missing, and HTML needs escaping: Python's side of the
/// package does both.
py::object call_python(const char* module, const char* function, const py::object& argument);

/// Defines the class Table.
void register_table(py::module_& module);

}  // namespace mxseal::bindings
