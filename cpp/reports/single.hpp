// SPDX-License-Identifier: MIT
// SingleReport: one report from bytes that a user holds: JSON, gzip, or a whole mail (RFC 8460 §5).
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "formats/mime.hpp"
#include "formats/tlsrpt_report.hpp"

namespace mxseal::reports {

class SingleReport {
 public:
  /// Reads exactly one report. Errors: those of ReportReader and gzip, mail-*, not-a-report; of
  /// several attachments that may be the report the first that is one counts.
  Result<void> read(std::string_view bytes);
  const tlsrpt::Report& report() const { return reader_.report(); }

 private:
  Result<void> read_json(std::string_view bytes);
  Result<void> read_mail(std::string_view bytes);

  tlsrpt::ReportReader reader_;
  mime::MailReader mail_;
  Bytes padded_;
  Bytes unpacked_;
  Bytes decoded_;
};

}  // namespace mxseal::reports
