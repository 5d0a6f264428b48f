// SPDX-License-Identifier: MIT
// Reactor: sockets, timers, and what callbacks may do to their own.
#include "net/reactor.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mxseal::net {
namespace {

using std::chrono::milliseconds;

struct Pair {
  std::array<int, 2> ends{};
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0); }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  void speak() const { EXPECT_EQ(send(ends[1], "x", 1, 0), 1); }
  void hear() const {
    char byte = 0;
    EXPECT_EQ(recv(ends[0], &byte, 1, 0), 1);
  }
};

void run_turns(Reactor& reactor, int turns) {
  reactor.run([&] { return turns-- == 0; });
}

TEST(Reactor, tells_of_what_is_asked_for) {
  Reactor reactor;
  const Pair pair;
  std::vector<std::uint32_t> seen;
  reactor.watch(pair.ends[0], EPOLLIN, [&](std::uint32_t events) {
    seen.push_back(events);
    pair.hear();
  });
  pair.speak();
  reactor.run([&] { return !seen.empty(); });
  EXPECT_EQ(seen, (std::vector<std::uint32_t>{EPOLLIN}));
  reactor.watch(pair.ends[0], EPOLLOUT, [&](std::uint32_t events) {
    seen.push_back(events);
    reactor.forget(pair.ends[0]);
  });
  reactor.run([&] { return seen.size() == 2; });
  EXPECT_EQ(seen.back(), std::uint32_t{EPOLLOUT});
  run_turns(reactor, 1);
  EXPECT_EQ(seen.size(), 2U);
}

TEST(Reactor, the_newest_callback_counts_also_for_the_same_events) {
  Reactor reactor;
  const Pair pair;
  std::string called;
  reactor.watch(pair.ends[0], EPOLLOUT, [&](std::uint32_t) { called += 'a'; });
  reactor.watch(pair.ends[0], EPOLLOUT, [&](std::uint32_t) { called += 'b'; });
  run_turns(reactor, 1);
  EXPECT_EQ(called, "b");
}

TEST(Reactor, a_socket_forgotten_in_the_same_turn_is_told_nothing_more) {
  Reactor reactor;
  const Pair a;
  const Pair b;
  int called = 0;
  const auto forget_both = [&](std::uint32_t) {
    ++called;
    reactor.forget(a.ends[0]);
    reactor.forget(b.ends[0]);
  };
  reactor.watch(a.ends[0], EPOLLOUT, forget_both);
  reactor.watch(b.ends[0], EPOLLOUT, forget_both);
  run_turns(reactor, 2);
  EXPECT_EQ(called, 1);
}

TEST(Reactor, an_event_of_a_forgotten_socket_is_none_of_the_next_with_its_number) {
  Reactor reactor;
  const Pair a;
  const Pair b;
  int old_calls = 0;
  int new_calls = 0;
  const auto replace = [&](std::uint32_t) {
    ++old_calls;
    for (const int socket : {a.ends[0], b.ends[0]}) {
      reactor.forget(socket);
      reactor.watch(socket, EPOLLIN, [&](std::uint32_t) { ++new_calls; });
    }
  };
  reactor.watch(a.ends[0], EPOLLOUT, replace);
  reactor.watch(b.ends[0], EPOLLOUT, replace);
  run_turns(reactor, 2);
  EXPECT_EQ(old_calls, 1);
  EXPECT_EQ(new_calls, 0);
}

TEST(Reactor, timers_go_off_in_the_order_of_their_times) {
  Reactor reactor;
  const Time now = Reactor::now();
  std::string order;
  reactor.at(now + milliseconds(2), [&] { order += 'c'; });
  reactor.at(now, [&] { order += 'a'; });
  reactor.at(now, [&] { order += 'b'; });
  const auto cancelled = reactor.at(now + milliseconds(1), [&] { order += 'x'; });
  reactor.cancel(cancelled);
  reactor.run([&] { return order.size() == 3; });
  EXPECT_EQ(order, "abc");
  reactor.cancel(cancelled);
}

TEST(Reactor, a_timer_is_not_early) {
  Reactor reactor;
  const Time when = Reactor::now() + milliseconds(3);
  Time seen;
  reactor.at(when, [&] { seen = Reactor::now(); });
  reactor.run([&] { return seen != Time(); });
  EXPECT_GE(seen, when);
}

TEST(Reactor, timers_that_set_themselves_again_leave_the_sockets_their_turn) {
  Reactor reactor;
  const Pair pair;
  bool heard = false;
  std::function<void()> again = [&] { reactor.at(Reactor::now(), again); };
  again();
  reactor.watch(pair.ends[0], EPOLLIN, [&](std::uint32_t) { heard = true; });
  pair.speak();
  reactor.run([&] { return heard; });
  EXPECT_TRUE(heard);
}

TEST(Reactor, events_gather_where_much_is_open) {
  Reactor reactor;
  for (int i = 0; i < 64; ++i) reactor.at(Reactor::now() + std::chrono::hours(1), [] {});
  const Pair pair;
  bool told = false;
  reactor.watch(pair.ends[0], EPOLLIN, [&](std::uint32_t /*events*/) {
    pair.hear();
    told = true;
  });
  pair.speak();
  reactor.gather(milliseconds(5));
  const Time before = Reactor::now();
  reactor.run([&] { return told; });
  EXPECT_GE(Reactor::now() - before, milliseconds(5));
}

TEST(Reactor, a_timer_may_cancel_the_next) {
  Reactor reactor;
  const Time now = Reactor::now();
  std::string order;
  Reactor::TimerId second;
  reactor.at(now, [&] {
    order += 'a';
    reactor.cancel(second);
  });
  second = reactor.at(now, [&] { order += 'b'; });
  reactor.at(now, [&] { order += 'c'; });
  reactor.run([&] { return order.ends_with('c'); });
  EXPECT_EQ(order, "ac");
}

TEST(Reactor, of_many_timers_those_that_were_not_cancelled_go_off) {
  Reactor reactor;
  const Time begin = Reactor::now();
  std::vector<Reactor::TimerId> all;
  std::vector<int> gone_off;
  for (int i = 0; i < 1000; ++i)
    all.push_back(reactor.at(begin + std::chrono::microseconds((i * 7) % 1000),
                             [&gone_off, i] { gone_off.push_back((i * 7) % 1000); }));
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % 10 != 0) reactor.cancel(all[i]);
  }
  reactor.cancel({});
  reactor.run([&] { return gone_off.size() == 100; });
  EXPECT_TRUE(std::ranges::is_sorted(gone_off));
  for (const Reactor::TimerId timer : all) reactor.cancel(timer);  // of the past
  bool later = false;
  const auto timer = reactor.at(Reactor::now(), [&] { later = true; });
  reactor.cancel({timer.id - 1, timer.slot});  // of who had its place before
  reactor.run([&] { return later; });
}

// What callbacks hold: its end cancels a timer, and sets one that holds the next, so many times.
struct Ends {
  Reactor& reactor;
  int more;
  Reactor::TimerId other;
  Ends(Reactor& its, int times) : reactor(its), more(times), other(its.at(kNever, [] {})) {}
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    reactor.cancel(other);
    if (more > 0) reactor.at(kNever, [held = std::make_shared<Ends>(reactor, more - 1)] {});
  }

  static constexpr Time kNever = Time::max();
};

TEST(Reactor, the_end_of_a_timer_may_cancel_and_set_others) {
  auto reactor = std::make_unique<Reactor>();
  const auto set = [&] {
    return reactor->at(Ends::kNever, [held = std::make_shared<Ends>(*reactor, 100)] {});
  };
  reactor->cancel(set());
  set();
  reactor.reset();
}

TEST(Reactor, so_may_the_end_of_a_watch) {
  const Pair pair;
  Reactor reactor;
  reactor.watch(pair.ends[0], EPOLLIN,
                [held = std::make_shared<Ends>(reactor, 1)](std::uint32_t) {});
}

TEST(Reactor, many_sockets_are_all_told) {
  Reactor reactor;
  constexpr std::size_t kMany = 3 * Reactor::kEventsATurn;
  const std::vector<Pair> pairs(kMany);
  std::size_t told = 0;
  for (const Pair& pair : pairs) {
    reactor.watch(pair.ends[0], EPOLLOUT, [&](std::uint32_t) {
      ++told;
      reactor.forget(pair.ends[0]);
    });
  }
  reactor.run([&] { return told == kMany; });
  run_turns(reactor, 1);
  EXPECT_EQ(told, kMany);
}

}  // namespace
}  // namespace mxseal::net
