// SPDX-License-Identifier: MIT
#include "reports/one_report.hpp"

#include <atomic>
#include <optional>

#include "base/bytes.hpp"
#include "reports/batch.hpp"
#include "reports/reader.hpp"

namespace mxseal::reports {
namespace {

// Keeps the first report and the first error, and counts.
class FirstOf final : public Sink {
 public:
  explicit FirstOf(Batch& found) : found_(found) {}

  void report(tlsrpt::Report& report, const Place& place) override {
    if (reports_++ == 0) found_.add(report, place);
  }
  void unread(const Place& /*place*/, const Error& error) override {
    if (error.code == Errc::not_a_report) {
      if (!other_) other_ = error;
    } else if (!broken_) {
      broken_ = error;
    }
  }
  // A second report, or something broken, decides.
  bool stopped() override { return reports_ > 1 || broken_.has_value(); }

  Result<void> verdict() const {
    if (broken_) return *broken_;
    if (reports_ == 1) return {};
    if (reports_ > 1) return Error{Errc::json_trailing, "another report", -1};
    return other_.value_or(Error{Errc::not_a_report, "nothing", -1});
  }

 private:
  Batch& found_;
  int reports_ = 0;
  std::optional<Error> broken_;
  std::optional<Error> other_;
};

}  // namespace

OneReport::OneReport() = default;
OneReport::~OneReport() = default;

Result<void> OneReport::read(std::string_view bytes) {
  found_ = std::make_unique<Batch>();
  Bytes padded;
  padded.append(bytes);
  FirstOf first(*found_);
  std::atomic<std::int64_t> unused{0};
  FileReader reader(first, unused);
  reader.read_bytes(padded.view());
  return first.verdict();
}

const tlsrpt::Report& OneReport::report() const {
  return found_->items().front().report;
}

}  // namespace mxseal::reports
