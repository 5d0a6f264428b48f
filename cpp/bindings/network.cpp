// SPDX-License-Identifier: MIT
#include "bindings/network.hpp"

#include <chrono>
#include <cmath>

#include "bindings/errors.hpp"

namespace mxseal::bindings {

check::Options network_options(const std::vector<std::string>& resolvers, double timeout, bool ipv4,
                               bool ipv6, bool allow_private, bool trust_ad) {
  check::Options options;
  for (const std::string& text : resolvers) {
    options.resolver.servers.push_back(unwrap(net::parse_server(text)));
  }
  options.resolver.trust_ad = trust_ad;
  options.timeout = std::chrono::milliseconds(std::llround(timeout * 1000));
  options.ipv4 = ipv4;
  options.ipv6 = ipv6;
  options.allow_private = allow_private;
  return options;
}

pki::TrustStore roots_of(const std::string& ca_file) {
  return unwrap(ca_file.empty() ? pki::TrustStore::system() : pki::TrustStore::from_file(ca_file));
}

}  // namespace mxseal::bindings
