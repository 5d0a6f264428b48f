// SPDX-License-Identifier: MIT
#include "bindings/network.hpp"

#include <cmath>

#include "bindings/errors.hpp"

namespace mxseal::bindings {

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

py::object resolver_validates(facts::Validation validation) {
  if (validation == facts::Validation::unknown) return py::none();
  return py::bool_(validation == facts::Validation::validates);
}

check::Options network_options(const std::vector<TextOrBytes>& resolvers, double timeout, bool ipv4,
                               bool ipv6, bool allow_private, bool trust_ad) {
  check::Options options;
  for (const TextOrBytes& text : resolvers) {
    options.resolver.servers.push_back(unwrap(net::parse_server(to_bytes(text, "resolver"))));
  }
  options.resolver.trust_ad = trust_ad;
  options.timeout = milliseconds(timeout);
  options.ipv4 = ipv4;
  options.ipv6 = ipv6;
  options.allow_private = allow_private;
  return options;
}

pki::TrustStore roots_of(const TextOrBytes& ca_file) {
  const std::string file = to_bytes(ca_file, "ca_file");
  return unwrap(file.empty() ? pki::TrustStore::system() : pki::TrustStore::from_file(file));
}

}  // namespace mxseal::bindings
