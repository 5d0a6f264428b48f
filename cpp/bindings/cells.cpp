// SPDX-License-Identifier: MIT
#include "bindings/cells.hpp"

#include <datetime.h>

#include <chrono>
#include <cstddef>
#include <memory>

namespace mxseal::bindings {
namespace {

// Python's C interface to datetime: a list of a million rows has two million times, and calls by
// name take ten times as long.
const PyDateTime_CAPI& datetime_api() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
  return *PyDateTimeAPI;
}

py::object to_date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  const PyDateTime_CAPI& api = datetime_api();
  PyObject* made = api.Date_FromDate(
      static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), api.DateType);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

struct ToPython {
  py::object operator()(std::monostate) const { return py::none(); }
  py::object operator()(bool value) const { return py::bool_(value); }
  py::object operator()(std::int64_t value) const { return py::int_(value); }
  py::object operator()(double value) const { return py::float_(value); }
  py::object operator()(Timestamp value) const { return to_datetime(value.microseconds); }
  py::object operator()(Date value) const {
    return to_date(std::chrono::sys_days(std::chrono::days(value.days)));
  }
  py::object operator()(std::string_view value) const { return to_text(value); }
  py::object operator()(const std::vector<std::string_view>& value) const {
    py::list texts;
    for (const std::string_view text : value) texts.append(to_text(text));
    return texts;
  }
  py::object operator()(const std::shared_ptr<const Nested>& value) const {
    if (value->names.empty()) {
      py::list items;
      for (const Cell& each : value->values) items.append(to_python(each));
      return items;
    }
    py::dict fields;
    for (std::size_t i = 0; i < value->names.size(); ++i)
      fields[to_text(value->names[i])] = to_python(value->values[i]);
    return fields;
  }
};

}  // namespace

py::object to_datetime(std::int64_t microseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> time{std::chrono::microseconds(microseconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const PyDateTime_CAPI& api = datetime_api();
  PyObject* made = api.DateTime_FromDateAndTime(
      static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
      static_cast<int>(clock.subseconds().count()), api.TimeZone_UTC, api.DateTimeType);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

py::object to_python(const Cell& cell) {
  return std::visit(ToPython{}, cell);
}

}  // namespace mxseal::bindings
