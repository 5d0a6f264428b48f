// SPDX-License-Identifier: MIT
// The grammar that the TXT records of MTA-STS (RFC 8461 §3.1) and TLS-RPT (RFC 8460 §3) share: a
// version, then fields.
//
//   record      = version 1*(field-delim field) [field-delim]
//   field       = name "=" value
//   field-delim = *WSP ";" *WSP
//
// One small function a rule of the grammar, each taking from a Cursor what fits; where one fails,
// the cursor stands at the byte that does not fit.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cursor.hpp"
#include "base/result.hpp"

namespace mxseal::txt_record {

/// Unknown fields, name and value in the order of the record.
using Extensions = std::vector<std::pair<std::string, std::string>>;

/// ext-name = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / "."), also of the fields of a policy.
/// Empty if there is none.
std::string_view take_name(Cursor& cursor);

/// ext-value = 1*(%x21-3A / %x3C / %x3E-7E): printable ASCII without "=" and ";". Empty if there is
/// none.
std::string_view take_value(Cursor& cursor);

/// version field-delim. Unlike RFC 8461 §3.1's text its ABNF allows white space before the first
/// ";" (erratum 6285), and so do both records here, with a deviation.
bool take_version(Cursor& cursor, std::string_view version, Deviations& deviations);

/// field-delim. Takes nothing where there is none.
bool take_delimiter(Cursor& cursor);

/// What is wrong with the field that begins at `field`, at the byte where reading stopped; the
/// detail quotes the field.
Error field_error(Errc code, Cursor field, const Cursor& stopped);

/// The record that counts among all TXT records of a name (RFC 8461 §3.1, RFC 8460 §3): its index,
/// or nothing where none is of this version. Of several, those that do not begin with the version
/// and directly ";" are discarded; exactly one must be left. Error: multiple.
Result<std::optional<std::size_t>> select(std::span<const std::string> records,
                                          std::string_view version);

}  // namespace mxseal::txt_record
