// SPDX-License-Identifier: MIT
#include "judge/public_suffix.hpp"

#include <algorithm>

namespace mxseal::judge {
namespace {

// Below a country's domain of two letters: co.uk, com.au, or.jp.
constexpr std::string_view kSecondLevel[] = {"ac",  "co",   "com", "edu", "go", "gob",
                                             "gov", "govt", "ltd", "mil", "ne", "net",
                                             "nom", "or",   "org", "plc"};

}  // namespace

bool is_public_suffix(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return true;
  const std::string_view top = name.substr(dot + 1);
  return top.size() == 2 &&
         std::ranges::find(kSecondLevel, name.substr(0, dot)) != std::end(kSecondLevel);
}

std::string_view registered_domain(std::string_view name) {
  std::string_view domain = name;
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    domain = name;
    name.remove_prefix(dot + 1);
    if (is_public_suffix(name)) break;
  }
  return domain;
}

}  // namespace mxseal::judge
