// SPDX-License-Identifier: MIT
// Intermediate certificates that were met before, kept parsed: the same few come from nearly every server, and parsing one costs
// as much as verifying it.
//
// The one rule: a certificate is known again by the SHA-256 of its bytes, so nobody can make it stand for another.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "pki/certificate.hpp"

namespace mxseal::pki {

/// Most certificates that are kept; one that is longer than kMaxKeptBytes is not kept.
inline constexpr std::size_t kMaxKept = 1024;
inline constexpr std::size_t kMaxKeptBytes = 8192;

/// Reads the DER of a certificate that is no leaf, or gives the one that was read before; of any thread. Error:
/// certificate-invalid, as Certificate::from_der.
Result<Certificate> intermediate_from_der(std::string_view der);

}  // namespace mxseal::pki
