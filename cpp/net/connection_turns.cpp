// SPDX-License-Identifier: MIT
#include "net/connection_turns.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace mxseal::net {
namespace {

// Networks that are remembered before those that bear everything again are forgotten.
constexpr std::size_t kMaxQuietNetworks = 4096;

}  // namespace

std::string network_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {reinterpret_cast<const char*>(bytes.data()),
          address.is_v4() ? std::size_t{3} : std::size_t{6}};
}

ConnectionTurns::ConnectionTurns(Reactor& reactor, std::optional<ConnectionLimits> limits)
    : reactor_(reactor), limits_(limits) {}

ConnectionTurns::~ConnectionTurns() {
  for (const auto& [address, host] : hosts_) {
    if (host.timer) reactor_.cancel(*host.timer);
  }
}

void ConnectionTurns::ask(const IpAddress& address, std::function<void()> on_turn) {
  if (!limits_ || address.is_loopback()) return on_turn();
  Host& host = hosts_[address];
  host.queue.push_back(std::move(on_turn));
  ++waiting_;
  serve(address);
}

void ConnectionTurns::end(const IpAddress& address) {
  const auto found = hosts_.find(address);
  if (found == hosts_.end()) return;  // no limits
  --found->second.open;
  serve(address);
  const auto left = hosts_.find(address);  // whoever had a turn may have ended it
  if (left != hosts_.end() && left->second.open == 0 && left->second.queue.empty())
    hosts_.erase(left);
}

void ConnectionTurns::serve(const IpAddress& address) {
  for (;;) {
    const auto found = hosts_.find(address);
    if (found == hosts_.end()) return;
    Host& host = found->second;
    if (host.queue.empty() || host.timer || host.open >= std::max<std::size_t>(limits_->at_once, 1))
      return;
    const Time when = take_from_network(address);
    if (when > Reactor::now()) {
      host.timer = reactor_.at(when, [this, address] {
        hosts_.at(address).timer.reset();
        serve(address);
      });
      return;
    }
    ++host.open;
    --waiting_;
    const std::function<void()> on_turn = std::move(host.queue.front());
    host.queue.pop_front();
    on_turn();
  }
}

// Each connection counts for 1/per_second; where a second's worth counts already, the next one waits.
Time ConnectionTurns::take_from_network(const IpAddress& address) {
  const Time now = Reactor::now();
  if (networks_.size() > kMaxQuietNetworks)
    std::erase_if(networks_, [now](const auto& each) { return each.second <= now; });
  Time& counts_until = networks_[network_of(address)];
  const Time earliest = counts_until - std::chrono::seconds(1);
  if (earliest > now) return earliest;
  const auto each = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1.0 / std::max(limits_->per_second, 0.001)));
  counts_until = std::max(counts_until, now) + each;
  return now;
}

}  // namespace mxseal::net
