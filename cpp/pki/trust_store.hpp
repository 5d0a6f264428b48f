// SPDX-License-Identifier: MIT
// TrustStore: the roots that chains may end at. Loaded once, never changed, shared by threads.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pki/certificate.hpp"

struct x509_store_st;  // OpenSSL's X509_STORE

namespace mxseal::pki {

class TrustStore {
 public:
  /// The system's roots. Where SSL_CERT_FILE or SSL_CERT_DIR (folders with ":" between, openssl-rehash(1)) is set, those that they
  /// name and no others, else the system's bundle. Error: trust-store; the detail says where it looked and what to do.
  static Result<TrustStore> system();
  /// Of a PEM file, self-signed or not: each of them is an anchor. Error: trust-store with the reason.
  static Result<TrustStore> from_file(const std::string& path);
  static Result<TrustStore> from_pem(std::string_view text);

  x509_store_st* native() const { return store_.get(); }
  std::span<const Certificate> roots() const { return *roots_; }

 private:
  TrustStore(std::shared_ptr<x509_store_st> store,
             std::shared_ptr<const std::vector<Certificate>> roots)
      : store_(std::move(store)), roots_(std::move(roots)) {}
  static Result<TrustStore> of(std::vector<Certificate> roots);

  std::shared_ptr<x509_store_st> store_;
  std::shared_ptr<const std::vector<Certificate>> roots_;
};

}  // namespace mxseal::pki
