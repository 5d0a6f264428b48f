// SPDX-License-Identifier: MIT
// PolicyFetcher: GET https://mta-sts.<domain>/.well-known/mta-sts.txt (RFC 8461 §3.3), many at once, through libcurl on the
// reactor.
//
// libcurl neither resolves nor verifies here: addresses are given, each is asked of the guard before connect(), and the chain is
// handed on as it came. No redirect is followed, nothing is cached or decoded, no proxy and no other setting of the environment
// counts. One total deadline holds for all, whatever trickles in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ip_address.hpp"
#include "facts/https.hpp"
#include "net/address_guard.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {

/// Bytes of a policy (RFC 8461 §3.3 suggests 64 KB).
inline constexpr std::size_t kMaxPolicyBytes = std::size_t{64} << 10;

/// Bytes of all header lines together, those of interim answers (1xx) too.
inline constexpr std::size_t kMaxResponseHeader = std::size_t{16} << 10;

/// Bytes of all TLS records: what is neither header nor body (extensions of chunks, session tickets) has no other limit. A chain of
/// certificates has 100 KiB.
inline constexpr std::size_t kMaxWireBytes = std::size_t{1} << 20;

struct PolicyFetchOptions {
  std::uint16_t port = 443;
  std::chrono::milliseconds connect_timeout{5'000};  ///< an address, TCP alone
  std::chrono::milliseconds total_timeout{60'000};   ///< all addresses
  /// total_timeout is as long as senders wait (RFC 8461 §3.3 suggests a minute): what it ends is too_slow, else cut_short.
  bool is_patience_of_senders = true;
  std::string user_agent = "mxseal";
  /// Asked before each connect().
  std::function<bool(const IpAddress&)> allowed = [](const IpAddress& address) {
    return net::allowed(address, false);
  };
};

class PolicyFetcher {
 public:
  using OnDone = std::function<void(facts::PolicyFetch)>;

  PolicyFetcher(Reactor& reactor, PolicyFetchOptions options);
  /// Ends what is under way; what has not ended is never called back. Allowed within a callback.
  ~PolicyFetcher();
  PolicyFetcher(const PolicyFetcher&) = delete;
  PolicyFetcher& operator=(const PolicyFetcher&) = delete;

  /// `host` is "mta-sts.<domain>", A-labels as normalize_domain() gives them. The addresses are tried in order until one takes the
  /// connection. `on_done` is called once from the reactor, never from within fetch(); host and look-ups of the facts: the host is
  /// filled, ipv4 and ipv6 are the caller's.
  void fetch(std::string host, std::vector<IpAddress> addresses, OnDone on_done);

 private:
  class Multi;
  class Transfer;

  std::unique_ptr<Multi> multi_;
};

/// Whether an answer that is no 200 comes from a bot check that wants a browser: Cloudflare's cf-mitigated field, or a page that
/// speaks of a captcha, or of JavaScript and cookies to be switched on. Only 403, 429 and 503 are looked at.
bool is_browser_challenge(int http_status, bool has_mitigated_field, std::string_view body);

}  // namespace mxseal::net
