// SPDX-License-Identifier: MIT
// Chains that were made to cost: each limit of the search for other paths is spent, and verdicts beside it stay right.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pki/chain.hpp"
#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::issue;
using test::Issued;
using test::kDay;
using test::kNow;
using test::Wish;

Issued layer(const std::string& name, const Issued& issuer, const test::Key& key, long serial) {
  Wish wish;
  wish.name = name;
  wish.authority = true;
  wish.serial = serial;
  return issue(wish, &issuer, key);
}

// `width` certificates of one name and key in each of `height` layers: every one of a layer is issued by every one above it.
std::vector<Certificate> ladder(const Issued& top, int height, int width) {
  std::vector<Certificate> chain;
  std::vector<Issued> above{top};
  for (int i = height; i > 0; --i) {
    const test::Key key = test::ec_key();
    std::vector<Issued> here;
    for (int serial = 1; serial <= width; ++serial)
      here.push_back(layer("Layer " + std::to_string(i), above[0], key, serial));
    for (const Issued& each : here) chain.push_back(each.certificate);
    above = here;
  }
  chain.insert(chain.begin(), issue({}, &above[0]).certificate);
  return chain;
}

bool spent(const Verification& verification) {
  return std::ranges::find(verification.errors,
                           ChainError{Fault::invalid, 0, "too many possible chains"}) !=
         verification.errors.end();
}

class ChainLimits : public testing::Test {
 protected:
  Issued root_ = test::authority("Root");
  TrustStore roots_ = *TrustStore::from_pem(root_.pem());

  Verification judged(const std::vector<Certificate>& chain) const {
    return verify(chain, "mx.example.com", roots_, kNow);
  }
};

// 90 signatures, 59,049 ways through them, and no root at the end of any: the steps are bounded, not only the signatures.
TEST_F(ChainLimits, steps) {
  const Verification found = judged(ladder(test::authority("Stranger"), 10, 3));
  EXPECT_FALSE(found.ok);
  EXPECT_TRUE(spent(found));
}

TEST_F(ChainLimits, signatures) {
  const Issued stranger = test::authority("Stranger");
  const Verification found = judged(ladder(stranger, 1, 150));
  EXPECT_FALSE(found.ok);
  EXPECT_TRUE(spent(found));
}

// Every path is complete and has a fault that only judging it shows.
TEST_F(ChainLimits, complete_paths) {
  const test::Key key = test::ec_key();
  std::vector<Certificate> chain;
  Issued last = root_;
  for (long serial = 1; serial <= 20; ++serial) {
    Wish wish;
    wish.name = "Constrained";
    wish.authority = true;
    wish.serial = serial;
    wish.extensions = {{NID_name_constraints, "permitted;DNS:example.org"}};
    last = issue(wish, &root_, key);
    chain.push_back(last.certificate);
  }
  chain.insert(chain.begin(), issue({}, &last).certificate);
  const Verification found = judged(chain);
  EXPECT_FALSE(found.ok);
  EXPECT_TRUE(spent(found));
}

TEST_F(ChainLimits, as_many_intermediates_as_are_followed) {
  EXPECT_TRUE(judged(ladder(root_, 10, 1)).ok);
  EXPECT_FALSE(judged(ladder(root_, 11, 1)).ok);
}

TEST_F(ChainLimits, certificates_beyond_the_most_are_not_looked_at) {
  const Issued good = test::authority("Good", &root_);
  const Certificate stuffing = test::authority("Stuffing").certificate;
  std::vector<Certificate> chain{issue({}, &good).certificate};
  chain.resize(kMaxChain - 1, stuffing);
  chain.push_back(good.certificate);
  EXPECT_TRUE(judged(chain).ok);
  chain.insert(chain.begin() + 1, stuffing);
  EXPECT_FALSE(judged(chain).ok);
}

// What another path has not is no error of the certificate: of the leaf's own faults alone it must speak.
TEST_F(ChainLimits, a_dead_end_hides_no_better_path_of_a_bad_leaf) {
  const Issued stranger = test::authority("Stranger");
  const test::Key key = test::ec_key();
  const Issued good = test::authority("Twice", &root_, key);
  const Issued bad = test::authority("Twice", &stranger, key);
  Wish wish;
  wish.not_after = kNow - kDay;
  const Certificate leaf = issue(wish, &good).certificate;
  for (const auto& chain : {std::vector{leaf, bad.certificate, good.certificate},
                            std::vector{leaf, good.certificate, bad.certificate}}) {
    const Verification found = judged(chain);
    ASSERT_EQ(found.errors.size(), 1U);
    EXPECT_EQ(found.errors[0].fault, Fault::expired);
    EXPECT_EQ(found.errors[0].depth, 0);
    EXPECT_FALSE(found.alternative_path) << "it is not good by any path";
    EXPECT_EQ(found.chain.back(), root_.certificate);
  }
}

// A name that does not fit is no better by another path.
TEST_F(ChainLimits, only_a_good_chain_has_an_alternative_path) {
  const Issued stranger = test::authority("Stranger");
  const test::Key key = test::ec_key();
  const Issued good = test::authority("Twice", &root_, key);
  const Issued bad = test::authority("Twice", &stranger, key);
  const Certificate leaf = issue({}, &good).certificate;
  const std::vector chain{leaf, bad.certificate, good.certificate};
  EXPECT_TRUE(verify(chain, "mx.example.com", roots_, kNow).alternative_path);
  const Verification other = verify(chain, "mx.example.org", roots_, kNow);
  ASSERT_EQ(other.errors.size(), 1U);
  EXPECT_FALSE(other.alternative_path);
}

// OpenSSL refuses what has more names and constraints than 2^20 together take to compare; so does what is compared here.
TEST_F(ChainLimits, names_under_constraints) {
  const auto judged_with = [&](int count) {
    std::string names;
    std::string constraints;
    for (int i = 0; i < count; ++i) {
      names += (i == 0 ? "DNS:*.a" : ",DNS:*.a") + std::to_string(i);
      constraints += (i == 0 ? "excluded;DNS:x.b" : ",excluded;DNS:x.b") + std::to_string(i);
    }
    Wish wish;
    wish.name = "Constrained";
    wish.authority = true;
    wish.extensions = {{NID_name_constraints, constraints}};
    const Issued constrained = issue(wish, &root_);
    Wish leaf;
    leaf.alternative_names = names + ",DNS:mx.example.com";
    return judged({issue(leaf, &constrained).certificate, constrained.certificate});
  };
  EXPECT_TRUE(judged_with(1000).ok);
  const Verification over = judged_with(1100);
  EXPECT_NE(std::ranges::find(over.errors,
                              ChainError{Fault::invalid, 0, "name constraint: too many of them"}),
            over.errors.end());
}

TEST_F(ChainLimits, the_names_that_do_not_fit_are_not_all_told) {
  Wish wish;
  wish.alternative_names = "DNS:a.example";
  for (int i = 0; i < 2000; ++i)
    wish.alternative_names += ",DNS:a" + std::to_string(i) + ".example";
  const Verification found = judged({issue(wish, &root_).certificate});
  ASSERT_EQ(found.errors.size(), 1U);
  EXPECT_EQ(found.names.size(), 2001U);
  EXPECT_LT(found.errors[0].detail.size(), 900U);
  EXPECT_TRUE(found.errors[0].detail.ends_with(" more")) << found.errors[0].detail;
}

// RFC 5280 §4.2.1.10 is about names; the CN, which never counts, is none.
TEST_F(ChainLimits, a_common_name_is_under_no_constraint) {
  Wish wish;
  wish.name = "Constrained";
  wish.authority = true;
  wish.extensions = {{NID_name_constraints, "permitted;DNS:example.com"}};
  const Issued constrained = issue(wish, &root_);
  Wish leaf;
  leaf.name = "mail.example.org";
  leaf.alternative_names = "";
  const Verification found =
      judged({issue(leaf, &constrained).certificate, constrained.certificate});
  ASSERT_EQ(found.errors.size(), 1U);
  EXPECT_EQ(found.errors[0].fault, Fault::name_mismatch);
}

TEST_F(ChainLimits, a_root_that_was_sent_has_its_place) {
  Wish wish;
  wish.name = "Old";
  wish.authority = true;
  wish.not_after = kNow - kDay;
  const Issued old = issue(wish);
  const TrustStore roots = *TrustStore::from_pem(old.pem());
  const Certificate leaf = issue({}, &old).certificate;
  EXPECT_EQ(verify(std::vector{leaf}, "mx.example.com", roots, kNow).errors.at(0),
            (ChainError{Fault::expired, -1, ""}));
  const Certificate sent = *Certificate::from_der(old.certificate.der());
  EXPECT_EQ(verify(std::vector{leaf, sent}, "mx.example.com", roots, kNow).errors.at(0),
            (ChainError{Fault::expired, 1, ""}));
}

}  // namespace
}  // namespace mxseal::pki
