// SPDX-License-Identifier: MIT
#include "net/connection_turns.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mxseal::net {
namespace {

constexpr double kAny = 1e6;  // new connections a second: as many as there are

// 192.0.<network>.<host> (RFC 5737 has no more than one network; nothing is sent anywhere).
IpAddress address(std::uint8_t host, std::uint8_t network = 2) {
  return IpAddress::v4({192, 0, network, host});
}

struct Asked {
  Reactor reactor;
  ConnectionTurns turns;
  std::vector<int> came;

  explicit Asked(std::optional<ConnectionLimits> limits) : turns(reactor, limits) {}

  void ask(const IpAddress& at, int who) {
    turns.ask(at, [this, who] {
      came.push_back(who);
      return true;
    });
  }
  void run_until(const std::function<bool()>& done) { reactor.run(done); }
};

TEST(ConnectionTurns, an_address_bears_so_many_at_once_in_the_order_of_asking) {
  Asked all(ConnectionLimits{2, kAny});
  for (int who = 0; who < 5; ++who) all.ask(address(1), who);
  EXPECT_EQ(all.came, (std::vector{0, 1}));
  EXPECT_EQ(all.turns.waiting(), 3U);
  all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 1, 2}));
  for (int i = 0; i < 3; ++i) all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(all.turns.waiting(), 0U);
  all.turns.end(address(1));
  all.ask(address(1), 5);
  all.ask(address(1), 6);
  EXPECT_EQ(all.came.size(), 7U) << "what was closed is forgotten";
}

TEST(ConnectionTurns, another_address_is_not_held_up) {
  Asked all(ConnectionLimits{1, kAny});
  all.ask(address(1), 0);
  all.ask(address(1), 1);
  all.ask(address(2), 2);
  EXPECT_EQ(all.came, (std::vector{0, 2}));
}

TEST(ConnectionTurns, without_limits_and_on_loopback_all_may_come) {
  Asked unlimited(std::nullopt);
  Asked limited(ConnectionLimits{1, 0.001});
  for (int who = 0; who < 100; ++who) {
    unlimited.ask(address(1), who);
    limited.ask(IpAddress::v4({127, 0, 0, 1}), who);
    limited.ask(*IpAddress::parse("::1"), who);
  }
  EXPECT_EQ(unlimited.came.size(), 100U);
  EXPECT_EQ(limited.came.size(), 200U);
  for (int i = 0; i < 100; ++i) {
    unlimited.turns.end(address(1));
    limited.turns.end(IpAddress::v4({127, 0, 0, 1}));
  }
}

TEST(ConnectionTurns, all_together_are_no_more_than_can_be_open) {
  Asked all(ConnectionLimits{8, kAny, 3});
  const IpAddress loopback = IpAddress::v4({127, 0, 0, 1});
  all.ask(loopback, 0);
  all.ask(address(1), 1);
  all.ask(address(1, 3), 2);
  all.ask(loopback, 3);
  all.ask(address(1), 4);
  EXPECT_EQ(all.came, (std::vector{0, 1, 2}));
  EXPECT_EQ(all.turns.waiting(), 2U);
  all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 1, 2, 3})) << "in the order of asking";
  all.turns.end(loopback);
  EXPECT_EQ(all.came, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(all.turns.waiting(), 0U);
}

TEST(ConnectionTurns, who_gives_up_before_there_is_room_keeps_none) {
  Asked all(ConnectionLimits{1, kAny, 1});
  all.ask(address(1), 0);
  all.turns.ask(address(1, 3), [] { return false; });
  all.ask(address(1, 3), 1);
  all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 1}));
}

TEST(ConnectionTurns, who_gives_up_before_there_is_room_does_not_count_in_its_network) {
  Asked all(ConnectionLimits{100, 1, 1});
  all.ask(address(1), 0);
  all.turns.ask(address(1, 3), [] { return false; });
  all.turns.end(address(1));
  all.ask(address(2, 3), 1);
  EXPECT_EQ(all.came, (std::vector{0, 1})) << "and not a second later";
}

TEST(ConnectionTurns, the_process_s_descriptors_bound_them) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit usual{1024, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
  EXPECT_EQ(affordable_connections(), 448U);
  const rlimit few{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(affordable_connections(), 16U);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(ConnectionTurns, a_second_s_worth_comes_at_once_to_a_network_and_no_more) {
  Asked all(ConnectionLimits{100, 5});
  for (std::uint8_t host = 0; host < 9; ++host) all.ask(address(host), host);
  EXPECT_EQ(all.came, (std::vector{0, 1, 2, 3, 4}));
  all.ask(address(1, 99), 100);  // another /24
  EXPECT_EQ(all.came.back(), 100);
  all.run_until([&] { return all.came.size() == 10; });
  EXPECT_EQ(std::vector(all.came.begin() + 6, all.came.end()), (std::vector{5, 6, 7, 8}));
}

TEST(ConnectionTurns, an_ipv6_network_is_a_48) {
  Asked all(ConnectionLimits{100, 1});
  all.ask(*IpAddress::parse("2001:db8:1::1"), 0);
  all.ask(*IpAddress::parse("2001:db8:1:ffff::1"), 1);
  all.ask(*IpAddress::parse("2001:db8:2::1"), 2);
  EXPECT_EQ(all.came, (std::vector{0, 2}));
  EXPECT_EQ(network_of(address(1)), network_of(address(255)));
  EXPECT_NE(network_of(address(1)), network_of(address(1, 3)));
}

TEST(ConnectionTurns, fewer_than_one_a_second_come_too) {
  Asked all(ConnectionLimits{100, 0.5});
  all.ask(address(1), 0);
  all.ask(address(2), 1);
  EXPECT_EQ(all.came, (std::vector{0}));
}

// One that many ask for does not keep its neighbours waiting until all of them were served.
TEST(ConnectionTurns, the_addresses_of_a_network_take_turns) {
  Asked all(ConnectionLimits{100, 100});
  for (int who = 0; who < 100; ++who) all.ask(address(9), -1);  // a second's worth
  all.came.clear();
  for (int who = 0; who < 5; ++who) all.ask(address(1), who);
  all.ask(address(2), 100);
  all.run_until([&] { return all.came.size() == 6; });
  EXPECT_EQ(all.came, (std::vector{0, 100, 1, 2, 3, 4}));
}

TEST(ConnectionTurns, a_turn_may_end_within_itself_however_many_wait) {
  Asked all(ConnectionLimits{1, kAny});
  all.ask(address(1), 0);
  constexpr int kMany = 100'000;
  int ended = 0;
  for (int who = 0; who < kMany; ++who) {
    all.turns.ask(address(1), [&] {
      ++ended;
      all.turns.end(address(1));
      return true;
    });
  }
  EXPECT_EQ(ended, 0);
  all.turns.end(address(1));
  EXPECT_EQ(ended, kMany);
  EXPECT_EQ(all.turns.waiting(), 0U);
}

TEST(ConnectionTurns, a_turn_may_ask_for_another) {
  Asked all(ConnectionLimits{2, kAny});
  all.turns.ask(address(1), [&] {
    all.came.push_back(0);
    all.ask(address(1), 1);
    all.ask(address(2), 2);
    return true;
  });
  EXPECT_EQ(all.came, (std::vector{0, 1, 2}));
}

// Whoever gave up while he waited takes nobody's time: 50 come in a second.
TEST(ConnectionTurns, a_turn_that_nobody_wants_any_more_is_the_next_one_s) {
  Asked all(ConnectionLimits{1, 50});
  all.ask(address(1), 0);
  for (int i = 0; i < 100'000; ++i) {
    all.turns.ask(address(1), [] { return false; });
    all.turns.ask(address(static_cast<std::uint8_t>(2 + i % 50)), [] { return false; });
  }
  all.ask(address(1), 1);
  all.ask(address(2), 2);
  EXPECT_EQ(all.came, (std::vector{0, 2})) << "the address itself bears one at once";
  all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 2, 1}));
  EXPECT_EQ(all.turns.waiting(), 0U);
}

TEST(ConnectionTurns, whoever_waits_when_it_is_destroyed_is_never_called) {
  Reactor reactor;
  int came = 0;
  {
    ConnectionTurns turns(reactor, ConnectionLimits{1, 1000});
    for (int i = 0; i < 5000; ++i)
      turns.ask(address(static_cast<std::uint8_t>(i)), [&] { return ++came > 0; });
  }
  const int before = came;
  bool later = false;
  reactor.at(Reactor::now() + std::chrono::milliseconds(20), [&] { later = true; });
  reactor.run([&] { return later; });
  EXPECT_EQ(came, before);
}

TEST(ConnectionTurns, it_may_be_destroyed_within_a_turn) {
  for (const bool from_reactor : {false, true}) {
    Reactor reactor;
    auto turns =
        std::make_unique<ConnectionTurns>(reactor, ConnectionLimits{1, from_reactor ? 50 : kAny});
    turns->ask(address(1), [] { return true; });
    int after = 0;
    turns->ask(address(1), [&] {
      turns.reset();
      return true;
    });
    turns->ask(address(1), [&] { return ++after > 0; });
    for (std::uint8_t host = 2; from_reactor && host < 51; ++host)
      turns->ask(address(host), [] { return true; });
    turns->end(address(1));
    EXPECT_EQ(turns != nullptr, from_reactor) << "a second's worth was there before";
    reactor.run([&] { return turns == nullptr; });
    EXPECT_EQ(after, 0);
  }
}

// A network that is let alone is forgotten, one that is waited for is not.
TEST(ConnectionTurns, networks_without_number_are_forgotten_without_losing_anybody) {
  Asked all(ConnectionLimits{1, 1000});
  all.ask(address(1), 0);
  all.ask(address(1), 1);  // waits for the address
  for (int network = 0; network < 20'000; ++network) {
    const IpAddress each = IpAddress::v4({198, static_cast<std::uint8_t>(network / 256),
                                          static_cast<std::uint8_t>(network % 256), 1});
    all.turns.ask(each, [] { return true; });
    all.turns.end(each);
  }
  all.turns.end(address(1));
  EXPECT_EQ(all.came, (std::vector{0, 1}));
}

}  // namespace
}  // namespace mxseal::net
