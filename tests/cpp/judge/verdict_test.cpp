// SPDX-License-Identifier: MIT
// The verdict where several things come together, and what must hold whatever was seen.
#include <random>

#include "domains.hpp"

namespace mxseal::judge {
namespace {

using facts::Validation;

const std::string kMx2 = "mx2.example.com";

/// Two hosts inside the policy, with these probes.
Domain two(facts::SmtpProbe first, facts::SmtpProbe second,
           const std::vector<std::string>& patterns = {"*.example.com"}) {
  return with(enforce(), [&](Domain& d) {
    set_policy(d, "enforce", patterns);
    set_hosts(d, {host(kMx, {std::move(first)}), host(kMx2, {std::move(second)})});
  });
}

facts::SmtpProbe second(SmtpStatus status) {
  return probe("198.51.100.1", status, good_chain(kMx2));
}

Domain dane_broken_and(const std::function<void(Domain&)>& change) {
  return with(dane({tlsa_of_nobody()}), change);
}

const std::vector<Row> kRows = known({
    {"no domain",
     with(Domain(),
          [](Domain& d) {
            d.domain = "no..domain";
            d.valid = false;
          }),
     "inconclusive", "unknown unknown unknown", "scan.invalid-domain"},
    {"one host fails, the other is silent: no host passes of those that answered",
     two(probe("192.0.2.1", SmtpStatus::starttls_missing), second(SmtpStatus::timed_out)), "broken",
     "clear refused clear", "smtp.starttls-missing smtp.timeout"},
    {"one host passes, the other fails",
     two(probe("192.0.2.1"), second(SmtpStatus::starttls_missing)), "partly",
     "clear authenticated clear", "smtp.starttls-missing"},
    {"one host passes, the other is silent", two(probe("192.0.2.1"), second(SmtpStatus::timed_out)),
     "protected", "encrypted authenticated encrypted", "smtp.timeout"},
    {"one host passes, the other is silent and outside the policy",
     two(probe("192.0.2.1"), second(SmtpStatus::timed_out), {kMx}), "protected",
     "encrypted authenticated encrypted", "sts.mx.not-covered smtp.timeout"},
    {"none answered, and none is in the policy: no answer would change that",
     two(probe("192.0.2.1", SmtpStatus::timed_out), second(SmtpStatus::timed_out),
         {"old.example.com"}),
     "broken", "unknown refused unknown",
     "sts.mx.none-covered smtp.timeout smtp.timeout sts.mx.unused-pattern"},
    {"the same without asking port 25",
     with(two(probe("192.0.2.1", SmtpStatus::not_probed), second(SmtpStatus::not_probed),
              {"old.example.com"}),
          [](Domain& d) { d.probed = false; }),
     "broken", "unknown refused unknown",
     "sts.mx.none-covered smtp.not-probed sts.mx.unused-pattern"},
    {"DANE broken, and the record did not answer: broken in any case",
     dane_broken_and([](Domain& d) { d.sts_record.status = LookupStatus::timed_out; }), "broken",
     "encrypted unknown refused", "dane.mismatch sts.dns.timeout dane.present"},
    {"DANE good, and the record did not answer",
     with(dane(), [](Domain& d) { d.sts_record.status = LookupStatus::timed_out; }), "inconclusive",
     "encrypted unknown authenticated", "sts.dns.timeout dane.present"},
    {"TLSA did not answer, one address without STARTTLS, one with: it hangs on TLSA",
     with(dane(),
          [](Domain& d) {
            facts::MxHost one =
                host(kMx, {probe("192.0.2.1"), probe("192.0.2.2", SmtpStatus::ehlo_rejected)});
            sign(one, {});
            one.tlsa.status = LookupStatus::timed_out;
            set_hosts(d, {one});
            d.policy = enforce().policy;
            d.sts_record = enforce().sts_record;
          }),
     "inconclusive", "clear authenticated unknown", "smtp.ehlo-rejected dane.timeout"},
    {"no mail comes before all else",
     with(nothing(),
          [](Domain& d) {
            d.sts_record.status = LookupStatus::timed_out;
            d.mx.records = {{0, ""}};
            d.mx_hosts.clear();
          }),
     "no-mail", "refused refused refused", "sts.dns.timeout mx.null rpt.none"},
});

TEST(JudgeVerdict, rows) {
  check(kRows);
}

TEST(JudgeVerdict, the_same_chain_is_judged_alike_at_each_address) {
  const Judgement judgement = judged(with(enforce(), [](Domain& d) {
    set_hosts(d, {host(kMx, {probe("192.0.2.1"), probe("192.0.2.2"), probe("2001:db8::1")})});
  }));
  for (const AddressJudgement& address : judgement.mx.at(0).addresses)
    EXPECT_EQ(address.outcome, Outcome::passes);
  EXPECT_TRUE(judgement.findings.empty());
}

TEST(JudgeVerdict, the_clock_is_an_argument) {
  const auto at = [](std::int64_t time) {
    return verdict_name(judge(enforce(), authorities().roots, time).verdict);
  };
  EXPECT_EQ(at(kNow), "protected");
  EXPECT_EQ(at(kNow + 31 * kDay), "misconfigured");
}

// ---------------------------------------------------------------------------------- any facts
// Facts as no network would make them, too.
class AnyFacts {
 public:
  explicit AnyFacts(unsigned seed) : random_(seed) {}

  Domain make() {
    Domain d = pick(3) == 0 ? dane() : enforce();
    if (pick(3) == 0) set_policy(d, pick(2) == 0 ? "testing" : "none", {kMx});
    if (pick(4) == 0) set_policy(d, "enforce", {"*.example.com"});
    lookup(d.sts_record);
    lookup(d.tlsrpt_record);
    lookup(d.mx);
    lookup(d.policy.ipv4);
    if (pick(4) == 0) d.policy.status = static_cast<FetchStatus>(pick(13));
    if (pick(4) == 0) d.policy.http_status = pick(2) == 0 ? 404 : 301;
    if (pick(4) == 0) d.policy.tls.chain = chain(kPolicyHost);
    if (pick(6) == 0) d.policy.body = "junk";
    if (pick(4) == 0) d.validation = static_cast<Validation>(pick(3));
    if (pick(8) == 0) d.probed = false;
    if (pick(8) == 0) d.port_25_blocked = true;
    d.mx_hosts.clear();
    d.mx.records.clear();
    const int hosts = pick(4);
    for (int i = 0; i < hosts; ++i) add_host(d, "mx" + std::to_string(i + 1) + ".example.com");
    return d;
  }

  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

 private:
  void lookup(facts::Lookup& one) {
    if (pick(5) == 0) one.status = static_cast<LookupStatus>(pick(8));
    if (pick(5) == 0) one.authentic = !one.authentic;
    if (pick(9) == 0) one.cnames = {"x.example"};
  }

  const Chain& chain(const std::string& name) {
    static std::map<std::string, std::vector<Chain>> made;
    std::vector<Chain>& all = made[name];
    if (all.empty())
      all = {good_chain(name), expired(name), self_signed(name), good_chain("www.example.net"), {}};
    return all[static_cast<std::size_t>(pick(5))];
  }

  void add_host(Domain& d, const std::string& name) {
    std::vector<facts::SmtpProbe> probes;
    const int addresses = pick(3);
    for (int i = 0; i < addresses; ++i) {
      const SmtpStatus status =
          pick(2) == 0 ? SmtpStatus::secured : static_cast<SmtpStatus>(pick(14));
      probes.push_back(probe("192.0.2." + std::to_string(i + 1), status,
                             pick(2) == 0 ? good_chain(name) : chain(name)));
      if (pick(6) == 0) probes.back().tls.status = static_cast<TlsStatus>(pick(7));
    }
    facts::MxHost made = host(name, std::move(probes));
    if (pick(2) == 0)
      sign(made, {pick(2) == 0 ? tlsa(3, 1, 1, good_chain(name)[0]) : tlsa_of_nobody()});
    lookup(made.tlsa);
    lookup(made.ipv4);
    if (!made.ipv4.found()) {
      made.ipv4.addresses.clear();
      made.probes.clear();
    }
    if (pick(12) == 0) made.valid = false;
    d.mx.records.push_back({10, name});
    d.mx_hosts.push_back(std::move(made));
  }

  std::mt19937 random_;
};

// How good a verdict is for who believes it.
int worth(Verdict verdict) {
  return verdict == Verdict::protected_ ? 2 : verdict == Verdict::partly ? 1 : 0;
}

constexpr unsigned kRounds = 1000;

TEST(JudgeVerdict, protected_never_with_a_host_that_fails) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    const Judgement judgement = judged(AnyFacts(seed).make());
    if (judgement.verdict != Verdict::protected_) continue;
    bool passes = false;
    for (const MxJudgement& mx : judgement.mx) {
      EXPECT_NE(mx.outcome, Outcome::fails) << seed;
      passes = passes || mx.outcome == Outcome::passes;
      for (const AddressJudgement& address : mx.addresses) {
        if (address.outcome == Outcome::passes) {
          EXPECT_EQ(address.session, Session::secured) << seed;
        }
      }
    }
    EXPECT_TRUE(passes) << seed;
  }
}

// Fails closed: what is not known any more makes nothing better.
TEST(JudgeVerdict, an_unknown_never_makes_it_better) {
  const std::vector<std::function<void(Domain&)>> unknowns = {
      [](Domain& d) {
        d.sts_record = {};
        d.sts_record.status = LookupStatus::timed_out;
      },
      [](Domain& d) {
        d.mx.status = LookupStatus::timed_out;
        d.mx.records.clear();
        d.mx_hosts.clear();
      },
      [](Domain& d) { d.policy.status = FetchStatus::cut_short; },
      [](Domain& d) {
        d.policy.ipv4 = d.policy.ipv6 = {};
        d.policy.status = FetchStatus::not_tried;
      },
      [](Domain& d) { d.validation = Validation::unknown; },
      [](Domain& d) {
        for (facts::MxHost& mx : d.mx_hosts) mx.tlsa = {};
      },
      [](Domain& d) {
        d.probed = false;
        for (facts::MxHost& mx : d.mx_hosts)
          for (facts::SmtpProbe& each : mx.probes)
            each = probe(each.address.text(), SmtpStatus::not_probed);
      },
  };
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    const Domain facts = AnyFacts(seed).make();
    const Verdict before = judged(facts).verdict;
    for (std::size_t i = 0; i < unknowns.size(); ++i)
      EXPECT_LE(worth(judged(with(facts, unknowns[i])).verdict), worth(before))
          << "seed " << seed << ", unknown " << i;
  }
}

// Whatever is protected is seen as delivered by some class of sender that checks.
TEST(JudgeVerdict, verdict_and_effects_agree) {
  for (unsigned seed = 0; seed < kRounds; ++seed) {
    const Judgement judgement = judged(AnyFacts(seed).make());
    const Effects& effects = judgement.effects;
    if (judgement.verdict == Verdict::protected_) {
      EXPECT_TRUE(effects.mta_sts == Effect::authenticated || effects.dane != Effect::clear)
          << seed;
    }
    if (judgement.verdict == Verdict::no_mail) {
      EXPECT_EQ(text_of(effects), "refused refused refused") << seed;
    }
    if (judgement.verdict == Verdict::unprotected) {
      EXPECT_NE(effects.mta_sts, Effect::authenticated) << seed;
      EXPECT_NE(effects.dane, Effect::authenticated) << seed;
    }
  }
}

}  // namespace
}  // namespace mxseal::judge
