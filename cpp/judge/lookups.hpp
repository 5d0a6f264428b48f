// SPDX-License-Identifier: MIT
// What is said of a look-up that gave no usable answer, whatever was asked.
#pragma once

#include <string>

#include "facts/dns.hpp"
#include "judge/finding.hpp"

namespace mxseal::judge {

/// The findings for one kind of look-up.
struct LookupFindings {
  FindingId servfail;
  FindingId bogus;
  FindingId timeout;
};

/// The evidence of a look-up that is unknown(): who was asked; empty where nobody was.
inline std::string who_was_asked(const facts::Lookup& lookup) {
  return lookup.asked.empty() ? std::string() : "asked " + lookup.asked;
}

/// How it failed, and the same.
inline std::string how_it_failed(const facts::Lookup& lookup) {
  const std::string status(facts::lookup_status_name(lookup.status));
  return lookup.asked.empty() ? status : status + ", " + who_was_asked(lookup);
}

/// Says why a look-up is unknown(); also one that was never asked, which is no absence either.
inline void add_unanswered(const facts::Lookup& lookup, const LookupFindings& ids,
                           const std::string& subject, Findings& findings) {
  using facts::LookupStatus;
  switch (lookup.status) {
    case LookupStatus::servfail:
      findings.add(ids.servfail, subject, who_was_asked(lookup));
      break;
    case LookupStatus::bogus:
      findings.add(ids.bogus, subject, who_was_asked(lookup));
      break;
    case LookupStatus::resolver_error:
      findings.add(FindingId::scan_resolver_error, subject, who_was_asked(lookup));
      break;
    case LookupStatus::timed_out:
    case LookupStatus::not_asked:
      findings.add(ids.timeout, subject, who_was_asked(lookup));
      break;
    case LookupStatus::answer:
    case LookupStatus::no_data:
    case LookupStatus::no_name:
      break;
  }
}

}  // namespace mxseal::judge
