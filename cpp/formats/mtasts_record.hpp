// SPDX-License-Identifier: MIT
// The MTA-STS TXT record (RFC 8461 §3.1): says at _mta-sts.<domain> that there is a policy, and by
// its id when that changed.
//
//   v=STSv1; id=20160831085700Z;
//
// A record that does not follow the grammar is no record: senders MUST then act as if the domain
// had no policy available, and keep a policy that they have cached. So the grammar is strict, and
// only what is unambiguous is tolerated.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "formats/txt_record.hpp"

namespace mxseal::mtasts {

struct StsRecord {
  std::string text;  ///< the whole record as it stands in DNS
  std::string id;    ///< names this instance of the policy; has no order (RFC 8461 §3.1)
  txt_record::Extensions extensions;
  Deviations deviations;

  /// The same record, however it is written.
  bool operator==(const StsRecord& other) const {
    return id == other.id && extensions == other.extensions;
  }
};

/// Reads one record, the strings of its TXT joined. Errors: bad_version, version_not_first,
/// wrong_case for what is no MTA-STS record at all; id_missing, id_invalid, bad_extension.
Result<StsRecord> parse_record(std::string_view text);

/// The record that counts among all TXT records at _mta-sts.<domain>, the strings of each joined;
/// nothing where none is an MTA-STS record. Errors: multiple, and those of parse_record.
Result<std::optional<StsRecord>> select_record(std::span<const std::string> records);

}  // namespace mxseal::mtasts
