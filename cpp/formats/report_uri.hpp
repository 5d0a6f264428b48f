// SPDX-License-Identifier: MIT
// A URI of the rua field of a TLS-RPT record (RFC 8460 §3): whether reports can be sent to it.
//
// Only judged, never decoded: a URI is listed as it is written.
#pragma once

#include <cstdint>
#include <string_view>

namespace mxseal::tlsrpt {

enum class ReportUri : std::uint8_t {
  usable,
  wrong_scheme,  ///< no scheme, or neither mailto nor https
  broken,        ///< mailto without one address, https without a host, or outside RFC 3986
};

/// Judges one member of rua, which holds printable ASCII without "," and ";".
ReportUri judge_report_uri(std::string_view uri);

/// The domain of a mailto address, or the host of an https URI, as written; empty for what is not usable.
std::string_view report_uri_domain(std::string_view uri);

}  // namespace mxseal::tlsrpt
