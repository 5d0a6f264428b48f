// SPDX-License-Identifier: MIT
#include "reports/single.hpp"

#include "formats/gzip.hpp"
#include "formats/kind.hpp"
#include "reports/report_parts.hpp"

namespace mxseal::reports {

Result<void> SingleReport::read(std::string_view bytes) {
  switch (kind::sniff(bytes.substr(0, kind::kHeadSize))) {
    case kind::Kind::mail:
    case kind::Kind::mbox:
      return read_mail(bytes);
    default:
      return read_json(bytes);
  }
}

Result<void> SingleReport::read_json(std::string_view bytes) {
  if (kind::sniff(bytes.substr(0, kind::kHeadSize)) == kind::Kind::gzip) {
    if (Result<void> unpacked = gzip::gunzip(bytes, unpacked_); !unpacked) return unpacked;
    return reader_.read(unpacked_.view());
  }
  padded_.clear();
  padded_.append(bytes);
  padded_.reserve(1);  // simdjson may look behind the end even of nothing
  return reader_.read(padded_.view());
}

Result<void> SingleReport::read_mail(std::string_view bytes) {
  if (Result<void> read = mail_.read(bytes); !read) return read;
  std::vector<std::size_t> candidates;
  if (find_report_parts(mail_.parts(), candidates))
    return Error{Errc::not_a_report, "a bounce", -1};
  Result<void> first = Error{Errc::not_a_report, "a mail without a report", -1};
  bool tried = false;
  for (const std::size_t i : candidates) {
    Result<void> read = mime::decode(mail_.parts()[i], decoded_);
    if (read) read = read_json(decoded_.view());
    if (read) return read;
    if (!tried) first = std::move(read);
    tried = true;
  }
  return first;
}

}  // namespace mxseal::reports
