// SPDX-License-Identifier: MIT
#include "pki/chain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::issue;
using test::Issued;
using test::kDay;
using test::kNow;
using test::Wish;

class ChainTest : public testing::Test {
 protected:
  Issued root_ = test::authority("Root");
  Issued intermediate_ = test::authority("Intermediate", &root_);
  TrustStore roots_ = *TrustStore::from_pem(root_.pem());

  Verification judged(const std::vector<Certificate>& chain,
                      const std::string& host = "mx.example.com", std::int64_t at = kNow) const {
    return verify(chain, host, roots_, at);
  }
  Verification judged(const Issued& leaf, const std::string& host = "mx.example.com",
                      std::int64_t at = kNow) const {
    return judged(std::vector{leaf.certificate, intermediate_.certificate}, host, at);
  }
  static std::string faults(const Verification& verification) {
    std::string text;
    for (const ChainError& error : verification.errors)
      text += (text.empty() ? "" : " ") + std::string(fault_name(error.fault)) + '@' +
              std::to_string(error.depth);
    EXPECT_EQ(verification.ok, verification.errors.empty());
    return text;
  }
};

TEST_F(ChainTest, a_good_chain_is_good) {
  const Verification verification = judged(issue({}, &intermediate_));
  EXPECT_EQ(faults(verification), "");
  EXPECT_EQ(verification.chain.size(), 3U);
  EXPECT_EQ(verification.names, std::vector<std::string>{"mx.example.com"});
  EXPECT_EQ(verification.not_before, kNow - 30 * kDay);
  EXPECT_EQ(verification.not_after, kNow + 30 * kDay);
  EXPECT_FALSE(verification.alternative_path);
}

TEST_F(ChainTest, every_error_is_told) {
  Wish wish;
  wish.not_after = kNow - 1;
  wish.alternative_names = "DNS:mail.elsewhere.example";
  EXPECT_EQ(faults(judged(issue(wish, &intermediate_))), "expired@0 name-mismatch@0");
  const Issued stranger = test::authority("Stranger");
  EXPECT_EQ(faults(judged({issue(wish, &stranger).certificate, stranger.certificate})),
            "expired@0 name-mismatch@0 untrusted@1");
}

// RFC 8461 §4.2, RFC 9525 §6.3: what a name covers.
TEST_F(ChainTest, names) {
  struct Row {
    const char* names;
    const char* host;
    const char* expected;
    const char* reason;
  };
  for (const Row& row : {
           Row{"DNS:MX.Example.com", "mx.example.COM", "", "case does not matter"},
           Row{"DNS:mx.example.com", "mx.example.com.", "",
               "one final dot says the name is complete"},
           Row{"DNS:*.example.com", "mx.example.com", "", "the whole left-most label"},
           Row{"DNS:*.example.com", "a.mx.example.com", "name-mismatch@0", "one label only"},
           Row{"DNS:*.example.com", "example.com", "name-mismatch@0", "not none"},
           Row{"DNS:m*.example.com", "mx.example.com", "name-mismatch@0", "no part of a label"},
           Row{"DNS:mx.*.com", "mx.example.com", "name-mismatch@0", "only the left-most"},
           Row{"DNS:*.com", "example.com", "name-mismatch@0", "nobody's name"},
           Row{"DNS:*", "localhost", "name-mismatch@0", "nor that"},
           Row{"DNS:mx.example.com", ".example.com", "name-mismatch@0",
               "OpenSSL takes it for all below"},
           Row{"DNS:mx.example.com", "", "name-mismatch@0", "OpenSSL checks nothing then"},
           Row{"DNS:*.example.com", "*.example.com", "name-mismatch@0", "no host"},
           Row{"IP:192.0.2.1", "192.0.2.1", "name-mismatch@0", "addresses are no names"},
           Row{"DNS:192.0.2.1", "192.0.2.1", "name-mismatch@0", "however they are written"},
           Row{"DNS:xn--bcher-kva.example", "bücher.example", "", "U-labels become A-labels"},
       }) {
    Wish wish;
    wish.alternative_names = row.names;
    EXPECT_EQ(faults(judged(issue(wish, &intermediate_), row.host)), row.expected) << row.reason;
  }
  EXPECT_EQ(faults(judged(issue({}, &intermediate_), std::string("mx.example.com\0.evil", 20))),
            "name-mismatch@0");
}

TEST_F(ChainTest, the_common_name_never_counts) {
  Wish wish;
  wish.name = "mx.example.com";
  wish.alternative_names = "";
  EXPECT_EQ(faults(judged(issue(wish, &intermediate_))), "cn-only@0");
  wish.alternative_names = "DNS:other.example.com";
  EXPECT_EQ(faults(judged(issue(wish, &intermediate_))), "name-mismatch@0");
}

// Q72 (RFC 5280 §4.1.2.5)
TEST_F(ChainTest, dates_include_their_last_second) {
  const Issued leaf = issue({}, &intermediate_);
  EXPECT_EQ(faults(judged(leaf, "mx.example.com", kNow + 30 * kDay)), "");
  EXPECT_EQ(faults(judged(leaf, "mx.example.com", kNow + 30 * kDay + 1)), "expired@0");
  EXPECT_EQ(faults(judged(leaf, "mx.example.com", kNow - 30 * kDay)), "");
  EXPECT_EQ(faults(judged(leaf, "mx.example.com", kNow - 30 * kDay - 1)),
            "not-yet-valid@0 not-yet-valid@1 not-yet-valid@-1");
}

TEST_F(ChainTest, who_vouches_for_it) {
  EXPECT_EQ(faults(judged(std::vector{issue({}).certificate})), "self-signed@0");
  EXPECT_EQ(faults(judged(std::vector{issue({}, &intermediate_).certificate})),
            "incomplete-chain@0");
  const Issued stranger = test::authority("Stranger");
  const Issued below = test::authority("Below", &stranger);
  EXPECT_EQ(faults(judged({issue({}, &below).certificate, below.certificate})), "untrusted@1");
  EXPECT_EQ(faults(judged({issue({}, &stranger).certificate, stranger.certificate})),
            "untrusted@1");
  EXPECT_EQ(faults(judged(std::vector<Certificate>{})), "invalid@0");
}

TEST_F(ChainTest, a_trusted_certificate_is_an_anchor_whether_self_signed_or_not) {
  const TrustStore only_intermediate = *TrustStore::from_pem(intermediate_.pem());
  EXPECT_TRUE(verify(std::vector{issue({}, &intermediate_).certificate}, "mx.example.com",
                     only_intermediate, kNow)
                  .ok);
  const Issued leaf = issue({}, &intermediate_);
  const TrustStore itself = *TrustStore::from_pem(leaf.pem());
  EXPECT_TRUE(verify(std::vector{leaf.certificate}, "mx.example.com", itself, kNow).ok);
  EXPECT_EQ(faults(verify(std::vector{leaf.certificate}, "mx.example.org", itself, kNow)),
            "name-mismatch@0");
}

// Q72 (RFC 5280 §4.2.1.12)
TEST_F(ChainTest, certificates_for_other_purposes_are_refused) {
  for (const auto& [words, good] : {std::pair{"serverAuth", true},
                                    {"clientAuth", false},
                                    {"anyExtendedKeyUsage", false},
                                    {"serverAuth,clientAuth", true}}) {
    Wish wish;
    wish.extensions = {{NID_ext_key_usage, words}};
    EXPECT_EQ(faults(judged(issue(wish, &intermediate_))), good ? "" : "invalid@0") << words;
  }
}

TEST_F(ChainTest, weak_keys_and_digests_are_refused) {
  EXPECT_EQ(faults(judged(issue({}, &intermediate_, test::rsa_key(2048)))), "");
  EXPECT_EQ(faults(judged(issue({}, &intermediate_, test::rsa_key(1024)))), "invalid@0");
  Wish sha1;
  sha1.digest = EVP_sha1();
  EXPECT_EQ(faults(judged(issue(sha1, &intermediate_))), "invalid@0");
  EXPECT_EQ(faults(judged(issue({}, &intermediate_, {EVP_EC_gen("secp256k1"), EVP_PKEY_free}))),
            "invalid@0");
}

TEST_F(ChainTest, only_authorities_issue) {
  const Issued no_authority = issue({}, &root_);
  const Issued leaf = issue({}, &no_authority);
  EXPECT_FALSE(judged({leaf.certificate, no_authority.certificate}).ok);
}

// Q72 (RFC 5280 §4.2.1.10)
TEST_F(ChainTest, a_wildcard_that_reaches_into_an_excluded_name_is_refused) {
  Wish wish;
  wish.name = "Constrained";
  wish.authority = true;
  wish.extensions = {{NID_name_constraints, "excluded;DNS:bar.example.com"}};
  const Issued constrained = issue(wish, &root_);
  Wish wildcard;
  wildcard.alternative_names = "DNS:*.example.com";
  const auto chain = [&](const Wish& leaf) {
    return std::vector{issue(leaf, &constrained).certificate, constrained.certificate};
  };
  EXPECT_EQ(faults(judged(chain(wildcard), "bar.example.com")), "invalid@0");
  EXPECT_EQ(faults(judged(chain({}))), "");
}

TEST_F(ChainTest, another_path_is_found_and_told) {
  // The same authority twice: once vouched for by a stranger, once by the root.
  const Issued stranger = test::authority("Stranger");
  const test::Key key = test::ec_key();
  const Issued good = test::authority("Twice", &root_, key);
  const Issued bad = test::authority("Twice", &stranger, key);
  const Certificate leaf = issue({}, &good).certificate;
  for (const auto& chain :
       {std::vector{leaf, bad.certificate, good.certificate},
        std::vector{leaf, good.certificate, bad.certificate},
        std::vector{leaf, stranger.certificate, bad.certificate, good.certificate}}) {
    EXPECT_EQ(faults(judged(chain)), "");
  }
  EXPECT_TRUE(judged({leaf, bad.certificate, good.certificate}).alternative_path ||
              judged({leaf, good.certificate, bad.certificate}).alternative_path);
}

TEST_F(ChainTest, a_mesh_of_authorities_ends_within_the_limits) {
  std::vector<Issued> mesh;
  const test::Key key = test::ec_key();
  for (int i = 0; i < 8; ++i) mesh.push_back(test::authority("Mesh", nullptr, key));
  std::vector<Certificate> chain{issue({}, &mesh[0]).certificate};
  for (const Issued& each : mesh) chain.push_back(each.certificate);
  EXPECT_FALSE(judged(chain).ok);
}

TEST(Fault, each_has_its_result_type) {
  EXPECT_EQ(result_type(Fault::expired), "certificate-expired");
  EXPECT_EQ(result_type(Fault::name_mismatch), "certificate-host-mismatch");
  EXPECT_EQ(result_type(Fault::cn_only), "certificate-host-mismatch");
  for (const Fault fault : {Fault::not_yet_valid, Fault::self_signed, Fault::untrusted,
                            Fault::incomplete_chain, Fault::invalid})
    EXPECT_EQ(result_type(fault), "certificate-not-trusted");
}

}  // namespace
}  // namespace mxseal::pki
