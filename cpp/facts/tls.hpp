// SPDX-License-Identifier: MIT
// What a TLS handshake showed. The client accepts every certificate: judge decides what it is worth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pki/certificate.hpp"

namespace mxseal::facts {

enum class TlsStatus : std::uint8_t {
  not_tried,
  done,          ///< the handshake ended; nothing is said of the certificate
  failed,        ///< an alert or a broken message
  version_old,   ///< the server speaks only versions before TLS 1.2
  sni_rejected,  ///< alert unrecognized_name (RFC 6066 §3)
  closed,        ///< the connection ended within the handshake
  timed_out,
};

std::string_view tls_status_name(TlsStatus status);

struct Tls {
  TlsStatus status = TlsStatus::not_tried;
  std::string version;                  ///< "TLSv1.3"
  std::string cipher;                   ///< IANA's name
  std::string group;                    ///< "X25519"; empty where the library does not say
  std::vector<pki::Certificate> chain;  ///< as sent, leaf first
  std::string detail;                   ///< OpenSSL's reason where it failed
};

}  // namespace mxseal::facts
