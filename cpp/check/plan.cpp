// SPDX-License-Identifier: MIT
#include "check/plan.hpp"

#include <algorithm>
#include <ctime>
#include <map>
#include <string_view>
#include <utility>

#include "base/domain_name.hpp"
#include "formats/mtasts_policy.hpp"
#include "formats/report_uri.hpp"
#include "formats/tlsrpt_record.hpp"
#include "judge/public_suffix.hpp"
#include "net/address_guard.hpp"

namespace mxseal::check {
namespace {

using facts::LookupStatus;

double seconds_between(net::Time from, net::Time to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string sts_record_of(const std::string& domain) {
  return "_mta-sts." + domain;
}

std::string tlsrpt_record_of(const std::string& domain) {
  return "_smtp._tls." + domain;
}

// Networks that are silent on port 25 before it seems blocked here.
constexpr std::size_t kSilentNetworks = 2;

}  // namespace

// Lives as long as one of its questions is open; after finish() answers find nobody at home.
class Checker::Plan : public std::enable_shared_from_this<Plan> {
 public:
  Plan(Checker& checker, OnDone on_done) : checker_(checker), on_done_(std::move(on_done)) {}

  void start(const std::string& domain) {
    const Result<DomainName> name = DomainName::parse(domain);
    facts_.valid = name.has_value();
    begin(name ? std::string(name->text()) : domain);
    facts_.blocked = facts_.valid && leaves_alone(std::string_view(facts_.domain));
    if (!facts_.valid || facts_.blocked) {
      const auto self = shared_from_this();
      checker_.reactor_.at(started_, [self] { self->finish(); });
      return;
    }
    ++open_;  // until all is asked
    const Options& options = checker_.options_;
    if (options.thorough && !options.only_mx) ask_records();
    ask_mx();
    answered();
  }

  void start_host(const DomainName& name) {
    begin(std::string(name.text()));
    ++open_;  // until all is asked
    ask_host(named_host());
    answered();
  }

  void start_address(const IpAddress& address) {
    begin(address.text());
    ++open_;  // until all is asked
    facts::MxHost& host = named_host();
    host.valid = true;  // there is nothing to be looked up
    share(host, checker_.hosts_.ask(address));
    answered();
  }

  void start_policy(const DomainName& domain) {
    begin(std::string(domain.text()));
    ++open_;  // until all is asked
    ask_policy_host();
    answered();
  }

 private:
  template <typename What>
  bool leaves_alone(const What& what) const {
    const auto& targets = checker_.options_.targets;
    return targets != nullptr && targets->leave_alone(what);
  }

  void begin(std::string domain) {
    started_ = net::Reactor::now();
    facts_.started = std::time(nullptr);
    facts_.probed = checker_.options_.ask_port_25;
    facts_.domain = std::move(domain);
    end_at(started_ + checker_.options_.timeout);
  }

  void end_at(net::Time when) {
    deadline_ = checker_.reactor_.at(when, [self = shared_from_this()] {
      const Options& options = self->checker_.options_;
      const net::Time end = self->started_ + options.timeout +
                            std::min<net::Clock::duration>(self->waited(), options.most_waiting);
      if (end > net::Reactor::now()) return self->end_at(end);
      self->facts_.budget_spent = true;
      self->finish();
    });
  }

  // How long it waited for its turn to connect, in what is still open; that does not count.
  net::Clock::duration waited() const {
    net::Clock::duration longest{};
    for (const auto& [host, shared] : open_hosts_) {
      for (const Turn& turn : shared->turns)
        longest = std::max(longest, turn.waited_since(started_));
    }
    for (const auto& turn : fetch_turns_) longest = std::max(longest, turn->waited_since(started_));
    return longest;
  }

  // The one host of a domain of its own name; who typed it vouches for it as a signed MX answer would (RFC 7672 §2.2.2).
  facts::MxHost& named_host() {
    facts_.mx.status = LookupStatus::answer;
    facts_.mx.authentic = true;
    facts_.mx.records = {{0, facts_.domain}};
    facts_.mx_hosts.push_back(unasked_host({0, facts_.domain}));
    return facts_.mx_hosts.front();
  }

  // Asks for one thing; `then` sees the answer, and may ask further.
  template <typename Lookup, typename Then>
  void ask(void (net::Resolver::*question)(std::string, std::function<void(Lookup)>),
           std::string name, Lookup& into, Then then) {
    expect(into, name);
    ++open_;
    const auto self = shared_from_this();
    (checker_.resolver_.*question)(std::move(name), [self, &into, then](Lookup lookup) {
      if (self->finished_) return;
      into = std::move(lookup);
      then();
      self->answered();
    });
  }

  void ask_records() {
    const std::string& domain = facts_.domain;
    ask(&net::Resolver::txt, sts_record_of(domain), facts_.sts_record, [this] { ask_policy(); });
    ask(&net::Resolver::txt, tlsrpt_record_of(domain), facts_.tlsrpt_record, [this] { ask_rua(); });
    if (!checker_.options_.thorough) return;
    facts::Thorough& thorough = facts_.thorough.emplace();
    ask(&net::Resolver::txt, domain, thorough.txt_at_domain, [] {});
    ask(&net::Resolver::txt, "mta-sts." + domain, thorough.txt_at_mta_sts, [] {});
    std::vector<std::string> parents;
    for (std::size_t dot = domain.find('.'); dot != std::string::npos;
         dot = domain.find('.', dot + 1)) {
      const std::string parent = domain.substr(dot + 1);
      if (parent.find('.') != std::string::npos) parents.push_back(sts_record_of(parent));
    }
    thorough.parents.resize(parents.size());
    for (std::size_t i = 0; i < parents.size(); ++i)
      ask(&net::Resolver::txt, parents[i], thorough.parents[i], [] {});
  }

  // Below a name that does not exist nothing exists (RFC 8020), and nothing need be asked for; behind a CNAME that leads nowhere
  // something may.
  void ask_records_where_there_may_be_some() {
    if (facts_.mx.status != LookupStatus::no_name || !facts_.mx.cnames.empty() || proposed())
      return ask_records();
    for (facts::TxtLookup* lookup : {&facts_.sts_record, &facts_.tlsrpt_record}) {
      std::string name = std::move(lookup->name);
      static_cast<facts::Lookup&>(*lookup) = static_cast<const facts::Lookup&>(facts_.mx);
      lookup->name = std::move(name);
    }
  }

  // RFC 8460 §3: can reports get there? None is sent.
  void ask_rua() {
    if (!checker_.options_.thorough || !facts_.tlsrpt_record.found()) return;
    const auto record = tlsrpt::select_record(facts_.tlsrpt_record.records);
    if (!record || !*record) return;
    for (const std::string& uri : (*record)->rua) {
      const std::optional<tlsrpt::ReportTarget> target = tlsrpt::report_target(uri);
      if (!target) continue;
      const Result<DomainName> domain = DomainName::parse(target->domain);
      if (!domain) continue;  // an address literal: nothing to look up
      if (facts_.rua.size() == kMaxRua) {
        facts_.budget_spent = true;
        break;
      }
      facts_.rua.push_back({uri, std::string(domain->text()), {}, {}, {}, {}, target->port});
    }
    for (facts::RuaTarget& target : facts_.rua) {
      if (tlsrpt::report_target(target.uri)->by_mail) {
        ask(&net::Resolver::mx, target.domain, target.mx, [] {});
        ask_addresses(target.domain, target.ipv4, target.ipv6, [] {});
      } else {
        ask_addresses(target.domain, target.ipv4, target.ipv6,
                      [this, &target] { connect(target); });
      }
    }
  }

  void connect(facts::RuaTarget& target) {
    std::vector<IpAddress> addresses = addresses_of(target.ipv4, target.ipv6);
    std::erase_if(addresses, [this](const IpAddress& each) { return leaves_alone(each); });
    if (addresses.empty() || leaves_alone(std::string_view(target.domain))) return;
    ++open_;
    const auto self = shared_from_this();
    const std::uint16_t port = target.port == 0 ? checker_.options_.fetch.port : target.port;
    checker_.turns_.ask(addresses.front(), [self, &target, addresses, port] {
      if (self->finished_) return false;
      self->checker_.connector_.probe(addresses, port,
                                      [self, &target, addresses](std::optional<bool> answers) {
                                        self->checker_.turns_.end(addresses.front());
                                        if (self->finished_) return;
                                        target.answers = answers;
                                        self->answered();
                                      });
      return true;
    });
  }

  // --------------------------------------------------------------------------- the policy host
  // RFC 8461 §3.1: without exactly one valid record there is nothing to be fetched. In a rehearsal the host matters in any case,
  // since its DNS, TLS and certificate will stand between senders and the proposed policy.
  void ask_policy() {
    const bool has_record =
        facts_.sts_record.found() && has_valid_record(facts_.sts_record.records);
    if (!has_record && !(proposed() && proposed()->needs_policy_host())) return;
    ask_policy_host();
  }

  void ask_policy_host() {
    facts_.policy.host = "mta-sts." + facts_.domain;
    ask_addresses(facts_.policy.host, facts_.policy.ipv4, facts_.policy.ipv6, [this] { fetch(); });
  }

  // Both families are looked at where there is time for it: one that fails while the other serves is a fault that half of the
  // senders meet.
  void fetch() {
    const facts::AddressLookup& ipv6 = facts_.policy.ipv6;
    const facts::AddressLookup& ipv4 = facts_.policy.ipv4;
    if (checker_.options_.thorough && !ipv6.addresses.empty() && !ipv4.addresses.empty()) {
      fetch_from(addresses_of(ipv4, {}));
      fetch_from(addresses_of(ipv6, {}));
    } else if (!ipv4.addresses.empty() || !ipv6.addresses.empty()) {
      fetch_from(addresses_of(ipv6, ipv4));
    } else {
      ask_pattern_domains();
    }
  }

  void fetch_from(std::vector<IpAddress> addresses) {
    if (leaves_alone(std::string_view(facts_.policy.host))) {
      addresses.clear();
    } else {
      std::erase_if(addresses, [this](const IpAddress& each) { return leaves_alone(each); });
    }
    if (addresses.empty()) {
      if (facts_.policy.status == facts::FetchStatus::not_tried)
        facts_.policy.status = facts::FetchStatus::blocked;
      return;
    }
    // Should the time end, the answer was cut short by us.
    if (facts_.policy.status == facts::FetchStatus::not_tried ||
        facts_.policy.status == facts::FetchStatus::blocked)
      facts_.policy.status = facts::FetchStatus::cut_short;
    ++open_;
    ++fetches_open_;
    const auto self = shared_from_this();
    const auto turn = fetch_turns_.emplace_back(std::make_shared<Turn>());
    turn->asked = net::Reactor::now();
    // Counted with the first address: mostly there is one, and the others are tried where it takes no connection.
    checker_.turns_.ask(addresses.front(), [self, turn, addresses] {
      if (self->finished_) return false;
      turn->began = net::Reactor::now();
      self->checker_.fetcher_.fetch(self->facts_.policy.host, addresses,
                                    [self, addresses](facts::PolicyFetch fetched) {
                                      self->checker_.turns_.end(addresses.front());
                                      if (fetched.tls.status != facts::TlsStatus::not_tried)
                                        self->checker_.port_443_answered_ = true;
                                      if (self->finished_) return;
                                      self->take_fetch(std::move(fetched));
                                      if (--self->fetches_open_ == 0) self->ask_pattern_domains();
                                      self->answered();
                                    });
      return true;
    });
  }

  // Of two families the one that serves the policy, and the attempts of both.
  void take_fetch(facts::PolicyFetch fetched) {
    facts::PolicyFetch& policy = facts_.policy;
    std::vector<facts::FetchAttempt> attempts = std::move(policy.attempts);
    attempts.insert(attempts.end(), fetched.attempts.begin(), fetched.attempts.end());
    const auto serves = [](const facts::PolicyFetch& each) {
      return each.status == facts::FetchStatus::response && each.http_status == 200;
    };
    if (policy.status == facts::FetchStatus::cut_short || (serves(fetched) && !serves(policy))) {
      fetched.host = policy.host;
      fetched.ipv4 = std::move(policy.ipv4);
      fetched.ipv6 = std::move(policy.ipv6);
      policy = std::move(fetched);
    }
    policy.attempts = std::move(attempts);
  }

  static void add_pattern_domains(std::string_view body, std::set<std::string>& domains) {
    const Result<mtasts::Policy> policy = mtasts::parse_policy(body);
    if (!policy) return;
    for (const mtasts::MxPattern& pattern : policy->mx) {
      const std::string_view domain = judge::registered_domain(pattern.name().text());
      if (!judge::is_public_suffix(domain) && domains.size() < kMaxMxHosts) domains.emplace(domain);
    }
  }

  // RFC 8461 §10.4: whoever registers the domain below which a pattern stands passes the policy.
  void ask_pattern_domains() {
    if (!facts_.thorough) return;
    std::set<std::string> domains;
    if (proposed() && proposed()->policy) add_pattern_domains(*proposed()->policy, domains);
    if (facts_.policy.status == facts::FetchStatus::response)
      add_pattern_domains(facts_.policy.body, domains);
    facts_.thorough->pattern_domains.resize(domains.size());
    std::size_t i = 0;
    for (const std::string& domain : domains) {
      facts::Lookup& lookup = facts_.thorough->pattern_domains[i++];
      expect(lookup, domain);
      ++open_;
      const auto self = shared_from_this();
      checker_.resolver_.txt(domain, [self, &lookup](const facts::TxtLookup& answer) {
        if (self->finished_) return;
        lookup = static_cast<const facts::Lookup&>(answer);
        self->answered();
      });
    }
  }

  // --------------------------------------------------------------------------------- MX hosts
  void ask_mx() {
    const bool records_later = !checker_.options_.thorough && !checker_.options_.only_mx;
    if (records_later) {
      expect(facts_.sts_record, sts_record_of(facts_.domain));
      expect(facts_.tlsrpt_record, tlsrpt_record_of(facts_.domain));
    }
    ask(&net::Resolver::mx, facts_.domain, facts_.mx, [this, records_later] {
      if (records_later) ask_records_where_there_may_be_some();
      if (facts_.mx.found()) {
        for (const facts::MxRecord& record : facts_.mx.records) {
          if (!record.host.empty() && !is_known(record.host))  // empty: the null MX (RFC 7505)
            facts_.mx_hosts.push_back(unasked_host(record));
        }
      } else if (facts_.mx.absent()) {
        facts_.implicit_mx = true;  // RFC 5321 §5.1
        facts_.mx_hosts.push_back(unasked_host({0, facts_.domain}));
        if (facts_.mx.status == LookupStatus::no_name) lead_nowhere(facts_.mx_hosts.front());
      }
      if (checker_.options_.only_mx) return;
      if (proposed() && proposed()->mx) {
        for (const facts::MxRecord& record : *proposed()->mx) {
          if (!record.host.empty() && !is_known(record.host))
            facts_.proposed_hosts.push_back(unasked_host(record));
        }
      }
      // All hosts are held against the policy; those beyond the limit stay unknown besides.
      std::size_t asked = 0;
      for (std::vector<facts::MxHost>* hosts : {&facts_.mx_hosts, &facts_.proposed_hosts}) {
        for (facts::MxHost& host : *hosts) {
          if (!host.valid || host.ipv4.absent()) continue;
          if (asked++ < kMaxMxHosts) {
            ask_host(host);
          } else {
            facts_.budget_spent = true;
          }
        }
      }
    });
  }

  bool is_known(const std::string& name) const {
    const auto is = [&](const facts::MxHost& host) { return host.host == name; };
    return std::ranges::any_of(facts_.mx_hosts, is) ||
           std::ranges::any_of(facts_.proposed_hosts, is);
  }

  // A name that does not exist has no address either (RFC 8020), which need not be asked for.
  void lead_nowhere(facts::MxHost& host) const {
    for (facts::AddressLookup* lookup : {&host.ipv4, &host.ipv6}) {
      static_cast<facts::Lookup&>(*lookup) = static_cast<const facts::Lookup&>(facts_.mx);
      lookup->name = host.host;
    }
  }

  void ask_host(facts::MxHost& host) { share(host, checker_.hosts_.ask(host.host)); }

  void share(facts::MxHost& host, const std::shared_ptr<SharedHost>& shared) {
    if (shared->done) return take_host(host, *shared);
    ++open_;
    open_hosts_.emplace_back(&host, shared);
    // Not the pointer that shares it: it would hold itself.
    shared->on_done.emplace_back([self = shared_from_this(), &host, seen = shared.get()] {
      if (self->finished_) return;
      self->take_host(host, *seen);
      std::erase_if(self->open_hosts_, [&](const auto& each) { return each.first == &host; });
      self->answered();
    });
  }

  void take_host(facts::MxHost& host, const SharedHost& shared) {
    const std::uint16_t preference = host.preference;
    host = shared.seen();
    host.preference = preference;
    facts_.budget_spent = facts_.budget_spent || shared.cut;
  }

  // ------------------------------------------------------------------------------- both of them
  const std::optional<Proposed>& proposed() const { return checker_.options_.proposed; }

  template <typename Then>
  void ask_addresses(const std::string& name, facts::AddressLookup& ipv4,
                     facts::AddressLookup& ipv6, Then then) {
    const auto left =
        std::make_shared<int>((checker_.options_.ipv4 ? 1 : 0) + (checker_.options_.ipv6 ? 1 : 0));
    const auto one = [left, then] {
      if (--*left == 0) then();
    };
    if (checker_.options_.ipv4) ask(&net::Resolver::ipv4, name, ipv4, one);
    if (checker_.options_.ipv6) ask(&net::Resolver::ipv6, name, ipv6, one);
  }

  std::vector<IpAddress> addresses_of(const facts::AddressLookup& first,
                                      const facts::AddressLookup& second) {
    return check::addresses_of(first, second, facts_.budget_spent);
  }

  void answered() {
    if (--open_ > 0 || finished_) return;
    if (!needs_validation()) return finish();
    ++open_;
    validation_asked_ = true;
    const auto self = shared_from_this();
    checker_.resolver_.validation([self](facts::Validation validation) {
      self->facts_.validation = validation;
      self->answered();
    });
  }

  // Only where there are TLSA records does it matter whether the resolver validates.
  bool needs_validation() const {
    return !validation_asked_ &&
           std::ranges::any_of(facts_.mx_hosts, [](const facts::MxHost& host) {
             return host.tlsa.found() || host.tlsa.unknown();
           });
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    checker_.reactor_.cancel(deadline_);
    for (const auto& [host, shared] : open_hosts_) {
      take_host(*host, *shared);
      --shared->wanted;
    }
    open_hosts_.clear();
    facts_.seconds = seconds_between(started_, net::Reactor::now());
    facts_.port_25_blocked = checker_.port_25_blocked();
    on_done_(std::move(facts_));
  }

  Checker& checker_;
  OnDone on_done_;
  facts::Domain facts_;
  net::Time started_;
  net::Reactor::TimerId deadline_;
  std::vector<std::pair<facts::MxHost*, std::shared_ptr<SharedHost>>> open_hosts_;
  std::vector<std::shared_ptr<Turn>> fetch_turns_;
  int open_ = 0;  // questions without an answer
  int fetches_open_ = 0;
  bool validation_asked_ = false;
  bool finished_ = false;
};

namespace {

// What the options of the run mean for the parts.
Options spread(Options options) {
  const bool allow_private = options.allow_private;
  const auto guard = [allow_private](const IpAddress& address) {
    return net::allowed(address, allow_private);
  };
  options.fetch.allowed = guard;
  options.probe.allowed = guard;
  options.probe.thorough = options.thorough;
  if (options.timeout < options.fetch.total_timeout) {
    options.fetch.total_timeout = options.timeout;
    options.fetch.is_patience_of_senders = false;
  }
  options.probe.total_timeout = std::min(options.probe.total_timeout, options.timeout);
  return options;
}

}  // namespace

void set_port(Options& options, std::uint16_t port) {
  options.probe.port = port;
  options.probe.implicit_tls = port == 465;
  options.tlsa_port = port == 465 || port == 587 ? port : 25;
}

Checker::Checker(net::Reactor& reactor, Options options)
    : reactor_(reactor),
      options_(spread(std::move(options))),
      resolver_(reactor_, options_.resolver),
      fetcher_(reactor_, options_.fetch),
      prober_(reactor_, options_.probe),
      connector_(reactor_, {options_.probe.connect_timeout, options_.probe.allowed}),
      turns_(reactor_, options_.limits),
      hosts_(resolver_, prober_, turns_,
             {options_.ipv4, options_.ipv6, options_.ask_port_25, options_.probe.port,
              options_.tlsa_port, options_.targets},
             [this](const facts::SmtpProbe& probe) { saw(probe); }) {}

Checker::~Checker() = default;

void Checker::start(const std::string& domain, OnDone on_done) {
  std::make_shared<Plan>(*this, std::move(on_done))->start(domain);
}

void Checker::start_host(const DomainName& name, OnDone on_done) {
  std::make_shared<Plan>(*this, std::move(on_done))->start_host(name);
}

void Checker::start_address(const IpAddress& address, OnDone on_done) {
  std::make_shared<Plan>(*this, std::move(on_done))->start_address(address);
}

void Checker::start_policy(const DomainName& domain, OnDone on_done) {
  std::make_shared<Plan>(*this, std::move(on_done))->start_policy(domain);
}

bool Checker::port_25_blocked() const {
  return !port_25_answered_ && port_443_answered_ && silent_networks_.size() == kSilentNetworks;
}

void Checker::saw(const facts::SmtpProbe& probe) {
  if (probe.status == facts::SmtpStatus::timed_out && probe.greeting.empty()) {
    if (silent_networks_.size() < kSilentNetworks)
      silent_networks_.insert(net::network_of(probe.address));
  } else if (probe.status != facts::SmtpStatus::private_address) {
    port_25_answered_ = true;
  }
}

void check_all(const std::vector<std::string>& domains, const Options& options,
               const pki::TrustStore& roots, const OnResult& on_result,
               const std::function<bool()>& stopped) {
  net::Reactor reactor;
  Checker checker(reactor, options);
  std::size_t next = 0;
  std::size_t running = 0;
  reactor.run([&] {
    while (running < options.most_at_once && next < domains.size()) {
      const std::size_t place = next++;
      ++running;
      checker.start(domains[place], [&, place](const facts::Domain& facts) {
        --running;
        const std::int64_t now = std::time(nullptr);
        const std::int64_t at = options.at.value_or(now);
        if (!options.proposed) {
          on_result(place, facts, judge::judge(facts, roots, at), nullptr);
          return;
        }
        const Published published{facts, judge::judge(facts, roots, now)};
        const facts::Domain then = with_proposed(facts, *options.proposed);
        judge::Options judging;
        judging.published = &published.judgement;
        on_result(place, then, judge::judge(then, roots, at, judging), &published);
      });
    }
    return (running == 0 && next == domains.size()) || stopped();
  });
}

namespace {

// Runs what is started until its facts are whole; nothing if it was stopped before.
template <typename Start>
std::optional<facts::Domain> run_one(const Options& options, const std::function<bool()>& stopped,
                                     Start start) {
  net::Reactor reactor;
  Checker checker(reactor, options);
  std::optional<facts::Domain> seen;
  start(checker, [&seen](facts::Domain facts) { seen = std::move(facts); });
  reactor.run([&] { return seen.has_value() || stopped(); });
  return seen;
}

}  // namespace

std::optional<facts::Domain> see_host(const DomainName& name, const Options& options,
                                      const std::function<bool()>& stopped) {
  return run_one(options, stopped, [&](Checker& checker, Checker::OnDone on_done) {
    checker.start_host(name, std::move(on_done));
  });
}

std::optional<facts::Domain> see_address(const IpAddress& address, const Options& options,
                                         const std::function<bool()>& stopped) {
  return run_one(options, stopped, [&](Checker& checker, Checker::OnDone on_done) {
    checker.start_address(address, std::move(on_done));
  });
}

std::optional<facts::Domain> see_policy(const DomainName& domain, const Options& options,
                                        const std::function<bool()>& stopped) {
  return run_one(options, stopped, [&](Checker& checker, Checker::OnDone on_done) {
    checker.start_policy(domain, std::move(on_done));
  });
}

}  // namespace mxseal::check
