// SPDX-License-Identifier: MIT
#include "reports/report_parts.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/bytes.hpp"
#include "formats/kind.hpp"

namespace mxseal::reports {
namespace {

bool has_report_type(std::string_view media_type) {
  // RFC 8460 §6.4, §6.5; the third is what one widespread sender writes.
  return media_type == "application/tlsrpt+json" || media_type == "application/tlsrpt+gzip" ||
         media_type == "application/tlsrpt";
}

bool ends_in_json(std::string_view filename) {
  constexpr std::string_view kEnding = ".json";
  return filename.size() >= kEnding.size() &&
         ascii::equal_ignoring_case(filename.substr(filename.size() - kEnding.size()), kEnding);
}

// Whether its content is JSON or packed. Whether it can be decoded to its end is told where it is
// read.
bool has_content_of_report(const mime::Part& part) {
  mime::Part head = part;
  head.body = head.body.substr(0, kind::kHeadSize);
  Bytes decoded;
  static_cast<void>(mime::decode(head, decoded));
  switch (kind::sniff(decoded.view())) {
    case kind::Kind::json:
    case kind::Kind::gzip:
    case kind::Kind::zip:
    case kind::Kind::tar:
      return true;
    default:
      return false;
  }
}

bool may_be_report(const mime::Part& part) {
  const std::string_view type = part.media_type;
  if (type == "message/rfc822") return true;
  if (type.starts_with("application/") && !type.starts_with("application/pgp") &&
      !type.starts_with("application/pkcs7") && !type.starts_with("application/x-pkcs7") &&
      type != "application/pdf") {
    return true;
  }
  if (has_content_of_report(part)) return true;
  if (!type.starts_with("text/")) return false;
  std::string filename;
  mime::read_filename(part, filename);
  return ends_in_json(filename);
}

}  // namespace

bool find_report_parts(std::span<const mime::Part> parts, std::vector<std::size_t>& found) {
  found.clear();
  const bool named = std::any_of(parts.begin(), parts.end(), [](const mime::Part& part) {
    return has_report_type(part.media_type);
  });
  bool bounce = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const mime::Part& part = parts[i];
    bounce = bounce || part.media_type == "message/delivery-status";
    // Beside a part that says what it is, text is for people.
    if (has_report_type(part.media_type) ||
        (named ? !part.media_type.starts_with("text/") && has_content_of_report(part)
               : may_be_report(part))) {
      found.push_back(i);
    }
  }
  if (named) return false;
  if (bounce) found.clear();
  return bounce;
}

}  // namespace mxseal::reports
