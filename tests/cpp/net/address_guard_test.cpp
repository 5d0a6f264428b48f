// SPDX-License-Identifier: MIT
// The first and the last address of each range that nobody is led to, and the public ones beside them.
#include "net/address_guard.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace mxseal::net {
namespace {

std::string_view reason(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return address ? special_purpose(*address) : "no address";
}

TEST(AddressGuard, refused) {
  struct Row {
    std::string_view first;
    std::string_view last;
    std::string_view why;
  };
  const Row rows[] = {
      {"0.0.0.0", "0.255.255.255", "this network (RFC 791)"},
      {"10.0.0.0", "10.255.255.255", "private (RFC 1918)"},
      {"100.64.0.0", "100.127.255.255", "carrier-grade NAT (RFC 6598)"},
      {"127.0.0.0", "127.255.255.255", "loopback (RFC 1122)"},
      {"169.254.0.0", "169.254.255.255", "link-local (RFC 3927)"},
      {"169.254.169.254", "169.254.169.254", "cloud metadata (link-local, RFC 3927)"},
      {"172.16.0.0", "172.31.255.255", "private (RFC 1918)"},
      {"192.0.0.0", "192.0.0.255", "protocol assignments (RFC 6890)"},
      {"192.0.2.0", "192.0.2.255", "documentation (RFC 5737)"},
      {"192.88.99.0", "192.88.99.255", "6to4 relay (RFC 7526)"},
      {"192.168.0.0", "192.168.255.255", "private (RFC 1918)"},
      {"198.18.0.0", "198.19.255.255", "benchmarking (RFC 2544)"},
      {"198.51.100.0", "198.51.100.255", "documentation (RFC 5737)"},
      {"203.0.113.0", "203.0.113.255", "documentation (RFC 5737)"},
      {"224.0.0.0", "239.255.255.255", "multicast (RFC 5771)"},
      {"240.0.0.0", "255.255.255.254", "reserved (RFC 1112)"},
      {"255.255.255.255", "255.255.255.255", "broadcast (RFC 919)"},
      {"::", "::", "unspecified (RFC 4291)"},
      {"::1", "::1", "loopback (RFC 4291)"},
      {"::2", "::ffff:ffff", "v4-compatible (RFC 4291)"},
      {"::ffff:0.0.0.0", "::ffff:255.255.255.255", "v4-mapped (RFC 4291)"},
      {"::ffff:8.8.8.8", "::ffff:127.0.0.1", "v4-mapped (RFC 4291)"},
      {"::ffff:0:7f00:1", "::ffff:0:ffff:ffff", "v4-translated (RFC 2765)"},
      {"64:ff9b::", "64:ff9b::ffff:ffff", "NAT64 (RFC 6052)"},
      {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local NAT64 (RFC 8215)"},
      {"100::", "100::ffff:ffff:ffff:ffff", "discard-only (RFC 6666)"},
      {"100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "dummy (RFC 9780)"},
      {"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo (RFC 4380)"},
      {"2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking (RFC 5180)"},
      {"2001:1::1", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocol assignments (RFC 2928)"},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation (RFC 3849)"},
      {"2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4 (RFC 3056)"},
      {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation (RFC 9637)"},
      {"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing (RFC 9602)"},
      {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private (unique local, RFC 4193)"},
      {"fd00:ec2::254", "fd00:ec2::254", "cloud metadata (private, RFC 4193)"},
      {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local (RFC 4291)"},
      {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local (RFC 3879)"},
      {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast (RFC 4291)"},
      {"4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast (RFC 4291)"},
      {"1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast (RFC 4291)"},
  };
  for (const Row& row : rows) {
    for (const std::string_view each : {row.first, row.last}) {
      EXPECT_EQ(reason(each), row.why) << each;
      EXPECT_FALSE(allowed(*IpAddress::parse(each), false)) << each;
      EXPECT_TRUE(allowed(*IpAddress::parse(each), true)) << each;
    }
  }
}

TEST(AddressGuard, public_ones_beside_them) {
  for (const std::string_view each :
       {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",      "169.253.255.255",
        "169.255.0.0",     "172.15.255.255",  "172.32.0.0",     "191.255.255.255",
        "192.0.1.0",       "192.0.3.0",       "192.88.98.255",  "192.88.100.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
        "198.51.99.255",   "198.51.101.0",    "203.0.112.255",  "203.0.114.0",
        "223.255.255.255", "2000::",          "2001:200::",     "2001:db7:ffff::",
        "2001:db9::",      "2001:ffff::",     "2003::",         "2a00:1450::1",
        "3ffe::",          "3fff:1000::"}) {
    EXPECT_EQ(reason(each), "") << each;
    EXPECT_TRUE(allowed(*IpAddress::parse(each), false)) << each;
  }
}

}  // namespace
}  // namespace mxseal::net
