// SPDX-License-Identifier: MIT
// Rows of tests/data/*.jsonl: one JSON object a line, read alike by GoogleTest, pytest and the fuzz
// seeds.
//
// The input of a row is "input" (text, meant as UTF-8) or "input_hex" (bytes that are no clean
// text), "why" says what the row shows. The rest is what must come out, and the test of the table's
// name knows it.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mxseal::test {

using Json = simdjson::dom::element;

inline std::string text(const Json& value) {
  return std::string(std::string_view(value));
}

/// An array of strings.
inline std::vector<std::string> texts(const Json& value) {
  std::vector<std::string> all;
  for (const Json item : value.get_array()) all.push_back(text(item));
  return all;
}

/// An array of pairs of strings: the extensions of a record or policy.
inline std::vector<std::pair<std::string, std::string>> pairs(const Json& value) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Json item : value.get_array()) all.emplace_back(text(item.at(0)), text(item.at(1)));
  return all;
}

inline bool has(const Json& row, std::string_view key) {
  return row[key].error() == simdjson::SUCCESS;
}

/// The input of a row as bytes; empty where the row has none.
inline std::string input_of(const Json& row) {
  if (has(row, "input")) return text(row["input"]);
  std::string bytes;
  if (!has(row, "input_hex")) return bytes;
  const std::string hex = text(row["input_hex"]);
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

/// Calls `use(row, place)` for each row of a file; `place` is "file:line", for messages. Throws
/// where the file is not there or not JSON: a table that is not read would pass.
template <typename Use>
void each_row(const std::filesystem::path& file, Use use) {
  simdjson::dom::parser parser;
  std::ifstream lines(file);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    const Json row = parser.parse(line);
    use(row, file.filename().string() + ":" + std::to_string(++number));
  }
  if (number == 0) throw std::runtime_error("no rows in " + file.string());
}

}  // namespace mxseal::test
