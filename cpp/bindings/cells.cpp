// SPDX-License-Identifier: MIT
#include "bindings/cells.hpp"

namespace mxseal::bindings {
namespace {

py::object datetime_module(const char* name) {
  return py::module_::import("datetime").attr(name);
}

struct ToPython {
  py::object operator()(std::monostate) const { return py::none(); }
  py::object operator()(std::int64_t value) const { return py::int_(value); }
  py::object operator()(Timestamp value) const { return to_datetime(value.microseconds); }
  py::object operator()(Date value) const {
    constexpr std::int32_t kEpoch = 719'163;  // date(1970, 1, 1).toordinal()
    return datetime_module("date").attr("fromordinal")(value.days + kEpoch);
  }
  py::object operator()(std::string_view value) const { return to_text(value); }
  py::object operator()(const std::vector<std::string_view>& value) const {
    py::list texts;
    for (const std::string_view text : value) texts.append(to_text(text));
    return texts;
  }
};

}  // namespace

py::object to_datetime(std::int64_t microseconds) {
  // Not fromtimestamp(): it goes through a float.
  const py::object epoch = datetime_module("datetime")(
      1970, 1, 1, py::arg("tzinfo") = datetime_module("timezone").attr("utc"));
  return epoch + datetime_module("timedelta")(py::arg("microseconds") = microseconds);
}

py::object to_python(const Cell& cell) {
  return std::visit(ToPython{}, cell);
}

}  // namespace mxseal::bindings
