// SPDX-License-Identifier: MIT
// MX hosts that many domains share: asked once, handed to each, and judged for each anew.
#include "check/hosts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "check/plan.hpp"
#include "net/dns_server.hpp"
#include "net/local_server.hpp"
#include "zone.hpp"

namespace mxseal::check {
namespace {

using namespace std::chrono_literals;
using facts::LookupStatus;
using facts::SmtpStatus;
using test::DnsServer;
using test::LocalServer;
using test::Peer;
using test::Zone;
namespace wire = mxseal::test::dns;

std::size_t asked(const DnsServer& server, const std::string& name, unsigned type) {
  const std::vector<test::Query> queries = server.queries();
  return static_cast<std::size_t>(std::ranges::count_if(
      queries, [&](const test::Query& query) { return query.name == name && query.type == type; }));
}

net::ResolverOptions resolver_of(const DnsServer& server) {
  net::ResolverOptions options;
  options.servers = {server.address()};
  options.question_timeout = 20s;
  options.next_server_after = 20s;
  options.signed_name = "signed.example";
  options.bogus_name = "bogus.example";
  return options;
}

// A DNS server, and a checker that asks it.
struct Network {
  DnsServer dns;
  net::Reactor reactor;
  Checker checker;
  std::map<std::string, facts::Domain> seen;

  Network(const Zone& zone, Options options) : dns(zone), checker(reactor, with_dns(options)) {}

  Options with_dns(Options options) const {
    options.resolver = resolver_of(dns);
    options.thorough = false;
    options.allow_private = true;
    return options;
  }
  void start(const std::string& domain) {
    checker.start(domain, [this, domain](facts::Domain facts) { seen[domain] = std::move(facts); });
  }
  void wait(std::size_t domains) {
    reactor.run([&] { return seen.size() == domains; });
  }
};

// A mail server without STARTTLS, which counts who comes.
struct MailServer {
  std::atomic<int> came{0};
  LocalServer server{[this](Peer& peer) {
    ++came;
    peer.send("220 mx.example ESMTP\r\n");
    peer.line();
    peer.send("250 mx.example\r\n");
    peer.wait_for_end();
  }};
};

// ------------------------------------------------------------------------------------------- once
TEST(Hosts, a_host_that_a_hundred_domains_name_is_looked_up_and_probed_once) {
  MailServer mail;
  Zone zone;
  zone.address("mx.shared.example", test::kLoopback);
  for (int i = 0; i < 100; ++i) {
    const std::string domain = "d" + std::to_string(i) + ".example";
    zone.records[{domain, wire::kMx}] = {
        wire::mx(domain, static_cast<unsigned>(i), "MX.Shared.Example")};
  }
  Options options;
  options.probe.port = mail.server.port();
  Network run(zone, options);
  for (int i = 0; i < 50; ++i) run.start("d" + std::to_string(i) + ".example");
  run.wait(50);
  for (int i = 50; i < 100; ++i) run.start("d" + std::to_string(i) + ".example");  // it is done
  run.wait(100);
  EXPECT_EQ(mail.came, 1);
  for (const unsigned type : {wire::kA, wire::kAaaa})
    EXPECT_EQ(asked(run.dns, "mx.shared.example", type), 1U);
  EXPECT_EQ(asked(run.dns, "_25._tcp.mx.shared.example", wire::kTlsa), 1U);
  for (int i = 0; i < 100; ++i) {
    const facts::Domain& facts = run.seen["d" + std::to_string(i) + ".example"];
    ASSERT_EQ(facts.mx_hosts.size(), 1U);
    const facts::MxHost& host = facts.mx_hosts[0];
    EXPECT_EQ(host.host, "mx.shared.example");
    EXPECT_EQ(host.preference, i) << "each domain's own";
    ASSERT_EQ(host.probes.size(), 1U);
    EXPECT_EQ(host.probes[0].status, SmtpStatus::starttls_missing);
    EXPECT_EQ(host.probes[0].greeting, "220 mx.example ESMTP");
    EXPECT_TRUE(host.ipv4.found());
    EXPECT_EQ(host.tlsa.status, LookupStatus::no_data);
    EXPECT_FALSE(facts.budget_spent);
  }
}

// Hosts without Checker: nothing is probed.
struct Lookups {
  DnsServer dns;
  net::Reactor reactor;
  net::Resolver resolver;
  net::SmtpProber prober{reactor, {}};
  net::ConnectionTurns turns{reactor, {}};
  Hosts hosts;

  explicit Lookups(const Zone& zone, Hosts::Options options = {})
      : dns(zone),
        resolver(reactor, resolver_of(dns)),
        hosts(resolver, prober, turns, without_probe(std::move(options)),
              [](const facts::SmtpProbe&) {}) {}

  static Hosts::Options without_probe(Hosts::Options options) {
    options.probe = false;
    return options;
  }
  std::shared_ptr<SharedHost> ask(const std::string& name) {
    std::shared_ptr<SharedHost> host = hosts.ask(name);
    reactor.run([&] { return host->done; });
    return host;
  }
};

TEST(Hosts, of_those_that_are_done_the_ones_asked_for_last_stay_known) {
  Lookups lookups({});
  const auto name = [](std::size_t i) { return "mx" + std::to_string(i) + ".example"; };
  for (std::size_t i = 0; i < Hosts::kKept; ++i) lookups.ask(name(i));
  lookups.ask(name(0));             // known, and now asked for last
  lookups.ask(name(Hosts::kKept));  // one more: name(1) has to go
  lookups.ask(name(0));
  EXPECT_EQ(asked(lookups.dns, name(0), wire::kA), 1U);
  lookups.ask(name(1));
  EXPECT_EQ(asked(lookups.dns, name(1), wire::kA), 2U);
}

TEST(Hosts, one_that_is_being_asked_is_not_forgotten) {
  Zone zone;
  zone.silent = {"slow.example"};
  Lookups lookups(zone);
  const std::shared_ptr<SharedHost> slow = lookups.hosts.ask("slow.example");
  for (std::size_t i = 0; i < Hosts::kKept + 10; ++i) lookups.ask("mx" + std::to_string(i));
  EXPECT_EQ(lookups.hosts.ask("slow.example"), slow);
  EXPECT_FALSE(slow->done);
}

// A certificate of about 70 KB, as nobody has one who means well.
test::Context fat_context() {
  std::string names = "DNS:mx.example";
  for (int i = 0; i < 4000; ++i) names += ",DNS:mx" + std::to_string(i) + ".example";
  test::Context context(SSL_CTX_new(TLS_server_method()));
  const test::Key key = test::make_ec_key();
  test::Cert certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_EXTENSION* san = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate.get(), san, -1);
  X509_EXTENSION_free(san);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

TEST(Hosts, those_that_take_much_memory_are_forgotten_earlier) {
  const test::Context context = fat_context();
  LocalServer mail([&](Peer& peer) {
    peer.send("220 mx.example ESMTP\r\n");
    peer.line();
    peer.send("250-mx.example\r\n250 STARTTLS\r\n");
    peer.line();
    peer.send("220 go\r\n");
    if (!peer.start_tls(context.get())) return;
    peer.line();
    peer.send("250 mx.example\r\n");
    peer.line();
  });
  Zone zone;
  const auto name = [](int i) { return "mx" + std::to_string(i) + ".example"; };
  for (int i = 0; i < 200; ++i) zone.address(name(i), test::kLoopback);
  DnsServer dns(zone);
  net::Reactor reactor;
  net::Resolver resolver(reactor, resolver_of(dns));
  net::SmtpProbeOptions probing;
  probing.port = mail.port();
  probing.thorough = false;
  probing.allowed = [](const IpAddress&) { return true; };
  net::SmtpProber prober(reactor, probing);
  net::ConnectionTurns turns(reactor, {});
  Hosts::Options options;
  options.port = mail.port();
  Hosts hosts(resolver, prober, turns, options, [](const facts::SmtpProbe&) {});
  const auto ask = [&](int i) {
    const auto host = hosts.ask(name(i));
    reactor.run([&] { return host->done; });
    EXPECT_EQ(host->facts.probes.at(0).status, SmtpStatus::secured);
    return host->bytes;
  };
  const std::size_t bytes = ask(0);
  EXPECT_GT(bytes, 150'000U);
  const int fit = static_cast<int>(Hosts::kMaxKeptBytes / bytes);
  ASSERT_LT(fit, 190);
  for (int i = 1; i < fit; ++i) ask(i);
  EXPECT_EQ(asked(dns, name(0), wire::kA), 1U);
  ask(0);
  EXPECT_EQ(asked(dns, name(0), wire::kA), 1U) << "as many as fit are known";
  for (int i = fit; i < fit + 5; ++i) ask(i);
  ask(1);
  EXPECT_EQ(asked(dns, name(1), wire::kA), 2U) << "it had to go";
}

// A resolver that failed once must not decide about all domains of a long run.
TEST(Hosts, what_no_resolver_answered_is_asked_again) {
  std::atomic<bool> failing{true};
  DnsServer dns([&](const test::Query& query) {
    if (failing && query.name == "mx.example") return std::vector{query.reply(wire::kServfail)};
    return Zone{}(query);
  });
  net::Reactor reactor;
  net::Resolver resolver(reactor, resolver_of(dns));
  net::SmtpProber prober(reactor, {});
  net::ConnectionTurns turns(reactor, {});
  Hosts::Options options;
  options.probe = false;
  Hosts hosts(resolver, prober, turns, options, [](const facts::SmtpProbe&) {});
  const auto first = hosts.ask("mx.example");
  EXPECT_EQ(hosts.ask("mx.example"), first) << "all who come meanwhile wait for the same answer";
  reactor.run([&] { return first->done; });
  EXPECT_TRUE(first->facts.ipv4.unknown());
  failing = false;
  const auto second = hosts.ask("mx.example");
  reactor.run([&] { return second->done; });
  EXPECT_TRUE(second->facts.ipv4.absent());
  EXPECT_EQ(hosts.ask("mx.example"), second) << "what is known is not asked again";
}

TEST(Hosts, who_was_silent_is_asked_again_after_a_while) {
  const test::BlackHole hole;
  Zone zone;
  zone.address("mx.example", test::kLoopback);
  DnsServer dns(zone);
  for (const bool later : {false, true}) {
    net::Reactor reactor;
    net::Resolver resolver(reactor, resolver_of(dns));
    net::SmtpProbeOptions probing;
    probing.port = hole.port();
    probing.connect_timeout = 100ms;
    probing.allowed = [](const IpAddress&) { return true; };
    net::SmtpProber prober(reactor, probing);
    net::ConnectionTurns turns(reactor, {});
    Hosts::Options options;
    options.port = hole.port();
    if (later) options.again_after = 0s;
    Hosts hosts(resolver, prober, turns, options, [](const facts::SmtpProbe&) {});
    const auto first = hosts.ask("mx.example");
    reactor.run([&] { return first->done; });
    EXPECT_EQ(first->facts.probes.at(0).status, SmtpStatus::timed_out);
    EXPECT_EQ(hosts.ask("mx.example") != first, later);
  }
}

// ----------------------------------------------------------------------------- each its own facts
TEST(Hosts, a_domain_whose_time_ends_first_has_what_was_seen_until_then) {
  MailServer mail;
  Zone zone;
  zone.mx("early.example", {"mx.example"});
  zone.address("mx.example", test::kLoopback);
  zone.silent = {"_25._tcp.mx.example"};
  Options options;
  options.probe.port = mail.server.port();
  options.timeout = 300ms;
  Network run(zone, options);
  run.start("early.example");
  run.wait(1);
  const facts::Domain& facts = run.seen["early.example"];
  EXPECT_TRUE(facts.budget_spent);
  ASSERT_EQ(facts.mx_hosts.size(), 1U);
  EXPECT_TRUE(facts.mx_hosts[0].ipv4.found());
  EXPECT_EQ(facts.mx_hosts[0].tlsa.status, LookupStatus::timed_out);
  ASSERT_EQ(facts.mx_hosts[0].probes.size(), 1U);
  EXPECT_EQ(facts.mx_hosts[0].probes[0].status, SmtpStatus::starttls_missing);
}

TEST(Hosts, facts_of_a_domain_do_not_change_when_the_host_goes_on) {
  Lookups lookups({});
  const auto host = lookups.hosts.ask("mx.example");
  const facts::MxHost early = host->seen();
  EXPECT_EQ(early.ipv4.status, LookupStatus::timed_out) << "until it is answered";
  EXPECT_EQ(early.tlsa.name, "_25._tcp.mx.example");
  lookups.reactor.run([&] { return host->done; });
  EXPECT_EQ(host->seen().ipv4.status, LookupStatus::no_data);
  EXPECT_EQ(early.ipv4.status, LookupStatus::timed_out);
}

// -------------------------------------------------------------------------------------- the turns
TEST(Turn, only_the_waiting_counts) {
  const net::Time start = net::Reactor::now() - 100s;
  const Turn served{start, start + 30s};
  EXPECT_EQ(served.waited_since(start), 30s);
  EXPECT_EQ(served.waited_since(start + 10s), 20s) << "others had waited for it before";
  EXPECT_EQ(served.waited_since(start + 50s), 0s);
  EXPECT_GE((Turn{start, {}}.waited_since(start)), 100s);
  EXPECT_EQ((Turn{start, start}.waited_since(start)), 0s);
}

// 192.0.2.0/24 bears one connection in 0.1 s; the guard refuses each at once.
TEST(Hosts, to_wait_for_its_turn_does_not_take_a_domain_s_time) {
  Zone zone;
  std::vector<std::string> hosts;
  for (int i = 0; i < 25; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".example");
    zone.address(hosts.back(), IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i + 1)}));
  }
  zone.mx("many.example", hosts);
  zone.txt("_mta-sts.many.example", "v=STSv1; id=1;");
  zone.address("mta-sts.many.example", IpAddress::v4({192, 0, 2, 77}));
  Options options;
  options.limits = net::ConnectionLimits{1, 10};
  options.timeout = 500ms;
  DnsServer dns(zone);
  options.resolver = resolver_of(dns);
  options.thorough = false;
  net::Reactor reactor;
  Checker checker(reactor, options);
  std::optional<facts::Domain> facts;
  checker.start("many.example", [&](facts::Domain done) { facts = std::move(done); });
  reactor.run([&] { return facts.has_value(); });
  EXPECT_FALSE(facts->budget_spent);
  EXPECT_EQ(facts->policy.status, facts::FetchStatus::private_address);
  ASSERT_EQ(facts->mx_hosts.size(), 25U);
  for (const facts::MxHost& host : facts->mx_hosts)
    EXPECT_EQ(host.probes.at(0).status, SmtpStatus::private_address);
}

// 20 connections take 9.5 s at two a second: nobody waits for them that long, nor makes others wait.
TEST(Hosts, but_not_without_end_and_who_gave_up_takes_nobody_s_turn) {
  Zone zone;
  std::vector<std::string> hosts;
  for (int i = 0; i < 20; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".example");
    zone.address(hosts.back(), IpAddress::v4({192, 0, 2, static_cast<std::uint8_t>(i + 1)}));
  }
  zone.mx("hog.example", hosts);
  zone.mx("late.example", {"mx.late.example"});
  zone.address("mx.late.example", IpAddress::v4({192, 0, 2, 200}));
  Options options;
  options.limits = net::ConnectionLimits{1, 2};
  options.timeout = 200ms;
  options.most_waiting = 400ms;
  DnsServer dns(zone);
  options.resolver = resolver_of(dns);
  options.thorough = false;
  net::Reactor reactor;
  Checker checker(reactor, options);
  std::optional<facts::Domain> hog;
  checker.start("hog.example", [&](facts::Domain done) { hog = std::move(done); });
  reactor.run([&] { return hog.has_value(); });
  EXPECT_TRUE(hog->budget_spent);
  const auto seen = std::ranges::count_if(hog->mx_hosts, [](const facts::MxHost& host) {
    return host.probes.at(0).status == SmtpStatus::private_address;
  });
  EXPECT_GE(seen, 2);
  EXPECT_LT(seen, 10);
  // The next one has the network's next turn, not the one behind 18 others.
  std::optional<facts::Domain> late;
  checker.start("late.example", [&](facts::Domain done) { late = std::move(done); });
  reactor.run([&] { return late.has_value(); });
  EXPECT_EQ(late->mx_hosts.at(0).probes.at(0).status, SmtpStatus::private_address);
  // A host of which nobody waited for all is asked again.
  std::optional<facts::Domain> again;
  EXPECT_EQ(asked(dns, "mx19.example", wire::kA), 1U);
  checker.start("hog.example", [&](facts::Domain done) { again = std::move(done); });
  reactor.run([&] { return again.has_value(); });
  EXPECT_EQ(asked(dns, "mx19.example", wire::kA), 2U);
}

// ----------------------------------------------------------------------------------- left alone
std::shared_ptr<const net::Targets> targets(const std::string& blocked,
                                            const std::string& allowed = "") {
  return std::make_shared<net::Targets>(net::Targets{net::TargetList::parse(blocked).value(),
                                                     net::TargetList::parse(allowed).value()});
}

TEST(Hosts, blocked_hosts_and_addresses_are_not_connected_to) {
  MailServer mail;
  Zone zone;
  zone.mx("a.example", {"mx.blocked.example", "mx.other.example"});
  zone.address("mx.blocked.example", test::kLoopback);
  zone.address("mx.other.example", test::kLoopback);
  zone.address("mx.other.example", IpAddress::v4({127, 0, 0, 9}));
  Options options;
  options.probe.port = mail.server.port();
  options.targets = targets("blocked.example\n127.0.0.9\n");
  Network run(zone, options);
  run.start("a.example");
  run.start("sub.blocked.example");
  run.wait(2);
  const auto& hosts = run.seen["a.example"].mx_hosts;
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts[0].probes.at(0).status, SmtpStatus::blocked);
  EXPECT_EQ(hosts[1].probes.at(0).status, SmtpStatus::starttls_missing);
  EXPECT_EQ(hosts[1].probes.at(1).status, SmtpStatus::blocked);
  EXPECT_EQ(mail.came, 1);
  EXPECT_TRUE(run.seen["sub.blocked.example"].blocked);
  EXPECT_TRUE(run.seen["sub.blocked.example"].mx_hosts.empty());
  EXPECT_EQ(asked(run.dns, "sub.blocked.example", wire::kMx), 0U) << "nothing is asked";
}

TEST(Hosts, a_blocked_policy_host_is_not_connected_to) {
  std::atomic<int> came{0};
  LocalServer web([&](Peer&) { ++came; });
  Zone zone;
  for (const std::string domain : {"a.example", "b.example"}) {
    zone.txt("_mta-sts." + domain, "v=STSv1; id=1;");
    zone.address("mta-sts." + domain, test::kLoopback);
  }
  Options options;
  options.fetch.port = web.port();
  options.ask_port_25 = false;
  options.targets = targets("mta-sts.a.example\n127.0.0.0/8", "");
  Network run(zone, options);
  run.start("a.example");
  run.start("b.example");
  run.wait(2);
  for (const auto& [domain, facts] : run.seen) {
    EXPECT_EQ(facts.policy.status, facts::FetchStatus::blocked) << domain;
    EXPECT_TRUE(facts.policy.attempts.empty());
  }
  EXPECT_EQ(came, 0);
}

}  // namespace
}  // namespace mxseal::check
