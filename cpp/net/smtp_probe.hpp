// SPDX-License-Identifier: MIT
// SmtpProber: asks addresses of MX hosts what they say on port 25 (or 587, 465), as far as STARTTLS and its certificate, and sends
// no mail (RFC 3207; RFC 8461 §4.2, §7.1).
//
// One connection an address; a thorough probe makes two more, for what one cannot show: the certificate of the server's other key
// type, and what comes without SNI. They follow one another, so that no server counts three at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/ip_address.hpp"
#include "facts/smtp.hpp"
#include "net/address_guard.hpp"
#include "net/reactor.hpp"
#include "net/smtp_session.hpp"
#include "net/tls_client.hpp"

namespace mxseal::net {

struct SmtpProbeOptions {
  /// The name given with EHLO: a host name of our own or an address literal (RFC 5321 §4.1.1.1).
  std::string helo = "localhost";
  std::uint16_t port = 25;
  bool implicit_tls = false;  ///< TLS from the first byte (RFC 8314 §3.3), as on port 465
  bool thorough = false;      ///< fill other_key and without_sni
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{30'000};  ///< a probe, with all its connections
  /// Asked before each connect().
  std::function<bool(const IpAddress&)> allowed = [](const IpAddress& address) {
    return net::allowed(address, false);
  };
};

class SmtpProber {
 public:
  using OnDone = std::function<void(facts::SmtpProbe)>;

  SmtpProber(Reactor& reactor, SmtpProbeOptions options);
  /// Ends what is under way; what has not ended is never called back. Allowed within a callback.
  ~SmtpProber();
  SmtpProber(const SmtpProber&) = delete;
  SmtpProber& operator=(const SmtpProber&) = delete;

  /// `host` is the name in the MX record, A-labels, and becomes the SNI; empty: none. `on_done` is called once from the reactor, never
  /// from within probe(), and before the server has answered QUIT.
  void probe(std::string host, const IpAddress& address, OnDone on_done);

 private:
  struct Probe;

  void connect(Probe& probe, std::string sni, KeyType key, SmtpSession::OnEnd on_end);
  void take_first(Probe& probe, SmtpSession::Report report);
  void ask_other_key(Probe& probe);
  void ask_without_sni(Probe& probe);
  void finish(Probe& probe);
  void say_farewell(int socket);
  void close_farewell(int socket);

  Reactor& reactor_;
  SmtpProbeOptions options_;
  TlsContext context_;
  std::unordered_map<const Probe*, std::unique_ptr<Probe>> probes_;
  std::unordered_map<int, Reactor::TimerId> farewells_;  // by socket
};

}  // namespace mxseal::net
