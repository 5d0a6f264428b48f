// SPDX-License-Identifier: MIT
// OneReport: exactly one report from bytes that a user holds, wrapped in any way that an archive's file may be (RFC 8460 §5).
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "formats/tlsrpt_report.hpp"

namespace mxseal::reports {

class Batch;

class OneReport {
 public:
  OneReport();
  ~OneReport();
  OneReport(const OneReport&) = delete;
  OneReport& operator=(const OneReport&) = delete;

  /// Reads the report. Errors: that of the first thing that could not be read, and json-trailing where there is more than one
  /// report. What is plainly no report (a mail's other attachments) is passed over where a report stands beside it.
  Result<void> read(std::string_view bytes);

  /// The report read last; undefined after an error. It holds until the next read().
  const tlsrpt::Report& report() const;

 private:
  std::unique_ptr<Batch> found_;
};

}  // namespace mxseal::reports
