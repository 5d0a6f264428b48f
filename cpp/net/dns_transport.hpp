// SPDX-License-Identifier: MIT
// DnsTransport: carries messages to one DNS server and its answers back: UDP, then TCP where an answer was cut off (RFC 7766).
//
// c-ares does the carrying and nothing else: no cache, no search, no second server. Each socket carries a few questions only, so
// that a forger must guess the port too, not only the id (RFC 5452 §9.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {

struct Server {
  IpAddress address;
  std::uint16_t port = 53;
};

class DnsTransport {
 public:
  enum class Outcome : std::uint8_t {
    message,  ///< an answer with the question's id, from the server's address; not read yet
    silence,  ///< none within `timeout` that is a message at all
    failure,  ///< the server cannot be reached, or closed the connection
  };
  using OnOutcome = std::function<void(Outcome outcome, std::string_view message)>;

  DnsTransport(Reactor& reactor, const Server& server, std::chrono::milliseconds timeout);
  /// Calls nobody back.
  ~DnsTransport();
  DnsTransport(const DnsTransport&) = delete;
  DnsTransport& operator=(const DnsTransport&) = delete;

  /// Sends a question, once. `on_outcome` is called from the reactor, never from within send(); it may destroy the transport. One
  /// that is sent again should take another socket: newer c-ares gets stuck on one where an empty datagram has come in.
  void send(std::string_view question, bool another_socket, OnOutcome on_outcome);

  /// Datagrams that came while a socket of ours had no room, of the sockets that are closed since.
  std::uint64_t dropped() const { return dropped_; }

 private:
  class Channel;

  Channel& next_channel();
  void sweep_later();
  void sweep();

  Reactor& reactor_;
  Server server_;
  std::chrono::milliseconds timeout_;
  std::uint64_t dropped_ = 0;
  std::vector<std::unique_ptr<Channel>> channels_;
  Channel* current_ = nullptr;  // takes the next question
  std::optional<Reactor::TimerId> sweep_;
};

}  // namespace mxseal::net
