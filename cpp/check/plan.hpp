// SPDX-License-Identifier: MIT
// Plan: everything that is asked about one domain, in the order that saves work, until facts::Domain is whole.
//
// TXT, MX and the resolver's self-test go out at once; the policy host is asked only where the record says so, each MX host at
// each of its addresses as soon as they are known. Whatever the time allowed cuts off stays "timed out": never an absence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/domain_name.hpp"
#include "base/ip_address.hpp"
#include "check/hosts.hpp"
#include "check/proposed.hpp"
#include "facts/domain.hpp"
#include "judge/judge.hpp"
#include "net/connect_probe.hpp"
#include "net/connection_turns.hpp"
#include "net/policy_fetch.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "net/smtp_probe.hpp"
#include "net/target_list.hpp"

namespace mxseal::check {

struct Options {
  net::ResolverOptions resolver;
  net::PolicyFetchOptions fetch;
  net::SmtpProbeOptions probe;
  std::chrono::milliseconds timeout{90'000};  ///< a domain, in all
  /// What it waits for its turn to connect does not count, up to this: who puts a thousand addresses into one network holds nobody
  /// up.
  std::chrono::milliseconds most_waiting{900'000};
  bool ask_port_25 = true;  ///< not --no-probe
  bool only_mx = false;     ///< which hosts take the mail, and nothing else
  bool thorough = true;     ///< look-ups and handshakes that cost extra
  bool ipv4 = true;
  bool ipv6 = true;
  std::uint16_t tlsa_port = 25;   ///< whose TLSA records are asked for (RFC 7672 §2.2.3)
  bool allow_private = false;     ///< connect to addresses that are not public too
  std::size_t most_at_once = 20;  ///< domains
  /// How many connections an address and a network bear; nothing: as many as there are.
  std::optional<net::ConnectionLimits> limits;
  /// Domains, hosts and addresses that are left alone; null: none.
  std::shared_ptr<const net::Targets> targets;
  std::optional<std::int64_t> at;    ///< judge as of this time, seconds since 1970; nothing: now
  std::optional<Proposed> proposed;  ///< a rehearsal: judge this in place of what is published
};

/// Sets what goes with the port of a host that is looked at alone: TLS comes first on 465 (RFC 8314 §3.3), 465 and 587 have TLSA
/// records of their own (RFC 6698 §3). Any other port stands for 25, as in a laboratory.
void set_port(Options& options, std::uint16_t port);

/// MX hosts of a domain that are looked at; the rest stays unknown, and budget_spent says so. (Addresses: kMaxAddresses.)
inline constexpr std::size_t kMaxMxHosts = 50;
/// Targets of reports that are looked at.
inline constexpr std::size_t kMaxRua = 10;

/// What all domains of a run share: the resolver, the MX hosts, and what the probes showed of the network. A domain's time does not
/// run while it waits for its turn to connect.
class Checker {
 public:
  using OnDone = std::function<void(facts::Domain)>;

  Checker(net::Reactor& reactor, Options options);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  /// Checks a domain, as typed; `on_done` is called from the reactor, not from within start().
  void start(const std::string& domain, OnDone on_done);
  /// One host alone, as the one MX host of a domain of its own name: facts of that domain without records and policy.
  void start_host(const DomainName& name, OnDone on_done);
  /// The same of an address, of which no name is known: without TLSA and SNI.
  void start_address(const IpAddress& address, OnDone on_done);
  /// The policy host of a domain alone, without asking for the record.
  void start_policy(const DomainName& domain, OnDone on_done);

  net::ResolverCounts resolver_counts() const { return resolver_.counts(); }
  /// Questions and connections whose turn has not come.
  std::size_t waiting_questions() const { return resolver_.waiting(); }
  std::size_t waiting_connections() const { return turns_.waiting(); }
  /// Whether the resolver validates.
  void validation(std::function<void(facts::Validation)> on_answer) {
    resolver_.validation(std::move(on_answer));
  }

 private:
  class Plan;

  /// Whether port 25 seems blocked for this network (facts::Domain::port_25_blocked).
  bool port_25_blocked() const;
  void saw(const facts::SmtpProbe& probe);

  net::Reactor& reactor_;
  Options options_;
  net::Resolver resolver_;
  net::PolicyFetcher fetcher_;
  net::SmtpProber prober_;
  net::ConnectProber connector_;
  net::ConnectionTurns turns_;
  Hosts hosts_;
  std::set<std::string> silent_networks_;  // where port 25 was silent, as /24 or /48
  bool port_25_answered_ = false;
  bool port_443_answered_ = false;
};

/// The published state of a domain, beside the proposed one.
struct Published {
  facts::Domain facts;
  judge::Judgement judgement;  ///< as of now, whatever Options::at
};

/// Gets a domain's place in the list, what was seen of it and what that is worth. In a rehearsal that is the proposed state, and
/// the last argument the published one; else it is null.
using OnResult = std::function<void(std::size_t, const facts::Domain&, const judge::Judgement&,
                                    const Published*)>;

/// Checks and judges all domains, each handed over as soon as it is done. `stopped` is asked at least every 50 ms, and true ends
/// it all.
void check_all(const std::vector<std::string>& domains, const Options& options,
               const pki::TrustStore& roots, const OnResult& on_result,
               const std::function<bool()>& stopped);

/// What Checker::start_host(), start_address() and start_policy() see; nothing if it was stopped before the end.
std::optional<facts::Domain> see_host(const DomainName& name, const Options& options,
                                      const std::function<bool()>& stopped);
std::optional<facts::Domain> see_address(const IpAddress& address, const Options& options,
                                         const std::function<bool()>& stopped);
std::optional<facts::Domain> see_policy(const DomainName& domain, const Options& options,
                                        const std::function<bool()>& stopped);

}  // namespace mxseal::check
