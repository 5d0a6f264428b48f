// SPDX-License-Identifier: MIT
// ReportTable: an archive as four tables. Names are RFC 8460's with _ for -.
//
//   report ──1:n──► policies (a row for each entry of a report's policies)
//                      └─1:n──► failures (a row for each failure detail; policy_row leads back)
//   what could not be read ──► errors         a report met again ──► duplicates
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/columns.hpp"
#include "reports/gather.hpp"

namespace mxseal::reports {

class Sums;

/// Rows of things that could not be read: source, member, code, detail, offset.
class UnreadRows {
 public:
  UnreadRows();
  void add(const Place& place, const Error& error);
  std::int64_t size() const;
  std::shared_ptr<const Table> table() const;

 private:
  std::shared_ptr<DictionaryColumn> source_, member_, code_;
  std::shared_ptr<TextColumn> detail_;
  std::shared_ptr<OptionalIntColumn> offset_;
};

struct ReportTable {
  std::shared_ptr<const Table> policies;
  std::shared_ptr<const Table> failures;
  std::shared_ptr<const Table> errors;
  std::shared_ptr<const Table> duplicates;
  Counts counts;

  /// Gives every report of the tables to `sums`; from time to time asks `go_on` and returns false if it says no.
  bool summarize_into(Sums& sums, const std::function<bool()>& go_on) const;

 private:
  friend class TableCollector;
  struct Columns;
  std::shared_ptr<const Columns> columns_;
};

/// Builds the tables of a gather().
class TableCollector final : public Collector {
 public:
  TableCollector();
  ~TableCollector() override;

  void report(const tlsrpt::Report& report, const Place& place, std::uint32_t number) override;
  void duplicate(const tlsrpt::Report& report, const Place& place, std::uint32_t number) override;
  void unread(const Place& place, const Error& error) override;
  bool wants_numbers() const override { return true; }

  ReportTable finish(const Counts& counts);

 private:
  struct Numbers;
  Numbers intern_place(const Place& place);

  std::shared_ptr<ReportTable::Columns> columns_;
  UnreadRows errors_;
  std::string text_;
  std::vector<std::string_view> names_;
};

}  // namespace mxseal::reports
