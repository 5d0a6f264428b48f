// SPDX-License-Identifier: MIT
// AddressGuard: which addresses nobody is led to by a stranger's DNS. It stands before every connect().
#pragma once

#include <string_view>

#include "base/ip_address.hpp"

namespace mxseal::net {

/// Why nobody may be led there, with its RFC: "private (RFC 1918)"; empty for a public address.
std::string_view special_purpose(const IpAddress& address);

/// Whether it may be connected to; `allow_private` is for laboratories and inner networks.
inline bool allowed(const IpAddress& address, bool allow_private) {
  return allow_private || special_purpose(address).empty();
}

}  // namespace mxseal::net
