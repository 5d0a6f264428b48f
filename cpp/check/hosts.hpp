// SPDX-License-Identifier: MIT
// Hosts: the MX hosts of all domains of a run. Each is looked up and probed at each of its addresses once, and what was seen goes
// to every domain that names it; what it is worth is judged for each domain anew.
//
// At most kKept hosts that are done stay known, of kMaxKeptBytes together, those asked for last; a forgotten one is probed again.
// One whose look-ups failed is asked again by the next domain, one that did not answer after a while: what failed for a moment
// must not decide about all domains of a long run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.hpp"
#include "facts/domain.hpp"
#include "net/connection_turns.hpp"
#include "net/reactor.hpp"
#include "net/resolver.hpp"
#include "net/smtp_probe.hpp"
#include "net/target_list.hpp"

namespace mxseal::check {

/// Addresses of a host that are looked at; the rest stays unknown.
inline constexpr std::size_t kMaxAddresses = 20;

/// Those of `first`, then those of `second`, kMaxAddresses at most; `cut` becomes true where there were more.
std::vector<IpAddress> addresses_of(const facts::AddressLookup& first,
                                    const facts::AddressLookup& second, bool& cut);

/// What is asked for and not answered yet: should the time end before the answer, that is what it was.
void expect(facts::Lookup& lookup, std::string name);

/// Something that had to wait for its turn.
struct Turn {
  net::Time asked;
  std::optional<net::Time> began;

  /// How long of the time since `from` was waiting.
  net::Clock::duration waited_since(net::Time from) const;
};

/// One MX host, while it is asked and afterwards.
struct SharedHost {
  facts::MxHost facts;  ///< what is known so far; preference is nobody's
  bool named = true;    ///< not a mere address
  bool cut = false;     ///< it has more addresses than are looked at
  bool done = false;
  net::Time done_at;
  std::vector<Turn> turns;  ///< of the probes
  std::vector<std::function<void()>> on_done;
  int wanted = 0;          ///< by so many domains, until it is done
  bool abandoned = false;  ///< some address was not asked, since nobody wanted to know any more
  std::size_t bytes = 0;   ///< about so much does it take, once it is done
  int open = 0;            ///< what has no answer yet
  /// Behind secure CNAMEs: at the end of the chain (RFC 7672 §2.2.2).
  std::optional<facts::TlsaLookup> tlsa_at_target;

  /// Some look-up has no answer.
  bool is_unknown() const;
  /// An address did not answer in time.
  bool was_silent() const;
  /// What is known so far, with the TLSA records that senders take.
  facts::MxHost seen() const;
};

class Hosts {
 public:
  static constexpr std::size_t kKept = 2000;
  static constexpr std::size_t kMaxKeptBytes = std::size_t{16} << 20;

  struct Options {
    bool ipv4 = true;
    bool ipv6 = true;
    bool probe = true;        ///< ask the addresses on port 25
    std::uint16_t port = 25;  ///< of the probes
    std::uint16_t tlsa_port = 25;
    std::shared_ptr<const net::Targets> targets;  ///< null: nobody is left alone
    std::chrono::seconds again_after{300};        ///< what could not be seen is asked again
  };

  /// All of them must outlive it. `on_probe` sees each probe as it ends.
  Hosts(net::Resolver& resolver, net::SmtpProber& prober, net::ConnectionTurns& turns,
        Options options, std::function<void(const facts::SmtpProbe&)> on_probe);
  /// Whoever waits is never called.
  ~Hosts();
  Hosts(const Hosts&) = delete;
  Hosts& operator=(const Hosts&) = delete;

  /// The host, whose name must be one that can be asked for. Where it is not done, add to its on_done. It is wanted by one more:
  /// who does not want it any more before it is done must count himself out.
  std::shared_ptr<SharedHost> ask(const std::string& name);
  /// An address of which no name is known: without TLSA records and SNI.
  std::shared_ptr<SharedHost> ask(const IpAddress& address);

 private:
  struct Kept {
    std::shared_ptr<SharedHost> host;
    std::list<std::string>::iterator age;
  };

  bool still_counts(const SharedHost& host) const;
  std::shared_ptr<SharedHost> add(const std::string& name);
  void start(const std::shared_ptr<SharedHost>& host);
  void probe(const std::shared_ptr<SharedHost>& host);
  void answered(const std::shared_ptr<SharedHost>& host);
  void forget_old();
  void forget(std::list<std::string>::iterator age);
  std::string tlsa_name(const std::string& host) const;
  template <typename What>
  bool leaves_alone(const What& what) const {
    return options_.targets != nullptr && options_.targets->leave_alone(what);
  }

  net::Resolver& resolver_;
  net::SmtpProber& prober_;
  net::ConnectionTurns& turns_;
  Options options_;
  std::function<void(const facts::SmtpProbe&)> on_probe_;
  std::map<std::string, Kept> hosts_;
  std::list<std::string> ages_;  // asked for last at the end
  std::size_t running_ = 0;
  std::size_t bytes_ = 0;  // of those that are done
};

}  // namespace mxseal::check
