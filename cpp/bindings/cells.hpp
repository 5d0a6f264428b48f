// SPDX-License-Identifier: MIT
// Values of tables as Python objects.
#pragma once

#include "bindings/pybind.hpp"

#include <cstdint>

#include "base/columns.hpp"

namespace mxseal::bindings {

/// An aware datetime in UTC.
py::object to_datetime(std::int64_t microseconds);

/// int, float, str, datetime, date, None; list and dict of them.
py::object to_python(const Cell& cell);

}  // namespace mxseal::bindings
