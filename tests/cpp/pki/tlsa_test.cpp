// SPDX-License-Identifier: MIT
#include "pki/tlsa.hpp"

#include <gtest/gtest.h>

#include <openssl/sha.h>

#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::kDay;
using test::kNow;

std::string sha256(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}
std::string sha512(const std::string& bytes) {
  std::string digest(SHA512_DIGEST_LENGTH, '\0');
  SHA512(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

class TlsaTest : public testing::Test {
 protected:
  test::Issued root_ = test::authority("Root");
  test::Issued intermediate_ = test::authority("Intermediate", &root_);
  test::Issued leaf_ = test::issue({}, &intermediate_);
  std::vector<Certificate> chain_{leaf_.certificate, intermediate_.certificate};

  TlsaMatch one(const Tlsa& record, const std::string& host = "mx.example.com",
                std::int64_t at = kNow) const {
    return match({&record, 1}, chain_, host, at)[0].match;
  }
};

TEST_F(TlsaTest, usage_3_matches_the_certificate_itself_whatever_its_name_and_dates) {
  const std::string der = leaf_.certificate.der();
  const std::string key = leaf_.certificate.public_key();
  for (const Tlsa& record :
       {Tlsa{3, 0, 0, der}, Tlsa{3, 0, 1, sha256(der)}, Tlsa{3, 0, 2, sha512(der)},
        Tlsa{3, 1, 0, key}, Tlsa{3, 1, 1, sha256(key)}, Tlsa{3, 1, 2, sha512(key)}}) {
    EXPECT_EQ(one(record), TlsaMatch::match);
    EXPECT_EQ(one(record, "other.example", kNow + 3650 * kDay), TlsaMatch::match)
        << "RFC 7672 §3.1.1";
  }
  EXPECT_EQ(one({3, 1, 1, sha256(intermediate_.certificate.public_key())}), TlsaMatch::no_match);
}

TEST_F(TlsaTest, usage_2_matches_an_authority_that_was_sent_and_name_and_dates_count) {
  const Tlsa record{2, 1, 1, sha256(intermediate_.certificate.public_key())};
  EXPECT_EQ(one(record), TlsaMatch::match) << "no root store is needed";
  EXPECT_EQ(one(record, "other.example"), TlsaMatch::name_or_dates) << "RFC 7672 §3.2.2";
  EXPECT_EQ(one(record, "mx.example.com", kNow + 31 * kDay), TlsaMatch::name_or_dates);
  EXPECT_EQ(one({2, 0, 1, sha256(root_.certificate.der())}), TlsaMatch::not_sent)
      << "RFC 7671 §5.2.2";
  EXPECT_EQ(one({2, 0, 0, root_.certificate.der()}), TlsaMatch::match)
      << "the record brings it along";
}

TEST_F(TlsaTest, records_that_cannot_match_are_unusable) {
  const std::string digest(32, 'x');
  for (const auto& [record, reason] : {std::pair{Tlsa{0, 0, 1, digest}, "usage 0"},
                                       {Tlsa{1, 1, 1, digest}, "usage 1"},
                                       {Tlsa{4, 1, 1, digest}, "unknown usage"},
                                       {Tlsa{255, 1, 1, digest}, "private use"},
                                       {Tlsa{3, 2, 1, digest}, "unknown selector"},
                                       {Tlsa{3, 1, 3, digest}, "unknown matching type"},
                                       {Tlsa{3, 1, 1, digest + "x"}, "too long a digest"},
                                       {Tlsa{3, 1, 2, digest}, "too short a digest"},
                                       {Tlsa{3, 1, 0, ""}, "no data"},
                                       {Tlsa{2, 0, 0, "x"}, "no certificate"}}) {
    EXPECT_EQ(one(record), TlsaMatch::unusable) << reason;
    EXPECT_FALSE(usable(record).detail.empty()) << reason;
  }
}

}  // namespace
}  // namespace mxseal::pki
