// SPDX-License-Identifier: MIT
#include "net/smtp_session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "net/socket_address.hpp"

namespace mxseal::net {

using facts::SmtpStatus;
using smtp::Dialogue;
using smtp::Next;
using smtp::Outcome;

namespace {

constexpr std::size_t kReadAtOnce = 4096;

bool is_for_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

SmtpStatus status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::banner_4xx:
      return SmtpStatus::banner_4xx;
    case Outcome::banner_5xx:
      return SmtpStatus::banner_5xx;
    case Outcome::ehlo_rejected:
      return SmtpStatus::ehlo_rejected;
    case Outcome::starttls_missing:
      return SmtpStatus::starttls_missing;
    case Outcome::starttls_refused:
      return SmtpStatus::starttls_refused;
    case Outcome::injection:
      return SmtpStatus::injection;
    case Outcome::finished:
      return SmtpStatus::secured;
    case Outcome::none:
      break;
  }
  return SmtpStatus::protocol;
}

}  // namespace

SmtpStatus smtp_status_of_connect(int error) {
  if (is_own_lack(error)) return SmtpStatus::not_probed;
  return error == ETIMEDOUT ? SmtpStatus::timed_out : SmtpStatus::connect_refused;
}

SmtpSession::SmtpSession(Reactor& reactor, const TlsContext& context, Order order, OnEnd on_end)
    : reactor_(reactor),
      context_(context),
      order_(std::move(order)),
      on_end_(std::move(on_end)),
      dialogue_(order_.helo, order_.security) {
  connect();
}

SmtpSession::~SmtpSession() {
  reactor_.cancel(timer_);
  if (socket_ < 0) return;
  reactor_.forget(socket_);
  close(socket_);
}

void SmtpSession::connect() {
  const SocketAddress to(order_.address, order_.port);
  socket_ = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  // A handshake is many small messages, each waiting for the other side's.
  const int on = 1;
  if (socket_ >= 0) setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (socket_ < 0 || (::connect(socket_, to.get(), to.length) != 0 && errno != EINPROGRESS)) {
    const SmtpStatus status = smtp_status_of_connect(errno);
    timer_ = reactor_.at(Reactor::now(), [this, status] { end(status); });
    return;
  }
  wait_for(false, true);
  timer_ = reactor_.at(std::min(order_.connect_by, order_.end_by), [this] { on_time(); });
}

void SmtpSession::on_events() {
  if (!output_.empty() && flush()) wait_for(true, false);
  switch (stage_) {
    case Stage::connecting:
      return connected();
    case Stage::clear:
      return receive_clear();
    case Stage::handshake:
      return continue_handshake();
    case Stage::secure:
      return receive_secure();
  }
}

void SmtpSession::connected() {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return end(smtp_status_of_connect(error));
  connected_ = Reactor::now();
  reactor_.cancel(timer_);
  timer_ = reactor_.at(order_.end_by, [this] { on_time(); });
  stage_ = Stage::clear;
  go_on();
}

void SmtpSession::on_time() {
  if (stage_ == Stage::handshake) {
    tls_->recorder().time_out();
    return end(SmtpStatus::tls);
  }
  end(dialogue_.is_amid_reply() ? SmtpStatus::tarpit : SmtpStatus::timed_out);
}

void SmtpSession::receive_clear() {
  std::array<char, kReadAtOnce> block{};
  const ssize_t count = recv(socket_, block.data(), block.size(), 0);
  if (count < 0 && is_for_later(errno)) return;
  if (count <= 0) return end(SmtpStatus::protocol);  // closed in the middle
  take({block.data(), static_cast<std::size_t>(count)});
}

void SmtpSession::receive_secure() {
  std::string bytes;
  TlsClient::Progress progress{};
  // All that TLS holds: the socket does not tell of what was read from it already.
  while ((progress = tls_->read(bytes)) == TlsClient::Progress::done &&
         bytes.size() <= smtp::kMaxBytes) {
  }
  if (!bytes.empty()) return take(bytes);
  if (progress == TlsClient::Progress::failed) return end(SmtpStatus::protocol);
}

void SmtpSession::take(std::string_view bytes) {
  const auto next = dialogue_.receive(bytes);
  if (report_.greeting.empty() && !dialogue_.greeting().empty())
    report_.greeting_seconds = std::chrono::duration<double>(Reactor::now() - connected_).count();
  report_.greeting = dialogue_.greeting();
  if (!next) {
    report_.reply = next.error().detail;
    return end(SmtpStatus::protocol);
  }
  go_on();
}

void SmtpSession::go_on() {
  output_ += dialogue_.take_output();
  flush();
  if (dialogue_.next() == Next::ended) {
    if (dialogue_.outcome() != Outcome::finished) report_.reply = dialogue_.last_reply().text();
    return end(status_of(dialogue_.outcome()));
  }
  if (dialogue_.next() == Next::handshake) return begin_handshake();
  wait_for(true, !output_.empty());
}

bool SmtpSession::has_stray_bytes() const {
  char byte = 0;
  return recv(socket_, &byte, 1, MSG_PEEK) > 0;
}

void SmtpSession::begin_handshake() {
  // RFC 3207 §6: a server says nothing before the client has begun TLS. What comes in a packet of its own behind the 220 is found
  // here, or else breaks the handshake.
  if (has_stray_bytes()) {
    dialogue_.injected();
    return go_on();
  }
  tls_.emplace(context_, socket_, order_.sni, order_.key);
  stage_ = Stage::handshake;
  continue_handshake();
}

void SmtpSession::continue_handshake() {
  switch (tls_->handshake()) {
    case TlsClient::Progress::wants_read:
      return wait_for(true, false);
    case TlsClient::Progress::wants_write:
      return wait_for(false, true);
    case TlsClient::Progress::failed:
      return end(SmtpStatus::tls);
    case TlsClient::Progress::done:
      stage_ = Stage::secure;
      dialogue_.secured();
      // The greeting, where TLS comes first, may have been read along with the handshake's end; QUIT cannot be here.
      output_ += dialogue_.take_output();
      flush();
      wait_for(true, !output_.empty());
      return receive_secure();
  }
}

bool SmtpSession::flush() {
  if (stage_ == Stage::secure) {
    tls_->write(output_);
  } else if (!output_.empty()) {
    const ssize_t count = send(socket_, output_.data(), output_.size(), MSG_NOSIGNAL);
    // That the server has gone is told by the next recv().
    if (count > 0) output_.erase(0, static_cast<std::size_t>(count));
  }
  return output_.empty();
}

void SmtpSession::wait_for(bool readable, bool writable) {
  reactor_.watch(socket_, (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U),
                 [this](std::uint32_t /*events*/) { on_events(); });
}

void SmtpSession::end(SmtpStatus status) {
  report_.status = status;
  if (tls_) report_.tls = tls_->recorder().tls();
  const bool quit = dialogue_.next() == Next::ended && dialogue_.outcome() != Outcome::injection;
  if (quit && output_.empty()) {
    if (stage_ == Stage::secure) tls_->close();
    shutdown(socket_, SHUT_WR);
    reactor_.forget(socket_);
    report_.farewell = std::exchange(socket_, -1);
  }
  // The session may be destroyed by the call.
  const OnEnd on_end = std::move(on_end_);
  on_end(std::move(report_));
}

}  // namespace mxseal::net
