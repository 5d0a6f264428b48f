// SPDX-License-Identifier: MIT
// SmtpSession: one connection to an SMTP server, from connect() to the QUIT behind the handshake. It carries the bytes between a
// socket, formats' Dialogue and TlsClient, and decides nothing but what time decides.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/ip_address.hpp"
#include "facts/smtp.hpp"
#include "formats/smtp_dialogue.hpp"
#include "net/reactor.hpp"
#include "net/tls_client.hpp"

namespace mxseal::net {

class SmtpSession {
 public:
  struct Order {
    IpAddress address;
    std::uint16_t port = 25;
    std::string helo;
    std::string sni;  ///< empty for none
    smtp::Dialogue::Security security = smtp::Dialogue::Security::starttls;
    KeyType key = KeyType::any;
    Time connect_by;
    Time end_by;
  };
  struct Report {
    facts::SmtpStatus status = facts::SmtpStatus::not_probed;
    std::string greeting;
    std::string reply;
    double greeting_seconds = 0;
    facts::Tls tls;
    int farewell =
        -1;  ///< a socket on which QUIT was sent, to be closed soon by whoever takes the report; or -1
  };
  using OnEnd = std::function<void(Report)>;

  /// Begins to connect. `on_end` is called once, from the reactor, and may destroy the session.
  SmtpSession(Reactor& reactor, const TlsContext& context, Order order, OnEnd on_end);
  /// Closes the connection; `on_end` is not called.
  ~SmtpSession();
  SmtpSession(const SmtpSession&) = delete;
  SmtpSession& operator=(const SmtpSession&) = delete;

 private:
  enum class Stage : std::uint8_t { connecting, clear, handshake, secure };

  // Each of these may end the session, and with it this object: they are called last.
  void connect();
  void connected();
  void on_events();
  void on_time();
  void receive_clear();
  void receive_secure();
  void take(std::string_view bytes);
  void go_on();
  void begin_handshake();
  void continue_handshake();
  void end(facts::SmtpStatus status);

  bool flush();
  void wait_for(bool readable, bool writable);
  bool has_stray_bytes() const;

  Reactor& reactor_;
  const TlsContext& context_;
  Order order_;
  OnEnd on_end_;
  int socket_ = -1;
  Reactor::TimerId timer_;
  Stage stage_ = Stage::connecting;
  smtp::Dialogue dialogue_;
  std::optional<TlsClient> tls_;
  std::string output_;
  Time connected_;
  Report report_;
};

/// What a failed connect() says (errno).
facts::SmtpStatus smtp_status_of_connect(int error);

}  // namespace mxseal::net
