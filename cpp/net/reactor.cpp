// SPDX-License-Identifier: MIT
#include "net/reactor.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace mxseal::net {
namespace {

constexpr std::chrono::milliseconds kPulse{50};
constexpr std::size_t kMuch = 64;  // timers: whatever is open has one

// Of two that are due at once the one that was set first is the earlier.
constexpr auto kLater = [](const auto& a, const auto& b) {
  return a.when != b.when ? a.when > b.when : a.timer.id > b.timer.id;
};

}  // namespace

Reactor::Reactor() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Reactor::~Reactor() {
  // The ends of what is left may cancel timers and set others.
  while (!slots_.empty() || !watches_.empty()) {
    heap_.clear();
    free_.clear();
    set_ = 0;
    const std::vector<Timer> timers = std::exchange(slots_, {});
    const std::unordered_map<int, Watch> watches = std::exchange(watches_, {});
  }
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
  if (free_.empty()) {
    free_.push_back(slots_.size());
    slots_.emplace_back();
  }
  const TimerId timer{++last_timer_, free_.back()};
  heap_.push_back({when, timer});
  std::ranges::push_heap(heap_, kLater);
  free_.pop_back();
  slots_[timer.slot] = {timer.id, std::move(on_time)};
  ++set_;
  return timer;
}

void Reactor::cancel(TimerId timer) {
  if (timer.id == 0 || timer.slot >= slots_.size() || !is_set(timer)) return;
  const OnTime gone = take(timer);  // its end may set timers, or cancel some
  if (heap_.size() < 2 * set_ + kMuch) return;
  std::erase_if(heap_, [this](const Due& each) { return !is_set(each.timer); });
  std::ranges::make_heap(heap_, kLater);
}

Reactor::OnTime Reactor::take(TimerId timer) {
  Timer& slot = slots_[timer.slot];
  slot.id = 0;
  free_.push_back(timer.slot);
  --set_;
  return std::exchange(slot.on_time, nullptr);
}

// The timer that goes off next.
const Reactor::Due* Reactor::first() {
  while (!heap_.empty() && !is_set(heap_.front().timer)) drop_first();
  return heap_.empty() ? nullptr : &heap_.front();
}

void Reactor::drop_first() {
  std::ranges::pop_heap(heap_, kLater);
  heap_.pop_back();
}

void Reactor::run(const std::function<bool()>& finished) {
  while (!finished()) turn();
}

void Reactor::turn() {
  std::chrono::milliseconds wait = kPulse;
  if (const Due* next = first()) {
    // Rounded up: a timer that goes off a little late is not asked for again and again.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next->when - now());
    wait = std::clamp(left, std::chrono::milliseconds(0), kPulse);
  }
  if (wait.count() > 0 && set_ >= kMuch && last_turn_ < kEventsATurn)
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
  for (const Due* next = first(); next != nullptr && next->when <= due && next->timer.id <= newest;
       next = first()) {
    const TimerId timer = next->timer;
    drop_first();
    const OnTime on_time = take(timer);
    on_time();
  }
}

}  // namespace mxseal::net
