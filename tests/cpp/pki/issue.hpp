// SPDX-License-Identifier: MIT
// Certificates for tests, made by OpenSSL: an issuer and what is to stand in the certificate.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pki/certificate.hpp"

namespace mxseal::pki::test {

using Key = std::shared_ptr<EVP_PKEY>;

inline Key ec_key() {
  return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}
inline Key rsa_key(unsigned bits) {
  return {EVP_RSA_gen(bits), EVP_PKEY_free};
}

inline constexpr std::int64_t kNow = 1'800'000'000;  // 2027-01-15
inline constexpr std::int64_t kDay = 86'400;

struct Wish {
  std::string name = "server";                           ///< CN of the subject
  std::string alternative_names = "DNS:mx.example.com";  ///< in OpenSSL's words; empty: none
  std::vector<std::pair<int, std::string>> extensions;   ///< further ones: NID and OpenSSL's words
  std::int64_t not_before = kNow - 30 * kDay;
  std::int64_t not_after = kNow + 30 * kDay;
  const EVP_MD* digest = EVP_sha256();
  bool authority = false;
  long serial = 42;
};

struct Issued {
  Certificate certificate;
  Key key;

  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(out.get(), certificate.native());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }
};

inline void add_extension(X509* certificate, X509* issuer, int nid, const std::string& words) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, words.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// Issued by `issuer`, or by itself where there is none.
inline Issued issue(const Wish& wish, const Issued* issuer = nullptr, Key key = ec_key()) {
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), wish.serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), wish.not_before);
  ASN1_TIME_set(X509_getm_notAfter(certificate), wish.not_after);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wish.name.c_str()), -1, -1, 0);
  X509* signer = issuer == nullptr ? certificate : issuer->certificate.native();
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  X509_set_pubkey(certificate, key.get());
  if (wish.authority) {
    add_extension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, signer, NID_subject_key_identifier, "hash");
  } else if (!wish.alternative_names.empty()) {
    add_extension(certificate, signer, NID_subject_alt_name, wish.alternative_names);
  }
  for (const auto& [nid, words] : wish.extensions) add_extension(certificate, signer, nid, words);
  X509_sign(certificate, issuer == nullptr ? key.get() : issuer->key.get(), wish.digest);
  return {Certificate::adopt(certificate), std::move(key)};
}

inline Issued authority(const std::string& name, const Issued* issuer = nullptr,
                        Key key = ec_key()) {
  Wish wish;
  wish.name = name;
  wish.authority = true;
  wish.not_after = kNow + 3650 * kDay;
  return issue(wish, issuer, std::move(key));
}

}  // namespace mxseal::pki::test
