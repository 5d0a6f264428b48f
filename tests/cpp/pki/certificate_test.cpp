// SPDX-License-Identifier: MIT
#include "pki/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::issue;
using test::kDay;
using test::kNow;
using test::Wish;

TEST(Certificate, says_what_stands_in_it) {
  Wish wish;
  wish.name = "Server, the\n1st";
  wish.alternative_names = "DNS:MX.example.com,IP:192.0.2.1,email:a@example.com,DNS:*.example.com";
  wish.serial = 0x1234;
  const test::Issued root = test::authority("Root");
  const Certificate found = issue(wish, &root).certificate;
  EXPECT_EQ(found.subject(), "CN=Server\\, the\\0A1st");
  EXPECT_EQ(found.issuer(), "CN=Root");
  EXPECT_EQ(found.names(), (std::vector<std::string>{"MX.example.com", "*.example.com"}));
  EXPECT_TRUE(found.has_dns_name());
  EXPECT_EQ(found.common_names(), std::vector<std::string>{wish.name});
  EXPECT_EQ(found.serial(), "1234");
  EXPECT_EQ(found.not_before(), kNow - 30 * kDay);
  EXPECT_EQ(found.not_after(), kNow + 30 * kDay);
  EXPECT_EQ(found.key(), "EC P-256");
  EXPECT_FALSE(found.is_self_issued());
  EXPECT_TRUE(root.certificate.is_self_issued());
  EXPECT_EQ(found.sha256().size(), 32U);
}

TEST(Certificate, keys) {
  EXPECT_EQ(issue({}, nullptr, test::rsa_key(2048)).certificate.key(), "RSA 2048");
  const test::Issued root = test::authority("Root");
  EXPECT_EQ(issue({}, &root, {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free})
                .certificate.key(),
            "Ed25519");
}

TEST(Certificate, dates_of_every_century) {
  for (const std::int64_t day : {-7305LL /* 1949-12-31 */, 0LL, 11016LL /* 2000-02-29 */,
                                 29220LL /* 2050-01-01 */, 2932896LL /* 9999-12-31 */}) {
    Wish wish;
    wish.not_before = day * kDay;
    wish.not_after = day * kDay + 86'399;
    const Certificate found = issue(wish).certificate;
    EXPECT_EQ(found.not_before(), wish.not_before);
    EXPECT_EQ(found.not_after(), wish.not_after);
  }
}

TEST(Certificate, a_date_that_cannot_be_read_is_1970) {
  X509* broken = X509_dup(issue({}).certificate.native());
  ASN1_STRING_set(X509_getm_notAfter(broken), "991332250000Z", 13);
  EXPECT_EQ(Certificate::adopt(broken).not_after(), 0);
}

// No program that reads times knows a year 0, which DER can write.
TEST(Certificate, year_0_is_told_as_year_1) {
  X509* early = X509_new();
  ASN1_TIME_set_string(X509_getm_notBefore(early), "00000101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(early), "99991231235959Z");
  const Certificate certificate = Certificate::adopt(early);
  EXPECT_EQ(certificate.not_before(), -62'135'596'800);
  EXPECT_EQ(certificate.not_after(), 253'402'300'799);
}

TEST(Certificate, der_is_read_to_its_end) {
  const std::string der = issue({}).certificate.der();
  EXPECT_EQ(Certificate::from_der(der)->der(), der);
  EXPECT_EQ(Certificate::from_der(der)->size(), der.size());
  for (std::size_t size = 0; size < der.size(); ++size) {
    const auto found = Certificate::from_der(std::string(der, 0, size));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::certificate_invalid);
  }
  const auto longer = Certificate::from_der(der + "x");
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().offset, static_cast<std::int64_t>(der.size()));
}

TEST(Certificate, pem) {
  const test::Issued one = issue({});
  const test::Issued other = test::authority("Root");
  const auto found = Certificate::read_pem("a text\n" + one.pem() + "another\r\n" + other.pem());
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector{one.certificate, other.certificate}));
}

std::string armoured(const std::string& type, const std::string& header, const std::string& data) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio(out.get(), type.c_str(), header.c_str(),
                reinterpret_cast<const unsigned char*>(data.data()),
                static_cast<long>(data.size()));
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST(Certificate, pem_that_is_refused) {
  const test::Issued good = issue({});
  const std::string der = good.certificate.der();
  const std::string key = armoured("PRIVATE KEY", "", "secret");
  struct Row {
    std::string text;
    const char* why;
  };
  for (const Row& row : {
           Row{"", "nothing"},
           Row{"no certificate", "text"},
           Row{key, "something else"},
           Row{good.pem() + armoured("CERTIFICATE", "", "x"), "one of them is none"},
           Row{armoured("CERTIFICATE", "", der + "x"), "bytes behind it"},
           Row{good.pem() + "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
               "broken base64"},
           Row{good.pem() + good.pem().substr(0, 200), "ends in the middle"},
           Row{armoured("CERTIFICATE", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n", "x"),
               "encrypted: nobody is asked for a password"},
       }) {
    const auto found = Certificate::read_pem(row.text);
    ASSERT_FALSE(found) << row.why;
    EXPECT_EQ(found.error().code, Errc::certificate_invalid) << row.why;
  }
  EXPECT_EQ(Certificate::read_pem(key + good.pem())->size(), 1U)
      << "what is beside it is passed over";
}

// The queue is the thread's: an error that stays there is taken for one of the next TLS connection.
TEST(Certificate, leaves_no_error_behind) {
  ERR_clear_error();
  ASSERT_FALSE(Certificate::from_der("x"));
  ASSERT_FALSE(Certificate::read_pem("x"));
  const std::string good = issue({}).pem();
  ASSERT_TRUE(Certificate::read_pem(good));
  Wish wish;
  wish.alternative_names = "";
  const Certificate broken = issue(wish).certificate;
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>("junk"), 4);
  X509_EXTENSION* san = X509_EXTENSION_create_by_NID(nullptr, NID_subject_alt_name, 0, value);
  X509_add_ext(broken.native(), san, -1);
  X509_EXTENSION_free(san);
  ASN1_OCTET_STRING_free(value);
  ERR_clear_error();
  EXPECT_TRUE(broken.names().empty());
  EXPECT_EQ(ERR_peek_error(), 0UL);
}

}  // namespace
}  // namespace mxseal::pki
