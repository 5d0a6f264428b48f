// SPDX-License-Identifier: MIT
#include "base/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace mxseal {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton() takes C strings: a NUL would hide what follows it.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return {};
  const std::string terminated(text);
  IpAddress address;
  address.v4_ = text.find(':') == std::string_view::npos;
  if (inet_pton(address.v4_ ? AF_INET : AF_INET6, terminated.c_str(), address.bytes_.data()) != 1)
    return {};
  return address;
}

IpAddress IpAddress::v4(const std::array<std::uint8_t, 4>& bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  IpAddress address;
  address.v4_ = false;
  address.bytes_ = bytes;
  return address;
}

bool IpAddress::is_loopback() const {
  static const IpAddress kLoopback = v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  return v4_ ? bytes_[0] == 127 : *this == kLoopback;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer.data(), buffer.size());
  return buffer.data();
}

}  // namespace mxseal
