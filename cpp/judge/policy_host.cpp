// SPDX-License-Identifier: MIT
#include "judge/policy_host.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "judge/lookups.hpp"

namespace mxseal::judge {
namespace {

using facts::FetchStatus;
using facts::TlsStatus;

bool is_old(std::string_view version) {
  return version == "SSLv3" || version == "TLSv1" || version == "TLSv1.1";
}

// Every address that failed, and how far it came.
std::string attempts(const facts::PolicyFetch& fetch) {
  std::string text;
  for (const facts::FetchAttempt& attempt : fetch.attempts) {
    if (attempt.status == FetchStatus::response) continue;
    if (!text.empty()) text += ", ";
    text += attempt.address.text();
    if (!attempt.detail.empty()) text += ": " + attempt.detail;
  }
  return text;
}

// Nothing was asked: no address, or none that is known.
Served judge_missing_address(const facts::PolicyFetch& fetch, const std::string& host,
                             Findings& findings) {
  if (!fetch.ipv4.absent() || !fetch.ipv6.absent()) {
    const facts::Lookup& failed =
        fetch.ipv4.absent() ? static_cast<const facts::Lookup&>(fetch.ipv6) : fetch.ipv4;
    findings.add(FindingId::sts_host_dns_failed, host, how_it_failed(failed));
    return Served::unknown;
  }
  const auto& cnames = fetch.ipv4.cnames.empty() ? fetch.ipv6.cnames : fetch.ipv4.cnames;
  if (cnames.empty()) {
    findings.add(FindingId::sts_host_no_address, host);
  } else {
    findings.add(FindingId::sts_host_cname_dangling, host, cnames.back());
  }
  return Served::nothing;
}

// Why there is no whole answer; nothing where there is one.
std::optional<FindingId> fetch_failure(const facts::PolicyFetch& fetch) {
  switch (fetch.status) {
    case FetchStatus::response:
      return std::nullopt;
    case FetchStatus::connect_refused:
      return FindingId::sts_host_connect_refused;
    case FetchStatus::connect_timeout:
      return FindingId::sts_host_timeout;
    case FetchStatus::private_address:
      return FindingId::sts_host_private_address;
    case FetchStatus::blocked:
      return FindingId::scan_blocked;
    case FetchStatus::tls:
      return fetch.tls.status == TlsStatus::version_old ? FindingId::sts_host_tls_version
                                                        : FindingId::sts_host_tls_handshake;
    case FetchStatus::headers_too_large:
    case FetchStatus::body_too_large:
      return FindingId::sts_http_too_large;
    case FetchStatus::too_slow:
      return FindingId::sts_http_too_slow;
    case FetchStatus::truncated:
      return FindingId::sts_http_truncated;
    case FetchStatus::content_encoding:
      return FindingId::sts_http_content_encoding;
    case FetchStatus::invalid:
      return FindingId::sts_http_invalid;
    // Not tried although there are addresses: the time ended before.
    case FetchStatus::not_tried:
    case FetchStatus::cut_short:
      return FindingId::sts_http_cut_short;
  }
  return FindingId::sts_http_invalid;  // untested: unreachable
}

// One of IPv4 and IPv6 fails while the other serves.
void compare_families(const facts::PolicyFetch& fetch, const std::string& host,
                      Findings& findings) {
  for (const bool v4 : {true, false}) {
    bool tried = false;
    bool served = false;
    for (const facts::FetchAttempt& attempt : fetch.attempts) {
      if (attempt.address.is_v4() != v4) continue;
      tried = true;
      served = served || attempt.status == FetchStatus::response;
    }
    if (tried && !served) findings.add(FindingId::sts_host_ipv6_broken, host, attempts(fetch));
  }
}

// RFC 8461 §3.3: any status but 200 is no policy.
FindingId status_finding(const facts::PolicyFetch& fetch) {
  const int status = fetch.http_status;
  if (status == 404 || status == 410) return FindingId::sts_http_not_found;
  if (status == 401 || status == 407) return FindingId::sts_http_auth_required;
  if (status == 403 || status == 429 || fetch.challenge) return FindingId::sts_http_blocked;
  if (status >= 300 && status < 400) return FindingId::sts_http_redirect;
  return FindingId::sts_http_status;
}

// RFC 8461 §3.2 SHOULD: text/plain, in any case; parameters are ignored.
void judge_media_type(const facts::PolicyFetch& fetch, const std::string& url, Findings& findings) {
  Cursor cursor(fetch.content_type);
  cursor.take_while(ascii::is_blank);
  std::string_view type = cursor.take_until(';');
  while (!type.empty() && ascii::is_blank(type.back())) type.remove_suffix(1);
  if (type.empty())  // also where the header is there and holds none
    findings.add(FindingId::sts_http_content_type_missing, url);
  else if (!ascii::equal_ignoring_case(type, "text/plain"))
    findings.add(FindingId::sts_http_content_type_wrong, url, excerpt(fetch.content_type));
}

}  // namespace

Served judge_policy_host(const facts::Domain& facts, Chains& chains, Findings& findings) {
  const facts::PolicyFetch& fetch = facts.policy;
  const std::string host = "mta-sts." + facts.domain;
  const std::string url = "https://" + host + "/.well-known/mta-sts.txt";
  const bool has_address = !fetch.ipv4.addresses.empty() || !fetch.ipv6.addresses.empty();
  if (!has_address && fetch.status == FetchStatus::not_tried)
    return judge_missing_address(fetch, host, findings);

  // RFC 8461 §3.3: the certificate is for the policy host's own name, whatever CNAME led there. Judged first: a bad one is told
  // beside what else is wrong.
  bool trusted = false;
  if (fetch.tls.status == TlsStatus::done) {
    const pki::Verification& verification = chains.verify(fetch.tls.chain, host);
    chains.report(fetch.tls.chain, verification, "sts.cert.", Counts::everything, host, findings);
    trusted = verification.ok;
    if (is_old(fetch.tls.version)) {
      findings.add(FindingId::sts_host_tls_version, host, fetch.tls.version);
      trusted = false;
    }
  }

  if (const std::optional<FindingId> failure = fetch_failure(fetch)) {
    const std::string tried = attempts(fetch);
    findings.add(*failure, host, tried.empty() ? fetch.tls.detail : tried);
    if (*failure == FindingId::sts_http_cut_short || *failure == FindingId::scan_blocked)
      return Served::unknown;
    // Where one family could not be looked up, senders may get the policy over it.
    for (const facts::AddressLookup* lookup : {&fetch.ipv4, &fetch.ipv6}) {
      if (!lookup->unknown()) continue;
      findings.add(FindingId::sts_host_dns_failed, host, how_it_failed(*lookup));
      return Served::unknown;
    }
    return Served::nothing;
  }
  compare_families(fetch, host, findings);
  if (fetch.tls.status != TlsStatus::done)
    findings.add(FindingId::sts_host_tls_handshake, host, fetch.tls.detail);
  // A file that is still to be published cannot be found yet, and of what type it will be is not known.
  if (fetch.proposed && (fetch.http_status == 404 || fetch.http_status == 410))
    return trusted ? Served::body : Served::nothing;
  if (fetch.http_status != 200) {
    const FindingId id = status_finding(fetch);
    const std::string status = std::to_string(fetch.http_status);
    findings.add(id, url,
                 id == FindingId::sts_http_redirect ? status + " to " + fetch.location : status);
    return Served::nothing;
  }
  judge_media_type(fetch, url, findings);
  return trusted ? Served::body : Served::nothing;
}

}  // namespace mxseal::judge
