// SPDX-License-Identifier: MIT
#include "net/datagram_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace mxseal::net {
namespace {

using Texts = std::vector<std::string>;

// Two ends of one connection, in which a few datagrams have room.
struct Pair {
  std::array<int, 2> ends{-1, -1};

  Pair() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    const int least = 1;
    EXPECT_EQ(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
  }
  ~Pair() {
    for (const int end : ends) close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  Texts come() const {
    Texts all;
    std::array<char, 100> bytes{};
    for (;;) {
      const ssize_t got = recv(ends[1], bytes.data(), bytes.size(), 0);
      if (got < 0) return all;
      all.emplace_back(bytes.data(), static_cast<std::size_t>(got));
    }
  }
};

TEST(DatagramQueue, what_waits_goes_out_in_its_order) {
  const Pair pair;
  DatagramQueue queue;
  queue.open(pair.ends[0]);
  queue.add("one");
  queue.add("two");
  EXPECT_EQ(queue.waiting(), 2U);
  EXPECT_EQ(pair.come(), Texts{});
  queue.send();
  EXPECT_EQ(queue.waiting(), 0U);
  EXPECT_EQ(pair.come(), (Texts{"one", "two"}));
  EXPECT_EQ(queue.last()[0], "one");
}

TEST(DatagramQueue, what_a_full_socket_does_not_take_goes_on_waiting) {
  const Pair pair;
  DatagramQueue queue;
  queue.open(pair.ends[0]);
  Texts all;
  for (std::size_t i = 0; i < 3 * DatagramQueue::kMost / 2; ++i) {
    all.push_back(std::to_string(i));
    if (!queue.add(all.back())) {
      EXPECT_EQ(queue.waiting(), DatagramQueue::kMost);
      all.pop_back();
    }
  }
  EXPECT_EQ(all.size(), DatagramQueue::kMost);
  Texts come;
  queue.send();
  EXPECT_GT(queue.waiting(), 0U);
  while (queue.waiting() > 0) {
    for (std::string& each : pair.come()) come.push_back(std::move(each));
    queue.send();
  }
  for (std::string& each : pair.come()) come.push_back(std::move(each));
  EXPECT_EQ(come, all);
  EXPECT_EQ(queue.error(), 0);
}

TEST(DatagramQueue, an_error_is_kept_until_it_is_taken) {
  const Pair pair;
  DatagramQueue queue;
  queue.open(pair.ends[0]);
  shutdown(pair.ends[1], SHUT_RD);
  queue.add("one");
  queue.send();  // EPIPE, without a signal
  EXPECT_EQ(queue.waiting(), 0U);
  EXPECT_EQ(queue.error(), EPIPE);
  EXPECT_EQ(queue.take_error(), EPIPE);
  EXPECT_EQ(queue.error(), 0);
}

TEST(DatagramQueue, another_socket_begins_anew) {
  const Pair pair;
  DatagramQueue queue;
  queue.open(pair.ends[0]);
  queue.add("for nobody");
  queue.open(pair.ends[0]);
  queue.send();
  EXPECT_EQ(pair.come(), Texts{});
}

}  // namespace
}  // namespace mxseal::net
