// SPDX-License-Identifier: MIT
// DnsServer: a DNS server on this host, mostly on loopback, for tests, UDP and TCP on one port, in a thread of its own; a function says what it answers.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "dns_wire.hpp"
#include "net/dns_transport.hpp"

namespace mxseal::test {

struct Query {
  std::string bytes;
  unsigned id = 0;
  unsigned flags = 0;
  std::string name;  // as it came
  unsigned type = 0;
  std::string question;  // wire format
  bool edns = false;
  bool tcp = false;
  unsigned source_port = 0;

  bool checking_disabled() const { return (flags & dns::kCd) != 0; }

  /// A reply to it; `flags` are added to those of every reply.
  std::string reply(unsigned more_flags = 0, const dns::Records& answers = {},
                    const dns::Records& authorities = {}) const {
    return dns::message(id, dns::kResponse | more_flags, question, answers, authorities);
  }
};

class DnsServer {
 public:
  /// What to send to a query, in order; nothing is silence.
  using Answerer = std::function<std::vector<std::string>(const Query&)>;

  /// `at` is an IPv4 address of this host.
  explicit DnsServer(Answerer answerer, const IpAddress& at = IpAddress::v4({127, 0, 0, 1}))
      : answerer_(std::move(answerer)), at_(at) {
    // A port that is free for UDP may be taken for TCP: another one, then.
    for (int attempt = 0; attempt < 100 && tcp_ < 0; ++attempt) open_sockets();
    if (tcp_ < 0) throw std::runtime_error("no free port");
    thread_ = std::thread([this] { serve(); });
  }
  ~DnsServer() {
    eventfd_write(stop_, 1);
    thread_.join();
    for (const int each : {udp_, tcp_, stop_}) close(each);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  net::Server address() const { return {at_, port_}; }

  /// Sends a message to who asked by UDP, whenever a test wants it.
  void say(const Query& to, const std::string& message) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(to.source_port));
    sendto(udp_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&address),
           sizeof(address));
  }

  std::vector<Query> queries() const {
    const std::scoped_lock lock(mutex_);
    return queries_;
  }
  std::size_t asked() const { return queries().size(); }

 private:
  void open_sockets() {
    udp_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, at_.bytes().data(), sizeof(address.sin_addr));
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    if (bind(udp_, any, size) == 0 && getsockname(udp_, any, &size) == 0 &&
        bind(tcp, any, size) == 0 && listen(tcp, 64) == 0) {
      tcp_ = tcp;
      port_ = ntohs(address.sin_port);
      return;
    }
    close(udp_);
    close(tcp);
  }

  void serve() {
    for (;;) {
      std::array<pollfd, 3> sockets{{{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {stop_, POLLIN, 0}}};
      poll(sockets.data(), sockets.size(), -1);
      if (sockets[2].revents != 0) return;
      if (sockets[0].revents != 0) serve_udp();
      if (sockets[1].revents != 0) serve_tcp();
    }
  }

  void serve_udp() {
    std::array<char, 65'536> buffer{};
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    auto* const peer = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = recvfrom(udp_, buffer.data(), buffer.size(), 0, peer, &size);
    if (got < 0) return;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    for (const std::string& reply : answer(bytes, false, ntohs(from.sin_port)))
      sendto(udp_, reply.data(), reply.size(), 0, peer, size);
  }

  void serve_tcp() {
    const int connection = accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    const timeval patience{5, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    // One question a connection suffices here.
    const std::string length = receive(connection, 2);
    if (length.size() == 2) {
      const auto size = static_cast<std::size_t>(static_cast<unsigned char>(length[0]) << 8 |
                                                 static_cast<unsigned char>(length[1]));
      for (const std::string& reply : answer(receive(connection, size), true, 0)) {
        const std::string framed = dns::u16(static_cast<unsigned>(reply.size())) + reply;
        send(connection, framed.data(), framed.size(), MSG_NOSIGNAL);
      }
    }
    close(connection);
  }

  static std::string receive(int connection, std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = recv(connection, bytes.data(), size, MSG_WAITALL);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }

  std::vector<std::string> answer(std::string_view bytes, bool tcp, unsigned source_port) {
    Query query = parse(bytes);
    query.tcp = tcp;
    query.source_port = source_port;
    {
      const std::scoped_lock lock(mutex_);
      queries_.push_back(query);
    }
    return answerer_(query);
  }

  static Query parse(std::string_view bytes) {
    const auto word = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes.at(at)) << 8 |
                                   static_cast<unsigned char>(bytes.at(at + 1)));
    };
    Query query;
    query.bytes = bytes;
    query.id = word(0);
    query.flags = word(2);
    std::size_t at = 12;
    while (bytes.at(at) != '\0') {
      const auto length = static_cast<unsigned char>(bytes[at]);
      if (!query.name.empty()) query.name += '.';
      query.name += bytes.substr(at + 1, length);
      at += length + 1U;
    }
    query.type = word(at + 1);
    query.question = bytes.substr(12, at + 5 - 12);
    query.edns = word(10) == 1;
    return query;
  }

  Answerer answerer_;
  IpAddress at_;
  int udp_ = -1;
  int tcp_ = -1;
  int stop_ = eventfd(0, EFD_CLOEXEC);
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Query> queries_;
  std::thread thread_;
};

}  // namespace mxseal::test
