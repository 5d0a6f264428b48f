// SPDX-License-Identifier: MIT
#include "net/connection_turns.hpp"

#include <sys/resource.h>

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

std::size_t affordable_connections() {
  constexpr rlim_t kOthers = 128;  // resolvers' sockets, files, what the program has open besides
  constexpr rlim_t kFewest = 16;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return kFewest;  // untested: system
  const rlim_t most = std::min<rlim_t>(limit.rlim_cur, rlim_t{1} << 20);
  return std::max(kFewest, most > kOthers ? (most - kOthers) / 2 : 0);
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
  if (!limits_) return static_cast<void>(on_turn());
  ++waiting_;
  if (address.is_loopback()) {
    ready_.push_back({address, std::move(on_turn)});
    return let_in_the_ready();
  }
  if (networks_.size() > most_networks_) forget_quiet_networks();
  const std::string name = network_of(address);
  Host& host = hosts_[address];
  host.queue.push_back(std::move(on_turn));
  line_up(address, host, networks_[name]);
  serve(name);
}

void ConnectionTurns::end(const IpAddress& address) {
  if (!limits_) return;
  const std::weak_ptr<int> alive = alive_;
  --open_;
  let_in_the_ready();
  if (!alive.expired()) release(address);
}

void ConnectionTurns::let_in_the_ready() {
  if (letting_in_) return;
  letting_in_ = true;
  const std::weak_ptr<int> alive = alive_;
  while (!ready_.empty() && open_ < limits_->most_open) {
    const Ready next = std::move(ready_.front());
    ready_.pop_front();
    ++open_;
    --waiting_;
    const bool connects = next.on_turn();
    if (alive.expired()) return;
    if (connects) continue;
    --open_;
    const auto network = networks_.find(network_of(next.address));
    if (network != networks_.end()) network->second.counts_until -= each_;  // it counted early
    release(next.address);
    if (alive.expired()) return;
  }
  letting_in_ = false;
}

// The address has room for another connection.
void ConnectionTurns::release(const IpAddress& address) {
  const auto found = hosts_.find(address);
  if (found == hosts_.end()) return;  // loopback
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
    std::function<bool()> on_turn = std::move(host.queue.front());
    host.queue.pop_front();
    line_up(address, host, network);
    if (open_ >= limits_->most_open) {
      ready_.push_back({address, std::move(on_turn)});
      continue;
    }
    ++open_;
    --waiting_;
    const bool connects = on_turn();
    if (alive.expired()) return;
    if (connects) continue;
    network.counts_until = counted;
    --open_;
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
