// SPDX-License-Identifier: MIT
// TlsClient alone: what a socket does that no server on loopback can be made to do in time.
#include "net/tls_client.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>

namespace mxseal::net {
namespace {

// A SIGPIPE would end this process.
TEST(TlsClient, a_peer_that_has_gone_raises_no_signal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  close(ends[1]);
  const TlsContext context;
  TlsClient client(context, ends[0], "mx.example", KeyType::any);
  EXPECT_EQ(client.handshake(), TlsClient::Progress::failed);
  EXPECT_EQ(client.recorder().tls().status, facts::TlsStatus::closed);
  close(ends[0]);
}

TEST(TlsClient, begins_the_handshake_and_waits) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  const TlsContext context;
  TlsClient client(context, ends[0], "mx.example", KeyType::any);
  EXPECT_EQ(client.handshake(), TlsClient::Progress::wants_read);
  EXPECT_TRUE(client.recorder().is_begun());
  EXPECT_FALSE(client.recorder().is_done());
  std::array<char, 4096> hello{};
  const ssize_t count = recv(ends[1], hello.data(), hello.size(), 0);
  ASSERT_GT(count, 0);
  const std::string sent(hello.data(), static_cast<std::size_t>(count));
  EXPECT_NE(sent.find("mx.example"), std::string::npos) << "SNI";
  EXPECT_EQ(sent.find("http/1.1"), std::string::npos) << "no ALPN in SMTP";
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace mxseal::net
