// SPDX-License-Identifier: MIT
// PolicyFetcher against servers on loopback: every FetchStatus, what is asked for, the limits, and that nothing is left behind.
#include "net/policy_fetch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/local_server.hpp"

namespace mxseal::net {
namespace {

using facts::FetchStatus;
using facts::PolicyFetch;
using facts::TlsStatus;
using test::LocalServer;
using test::Peer;

constexpr std::chrono::milliseconds kSoon{250};
const std::string kHost = "mta-sts.example.com";
const std::string kPolicy = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";

PolicyFetchOptions options_for(std::uint16_t port) {
  PolicyFetchOptions options;
  options.port = port;
  options.user_agent = "mxseal-test";
  options.allowed = [](const IpAddress&) { return true; };
  return options;
}

PolicyFetch fetch(const PolicyFetchOptions& options,
                  std::vector<IpAddress> addresses = {test::kLoopback}) {
  Reactor reactor;
  PolicyFetcher fetcher(reactor, options);
  std::optional<PolicyFetch> result;
  fetcher.fetch(kHost, std::move(addresses), [&](PolicyFetch facts) { result = std::move(facts); });
  EXPECT_FALSE(result) << "called back from within fetch()";
  reactor.run([&] { return result.has_value(); });
  EXPECT_EQ(result->host, kHost);
  return *result;
}

// A server that ends the handshake, reads the request and does `answer`.
class HttpsServer {
 public:
  explicit HttpsServer(std::function<void(Peer&)> answer)
      : context_(test::make_context(kHost)), server_([this, answer](Peer& peer) {
          if (!peer.start_tls(context_.get())) return;
          {
            const std::string request = peer.request();
            const std::lock_guard lock(mutex_);
            request_ = request;
            sni_ = peer.sni();
          }
          answer(peer);
        }) {}

  std::uint16_t port() const { return server_.port(); }
  std::string request() {
    const std::lock_guard lock(mutex_);
    return request_;
  }
  std::string sni() {
    const std::lock_guard lock(mutex_);
    return sni_;
  }

 private:
  test::Context context_;
  std::mutex mutex_;
  std::string request_;
  std::string sni_;
  LocalServer server_;
};

std::string answer_of(const std::string& status, const std::string& fields,
                      const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

PolicyFetch fetch_answer(const std::string& answer) {
  const HttpsServer server([&](Peer& peer) {
    peer.send(answer);
    peer.close_cleanly();
  });
  return fetch(options_for(server.port()));
}

// Q15 Q27: what comes is kept as it is, with the chain; SNI is the policy host.
TEST(PolicyFetch, response) {
  HttpsServer server([](Peer& peer) {
    peer.send(answer_of("200 OK", "Content-Type: text/plain; charset=utf-8 \r\n", kPolicy));
    peer.wait_for_end();
  });
  const PolicyFetch facts = fetch(options_for(server.port()));
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.http_status, 200);
  EXPECT_EQ(facts.body, kPolicy);
  EXPECT_TRUE(facts.has_content_type);
  EXPECT_EQ(facts.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(facts.location, "");
  EXPECT_FALSE(facts.challenge);
  EXPECT_EQ(facts.address, test::kLoopback);
  ASSERT_EQ(facts.attempts.size(), 1U);
  EXPECT_EQ(facts.attempts.front().status, FetchStatus::response);
  EXPECT_EQ(facts.tls.status, TlsStatus::done);
  EXPECT_EQ(facts.tls.version, "TLSv1.3");
  ASSERT_EQ(facts.tls.chain.size(), 1U) << "a certificate that nobody trusts is kept, not refused";
  EXPECT_NE(facts.tls.chain.front().der().find(kHost), std::string::npos);
  EXPECT_GT(facts.seconds, 0);
  EXPECT_EQ(server.sni(), kHost);
}

TEST(PolicyFetch, asks_for_one_thing_and_no_encoding) {
  // Settings of the environment that libcurl would obey.
  setenv("https_proxy", "127.0.0.1:1", 1);
  HttpsServer server([](Peer& peer) { peer.send(answer_of("200 OK", "", kPolicy)); });
  EXPECT_EQ(fetch(options_for(server.port())).status, FetchStatus::response);
  unsetenv("https_proxy");
  const std::string request = server.request();
  EXPECT_TRUE(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Host: " + kHost), std::string::npos) << request;
  EXPECT_NE(request.find("Accept-Encoding: identity\r\n"), std::string::npos) << request;
  EXPECT_NE(request.find("User-Agent: mxseal-test\r\n"), std::string::npos) << request;
}

TEST(PolicyFetch, chunks_and_interim_answers_are_http) {
  const PolicyFetch facts = fetch_answer(
      "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nContent-Type: trailer/late\r\n\r\n");
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.http_status, 200);
  EXPECT_EQ(facts.body, "hello");
  EXPECT_FALSE(facts.has_content_type) << "a trailer is no header";
}

// RFC 9110 §15.2: an interim answer says nothing about the final one.
TEST(PolicyFetch, fields_of_an_interim_answer_do_not_count) {
  const std::string hints =
      "HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\nLocation: /x\r\n"
      "Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n";
  const PolicyFetch facts =
      fetch_answer(hints + answer_of("200 OK", "Content-Type: text/plain\r\n", kPolicy));
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.content_type, "text/plain");
  EXPECT_EQ(facts.location, "");
  EXPECT_EQ(facts.content_encoding, "");
  EXPECT_EQ(facts.body, kPolicy);
}

TEST(PolicyFetch, a_trailer_begins_no_other_answer) {
  const PolicyFetch facts = fetch_answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
      "HTTP/1.1: 302\r\nContent-Type: text/plain\r\n\r\n");
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.http_status, 200);
  EXPECT_FALSE(facts.has_content_type);
}

TEST(PolicyFetch, an_answer_without_length_ends_with_close_notify) {
  EXPECT_EQ(fetch_answer("HTTP/1.1 200 OK\r\n\r\n" + kPolicy).body, kPolicy);
}

// Q13: no redirect is followed, whatever it leads to.
TEST(PolicyFetch, a_redirect_is_an_answer) {
  HttpsServer server([](Peer& peer) {
    peer.send(answer_of("301 Moved", "Location: https://elsewhere.example/x\r\n", ""));
  });
  const PolicyFetch facts = fetch(options_for(server.port()));
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.http_status, 301);
  EXPECT_EQ(facts.location, "https://elsewhere.example/x");
  EXPECT_EQ(facts.attempts.size(), 1U);
}

TEST(PolicyFetch, of_a_repeated_field_the_first_counts) {
  const PolicyFetch facts =
      fetch_answer(answer_of("200 OK", "content-type:a/b\r\nContent-Type: c/d\r\n", kPolicy));
  EXPECT_EQ(facts.content_type, "a/b");
}

TEST(PolicyFetch, an_empty_content_type_is_there) {
  const PolicyFetch facts = fetch_answer(answer_of("200 OK", "Content-Type:\r\n", kPolicy));
  EXPECT_TRUE(facts.has_content_type);
  EXPECT_EQ(facts.content_type, "");
}

TEST(PolicyFetch, an_encoding_that_was_not_asked_for_is_not_undone) {
  const PolicyFetch facts =
      fetch_answer(answer_of("200 OK", "Content-Encoding: gzip\r\n", "\x1f\x8b raw"));
  EXPECT_EQ(facts.status, FetchStatus::content_encoding);
  EXPECT_EQ(facts.content_encoding, "gzip");
  EXPECT_EQ(facts.body, "\x1f\x8b raw");
  EXPECT_EQ(fetch_answer(answer_of("200 OK", "Content-Encoding: Identity\r\n", kPolicy)).status,
            FetchStatus::response);
}

TEST(PolicyFetch, a_page_that_wants_a_browser_is_a_challenge) {
  const std::string page = "<title>Just a Moment...</title>";
  EXPECT_TRUE(fetch_answer(answer_of("403 Forbidden", "", page)).challenge);
  EXPECT_TRUE(fetch_answer(answer_of("503 No", "CF-Mitigated: challenge\r\n", "")).challenge);
  EXPECT_FALSE(fetch_answer(answer_of("403 Forbidden", "", "<h1>Forbidden</h1>")).challenge);
}

TEST(PolicyFetch, which_pages_are_challenges) {
  EXPECT_TRUE(is_browser_challenge(429, false, "please solve the reCAPTCHA"));
  EXPECT_TRUE(is_browser_challenge(403, false, "Enable JavaScript and cookies to continue"));
  EXPECT_TRUE(is_browser_challenge(503, false, "<script src=/cdn-cgi/challenge-platform/x>"));
  EXPECT_TRUE(is_browser_challenge(503, false, "Checking your browser before accessing"));
  EXPECT_TRUE(is_browser_challenge(403, true, ""));
  EXPECT_FALSE(is_browser_challenge(404, true, "captcha")) << "not found is not found";
  EXPECT_FALSE(is_browser_challenge(200, true, "captcha")) << "judged as what it says it is";
  EXPECT_FALSE(is_browser_challenge(503, false, "try again later"));
}

// Q15: 64 KiB and not one byte more.
TEST(PolicyFetch, a_body_has_a_limit) {
  const std::string most(kMaxPolicyBytes, 'x');
  EXPECT_EQ(fetch_answer(answer_of("200 OK", "", most)).body, most);
  const PolicyFetch over = fetch_answer(answer_of("200 OK", "", most + "x"));
  EXPECT_EQ(over.status, FetchStatus::body_too_large);
  EXPECT_EQ(over.body.size(), kMaxPolicyBytes);
}

TEST(PolicyFetch, floods_end_at_a_limit) {
  const std::vector<std::pair<std::string, FetchStatus>> floods = {
      {"X: " + std::string(1000, 'x') + "\r\n", FetchStatus::headers_too_large},
      {std::string(1000, 'x'), FetchStatus::headers_too_large},  // one line
      {"\r\n" + std::string(1000, 'x'), FetchStatus::body_too_large},
  };
  for (const auto& [flood, status] : floods) {
    const HttpsServer server([&bytes = flood](Peer& peer) {
      peer.send("HTTP/1.1 200 OK\r\n");
      while (peer.send(bytes)) {
      }
    });
    EXPECT_EQ(fetch(options_for(server.port())).status, status) << flood.substr(0, 4);
  }
}

// Bytes that are neither header nor body: no limit on these would ever be reached.
TEST(PolicyFetch, floods_that_are_nothing_end_at_a_limit) {
  const HttpsServer extension([](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    while (peer.send(std::string(1000, 'x'))) {
    }
  });
  EXPECT_EQ(fetch(options_for(extension.port())).status, FetchStatus::body_too_large);
  const HttpsServer tickets([](Peer& peer) {
    for (int i = 0; i < 20'000 && peer.send_ticket();
         ++i) {  // 4 MB: OpenSSL does not say that the client has gone
    }
  });
  EXPECT_EQ(fetch(options_for(tickets.port())).status, FetchStatus::headers_too_large);
  const HttpsServer keys([](Peer& peer) {
    for (int i = 0; i < 100'000 && peer.update_keys(); ++i) {
    }
  });
  EXPECT_EQ(fetch(options_for(keys.port())).status, FetchStatus::headers_too_large);
  const HttpsServer not_found([](Peer& peer) {
    peer.send("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    while (peer.send(std::string(1000, 'x'))) {
    }
  });
  EXPECT_EQ(fetch(options_for(not_found.port())).status, FetchStatus::response);
}

// CVE-2009-3555: whoever sits between could serve a policy and then let the real host shake hands for it.
TEST(PolicyFetch, the_certificate_is_that_of_the_one_handshake) {
  const auto context = test::make_context(kHost);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  const test::Key key = test::make_ec_key();
  const test::Cert other = test::make_certificate(key.get(), "other.example");
  const LocalServer server([&](Peer& peer) {
    if (!peer.start_tls(context.get())) return;
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\n");
    if (!peer.renegotiate(other.get(), key.get())) return;
    peer.send("Content-Length: 0\r\n\r\n");
    peer.wait_for_end();
  });
  const PolicyFetch facts = fetch(options_for(server.port()));
  EXPECT_EQ(facts.status, FetchStatus::truncated);
  ASSERT_EQ(facts.tls.chain.size(), 1U);
  EXPECT_EQ(facts.tls.chain.front().names(), std::vector<std::string>{kHost});
}

TEST(PolicyFetch, interim_answers_without_end_end_at_a_limit) {
  const HttpsServer server([](Peer& peer) {
    while (peer.send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  EXPECT_EQ(fetch(options_for(server.port())).status, FetchStatus::headers_too_large);
}

TEST(PolicyFetch, a_page_of_another_status_keeps_its_status_whatever_its_body) {
  const HttpsServer endless([](Peer& peer) {
    peer.send("HTTP/1.1 404 Not Found\r\n\r\n");
    while (peer.send(std::string(1000, 'x'))) {
    }
  });
  const HttpsServer broken(
      [](Peer& peer) { peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nx"); });
  const HttpsServer silent([](Peer& peer) {
    peer.send("HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nx");
    peer.wait_for_end();
  });
  for (const HttpsServer* server : {&endless, &broken, &silent}) {
    PolicyFetchOptions options = options_for(server->port());
    options.total_timeout = kSoon;
    const PolicyFetch facts = fetch(options);
    EXPECT_EQ(facts.status, FetchStatus::response);
    EXPECT_EQ(facts.http_status, 404);
  }
}

// Q15: the deadline is a total, and says whose patience it was.
TEST(PolicyFetch, what_trickles_or_stops_ends_at_the_total_deadline) {
  const std::vector<std::function<void(Peer&)>> slow = {
      [](Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        peer.drip("drip");
      },
      [](Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n");
        peer.drip("X: y\r\n");
      },
      [](Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\n\r\n");
        peer.wait_for_end();
      },
      [](Peer& peer) { peer.wait_for_end(); },
  };
  for (const auto& answer : slow) {
    for (const bool patient : {true, false}) {
      const HttpsServer server(answer);
      PolicyFetchOptions options = options_for(server.port());
      options.total_timeout = kSoon;
      options.is_patience_of_senders = patient;
      const PolicyFetch facts = fetch(options);
      EXPECT_EQ(facts.status, patient ? FetchStatus::too_slow : FetchStatus::cut_short);
      EXPECT_EQ(facts.tls.status, TlsStatus::done);
    }
  }
}

TEST(PolicyFetch, the_connection_ends_before_the_answer_does) {
  const std::vector<std::string> all = {
      "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nversion",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 200 OK\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "",
  };
  for (const std::string& answer : all)
    EXPECT_EQ(fetch_answer(answer).status, FetchStatus::truncated) << answer;
}

TEST(PolicyFetch, an_answer_without_length_and_close_notify_may_have_been_cut) {
  const HttpsServer server(
      [](Peer& peer) { peer.send("HTTP/1.1 200 OK\r\n\r\nversion: STSv1\r\n"); });
  EXPECT_EQ(fetch(options_for(server.port())).status, FetchStatus::truncated);
}

// RFC 9112 §6.3: none says where the body ends, so the connection must. Newer libcurl refuses the last four, or counts their length.
TEST(PolicyFetch, what_looks_like_a_length_and_is_none) {
  const auto answer_with = [](const std::string& field) {
    return "HTTP/1.1 200 OK\r\n" + field + "\r\n\r\n" + kPolicy;
  };
  for (const std::string field :
       {"Transfer-Encoding: identity", "Content-Length: 9223372036854775808",
        "Transfer-Encoding: unchunked", "Transfer-Encoding: x;chunked",
        "Transfer-Encoding: identity\r\nContent-Length: 500",
        "Content-Length: 500\r\nTransfer-Encoding:"}) {
    const HttpsServer server([&](Peer& peer) { peer.send(answer_with(field)); });
    EXPECT_NE(fetch(options_for(server.port())).status, FetchStatus::response) << field;
  }
  for (const std::string field :
       {"Transfer-Encoding: identity", "Content-Length: 9223372036854775808"})
    EXPECT_EQ(fetch_answer(answer_with(field)).status, FetchStatus::response) << field;
}

TEST(PolicyFetch, what_follows_a_whole_answer_changes_nothing) {
  const HttpsServer server([](Peer& peer) {
    peer.send(answer_of("200 OK", "", kPolicy));
    for (int i = 0; i < 20'000 && peer.send_ticket(); ++i) {
    }
  });
  const PolicyFetch facts = fetch(options_for(server.port()));
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.body, kPolicy);
}

TEST(PolicyFetch, an_answer_may_come_before_the_request) {
  const auto context = test::make_context(kHost);
  const LocalServer server([&](Peer& peer) {
    if (!peer.start_tls(context.get())) return;
    peer.send(answer_of("200 OK", "", kPolicy));
    peer.close_cleanly();
    peer.wait_for_end();
  });
  EXPECT_EQ(fetch(options_for(server.port())).body, kPolicy);
}

TEST(PolicyFetch, what_is_no_http_is_invalid) {
  EXPECT_EQ(fetch_answer("220 mx.example ESMTP\r\n").status, FetchStatus::invalid);
  EXPECT_EQ(fetch_answer("version: STSv1\r\nmode: enforce\r\n").status, FetchStatus::invalid);
  EXPECT_EQ(fetch_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").status,
            FetchStatus::invalid);
}

PolicyFetch fetch_through(const std::function<void(Peer&)>& handshake) {
  const LocalServer server(handshake);
  PolicyFetchOptions options = options_for(server.port());
  options.total_timeout = kSoon;
  PolicyFetch facts = fetch(options);
  EXPECT_EQ(facts.status, FetchStatus::tls);
  EXPECT_EQ(facts.http_status, 0);
  return facts;
}

TEST(PolicyFetch, every_way_the_handshake_fails) {
  const auto context = test::make_context(kHost);
  EXPECT_EQ(fetch_through([](Peer&) {}).tls.status, TlsStatus::closed);
  EXPECT_EQ(fetch_through([](Peer& peer) { peer.wait_for_end(); }).tls.status,
            TlsStatus::timed_out);
  const PolicyFetch clear = fetch_through([](Peer& peer) { peer.send("HTTP/1.1 400 Bad\r\n"); });
  EXPECT_EQ(clear.tls.status, TlsStatus::failed);
  EXPECT_EQ(clear.tls.detail, "wrong version number");
  EXPECT_FALSE(clear.attempts.front().detail.empty());
  const PolicyFetch alert =
      fetch_through([](Peer& peer) { peer.send(std::string("\x15\x03\x03\x00\x02\x02\x28", 7)); });
  EXPECT_EQ(alert.tls.status, TlsStatus::failed);
  const PolicyFetch name =
      fetch_through([](Peer& peer) { peer.send(std::string("\x15\x03\x03\x00\x02\x02\x70", 7)); });
  EXPECT_EQ(name.tls.status, TlsStatus::sni_rejected);
  // Q28
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  EXPECT_EQ(fetch_through([&](Peer& peer) { peer.start_tls(context.get()); }).tls.status,
            TlsStatus::version_old);
}

TEST(PolicyFetch, a_lack_of_sockets_here_is_no_host_that_refuses) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizers need file descriptors of their own";
#endif
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  PolicyFetchOptions options = options_for(1);
  options.allowed = [&before](const IpAddress&) {
    const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next);
    const rlimit none{static_cast<rlim_t>(next), before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    return true;
  };
  const PolicyFetch facts = fetch(options);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(facts.status, FetchStatus::cut_short);
}

TEST(PolicyFetch, connect_refused) {
  const PolicyFetch facts = fetch(options_for(test::closed_port()));
  EXPECT_EQ(facts.status, FetchStatus::connect_refused);
  EXPECT_FALSE(facts.attempts.front().detail.empty());
  EXPECT_EQ(facts.tls.status, TlsStatus::not_tried);
}

TEST(PolicyFetch, connect_timeout_and_total_timeout_while_connecting) {
  const test::BlackHole hole;
  PolicyFetchOptions options = options_for(hole.port());
  options.connect_timeout = kSoon;
  EXPECT_EQ(fetch(options).status, FetchStatus::connect_timeout);
  std::swap(options.connect_timeout, options.total_timeout);
  EXPECT_EQ(fetch(options).status, FetchStatus::connect_timeout);
}

TEST(PolicyFetch, a_slow_handshake_is_no_slow_connection) {
  const LocalServer server([](Peer& peer) { peer.wait_for_end(); });
  PolicyFetchOptions options = options_for(server.port());
  options.connect_timeout = kSoon / 5;
  options.total_timeout = kSoon;
  EXPECT_EQ(fetch(options).status, FetchStatus::tls);
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST(PolicyFetch, no_descriptor_is_left_wherever_it_ends) {
  const auto context = test::make_context(kHost);
  const std::vector<std::function<void(Peer&)>> ends = {
      [](Peer&) {},
      [](Peer& peer) { peer.wait_for_end(); },
      [&](Peer& peer) { peer.start_tls(context.get()); },
      [&](Peer& peer) {
        if (peer.start_tls(context.get())) peer.wait_for_end();
      },
      [&](Peer& peer) {
        if (peer.start_tls(context.get())) peer.send("HTTP/1.1 200 OK\r\n");
      },
      [&](Peer& peer) {
        if (peer.start_tls(context.get())) peer.send("220 mx.example\r\n");
      },
      [&](Peer& peer) {
        if (peer.start_tls(context.get())) peer.send(answer_of("200 OK", "", kPolicy));
      },
  };
  const std::size_t before = open_descriptors();
  for (const auto& end : ends) {
    const LocalServer server(end);
    PolicyFetchOptions options = options_for(server.port());
    options.total_timeout = kSoon / 2;
    fetch(options);
  }
  {
    const test::BlackHole hole;
    PolicyFetchOptions options = options_for(hole.port());
    options.connect_timeout = kSoon / 5;
    fetch(options);
  }
  fetch(options_for(test::closed_port()));
  EXPECT_EQ(open_descriptors(), before);
}

TEST(PolicyFetch, no_address_is_not_tried) {
  const PolicyFetch facts = fetch(options_for(1), {});
  EXPECT_EQ(facts.status, FetchStatus::not_tried);
  EXPECT_TRUE(facts.attempts.empty());
}

TEST(PolicyFetch, private_address_is_not_connected_to) {
  PolicyFetchOptions options = options_for(test::closed_port());
  options.allowed = PolicyFetchOptions().allowed;
  const PolicyFetch facts = fetch(options);
  EXPECT_EQ(facts.status, FetchStatus::private_address);
  EXPECT_EQ(facts.tls.status, TlsStatus::not_tried);
}

TEST(PolicyFetch, the_guard_is_asked_once_more_before_connect) {
  HttpsServer server([](Peer& peer) { peer.send(answer_of("200 OK", "", kPolicy)); });
  PolicyFetchOptions options = options_for(server.port());
  int asked = 0;
  options.allowed = [&](const IpAddress&) { return ++asked == 1; };
  EXPECT_EQ(fetch(options).status, FetchStatus::connect_refused);
  EXPECT_EQ(asked, 2);
}

TEST(PolicyFetch, the_next_address_is_tried_until_one_takes_the_connection) {
  HttpsServer server([](Peer& peer) { peer.send(answer_of("200 OK", "", kPolicy)); });
  const IpAddress unused = *IpAddress::parse("127.0.0.9");
  const IpAddress refused = *IpAddress::parse("10.0.0.1");
  PolicyFetchOptions options = options_for(server.port());
  options.allowed = [&](const IpAddress& address) { return address != refused; };
  const PolicyFetch facts = fetch(options, {refused, unused, test::kLoopback, unused});
  EXPECT_EQ(facts.status, FetchStatus::response);
  EXPECT_EQ(facts.address, test::kLoopback);
  ASSERT_EQ(facts.attempts.size(), 3U);
  EXPECT_EQ(facts.attempts[0].status, FetchStatus::private_address);
  EXPECT_EQ(facts.attempts[1].status, FetchStatus::connect_refused);
  EXPECT_EQ(facts.attempts[1].address, unused);
  // Where none does, what leaves most open counts.
  EXPECT_EQ(fetch(options, {unused, refused}).status, FetchStatus::connect_refused);
}

TEST(PolicyFetch, an_address_that_answered_badly_is_not_passed_over) {
  const HttpsServer server([](Peer& peer) { peer.send(answer_of("500 No", "", "")); });
  const PolicyFetch facts = fetch(options_for(server.port()), {test::kLoopback, test::kLoopback});
  EXPECT_EQ(facts.http_status, 500);
  EXPECT_EQ(facts.attempts.size(), 1U);
}

TEST(PolicyFetch, destroyed_with_fetches_under_way) {
  const HttpsServer server([](Peer& peer) { peer.wait_for_end(); });
  Reactor reactor;
  bool called = false;
  auto fetcher = std::make_unique<PolicyFetcher>(reactor, options_for(server.port()));
  for (int i = 0; i < 3; ++i)
    fetcher->fetch(kHost, {test::kLoopback}, [&](const PolicyFetch&) { called = true; });
  int turns = 0;
  reactor.run([&] { return ++turns == 10; });
  fetcher.reset();
  reactor.run([&] { return ++turns == 12; });
  EXPECT_FALSE(called);
}

TEST(PolicyFetch, destroyed_by_its_own_callback) {
  const HttpsServer server([](Peer& peer) { peer.send(answer_of("200 OK", "", kPolicy)); });
  Reactor reactor;
  auto fetcher = std::make_unique<PolicyFetcher>(reactor, options_for(server.port()));
  for (int i = 0; i < 3; ++i)
    fetcher->fetch(kHost, {test::kLoopback}, [&](const PolicyFetch&) { fetcher.reset(); });
  reactor.run([&] { return fetcher == nullptr; });
}

TEST(PolicyFetch, many_at_once) {
  const HttpsServer server([](Peer& peer) { peer.send(answer_of("200 OK", "", kPolicy)); });
  Reactor reactor;
  PolicyFetcher fetcher(reactor, options_for(server.port()));
  int done = 0;
  int whole = 0;
  for (int i = 0; i < 50; ++i) {
    fetcher.fetch(kHost, {test::kLoopback}, [&](const PolicyFetch& facts) {
      ++done;
      if (facts.body == kPolicy) ++whole;
    });
  }
  reactor.run([&] { return done == 50; });
  EXPECT_EQ(whole, 50);
}

}  // namespace
}  // namespace mxseal::net
