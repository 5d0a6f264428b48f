// SPDX-License-Identifier: MIT
// ConnectProber: whether anything takes a TCP connection at one of some addresses; nothing is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ip_address.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {

struct ConnectOptions {
  std::chrono::milliseconds timeout{5'000};       ///< an address
  std::function<bool(const IpAddress&)> allowed;  ///< asked before each connect()
};

class ConnectProber {
 public:
  /// Nothing where there was no socket to try with.
  using OnDone = std::function<void(std::optional<bool> answers)>;

  ConnectProber(Reactor& reactor, ConnectOptions options);
  /// What has not ended is never called back.
  ~ConnectProber();
  ConnectProber(const ConnectProber&) = delete;
  ConnectProber& operator=(const ConnectProber&) = delete;

  /// Tries the addresses in order. `on_done` is called once from the reactor, never from within probe().
  void probe(std::vector<IpAddress> addresses, std::uint16_t port, OnDone on_done);

 private:
  struct Attempt;

  void next(Attempt& attempt);
  void close(Attempt& attempt);
  void finish(Attempt& attempt, std::optional<bool> answers);

  Reactor& reactor_;
  ConnectOptions options_;
  std::unordered_map<const Attempt*, std::unique_ptr<Attempt>> attempts_;
};

}  // namespace mxseal::net
