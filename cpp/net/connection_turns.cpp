// SPDX-License-Identifier: MIT
#include "net/connection_turns.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mxseal::net {
namespace {

constexpr std::size_t kMaxQuietNetworks = 4096;
constexpr Clock::duration kAtOnce = std::chrono::seconds(1);  // whose worth may come at once

}  // namespace

std::string network_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {reinterpret_cast<const char*>(bytes.data()),
          address.is_v4() ? std::size_t{3} : std::size_t{6}};
}

ConnectionTurns::ConnectionTurns(Reactor& reactor, std::optional<ConnectionLimits> limits)
    : reactor_(reactor), limits_(limits), most_networks_(kMaxQuietNetworks) {
  if (!limits_) return;
  limits_->at_once = std::max<std::size_t>(limits_->at_once, 1);
  each_ = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1.0 / std::max(limits_->per_second, 0.001)));
}

ConnectionTurns::~ConnectionTurns() {
  for (const auto& [name, network] : networks_) {
    if (network.timer) reactor_.cancel(*network.timer);
  }
}

void ConnectionTurns::ask(const IpAddress& address, std::function<bool()> on_turn) {
  if (!limits_ || address.is_loopback()) return static_cast<void>(on_turn());
  if (networks_.size() > most_networks_) forget_quiet_networks();
  const std::string name = network_of(address);
  Host& host = hosts_[address];
  host.queue.push_back(std::move(on_turn));
  ++waiting_;
  line_up(address, host, networks_[name]);
  serve(name);
}

void ConnectionTurns::end(const IpAddress& address) {
  const auto found = hosts_.find(address);
  if (found == hosts_.end()) return;  // no limits
  const std::string name = network_of(address);
  --found->second.open;
  line_up(address, found->second, networks_[name]);
  forget_if_quiet(address);
  serve(name);
}

void ConnectionTurns::forget_if_quiet(const IpAddress& address) {
  const auto found = hosts_.find(address);
  if (found->second.open == 0 && found->second.queue.empty()) hosts_.erase(found);
}

void ConnectionTurns::line_up(const IpAddress& address, Host& host, Network& network) const {
  if (host.in_line || host.queue.empty() || host.open >= limits_->at_once) return;
  host.in_line = true;
  network.line.push_back(address);
}

// A turn taken may be ended, and others asked for, before on_turn() returns: what they change is seen in the next round.
void ConnectionTurns::serve(const std::string& name) {
  Network& network = networks_.at(name);  // stays where it is while it is being served
  if (network.being_served) return;
  network.being_served = true;
  const std::weak_ptr<int> alive = alive_;
  while (!network.line.empty() && !network.timer) {
    const Time now = Reactor::now();
    // Each connection counts for so long; where a second's worth counts already, the next one waits.
    const Time when = network.counts_until - std::max(kAtOnce - each_, Clock::duration::zero());
    if (when > now) {
      network.timer = reactor_.at(when, [this, name] {
        networks_.at(name).timer.reset();
        serve(name);
      });
      break;
    }
    const Time counted = network.counts_until;
    network.counts_until = std::max(counted, now) + each_;
    const IpAddress address = network.line.front();
    network.line.pop_front();
    Host& host = hosts_.at(address);
    host.in_line = false;
    ++host.open;
    --waiting_;
    const std::function<bool()> on_turn = std::move(host.queue.front());
    host.queue.pop_front();
    line_up(address, host, network);
    const bool connects = on_turn();
    if (alive.expired()) return;
    if (connects) continue;
    network.counts_until = counted;
    --host.open;
    line_up(address, host, network);
    forget_if_quiet(address);
  }
  network.being_served = false;
}

void ConnectionTurns::forget_quiet_networks() {
  const Time now = Reactor::now();
  std::erase_if(networks_, [now](const auto& each) {
    const Network& network = each.second;
    return network.counts_until <= now && network.line.empty() && !network.timer &&
           !network.being_served;
  });
  most_networks_ = std::max(kMaxQuietNetworks, 2 * networks_.size());
}

}  // namespace mxseal::net
