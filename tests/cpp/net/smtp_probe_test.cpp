// SPDX-License-Identifier: MIT
// SmtpProber against servers on loopback: every SmtpStatus, what is told of TLS, the limits, and that nothing is left behind.
#include "net/smtp_probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/local_server.hpp"

namespace mxseal::net {
namespace {

using facts::SmtpProbe;
using facts::SmtpStatus;
using facts::TlsStatus;
using test::LocalServer;
using test::Peer;

constexpr std::chrono::milliseconds kSoon{250};
const std::string kHost = "mx.example";

SmtpProbeOptions options_for(std::uint16_t port) {
  SmtpProbeOptions options;
  options.helo = "me.example";
  options.port = port;
  options.allowed = [](const IpAddress&) { return true; };
  return options;
}

SmtpProbe probe(const SmtpProbeOptions& options) {
  Reactor reactor;
  SmtpProber prober(reactor, options);
  std::optional<SmtpProbe> result;
  prober.probe(kHost, test::kLoopback, [&](SmtpProbe facts) { result = std::move(facts); });
  EXPECT_FALSE(result) << "called back from within probe()";
  reactor.run([&] { return result.has_value(); });
  EXPECT_EQ(result->address, test::kLoopback);
  EXPECT_EQ(result->port, options.port);
  return *result;
}

SmtpProbe probe(const LocalServer& server) {
  return probe(options_for(server.port()));
}

SmtpProbe probe_in_short(const LocalServer& server) {
  SmtpProbeOptions options = options_for(server.port());
  options.total_timeout = kSoon;
  return probe(options);
}

// As far as the 220 to STARTTLS.
bool reach_starttls(Peer& peer) {
  return peer.send("220 mx.example ESMTP\r\n") && !peer.line().empty() &&
         peer.send("250-mx.example\r\n250 STARTTLS\r\n") && !peer.line().empty();
}

bool reach_tls(Peer& peer, SSL_CTX* context) {
  return reach_starttls(peer) && peer.send("220 go ahead\r\n") && peer.start_tls(context);
}

// A server as it should be; what the client said within TLS is added to `heard`.
class GoodServer {
 public:
  explicit GoodServer(SSL_CTX* context, bool implicit_tls = false)
      : server_([this, context, implicit_tls](Peer& peer) {
          if (implicit_tls) {
            if (!peer.start_tls(context) || !peer.send("220 mx.example ESMTP\r\n")) return;
          } else if (!reach_tls(peer, context)) {
            return;
          }
          hear(peer.sni());
          hear(peer.line());
          peer.send("250 mx.example\r\n");
          hear(peer.line());
          peer.send("221 bye\r\n");
          peer.wait_for_end();
        }) {}

  std::uint16_t port() const { return server_.port(); }
  std::vector<std::string> heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  void hear(std::string text) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(text));
  }

  std::mutex mutex_;
  std::vector<std::string> heard_;
  LocalServer server_;
};

// Q27 Q28 Q69 Q70: SNI is the MX host, TLS 1.2 or later, EHLO with our own name and once more within TLS, QUIT.
TEST(SmtpProbe, secured_has_all_that_tls_showed) {
  const auto context = test::make_context(kHost);
  auto server = std::make_unique<GoodServer>(context.get());
  const SmtpProbe facts = probe(options_for(server->port()));
  EXPECT_EQ(facts.status, SmtpStatus::secured);
  EXPECT_EQ(facts.greeting, "220 mx.example ESMTP");
  EXPECT_EQ(facts.reply, "");
  EXPECT_EQ(facts.tls.status, TlsStatus::done);
  EXPECT_EQ(facts.tls.version, "TLSv1.3");
  EXPECT_EQ(facts.tls.cipher, "TLS_AES_256_GCM_SHA384");
  EXPECT_FALSE(facts.tls.group.empty());
  ASSERT_EQ(facts.tls.chain.size(), 1U);
  EXPECT_NE(facts.tls.chain.front().der().find(kHost), std::string::npos);
  EXPECT_FALSE(facts.other_key);
  EXPECT_FALSE(facts.without_sni);
  EXPECT_GT(facts.greeting_seconds, 0);
  EXPECT_GE(facts.seconds, facts.greeting_seconds);
}

TEST(SmtpProbe, says_what_an_honest_client_says) {
  const auto context = test::make_context(kHost);
  GoodServer server(context.get());
  Reactor reactor;
  SmtpProber prober(reactor, options_for(server.port()));
  prober.probe(kHost, test::kLoopback, [](const SmtpProbe&) {});
  // QUIT is on its way when the result is there.
  reactor.run([&] { return server.heard().size() == 3; });
  EXPECT_EQ(server.heard(), (std::vector<std::string>{kHost, "EHLO me.example\r\n", "QUIT\r\n"}));
}

TEST(SmtpProbe, tls_1_2_with_group) {
  const auto context = test::make_context(kHost);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  GoodServer server(context.get());
  const SmtpProbe facts = probe(options_for(server.port()));
  EXPECT_EQ(facts.status, SmtpStatus::secured);
  EXPECT_EQ(facts.tls.version, "TLSv1.2");
  EXPECT_TRUE(facts.tls.cipher.starts_with("TLS_ECDHE_ECDSA_WITH_")) << facts.tls.cipher;
  EXPECT_FALSE(facts.tls.group.empty());
  EXPECT_EQ(facts.tls.chain.size(), 1U);
}

TEST(SmtpProbe, tls_from_the_first_byte) {
  const auto context = test::make_context(kHost);
  GoodServer server(context.get(), true);
  SmtpProbeOptions options = options_for(server.port());
  options.implicit_tls = true;
  const SmtpProbe facts = probe(options);
  EXPECT_EQ(facts.status, SmtpStatus::secured);
  EXPECT_EQ(facts.greeting, "220 mx.example ESMTP");
  EXPECT_EQ(facts.tls.status, TlsStatus::done);
}

TEST(SmtpProbe, thorough_finds_the_other_key_and_what_comes_without_sni) {
  const auto context = test::make_context(kHost);
  const test::Key rsa = test::make_rsa_key();
  test::add_certificate(context.get(), rsa.get(), "rsa.example");
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    SSL_CTX_set_max_proto_version(context.get(), version);
    GoodServer server(context.get());
    SmtpProbeOptions options = options_for(server.port());
    options.thorough = true;
    const SmtpProbe facts = probe(options);
    ASSERT_EQ(facts.status, SmtpStatus::secured);
    ASSERT_TRUE(facts.other_key && facts.without_sni);
    EXPECT_NE(facts.tls.chain.front().der().find(kHost), std::string::npos);
    ASSERT_EQ(facts.other_key->status, TlsStatus::done) << facts.other_key->detail;
    EXPECT_NE(facts.other_key->chain.front().der().find("rsa.example"), std::string::npos);
    EXPECT_EQ(facts.without_sni->status, TlsStatus::done);
    const auto heard = server.heard();
    EXPECT_EQ(std::ranges::count(heard, kHost), 2);
    EXPECT_EQ(std::ranges::count(heard, ""), 1);
  }
}

TEST(SmtpProbe, thorough_says_so_where_there_is_no_other_key) {
  const auto context = test::make_context(kHost);
  GoodServer server(context.get());
  SmtpProbeOptions options = options_for(server.port());
  options.thorough = true;
  const SmtpProbe facts = probe(options);
  ASSERT_TRUE(facts.other_key && facts.without_sni);
  EXPECT_EQ(facts.other_key->status, TlsStatus::failed);
  EXPECT_EQ(facts.without_sni->status, TlsStatus::done);
}

TEST(SmtpProbe, thorough_makes_no_further_connection_where_tls_was_not_reached) {
  int connections = 0;
  std::mutex mutex;
  const LocalServer server([&](Peer& peer) {
    const std::lock_guard lock(mutex);
    ++connections;
    peer.send("554 no\r\n");
  });
  SmtpProbeOptions options = options_for(server.port());
  options.thorough = true;
  const SmtpProbe facts = probe(options);
  EXPECT_EQ(facts.status, SmtpStatus::banner_5xx);
  EXPECT_FALSE(facts.other_key || facts.without_sni);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(connections, 1);
}

TEST(SmtpProbe, private_address_is_not_connected_to) {
  SmtpProbeOptions options = options_for(test::closed_port());
  options.allowed = SmtpProbeOptions().allowed;
  EXPECT_EQ(probe(options).status, SmtpStatus::private_address);
}

TEST(SmtpProbe, connect_refused) {
  EXPECT_EQ(probe(options_for(test::closed_port())).status, SmtpStatus::connect_refused);
}

TEST(SmtpProbe, what_a_failed_connect_says) {
  EXPECT_EQ(smtp_status_of_connect(ENETUNREACH), SmtpStatus::connect_refused);
  EXPECT_EQ(smtp_status_of_connect(ETIMEDOUT), SmtpStatus::timed_out);
  EXPECT_EQ(smtp_status_of_connect(EMFILE), SmtpStatus::not_probed) << "our own lack";
}

TEST(SmtpProbe, no_connection_in_time) {
  const test::BlackHole hole;
  SmtpProbeOptions options = options_for(hole.port());
  options.connect_timeout = kSoon;
  EXPECT_EQ(probe(options).status, SmtpStatus::timed_out);
}

TEST(SmtpProbe, silence_instead_of_a_greeting) {
  const LocalServer server([](Peer& peer) { peer.wait_for_end(); });
  EXPECT_EQ(probe_in_short(server).status, SmtpStatus::timed_out);
}

TEST(SmtpProbe, silence_after_ehlo) {
  const LocalServer server([](Peer& peer) {
    peer.send("220 mx\r\n");
    peer.wait_for_end();
  });
  const SmtpProbe facts = probe_in_short(server);
  EXPECT_EQ(facts.status, SmtpStatus::timed_out);
  EXPECT_EQ(facts.greeting, "220 mx");
}

TEST(SmtpProbe, silence_in_the_handshake) {
  const LocalServer server([](Peer& peer) {
    if (reach_starttls(peer) && peer.send("220 go\r\n")) peer.wait_for_end();
  });
  const SmtpProbe facts = probe_in_short(server);
  EXPECT_EQ(facts.status, SmtpStatus::tls);
  EXPECT_EQ(facts.tls.status, TlsStatus::timed_out);
}

TEST(SmtpProbe, silence_within_tls_keeps_what_the_handshake_showed) {
  const auto context = test::make_context(kHost);
  const LocalServer server([&](Peer& peer) {
    if (reach_tls(peer, context.get())) peer.wait_for_end();
  });
  const SmtpProbe facts = probe_in_short(server);
  EXPECT_EQ(facts.status, SmtpStatus::timed_out);
  EXPECT_EQ(facts.tls.status, TlsStatus::done);
  EXPECT_EQ(facts.tls.chain.size(), 1U);
}

TEST(SmtpProbe, a_greeting_that_trickles_is_a_tarpit) {
  const LocalServer server([](Peer& peer) { peer.drip("220-mail only, please wait\r\n"); });
  EXPECT_EQ(probe_in_short(server).status, SmtpStatus::tarpit);
}

TEST(SmtpProbe, a_greeting_in_two_parts_is_one) {
  const LocalServer server([](Peer& peer) {
    peer.send("220-mx.example\r\n");
    peer.send("220 mx.example ESMTP\r\n");
    peer.line();
    peer.send("250 mx.example\r\n");
    peer.wait_for_end();
  });
  const SmtpProbe facts = probe(server);
  EXPECT_EQ(facts.status, SmtpStatus::starttls_missing);
  EXPECT_EQ(facts.greeting, "220-mx.example");
}

struct Said {
  std::string why;
  std::string greeting;
  std::string ehlo;
  std::string starttls;
  SmtpStatus status;
  std::string reply;
};

TEST(SmtpProbe, every_way_a_dialogue_ends_in_clear) {
  const std::string hello = "220 mx ESMTP\r\n";
  const std::string offer = "250-mx\r\n250 STARTTLS\r\n";
  const std::vector<Said> all = {
      {"greylisting", "421 later\r\n", "", "", SmtpStatus::banner_4xx, "421 later"},
      {"blocked", "554-no\r\n554 go\r\n", "", "", SmtpStatus::banner_5xx, "554-no\n554 go"},
      {"another protocol", "SSH-2.0-x\r\n", "", "", SmtpStatus::protocol, "SSH-2.0-x\r\n"},
      {"closed at once", "", "", "", SmtpStatus::protocol, ""},
      {"closed after EHLO", hello, "", "", SmtpStatus::protocol, ""},
      {"old server", hello, "502 what\r\n", "", SmtpStatus::ehlo_rejected, "502 what"},
      {"about the client", hello, "550 you\r\n", "", SmtpStatus::protocol, "550 you"},
      {"no TLS", hello, "250-mx\r\n250 SIZE\r\n", "", SmtpStatus::starttls_missing,
       "250-mx\n250 SIZE"},
      {"refused", hello, offer, "454 later\r\n", SmtpStatus::starttls_refused, "454 later"},
      {"injection", hello, offer, "220 go\r\n250 x\r\n", SmtpStatus::injection, "220 go"},
      {"closed after STARTTLS", hello, offer, "", SmtpStatus::protocol, ""},
  };
  for (const Said& said : all) {
    const LocalServer server([&](Peer& peer) {
      if (said.greeting.empty()) return;
      peer.send(said.greeting);
      peer.line();
      if (said.ehlo.empty()) return;
      peer.send(said.ehlo);
      peer.line();
      if (said.starttls.empty()) return;
      peer.send(said.starttls);
      peer.wait_for_end();
    });
    const SmtpProbe facts = probe(server);
    EXPECT_EQ(facts.status, said.status) << said.why;
    EXPECT_EQ(facts.reply, said.reply) << said.why;
    EXPECT_EQ(facts.tls.status, TlsStatus::not_tried) << said.why;
  }
}

TEST(SmtpProbe, floods_end_at_a_limit) {
  const std::vector<std::string> floods = {
      "220 " + std::string(8000, 'x'),              // a line without end
      "220-x\r\n",                                  // lines without end
      "220-" + std::string(1500, 'x') + "\r\n",     // bytes
      std::string("\0\xff\x16\x03\x01 noise", 10),  // noise
  };
  for (const std::string& flood : floods) {
    const LocalServer server([&](Peer& peer) {
      while (peer.send(flood)) {
      }
    });
    EXPECT_EQ(probe(server).status, SmtpStatus::protocol) << flood.substr(0, 10);
  }
}

TEST(SmtpProbe, a_flood_within_tls_ends_at_a_limit) {
  const auto context = test::make_context(kHost);
  const LocalServer server([&](Peer& peer) {
    if (!reach_tls(peer, context.get())) return;
    while (peer.send("250-x\r\n")) {
    }
  });
  const SmtpProbe facts = probe(server);
  EXPECT_EQ(facts.status, SmtpStatus::protocol);
  EXPECT_EQ(facts.tls.status, TlsStatus::done);
}

// Q70: bytes in a packet of their own behind the 220 are never taken for part of the protected session.
TEST(SmtpProbe, bytes_behind_the_220_never_count) {
  const auto context = test::make_context(kHost);
  const LocalServer server([&](Peer& peer) {
    if (reach_starttls(peer) && peer.send("220 go\r\n") && peer.send("250 injected\r\n"))
      peer.start_tls(context.get());
    peer.wait_for_end();
  });
  const SmtpProbe facts = probe(server);
  EXPECT_TRUE(facts.status == SmtpStatus::injection || facts.status == SmtpStatus::tls);
  EXPECT_NE(facts.tls.status, TlsStatus::done);
}

TlsStatus tls_status_against(const std::function<void(Peer&)>& handshake) {
  const LocalServer server([&](Peer& peer) {
    if (!reach_starttls(peer) || !peer.send("220 go\r\n")) return;
    // Before the client begins TLS any byte would be an injection.
    peer.wait_for_bytes();
    handshake(peer);
  });
  const SmtpProbe facts = probe(server);
  EXPECT_EQ(facts.status, SmtpStatus::tls);
  EXPECT_FALSE(facts.tls.detail.empty());
  return facts.tls.status;
}

TEST(SmtpProbe, the_connection_ends_within_the_handshake) {
  EXPECT_EQ(tls_status_against([](Peer&) {}), TlsStatus::closed);
  EXPECT_EQ(tls_status_against([](Peer& peer) { peer.send("\x16\x03\x03"); }), TlsStatus::closed);
}

TEST(SmtpProbe, what_is_no_tls_fails) {
  EXPECT_EQ(tls_status_against([](Peer& peer) { peer.send("500 5.5.1 what?\r\n"); }),
            TlsStatus::failed);
}

TEST(SmtpProbe, an_alert_fails) {
  EXPECT_EQ(tls_status_against(
                [](Peer& peer) { peer.send(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)); }),
            TlsStatus::failed)
      << "handshake_failure";
}

// Q28: told apart from other failures, whether the server sends the alert or answers in its old version.
TEST(SmtpProbe, only_versions_before_tls_1_2) {
  const auto context = test::make_context(kHost);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  EXPECT_EQ(tls_status_against([&](Peer& peer) { peer.start_tls(context.get()); }),
            TlsStatus::version_old);
  // ServerHello of TLS 1.0: random, no session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
  const std::string hello = std::string("\x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01", 11) +
                            std::string(32, 'r') + std::string("\x00\x00\x2f\x00", 4);
  EXPECT_EQ(tls_status_against([&](Peer& peer) {
              peer.send(hello);
              peer.wait_for_end();
            }),
            TlsStatus::version_old);
}

TEST(SmtpProbe, the_server_does_not_take_its_own_name) {
  const auto context = test::make_context(kHost);
  const auto refuse = [](SSL*, int* alert, void*) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  };
  // What SSL_CTX_set_tlsext_servername_callback() does, without its C cast.
  SSL_CTX_callback_ctrl(context.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(+refuse));
  EXPECT_EQ(tls_status_against([&](Peer& peer) { peer.start_tls(context.get()); }),
            TlsStatus::sni_rejected);
}

TEST(SmtpProbe, a_certificate_message_beyond_the_limit_fails) {
  const auto context = test::make_context(kHost);
  const test::Key key = test::make_ec_key();
  // 400 certificates are over 100 KiB.
  for (int i = 0; i < 400; ++i)
    SSL_CTX_add_extra_chain_cert(context.get(),
                                 test::make_certificate(key.get(), "filler.example").release());
  EXPECT_EQ(tls_status_against([&](Peer& peer) { peer.start_tls(context.get()); }),
            TlsStatus::failed);
}

TEST(SmtpProbe, destroyed_with_probes_under_way) {
  const LocalServer server([](Peer& peer) { peer.wait_for_end(); });
  Reactor reactor;
  bool called = false;
  auto prober = std::make_unique<SmtpProber>(reactor, options_for(server.port()));
  prober->probe(kHost, test::kLoopback, [&](const SmtpProbe&) { called = true; });
  prober->probe(kHost, IpAddress::v4({127, 0, 0, 2}), [&](const SmtpProbe&) { called = true; });
  prober.reset();
  bool later = false;
  reactor.at(Reactor::now(), [&] { later = true; });
  reactor.run([&] { return later; });
  EXPECT_FALSE(called);
}

TEST(SmtpProbe, destroyed_by_its_own_callback) {
  const auto context = test::make_context(kHost);
  GoodServer server(context.get());
  Reactor reactor;
  auto prober = std::make_unique<SmtpProber>(reactor, options_for(server.port()));
  prober->probe(kHost, test::kLoopback, [&](const SmtpProbe&) { prober.reset(); });
  reactor.run([&] { return prober == nullptr; });
}

TEST(SmtpProbe, many_at_once) {
  const auto context = test::make_context(kHost);
  GoodServer server(context.get());
  Reactor reactor;
  SmtpProber prober(reactor, options_for(server.port()));
  int secured = 0;
  int done = 0;
  for (int i = 0; i < 50; ++i) {
    prober.probe(kHost, test::kLoopback, [&](const SmtpProbe& facts) {
      ++done;
      if (facts.status == SmtpStatus::secured) ++secured;
    });
  }
  reactor.run([&] { return done == 50; });
  EXPECT_EQ(secured, 50);
}

}  // namespace
}  // namespace mxseal::net
