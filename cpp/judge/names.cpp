// SPDX-License-Identifier: MIT
// The public names of what judge says, as they stand in JSON and columns.
#include "judge/judge.hpp"

namespace mxseal::judge {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::no_mail:
      return "no-mail";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::broken:
      return "broken";
    case Verdict::partly:
      return "partly";
    case Verdict::protected_:
      return "protected";
    case Verdict::testing:
      return "testing";
    case Verdict::misconfigured:
      return "misconfigured";
    case Verdict::unprotected:
      return "unprotected";
  }
  return {};  // untested: unreachable
}

std::string_view effect_name(Effect effect) {
  switch (effect) {
    case Effect::authenticated:
      return "authenticated";
    case Effect::encrypted:
      return "encrypted";
    case Effect::clear:
      return "clear";
    case Effect::refused:
      return "refused";
    case Effect::unknown:
      return "unknown";
  }
  return {};  // untested: unreachable
}

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::passes:
      return "passes";
    case Outcome::fails:
      return "fails";
    case Outcome::unknown:
      return "unknown";
  }
  return {};  // untested: unreachable
}

std::string_view host_dane_name(HostDane dane) {
  switch (dane) {
    case HostDane::none:
      return "none";
    case HostDane::not_secure:
      return "not-secure";
    case HostDane::mx_not_secure:
      return "mx-not-secure";
    case HostDane::unusable:
      return "unusable";
    case HostDane::in_force:
      return "in-force";
    case HostDane::bogus:
      return "bogus";
    case HostDane::unknown:
      return "unknown";
  }
  return {};  // untested: unreachable
}

std::string_view domain_dane_name(DomainDane dane) {
  switch (dane) {
    case DomainDane::none:
      return "none";
    case DomainDane::secure:
      return "secure";
    case DomainDane::partial:
      return "partial";
    case DomainDane::insecure:
      return "insecure";
    case DomainDane::unusable:
      return "unusable";
    case DomainDane::unknown:
      return "unknown";
  }
  return {};  // untested: unreachable
}

}  // namespace mxseal::judge
