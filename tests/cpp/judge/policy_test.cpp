// SPDX-License-Identifier: MIT
// The policy, and how it fits the MX hosts.
#include "domains.hpp"
#include "judge/public_suffix.hpp"

namespace mxseal::judge {
namespace {

const std::string kPlain = "encrypted encrypted encrypted";
const std::string kKept = "encrypted authenticated encrypted";
const std::string kRefused = "encrypted refused encrypted";

const std::string kGood = "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 1209600\n";

Domain body(const std::string& text) {
  return with(enforce(), [&](Domain& d) { d.policy.body = text; });
}

std::string replaced(const std::string& old, const std::string& by) {
  std::string text = kGood;
  return text.replace(text.find(old), old.size(), by);
}

Row invalid(const std::string& code, const std::string& text) {
  return {code, body(text), "misconfigured", kPlain, "sts.policy." + code};
}

Row odd(const std::string& code, const std::string& text) {
  return {code, body(text), "protected", kKept, "sts.policy." + code};
}

/// Hosts of these names, all good, under a policy of these patterns.
Domain fit(const std::vector<std::string>& hosts, const std::vector<std::string>& patterns,
           const std::string& mode = "enforce") {
  return with(enforce(), [&](Domain& d) {
    std::vector<facts::MxHost> made;
    for (const std::string& name : hosts)
      made.push_back(host(name, {probe("192.0.2.1", SmtpStatus::secured, good_chain(name))}));
    set_hosts(d, made);
    set_policy(d, mode, patterns);
  });
}

Domain with_pattern_domain(const std::string& name, LookupStatus status) {
  return with(fit({kMx}, {kMx, "*.free.example"}), [&](Domain& d) {
    d.thorough.emplace();
    facts::Lookup& lookup = d.thorough->pattern_domains.emplace_back();
    lookup.name = name;
    lookup.status = status;
  });
}

// Q8, Q9: what is no policy, and what is one all the same.
const std::vector<Row> kRows = known({
    invalid("empty", ""),
    invalid("html", "<html>"),
    invalid("bom", "\xef\xbb\xbf" + kGood),
    invalid("nul", kGood + std::string("a: b\0c\n", 7)),
    invalid("not-utf8", kGood + "a: \xfc\n"),
    invalid("line-invalid", "# comment\n" + kGood),
    invalid("bare-cr", replaced("\n", "\r")),
    invalid("leading-space", replaced("mode", " mode")),
    invalid("space-before-colon", replaced("mode:", "mode :")),
    invalid("key-case", replaced("mode:", "Mode:")),
    invalid("version-missing", replaced("version: STSv1\n", "")),
    invalid("version-invalid", replaced("STSv1", "STSv2")),
    invalid("mode-missing", replaced("mode: enforce\n", "")),
    invalid("mode-invalid", replaced("enforce", "enforced")),
    invalid("max_age-missing", replaced("max_age: 1209600\n", "")),
    invalid("max_age-invalid", replaced("1209600", "1,209,600")),
    invalid("max_age-out-of-range", replaced("1209600", "31557601")),
    invalid("mx-missing", replaced("mx: mx1.example.com\n", "")),
    invalid("mx-invalid", replaced("mx1.example.com", "mx1.example.com.")),
    invalid("extension-invalid", kGood + "a:\n"),
    odd("blank-line", kGood + "\n"),
    odd("unknown-field", kGood + "a: b\n"),
    odd("duplicate-field", kGood + "mode: none\n"),
    odd("max_age-zero", replaced("1209600", "0")),
    odd("max_age-short", replaced("1209600", "86399")),
    {"max_age of a day", body(replaced("1209600", "86400")), "protected", kKept, ""},
    odd("mx-duplicate", kGood + "mx: MX1.example.com\n"),
    // Q23: testing delivers, none takes it back. Q31: there a small max_age is right.
    {"testing", testing(), "testing", kPlain, "sts.policy.mode-testing"},
    {"none", body("version: STSv1\nmode: none\nmax_age: 60\n"), "unprotected", kPlain,
     "sts.policy.mode-none rpt.rpt-without-sts-or-dane"},
    {"a wildcard for all of a top-level domain", fit({"example.com"}, {"*.com"}), "protected",
     kKept, "sts.policy.mx-too-wide"},
    {"a wildcard for all of a registry's second level", fit({kMx}, {kMx, "*.co.uk"}), "protected",
     kKept, "sts.policy.mx-too-wide sts.mx.unused-pattern"},
    {"a pattern that anybody can register",
     with_pattern_domain("free.example", LookupStatus::no_name), "protected", kKept,
     "sts.policy.mx-unregistered sts.mx.unused-pattern"},
    {"a pattern whose domain did not answer",
     with_pattern_domain("free.example", LookupStatus::servfail), "protected", kKept,
     "sts.mx.unused-pattern"},
    // Q20, Q21: MX hosts against the patterns.
    {"one of two hosts outside", fit({kMx, "new.example.com"}, {kMx}), "partly", kKept,
     "sts.mx.not-covered"},
    {"all hosts outside", fit({kMx, "mx2.example.com"}, {"old.example.com"}), "broken", kRefused,
     "sts.mx.none-covered sts.mx.unused-pattern"},
    {"a wildcard stands for one label",
     fit({"mx1.example.com", "a.b.example.com"}, {"*.example.com"}), "partly", kKept,
     "sts.mx.wildcard-depth"},
    {"a wildcard that misses the only host", fit({"a.b.example.com"}, {"*.example.com"}), "broken",
     kRefused, "sts.mx.none-covered sts.mx.wildcard-depth sts.mx.unused-pattern"},
    {"a pattern without a host", fit({kMx}, {kMx, "old.example.com"}), "protected", kKept,
     "sts.mx.unused-pattern"},
    {"testing, and all hosts outside: what would fail is in the findings",
     fit({kMx}, {"old.example.com"}, "testing"), "testing", kPlain,
     "sts.mx.none-covered sts.policy.mode-testing sts.mx.unused-pattern"},
});

TEST(JudgePolicy, rows) {
  check(kRows);
}

TEST(JudgePolicy, only_a_policy_that_senders_may_use_is_given) {
  EXPECT_EQ(judged(testing()).policy.value().mode, mtasts::Mode::testing);
  EXPECT_FALSE(judged(body("junk")).policy);
  const auto refused = [](const std::function<void(Domain&)>& change) {
    return !judged(with(enforce(), change)).policy;
  };
  EXPECT_TRUE(refused([](Domain& d) { d.policy.tls.chain = expired(kPolicyHost); }));
  EXPECT_TRUE(refused([](Domain& d) { d.policy.http_status = 404; }));
  EXPECT_TRUE(refused([](Domain& d) { d.policy.status = FetchStatus::truncated; }));
  EXPECT_TRUE(refused([](Domain& d) { d.policy.tls = {}; }));
  EXPECT_TRUE(refused([](Domain& d) { d.sts_record.records = {"v=STSv1; id=-"}; }));
  EXPECT_TRUE(refused([](Domain& d) { d.sts_record.status = LookupStatus::timed_out; }));
}

TEST(JudgePolicy, in_policy_is_said_of_each_host) {
  const Judgement judgement = judged(fit({kMx, "new.example.com"}, {kMx}));
  EXPECT_EQ(judgement.mx.at(0).in_policy, true);
  EXPECT_EQ(judgement.mx.at(1).in_policy, false);
  EXPECT_EQ(judged(reporting()).mx.at(0).in_policy, std::nullopt);
}

TEST(PublicSuffix, rows) {
  for (const std::string_view name : {"com", "uk", "co.uk", "or.jp"})
    EXPECT_TRUE(is_public_suffix(name)) << name;
  for (const std::string_view name : {"example.com", "example.co.uk", "co.example", "uk.co.x"})
    EXPECT_FALSE(is_public_suffix(name)) << name;
  for (const auto& [name, domain] : {std::pair{"mx1.mail.example.com", "example.com"},
                                     {"example.com", "example.com"},
                                     {"mx.example.co.uk", "example.co.uk"},
                                     {"example.co.uk", "example.co.uk"},
                                     {"co.uk", "co.uk"},
                                     {"com", "com"}})
    EXPECT_EQ(registered_domain(name), domain) << name;
}

}  // namespace
}  // namespace mxseal::judge
