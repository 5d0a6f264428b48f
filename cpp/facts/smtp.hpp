// SPDX-License-Identifier: MIT
// What one address of one MX host said on port 25 (or 587, 465).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"
#include "facts/tls.hpp"

namespace mxseal::facts {

/// How far it went; the first that applies.
enum class SmtpStatus : std::uint8_t {
  not_probed,       ///< port 25 was not asked
  blocked,          ///< left alone: host or address is on the block list of the run
  private_address,  ///< the address guard refused it
  connect_refused,  ///< or unreachable
  timed_out,        ///< no connection, greeting or answer in time
  tarpit,           ///< bytes trickled in, and the total time ended
  protocol,         ///< no SMTP, or beyond a limit on lines or bytes, or closed in the middle
  banner_4xx,
  banner_5xx,
  ehlo_rejected,     ///< 500 or 502: no extensions (RFC 5321 §3.2)
  starttls_missing,  ///< EHLO was answered without STARTTLS
  starttls_refused,  ///< offered and then refused: see reply
  injection,         ///< bytes in clear behind the 220 to STARTTLS (RFC 3207 §6)
  tls,               ///< the handshake did not end: see tls
  secured,           ///< the handshake ended, EHLO was answered again
};

std::string_view smtp_status_name(SmtpStatus status);

struct SmtpProbe {
  IpAddress address;
  std::uint16_t port = 25;
  SmtpStatus status = SmtpStatus::not_probed;
  std::string greeting;            ///< first line, without its end
  std::string reply;               ///< the reply that decided where it went wrong
  double greeting_seconds = 0;     ///< from the connection to the whole greeting
  double seconds = 0;              ///< in all
  Tls tls;                         ///< with the MX host's name as SNI
  std::optional<Tls> other_key;    ///< a second handshake for the other key type (ECDSA, RSA)
  std::optional<Tls> without_sni;  ///< a handshake of its own, thorough checks only
};

}  // namespace mxseal::facts
