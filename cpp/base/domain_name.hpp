// SPDX-License-Identifier: MIT
// DomainName: decides, once for the whole project, what is a host name and when two of them are the
// same.
//
// Q: Which letters? A: letters, digits and inner hyphens (RFC 5321 §4.1.2, RFC 1123 §2.1), "--"
//    anywhere inside.
// Q: Upper case? A: ASCII case does not matter; the name is kept in lower case (RFC 4343).
// Q: A final dot? A: exactly one is taken off; it says only that the name is complete (RFC 1034
//    §3.1).
// Q: U-labels? A: become A-labels by IDNA2008 (RFC 5891 §5) without any mapping: "ß" is not "ss";
//    full-width letters, an ideographic full stop, a decomposed "ü" and upper case beyond ASCII are
//    no U-labels, so the name is refused.
// Q: "xn--" labels? A: stay as they are (RFC 5891 §5.3 leaves it open); they cannot be taken for
//    another name.
// Q: Underscores? A: not in a host name. normalize_domain() allows them, for names that are only
//    keys.
// Q: 192.0.2.1? A: never a host name (RFC 1123 §2.1), nor is anything else of four groups of
//    digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace mxseal {

class DomainName {
 public:
  static constexpr std::size_t kMaxLabel = 63;  ///< octets of a label (RFC 1035 §2.3.4)
  static constexpr std::size_t kMaxName = 253;  ///< octets of a name in text, without final dot

  /// Reads a host name. Error: host_invalid, with the offset of the label that is wrong.
  static Result<DomainName> parse(std::string_view text);

  /// A-labels in lower case, without final dot.
  std::string_view text() const { return text_; }

  /// What remains without the left-most label; empty for a single label.
  std::string_view parent() const;

  /// Whether this name lies below `other`, at any depth.
  bool is_below(const DomainName& other) const;

  bool operator==(const DomainName&) const = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The form of a domain in which it serves as a key: A-labels in lower case without final dot,
/// underscores allowed. What is no domain stays as it is. The view is of `text` itself where
/// nothing is to be changed, which costs no allocation, else of `buffer`.
std::string_view normalize_domain(std::string_view text, std::string& buffer);

}  // namespace mxseal
