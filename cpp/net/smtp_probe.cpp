// SPDX-License-Identifier: MIT
#include "net/smtp_probe.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <optional>
#include <utility>

namespace mxseal::net {

using facts::SmtpStatus;

namespace {

// How long a server that was sent QUIT keeps its socket: closing at once could reset the connection before QUIT is read.
constexpr std::chrono::milliseconds kFarewell{1'000};

// The key type that the leaf does not have; EdDSA goes with ECDSA.
KeyType other_key_of(const facts::Tls& tls) {
  if (tls.chain.empty()) return KeyType::any;
  const EVP_PKEY* key = X509_get0_pubkey(tls.chain.front().native());
  if (key == nullptr) return KeyType::any;
  const int type = EVP_PKEY_get_base_id(key);
  return type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS ? KeyType::ecdsa : KeyType::rsa;
}

// Of a further connection: where it did not get as far as TLS, why.
facts::Tls tls_of(SmtpSession::Report report) {
  if (report.tls.status == facts::TlsStatus::not_tried)
    report.tls.detail = facts::smtp_status_name(report.status);
  return std::move(report.tls);
}

}  // namespace

struct SmtpProber::Probe {
  std::string host;
  OnDone on_done;
  facts::SmtpProbe facts;
  Time begun;
  std::unique_ptr<SmtpSession> session;
  std::optional<Reactor::TimerId> refusal;
};

SmtpProber::SmtpProber(Reactor& reactor, SmtpProbeOptions options)
    : reactor_(reactor), options_(std::move(options)) {}

SmtpProber::~SmtpProber() {
  for (const auto& [id, probe] : probes_) {
    if (probe->refusal) reactor_.cancel(*probe->refusal);
  }
  while (!farewells_.empty()) close_farewell(farewells_.begin()->first);
}

void SmtpProber::probe(std::string host, const IpAddress& address, OnDone on_done) {
  auto owned = std::make_unique<Probe>();
  Probe& probe = *owned;
  probes_.emplace(&probe, std::move(owned));
  probe.host = std::move(host);
  probe.on_done = std::move(on_done);
  probe.facts.address = address;
  probe.facts.port = options_.port;
  probe.begun = Reactor::now();
  if (!options_.allowed(address)) {
    probe.facts.status = SmtpStatus::private_address;
    probe.refusal = reactor_.at(probe.begun, [this, &probe] { finish(probe); });
    return;
  }
  connect(probe, probe.host, KeyType::any,
          [this, &probe](SmtpSession::Report report) { take_first(probe, std::move(report)); });
}

void SmtpProber::connect(Probe& probe, std::string sni, KeyType key, SmtpSession::OnEnd on_end) {
  SmtpSession::Order order;
  order.address = probe.facts.address;
  order.port = options_.port;
  order.helo = options_.helo;
  order.sni = std::move(sni);
  if (options_.implicit_tls) order.security = smtp::Dialogue::Security::implicit_tls;
  order.key = key;
  order.connect_by = Reactor::now() + options_.connect_timeout;
  order.end_by = probe.begun + options_.total_timeout;
  probe.session =
      std::make_unique<SmtpSession>(reactor_, context_, std::move(order),
                                    [this, on_end = std::move(on_end)](SmtpSession::Report report) {
                                      if (report.farewell >= 0) say_farewell(report.farewell);
                                      on_end(std::move(report));
                                    });
}

void SmtpProber::take_first(Probe& probe, SmtpSession::Report report) {
  probe.facts.status = report.status;
  probe.facts.greeting = std::move(report.greeting);
  probe.facts.reply = std::move(report.reply);
  probe.facts.greeting_seconds = report.greeting_seconds;
  probe.facts.tls = std::move(report.tls);
  if (!options_.thorough) return finish(probe);
  ask_other_key(probe);
}

void SmtpProber::ask_other_key(Probe& probe) {
  const KeyType key = other_key_of(probe.facts.tls);
  if (key == KeyType::any) return ask_without_sni(probe);
  connect(probe, probe.host, key, [this, &probe](SmtpSession::Report report) {
    probe.facts.other_key = tls_of(std::move(report));
    ask_without_sni(probe);
  });
}

void SmtpProber::ask_without_sni(Probe& probe) {
  // Also where the first handshake failed: it may be the name that the server does not take.
  if (probe.host.empty() || probe.facts.tls.status == facts::TlsStatus::not_tried)
    return finish(probe);
  connect(probe, "", KeyType::any, [this, &probe](SmtpSession::Report report) {
    probe.facts.without_sni = tls_of(std::move(report));
    finish(probe);
  });
}

void SmtpProber::finish(Probe& probe) {
  probe.facts.seconds = std::chrono::duration<double>(Reactor::now() - probe.begun).count();
  const OnDone on_done = std::move(probe.on_done);
  facts::SmtpProbe facts = std::move(probe.facts);
  probes_.erase(&probe);
  // The prober may be destroyed by the call.
  on_done(std::move(facts));
}

void SmtpProber::say_farewell(int socket) {
  farewells_.emplace(
      socket, reactor_.at(Reactor::now() + kFarewell, [this, socket] { close_farewell(socket); }));
  reactor_.watch(socket, EPOLLIN | EPOLLRDHUP,
                 [this, socket](std::uint32_t /*events*/) { close_farewell(socket); });
}

void SmtpProber::close_farewell(int socket) {
  reactor_.cancel(farewells_.at(socket));
  farewells_.erase(socket);
  reactor_.forget(socket);
  close(socket);
}

}  // namespace mxseal::net
