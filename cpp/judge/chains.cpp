// SPDX-License-Identifier: MIT
#include "judge/chains.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

namespace mxseal::judge {
namespace {

// RFC 3339, in UTC.
std::string date(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(time);
  const year_month_day ymd(day);
  const hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

bool is_of_the_root_store(pki::Fault fault) {
  return fault == pki::Fault::self_signed || fault == pki::Fault::untrusted ||
         fault == pki::Fault::incomplete_chain;
}

// What was met: dates say more than the fault's name, and of several certificates which one.
std::string detail_of(const pki::ChainError& error, const std::vector<pki::Certificate>& chain) {
  std::string detail = error.detail;
  const bool sent = error.depth >= 0 && static_cast<std::size_t>(error.depth) < chain.size();
  if (sent && detail.empty()) {
    const pki::Certificate& certificate = chain[static_cast<std::size_t>(error.depth)];
    if (error.fault == pki::Fault::expired) detail = "valid until " + date(certificate.not_after());
    if (error.fault == pki::Fault::not_yet_valid)
      detail = "valid from " + date(certificate.not_before());
    if (error.fault == pki::Fault::self_signed || error.fault == pki::Fault::untrusted ||
        error.fault == pki::Fault::incomplete_chain)
      detail = "issued by " + certificate.issuer();
  }
  if (sent && error.depth > 0)
    detail += " (certificate " + std::to_string(error.depth + 1) + " of the chain)";
  return detail;
}

}  // namespace

const pki::Verification& Chains::verify(const std::vector<pki::Certificate>& chain,
                                        std::string_view host) {
  std::string name(host);
  const auto [first, last] = entries_.equal_range(name);
  for (auto known = first; known != last; ++known) {
    if (known->second.chain == chain) return known->second.verification;
  }
  for (const pki::Certificate& certificate : chain) bytes_ += certificate.size();
  const auto added =
      entries_.emplace(std::move(name), Entry{chain, pki::verify(chain, host, roots_, at_)});
  return added->second.verification;
}

void Chains::report(const std::vector<pki::Certificate>& chain,
                    const pki::Verification& verification, std::string_view area, Counts counts,
                    const std::string& subject, Findings& findings) const {
  const auto say = [&](std::string_view name, bool matters, std::string detail) {
    const auto id = find_finding(std::string(area).append(name));
    if (!id) return;  // untested: unreachable
    findings.add(*id, matters ? row(*id).severity : Severity::info, subject, std::move(detail));
  };
  for (const pki::ChainError& error : verification.errors) {
    const bool matters = counts == Counts::everything ||
                         (counts == Counts::name_and_dates && !is_of_the_root_store(error.fault));
    say(pki::fault_name(error.fault), matters, detail_of(error, chain));
  }
  if (verification.alternative_path) say("alternative-path", counts == Counts::everything, {});
  const std::int64_t left = verification.not_after - at_;
  if (!verification.chain.empty() && left >= 0 && left < expires_soon_)
    say("expires-soon", counts != Counts::nothing, "valid until " + date(verification.not_after));
}

}  // namespace mxseal::judge
