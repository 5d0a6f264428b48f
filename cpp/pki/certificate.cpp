// SPDX-License-Identifier: MIT
#include "pki/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <ctime>

namespace mxseal::pki {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};

void free_openssl(void* memory) {
  OPENSSL_free(memory);
}

using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;

// OpenSSL's queue of errors is the thread's, and whoever speaks TLS on it asks the queue what went wrong there: nothing may stay.
class ErrorsForgotten {
 public:
  ErrorsForgotten() { ERR_set_mark(); }
  ~ErrorsForgotten() { ERR_pop_to_mark(); }
  ErrorsForgotten(const ErrorsForgotten&) = delete;
  ErrorsForgotten& operator=(const ErrorsForgotten&) = delete;
};

std::string text_of(X509_NAME* name) {
  const Bio out(BIO_new(BIO_s_mem()));
  // RFC 2253, UTF-8 as it is; control characters stay escaped.
  X509_NAME_print_ex(out.get(), name, 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

constexpr std::int64_t kYear1 = -62'135'596'800;  // 0001-01-01T00:00:00Z

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  const std::chrono::year_month_day date(
      std::chrono::year(parts.tm_year + 1900),
      std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
      std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
  const std::chrono::sys_seconds whole =
      std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
      std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
  // DER can write a year 0, which no program that shows times knows.
  return std::max(whole.time_since_epoch().count(), kYear1);
}

Names alternative_names(X509* certificate) {
  const ErrorsForgotten forgotten;
  return Names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

}  // namespace

Certificate Certificate::adopt(x509_st* certificate) {
  return Certificate(std::shared_ptr<x509_st>(certificate, X509_free));
}

Result<Certificate> Certificate::from_der(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  const ErrorsForgotten forgotten;
  X509* parsed = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (parsed == nullptr) return Error{Errc::certificate_invalid, "not DER of a certificate", 0};
  Certificate certificate = adopt(parsed);
  if (at != end) {
    return Error{Errc::certificate_invalid, "bytes behind it",
                 static_cast<std::int64_t>(der.size()) - (end - at)};
  }
  return certificate;
}

Result<std::vector<Certificate>> Certificate::read_pem(std::string_view text) {
  const auto broken = [](std::string detail) {
    return Error{Errc::certificate_invalid, std::move(detail), -1};
  };
  if (text.size() > INT_MAX) return broken("too large");  // untested: memory
  const ErrorsForgotten forgotten;
  const Bio in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Certificate> certificates;
  for (;;) {
    char* type = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    // Not PEM_read_bio_X509: that asks at the terminal for the password of an encrypted block, passes over "TRUSTED CERTIFICATE"
    // and takes bytes behind the certificate.
    if (PEM_read_bio(in.get(), &type, &header, &data, &size) != 1) break;
    const std::unique_ptr<char, Freed<free_openssl>> type_freed(type);
    const std::unique_ptr<char, Freed<free_openssl>> header_freed(header);
    const std::unique_ptr<unsigned char, Freed<free_openssl>> data_freed(data);
    const std::string_view name(type);
    const bool trusted = name == PEM_STRING_X509_TRUSTED;
    if (!trusted && name != PEM_STRING_X509 && name != PEM_STRING_X509_OLD) continue;
    const unsigned char* at = data;
    X509* parsed = trusted ? d2i_X509_AUX(nullptr, &at, size) : d2i_X509(nullptr, &at, size);
    const std::string place = "number " + std::to_string(certificates.size() + 1);
    if (parsed == nullptr) return broken(place + " is no certificate");
    certificates.push_back(adopt(parsed));
    if (at != data + size) return broken("bytes behind " + place);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return broken("broken PEM behind " + std::to_string(certificates.size()) + " certificates");
  }
  if (certificates.empty()) return broken("no PEM of a certificate");
  return certificates;
}

std::string Certificate::der() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509(native(), &out);
  if (size < 0) return {};
  std::string der(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

std::size_t Certificate::size() const {
  return static_cast<std::size_t>(std::max(i2d_X509(native(), nullptr), 0));
}

std::string Certificate::sha256() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(native(), EVP_sha256(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string Certificate::public_key() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(native()), &out);
  if (size < 0) return {};
  std::string key(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return key;
}

std::string Certificate::subject() const {
  return text_of(X509_get_subject_name(native()));
}

std::string Certificate::issuer() const {
  return text_of(X509_get_issuer_name(native()));
}

std::vector<std::string> Certificate::names() const {
  std::vector<std::string> names;
  const Names all = alternative_names(native());
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    const std::string_view text = bytes_of(name->d.dNSName);
    if (text.find('\0') == std::string_view::npos) names.emplace_back(text);
  }
  return names;
}

bool Certificate::has_dns_name() const {
  const Names all = alternative_names(native());
  for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    if (sk_GENERAL_NAME_value(all.get(), i)->type == GEN_DNS) return true;
  }
  return false;
}

std::vector<std::string> Certificate::common_names() const {
  std::vector<std::string> names;
  const X509_NAME* subject = X509_get_subject_name(native());
  for (int i = -1; (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;) {
    names.emplace_back(bytes_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
  }
  return names;
}

std::string Certificate::serial() const {
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(native()), nullptr));
  char* const digits = number == nullptr ? nullptr : BN_bn2hex(number.get());
  if (digits == nullptr) return {};  // untested: memory
  std::string text(digits);
  OPENSSL_free(digits);
  return text;
}

std::int64_t Certificate::not_before() const {
  return seconds_of(X509_get0_notBefore(native()));
}

std::int64_t Certificate::not_after() const {
  return seconds_of(X509_get0_notAfter(native()));
}

std::string Certificate::key() const {
  EVP_PKEY* key = X509_get0_pubkey(native());
  if (key == nullptr) return "unknown";
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return "EC";
    const char* short_name = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
    return std::string("EC ") + (short_name == nullptr ? group.data() : short_name);
  }
  const char* type = EVP_PKEY_get0_type_name(key);
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1)
    return std::string(type) + ' ' + std::to_string(EVP_PKEY_get_bits(key));
  if (type == nullptr) return "unknown";
  return EVP_PKEY_is_a(key, "ED25519") == 1 ? "Ed25519"
         : EVP_PKEY_is_a(key, "ED448") == 1 ? "Ed448"
                                            : type;
}

bool Certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(native()), X509_get_issuer_name(native())) == 0;
}

bool Certificate::operator==(const Certificate& other) const {
  return native() == other.native() || X509_cmp(native(), other.native()) == 0;
}

}  // namespace mxseal::pki
