// SPDX-License-Identifier: MIT
// All that one check saw of a domain, before anything of it is judged.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "facts/dns.hpp"
#include "facts/https.hpp"
#include "facts/smtp.hpp"

namespace mxseal::facts {

struct MxHost {
  std::string host;  ///< as in the MX record; for an implicit MX the domain itself
  std::uint16_t preference = 0;
  bool valid = true;  ///< it is a host name that can be asked for
  AddressLookup ipv4;
  AddressLookup ipv6;
  Lookup
      first_cname;  ///< the host's own CNAME; asked where the addresses behind it are not secure (RFC 7672 §2.2.2)
  TlsaLookup tlsa;                ///< at _25._tcp.<host>
  std::vector<SmtpProbe> probes;  ///< one for each address
};

/// Look-ups that only a thorough check makes.
struct Thorough {
  TxtLookup txt_at_domain;              ///< is the record where nobody looks?
  TxtLookup txt_at_mta_sts;             ///< at mta-sts.<domain>
  std::vector<TxtLookup> parents;       ///< _mta-sts of the parent domains, nearest first
  std::vector<Lookup> pattern_domains;  ///< the registrable domain of each mx pattern
};

/// Where one rua of the TLS-RPT record leads (RFC 8460 §3).
struct RuaTarget {
  std::string uri;
  std::string domain;  ///< of the mailto address, or the https host
  MxLookup mx;         ///< mailto only
  AddressLookup ipv4;
  AddressLookup ipv6;
  std::optional<bool> answers;  ///< https: a connection was accepted
  std::uint16_t port = 0;       ///< of an https URI that names one
};

struct Domain {
  std::string domain;        ///< A-labels in lower case, without final dot
  std::int64_t started = 0;  ///< seconds since 1970
  double seconds = 0;
  bool valid = true;     ///< it can be a domain; all else is empty where not
  bool blocked = false;  ///< on the block list of the run: nothing was asked
  bool budget_spent =
      false;  ///< the time, or the number of hosts and addresses, for this domain ended

  TxtLookup sts_record;     ///< _mta-sts.<domain>
  TxtLookup tlsrpt_record;  ///< _smtp._tls.<domain>
  MxLookup mx;
  bool implicit_mx = false;  ///< no MX record; mx_hosts has the domain itself (RFC 5321 §5.1)
  std::vector<MxHost> mx_hosts;
  std::vector<MxHost> proposed_hosts;  ///< asked too, though no MX record names them (a rehearsal)
  PolicyFetch policy;                  ///< not tried where the record does not ask for it
  bool probed = true;                  ///< port 25 was asked at all (not --no-probe)
  /// Nothing in two networks or more answered on port 25 in this run, while something did on 443.
  bool port_25_blocked = false;
  Validation validation = Validation::unknown;
  std::optional<Thorough> thorough;
  std::vector<RuaTarget> rua;  ///< thorough only
};

}  // namespace mxseal::facts
