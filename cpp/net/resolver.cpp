// SPDX-License-Identifier: MIT
#include "net/resolver.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"
#include "formats/dns_message.hpp"

namespace mxseal::net {

using facts::LookupStatus;
using facts::Validation;

// ------------------------------------------------------------------------------ server addresses
Result<Server> parse_server(std::string_view text) {
  const Error wrong{Errc::resolver_address, excerpt(text), -1};
  Server server;
  std::string_view address = text;
  std::optional<std::string_view> port;
  Cursor cursor(text);
  if (cursor.take('[')) {
    address = cursor.take_until(']');
    if (!cursor.take(']') || address.find(':') == std::string_view::npos) return wrong;
    if (cursor.take(':')) port = cursor.rest();
    if (!port && !cursor.at_end()) return wrong;
  } else if (std::ranges::count(text, ':') == 1) {
    address = cursor.take_until(':');
    cursor.take(':');
    port = cursor.rest();
  }
  const std::optional<IpAddress> parsed = IpAddress::parse(address);
  if (!parsed) return wrong;
  server.address = *parsed;
  if (port) {
    const char* const end = port->data() + port->size();
    const auto [stop, error] = std::from_chars(port->data(), end, server.port);
    if (error != std::errc() || stop != end || server.port == 0) return wrong;
  }
  return server;
}

std::vector<Server> servers_of(std::string_view resolv_conf) {
  std::vector<Server> servers;
  const auto is_word = [](char c) { return !ascii::is_blank(c); };
  for (Cursor file(resolv_conf); !file.at_end();) {
    Cursor line(file.take_line());
    if (line.take_while(is_word) != "nameserver") continue;
    line.take_while(ascii::is_blank);
    const std::optional<IpAddress> address = IpAddress::parse(line.take_while(is_word));
    if (address) servers.push_back({*address, 53});
  }
  if (servers.empty()) servers.push_back({IpAddress::v4({127, 0, 0, 1}), 53});
  return servers;
}

std::string server_text(const Server& server) {
  const std::string address = server.address.text();
  return (server.address.is_v4() ? address : '[' + address + ']') + ':' +
         std::to_string(server.port);
}

std::vector<Server> system_servers() {
  std::ifstream file("/etc/resolv.conf", std::ios::binary);
  return servers_of(std::string(std::istreambuf_iterator<char>(file), {}));
}

namespace {

// Questions that time out in a row before it is asked whether the servers are there at all.
constexpr std::size_t kSuspicious = 100;
constexpr int kMaxFollowUps = 8;  // questions for targets of CNAMEs
// Questions that come at once, where a limit counts: those of so long, and one at least.
constexpr Clock::duration kAtOnce = std::chrono::milliseconds(100);

// Ids that nobody can foretell (RFC 5452 §9.2), many from one call of the system.
class Ids {
 public:
  std::uint16_t next() {
    if (used_ == ids_.size()) refill();
    return ids_[used_++];
  }

 private:
  void refill() {
    constexpr ssize_t kSize = sizeof(ids_);
    ssize_t got = 0;
    do {
      got = getrandom(ids_.data(), sizeof(ids_), 0);
    } while (got < 0 && errno == EINTR);
    if (got != kSize) throw std::system_error(errno, std::generic_category(), "getrandom");
    used_ = 0;
  }

  std::array<std::uint16_t, 128> ids_{};  // 256 bytes: what getrandom() never gives in parts
  std::size_t used_ = ids_.size();
};

std::string plain(std::string name) {
  std::ranges::transform(name, name.begin(), ascii::lower);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

// ------------------------------------------------------------------------------------- the core
class Resolver::Core {
 public:
  using OnAnswer = std::function<void(facts::Lookup, std::vector<dns::Record>)>;

  Core(Reactor& reactor, ResolverOptions options);

  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void ask(std::string name, dns::Type type, OnAnswer on_answer);
  void validation(std::function<void(Validation)> on_answer);
  std::size_t waiting() const { return waiting_.size(); }
  ResolverCounts counts() const {
    ResolverCounts all = counts_;
    for (const auto& each : upstreams_) all.dropped += each->transport.dropped();
    return all;
  }

 private:
  class Question;

  struct Upstream {
    Upstream(Reactor& reactor, const Server& server, const ResolverOptions& options)
        : text(server_text(server)),
          transport(reactor, server, options.question_timeout),
          trusted(options.trust_ad || server.address.is_loopback()),
          limited(options.questions_per_second > 0 && !server.address.is_loopback()) {}

    std::string text;
    DnsTransport transport;
    bool trusted;
    bool limited;  // options.questions_per_second counts
    Time rests_until;
    Time last_answer;
    Time counts_until;  // until when what it was sent counts against its limit
  };

  void start_waiting();
  void start(const std::shared_ptr<Question>& question);
  void count_silence();
  bool may_ask();
  void count_message(Upstream& upstream, Time now);
  void test();
  void tested();
  bool ad_counts() const;
  Validation judged() const;

  // Calls `what` from the reactor, unless this is gone by then.
  void post(std::function<void()> what) {
    reactor_.at(Reactor::now(), [alive = std::weak_ptr<int>(alive_), what = std::move(what)] {
      if (!alive.expired()) what();
    });
  }

  Reactor& reactor_;
  ResolverOptions options_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  Ids ids_;
  std::unordered_set<std::shared_ptr<Question>> in_flight_;
  std::deque<std::shared_ptr<Question>> waiting_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  bool limits_ = false;                   // some server has a limit
  std::optional<Reactor::TimerId> turn_;  // when the next question may be asked
  ResolverCounts counts_;
  std::size_t unheard_ = 0;  // questions that timed out since the last message
  bool asks_for_life_ = false;

  enum class Test : std::uint8_t { not_begun, runs, done };
  Test test_ = Test::not_begun;
  bool saw_ad_ = false;
  std::optional<facts::Lookup> signed_;
  std::optional<facts::Lookup> bogus_;
  std::vector<std::function<void(Validation)>> want_validation_;
};

// --------------------------------------------------------------------------------- one question
// Its way: `plain` until a server answers; SERVFAIL leads to `checking_disabled` at the same server, an answer there to `again`,
// which tells a broken signature (SERVFAIL once more) from a server that had only failed for a moment.
class Resolver::Core::Question : public std::enable_shared_from_this<Question> {
 public:
  Question(Core& core, std::string name, dns::Type type, OnAnswer on_answer)
      : core_(core),
        reactor_(core.reactor_),
        name_(plain(std::move(name))),
        type_(type),
        on_answer_(std::move(on_answer)) {
    lookup_.name = name_;
    lookup_.authentic = true;  // until a part of the answer is not
    lookup_.ttl = UINT32_MAX;
  }
  ~Question() {
    if (timer_) reactor_.cancel(*timer_);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void start() {
    deadline_ = Reactor::now() + core_.options_.question_timeout;
    ask_for(name_);
  }

 private:
  enum class Step : std::uint8_t { plain, checking_disabled, again };

  // What a message asked for.
  struct Sent {
    std::size_t server;
    unsigned name_number;
    unsigned step_number;
    Step step;
  };

  // What has become of each server in the search for one name.
  struct Try {
    unsigned times = 0;
    bool failed = false;
  };

  void ask_for(std::string name) {
    name_ = std::move(name);
    ++name_number_;
    tries_.assign(core_.upstreams_.size(), {});
    failure_ = LookupStatus::timed_out;
    begin(Step::plain);
    ask_next();
  }

  void begin(Step step) {
    step_ = step;
    ++step_number_;
    waits_for_.reset();
  }

  // The server whose turn it is: the one asked least, of those one that does not rest, of those the first.
  std::optional<std::size_t> next_server() const {
    const Time now = tries_.size() > 1 ? Reactor::now() : Time();  // of one none rests
    std::optional<std::size_t> best;
    const auto rank = [&](std::size_t i) {
      return std::pair(tries_[i].times, core_.upstreams_[i]->rests_until > now);
    };
    for (std::size_t i = 0; i < tries_.size(); ++i) {
      if (!tries_[i].failed && (!best || rank(i) < rank(*best))) best = i;
    }
    return best;
  }

  void ask_next() {
    const std::optional<std::size_t> server = next_server();
    if (!server) return finish(failure_, {});
    send(*server);
  }

  void send(std::size_t server) {
    const Result<std::string> message =
        dns::question(name_, type_, core_.ids_.next(), step_ == Step::checking_disabled);
    if (!message) {
      // A name that DNS cannot hold does not exist. Posted, for this may run within the user's question.
      core_.post([self = shared_from_this()] {
        self->lookup_.ttl = 0;
        self->lookup_.authentic = false;
        self->finish(LookupStatus::no_name, {});
      });
      return;
    }
    ++tries_[server].times;
    waits_for_ = server;
    sent_ = Reactor::now();
    core_.count_message(*core_.upstreams_[server], sent_);
    const bool again = tries_[server].times > 1;
    core_.upstreams_[server]->transport.send(
        *message, again,
        [weak = weak_from_this(), sent = Sent{server, name_number_, step_number_, step_}](
            DnsTransport::Outcome outcome, std::string_view bytes) {
          if (const auto self = weak.lock()) self->received(sent, outcome, bytes);
        });
    set_timer();
  }

  void set_timer() {
    if (timer_) reactor_.cancel(*timer_);
    const Time next = sent_ + core_.options_.next_server_after;
    timer_ = reactor_.at(std::min(next, deadline_), [this] {
      const auto self = shared_from_this();  // finish() lets go of it
      timer_.reset();
      waited_long_enough();
    });
  }

  void waited_long_enough() {
    // One that answers others is slow at this question only.
    if (waits_for_ && core_.upstreams_[*waits_for_]->last_answer < sent_) rest(*waits_for_);
    if (Reactor::now() < deadline_) return step_ == Step::plain ? ask_next() : send(*waits_for_);
    finish(step_ == Step::again ? LookupStatus::bogus : failure_, {});
  }

  void rest(std::size_t server) {
    core_.upstreams_[server]->rests_until = Reactor::now() + core_.options_.rest;
  }

  void received(const Sent& sent, DnsTransport::Outcome outcome, std::string_view bytes) {
    const std::size_t server = sent.server;
    Upstream& upstream = *core_.upstreams_[server];
    if (outcome == DnsTransport::Outcome::message) {
      upstream.last_answer = Reactor::now();
      ++core_.counts_.answers;
      core_.unheard_ = 0;
      core_.counts_.silent = false;
    }
    // `silence` is the transport's; the question's own clock has dealt with it.
    if (sent.name_number != name_number_ || outcome == DnsTransport::Outcome::silence) return;
    const bool late = sent.step_number != step_number_;
    if (outcome == DnsTransport::Outcome::failure) return late ? void() : useless(server);
    Result<dns::Answer> answer = dns::read_answer(bytes, name_, type_);
    const bool usable =
        answer && (answer->rcode == dns::Rcode::no_error || answer->rcode == dns::Rcode::nxdomain);
    // Also a late one: while the next server says SERVFAIL, the first may have found it.
    if (usable && sent.step != Step::checking_disabled) {
      upstream.rests_until = {};
      return accept(std::move(*answer), upstream.trusted);
    }
    if (late) return;
    if (!usable && (!answer || answer->rcode != dns::Rcode::servfail)) return useless(server);
    switch (step_) {
      case Step::plain:
        failure_ = LookupStatus::servfail;
        begin(Step::checking_disabled);
        return send(server);
      case Step::checking_disabled:
        if (!usable) return failed(server, LookupStatus::servfail);
        begin(Step::again);
        return send(server);
      case Step::again:
        return finish(LookupStatus::bogus, {});
    }
  }

  // Cannot be reached, refuses, or answers what cannot be read.
  void useless(std::size_t server) {
    rest(server);
    if (step_ == Step::again) return finish(LookupStatus::bogus, {});
    failed(server, LookupStatus::resolver_error);
  }

  void failed(std::size_t server, LookupStatus how) {
    tries_[server].failed = true;
    if (failure_ != LookupStatus::servfail) failure_ = how;
    if (step_ != Step::plain) begin(Step::plain);
    // Another one that was asked may still answer, but need not be waited for.
    ask_next();
  }

  void accept(dns::Answer answer, bool trusted) {
    lookup_.authentic = lookup_.authentic && answer.authentic && trusted;
    core_.saw_ad_ = core_.saw_ad_ || (answer.authentic && trusted);
    lookup_.ttl = std::min(lookup_.ttl, answer.ttl);
    bool endless = answer.endless;
    for (std::string& target : answer.cnames) {
      endless = endless || target == lookup_.name || lookup_.cnames.size() == dns::kMaxCnames ||
                std::ranges::find(lookup_.cnames, target) != lookup_.cnames.end();
      lookup_.cnames.push_back(std::move(target));
    }
    if (endless) return finish(LookupStatus::servfail, {});
    if (answer.rcode == dns::Rcode::nxdomain) return finish(LookupStatus::no_name, {});
    if (!answer.records.empty()) return finish(LookupStatus::answer, std::move(answer.records));
    // Without SOA the server may only have stopped there.
    if (answer.cnames.empty() || answer.has_soa) return finish(LookupStatus::no_data, {});
    if (++follow_ups_ > kMaxFollowUps) return finish(LookupStatus::servfail, {});
    ask_for(lookup_.cnames.back());
  }

  void tell_asked() {
    for (std::size_t i = 0; i < tries_.size(); ++i) {
      if (tries_[i].times == 0) continue;
      if (!lookup_.asked.empty()) lookup_.asked += ", ";
      lookup_.asked += core_.upstreams_[i]->text;
    }
  }

  void finish(LookupStatus status, std::vector<dns::Record> records) {
    const auto self = shared_from_this();
    if (timer_) reactor_.cancel(*std::exchange(timer_, std::nullopt));
    ++name_number_;  // whatever still comes is of no use
    lookup_.status = status;
    ++(status == LookupStatus::timed_out        ? core_.counts_.timed_out
       : status == LookupStatus::resolver_error ? core_.counts_.failed
                                                : core_.counts_.answered);
    if (status == LookupStatus::timed_out) core_.count_silence();
    if (lookup_.unknown()) {
      lookup_.authentic = false;
      lookup_.ttl = 0;
      tell_asked();
    }
    if (core_.in_flight_.erase(self) > 0) core_.start_waiting();
    // Last: it may destroy the resolver.
    std::exchange(on_answer_, nullptr)(std::move(lookup_), std::move(records));
  }

  Core& core_;
  Reactor& reactor_;
  std::string name_;  // asked for now
  dns::Type type_;
  OnAnswer on_answer_;
  facts::Lookup lookup_;
  Time deadline_;
  std::optional<Reactor::TimerId> timer_;
  Step step_ = Step::plain;
  unsigned name_number_ = 0;  // tells answers about this name, and to this step, from late ones
  unsigned step_number_ = 0;
  std::vector<Try> tries_;
  std::optional<std::size_t> waits_for_;  // the server asked last in this step
  Time sent_;
  LookupStatus failure_ = LookupStatus::timed_out;  // what the question ends in if nobody answers
  int follow_ups_ = 0;
};

// -------------------------------------------------------------------------- the core, continued
Resolver::Core::Core(Reactor& reactor, ResolverOptions options)
    : reactor_(reactor), options_(std::move(options)) {
  if (options_.servers.empty()) options_.servers = system_servers();
  options_.most_in_flight = std::max<std::size_t>(options_.most_in_flight, 1);
  for (const Server& server : options_.servers)
    upstreams_.push_back(std::make_unique<Upstream>(reactor_, server, options_));
  limits_ = std::ranges::any_of(upstreams_, [](const auto& each) { return each->limited; });
}

void Resolver::Core::ask(std::string name, dns::Type type, OnAnswer on_answer) {
  waiting_.push_back(
      std::make_shared<Question>(*this, std::move(name), type, std::move(on_answer)));
  start_waiting();
}

Resolver::Core::~Core() {
  if (turn_) reactor_.cancel(*turn_);
}

void Resolver::Core::start_waiting() {
  while (!waiting_.empty() && in_flight_.size() < options_.most_in_flight && may_ask()) {
    const std::shared_ptr<Question> next = std::move(waiting_.front());
    waiting_.pop_front();
    start(next);
  }
}

void Resolver::Core::start(const std::shared_ptr<Question>& question) {
  ++counts_.questions;
  in_flight_.insert(question);
  question->start();
}

// Domains whose servers are slow look like a resolver that has gone, but the name of the self-test it knows.
void Resolver::Core::count_silence() {
  if (++unheard_ < kSuspicious || asks_for_life_ || counts_.silent) return;
  asks_for_life_ = true;
  start(std::make_shared<Question>(
      *this, options_.signed_name, dns::Type::soa,
      [this](const facts::Lookup& lookup, const std::vector<dns::Record>&) {
        asks_for_life_ = false;
        counts_.silent = lookup.status == LookupStatus::timed_out && unheard_ >= kSuspicious;
      }));
}

// The limit of the server that will be asked; what is asked again or further counts, and never waits.
bool Resolver::Core::may_ask() {
  if (turn_) return false;
  if (!limits_) return true;
  const Time now = Reactor::now();
  const auto awake = std::ranges::find_if(
      upstreams_, [now](const auto& each) { return each->rests_until <= now; });
  const Upstream& upstream = awake == upstreams_.end() ? *upstreams_.front() : **awake;
  const Time earliest = upstream.counts_until - kAtOnce;
  if (!upstream.limited || earliest <= now) return true;
  turn_ = reactor_.at(earliest, [this] {
    turn_.reset();
    start_waiting();
  });
  return false;
}

void Resolver::Core::count_message(Upstream& upstream, Time now) {
  ++counts_.messages;
  if (!upstream.limited) return;
  const auto each = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1.0 / options_.questions_per_second));
  upstream.counts_until = std::max(upstream.counts_until, now) + each;
}

void Resolver::Core::validation(std::function<void(Validation)> on_answer) {
  if (!ad_counts() || saw_ad_) test_ = test_ == Test::not_begun ? Test::done : test_;
  if (test_ == Test::done) return post([this, then = std::move(on_answer)] { then(judged()); });
  want_validation_.push_back(std::move(on_answer));
  if (test_ == Test::not_begun) test();
}

void Resolver::Core::test() {
  test_ = Test::runs;
  const auto into = [this](std::optional<facts::Lookup>& kept) {
    return [this, &kept](facts::Lookup lookup, const std::vector<dns::Record>&) {
      kept = std::move(lookup);
      tested();
    };
  };
  ask(options_.signed_name, dns::Type::soa, into(signed_));
  ask(options_.bogus_name, dns::Type::a, into(bogus_));
}

void Resolver::Core::tested() {
  if (!signed_ || !bogus_) return;
  test_ = Test::done;
  for (auto& each : std::exchange(want_validation_, {}))
    post([this, then = std::move(each)] { then(judged()); });
}

// Whether the AD bit of any server is believed.
bool Resolver::Core::ad_counts() const {
  return std::ranges::any_of(upstreams_, [](const auto& each) { return each->trusted; });
}

Validation Resolver::Core::judged() const {
  if (bogus_ && bogus_->found() && !bogus_->authentic) return Validation::not_secure;
  if (saw_ad_) return Validation::validates;
  if (!ad_counts() || (signed_ && signed_->found())) return Validation::not_secure;
  return Validation::unknown;
}

// --------------------------------------------------------------------------------- the resolver
Resolver::Resolver(Reactor& reactor, ResolverOptions options)
    : core_(std::make_unique<Core>(reactor, std::move(options))) {}

Resolver::~Resolver() = default;

void Resolver::txt(std::string name, std::function<void(facts::TxtLookup)> on_answer) {
  core_->ask(std::move(name), dns::Type::txt,
             [then = std::move(on_answer)](facts::Lookup lookup, std::vector<dns::Record> records) {
               facts::TxtLookup txt{std::move(lookup), {}};
               for (dns::Record& each : records) txt.records.push_back(std::move(each.data));
               std::ranges::sort(txt.records);  // servers rotate them
               then(std::move(txt));
             });
}

void Resolver::mx(std::string name, std::function<void(facts::MxLookup)> on_answer) {
  core_->ask(std::move(name), dns::Type::mx,
             [then = std::move(on_answer)](facts::Lookup lookup, std::vector<dns::Record> records) {
               facts::MxLookup mx{std::move(lookup), {}};
               for (dns::Record& each : records)
                 mx.records.push_back({each.preference, std::move(each.data)});
               std::ranges::sort(mx.records, {}, [](const facts::MxRecord& each) {
                 return std::pair(each.preference, std::string_view(each.host));
               });
               then(std::move(mx));
             });
}

namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> octets(const std::string& data) {
  std::array<std::uint8_t, Size> bytes{};
  for (std::size_t i = 0; i < Size && i < data.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(data[i]);
  return bytes;
}

auto addresses_for(std::function<void(facts::AddressLookup)> on_answer) {
  return
      [then = std::move(on_answer)](facts::Lookup lookup, const std::vector<dns::Record>& records) {
        facts::AddressLookup found{std::move(lookup), {}};
        for (const dns::Record& each : records)
          found.addresses.push_back(each.data.size() == 4 ? IpAddress::v4(octets<4>(each.data))
                                                          : IpAddress::v6(octets<16>(each.data)));
        std::ranges::sort(found.addresses);
        then(std::move(found));
      };
}

}  // namespace

void Resolver::ipv4(std::string name, std::function<void(facts::AddressLookup)> on_answer) {
  core_->ask(std::move(name), dns::Type::a, addresses_for(std::move(on_answer)));
}

void Resolver::ipv6(std::string name, std::function<void(facts::AddressLookup)> on_answer) {
  core_->ask(std::move(name), dns::Type::aaaa, addresses_for(std::move(on_answer)));
}

void Resolver::tlsa(std::string name, std::function<void(facts::TlsaLookup)> on_answer) {
  core_->ask(
      std::move(name), dns::Type::tlsa,
      [then = std::move(on_answer)](facts::Lookup lookup, const std::vector<dns::Record>& records) {
        facts::TlsaLookup found{std::move(lookup), {}};
        for (const dns::Record& each : records) {
          const auto head = octets<3>(each.data);
          found.records.push_back({head[0], head[1], head[2], each.data.substr(3)});
        }
        then(std::move(found));
      });
}

void Resolver::cname(std::string name, std::function<void(facts::Lookup)> on_answer) {
  core_->ask(std::move(name), dns::Type::cname,
             [then = std::move(on_answer)](facts::Lookup lookup, std::vector<dns::Record> records) {
               if (!records.empty()) lookup.cnames = {std::move(records.front().data)};
               then(std::move(lookup));
             });
}

void Resolver::validation(std::function<void(Validation)> on_answer) {
  core_->validation(std::move(on_answer));
}

std::size_t Resolver::waiting() const {
  return core_->waiting();
}

ResolverCounts Resolver::counts() const {
  return core_->counts();
}

}  // namespace mxseal::net
