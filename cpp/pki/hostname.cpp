// SPDX-License-Identifier: MIT
#include "pki/hostname.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace mxseal::pki {

bool name_covers(std::string_view name, const DomainName& host) {
  if (!name.starts_with("*.")) return ascii::equal_ignoring_case(name, host.text());
  // "*" stands for one label, and what follows must have two: "*.com" is nobody's name.
  name.remove_prefix(2);
  return name.find('.') != std::string_view::npos &&
         ascii::equal_ignoring_case(name, host.parent());
}

bool is_for(const Certificate& certificate, const DomainName& host) {
  return std::ranges::any_of(certificate.names(),
                             [&](const std::string& name) { return name_covers(name, host); });
}

bool is_for_by_common_name_only(const Certificate& certificate, const DomainName& host) {
  return !certificate.has_dns_name() &&
         std::ranges::any_of(certificate.common_names(),
                             [&](const std::string& name) { return name_covers(name, host); });
}

}  // namespace mxseal::pki
