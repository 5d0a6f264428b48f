// SPDX-License-Identifier: MIT
// A URI of the rua field of a TLS-RPT record (RFC 8460 §3): whether reports can be sent to it.
//
// Only judged, never decoded: a URI is listed as it is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mxseal::tlsrpt {

enum class ReportUri : std::uint8_t {
  usable,
  wrong_scheme,  ///< no scheme, or neither mailto nor https
  broken,        ///< mailto without one address, https without a host, or outside RFC 3986
};

/// Judges one member of rua, which holds printable ASCII without "," and ";".
ReportUri judge_report_uri(std::string_view uri);

/// Where a usable URI leads.
struct ReportTarget {
  bool by_mail = false;  ///< mailto; else https
  std::string_view
      domain;  ///< of the address, or the host, as written; an address literal keeps its brackets
  std::uint16_t port = 0;  ///< as written; 0 where there is none
};

/// Nothing for a URI that is not usable, or whose port no host has.
std::optional<ReportTarget> report_target(std::string_view uri);

}  // namespace mxseal::tlsrpt
