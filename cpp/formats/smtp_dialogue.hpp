// SPDX-License-Identifier: MIT
// Dialogue: the client's side of an SMTP session that goes as far as STARTTLS and sends no mail (RFC 5321, RFC 3207). Bytes of
// the server go in, commands for it come out.
//
// It knows neither socket nor clock nor TLS; whoever holds these is told by Next what to do. What the server said in clear counts
// for nothing once TLS is there, and no byte may wait behind the reply that begins it.
//
//   server                       client
//   220 mx.example ESMTP    ->
//                           <-   EHLO helo
//   250-mx.example
//   250 STARTTLS            ->
//                           <-   STARTTLS
//   220 go ahead            ->                 and not one byte more (RFC 3207 §6)
//                   = handshake =              (with TLS from the first byte it is here that all begins)
//                           <-   EHLO helo
//   250 mx.example          ->
//                           <-   QUIT
//
// Limits, each with its code: kMaxLine (smtp-line-too-long), kMaxLines (smtp-too-many-lines), kMaxBytes (smtp-too-many-bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace mxseal::smtp {

/// Bytes of a reply's line. RFC 5321 §4.5.3.1.5 allows 512; greetings with advertising are longer.
inline constexpr std::size_t kMaxLine = 2048;

/// Lines of a reply. Large servers answer EHLO with 20.
inline constexpr std::size_t kMaxLines = 128;

/// Bytes of a whole session.
inline constexpr std::size_t kMaxBytes = std::size_t{64} << 10;

struct Reply {
  int code = 0;                    ///< 200 to 559
  std::vector<std::string> lines;  ///< as sent, with the code, without line end; at least one

  /// Whether a line behind the first begins with this keyword of EHLO, in any case (RFC 5321 §4.1.1.1). `keyword` is in lower
  /// case.
  bool offers(std::string_view keyword) const;
  /// The lines, with LF between them, at most 1,024 bytes.
  std::string text() const;
};

/// Puts replies together from bytes as they come.
class ReplyReader {
 public:
  void add(std::string_view bytes);

  /// Moves the next whole reply to `reply`; false where more bytes are needed. A line without a reply's code is an error before its
  /// end has come, and so is one that is too long. Offsets count from the last clear().
  Result<bool> next(Reply& reply);

  /// Bytes that are part of no reply that was given.
  bool is_empty() const { return pending_.empty() && partial_.lines.empty(); }
  void clear();

 private:
  std::string pending_;
  Reply partial_;
  std::int64_t offset_ = 0;  // of pending_
};

/// What is to be done next.
enum class Next : std::uint8_t {
  receive,    ///< send output(), then wait for bytes
  handshake,  ///< begin TLS, then call secured()
  ended,      ///< send output(), the QUIT; outcome() says how it went
};

enum class Outcome : std::uint8_t {
  none,              ///< not ended
  banner_4xx,        ///< greeting
  banner_5xx,        ///< greeting
  ehlo_rejected,     ///< 500 or 502: no extensions (RFC 5321 §3.2)
  starttls_missing,  ///< no such line in the answer to EHLO
  starttls_refused,  ///< any code but 220
  injection,         ///< bytes behind the 220 to STARTTLS
  finished,          ///< EHLO was answered within TLS
};

class Dialogue {
 public:
  enum class Security : std::uint8_t { starttls, implicit_tls };

  /// `helo` is a host name or an address literal (RFC 5321 §4.1.3), without white space and line ends.
  Dialogue(std::string helo, Security security);

  /// What to do now.
  Next next() const { return next_; }

  /// Takes bytes as they were received. Errors end the session without an outcome: the limits, smtp-reply-invalid for what is no
  /// reply, smtp-reply-unexpected for a code that answers nothing or a reply before its command.
  Result<Next> receive(std::string_view bytes);

  /// The handshake ended; bytes are from now on those within TLS.
  Next secured();

  /// Bytes came before the handshake was begun: what receive() would have said to them.
  Next injected();

  /// Commands to send; each is given once.
  std::string take_output();

  Outcome outcome() const { return outcome_; }
  /// First line of the greeting, empty before it came.
  const std::string& greeting() const { return greeting_; }
  /// The last whole reply; its lines are empty where there was none.
  const Reply& last_reply() const { return reply_; }
  /// A reply has begun and not ended.
  bool is_amid_reply() const { return !reader_.is_empty(); }

 private:
  enum class Step : std::uint8_t { greeting, ehlo, starttls, secure_ehlo };

  Result<Next> answer();
  Next send(std::string_view command, Step step);
  Next end(Outcome outcome);
  Result<Next> unexpected() const;

  std::string helo_;
  Security security_;
  Step step_ = Step::greeting;
  Next next_;
  Outcome outcome_ = Outcome::none;
  ReplyReader reader_;
  Reply reply_;
  std::string greeting_;
  std::string output_;
  std::size_t received_ = 0;
};

}  // namespace mxseal::smtp
