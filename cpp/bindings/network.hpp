// SPDX-License-Identifier: MIT
// What every call that asks the network is told, and says of it, in Python's terms.
#pragma once

#include <chrono>
#include <vector>

#include "bindings/pybind.hpp"
#include "check/plan.hpp"
#include "facts/dns.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::bindings {

/// A time as Python has it.
std::chrono::milliseconds milliseconds(double seconds);

/// Whether the resolver validates; None where that could not be found out.
py::object resolver_validates(facts::Validation validation);

/// `timeout` in seconds. Raises ParseError for a resolver that is no address.
check::Options network_options(const std::vector<TextOrBytes>& resolvers, double timeout, bool ipv4,
                               bool ipv6, bool allow_private, bool trust_ad);

/// The roots of a PEM file, or of the system for an empty name. Raises ParseError.
pki::TrustStore roots_of(const TextOrBytes& ca_file);

}  // namespace mxseal::bindings
