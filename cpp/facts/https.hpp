// SPDX-License-Identifier: MIT
// What the policy host said to one GET of /.well-known/mta-sts.txt (RFC 8461 §3.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "facts/dns.hpp"
#include "facts/tls.hpp"

namespace mxseal::facts {

enum class FetchStatus : std::uint8_t {
  not_tried,
  response,         ///< a whole HTTP answer, whatever its status code
  connect_refused,  ///< or unreachable
  connect_timeout,
  private_address,  ///< the address guard refused it
  blocked,          ///< left alone: every address is on the block list of the run
  tls,              ///< the handshake did not end: see tls
  headers_too_large,
  body_too_large,
  too_slow,          ///< it began to answer and the patience of senders (60 s) ended
  cut_short,         ///< the same by a limit of our own that is shorter, also on sockets
  truncated,         ///< the connection ended before the answer did
  content_encoding,  ///< it answered in an encoding although identity was asked for
  invalid,           ///< not HTTP
};

std::string_view fetch_status_name(FetchStatus status);

struct FetchAttempt {
  IpAddress address;
  FetchStatus status = FetchStatus::not_tried;
  std::string detail;
};

struct PolicyFetch {
  std::string host;                             ///< mta-sts.<domain>
  AddressLookup ipv4;                           ///< A
  AddressLookup ipv6;                           ///< AAAA
  FetchStatus status = FetchStatus::not_tried;  ///< of the address that answered best
  IpAddress address;                            ///< which that is
  std::vector<FetchAttempt> attempts;           ///< one for each address tried, in order
  Tls tls;
  int http_status = 0;
  std::string content_type;  ///< as sent; empty where there was none
  bool has_content_type = false;
  std::string content_encoding;
  std::string location;  ///< target of a redirect, as sent
  bool challenge =
      false;         ///< the answer asks for a browser (a page that checks JavaScript or cookies)
  std::string body;  ///< at most 64 KiB
  /// The body is a policy that somebody thinks of publishing: what the host serves in its place does not count.
  bool proposed = false;
  double seconds = 0;  ///< from the first connect() to the end
};

}  // namespace mxseal::facts
