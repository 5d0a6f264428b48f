// SPDX-License-Identifier: MIT
#include "net/reactor.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

namespace mxseal::net {
namespace {

constexpr std::chrono::milliseconds kPulse{50};
constexpr std::size_t kMuch = 64;  // timers: whatever is open has one

}  // namespace

Reactor::Reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Reactor::~Reactor() {
  close(epoll_);
}

void Reactor::watch(int socket, std::uint32_t events, OnEvent on_event) {
  Watch& watch = watches_[socket];
  const bool known = watch.on_event != nullptr;
  watch.on_event = std::make_shared<OnEvent>(std::move(on_event));
  if (known && watch.events == events) return;
  if (!known) watch.generation = ++last_generation_;
  watch.events = events;
  epoll_event event{};
  event.events = events;
  // The generation tells a closed socket's late event from one of the next socket with its number.
  event.data.u64 = (std::uint64_t{watch.generation} << 32) | static_cast<std::uint32_t>(socket);
  if (epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Reactor::forget(int socket) {
  if (watches_.erase(socket) > 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
}

Reactor::TimerId Reactor::at(Time when, OnTime on_time) {
  const TimerId timer{when, ++last_timer_};
  timers_.emplace(timer, std::move(on_time));
  return timer;
}

void Reactor::run(const std::function<bool()>& finished) {
  while (!finished()) turn();
}

void Reactor::turn() {
  std::chrono::milliseconds wait = kPulse;
  if (!timers_.empty()) {
    // Rounded up: a timer that goes off a little late is not asked for again and again.
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.first - now());
    wait = std::clamp(left, std::chrono::milliseconds(0), kPulse);
  }
  if (wait.count() > 0 && timers_.size() >= kMuch && last_turn_ < kEventsATurn)
    std::this_thread::sleep_for(gather_);
  std::array<epoll_event, kEventsATurn> events{};
  const int count = epoll_wait(epoll_, events.data(), kEventsATurn, static_cast<int>(wait.count()));
  if (count < 0 && errno != EINTR)
    throw std::system_error(errno, std::generic_category(), "epoll_wait");
  last_turn_ = count;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto found = watches_.find(static_cast<int>(event.data.u64 & 0xFFFFFFFFU));
    if (found == watches_.end() || found->second.generation != event.data.u64 >> 32) continue;
    // Held while it runs: it may forget its own socket.
    const std::shared_ptr<OnEvent> on_event = found->second.on_event;
    (*on_event)(event.events);
  }
  run_timers();
}

void Reactor::run_timers() {
  // Timers set meanwhile wait for the next turn, so that none can keep the sockets waiting.
  const Time due = now();
  const std::uint64_t newest = last_timer_;
  while (!timers_.empty() && timers_.begin()->first.first <= due &&
         timers_.begin()->first.second <= newest) {
    const OnTime on_time = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    on_time();
  }
}

}  // namespace mxseal::net
