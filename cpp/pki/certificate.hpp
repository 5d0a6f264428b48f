// SPDX-License-Identifier: MIT
// Certificate: an X.509 certificate, parsed once and shared. Copies are cheap and of the same certificate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

struct x509_st;  // OpenSSL's X509

namespace mxseal::pki {

class Certificate {
 public:
  /// Reads DER. Error: certificate-invalid, also for bytes behind it.
  static Result<Certificate> from_der(std::string_view der);
  /// All certificates of a PEM text, in order, "TRUSTED CERTIFICATE" too. Error: certificate-invalid where one of them is no
  /// certificate, or there is none.
  static Result<std::vector<Certificate>> read_pem(std::string_view text);
  /// Takes over one reference.
  static Certificate adopt(x509_st* certificate);

  x509_st* native() const { return certificate_.get(); }

  std::string der() const;
  /// Bytes of the DER.
  std::size_t size() const;
  /// SHA-256 of the DER, 32 bytes.
  std::string sha256() const;
  /// DER of the SubjectPublicKeyInfo (selector 1 of RFC 6698 §2.1.2).
  std::string public_key() const;
  /// Distinguished names as RFC 2253 writes them.
  std::string subject() const;
  std::string issuer() const;
  /// dNSNames of the subjectAltName, as they stand; one with a NUL in it is left out.
  std::vector<std::string> names() const;
  /// Whether there is a subjectAltName with any dNSName.
  bool has_dns_name() const;
  /// The subject's common names; they never count, and say what was meant.
  std::vector<std::string> common_names() const;
  /// Hexadecimal digits, two a byte, "-" in front of a negative one.
  std::string serial() const;
  /// Seconds since 1970; 0 where the certificate has no time that can be read.
  std::int64_t not_before() const;
  std::int64_t not_after() const;
  /// "EC P-256", "RSA 2048", "Ed25519".
  std::string key() const;
  bool is_self_issued() const;

  /// The same bytes.
  bool operator==(const Certificate& other) const;

 private:
  explicit Certificate(std::shared_ptr<x509_st> certificate)
      : certificate_(std::move(certificate)) {}
  std::shared_ptr<x509_st> certificate_;
};

}  // namespace mxseal::pki
