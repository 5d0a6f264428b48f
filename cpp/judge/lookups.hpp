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

/// Says why a look-up is unknown(); also one that was never asked, which is no absence either.
inline void add_unanswered(const facts::Lookup& lookup, const LookupFindings& ids,
                           const std::string& subject, Findings& findings) {
  using facts::LookupStatus;
  switch (lookup.status) {
    case LookupStatus::servfail:
      findings.add(ids.servfail, subject);
      break;
    case LookupStatus::bogus:
      findings.add(ids.bogus, subject);
      break;
    case LookupStatus::resolver_error:
      findings.add(FindingId::scan_resolver_error, subject);
      break;
    case LookupStatus::timed_out:
    case LookupStatus::not_asked:
      findings.add(ids.timeout, subject);
      break;
    case LookupStatus::answer:
    case LookupStatus::no_data:
    case LookupStatus::no_name:
      break;
  }
}

}  // namespace mxseal::judge
