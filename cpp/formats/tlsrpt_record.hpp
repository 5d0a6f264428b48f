// SPDX-License-Identifier: MIT
// The TLS-RPT TXT record (RFC 8460 §3): says at _smtp._tls.<domain> where senders may report how
// their sessions went.
//
//   v=TLSRPTv1; rua=mailto:tlsrpt@example.com, https://reports.example.com/v1
//
// Several places to report to stand in the list of one rua. Members of it that nobody could use are
// left out, with a deviation, as long as one is left: a report that is sent to fewer places
// protects nobody less.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "formats/txt_record.hpp"

namespace mxseal::tlsrpt {

struct TlsrptRecord {
  std::string text;              ///< the whole record as it stands in DNS
  std::vector<std::string> rua;  ///< the usable URIs, at least one, as written and in order
  txt_record::Extensions extensions;
  Deviations deviations;

  /// The same record, however it is written.
  bool operator==(const TlsrptRecord& other) const {
    return rua == other.rua && extensions == other.extensions;
  }
};

/// Reads one record, the strings of its TXT joined. Errors: version for what is no TLS-RPT record
/// at all; rua_missing, rua_scheme, rua_invalid, invalid.
Result<TlsrptRecord> parse_record(std::string_view text);

/// The record that counts among all TXT records at _smtp._tls.<domain>, the strings of each joined;
/// nothing where none is a TLS-RPT record. Errors: multiple, and those of parse_record.
Result<std::optional<TlsrptRecord>> select_record(std::span<const std::string> records);

}  // namespace mxseal::tlsrpt
