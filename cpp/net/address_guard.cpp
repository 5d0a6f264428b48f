// SPDX-License-Identifier: MIT
#include "net/address_guard.hpp"

#include <cstdint>

namespace mxseal::net {
namespace {

struct Range {
  std::string_view prefix;
  unsigned bits;
  std::string_view name;
};

// IANA's registries of special-purpose addresses (RFC 6890), and what they leave to other registries: multicast, reserved space.
// The first row that fits gives the reason.
constexpr Range kRanges[] = {
    {"0.0.0.0", 8, "this network (RFC 791)"},
    {"10.0.0.0", 8, "private (RFC 1918)"},
    {"100.64.0.0", 10, "carrier-grade NAT (RFC 6598)"},
    {"127.0.0.0", 8, "loopback (RFC 1122)"},
    {"169.254.169.254", 32, "cloud metadata (link-local, RFC 3927)"},
    {"169.254.0.0", 16, "link-local (RFC 3927)"},
    {"172.16.0.0", 12, "private (RFC 1918)"},
    {"192.0.0.0", 24, "protocol assignments (RFC 6890)"},
    {"192.0.2.0", 24, "documentation (RFC 5737)"},
    {"192.88.99.0", 24, "6to4 relay (RFC 7526)"},
    {"192.168.0.0", 16, "private (RFC 1918)"},
    {"198.18.0.0", 15, "benchmarking (RFC 2544)"},
    {"198.51.100.0", 24, "documentation (RFC 5737)"},
    {"203.0.113.0", 24, "documentation (RFC 5737)"},
    {"224.0.0.0", 4, "multicast (RFC 5771)"},
    {"255.255.255.255", 32, "broadcast (RFC 919)"},
    {"240.0.0.0", 4, "reserved (RFC 1112)"},
    {"::", 128, "unspecified (RFC 4291)"},
    {"::1", 128, "loopback (RFC 4291)"},
    {"::", 96, "v4-compatible (RFC 4291)"},
    {"::ffff:0:0", 96, "v4-mapped (RFC 4291)"},
    {"::ffff:0:0:0", 96, "v4-translated (RFC 2765)"},
    {"64:ff9b::", 96, "NAT64 (RFC 6052)"},  // leads to any IPv4 address, also to private ones
    {"64:ff9b:1::", 48, "local NAT64 (RFC 8215)"},
    {"100::", 64, "discard-only (RFC 6666)"},
    {"100:0:0:1::", 64, "dummy (RFC 9780)"},
    {"2001::", 32, "Teredo (RFC 4380)"},
    {"2001:2::", 48, "benchmarking (RFC 5180)"},
    {"2001::", 23, "protocol assignments (RFC 2928)"},
    {"2001:db8::", 32, "documentation (RFC 3849)"},
    {"2002::", 16, "6to4 (RFC 3056)"},
    {"3fff::", 20, "documentation (RFC 9637)"},
    {"5f00::", 16, "segment routing (RFC 9602)"},
    {"fd00:ec2::254", 128, "cloud metadata (private, RFC 4193)"},
    {"fc00::", 7, "private (unique local, RFC 4193)"},
    {"fe80::", 10, "link-local (RFC 4291)"},
    {"fec0::", 10, "site-local (RFC 3879)"},
    {"ff00::", 8, "multicast (RFC 4291)"},
};

bool within(const IpAddress& address, const IpAddress& prefix, unsigned bits) {
  if (address.is_v4() != prefix.is_v4()) return false;
  for (unsigned i = 0; i < bits; i += 8) {
    const unsigned left = bits - i;
    const unsigned mask = left >= 8 ? 0xFFU : (0xFFU << (8 - left)) & 0xFFU;
    if (((address.bytes()[i / 8] ^ prefix.bytes()[i / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace

std::string_view special_purpose(const IpAddress& address) {
  for (const Range& range : kRanges) {
    if (within(address, *IpAddress::parse(range.prefix), range.bits)) return range.name;
  }
  // What is not given out yet leads nowhere, or to somebody's inner network.
  if (!address.is_v4() && (address.bytes()[0] & 0xE0U) != 0x20U)
    return "not global unicast (RFC 4291)";
  return {};
}

}  // namespace mxseal::net
