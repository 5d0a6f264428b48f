// SPDX-License-Identifier: MIT
#include "formats/tlsrpt_record.hpp"

#include <set>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "formats/report_uri.hpp"

namespace mxseal::tlsrpt {

using ascii::is_blank;
using txt_record::field_error;
using txt_record::take_delimiter;
using txt_record::take_name;
using txt_record::take_value;
using txt_record::take_version;

namespace {

constexpr std::string_view kVersion = "v=TLSRPTv1";

constexpr bool is_member_byte(char c) {
  return c >= 0x21 && c <= 0x7e && c != ',' && c != ';';
}

// *WSP "," *WSP. Takes nothing where there is none.
bool take_comma(Cursor& cursor) {
  Cursor ahead = cursor;
  ahead.take_while(is_blank);
  if (!ahead.take(',')) return false;
  ahead.take_while(is_blank);
  cursor = ahead;
  return true;
}

struct Rua {
  std::vector<std::string> usable;
  std::optional<Error> unusable;  // the first member that cannot be used
};

// tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri), the part behind "rua=". Members may be empty or unusable
// here.
Rua take_rua(Cursor& cursor) {
  Rua rua;
  if (is_blank(cursor.peek())) {  // white space stands around "," only
    rua.unusable = field_error(Errc::rua_invalid, cursor, cursor);
    return rua;
  }
  do {
    const Cursor start = cursor;
    const std::string_view member = cursor.take_while(is_member_byte);
    const ReportUri judged = member.empty() ? ReportUri::broken : judge_report_uri(member);
    if (judged == ReportUri::usable) {
      rua.usable.emplace_back(member);
    } else if (!rua.unusable) {
      const Errc code = judged == ReportUri::broken ? Errc::rua_invalid : Errc::rua_scheme;
      rua.unusable = field_error(code, Cursor(member), start);
    }
  } while (take_comma(cursor));
  return rua;
}

// A later rua is ignored; it must be a field by the grammar all the same: of this field, or of an
// extension.
bool take_ignored_rua(Cursor& cursor) {
  Cursor list = cursor;
  if (!take_rua(list).usable.empty()) {
    cursor = list;
    return true;
  }
  return !take_value(cursor).empty();
}

// The end of a field: the end of the record, or field-delim. RFC 8460 §3, unlike RFC 8461 §3.1,
// does not say that a malformed record be dropped, and readers take white space at the very end:
// tolerated.
bool take_field_end(Cursor& cursor, Deviations& deviations) {
  if (cursor.at_end() || take_delimiter(cursor)) return true;
  Cursor ahead = cursor;
  ahead.take_while(is_blank);
  if (!ahead.at_end()) return false;
  cursor = ahead;
  deviations.add(Deviation::trailing_space);
  return true;
}

}  // namespace

Result<TlsrptRecord> parse_record(std::string_view text) {
  TlsrptRecord record;
  Cursor cursor(text);
  if (!take_version(cursor, kVersion, record.deviations)) {
    return field_error(Errc::version, Cursor(text), cursor);
  }

  Rua rua;
  std::set<std::string_view> seen = {"v"};
  while (!cursor.at_end()) {
    const Cursor field = cursor;
    const std::string_view name = take_name(cursor);
    if (name.empty() || !cursor.take('=')) return field_error(Errc::invalid, field, cursor);
    const bool first = seen.insert(name).second;
    if (first && name == "rua") {
      rua = take_rua(cursor);
    } else if (name == "rua") {
      if (!take_ignored_rua(cursor)) return field_error(Errc::rua_invalid, field, cursor);
    } else {
      const std::string_view value = take_value(cursor);
      if (value.empty()) return field_error(Errc::invalid, field, cursor);
      if (first) record.extensions.emplace_back(name, value);
    }
    // Of anything repeated the first counts, also of rua: several places stand in the list of one
    // (RFC 8460 §3).
    if (!first) record.deviations.add(Deviation::duplicate_field);
    if (!take_field_end(cursor, record.deviations)) {
      return field_error(name == "rua" ? Errc::rua_invalid : Errc::invalid, field, cursor);
    }
    if (rua.usable.empty() && rua.unusable) return *rua.unusable;
  }
  if (rua.usable.empty()) return field_error(Errc::rua_missing, Cursor(text), cursor);
  if (rua.unusable) record.deviations.add(Deviation::rua_unusable);
  record.rua = std::move(rua.usable);
  record.text = text;
  return record;
}

Result<std::optional<TlsrptRecord>> select_record(std::span<const std::string> records) {
  const auto found = txt_record::select(records, kVersion);
  if (!found) return found.error();
  if (!*found) return std::optional<TlsrptRecord>();
  Result<TlsrptRecord> record = parse_record(records[**found]);
  if (!record) return record.error();
  return std::optional<TlsrptRecord>(*std::move(record));
}

}  // namespace mxseal::tlsrpt
