// SPDX-License-Identifier: MIT
// Whether a name is a public suffix, below which anybody can register: for warnings, never for a verdict.
//
// Q: By which list? A: by none. The default rule of publicsuffix.org (every top-level domain is one), and the second-level names
//    that country registries have in common. The whole list changes weekly, and most of it are private suffixes of hosting companies.
#pragma once

#include <string_view>

namespace mxseal::judge {

bool is_public_suffix(std::string_view name);

}  // namespace mxseal::judge
