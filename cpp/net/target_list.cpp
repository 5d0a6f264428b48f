// SPDX-License-Identifier: MIT
#include "net/target_list.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "base/domain_name.hpp"

namespace mxseal::net {
namespace {

IpAddress masked(const IpAddress& address, int length) {
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int kept = length - static_cast<int>(i) * 8;
    if (kept <= 0) bytes[i] = 0;
    if (kept > 0 && kept < 8) bytes[i] &= static_cast<std::uint8_t>(0xFF << (8 - kept));
  }
  return address.is_v4() ? IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]})
                         : IpAddress::v6(bytes);
}

}  // namespace

Result<TargetList> TargetList::parse(std::string_view text) {
  TargetList list;
  std::int64_t number = 0;
  for (Cursor file(text); !file.at_end();) {
    ++number;
    Cursor line(file.take_line());
    line.take_while(ascii::is_blank);
    std::string_view entry = line.take_until('#');
    while (!entry.empty() && ascii::is_blank(entry.back())) entry.remove_suffix(1);
    if (!entry.empty() && !list.add(entry))
      return Error{Errc::target_list, "line " + std::to_string(number) + ": " + excerpt(entry), -1};
  }
  return list;
}

bool TargetList::add(std::string_view entry) {
  const std::size_t slash = entry.find('/');
  const std::optional<IpAddress> address = IpAddress::parse(entry.substr(0, slash));
  if (!address) {
    const Result<DomainName> name = DomainName::parse(entry);
    if (!name) return false;
    domains_.emplace(name->text());
    return true;
  }
  const int whole = address->is_v4() ? 32 : 128;
  int length = whole;
  if (slash != std::string_view::npos) {
    const std::string_view digits = entry.substr(slash + 1);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc() || stop != digits.data() + digits.size() || length < 0 ||
        length > whole)
      return false;
  }
  networks_[{address->is_v4(), length}].insert(masked(*address, length));
  return true;
}

bool TargetList::has(const IpAddress& address) const {
  for (const auto& [kind, networks] : networks_) {
    const auto& [v4, length] = kind;
    if (v4 == address.is_v4() && networks.contains(masked(address, length))) return true;
  }
  return false;
}

bool TargetList::has(std::string_view name) const {
  if (domains_.empty()) return false;
  for (;;) {
    if (domains_.contains(name)) return true;
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) return false;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace mxseal::net
