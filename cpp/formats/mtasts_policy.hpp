// SPDX-License-Identifier: MIT
// The MTA-STS policy (RFC 8461 §3.2): what a domain serves at
// https://mta-sts.<domain>/.well-known/mta-sts.txt, and the match of MX hosts against it (§4.1).
//
//   version: STSv1
//   mode: enforce
//   mx: mail.example.com
//   mx: *.example.net
//   max_age: 604800
//
// The grammar is followed to the letter, but for blank lines. Of anything repeated the first
// counts: to take the last `mode` would be a silent downgrade. A field is known by its name, so
// `mode: live` is a bad mode and never an extension.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/domain_name.hpp"
#include "base/result.hpp"

namespace mxseal::mtasts {

inline constexpr std::string_view kPolicyVersion = "STSv1";
inline constexpr std::int64_t kMaxMaxAge = 31'557'600;  ///< seconds, about a year (RFC 8461 §3.2)

enum class Mode : std::uint8_t { enforce, testing, none };

/// The mode as the policy spells it.
std::string_view mode_name(Mode mode);

/// One mx: a host name, or "*." and a name, where "*." stands for exactly one label (RFC 8461
/// §4.1).
class MxPattern {
 public:
  /// Error: mx_invalid, with the offset of the label that is wrong.
  static Result<MxPattern> parse(std::string_view text);

  std::string_view text() const { return text_; }  ///< as written
  bool is_wildcard() const { return wildcard_; }
  const DomainName& name() const { return name_; }  ///< without "*."

  bool covers(const DomainName& host) const;
  bool operator==(const MxPattern& other) const {
    return wildcard_ == other.wildcard_ && name_ == other.name_;
  }

 private:
  MxPattern(std::string text, bool wildcard, DomainName name)
      : text_(std::move(text)), wildcard_(wildcard), name_(std::move(name)) {}
  std::string text_;
  bool wildcard_;
  DomainName name_;
};

/// Whether a host is covered, by which pattern, or why by none.
enum class Coverage : std::uint8_t {
  covered,
  host_invalid,    ///< the host is no host name
  no_pattern,      ///< the policy has no mx (mode none)
  wildcard_depth,  ///< a wildcard would cover it, if it stood for no label or for several
  not_covered,
};

/// The reason in kebab-case: "wildcard-depth"; empty for covered.
std::string_view coverage_name(Coverage coverage);

struct Match {
  Coverage coverage = Coverage::not_covered;
  const MxPattern* pattern = nullptr;  ///< the first of the policy that covers the host
};

struct Policy {
  Mode mode = Mode::none;
  std::int64_t max_age = 0;                                     ///< seconds
  std::vector<MxPattern> mx;                                    ///< in order, repeats kept
  std::vector<std::pair<std::string, std::string>> extensions;  ///< unknown fields, in order
  Deviations deviations;
  std::string text;  ///< as declared

  /// The lines as declared, without their ends and without blank ones: the policy-string of reports
  /// (RFC 8460 §4.5).
  std::vector<std::string_view> lines() const;

  /// Compares names only, whatever the mode (RFC 8461 §4.1).
  Match match(std::string_view host) const;

  /// A valid policy that says the same; lines end with LF.
  std::string print() const;

  /// The same policy, however it is written.
  bool operator==(const Policy& other) const {
    return mode == other.mode && max_age == other.max_age && mx == other.mx &&
           extensions == other.extensions;
  }
};

/// Reads a policy: the body as it was served. Errors: those of errc.def's section on policies.
Result<Policy> parse_policy(std::string_view body);

/// Makes a policy. Errors: mode_invalid, max_age_out_of_range, mx_invalid, mx_missing; without
/// offsets.
Result<Policy> build_policy(std::string_view mode, std::int64_t max_age,
                            std::span<const std::string> mx);

}  // namespace mxseal::mtasts
