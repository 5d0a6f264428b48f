// SPDX-License-Identifier: MIT
#include "formats/txt_record.hpp"

#include "base/ascii.hpp"

namespace mxseal::txt_record {

using ascii::is_alnum;
using ascii::is_blank;

namespace {

constexpr std::size_t kMaxName = 32;

constexpr bool is_name_byte(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}
constexpr bool is_value_byte(char c) {
  return c >= 0x21 && c <= 0x7e && c != '=' && c != ';';
}

}  // namespace

std::string_view take_name(Cursor& cursor) {
  if (!is_alnum(cursor.peek())) return {};
  return cursor.take_while(is_name_byte, kMaxName);
}

std::string_view take_value(Cursor& cursor) {
  return cursor.take_while(is_value_byte);
}

bool take_version(Cursor& cursor, std::string_view version, Deviations& deviations) {
  if (!cursor.take(version)) return false;
  if (is_blank(cursor.peek())) deviations.add(Deviation::space_before_semicolon);
  return take_delimiter(cursor);
}

bool take_delimiter(Cursor& cursor) {
  Cursor ahead = cursor;
  ahead.take_while(is_blank);
  if (!ahead.take(';')) return false;
  ahead.take_while(is_blank);
  cursor = ahead;
  return true;
}

Error field_error(Errc code, Cursor field, const Cursor& stopped) {
  return {code, excerpt(field.take_until(';')), stopped.offset()};
}

Result<std::optional<std::size_t>> select(std::span<const std::string> records,
                                          std::string_view version) {
  std::optional<std::size_t> found;
  Deviations unused;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Cursor cursor(records[i]);
    const bool counts = records.size() == 1 ? take_version(cursor, version, unused)
                                            : cursor.take(version) && cursor.take(';');
    if (!counts) continue;
    // RFC 8461 §3.1: "if the number of resulting records is not one", also where all say the same.
    if (found)
      return Error{Errc::multiple, excerpt(records[*found]) + " | " + excerpt(records[i]), -1};
    found = i;
  }
  return found;
}

}  // namespace mxseal::txt_record
