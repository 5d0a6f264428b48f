// SPDX-License-Identifier: MIT
#include "bindings/table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "base/arrow.hpp"
#include "bindings/cells.hpp"

namespace mxseal::bindings {
namespace {

py::object stream_of(const PyTable& self, const py::object& /*requested_schema*/) {
  auto* stream = new ArrowArrayStream;
  export_stream(self.table, stream);
  return py::capsule(stream, "arrow_array_stream", [](void* pointer) {
    auto* held = static_cast<ArrowArrayStream*>(pointer);
    if (held->release != nullptr) held->release(held);
    delete held;
  });
}

py::list rows_of(const PyTable& self, std::int64_t start, std::optional<std::int64_t> stop) {
  const std::int64_t end = std::min(stop.value_or(self.table->rows), self.table->rows);
  py::list rows;
  std::vector<py::str> names;
  for (const Table::Field& field : self.table->fields) names.emplace_back(field.name);
  for (std::int64_t row = std::max<std::int64_t>(start, 0); row < end; ++row) {
    py::dict values;
    for (std::size_t i = 0; i < names.size(); ++i)
      values[names[i]] = to_python(self.table->fields[i].column->cell(row));
    rows.append(std::move(values));
  }
  return rows;
}

std::vector<std::string> column_names(const PyTable& self) {
  std::vector<std::string> names;
  for (const Table::Field& field : self.table->fields) names.push_back(field.name);
  return names;
}

std::shared_ptr<const Column> column_of(const std::string& kind, const py::list& values) {
  if (kind == "int") {
    auto column = std::make_shared<OptionalIntColumn>();
    for (const py::handle& each : values)
      column->push_back(
          each.is_none() ? 0 : saturated(py::int_(py::reinterpret_borrow<py::object>(each))),
          !each.is_none());
    return column;
  }
  if (kind == "float") {
    auto column = std::make_shared<FloatColumn>();
    for (const py::handle& each : values)
      column->push_back(each.is_none() ? 0 : each.cast<double>(), !each.is_none());
    return column;
  }
  if (kind != "text") throw py::value_error("no such kind of column: " + kind);
  auto column = std::make_shared<TextColumn>();
  for (const py::handle& each : values) {
    if (each.is_none()) {
      column->push_back({});
    } else {
      push_any(*column, to_bytes(py::str(each), "column"));
    }
  }
  return column;
}

// Raises ValueError for a column of another length.
PyTable with_columns(const PyTable& self,
                     const std::vector<std::tuple<std::string, std::string, py::list>>& columns) {
  auto table = std::make_shared<Table>(*self.table);
  for (const auto& [name, kind, values] : columns) {
    if (static_cast<std::int64_t>(values.size()) != table->rows)
      throw py::value_error("column " + name + " has another length than the table");
    table->fields.push_back({name, column_of(kind, values)});
  }
  return {std::move(table), self.name, self.notes};
}

py::list column(const PyTable& self, const std::string& name) {
  const auto field = std::ranges::find(self.table->fields, name, &Table::Field::name);
  if (field == self.table->fields.end()) throw py::key_error(name);
  py::list values;
  for (std::int64_t row = 0; row < self.table->rows; ++row)
    values.append(to_python(field->column->cell(row)));
  return values;
}

}  // namespace

py::object call_python(const char* module, const char* function, const py::object& argument) {
  return py::module_::import(module).attr(function)(argument);
}

void register_table(py::module_& module) {
  py::class_<PyTable>(module, "Table",
                      "Rows and named columns in Apache Arrow's layout. Any Arrow reader takes it "
                      "as it is, without a copy of\n"
                      "the numbers: pyarrow.table(t), polars.DataFrame(t), DuckDB.")
      .def("__arrow_c_stream__", &stream_of, py::arg("requested_schema") = py::none(),
           "The Arrow C stream interface's capsule.")
      .def("__len__", [](const PyTable& self) { return self.table->rows; })
      .def_property_readonly("column_names", &column_names)
      .def_readonly("name", &PyTable::name,
                    "What the table holds: \"policies\", \"failures\", \"errors\", ...")
      .def_readonly("notes", &PyTable::notes,
                    "What must be known to read the numbers rightly, in sentences.")
      .def("to_dicts", &rows_of, py::arg("start") = 0, py::arg("stop") = py::none(),
           "Rows as dictionaries of plain Python values; for a few rows, not for a million.")
      .def("with_columns", &with_columns, py::arg("columns"),
           "The same rows with further columns: name, kind (int, float or text, which anything "
           "becomes) and a list of values; None is a missing one.")
      .def("column", &column, py::arg("name"), "The values of one column; KeyError for none.")
      .def(
          "to_arrow",
          [](const py::object& self) { return call_python("mxseal._frames", "to_arrow", self); },
          "As a pyarrow.Table (extra: parquet).")
      .def(
          "to_pandas",
          [](const py::object& self) { return call_python("mxseal._frames", "to_pandas", self); },
          "As a pandas.DataFrame (extra: pandas).")
      .def(
          "to_polars",
          [](const py::object& self) { return call_python("mxseal._frames", "to_polars", self); },
          "As a polars.DataFrame (extra: polars).")
      .def("_repr_html_",
           [](const py::object& self) {
             return call_python("mxseal._output.html", "table_html", self);
           })
      .def("__repr__", [](const PyTable& self) {
        return py::str("<Table {}: {:,} rows, {} columns>")
            .format(self.name, self.table->rows, self.table->fields.size());
      });
}

}  // namespace mxseal::bindings
