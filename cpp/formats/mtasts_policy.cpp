// SPDX-License-Identifier: MIT
#include "formats/mtasts_policy.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/utf8.hpp"
#include "formats/txt_record.hpp"

namespace mxseal::mtasts {

using ascii::is_alnum;
using ascii::is_blank;
using ascii::is_digit;
using txt_record::take_name;

namespace {

constexpr std::string_view kModes[] = {"enforce", "testing", "none"};

Error error_at(Errc code, std::string_view detail, std::int64_t offset) {
  return {code, excerpt(detail), offset};
}

// vchar of RFC 8461 §3.2, and SP between: %x21-7E and UTF-8 beyond ASCII, no control character.
constexpr bool is_value_byte(char c) {
  return c == ' ' || (c > ' ' && c < 0x7f) || !ascii::is_ascii(c);
}

std::optional<Mode> read_mode(std::string_view word) {
  for (const Mode mode : {Mode::enforce, Mode::testing, Mode::none}) {
    if (word == mode_name(mode)) return mode;
  }
  return std::nullopt;
}

// sts-policy-max-age = %s"max_age" field-delim 1*10(DIGIT), the part behind the delimiter.
Result<std::int64_t> read_max_age(std::string_view value) {
  constexpr std::size_t kMaxDigits = 10;
  Cursor cursor(value);
  if (cursor.take_while(is_digit, kMaxDigits).empty() || !cursor.at_end()) {
    return error_at(Errc::max_age_invalid, value, cursor.offset());
  }
  std::int64_t seconds = 0;
  std::from_chars(value.data(), value.data() + value.size(), seconds);
  // Not cut down to the maximum: the text gives none to the sender's discretion.
  if (seconds > kMaxMaxAge) return error_at(Errc::max_age_out_of_range, value, 0);
  return seconds;
}

// A line as its field: name, value, and where the value begins in the line.
struct Field {
  std::string_view name;
  std::string_view value;
  std::int64_t value_offset = 0;
};

// field-delim = ":" *WSP, and *WSP at the end of a line. The value may come out empty.
Result<Field> read_field(std::string_view line) {
  Cursor cursor(line);
  // It might be meant as a continuation of the line above.
  if (is_blank(cursor.peek())) return error_at(Errc::leading_space, line, 0);
  Field field;
  field.name = take_name(cursor);
  const Cursor behind_name = cursor;
  if (!field.name.empty() && cursor.take(':')) {
    cursor.take_while(is_blank);
    field.value_offset = cursor.offset();
    field.value = cursor.rest();
    while (!field.value.empty() && is_blank(field.value.back())) field.value.remove_suffix(1);
    return field;
  }
  // Not a field: which mistake is it?
  if (!field.name.empty() && !cursor.take_while(is_blank).empty() && cursor.take(':')) {
    return error_at(Errc::space_before_colon, line, behind_name.offset());
  }
  Cursor word(line);
  const std::string_view key =
      word.take_while([](char c) { return c > ' ' && c < 0x7f && c != ':'; });
  const bool is_bad_name =
      word.peek() == ':' && !key.empty() &&
      (is_alnum(key.front()) || key.front() == '_' || key.front() == '-' || key.front() == '.');
  return error_at(is_bad_name ? Errc::extension_invalid : Errc::line_invalid, line,
                  behind_name.offset());
}

// sts-policy-ext-value = vchar [*(%x20 / vchar) vchar]: not empty, no control character; UTF-8 was
// checked before.
Result<void> check_value(const Field& field) {
  Cursor cursor(field.value);
  if (cursor.take_while(is_value_byte).empty() || !cursor.at_end()) {
    return error_at(Errc::extension_invalid, field.value, cursor.offset());
  }
  return {};
}

// Reads a policy line by line; one function a rule.
class Reader {
 public:
  Result<Policy> read(std::string_view body) {
    if (const Result<void> is_text = check_text(body); !is_text) return is_text.error();
    Cursor cursor(body);
    while (!cursor.at_end()) {
      const std::int64_t start = cursor.offset();
      if (Result<void> line = read_line(cursor.take_line(), start); !line) return line.error();
    }
    const auto end = cursor.offset();
    if (seen_.empty()) return error_at(Errc::empty, "", end);
    for (const auto& [name, missing] :
         {std::pair<std::string_view, Errc>{"version", Errc::version_missing},
          {"mode", Errc::mode_missing},
          {"max_age", Errc::max_age_missing}}) {
      if (!seen_.contains(name)) return missing_field(name, missing, end);
    }
    if (policy_.mx.empty() && policy_.mode != Mode::none)
      return missing_field("mx", Errc::mx_missing, end);
    policy_.text = body;
    return std::move(policy_);
  }

 private:
  // What is no UTF-8 text of lines at all.
  static Result<void> check_text(std::string_view body) {
    for (const std::string_view mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
      if (body.starts_with(mark)) return error_at(Errc::bom, mark, 0);
    }
    Cursor cursor(body);
    cursor.take_while([](char c) { return is_blank(c) || c == '\r' || c == '\n'; });
    if (cursor.peek() == '<') return error_at(Errc::html, cursor.rest(), cursor.offset());
    cursor.take_until('\0');
    if (!cursor.at_end()) return error_at(Errc::nul, "", cursor.offset());
    cursor = Cursor(body);
    cursor.take_up_to(utf8::find_invalid(body));
    if (!cursor.at_end())
      return error_at(Errc::not_utf8, cursor.rest().substr(0, 4), cursor.offset());
    return {};
  }

  Result<void> read_line(std::string_view line, std::int64_t start) {
    Cursor cursor(line);
    cursor.take_until('\r');
    if (!cursor.at_end()) return error_at(Errc::bare_cr, line, start + cursor.offset());
    if (std::all_of(line.begin(), line.end(), is_blank)) {
      policy_.deviations.add(Deviation::blank_line);
      return {};
    }
    const Result<Field> field = read_field(line);
    if (!field) return at(start, field.error());
    if (Result<void> read = use_field(*field); !read)
      return at(start + field->value_offset, read.error());
    seen_.emplace(field->name, start);  // does nothing where the name is there
    return {};
  }

  static Error at(std::int64_t start, Error error) {
    error.offset += start;
    return error;
  }

  Result<void> use_field(const Field& field) {
    if (field.name == "mx") return use_mx(field.value);
    if (seen_.contains(field.name)) {
      // RFC 8461 §3.2: of a repeated field other than mx all but the first are ignored, whatever
      // value they hold.
      policy_.deviations.add(Deviation::duplicate_field);
      return check_value(field);
    }
    if (field.name == "version") return use_version(field.value);
    if (field.name == "mode") return use_mode(field.value);
    if (field.name == "max_age") return use_max_age(field.value);
    if (Result<void> value = check_value(field); !value) return value;
    policy_.extensions.emplace_back(field.name, field.value);
    return {};
  }

  static Result<void> use_version(std::string_view value) {
    if (value != kPolicyVersion) return error_at(Errc::version_invalid, value, 0);
    return {};
  }

  Result<void> use_mode(std::string_view value) {
    const std::optional<Mode> mode = read_mode(value);
    if (!mode) return error_at(Errc::mode_invalid, value, 0);
    policy_.mode = *mode;
    return {};
  }

  Result<void> use_max_age(std::string_view value) {
    const Result<std::int64_t> seconds = read_max_age(value);
    if (!seconds) return seconds.error();
    policy_.max_age = *seconds;
    return {};
  }

  Result<void> use_mx(std::string_view value) {
    Result<MxPattern> pattern = MxPattern::parse(value);
    if (!pattern) return pattern.error();
    policy_.mx.push_back(*std::move(pattern));
    return {};
  }

  // A missing field may be there under a name in another case, which is another field (RFC 7405).
  Error missing_field(std::string_view name, Errc missing, std::int64_t end) const {
    for (const auto& [seen, offset] : seen_) {
      Cursor cursor(seen);
      if (cursor.take_ignoring_case(name) && cursor.at_end())
        return error_at(Errc::key_case, seen, offset);
    }
    return error_at(missing, "", end);
  }

  Policy policy_;
  std::map<std::string_view, std::int64_t> seen_;  // each name, and the offset of its first line
};

}  // namespace

std::string_view mode_name(Mode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

std::string_view coverage_name(Coverage coverage) {
  switch (coverage) {
    case Coverage::covered:
      break;
    case Coverage::host_invalid:
      return code_name(Errc::host_invalid);
    case Coverage::no_pattern:
      return "no-pattern";
    case Coverage::wildcard_depth:
      return "wildcard-depth";
    case Coverage::not_covered:
      return "not-covered";
  }
  return "";
}

// sts-policy-mx = %s"mx" field-delim 1*(["*."] Domain), the part behind the delimiter. Domain is of
// RFC 5321 §4.1.2 and RFC 8461 §3.2 wants A-labels, so what DomainName grants to hosts, U-labels
// and a final dot, is no Domain.
Result<MxPattern> MxPattern::parse(std::string_view text) {
  Cursor cursor(text);
  const bool wildcard = cursor.take("*.");
  const std::int64_t name_offset = cursor.offset();
  const std::string_view domain = cursor.rest();
  if (domain.ends_with('.')) {
    return error_at(Errc::mx_invalid, text,
                    name_offset + static_cast<std::int64_t>(domain.size()) - 1);
  }
  cursor.take_while([](char c) { return ascii::is_ascii(c); });
  if (!cursor.at_end()) return error_at(Errc::mx_invalid, text, cursor.offset());
  Result<DomainName> name = DomainName::parse(domain);
  if (!name) return error_at(Errc::mx_invalid, text, name_offset + name.error().offset);
  return MxPattern(std::string(text), wildcard, *std::move(name));
}

bool MxPattern::covers(const DomainName& host) const {
  return wildcard_ ? host.parent() == name_.text() : host == name_;
}

std::vector<std::string_view> Policy::lines() const {
  std::vector<std::string_view> lines;
  Cursor cursor(text);
  while (!cursor.at_end()) {
    const std::string_view line = cursor.take_line();
    if (!std::all_of(line.begin(), line.end(), is_blank)) lines.push_back(line);
  }
  return lines;
}

Match Policy::match(std::string_view host) const {
  const Result<DomainName> name = DomainName::parse(host);
  if (!name) return {Coverage::host_invalid};
  if (mx.empty()) return {Coverage::no_pattern};
  for (const MxPattern& pattern : mx) {
    if (pattern.covers(*name)) return {Coverage::covered, &pattern};
  }
  for (const MxPattern& pattern : mx) {
    if (pattern.is_wildcard() && (*name == pattern.name() || name->is_below(pattern.name()))) {
      return {Coverage::wildcard_depth};
    }
  }
  return {Coverage::not_covered};
}

std::string Policy::print() const {
  std::string printed;
  const auto line = [&printed](std::string_view name, std::string_view value) {
    printed.append(name).append(": ").append(value).append("\n");
  };
  line("version", kPolicyVersion);
  line("mode", mode_name(mode));
  for (const MxPattern& pattern : mx) line("mx", pattern.text());
  line("max_age", std::to_string(max_age));
  for (const auto& [name, value] : extensions) line(name, value);
  return printed;
}

Result<Policy> parse_policy(std::string_view body) {
  return Reader().read(body);
}

Result<Policy> build_policy(std::string_view mode, std::int64_t max_age,
                            std::span<const std::string> mx) {
  Policy policy;
  const std::optional<Mode> known = read_mode(mode);
  if (!known) return error_at(Errc::mode_invalid, mode, -1);
  policy.mode = *known;
  if (max_age < 0 || max_age > kMaxMaxAge) {
    return error_at(Errc::max_age_out_of_range, std::to_string(max_age), -1);
  }
  policy.max_age = max_age;
  for (const std::string& text : mx) {
    Result<MxPattern> pattern = MxPattern::parse(text);
    if (!pattern) return Error{Errc::mx_invalid, pattern.error().detail, -1};
    policy.mx.push_back(*std::move(pattern));
  }
  if (policy.mx.empty() && policy.mode != Mode::none) return error_at(Errc::mx_missing, "", -1);
  policy.text = policy.print();
  return policy;
}

}  // namespace mxseal::mtasts
