// SPDX-License-Identifier: MIT
#include "formats/mtasts_record.hpp"

#include <set>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::mtasts {

using txt_record::field_error;
using txt_record::take_delimiter;
using txt_record::take_name;
using txt_record::take_value;
using txt_record::take_version;

namespace {

constexpr std::string_view kVersion = "v=STSv1";
constexpr std::size_t kMaxId = 32;

// What is no MTA-STS record at all, and why: the way it goes wrong most often. Where the version is
// right and its ";" is missing, reading `stopped` there.
Error no_record(std::string_view text, const Cursor& stopped) {
  const Cursor start(text);
  Cursor cursor(text);
  if (cursor.take_ignoring_case("v=stsv1") && take_delimiter(cursor)) {
    return field_error(Errc::wrong_case, start, start);
  }
  cursor = start;
  cursor.take_up_to(text.find(kVersion));
  if (cursor.offset() > 0 && !cursor.at_end()) {
    return field_error(Errc::version_not_first, start, cursor);
  }
  return field_error(Errc::bad_version, start, stopped);
}

// sts-id = %s"id=" 1*32(ALPHA / DIGIT), the part behind "=".
std::string_view take_id(Cursor& cursor) {
  return cursor.take_while(ascii::is_alnum, kMaxId);
}

}  // namespace

Result<StsRecord> parse_record(std::string_view text) {
  StsRecord record;
  Cursor cursor(text);
  if (!take_version(cursor, kVersion, record.deviations)) {
    return no_record(text, cursor);
  }

  std::set<std::string_view> seen = {"v"};
  while (!cursor.at_end()) {
    const Cursor field = cursor;
    const std::string_view name = take_name(cursor);
    if (name.empty() || !cursor.take('=')) return field_error(Errc::bad_extension, field, cursor);
    // RFC 8461 §3.2: of a repeated field all but the first are ignored; what they hold must only be
    // a value.
    const bool first = seen.insert(name).second;
    const bool is_id = first && name == "id";
    const std::string_view value = is_id ? take_id(cursor) : take_value(cursor);
    if (value.empty() || !(cursor.at_end() || take_delimiter(cursor))) {
      return field_error(is_id ? Errc::id_invalid : Errc::bad_extension, field, cursor);
    }
    if (!first) {
      record.deviations.add(Deviation::duplicate_field);
    } else if (is_id) {
      record.id = value;
    } else {
      record.extensions.emplace_back(name, value);
    }
  }
  if (record.id.empty()) return field_error(Errc::id_missing, Cursor(text), cursor);
  record.text = text;
  return record;
}

Result<std::optional<StsRecord>> select_record(std::span<const std::string> records) {
  const auto found = txt_record::select(records, kVersion);
  if (!found) return found.error();
  if (!*found) return std::optional<StsRecord>();
  Result<StsRecord> record = parse_record(records[**found]);
  if (!record) return record.error();
  return std::optional<StsRecord>(*std::move(record));
}

}  // namespace mxseal::mtasts
