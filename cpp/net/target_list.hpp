// SPDX-License-Identifier: MIT
// TargetList: networks and domains, as a list of those who want to be left alone has them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/ip_address.hpp"
#include "base/result.hpp"

namespace mxseal::net {

class TargetList {
 public:
  /// One entry a line: an address (192.0.2.1), a network (192.0.2.0/24, 2001:db8::/32) or a domain, which stands for all below it
  /// too. What follows # is a comment. Error: target-list, with the line.
  static Result<TargetList> parse(std::string_view text);

  bool empty() const { return networks_.empty() && domains_.empty(); }
  bool has(const IpAddress& address) const;
  /// Whether the name, or one that it lies below, is listed. A-labels in lower case, without final dot.
  bool has(std::string_view name) const;

 private:
  bool add(std::string_view entry);

  // By family and length of the prefix: the networks, each as its first address.
  std::map<std::pair<bool, int>, std::set<IpAddress>> networks_;
  std::set<std::string, std::less<>> domains_;
};

/// Who is left alone, and who is not although the first list names him.
struct Targets {
  TargetList blocked;
  TargetList allowed;

  template <typename What>
  bool leave_alone(const What& what) const {
    return blocked.has(what) && !allowed.has(what);
  }
};

}  // namespace mxseal::net
