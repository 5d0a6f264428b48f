// SPDX-License-Identifier: MIT
#include "net/connect_probe.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/socket_address.hpp"

namespace mxseal::net {

struct ConnectProber::Attempt {
  std::vector<IpAddress> addresses;
  std::uint16_t port = 0;
  OnDone on_done;
  std::size_t at = 0;
  int socket = -1;
  bool lacked = false;  // a socket of our own
  Reactor::TimerId timer;
};

ConnectProber::ConnectProber(Reactor& reactor, ConnectOptions options)
    : reactor_(reactor), options_(std::move(options)) {}

ConnectProber::~ConnectProber() {
  for (const auto& [key, attempt] : attempts_) {
    close(*attempt);
    reactor_.cancel(attempt->timer);
  }
}

void ConnectProber::probe(std::vector<IpAddress> addresses, std::uint16_t port, OnDone on_done) {
  auto made = std::make_unique<Attempt>();
  Attempt& attempt = *made;
  attempt.addresses = std::move(addresses);
  attempt.port = port;
  attempt.on_done = std::move(on_done);
  attempts_.emplace(&attempt, std::move(made));
  attempt.timer = reactor_.at(Reactor::now(), [this, &attempt] { next(attempt); });
}

void ConnectProber::next(Attempt& attempt) {
  close(attempt);
  reactor_.cancel(attempt.timer);
  while (attempt.at < attempt.addresses.size()) {
    const IpAddress& address = attempt.addresses[attempt.at++];
    if (!options_.allowed(address)) continue;
    const int family = address.is_v4() ? AF_INET : AF_INET6;
    attempt.socket = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (attempt.socket < 0) {
      attempt.lacked = attempt.lacked || is_own_lack(errno);
      continue;
    }
    const SocketAddress target(address, attempt.port);
    if (connect(attempt.socket, target.get(), target.length) == 0) return finish(attempt, true);
    if (errno != EINPROGRESS) {
      attempt.lacked = attempt.lacked || is_own_lack(errno);
      close(attempt);
      continue;
    }
    reactor_.watch(attempt.socket, EPOLLOUT, [this, &attempt](std::uint32_t) {
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(attempt.socket, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error == 0) return finish(attempt, true);
      next(attempt);
    });
    attempt.timer =
        reactor_.at(Reactor::now() + options_.timeout, [this, &attempt] { next(attempt); });
    return;
  }
  finish(attempt, attempt.lacked ? std::nullopt : std::optional(false));
}

void ConnectProber::close(Attempt& attempt) {
  if (attempt.socket < 0) return;
  reactor_.forget(attempt.socket);
  ::close(std::exchange(attempt.socket, -1));
}

void ConnectProber::finish(Attempt& attempt, std::optional<bool> answers) {
  close(attempt);
  reactor_.cancel(attempt.timer);
  const OnDone on_done = std::move(attempt.on_done);
  attempts_.erase(&attempt);
  on_done(answers);
}

}  // namespace mxseal::net
