// SPDX-License-Identifier: MIT
// Domains for the tests of judge: the facts of a good check, to be changed row by row; and what must come out.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certificates.hpp"
#include "facts/domain.hpp"
#include "judge/judge.hpp"

namespace mxseal::judge {

using facts::Domain;
using facts::FetchStatus;
using facts::LookupStatus;
using facts::SmtpStatus;
using facts::TlsStatus;

inline const std::string kDomain = "example.com";
inline const std::string kMx = "mx1.example.com";
inline const std::string kPolicyHost = "mta-sts.example.com";

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

/// Chains that many rows share; each is made once.
inline const Chain& good_chain(const std::string& host) {
  static std::map<std::string, Chain> made;
  const auto known = made.find(host);
  return known != made.end() ? known->second : made[host] = chain_for(wish_for(host));
}

inline facts::Tls handshake(const Chain& chain) {
  facts::Tls tls;
  tls.status = TlsStatus::done;
  tls.version = "TLSv1.3";
  tls.chain = chain;
  return tls;
}

inline facts::SmtpProbe probe(const std::string& address, SmtpStatus status = SmtpStatus::secured,
                              const Chain& chain = good_chain(kMx)) {
  facts::SmtpProbe made;
  made.address = ip(address);
  made.status = status;
  if (status != SmtpStatus::timed_out) made.greeting = "220 hello";
  if (status == SmtpStatus::secured) made.tls = handshake(chain);
  return made;
}

/// A handshake that failed.
inline facts::SmtpProbe failed_tls(const std::string& address, TlsStatus status) {
  facts::SmtpProbe made = probe(address, SmtpStatus::tls);
  made.tls.status = status;
  return made;
}

inline void set(facts::Lookup& lookup, LookupStatus status) {
  lookup.status = status;
}

inline void set(facts::TxtLookup& lookup, std::vector<std::string> records) {
  lookup.status = LookupStatus::answer;
  lookup.records = std::move(records);
}

/// An MX host with these probes; its addresses are those of the probes.
inline facts::MxHost host(const std::string& name, std::vector<facts::SmtpProbe> probes) {
  facts::MxHost made;
  made.host = name;
  made.preference = 10;
  made.ipv4.status = made.ipv6.status = made.tlsa.status = LookupStatus::no_data;
  made.tlsa.name = "_25._tcp." + name;
  for (const facts::SmtpProbe& each : probes) {
    facts::AddressLookup& lookup = each.address.is_v4() ? made.ipv4 : made.ipv6;
    lookup.status = LookupStatus::answer;
    lookup.addresses.push_back(each.address);
  }
  made.probes = std::move(probes);
  return made;
}

inline void set_hosts(Domain& domain, std::vector<facts::MxHost> hosts) {
  domain.mx.records.clear();
  for (const facts::MxHost& each : hosts) domain.mx.records.push_back({each.preference, each.host});
  domain.mx_hosts = std::move(hosts);
}

inline void set_policy(Domain& domain, const std::string& mode, const std::vector<std::string>& mx,
                       const std::string& max_age = "1209600") {
  domain.policy.body = "version: STSv1\r\nmode: " + mode + "\r\nmax_age: " + max_age + "\r\n";
  for (const std::string& each : mx) domain.policy.body += "mx: " + each + "\r\n";
}

/// Neither MTA-STS nor DANE nor TLS-RPT; one good MX host.
inline Domain nothing() {
  Domain domain;
  domain.domain = kDomain;
  domain.started = kNow;
  domain.validation = facts::Validation::validates;
  domain.sts_record.name = "_mta-sts." + kDomain;
  domain.tlsrpt_record.name = "_smtp._tls." + kDomain;
  set(domain.sts_record, LookupStatus::no_name);
  set(domain.tlsrpt_record, LookupStatus::no_name);
  domain.mx.status = LookupStatus::answer;
  set_hosts(domain, {host(kMx, {probe("192.0.2.1")})});
  return domain;
}

/// The same with TLS-RPT.
inline Domain reporting() {
  Domain domain = nothing();
  set(domain.tlsrpt_record, {"v=TLSRPTv1; rua=mailto:tls@reports.example"});
  return domain;
}

/// All is as it should be: mode enforce.
inline Domain enforce() {
  Domain domain = reporting();
  set(domain.sts_record, {"v=STSv1; id=1;"});
  facts::PolicyFetch& fetch = domain.policy;
  fetch.host = kPolicyHost;
  fetch.ipv4.status = LookupStatus::answer;
  fetch.ipv4.addresses = {ip("192.0.2.80")};
  fetch.ipv6.status = LookupStatus::no_data;
  fetch.status = FetchStatus::response;
  fetch.address = ip("192.0.2.80");
  fetch.attempts = {{fetch.address, FetchStatus::response, {}}};
  fetch.tls = handshake(good_chain(kPolicyHost));
  fetch.http_status = 200;
  fetch.has_content_type = true;
  fetch.content_type = "text/plain";
  set_policy(domain, "enforce", {kMx});
  return domain;
}

inline Domain testing() {
  Domain domain = enforce();
  set_policy(domain, "testing", {kMx});
  return domain;
}

/// A TLSA record for a certificate: its key or the whole, in full or as SHA-256.
inline facts::TlsaRecord tlsa(std::uint8_t usage, std::uint8_t selector, std::uint8_t type,
                              const pki::Certificate& of) {
  std::string data = selector == 0 ? of.der() : of.public_key();
  if (type == 1) {
    unsigned char digest[32];
    EVP_Digest(data.data(), data.size(), digest, nullptr, EVP_sha256(), nullptr);
    data.assign(reinterpret_cast<const char*>(digest), sizeof digest);
  }
  return {usage, selector, type, std::move(data)};
}

/// One that no certificate of the tests matches.
inline facts::TlsaRecord tlsa_of_nobody(std::uint8_t usage = 3, std::uint8_t selector = 1) {
  return {usage, selector, 1, std::string(32, 'x')};
}

/// Makes the host's answers secure, with these TLSA records.
inline void sign(facts::MxHost& mx, std::vector<facts::TlsaRecord> records) {
  mx.ipv4.authentic = mx.ipv6.authentic = mx.tlsa.authentic = true;
  mx.tlsa.status = records.empty() ? LookupStatus::no_data : LookupStatus::answer;
  mx.tlsa.records = std::move(records);
}

/// DANE and TLS-RPT, without MTA-STS: everything signed, one host with these records.
inline Domain dane(std::vector<facts::TlsaRecord> records = {tlsa(3, 1, 1, good_chain(kMx)[0])}) {
  Domain domain = reporting();
  domain.mx.authentic = true;
  sign(domain.mx_hosts[0], std::move(records));
  return domain;
}

/// A row: facts, and what must come out of them.
struct Row {
  std::string why;
  Domain facts;
  std::string verdict;
  std::string
      effects;  ///< of plain senders, of those with MTA-STS, of those with DANE; empty: not compared
  std::string findings;  ///< every code, in the order of the output
};

/// Takes a domain and changes it.
inline Domain with(Domain domain, const std::function<void(Domain&)>& change) {
  change(domain);
  return domain;
}

inline Judgement judged(const Domain& domain) {
  return judge(domain, authorities().roots, kNow);
}

inline std::string codes(const Judgement& judgement) {
  std::string text;
  for (const Finding& finding : judgement.findings) {
    if (!text.empty()) text += ' ';
    text += finding.code();
  }
  return text;
}

inline std::string text_of(const Effects& effects) {
  return std::string(effect_name(effects.plain)) + " " + std::string(effect_name(effects.mta_sts)) +
         " " + std::string(effect_name(effects.dane));
}

/// All rows of all files, for the test that every finding has one.
inline std::vector<Row>& all_rows() {
  static std::vector<Row> rows;
  return rows;
}

inline std::vector<Row> known(std::vector<Row> rows) {
  all_rows().insert(all_rows().end(), rows.begin(), rows.end());
  return rows;
}

inline void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const Judgement judgement = judged(row.facts);
    EXPECT_EQ(verdict_name(judgement.verdict), row.verdict) << row.why;
    if (!row.effects.empty()) {
      EXPECT_EQ(text_of(judgement.effects), row.effects) << row.why;
    }
    EXPECT_EQ(codes(judgement), row.findings) << row.why;
  }
}

}  // namespace mxseal::judge
