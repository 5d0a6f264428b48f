// SPDX-License-Identifier: MIT
// The libraries that the network is asked with: a result depends on their versions.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mxseal::net {

/// Name and version of each, as they run now.
std::vector<std::pair<std::string, std::string>> libraries();

}  // namespace mxseal::net
