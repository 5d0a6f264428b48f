// SPDX-License-Identifier: MIT
#include "judge/verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

namespace mxseal::judge {
namespace {

// --------------------------------------------------------------------------- hosts and addresses

Outcome outcome_of(const AddressJudgement& address, const MxJudgement& host, bool enforced) {
  if (address.session == Session::not_seen) return Outcome::unknown;
  if (address.session != Session::secured) return Outcome::fails;
  if (enforced &&
      !(host.in_policy.value_or(false) && address.certificate && address.certificate->ok))
    return Outcome::fails;
  switch (host.dane) {
    case HostDane::in_force:
      return address.tlsa_matches.value_or(false) ? Outcome::passes : Outcome::fails;
    case HostDane::bogus:
      return Outcome::fails;  // RFC 7672 §2.1.2: senders skip the host
    case HostDane::unknown:
      return Outcome::unknown;
    case HostDane::none:
    case HostDane::not_secure:
    case HostDane::mx_not_secure:
    case HostDane::unusable:
      break;
  }
  return Outcome::passes;
}

// A host passes where every address that answered does.
Outcome outcome_of(const MxJudgement& host) {
  Outcome outcome = Outcome::unknown;
  bool undecided = false;  // answered, and what is in force is not known
  for (const AddressJudgement& address : host.addresses) {
    if (address.outcome == Outcome::fails) return Outcome::fails;
    if (address.outcome == Outcome::passes) outcome = Outcome::passes;
    if (address.outcome == Outcome::unknown && address.session != Session::not_seen)
      undecided = true;
  }
  return undecided ? Outcome::unknown : outcome;
}

void set_outcomes(std::vector<MxJudgement>& hosts, bool enforced) {
  for (MxJudgement& host : hosts) {
    for (AddressJudgement& address : host.addresses)
      address.outcome = outcome_of(address, host, enforced);
    host.outcome = outcome_of(host);
  }
}

bool answered(const MxJudgement& host) {
  return std::ranges::any_of(host.addresses, [](const AddressJudgement& address) {
    return address.session != Session::not_seen;
  });
}

// Whether a host that did not answer could pass if it did.
bool could_pass(const MxJudgement& host, bool enforced) {
  return !host.unreachable && host.dane != HostDane::bogus &&
         (!enforced || host.in_policy.value_or(false));
}

bool has_dane(const MxJudgement& host) {
  return host.dane == HostDane::in_force || host.dane == HostDane::bogus;
}

// --------------------------------------------------------------------------------------- verdict

// Where neither a policy nor DANE is in force.
Verdict without_force(Sts sts, bool misconfigured, std::span<const MxJudgement> hosts) {
  const auto dane_unknown = [](const MxJudgement& host) {
    return !host.unreachable && host.dane == HostDane::unknown;
  };
  if (std::ranges::any_of(hosts, dane_unknown)) return Verdict::inconclusive;
  if (sts == Sts::testing) return Verdict::testing;
  return misconfigured ? Verdict::misconfigured : Verdict::unprotected;
}

Verdict in_force(bool enforced, std::span<const MxJudgement> hosts) {
  bool any_answered = false;
  bool any_could_pass = false;
  bool passes = false;
  bool fails = false;
  bool undecided = false;    // an address answered, and what is in force there is not known
  bool beside_dane = false;  // a host that mail can reach, and at which DANE is not in force
  bool beside_answered = false;
  for (const MxJudgement& host : hosts) {
    if (host.unreachable && !answered(host)) continue;
    if (!has_dane(host) && host.dane != HostDane::unknown) beside_dane = true;
    if (!answered(host)) {
      any_could_pass = any_could_pass || could_pass(host, enforced);
      continue;
    }
    any_answered = true;
    beside_answered = beside_answered || !has_dane(host);
    for (const AddressJudgement& address : host.addresses) {
      passes = passes || address.outcome == Outcome::passes;
      fails = fails || address.outcome == Outcome::fails;
      undecided = undecided ||
                  (address.outcome == Outcome::unknown && address.session != Session::not_seen);
    }
  }
  if (!any_answered) return any_could_pass ? Verdict::inconclusive : Verdict::broken;
  if (!enforced && beside_dane && (passes || undecided || beside_answered)) return Verdict::partly;
  if (!passes) return undecided ? Verdict::inconclusive : Verdict::broken;
  return fails ? Verdict::partly : Verdict::protected_;
}

Verdict verdict_of(Sts sts, bool misconfigured, std::span<const MxJudgement> hosts) {
  const bool enforced = sts == Sts::enforce;
  const bool dane = std::ranges::any_of(
      hosts, [](const MxJudgement& host) { return !host.unreachable && has_dane(host); });
  const Verdict verdict =
      enforced || dane ? in_force(enforced, hosts) : without_force(sts, misconfigured, hosts);
  // A policy that could not be seen may only make it worse for those who deliver: broken stays broken.
  if (sts == Sts::unknown && verdict != Verdict::broken) return Verdict::inconclusive;
  return verdict;
}

// --------------------------------------------------------------------------------------- effects

Effect without_policy(Session session) {
  switch (session) {
    case Session::clear:
      return Effect::clear;
    case Session::old_tls:
    case Session::secured:
      return Effect::encrypted;
    case Session::not_seen:
      break;
  }
  return Effect::unknown;
}

// At one address that answered.
Effect under_enforce(const AddressJudgement& address, const MxJudgement& host) {
  const bool good = address.session == Session::secured && host.in_policy.value_or(false) &&
                    address.certificate && address.certificate->ok;
  return good ? Effect::authenticated : Effect::refused;
}

Effect under_dane(const AddressJudgement& address, const MxJudgement& host) {
  const bool secured = address.session == Session::secured;
  switch (host.dane) {
    case HostDane::in_force:
      return secured && address.tlsa_matches.value_or(false) ? Effect::authenticated
                                                             : Effect::refused;
    case HostDane::mx_not_secure:
      // RFC 7672 §2.2.1: senders may use the records, and must not call that secure.
      if (!secured) return Effect::refused;
      if (!address.tlsa_matches) return Effect::unknown;
      return *address.tlsa_matches ? Effect::encrypted : Effect::refused;
    case HostDane::unusable:
      return secured ? Effect::encrypted : Effect::refused;  // RFC 7672 §2.2: TLS is required
    case HostDane::bogus:
      return Effect::refused;
    case HostDane::unknown:
      return Effect::unknown;
    case HostDane::none:
    case HostDane::not_secure:
      break;
  }
  return without_policy(address.session);
}

// Of all ways that mail can take the weakest; refused where none is open.
Effect weakest(std::span<const Effect> effects) {
  const auto has = [effects](Effect effect) {
    return std::ranges::find(effects, effect) != effects.end();
  };
  for (const Effect effect : {Effect::clear, Effect::unknown, Effect::encrypted,
                              Effect::authenticated, Effect::refused}) {
    if (has(effect)) return effect;
  }
  return Effect::unknown;
}

// What one class of sender does: `at` for each address that answered; where none did, refused if none could.
template <typename At, typename Could>
Effect effect_of(std::span<const MxJudgement> hosts, At at, Could could) {
  std::vector<Effect> effects;
  bool open = false;
  for (const MxJudgement& host : hosts) {
    open = open || (!host.unreachable && could(host));
    for (const AddressJudgement& address : host.addresses) {
      if (address.session != Session::not_seen) effects.push_back(at(address, host));
    }
  }
  if (effects.empty()) return open ? Effect::unknown : Effect::refused;
  return weakest(effects);
}

Effects effects_of(Sts sts, std::span<const MxJudgement> hosts) {
  const auto any = [](const MxJudgement&) { return true; };
  Effects effects;
  effects.plain = effect_of(
      hosts,
      [](const AddressJudgement& a, const MxJudgement&) { return without_policy(a.session); }, any);
  if (sts == Sts::unknown) {
    effects.mta_sts = Effect::unknown;
  } else if (sts == Sts::enforce) {
    effects.mta_sts = effect_of(hosts, under_enforce, [](const MxJudgement& host) {
      return host.in_policy.value_or(false);
    });
  } else {
    effects.mta_sts = effects.plain;
  }
  effects.dane = effect_of(hosts, under_dane,
                           [](const MxJudgement& host) { return host.dane != HostDane::bogus; });
  return effects;
}

Decision decide_once(Sts sts, bool misconfigured, std::vector<MxJudgement>& hosts) {
  set_outcomes(hosts, sts == Sts::enforce);
  return {verdict_of(sts, misconfigured, hosts), effects_of(sts, hosts)};
}

// What two assumptions have in common.
template <typename T>
T common(T a, T b, T unknown) {
  return a == b ? a : unknown;
}

}  // namespace

Decision decide(Sts sts, TakesMail takes_mail, bool misconfigured,
                std::vector<MxJudgement>& hosts) {
  if (takes_mail == TakesMail::no)
    return {Verdict::no_mail, {Effect::refused, Effect::refused, Effect::refused}};
  if (takes_mail == TakesMail::unknown) {
    set_outcomes(hosts, sts == Sts::enforce);
    return {};
  }
  const bool assumed = std::ranges::any_of(
      hosts, [](const MxJudgement& host) { return host.dane != host.dane_if_secure; });
  if (!assumed) return decide_once(sts, misconfigured, hosts);

  std::vector<MxJudgement> unsigned_hosts = hosts;
  std::vector<MxJudgement> signed_hosts = hosts;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (hosts[i].dane != hosts[i].dane_if_secure) unsigned_hosts[i].dane = HostDane::none;
    signed_hosts[i].dane = hosts[i].dane_if_secure;
  }
  const Decision without = decide_once(sts, misconfigured, unsigned_hosts);
  const Decision with = decide_once(sts, misconfigured, signed_hosts);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].outcome = common(unsigned_hosts[i].outcome, signed_hosts[i].outcome, Outcome::unknown);
    for (std::size_t j = 0; j < hosts[i].addresses.size(); ++j)
      hosts[i].addresses[j].outcome =
          common(unsigned_hosts[i].addresses[j].outcome, signed_hosts[i].addresses[j].outcome,
                 Outcome::unknown);
  }
  const auto effect = [](Effect a, Effect b) { return common(a, b, Effect::unknown); };
  return {common(without.verdict, with.verdict, Verdict::inconclusive),
          {effect(without.effects.plain, with.effects.plain),
           effect(without.effects.mta_sts, with.effects.mta_sts),
           effect(without.effects.dane, with.effects.dane)}};
}

}  // namespace mxseal::judge
