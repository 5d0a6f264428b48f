// SPDX-License-Identifier: MIT
#include "formats/report_uri.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <system_error>

#include <string>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::tlsrpt {

using ascii::is_alnum;
using ascii::is_digit;
using ascii::is_hex;

namespace {

constexpr bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// RFC 3986 §2.3: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"
constexpr bool is_unreserved(char c) {
  return is_alnum(c) || is_one_of(c, "-._~");
}

// RFC 3986 §2.2: sub-delims, without those that RFC 8460 §3 wants encoded: "!" "," ";"
constexpr std::string_view kSubDelims = "$&'()*+=";
constexpr bool is_sub_delim(char c) {
  return is_one_of(c, kSubDelims);
}

// 1*(unreserved / pct-encoded / a character of `more`), as far as it goes.
std::string_view take_encoded(Cursor& cursor, std::string_view more) {
  const Cursor start = cursor;
  while (true) {
    cursor.take_while([more](char c) { return is_unreserved(c) || is_one_of(c, more); });
    // RFC 3986 §2.1: pct-encoded = "%" HEXDIG HEXDIG
    Cursor ahead = cursor;
    if (!ahead.take('%') || !ahead.take_hex_pair()) break;
    cursor = ahead;
  }
  return start.rest().substr(0, start.rest().size() - cursor.rest().size());
}

// ["?" query], RFC 3986 §3.4: *(pchar / "/" / "?")
void take_query(Cursor& cursor) {
  if (cursor.take('?')) take_encoded(cursor, "$&'()*+=:@/?");
}

// RFC 6068 §2: one addr-spec and header fields. In an address it wants "/", "?", "#", "[", "]",
// "&", ";", "=" encoded.
bool is_mailto(Cursor cursor) {
  constexpr std::string_view kInAddress = "$'()*+:";
  if (take_encoded(cursor, kInAddress).empty() || !cursor.take('@')) return false;
  if (take_encoded(cursor, kInAddress).empty()) return false;
  take_query(cursor);
  return cursor.at_end();
}

// RFC 3986 §3.2.2: IP-literal = "[" (IPv6address / IPvFuture) "]"
bool take_ip_literal(Cursor& cursor) {
  if (!cursor.take('[')) return false;
  const std::string address(cursor.take_until(']'));
  if (!cursor.take(']')) return false;
  in6_addr ignored{};
  if (inet_pton(AF_INET6, address.c_str(), &ignored) == 1) return true;
  // IPvFuture = "v" 1*HEXDIG "." 1*(unreserved / sub-delims / ":")
  Cursor future(address);
  return (future.take('v') || future.take('V')) && !future.take_while(is_hex).empty() &&
         future.take('.') &&
         !future.take_while([](char c) { return is_unreserved(c) || is_sub_delim(c) || c == ':'; })
              .empty() &&
         future.at_end();
}

// RFC 3986 §3: "//" authority path-abempty ["?" query] ["#" fragment]; the host must not be empty.
bool is_https(Cursor cursor) {
  if (!cursor.take("//")) return false;
  Cursor user = cursor;  // authority = [userinfo "@"] host [":" port]
  take_encoded(user, "$&'()*+=:");
  if (user.take('@')) cursor = user;
  if (!take_ip_literal(cursor) && take_encoded(cursor, kSubDelims).empty()) return false;
  if (cursor.take(':')) cursor.take_while(is_digit);
  if (cursor.peek() == '/') take_encoded(cursor, "$&'()*+=:@/");
  take_query(cursor);
  if (cursor.take('#')) take_encoded(cursor, "$&'()*+=:@/?");
  return cursor.at_end();
}

}  // namespace

ReportUri judge_report_uri(std::string_view uri) {
  Cursor cursor(uri);
  if (cursor.take_ignoring_case("mailto:")) {  // RFC 3986 §3.1: schemes have no case
    return is_mailto(cursor) ? ReportUri::usable : ReportUri::broken;
  }
  if (cursor.take_ignoring_case("https:")) {
    return is_https(cursor) ? ReportUri::usable : ReportUri::broken;
  }
  return ReportUri::wrong_scheme;
}

std::optional<ReportTarget> report_target(std::string_view uri) {
  if (judge_report_uri(uri) != ReportUri::usable) return std::nullopt;
  ReportTarget target;
  Cursor cursor(uri);
  if (cursor.take_ignoring_case("mailto:")) {
    cursor.take_until('@');
    cursor.take('@');
    target.by_mail = true;
    target.domain = cursor.take_until('?');
    return target;
  }
  cursor.take_ignoring_case("https://");
  std::string_view authority = cursor.take_while([](char c) { return !is_one_of(c, "/?#"); });
  authority.remove_prefix(authority.find('@') + 1);  // npos + 1 is 0: there is no user
  const std::size_t literal = authority.starts_with('[') ? authority.find(']') : 0;
  target.domain = authority.substr(0, authority.find(':', literal));
  authority.remove_prefix(target.domain.size());
  if (authority.size() < 2) return target;  // no port, or an empty one (RFC 3986 §3.2.3)
  authority.remove_prefix(1);
  const char* const end = authority.data() + authority.size();
  const auto [stopped, error] = std::from_chars(authority.data(), end, target.port);
  if (error != std::errc() || stopped != end || target.port == 0) return std::nullopt;
  return target;
}

}  // namespace mxseal::tlsrpt
