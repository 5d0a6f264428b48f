// SPDX-License-Identifier: MIT
// DatagramQueue: what goes out by a connected UDP socket, many datagrams with one call of the system.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace mxseal::net {

class DatagramQueue {
 public:
  /// Datagrams that may wait.
  static constexpr std::size_t kMost = 64;

  /// What waits for another socket is forgotten; -1 for none.
  void open(int socket);
  int socket() const { return socket_; }

  /// Puts one behind the others; not where kMost wait.
  bool add(std::string_view datagram);
  std::size_t waiting() const { return waiting_; }
  /// Sends what waits. What the socket has no room for goes on waiting; an error drops all of it.
  void send();

  /// The errno of such an error, until it is taken; 0 where there was none.
  int error() const { return error_; }
  int take_error();

  /// The last kMost that were added, in no order; empty ones where there were fewer.
  const std::array<std::string, kMost>& last() const { return last_; }

 private:
  int socket_ = -1;
  std::array<std::string, kMost> last_;
  std::size_t next_ = 0;     // place of the next one, of kMost
  std::size_t waiting_ = 0;  // of those before it
  int error_ = 0;
};

}  // namespace mxseal::net
