// SPDX-License-Identifier: MIT
// ConnectionTurns: who may connect when, so that no server and no network is stormed however many domains lead there.
//
// Loopback has no limits but the one on all connections together: nobody is disturbed there but the one who scans.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
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
  /// Connections in all, loopback's too: a lack of sockets must not look like a server that refuses.
  std::size_t most_open = std::numeric_limits<std::size_t>::max();
};

/// Connections that this process can have open, by its limit on descriptors: half of it, since one that says farewell keeps its
/// socket for a moment beside the next one's.
std::size_t affordable_connections();

class ConnectionTurns {
 public:
  /// Without limits everybody may connect at once. The reactor must outlive it.
  ConnectionTurns(Reactor& reactor, std::optional<ConnectionLimits> limits);
  /// Whoever still waits is never called. Allowed within a callback.
  ~ConnectionTurns();
  ConnectionTurns(const ConnectionTurns&) = delete;
  ConnectionTurns& operator=(const ConnectionTurns&) = delete;

  /// Calls `on_turn` when the address may be connected to: before ask() returns where nothing speaks against it, else from end() or
  /// the reactor. An address's callers come in the order of asking, and the addresses of a network take turns. Where it says true
  /// end() must follow, once; it may be called within `on_turn`. Where it says false, nobody wants to connect any more, the turn is
  /// another's.
  void ask(const IpAddress& address, std::function<bool()> on_turn);
  /// The connection that was given its turn is closed.
  void end(const IpAddress& address);

  /// How many wait.
  std::size_t waiting() const { return waiting_; }

 private:
  struct Host {
    std::size_t open = 0;
    std::deque<std::function<bool()>> queue;
    bool in_line = false;  // of its network: somebody waits, and there is room at the address
  };
  struct Network {
    Time counts_until;  // until when what was let through counts
    std::deque<IpAddress> line;
    std::optional<Reactor::TimerId> timer;
    bool being_served = false;
  };

  // Somebody whose address and network bear him.
  struct Ready {
    IpAddress address;
    std::function<bool()> on_turn;
  };

  void let_in_the_ready();
  void release(const IpAddress& address);
  void forget_if_quiet(const IpAddress& address);
  void line_up(const IpAddress& address, Host& host, Network& network) const;
  void serve(const std::string& name);
  void forget_quiet_networks();

  Reactor& reactor_;
  std::optional<ConnectionLimits> limits_;
  Clock::duration each_{};  // for so long one connection counts
  std::map<IpAddress, Host> hosts_;
  std::map<std::string, Network> networks_;
  std::size_t most_networks_;  // before quiet ones are forgotten
  std::deque<Ready> ready_;    // until there are fewer than most_open
  std::size_t open_ = 0;
  bool letting_in_ = false;
  std::size_t waiting_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mxseal::net
