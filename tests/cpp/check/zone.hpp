// SPDX-License-Identifier: MIT
// Zone: a table from which a DnsServer answers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip_address.hpp"
#include "net/dns_server.hpp"

namespace mxseal::test {

/// Answers by name and type; those of `secure` names with the AD bit. `silent` names get none, `missing` ones do not exist.
struct Zone {
  std::map<std::pair<std::string, unsigned>, dns::Records> records;
  std::set<std::string> secure;
  std::set<std::string> silent;
  std::set<std::string> missing;

  void txt(const std::string& name, std::string_view text) {
    records[{name, dns::kTxt}] = {dns::txt(name, {text})};
  }
  void mx(const std::string& name, std::vector<std::string> hosts) {
    for (const std::string& host : hosts)
      records[{name, dns::kMx}].push_back(dns::mx(name, 10, host));
  }
  /// 192.0.2.1 and so on: documentation addresses (RFC 5737), which the guard refuses.
  void addresses(const std::string& name, int count) {
    for (int i = 1; i <= count; ++i)
      records[{name, dns::kA}].push_back(
          dns::record(name, dns::kA, 300, std::string("\xC0\x00\x02", 3) + static_cast<char>(i)));
  }
  void address(const std::string& name, const IpAddress& address) {
    const auto& bytes = address.bytes();
    const std::string data(reinterpret_cast<const char*>(bytes.data()), address.is_v4() ? 4 : 16);
    const unsigned type = address.is_v4() ? dns::kA : dns::kAaaa;
    records[{name, type}].push_back(dns::record(name, type, 300, data));
  }
  void cname(const std::string& name, const std::string& target) {
    records[{name, dns::kCname}] = {dns::cname(name, target)};
  }
  void tlsa(const std::string& name) {
    records[{name, dns::kTlsa}] = {
        dns::record(name, dns::kTlsa, 300, "\x03\x01\x01" + std::string(32, 'x'))};
  }

  std::vector<std::string> operator()(const Query& query) const {
    if (silent.contains(query.name)) return {};
    if (missing.contains(query.name))
      return {query.reply(dns::kNxdomain, {}, {dns::soa("example", 300, 300)})};
    const unsigned flags = secure.contains(query.name) ? dns::kAd : 0U;
    const auto found = records.find({query.name, query.type});
    const auto alias = records.find({query.name, dns::kCname});
    if (found != records.end()) return {query.reply(flags, found->second)};
    if (alias != records.end()) return {query.reply(flags, alias->second)};
    return {query.reply(flags, {}, {dns::soa("example", 300, 300)})};
  }
};

}  // namespace mxseal::test
