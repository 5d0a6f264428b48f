// SPDX-License-Identifier: MIT
#include "net/connect_probe.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace mxseal::net {
namespace {

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
const IpAddress kOther = IpAddress::v4({127, 0, 0, 2});

// A port of 127.0.0.1 that takes connections, or (backlog filled, nobody accepts) lets them wait.
class Port {
 public:
  explicit Port(bool full = false) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, full ? 0 : 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
    for (int& filler : fillers_) {
      if (!full) break;
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      connect(filler, reinterpret_cast<sockaddr*>(&address), size);
    }
  }
  ~Port() {
    for (const int filler : fillers_) {
      if (filler >= 0) close(filler);
    }
    close(socket_);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  std::uint16_t number() const { return number_; }

 private:
  int socket_;
  int fillers_[4] = {-1, -1, -1, -1};
  std::uint16_t number_ = 0;
};

std::optional<bool> outcome(const std::vector<IpAddress>& addresses, std::uint16_t port,
                            std::function<bool(const IpAddress&)> allowed) {
  Reactor reactor;
  ConnectProber prober(reactor, {std::chrono::milliseconds(100), std::move(allowed)});
  std::optional<std::optional<bool>> result;
  prober.probe(addresses, port, [&](std::optional<bool> answered) { result = answered; });
  EXPECT_FALSE(result) << "never from within probe()";
  reactor.run([&] { return result.has_value(); });
  return *result;
}

bool answers(const std::vector<IpAddress>& addresses, std::uint16_t port, bool allow = true) {
  return outcome(addresses, port, [allow](const IpAddress&) { return allow; }).value();
}

TEST(ConnectProber, one_address_that_answers_suffices) {
  const Port port;
  EXPECT_TRUE(answers({kLoopback}, port.number()));
  EXPECT_TRUE(answers({kOther, kLoopback}, port.number())) << "the first refuses";
}

TEST(ConnectProber, refusal_silence_and_no_address_are_no_answer) {
  const Port port;
  EXPECT_FALSE(answers({kOther}, port.number()));
  EXPECT_FALSE(answers({}, port.number()));
  const Port silent(true);
  EXPECT_FALSE(answers({kLoopback}, silent.number()));
}

TEST(ConnectProber, what_the_guard_refuses_is_not_connected_to) {
  const Port port;
  EXPECT_FALSE(answers({kLoopback}, port.number(), false));
}

TEST(ConnectProber, a_lack_of_sockets_here_says_nothing_of_the_host) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers need file descriptors of their own";
#endif
  const Port port;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const std::optional<bool> found =
      outcome({kLoopback}, port.number(), [&before](const IpAddress&) {
        const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
        close(next);
        const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &none);
        return true;
      });
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_FALSE(found.has_value());
}

TEST(ConnectProber, nobody_is_called_back_after_the_end) {
  const Port silent(true);
  Reactor reactor;
  bool called = false;
  {
    ConnectProber prober(reactor,
                         {std::chrono::milliseconds(10), [](const IpAddress&) { return true; }});
    prober.probe({kLoopback}, silent.number(), [&](auto) { called = true; });
  }
  bool later = false;
  reactor.at(Reactor::now() + std::chrono::milliseconds(50), [&] { later = true; });
  reactor.run([&] { return later; });
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace mxseal::net
