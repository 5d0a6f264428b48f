// SPDX-License-Identifier: MIT
// SumsCollector: feeds several sums from one reading, and keeps the first errors only, since an archive of any size must fit.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "reports/gather.hpp"
#include "reports/sums.hpp"
#include "reports/table.hpp"

namespace mxseal::reports {

class SumsCollector final : public Collector {
 public:
  static constexpr std::int64_t kMaxErrors = 1000;

  /// `sums` must outlive the collector.
  explicit SumsCollector(const std::vector<std::unique_ptr<Sums>>& sums) : sums_(sums) {}

  void report(const tlsrpt::Report& report, const Place& place, std::uint32_t /*number*/) override {
    for (const auto& sums : sums_) sums->add(report, place);
  }
  void duplicate(const tlsrpt::Report& /*report*/, const Place& /*place*/,
                 std::uint32_t /*number*/) override {}
  void unread(const Place& place, const Error& error) override {
    if (errors_.size() < kMaxErrors) errors_.add(place, error);
  }

  std::shared_ptr<const Table> errors() const { return errors_.table(); }

 private:
  const std::vector<std::unique_ptr<Sums>>& sums_;
  UnreadRows errors_;
};

}  // namespace mxseal::reports
