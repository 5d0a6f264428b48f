// SPDX-License-Identifier: MIT
// Questions and answers of DNS as bytes (RFC 1035 §4): what a check asks, and what it reads of the answer.
//
// Every length comes from somebody else. Names end after 255 octets and are only ever continued further in front, so that no
// pointer can lead in a circle; what cannot be read whole is an error, for a part of an answer would look like an absence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace mxseal::dns {

enum class Type : std::uint16_t {
  a = 1,
  cname = 5,
  soa = 6,
  mx = 15,
  txt = 16,
  aaaa = 28,
  tlsa = 52
};

/// With the eight more bits of EDNS (RFC 6891 §6.1.3), so that BADVERS is not taken for no_error.
enum class Rcode : std::uint16_t {
  no_error = 0,
  format_error = 1,
  servfail = 2,
  nxdomain = 3,
  refused = 5
};

/// CNAMEs that are followed one after the other.
inline constexpr std::size_t kMaxCnames = 16;
/// Pointers of one name; each label may have one in front.
inline constexpr std::size_t kMaxPointers = 128;
/// Bytes of an answer by UDP: what passes without fragments on all usual networks.
inline constexpr std::uint16_t kUdpSize = 1232;

/// A question with recursion desired, AD set (RFC 6840 §5.7: tell me whether it is secure) and room for answers of kUdpSize.
/// With `checking_disabled` a validating resolver answers also what it finds bogus (RFC 4035 §3.2.2). The name is text as
/// read_answer() writes it, with or without final dot; empty is the root. Error: dns-name for what cannot be a name.
Result<std::string> question(std::string_view name, Type type, std::uint16_t id,
                             bool checking_disabled);

struct Record {
  std::string
      data;  ///< RDATA; for TXT the strings joined, for MX preference and exchange apart, for CNAME the name
  std::uint16_t preference = 0;  ///< of MX
  std::uint32_t ttl = 0;         ///< seconds
};

struct Answer {
  Rcode rcode = Rcode::no_error;
  bool authentic = false;  ///< AD
  /// Of the type asked for, at the name asked for or at the end of its CNAMEs.
  std::vector<Record> records;
  /// Names that the chain led to, in order; empty where CNAME itself was asked for.
  std::vector<std::string> cnames;
  bool endless = false;  ///< the chain comes back to itself, or has more than kMaxCnames links
  /// Says of itself that there is no such record: it bears the zone's SOA (RFC 2308 §2.2). Without it, a chain may just end here
  /// because the server followed it no further.
  bool has_soa = false;
  /// Seconds: the smallest TTL on the way to the records, or of their absence (RFC 2308 §5).
  std::uint32_t ttl = 0;
};

/// Reads the answer to a question about `name` and `type`. Names are lower case, without final dot; bytes that are not printable,
/// and dots and backslashes inside a label, are written \DDD (RFC 1035 §5.1). Error: dns-message with what is wrong, also where
/// it is cut off (TC) or answers another question.
Result<Answer> read_answer(std::string_view message, std::string_view name, Type type);

}  // namespace mxseal::dns
