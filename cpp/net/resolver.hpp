// SPDX-License-Identifier: MIT
// Resolver: questions to recursive resolvers, many at once, on the reactor.
//
// It decides who is asked and when: after a second without an answer the next server too, one that fails rests for a while, a
// SERVFAIL is asked again with CD. Whatever does not end in an answer stays unknown: only NOERROR and NXDOMAIN are an absence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "facts/dns.hpp"
#include "net/dns_transport.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {

/// ADDRESS, ADDRESS:PORT, [ADDRESS] or [ADDRESS]:PORT. Error: resolver-address.
Result<Server> parse_server(std::string_view text);

/// The same as text: ADDRESS:PORT or [ADDRESS]:PORT.
std::string server_text(const Server& server);

/// The name servers of a resolv.conf(5), given as text; 127.0.0.1 where it names none that can be used. Addresses with a zone
/// (fe80::1%eth0) are left out.
std::vector<Server> servers_of(std::string_view resolv_conf);

/// Those of /etc/resolv.conf.
std::vector<Server> system_servers();

struct ResolverOptions {
  std::vector<Server> servers;  ///< in the order in which they are asked; empty: system_servers()
  std::chrono::milliseconds question_timeout{
      5'000};  ///< from the first message to the last, CNAMEs included
  /// Without an answer for so long, the next server is asked as well; a single one is asked again.
  std::chrono::milliseconds next_server_after{1'000};
  /// A failing server is asked after the others for so long.
  std::chrono::milliseconds rest{30'000};
  /// Questions; the time of those that wait begins when it is their turn.
  std::size_t most_in_flight = 500;
  /// Messages a second to each server that is not on loopback; 0: as many as there are.
  double questions_per_second = 0;
  bool trust_ad = false;            ///< believe the AD bit also of servers that are not on loopback
  std::string signed_name = "org";  ///< for the self-test: its SOA must be secure
  std::string bogus_name = "dnssec-failed.org";  ///< and this one's A bogus
};

/// What was asked of the servers so far.
struct ResolverCounts {
  std::uint64_t questions = 0;  ///< begun
  std::uint64_t messages =
      0;  ///< sent: questions, what was asked again, and CNAMEs that were followed
  std::uint64_t answers = 0;    ///< messages that came back, whatever they say
  std::uint64_t answered = 0;   ///< questions that were answered; SERVFAIL and bogus are answers
  std::uint64_t timed_out = 0;  ///< questions that nobody answered in time
  std::uint64_t failed = 0;     ///< questions that no resolver could be asked, or would answer
  std::uint64_t dropped = 0;    ///< messages for which our sockets had no room; asked for again
  /// Many questions in a row timed out, and then even one for ResolverOptions::signed_name; until a message comes.
  bool silent = false;
};

class Resolver {
 public:
  /// The reactor must outlive it.
  Resolver(Reactor& reactor, ResolverOptions options);
  /// What has no answer yet is never called back. Allowed within a callback.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Names are text as facts have them, in any case and with or without final dot; what DNS cannot hold is no_name. Answers are
  // called back from the reactor, never from within the question.
  //
  // CNAMEs are followed as far as the server did and then by asking for the target, 8 times and dns::kMaxCnames links at most. A
  // chain that is longer, or comes back to itself, is servfail with the chain in `cnames`: what is at its end is not known.
  void txt(std::string name, std::function<void(facts::TxtLookup)> on_answer);
  void mx(std::string name, std::function<void(facts::MxLookup)> on_answer);
  void ipv4(std::string name, std::function<void(facts::AddressLookup)> on_answer);
  void ipv6(std::string name, std::function<void(facts::AddressLookup)> on_answer);
  void tlsa(std::string name, std::function<void(facts::TlsaLookup)> on_answer);
  /// The CNAME at the name itself, not followed: its target is the one member of `cnames`.
  void cname(std::string name, std::function<void(facts::Lookup)> on_answer);

  /// Whether the resolvers validate: asked once, and remembered. A bogus name that is handed out says no, whatever else; then an
  /// AD bit on any answer of the run says yes, also one that came after the test. Where no server's AD bit counts it is no.
  void validation(std::function<void(facts::Validation)> on_answer);

  /// Questions whose turn has not come.
  std::size_t waiting() const;
  ResolverCounts counts() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace mxseal::net
