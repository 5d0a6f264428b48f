// SPDX-License-Identifier: MIT
// Reactor: one thread's loop over sockets and timers (epoll). Everything in net runs in its callbacks, and none of them waits.
//
// At most kEventsATurn events are taken at once and the clock is read for each, or many slow handshakes in one turn would look
// like time-outs to those behind them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace mxseal::net {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

class Reactor {
 public:
  static constexpr int kEventsATurn = 32;
  using OnEvent =
      std::function<void(std::uint32_t events)>;  ///< EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP
  using OnTime = std::function<void()>;
  /// No timer at first.
  struct TimerId {
    std::uint64_t id = 0;
    std::size_t slot = 0;
  };

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  static Time now() { return Clock::now(); }

  /// Calls `on_event` for `events` of `socket` from now on, in place of what was asked for before.
  void watch(int socket, std::uint32_t events, OnEvent on_event);
  /// Must come before the socket is closed. Allowed within a callback, also its own.
  void forget(int socket);

  /// Calls `on_time` once, not before `when`; never from within at() itself.
  TimerId at(Time when, OnTime on_time);
  /// Allowed for timers that have gone off.
  void cancel(TimerId timer);

  /// From now on a loop in which much is open waits so long before it looks, so that what came meanwhile costs one turn together
  /// and not one each. 0, as at first: it looks at once.
  void gather(std::chrono::microseconds pause) { gather_ = pause; }

  /// Runs until `finished` says so, which is asked after each turn and at least every 50 ms.
  void run(const std::function<bool()>& finished);

 private:
  struct Watch {
    std::uint32_t events = 0;
    std::uint32_t generation = 0;
    std::shared_ptr<OnEvent> on_event;
  };

  // A timer that is set.
  struct Timer {
    std::uint64_t id = 0;  // 0: none is in this slot
    OnTime on_time;
  };
  struct Due {
    Time when;
    TimerId timer;
  };

  void turn();
  void run_timers();
  OnTime take(TimerId timer);
  bool is_set(TimerId timer) const { return slots_[timer.slot].id == timer.id; }
  const Due* first();
  void drop_first();

  int epoll_;
  std::chrono::microseconds gather_{0};
  std::unordered_map<int, Watch> watches_;
  std::vector<Timer> slots_;
  std::vector<std::size_t> free_;  // of them
  // The earliest first. What is cancelled stays until it is the first, or most are.
  std::vector<Due> heap_;
  std::size_t set_ = 0;  // timers
  int last_turn_ = 0;    // events
  std::uint64_t last_timer_ = 0;
  std::uint32_t last_generation_ = 0;
};

}  // namespace mxseal::net
