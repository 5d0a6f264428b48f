// SPDX-License-Identifier: MIT
#include "base/domain_name.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal {
namespace {

enum class Underscores { refused, allowed };

// What a byte may be in a label that is in its final form:
// 0 nothing, 1 letter, digit or hyphen, 2 underscore.
constexpr std::array<unsigned char, 256> kLabelBytes = [] {
  std::array<unsigned char, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789-")) {
    table[static_cast<unsigned char>(c)] = 1;
  }
  table['_'] = 2;
  return table;
}();

// A label in its final form: lower-case ASCII, 1 to 63 octets, no hyphen at an end.
bool is_final_label(std::string_view label, Underscores underscores) {
  const int most = underscores == Underscores::allowed ? 2 : 1;
  return !label.empty() && label.size() <= DomainName::kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [most](char c) {
           const int kind = kLabelBytes[static_cast<unsigned char>(c)];
           return kind != 0 && kind <= most;
         });
}

// RFC 1123 §2.1: a host name never has the dotted-decimal form #.#.#.#
bool is_dotted_decimal(std::string_view name) {
  if (name.empty() || !ascii::is_digit(name.back())) return false;  // nearly all names end here
  return std::count(name.begin(), name.end(), '.') == 3 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return ascii::is_digit(c) || c == '.'; });
}

// The fast path: whether the text is a name in its final form already.
bool is_final(std::string_view text, Underscores underscores) {
  if (text.empty() || text.size() > DomainName::kMaxName || is_dotted_decimal(text)) return false;
  Cursor cursor(text);
  do {
    if (!is_final_label(cursor.take_until('.'), underscores)) return false;
  } while (cursor.take('.'));
  return true;
}

// RFC 5891 §5: a U-label as A-label; empty if it is none.
std::string to_a_label(std::string_view u_label) {
  std::string label(u_label);
  std::transform(label.begin(), label.end(), label.begin(),
                 ascii::lower);  // ASCII alone: no mapping
  // ASCII in a U-label is letters, digits, inner hyphens. libidn2 checks hyphens only for
  // registration, and stops at NUL.
  if (label.front() == '-' || label.back() == '-') return {};
  for (const char c : label) {
    if (ascii::is_ascii(c) && kLabelBytes[static_cast<unsigned char>(c)] != 1) return {};
  }
  std::uint8_t* found = nullptr;
  const int status =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(label.c_str()), &found, IDN2_NO_TR46);
  const std::unique_ptr<std::uint8_t, void (*)(void*)> owner(found, idn2_free);
  return status == IDN2_OK ? std::string(reinterpret_cast<const char*>(found)) : std::string();
}

// The strict path: each label brought into its final form, then judged there.
Result<std::string> finalize(std::string_view text, Underscores underscores) {
  const auto invalid = [text](std::int64_t offset) {
    return Error{Errc::host_invalid, std::string(text.substr(0, DomainName::kMaxName)), offset};
  };
  // No name this long fits: a code point of a U-label has 4 bytes at most and becomes at least one
  // octet.
  if (text.size() > 4 * DomainName::kMaxName + 1) return invalid(0);
  if (text.ends_with('.')) text.remove_suffix(1);

  std::string name;
  Cursor cursor(text);
  do {
    const std::int64_t start = cursor.offset();
    const std::string_view label = cursor.take_until('.');
    std::string final_label;
    if (ascii::is_ascii(label)) {
      std::transform(label.begin(), label.end(), std::back_inserter(final_label), ascii::lower);
    } else {
      final_label = to_a_label(label);
    }
    if (!is_final_label(final_label, underscores)) return invalid(start);
    if (start > 0) name += '.';
    name += final_label;
  } while (cursor.take('.'));
  if (name.size() > DomainName::kMaxName || is_dotted_decimal(name)) return invalid(0);
  return name;
}

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text) {
  if (is_final(text, Underscores::refused)) return DomainName(std::string(text));
  Result<std::string> name = finalize(text, Underscores::refused);
  if (!name) return name.error();
  return DomainName(*std::move(name));
}

std::string_view DomainName::parent() const {
  Cursor cursor(text_);
  cursor.take_until('.');
  cursor.take('.');
  return cursor.rest();
}

bool DomainName::is_below(const DomainName& other) const {
  const std::string_view name = text_;
  return name.size() > other.text_.size() && name.ends_with(other.text_) &&
         name[name.size() - other.text_.size() - 1] == '.';
}

std::string_view normalize_domain(std::string_view text, std::string& buffer) {
  if (is_final(text, Underscores::allowed)) return text;
  Result<std::string> name = finalize(text, Underscores::allowed);
  if (!name) return text;
  buffer = *std::move(name);
  return buffer;
}

}  // namespace mxseal
