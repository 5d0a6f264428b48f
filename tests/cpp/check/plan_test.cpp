// SPDX-License-Identifier: MIT
// The plan against a DNS server that answers from a table: what is asked, what is not, and the limits. Nothing listens behind the
// addresses, and none is connected to.
#include "check/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/dns_server.hpp"
#include "zone.hpp"

namespace mxseal::check {
namespace {

using facts::LookupStatus;
using test::DnsServer;
using test::Query;
using test::Zone;
namespace wire = mxseal::test::dns;

struct Seen {
  facts::Domain facts;
  std::vector<Query> queries;

  std::size_t asked(const std::string& name, unsigned type) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        queries, [&](const Query& query) { return query.name == name && query.type == type; }));
  }
};

Seen look_at(const Zone& zone, Options options = {}) {
  DnsServer server(zone);
  options.resolver.servers = {server.address()};
  options.resolver.question_timeout = std::chrono::seconds(20);
  options.resolver.next_server_after = std::chrono::seconds(20);
  options.resolver.signed_name = "signed.example";
  options.resolver.bogus_name = "bogus.example";
  options.ask_port_25 = false;
  net::Reactor reactor;
  Checker checker(reactor, options);
  std::optional<facts::Domain> facts;
  checker.start("example.com", [&](facts::Domain done) { facts = std::move(done); });
  reactor.run([&] { return facts.has_value(); });
  return {*std::move(facts), server.queries()};
}

// ------------------------------------------------------------------------------ the MX records alone
TEST(Plan, only_mx_asks_which_hosts_take_the_mail_and_nothing_else) {
  Options options;
  options.only_mx = true;
  Zone zone;
  zone.mx("example.com", {"mx1.example.com", "mx2.example.net"});
  zone.txt("_mta-sts.example.com", "v=STSv1; id=1");
  const Seen seen = look_at(zone, options);
  ASSERT_EQ(seen.facts.mx_hosts.size(), 2U);
  EXPECT_EQ(seen.facts.mx_hosts[1].host, "mx2.example.net");
  EXPECT_EQ(seen.asked("example.com", wire::kMx), 1U);
  EXPECT_EQ(seen.asked("_mta-sts.example.com", wire::kTxt), 0U);
  EXPECT_EQ(seen.asked("mx1.example.com", wire::kA), 0U);
  const Seen implicit = look_at({}, options);
  ASSERT_EQ(implicit.facts.mx_hosts.size(), 1U);
  EXPECT_EQ(implicit.facts.mx_hosts[0].host, "example.com");
}

// ------------------------------------------------------------------------ names that do not exist
TEST(Plan, a_quick_check_asks_nothing_below_a_name_that_does_not_exist) {
  Zone zone;
  zone.missing = {"example.com"};
  Options options;
  options.thorough = false;
  const Seen seen = look_at(zone, options);
  EXPECT_EQ(seen.asked("_mta-sts.example.com", wire::kTxt), 0U);
  EXPECT_EQ(seen.asked("_smtp._tls.example.com", wire::kTxt), 0U);
  EXPECT_EQ(seen.facts.sts_record.status, LookupStatus::no_name);
  EXPECT_EQ(seen.facts.sts_record.name, "_mta-sts.example.com");
  EXPECT_EQ(seen.facts.tlsrpt_record.status, LookupStatus::no_name);
  options.thorough = true;  // asks all at once
  EXPECT_EQ(look_at(zone, options).asked("_mta-sts.example.com", wire::kTxt), 1U);
}

TEST(Plan, a_quick_check_asks_for_records_beside_an_alias_that_leads_nowhere) {
  Zone zone;
  zone.cname("example.com", "gone.example.net");
  zone.missing = {"gone.example.net"};
  zone.txt("_smtp._tls.example.com", "v=TLSRPTv1; rua=mailto:tls@example.com");
  Options options;
  options.thorough = false;
  const Seen seen = look_at(zone, options);
  EXPECT_EQ(seen.facts.mx.status, LookupStatus::no_name);
  EXPECT_EQ(seen.facts.sts_record.status, LookupStatus::no_data);
  EXPECT_TRUE(seen.facts.tlsrpt_record.found());
}

TEST(Plan, a_quick_check_whose_time_ends_before_it_asked_for_records_knows_nothing_of_them) {
  Zone zone;
  zone.silent = {"example.com"};
  Options options;
  options.thorough = false;
  options.timeout = std::chrono::milliseconds(50);
  const Seen seen = look_at(zone, options);
  EXPECT_EQ(seen.facts.sts_record.status, LookupStatus::timed_out);
  EXPECT_TRUE(seen.facts.budget_spent);
}

// ------------------------------------------------------------------------------------- the limits
TEST(Plan, twenty_addresses_of_a_host_are_looked_at) {
  Zone zone;
  zone.mx("example.com", {"mx.example.com"});
  for (const auto& [count, seen, spent] :
       {std::tuple{20, std::size_t{20}, false}, {21, kMaxAddresses, true}}) {
    Zone crowded = zone;
    crowded.addresses("mx.example.com", count);
    const facts::Domain facts = look_at(crowded).facts;
    ASSERT_EQ(facts.mx_hosts.size(), 1U);
    EXPECT_EQ(facts.mx_hosts[0].probes.size(), seen);
    EXPECT_EQ(facts.budget_spent, spent) << count;
  }
}

TEST(Plan, ten_targets_of_reports_are_looked_at) {
  for (const auto& [count, spent] : {std::pair{10, false}, {11, true}}) {
    std::string record = "v=TLSRPTv1; rua=";
    for (int i = 0; i < count; ++i)
      record += (i == 0 ? "mailto:a@r" : ",mailto:a@r") + std::to_string(i) + ".example";
    Zone zone;
    zone.txt("_smtp._tls.example.com", record);
    const Seen seen = look_at(zone);
    EXPECT_EQ(seen.facts.rua.size(), kMaxRua);
    EXPECT_EQ(seen.facts.budget_spent, spent) << count;
    EXPECT_EQ(seen.asked("r9.example", wire::kMx), 1U);
    EXPECT_EQ(seen.asked("r10.example", wire::kMx), 0U);
  }
}

TEST(Plan, fifty_hosts_are_asked_proposed_ones_after_those_that_are_published) {
  Zone zone;
  std::vector<std::string> hosts;
  for (int i = 0; i < 49; ++i) hosts.push_back("mx" + std::to_string(i) + ".example.com");
  zone.mx("example.com", hosts);
  Options options;
  options.proposed.emplace().mx =
      read_mx(std::vector<std::string>{"new1.example", "new2.example"}).value();
  const Seen seen = look_at(zone, options);
  EXPECT_EQ(seen.asked("new1.example", wire::kA), 1U);
  EXPECT_EQ(seen.asked("new2.example", wire::kA), 0U);
  EXPECT_TRUE(seen.facts.budget_spent);
  ASSERT_EQ(seen.facts.proposed_hosts.size(), 2U);
  EXPECT_TRUE(seen.facts.proposed_hosts[1].ipv4.unknown());
}

// --------------------------------------------------------------------- TLSA (RFC 7672 §2.2.2)
Zone zone_with_alias(bool secure) {
  Zone zone;
  zone.mx("example.com", {"mx.example.com"});
  zone.records[{"mx.example.com", wire::kCname}] = {
      wire::cname("mx.example.com", "real.example.net")};
  zone.addresses("real.example.net", 1);
  if (secure)
    zone.secure = {"example.com", "mx.example.com", "real.example.net", "_25._tcp.mx.example.com",
                   "_25._tcp.real.example.net"};
  return zone;
}

TEST(Plan, behind_a_secure_cname_the_tlsa_records_of_its_target_come_first) {
  Zone zone = zone_with_alias(true);
  zone.tlsa("_25._tcp.mx.example.com");
  zone.tlsa("_25._tcp.real.example.net");
  const facts::MxHost host = look_at(zone).facts.mx_hosts.at(0);
  EXPECT_EQ(host.tlsa.name, "_25._tcp.real.example.net");
  EXPECT_TRUE(host.tlsa.found());
}

TEST(Plan, where_the_target_has_none_those_of_the_host_count) {
  Zone zone = zone_with_alias(true);
  zone.tlsa("_25._tcp.mx.example.com");
  const Seen seen = look_at(zone);
  EXPECT_EQ(seen.asked("_25._tcp.real.example.net", wire::kTlsa), 1U);
  EXPECT_EQ(seen.facts.mx_hosts.at(0).tlsa.name, "_25._tcp.mx.example.com");
  EXPECT_TRUE(seen.facts.mx_hosts.at(0).tlsa.found());
}

TEST(Plan, records_of_the_target_that_are_not_secure_take_no_place) {
  Zone zone = zone_with_alias(true);
  zone.tlsa("_25._tcp.mx.example.com");
  zone.tlsa("_25._tcp.real.example.net");
  zone.secure.erase("_25._tcp.real.example.net");
  EXPECT_EQ(look_at(zone).facts.mx_hosts.at(0).tlsa.name, "_25._tcp.mx.example.com");
}

TEST(Plan, the_target_of_a_cname_that_is_not_secure_is_not_asked_for_tlsa) {
  EXPECT_EQ(look_at(zone_with_alias(false)).asked("_25._tcp.real.example.net", wire::kTlsa), 0U);
}

// ---------------------------------------------------------------------------------- a rehearsal
TEST(Plan, hosts_that_are_proposed_are_asked_beside_those_that_are_published) {
  Zone zone;
  zone.mx("example.com", {"old.example.com", "both.example.com"});
  for (const std::string name : {"old.example.com", "both.example.com", "new.example.com"})
    zone.addresses(name, 1);
  Options options;
  options.proposed.emplace().mx =
      read_mx(std::vector<std::string>{"new.example.com", "both.example.com", "new.example.com"})
          .value();
  const Seen seen = look_at(zone, options);
  ASSERT_EQ(seen.facts.mx_hosts.size(), 2U);
  ASSERT_EQ(seen.facts.proposed_hosts.size(), 1U);
  EXPECT_EQ(seen.facts.proposed_hosts[0].host, "new.example.com");
  EXPECT_EQ(seen.facts.proposed_hosts[0].probes.size(), 1U);
  EXPECT_EQ(seen.asked("both.example.com", wire::kA), 1U);
}

TEST(Plan, the_policy_host_is_asked_for_where_a_proposal_needs_it) {
  const auto asked = [](const Proposed& proposed) {
    Options options;
    options.proposed = proposed;
    return look_at({}, options).asked("mta-sts.example.com", wire::kA);
  };
  EXPECT_EQ(look_at({}).asked("mta-sts.example.com", wire::kA), 0U);
  EXPECT_EQ(asked({.policy = "version: STSv1\n", .record = {}, .mx = {}}), 1U);
  EXPECT_EQ(asked({.policy = {}, .record = "v=STSv1; id=1;", .mx = {}}), 1U);
  EXPECT_EQ(asked({.policy = {}, .record = "v=STSv1;", .mx = {}}), 0U);
}

TEST(Plan, domains_of_proposed_patterns_are_looked_up_though_no_policy_is_served) {
  Options options;
  options.proposed.emplace().policy =
      "version: STSv1\nmode: enforce\nmx: *.mail.example.net\nmax_age: 86400\n";
  EXPECT_EQ(look_at({}, options).asked("example.net", wire::kTxt), 1U);
}

}  // namespace
}  // namespace mxseal::check
