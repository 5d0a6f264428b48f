// SPDX-License-Identifier: MIT
// TLSA usage 2: which certificates can be the authority that a record names.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pki/issue.hpp"
#include "pki/tlsa.hpp"

namespace mxseal::pki {
namespace {

using test::kDay;
using test::kNow;

class TlsaAuthority : public testing::Test {
 protected:
  test::Issued root_ = test::authority("Root");
  test::Issued intermediate_ = test::authority("Intermediate", &root_);
  test::Issued leaf_ = test::issue({}, &intermediate_);

  static TlsaMatch one(const Tlsa& record, const std::vector<Certificate>& chain,
                       std::int64_t at = kNow) {
    return match(std::vector{record}, chain, "mx.example.com", at).at(0).match;
  }
};

// RFC 7671 §5.2: an authority stands above the leaf. OpenSSL and Postfix do not look at depth 0 either.
TEST_F(TlsaAuthority, the_leaf_is_none) {
  const test::Issued alone = test::issue({});
  EXPECT_EQ(one({2, 0, 1, alone.certificate.sha256()}, {alone.certificate}), TlsaMatch::not_sent);
  EXPECT_EQ(one({3, 0, 1, alone.certificate.sha256()}, {alone.certificate}), TlsaMatch::match);
}

// RFC 7671 §5.2.2: a root that a record names must be sent.
TEST_F(TlsaAuthority, a_root_that_is_sent) {
  const Tlsa record{2, 0, 1, root_.certificate.sha256()};
  const std::vector chain{leaf_.certificate, intermediate_.certificate};
  EXPECT_EQ(one(record, chain), TlsaMatch::not_sent);
  EXPECT_EQ(one(record, {leaf_.certificate, intermediate_.certificate, root_.certificate}),
            TlsaMatch::match);
}

// RFC 7672 §3.2.3: the CN counts where there is no dNSName, and only there.
TEST_F(TlsaAuthority, of_a_leaf_whose_name_stands_in_the_cn) {
  test::Wish wish;
  wish.alternative_names = {};
  const Tlsa record{2, 0, 1, intermediate_.certificate.sha256()};
  const auto chain = [&] {
    return std::vector{test::issue(wish, &intermediate_).certificate, intermediate_.certificate};
  };
  wish.name = "mx.example.com";
  EXPECT_EQ(one(record, chain()), TlsaMatch::match);
  wish.name = "*.example.com";
  EXPECT_EQ(one(record, chain()), TlsaMatch::match);
  wish.name = "mx*.example.com";
  EXPECT_EQ(one(record, chain()), TlsaMatch::name_or_dates);
  wish.name = "mx.example.com";
  wish.alternative_names = "DNS:www.example.com";
  EXPECT_EQ(one(record, chain()), TlsaMatch::name_or_dates);
}

TEST_F(TlsaAuthority, one_that_did_not_issue_the_leaf) {
  const test::Issued stranger = test::authority("Stranger");
  const Tlsa record{2, 0, 1, stranger.certificate.sha256()};
  EXPECT_EQ(one(record, {leaf_.certificate, intermediate_.certificate, stranger.certificate}),
            TlsaMatch::no_match);
}

// RFC 7671 §5.2.3: the key alone, of an authority that was not sent.
TEST_F(TlsaAuthority, a_bare_key) {
  const std::vector chain{leaf_.certificate, intermediate_.certificate};
  const Tlsa of_root{2, 1, 0, root_.certificate.public_key()};
  EXPECT_EQ(one(of_root, chain), TlsaMatch::match);
  EXPECT_EQ(one(of_root, chain, kNow + 31 * kDay), TlsaMatch::name_or_dates);
  EXPECT_EQ(one({2, 1, 0, intermediate_.certificate.public_key()}, {leaf_.certificate}),
            TlsaMatch::match);
  EXPECT_EQ(one({2, 1, 0, test::authority("Stranger").certificate.public_key()}, chain),
            TlsaMatch::not_sent);
  EXPECT_EQ(one({2, 1, 0, root_.certificate.public_key() + "x"}, chain), TlsaMatch::unusable);
}

// Of a zone with a thousand records and a chain with 180 certificates, all made to be tried with each other.
TEST_F(TlsaAuthority, only_so_many_authorities_are_tried) {
  const auto judged = [&](int strangers, auto record_of) {
    std::vector<Tlsa> records;
    std::vector<Certificate> chain{leaf_.certificate, intermediate_.certificate};
    for (int i = 0; i < strangers; ++i) {
      chain.push_back(test::authority("Stranger").certificate);
      records.push_back(record_of(chain.back()));
    }
    records.push_back(record_of(intermediate_.certificate));
    return match(records, chain, "mx.example.com", kNow).back();
  };
  const auto digest = [](const Certificate& each) { return Tlsa{2, 0, 1, each.sha256()}; };
  EXPECT_EQ(judged(kMaxAuthorities - 1, digest).match, TlsaMatch::match);
  EXPECT_EQ(judged(kMaxAuthorities, digest).match, TlsaMatch::no_match);
  EXPECT_EQ(judged(kMaxAuthorities, digest).detail, "too many authorities");
}

TEST_F(TlsaAuthority, only_so_many_signatures_are_tried_with_bare_keys) {
  const auto judged = [&](int keys) {
    std::vector<Tlsa> records;
    for (int i = 0; i < keys; ++i)
      records.push_back({2, 1, 0, test::authority("Stranger").certificate.public_key()});
    records.push_back({2, 1, 0, root_.certificate.public_key()});
    const std::vector chain{leaf_.certificate, intermediate_.certificate};
    return match(records, chain, "mx.example.com", kNow).back();
  };
  EXPECT_EQ(judged(kMaxKeyTrials / 2 - 1).match, TlsaMatch::match);
  EXPECT_EQ(judged(kMaxKeyTrials / 2).match, TlsaMatch::not_sent);
  EXPECT_EQ(judged(kMaxKeyTrials / 2).detail, "too many authorities");
}

TEST_F(TlsaAuthority, no_chain_matches_nothing) {
  EXPECT_EQ(one({2, 0, 1, root_.certificate.sha256()}, {}), TlsaMatch::no_match);
  EXPECT_EQ(one({3, 0, 1, leaf_.certificate.sha256()}, {}), TlsaMatch::no_match);
}

}  // namespace
}  // namespace mxseal::pki
