// SPDX-License-Identifier: MIT
// A chain as users hold it, DER or PEM, read and verified.
//
// A server can send anything, so what cannot be read is a fault of the chain like any other, at its place.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "pki/chain.hpp"

namespace mxseal::pki {

/// Judges a chain, leaf first; each item is one certificate in DER, or PEM text with one or more of them. Of more than kMaxChain
/// certificates only so many are looked at.
Verification verify_encoded(std::span<const std::string> chain, std::string_view host,
                            const TrustStore& roots, std::int64_t at);

}  // namespace mxseal::pki
