// SPDX-License-Identifier: MIT
#include "formats/mbox.hpp"

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "formats/line_start.hpp"

namespace mxseal::mbox {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kFrom = "From "sv;

constexpr bool is_name_byte(char byte) {
  return ascii::is_alnum(byte) || byte == '-' || byte == '_';
}

/// Whether `text`, which begins "From ", is a separator line: see mbox.hpp.
bool is_separator(std::string_view text) {
  Cursor cursor(text.substr(0, kLookahead));
  cursor.take_line();
  if (cursor.at_end()) return false;
  if (cursor.take(">From "sv)) return true;
  // A field's name as mails have them (RFC 5322 2.2 would take any printable byte), and not the
  // scheme of a URL.
  return !cursor.take_while(is_name_byte).empty() && cursor.take(':') && !cursor.at_end() &&
         cursor.peek() != '/';
}

}  // namespace

std::size_t next_message(std::string_view data, std::size_t from) {
  if (from == 0 && data.starts_with(kFrom) && is_separator(data)) return 0;
  std::size_t at = find_line_start(data, from == 0 ? 1 : from, kFrom.front());
  for (; at != std::string_view::npos; at = find_line_start(data, at + 1, kFrom.front())) {
    const std::string_view rest = data.substr(at);
    if (rest.starts_with(kFrom) && is_separator(rest)) break;
  }
  return at;
}

}  // namespace mxseal::mbox
