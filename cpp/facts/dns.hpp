// SPDX-License-Identifier: MIT
// What the resolver answered, without a word on what it means.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "pki/tlsa.hpp"

namespace mxseal::facts {

enum class LookupStatus : std::uint8_t {
  not_asked,
  answer,          ///< records of the type asked for
  no_data,         ///< the name exists and has no such record (NOERROR)
  no_name,         ///< NXDOMAIN
  servfail,        ///< SERVFAIL, with CD set too
  bogus,           ///< SERVFAIL that turns into an answer with CD set: DNSSEC validation failed
  timed_out,       ///< no resolver answered in time
  resolver_error,  ///< refused, unreachable, or an answer that cannot be read
};

std::string_view lookup_status_name(LookupStatus status);

/// What answers of every type have.
struct Lookup {
  LookupStatus status = LookupStatus::not_asked;
  /// The AD bit, of a resolver whose AD bit counts: the answer is DNSSEC-secure (RFC 4035 §3.2.3).
  bool authentic = false;
  std::uint32_t ttl = 0;            ///< seconds; the smallest TTL on the way to the records
  std::vector<std::string> cnames;  ///< names that the chain led to, in order; empty without CNAME
  std::string name;                 ///< what was asked, A-labels in lower case without final dot
  /// Where it is unknown(): the resolvers that were asked, "192.0.2.1:53, 192.0.2.2:5353".
  std::string asked;

  bool found() const { return status == LookupStatus::answer; }
  /// It is known that there is nothing.
  bool absent() const { return status == LookupStatus::no_data || status == LookupStatus::no_name; }
  /// It is not known whether there is something.
  bool unknown() const { return !found() && !absent() && status != LookupStatus::not_asked; }
};

struct TxtLookup : Lookup {
  std::vector<std::string> records;  ///< strings of each record joined (RFC 8461 §3.1)
};

struct MxRecord {
  std::uint16_t preference = 0;
  std::string host;  ///< lower case, without final dot; empty for the root, the null MX (RFC 7505)
};

struct MxLookup : Lookup {
  std::vector<MxRecord> records;  ///< by preference, then by name
};

struct AddressLookup : Lookup {  ///< A or AAAA
  std::vector<IpAddress> addresses;
};

using TlsaRecord = pki::Tlsa;

struct TlsaLookup : Lookup {
  std::vector<TlsaRecord> records;
};

/// What the self-test of the resolvers found.
enum class Validation : std::uint8_t {
  unknown,    ///< neither of the two test names could be asked, and no answer bore an AD bit
  validates,  ///< a signed name gives AD and a bogus one SERVFAIL; or some answer of the run bore AD
  not_secure,  ///< does not validate, or its AD bit must not be believed
};

}  // namespace mxseal::facts
