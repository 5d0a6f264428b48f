// SPDX-License-Identifier: MIT
// A report from hostile bytes: no crash, and the strict scanner and simdjson agree on what is JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/bytes.hpp"
#include "formats/json_scan.hpp"
#include "formats/tlsrpt_report.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mxseal::Errc;
  // Just the block that is promised: the text and the padding behind it.
  const auto block = std::make_unique<char[]>(size + mxseal::Bytes::kPadding);
  if (size > 0) std::memcpy(block.get(), data, size);
  const std::string_view text(block.get(), size);

  static mxseal::tlsrpt::ReportReader reader;
  const mxseal::Result<void> read = reader.read(text);
  const bool is_json =
      read || (read.error().code != Errc::json_syntax && read.error().code != Errc::json_utf8 &&
               read.error().code != Errc::json_depth && read.error().code != Errc::json_trailing);
  if (text.starts_with("\xEF\xBB\xBF")) return 0;
  const mxseal::Result<std::size_t> end = mxseal::json::scan_value(text, 0);
  const bool scanned = end && mxseal::json::skip_space(text, *end) == text.size();
  if (is_json != scanned) std::abort();
  if (!read && read.error().offset > static_cast<std::int64_t>(size)) std::abort();
  return 0;
}
