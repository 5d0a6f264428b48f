// SPDX-License-Identifier: MIT
// Public suffixes, below which anybody can register, and what was registered: for warnings and groups, never for a verdict.
//
// Q: By which list? A: by none. The default rule of publicsuffix.org (every top-level domain is one), and the second-level names
//    that country registries have in common. The whole list changes weekly, and most of it are private suffixes of hosting companies.
#pragma once

#include <string_view>

namespace mxseal::judge {

bool is_public_suffix(std::string_view name);

/// The domain that somebody registered, to which the name belongs: a label more than its public suffix, or the name itself where
/// it has no more. Names in lower case, without final dot.
std::string_view registered_domain(std::string_view name);

}  // namespace mxseal::judge
