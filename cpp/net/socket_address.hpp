// SPDX-License-Identifier: MIT
// SocketAddress: an IpAddress with a port, as the socket calls take it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "base/ip_address.hpp"

namespace mxseal::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  SocketAddress(const IpAddress& address, std::uint16_t port);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// The address in a sockaddr of `length` bytes; nothing where it is of another family, or too short.
std::optional<IpAddress> ip_address_of(const sockaddr* address, std::size_t length);

/// Whether a socket or connection failed for a lack of our own (descriptors, memory), which says nothing about the other side.
bool is_own_lack(int error);

}  // namespace mxseal::net
