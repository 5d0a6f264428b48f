// SPDX-License-Identifier: MIT
// What a proposal replaces, and what stays as it was seen.
#include "check/proposed.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/policy_fetch.hpp"

namespace mxseal::check {
namespace {

using facts::Domain;
using facts::FetchStatus;
using facts::LookupStatus;

const std::string kPolicy = "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 86400\n";

std::string text_of(const std::vector<facts::MxRecord>& records) {
  std::string text;
  for (const facts::MxRecord& record : records)
    text += std::to_string(record.preference) + " " + record.host + "\n";
  return text;
}

TEST(ReadMx, hosts_as_they_are_typed) {
  const auto read = [](std::vector<std::string> texts) { return text_of(read_mx(texts).value()); };
  EXPECT_EQ(read({"mx1.example.com", "mx2.example.com"}),
            "10 mx1.example.com\n20 mx2.example.com\n");
  EXPECT_EQ(read({"20:b.example", "5:A.Example.", "20:a.example"}),
            "5 a.example\n20 a.example\n20 b.example\n");
  EXPECT_EQ(read({"."}), "0 \n");  // the null MX
  EXPECT_EQ(read({"7:."}), "7 \n");
  EXPECT_EQ(read({"bücher.example"}), "10 xn--bcher-kva.example\n");
  // No host names, and no preferences: kept, for the judge to refuse.
  EXPECT_EQ(read({"Not_A host"}), "10 not_a host\n");
  EXPECT_EQ(read({"65536:mx.example"}), "10 65536:mx.example\n");
  EXPECT_EQ(read({":mx.example"}), "10 :mx.example\n");
}

TEST(ReadMx, an_empty_host_is_no_null_mx) {
  for (const std::string text : {"", "10:"}) {
    const auto records = read_mx(std::vector<std::string>{"mx.example.com", text});
    ASSERT_FALSE(records);
    EXPECT_EQ(records.error().code, Errc::host_invalid);
    EXPECT_EQ(records.error().detail, text);
  }
}

// A domain as it was seen, with a host that was asked because it is proposed.
Domain seen() {
  Domain domain;
  domain.domain = "example.com";
  domain.sts_record.status = LookupStatus::answer;
  domain.sts_record.records = {"v=STSv1; id=1;", "other"};
  domain.sts_record.cnames = {"elsewhere.example"};
  domain.sts_record.ttl = 300;
  domain.policy.status = FetchStatus::response;
  domain.policy.http_status = 200;
  domain.policy.body = "old";
  domain.mx.status = LookupStatus::answer;
  domain.mx.ttl = 3600;
  domain.mx.authentic = true;
  domain.mx.records = {{10, "old.example.com"}};
  domain.mx_hosts = {unasked_host({10, "old.example.com"})};
  domain.proposed_hosts = {unasked_host({10, "new.example.com"})};
  domain.proposed_hosts[0].ipv4.status = LookupStatus::no_name;
  return domain;
}

TEST(WithProposed, what_is_not_given_stays_as_it_was_seen) {
  const Domain then = with_proposed(seen(), {});
  EXPECT_EQ(then.sts_record.records.size(), 2U);
  EXPECT_EQ(then.policy.body, "old");
  EXPECT_FALSE(then.policy.proposed);
  EXPECT_EQ(text_of(then.mx.records), "10 old.example.com\n");
  EXPECT_EQ(then.mx_hosts.size(), 1U);
}

TEST(WithProposed, a_record_stands_alone_in_place_of_the_answer) {
  const Domain then = with_proposed(seen(), {.policy = {}, .record = "v=STSv1; id=2;", .mx = {}});
  EXPECT_EQ(then.sts_record.records, std::vector<std::string>{"v=STSv1; id=2;"});
  EXPECT_TRUE(then.sts_record.cnames.empty());
  EXPECT_EQ(then.sts_record.ttl, 300U);
}

TEST(WithProposed, an_empty_record_is_none) {
  const Domain then = with_proposed(seen(), {.policy = {}, .record = "", .mx = {}});
  EXPECT_TRUE(then.sts_record.absent());
  EXPECT_TRUE(then.sts_record.records.empty());
}

TEST(WithProposed, a_policy_stands_in_place_of_the_body) {
  const auto status = [](FetchStatus live, const std::string& policy) {
    Domain domain = seen();
    domain.policy.status = live;
    const Domain then = with_proposed(domain, {.policy = policy, .record = {}, .mx = {}});
    EXPECT_TRUE(then.policy.proposed);
    EXPECT_EQ(then.policy.body, policy);
    return then.policy.status;
  };
  EXPECT_EQ(status(FetchStatus::response, kPolicy), FetchStatus::response);
  EXPECT_EQ(status(FetchStatus::body_too_large, kPolicy), FetchStatus::response);
  // What is wrong with the server is wrong with any file.
  EXPECT_EQ(status(FetchStatus::headers_too_large, kPolicy), FetchStatus::headers_too_large);
  EXPECT_EQ(status(FetchStatus::connect_refused, kPolicy), FetchStatus::connect_refused);
  const std::string large(net::kMaxPolicyBytes + 1, 'x');
  EXPECT_EQ(status(FetchStatus::response, large), FetchStatus::body_too_large);
  EXPECT_EQ(status(FetchStatus::response, large.substr(1)), FetchStatus::response);
}

TEST(WithProposed, mx_hosts_come_from_what_was_asked) {
  const Domain then = with_proposed(
      seen(), {.policy = {},
               .record = {},
               .mx = {{{5, "new.example.com"}, {7, "old.example.com"}, {9, "late.example.com"}}}});
  EXPECT_TRUE(then.mx.authentic) << "the zone stays as it is signed";
  ASSERT_EQ(then.mx_hosts.size(), 3U);
  EXPECT_EQ(then.mx_hosts[0].ipv4.status, LookupStatus::no_name);
  EXPECT_EQ(then.mx_hosts[0].preference, 5);
  EXPECT_EQ(then.mx_hosts[1].preference, 7);
  EXPECT_TRUE(then.mx_hosts[2].ipv4.unknown()) << "not asked: never an absence";
  EXPECT_TRUE(then.proposed_hosts.empty());
}

TEST(WithProposed, a_null_mx_has_no_host) {
  Domain domain = seen();
  domain.implicit_mx = true;
  const std::vector<std::string> none = {"."};
  const Domain then =
      with_proposed(domain, {.policy = {}, .record = {}, .mx = read_mx(none).value()});
  EXPECT_TRUE(then.mx_hosts.empty());
  EXPECT_EQ(then.mx.records.size(), 1U);
  EXPECT_FALSE(then.implicit_mx);
}

}  // namespace
}  // namespace mxseal::check
