// SPDX-License-Identifier: MIT
#include "pki/encoded_chain.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "pki/intermediates.hpp"

namespace mxseal::pki {
namespace {

// DER of a certificate begins with 0x30 and a long length, which is no text.
bool is_der(std::string_view item) {
  return item.size() >= 2 && item[0] == '\x30' && !ascii::is_ascii(item[1]);
}

struct ReadChain {
  std::vector<Certificate> certificates;
  std::vector<int> places;  // of each of them in the chain as sent
  std::vector<ChainError> errors;
  int sent = 0;
};

void read_der(std::string_view der, ReadChain& read) {
  Result<Certificate> certificate =
      read.sent == 0 ? Certificate::from_der(der) : intermediate_from_der(der);
  if (certificate) {
    read.certificates.push_back(*std::move(certificate));
    read.places.push_back(read.sent);
  } else {
    read.errors.push_back({Fault::invalid, read.sent, certificate.error().detail});
  }
  ++read.sent;
}

void read_pem(std::string_view text, ReadChain& read) {
  Result<std::vector<Certificate>> certificates = Certificate::read_pem(text);
  if (!certificates) {
    read.errors.push_back({Fault::invalid, read.sent++, certificates.error().detail});
    return;
  }
  for (Certificate& certificate : *certificates) {
    read.certificates.push_back(std::move(certificate));
    read.places.push_back(read.sent++);
  }
}

}  // namespace

Verification verify_encoded(std::span<const std::string> chain, std::string_view host,
                            const TrustStore& roots, std::int64_t at) {
  ReadChain read;
  for (const std::string& item : chain) {
    if (static_cast<std::size_t>(read.sent) >= kMaxChain) break;
    is_der(item) ? read_der(item, read) : read_pem(item, read);
  }
  Verification result;
  const bool leaf = !read.places.empty() && read.places[0] == 0;
  if (leaf || read.errors.empty()) {
    result = verify(read.certificates, host, roots, at);
    for (ChainError& error : result.errors) {
      if (error.depth > 0) error.depth = read.places[static_cast<std::size_t>(error.depth)];
    }
  }
  result.errors.insert(result.errors.end(), read.errors.begin(), read.errors.end());
  result.ok = result.errors.empty();
  result.alternative_path = result.ok && result.alternative_path;
  return result;
}

}  // namespace mxseal::pki
