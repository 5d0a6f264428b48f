// SPDX-License-Identifier: MIT
// A proposed state against the published one: record and policy change together, and leave in order (RFC 8461 §8). And what a
// rehearsal judges of a policy that is not served yet.
#include "judge/change.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "domains.hpp"

namespace mxseal::judge {
namespace {

Domain with_id(Domain domain, const std::string& id) {
  set(domain.sts_record, {"v=STSv1; id=" + id + ";"});
  return domain;
}

Domain with_policy(Domain domain, const std::string& mode, const std::vector<std::string>& mx,
                   const std::string& max_age = "1209600") {
  set_policy(domain, mode, mx, max_age);
  return domain;
}

Domain without_record(Domain domain) {
  domain.sts_record.records.clear();
  set(domain.sts_record, LookupStatus::no_data);
  return domain;
}

// The codes of sts.change that come of `then` where `now` is published.
std::string changes(const Domain& now, const Domain& then) {
  const Judgement published = judged(now);
  Options options;
  options.published = &published;
  const Judgement judgement = judge(then, authorities().roots, kNow, options);
  std::string text;
  for (const Finding& finding : judgement.findings) {
    if (!finding.code().starts_with("sts.change.")) continue;
    if (!text.empty()) text += ", ";
    text += std::string(finding.code().substr(11)) + " " + finding.subject + " " + finding.detail;
  }
  return text;
}

TEST(Change, id_and_policy_change_together) {
  const Domain now = enforce();
  EXPECT_EQ(changes(now, now), "");
  EXPECT_EQ(changes(now, with_policy(with_id(now, "2"), "testing", {kMx})), "");
  for (const Domain& then :
       {with_policy(now, "testing", {kMx}), with_policy(now, "enforce", {kMx, "mx2.example.com"}),
        with_policy(now, "enforce", {"*.example.com"}),
        with_policy(now, "enforce", {kMx}, "86400")})
    EXPECT_EQ(changes(now, then), "id-same-policy-changed _mta-sts.example.com id 1");
  EXPECT_EQ(changes(now, with_id(now, "2")),
            "id-changed-policy-same _mta-sts.example.com id 1, then 2");
}

TEST(Change, what_means_nothing_to_senders_is_no_change) {
  const Domain now = with_policy(enforce(), "enforce", {kMx, "mx2.example.com"});
  EXPECT_EQ(changes(now, with_policy(now, "enforce", {"MX2.example.com", kMx, kMx})), "");
}

TEST(Change, mode_none_comes_before_the_end) {
  EXPECT_EQ(changes(enforce(), without_record(enforce())),
            "removed _mta-sts.example.com max_age 1209600");
  EXPECT_EQ(changes(testing(), without_record(testing())),
            "removed _mta-sts.example.com max_age 1209600");
  const Domain none = with_policy(enforce(), "none", {});
  EXPECT_EQ(changes(none, without_record(none)), "");
  // A record that is broken is an error of its own, and not gone.
  EXPECT_EQ(changes(enforce(), with_id(enforce(), "-")), "");
}

TEST(Change, where_nothing_is_published_there_is_none) {
  EXPECT_EQ(changes(reporting(), enforce()), "");
  EXPECT_EQ(changes(reporting(), reporting()), "");
}

// ---------------------------------------------------------------------- the policy of a rehearsal
Domain rehearsed(int http_status) {
  Domain domain = enforce();
  domain.policy.proposed = true;
  domain.policy.http_status = http_status;
  return domain;
}

TEST(Rehearsal, a_file_that_is_not_there_yet_is_no_fault) {
  for (const int status : {404, 410}) {
    Domain domain = rehearsed(status);
    domain.policy.content_type = "text/html";
    EXPECT_EQ(verdict_name(judged(domain).verdict), "protected");
    EXPECT_EQ(codes(judged(domain)), "");
  }
}

TEST(Rehearsal, other_faults_of_the_policy_host_remain) {
  EXPECT_EQ(codes(judged(rehearsed(301))), "sts.http.redirect");
  EXPECT_EQ(codes(judged(rehearsed(403))), "sts.http.blocked");
  Domain untrusted = rehearsed(404);
  untrusted.policy.tls = handshake(chain_for(wish_for("www.example.com")));
  EXPECT_EQ(codes(judged(untrusted)), "sts.cert.name-mismatch");
  EXPECT_EQ(verdict_name(judged(untrusted).verdict), "misconfigured");
}

TEST(Rehearsal, the_file_is_judged_also_where_senders_would_not_get_it) {
  Domain domain = rehearsed(301);
  set_policy(domain, "enforce", {"other.example.com"});
  const Judgement judgement = judged(domain);
  EXPECT_EQ(codes(judgement), "sts.http.redirect sts.mx.none-covered sts.mx.unused-pattern");
  EXPECT_FALSE(judgement.policy) << "and is in force nowhere";
  EXPECT_EQ(text_of(judgement.effects), "encrypted encrypted encrypted");

  Domain no_record = without_record(rehearsed(301));
  set_policy(no_record, "enforced", {kMx});
  EXPECT_EQ(codes(judged(no_record)),
            "sts.http.redirect sts.policy.mode-invalid sts.dns.none "
            "rpt.rpt-without-sts-or-dane");
}

}  // namespace
}  // namespace mxseal::judge
