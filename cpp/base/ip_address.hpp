// SPDX-License-Identifier: MIT
// IpAddress: an IPv4 or IPv6 address as bytes, and its text.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mxseal {

class IpAddress {
 public:
  /// Reads dotted-quad or RFC 4291 text, without zone, port or brackets; nothing for what is neither.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress v4(const std::array<std::uint8_t, 4>& bytes);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);

  bool is_v4() const { return v4_; }
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const;
  /// In network order; for IPv4 the first four count, the rest is 0.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// Canonical text (RFC 5952 for IPv6).
  std::string text() const;

  auto operator<=>(const IpAddress&) const = default;  // NOLINT(modernize-use-nullptr): its 0

 private:
  bool v4_ = true;
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace mxseal
