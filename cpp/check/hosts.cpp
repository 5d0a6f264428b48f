// SPDX-License-Identifier: MIT
#include "check/hosts.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace mxseal::check {

using facts::LookupStatus;

namespace {

// Most of it are certificates; taken apart one is about three times as large as it came.
std::size_t size_of(const SharedHost& host) {
  std::size_t bytes = sizeof(host);
  for (const facts::SmtpProbe& probe : host.facts.probes) {
    bytes += sizeof(probe) + probe.greeting.size() + probe.reply.size();
    for (const facts::Tls* tls : {&probe.tls, probe.other_key ? &*probe.other_key : nullptr,
                                  probe.without_sni ? &*probe.without_sni : nullptr}) {
      if (tls == nullptr) continue;
      for (const pki::Certificate& each : tls->chain) bytes += 3 * each.der().size();
    }
  }
  return bytes;
}

}  // namespace

std::vector<IpAddress> addresses_of(const facts::AddressLookup& first,
                                    const facts::AddressLookup& second, bool& cut) {
  std::vector<IpAddress> addresses = first.addresses;
  addresses.insert(addresses.end(), second.addresses.begin(), second.addresses.end());
  if (addresses.size() > kMaxAddresses) {
    cut = true;
    addresses.resize(kMaxAddresses, IpAddress());
  }
  return addresses;
}

void expect(facts::Lookup& lookup, std::string name) {
  lookup.name = std::move(name);
  lookup.status = LookupStatus::timed_out;
}

net::Clock::duration Turn::waited_since(net::Time from) const {
  return std::max(net::Clock::duration::zero(),
                  began.value_or(net::Reactor::now()) - std::max(asked, from));
}

bool SharedHost::is_unknown() const {
  return abandoned || facts.ipv4.unknown() || facts.ipv6.unknown() || facts.tlsa.unknown() ||
         (tlsa_at_target && tlsa_at_target->unknown());
}

bool SharedHost::was_silent() const {
  return std::ranges::any_of(facts.probes, [](const facts::SmtpProbe& probe) {
    return probe.status == facts::SmtpStatus::timed_out;
  });
}

// RFC 7672 §2.2.2: behind secure CNAMEs the records at the end of the chain come first; where there are none that are secure,
// those at the host's own name count.
facts::MxHost SharedHost::seen() const {
  facts::MxHost host = facts;
  if (tlsa_at_target &&
      (tlsa_at_target->unknown() || (tlsa_at_target->found() && tlsa_at_target->authentic)))
    host.tlsa = *tlsa_at_target;
  return host;
}

Hosts::Hosts(net::Resolver& resolver, net::SmtpProber& prober, net::ConnectionTurns& turns,
             Options options, std::function<void(const facts::SmtpProbe&)> on_probe)
    : resolver_(resolver),
      prober_(prober),
      turns_(turns),
      options_(std::move(options)),
      on_probe_(std::move(on_probe)) {}

// Whoever waits for a host holds it, and the host holds him.
Hosts::~Hosts() {
  for (const auto& [name, kept] : hosts_) kept.host->on_done.clear();
}

std::shared_ptr<SharedHost> Hosts::ask(const std::string& name) {
  const auto found = hosts_.find(name);
  if (found != hosts_.end()) {
    if (still_counts(*found->second.host)) {
      ages_.splice(ages_.end(), ages_, found->second.age);
      ++found->second.host->wanted;
      return found->second.host;
    }
    forget(found->second.age);
  }
  std::shared_ptr<SharedHost> host = add(name);
  start(host);
  return host;
}

bool Hosts::still_counts(const SharedHost& host) const {
  if (!host.done) return true;
  if (host.is_unknown()) return false;
  return !host.was_silent() || net::Reactor::now() - host.done_at < options_.again_after;
}

std::shared_ptr<SharedHost> Hosts::ask(const IpAddress& address) {
  const std::string name = address.text();
  const auto found = hosts_.find(name);
  if (found != hosts_.end()) {
    ++found->second.host->wanted;
    return found->second.host;
  }
  std::shared_ptr<SharedHost> host = add(name);
  host->named = false;
  facts::MxHost& facts = host->facts;
  facts.ipv4.status = facts.ipv6.status = facts.tlsa.status = LookupStatus::no_data;
  facts::AddressLookup& lookup = address.is_v4() ? facts.ipv4 : facts.ipv6;
  lookup.status = LookupStatus::answer;
  lookup.addresses = {address};
  ++host->open;  // until all is asked
  probe(host);
  answered(host);
  return host;
}

std::shared_ptr<SharedHost> Hosts::add(const std::string& name) {
  forget_old();
  auto host = std::make_shared<SharedHost>();
  host->facts.host = name;
  host->wanted = 1;
  hosts_.emplace(name, Kept{host, ages_.insert(ages_.end(), name)});
  ++running_;
  return host;
}

std::string Hosts::tlsa_name(const std::string& host) const {
  return '_' + std::to_string(options_.tlsa_port) + "._tcp." + host;
}

void Hosts::start(const std::shared_ptr<SharedHost>& host) {
  facts::MxHost& facts = host->facts;
  const std::string& name = facts.host;
  ++host->open;  // until all is asked
  ++host->open;
  expect(facts.tlsa, tlsa_name(name));
  resolver_.tlsa(facts.tlsa.name, [this, host](facts::TlsaLookup lookup) {
    host->facts.tlsa = std::move(lookup);
    answered(host);
  });
  const auto left = std::make_shared<int>((options_.ipv4 ? 1 : 0) + (options_.ipv6 ? 1 : 0));
  const auto ask_addresses = [&](auto question, facts::AddressLookup& into) {
    expect(into, name);
    ++host->open;
    (resolver_.*question)(name, [this, host, &into, left](facts::AddressLookup lookup) {
      into = std::move(lookup);
      if (--*left == 0) probe(host);
      answered(host);
    });
  };
  if (options_.ipv4) ask_addresses(&net::Resolver::ipv4, facts.ipv4);
  if (options_.ipv6) ask_addresses(&net::Resolver::ipv6, facts.ipv6);
  answered(host);
}

void Hosts::probe(const std::shared_ptr<SharedHost>& host) {
  facts::MxHost& facts = host->facts;
  // RFC 7672 §2.2.2: where the addresses behind a CNAME are not secure, the first CNAME may be.
  const facts::AddressLookup& addressed = facts.ipv4.cnames.empty() ? facts.ipv6 : facts.ipv4;
  if (!addressed.cnames.empty() && !addressed.authentic) {
    ++host->open;
    expect(facts.first_cname, facts.host);
    resolver_.cname(facts.host, [this, host](facts::Lookup lookup) {
      host->facts.first_cname = std::move(lookup);
      answered(host);
    });
  }
  if (!addressed.cnames.empty() && addressed.found() && addressed.authentic) {
    ++host->open;
    facts::TlsaLookup& lookup = host->tlsa_at_target.emplace();
    expect(lookup, tlsa_name(addressed.cnames.back()));
    resolver_.tlsa(lookup.name, [this, host](facts::TlsaLookup found) {
      host->tlsa_at_target = std::move(found);
      answered(host);
    });
  }
  const std::vector<IpAddress> addresses = addresses_of(facts.ipv4, facts.ipv6, host->cut);
  facts.probes.resize(addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    facts.probes[i].address = addresses[i];
    facts.probes[i].port = options_.port;
  }
  if (!options_.probe) return;
  const net::Time now = net::Reactor::now();
  host->turns.assign(addresses.size(), Turn{now, {}});
  const bool all_blocked = leaves_alone(std::string_view(facts.host));
  for (facts::SmtpProbe& probe : facts.probes) {
    const bool blocked = all_blocked || leaves_alone(probe.address);
    probe.status = blocked ? facts::SmtpStatus::blocked : facts::SmtpStatus::timed_out;
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (facts.probes[i].status == facts::SmtpStatus::blocked) continue;
    ++host->open;
    turns_.ask(addresses[i], [this, host, i] {
      if (host->wanted == 0) {
        host->abandoned = true;
        answered(host);
        return false;
      }
      host->turns[i].began = net::Reactor::now();
      const IpAddress address = host->facts.probes[i].address;
      prober_.probe(host->named ? host->facts.host : "", address,
                    [this, host, i](facts::SmtpProbe done) {
                      turns_.end(done.address);
                      on_probe_(done);
                      host->facts.probes[i] = std::move(done);
                      answered(host);
                    });
      return true;
    });
  }
}

void Hosts::answered(const std::shared_ptr<SharedHost>& host) {
  if (--host->open > 0) return;
  host->done = true;
  host->done_at = net::Reactor::now();
  host->bytes = size_of(*host);
  bytes_ += host->bytes;
  --running_;
  for (const auto& each : std::exchange(host->on_done, {})) each();
}

// Of those that are done the ones asked for longest ago.
void Hosts::forget_old() {
  auto age = ages_.begin();
  while (age != ages_.end() && (hosts_.size() - running_ >= kKept || bytes_ > kMaxKeptBytes)) {
    const auto next = std::next(age);
    if (hosts_.at(*age).host->done) forget(age);
    age = next;
  }
}

void Hosts::forget(std::list<std::string>::iterator age) {
  const auto found = hosts_.find(*age);
  bytes_ -= found->second.host->bytes;
  hosts_.erase(found);
  ages_.erase(age);
}

}  // namespace mxseal::check
