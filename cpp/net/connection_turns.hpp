// SPDX-License-Identifier: MIT
// ConnectionTurns: who may connect when, so that no server and no network is stormed however many domains lead there.
//
// Loopback has no limits: nobody is disturbed there but the one who scans.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/ip_address.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {

/// The network that an address is counted with: its /24 (IPv4) or /48 (IPv6).
std::string network_of(const IpAddress& address);

struct ConnectionLimits {
  std::size_t at_once = 2;  ///< connections to one address
  double per_second = 10;   ///< new connections to one network; a second's worth may come at once
};

class ConnectionTurns {
 public:
  /// Without limits everybody may connect at once. The reactor must outlive it.
  ConnectionTurns(Reactor& reactor, std::optional<ConnectionLimits> limits);
  /// Whoever still waits is never called. Allowed within a callback.
  ~ConnectionTurns();
  ConnectionTurns(const ConnectionTurns&) = delete;
  ConnectionTurns& operator=(const ConnectionTurns&) = delete;

  /// Calls `on_turn` when the address may be connected to: at once, from within ask(), where nothing speaks against it, else
  /// from the reactor, in the order of asking. end() must follow, once for each turn.
  void ask(const IpAddress& address, std::function<void()> on_turn);
  /// The connection that was given its turn is closed.
  void end(const IpAddress& address);

  /// How many wait.
  std::size_t waiting() const { return waiting_; }

 private:
  struct Host {
    std::size_t open = 0;
    std::deque<std::function<void()>> queue;
    std::optional<Reactor::TimerId> timer;
  };

  void serve(const IpAddress& address);
  // When the network bears the next connection; taken where that is now.
  Time take_from_network(const IpAddress& address);

  Reactor& reactor_;
  std::optional<ConnectionLimits> limits_;
  std::map<IpAddress, Host> hosts_;
  std::map<std::string, Time> networks_;  // until when what was let through counts
  std::size_t waiting_ = 0;
};

}  // namespace mxseal::net
