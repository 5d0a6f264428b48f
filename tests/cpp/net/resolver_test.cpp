// SPDX-License-Identifier: MIT
// The resolver against servers that answer, lie, fail and say nothing: what is known, what is absent, what is unknown.
#include "net/resolver.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "net/dns_server.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using facts::LookupStatus;
using facts::Validation;
using test::DnsServer;
using test::Query;
namespace wire = mxseal::test::dns;

using Replies = std::vector<std::string>;
using Texts = std::vector<std::string>;

// Short where a test waits for the time to pass; long where it must not.
constexpr auto kShort = 150ms;
constexpr auto kLong = 20s;

ResolverOptions asking(std::initializer_list<Server> servers) {
  ResolverOptions options;
  options.servers = servers;
  options.question_timeout = kLong;
  options.next_server_after = kLong;
  return options;
}

// A port of loopback where nobody listens.
Server nobody() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  close(socket);
  return {IpAddress::v4({127, 0, 0, 1}), ntohs(address.sin_port)};
}

Replies silence(const Query&) {
  return {};
}

// A TXT that says who answered.
DnsServer::Answerer txt_of(std::string_view text) {
  return [text = std::string(text)](const Query& query) {
    return Replies{query.reply(0, {wire::txt(query.name, {text})})};
  };
}

template <typename Answer>
struct Asked {
  std::optional<Answer> answer;
  std::function<void(Answer)> callback() {
    return [this](Answer found) {
      EXPECT_FALSE(answer) << "called back twice";
      answer = std::move(found);
    };
  }
};

template <typename Answer>
Answer ask(Reactor& reactor, Resolver& resolver,
           void (Resolver::*question)(std::string, std::function<void(Answer)>), std::string name) {
  Asked<Answer> asked;
  (resolver.*question)(std::move(name), asked.callback());
  EXPECT_FALSE(asked.answer) << "called back from within the question";
  reactor.run([&] { return asked.answer.has_value(); });
  return *asked.answer;
}

template <typename Answer>
Answer ask(const ResolverOptions& options,
           void (Resolver::*question)(std::string, std::function<void(Answer)>), std::string name) {
  Reactor reactor;
  Resolver resolver(reactor, options);
  return ask(reactor, resolver, question, std::move(name));
}

facts::TxtLookup txt(const ResolverOptions& options, std::string name = "example.com") {
  return ask(options, &Resolver::txt, std::move(name));
}

Validation validation_of(Reactor& reactor, Resolver& resolver) {
  Asked<Validation> asked;
  resolver.validation(asked.callback());
  EXPECT_FALSE(asked.answer) << "called back from within the question";
  reactor.run([&] { return asked.answer.has_value(); });
  return *asked.answer;
}

// -------------------------------------------------------------------------------- what is asked
TEST(Resolver, a_question_as_the_server_sees_it) {
  DnsServer server(txt_of("x"));
  const auto found = txt(asking({server.address()}), "_MTA-STS.Example.com.");
  EXPECT_EQ(found.name, "_mta-sts.example.com");
  ASSERT_EQ(server.asked(), 1U);
  const Query query = server.queries()[0];
  EXPECT_EQ(query.name, "_mta-sts.example.com");
  EXPECT_EQ(query.type, wire::kTxt);
  EXPECT_EQ(query.flags, 0x0120U) << "RD and AD, no CD";
  EXPECT_TRUE(query.edns);
  EXPECT_FALSE(query.tcp);
}

TEST(Resolver, many_questions_use_many_ports_and_ids) {
  DnsServer server(txt_of("x"));
  ResolverOptions options = asking({server.address()});
  options.most_in_flight = 100;  // more than that at once may not fit into the server's socket
  Reactor reactor;
  Resolver resolver(reactor, options);
  constexpr std::size_t kMany = 640;
  std::size_t answered = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    resolver.txt("n" + std::to_string(i) + ".example", [&](const facts::TxtLookup& found) {
      EXPECT_TRUE(found.found());
      ++answered;
    });
  }
  reactor.run([&] { return answered == kMany; });
  std::set<unsigned> ports;
  std::set<unsigned> ids;
  for (const Query& query : server.queries()) {
    ports.insert(query.source_port);
    ids.insert(query.id);
  }
  EXPECT_GE(ports.size(), 10U);
  EXPECT_GE(ids.size(), kMany * 9 / 10);
}

TEST(Resolver, at_most_so_many_in_flight) {
  DnsServer server([](const Query& query) {
    return query.name == "a.example" ? Replies{} : txt_of("x")(query);
  });
  ResolverOptions options = asking({server.address()});
  options.question_timeout = kShort;
  options.next_server_after = kShort / 3;
  options.most_in_flight = 1;
  Reactor reactor;
  Resolver resolver(reactor, options);
  Asked<facts::TxtLookup> first;
  Asked<facts::TxtLookup> second;
  resolver.txt("a.example", first.callback());
  resolver.txt("b.example", second.callback());
  reactor.run([&] { return second.answer.has_value(); });
  EXPECT_EQ(first.answer->status, LookupStatus::timed_out);
  EXPECT_TRUE(second.answer->found()) << "its time began when it was its turn";
  const auto queries = server.queries();
  ASSERT_GE(queries.size(), 2U);
  EXPECT_EQ(queries.back().name, "b.example");
  EXPECT_EQ(queries[queries.size() - 2].name, "a.example");
}

TEST(Resolver, what_our_own_socket_had_no_room_for_is_counted) {
  DnsServer server([](const Query&) { return Replies{}; });
  Reactor reactor;
  Resolver resolver(reactor, asking({server.address()}));
  Asked<facts::TxtLookup> asked;
  resolver.txt("a.example", asked.callback());
  reactor.run([&] { return server.asked() == 1; });
  const Query query = server.queries().front();
  const std::string answer = txt_of("x")(query).front();
  std::string of_another = answer;
  of_another.front() = static_cast<char>(of_another.front() ^ 1);
  for (int i = 0; i < 5000; ++i) server.say(query, of_another);  // and nobody reads
  reactor.run([&] {
    if (!asked.answer) server.say(query, answer);
    return asked.answer.has_value();
  });
  EXPECT_TRUE(asked.answer->found());
  EXPECT_GT(resolver.counts().dropped, 1000U);
  EXPECT_EQ(resolver.counts().answered, 1U);
}

// An address of this host that is not loopback, where it has one.
std::optional<IpAddress> own_address() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return {};
  std::optional<IpAddress> found;
  for (const ifaddrs* each = all; each != nullptr && !found; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address{};
    std::memcpy(&address, each->ifa_addr, sizeof(address));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &address.sin_addr, bytes.size());
    const IpAddress own = IpAddress::v4(bytes);
    if (!own.is_loopback()) found = own;
  }
  freeifaddrs(all);
  return found;
}

// A server that the limit counts for, and a resolver that asks it.
struct Limited {
  DnsServer server{txt_of("x"), own_address().value()};
  Reactor reactor;
  std::unique_ptr<Resolver> resolver;
  int answered = 0;

  Limited(double questions_per_second, std::chrono::milliseconds question_timeout = kLong) {
    ResolverOptions options = asking({server.address()});
    options.questions_per_second = questions_per_second;
    options.question_timeout = question_timeout;
    resolver = std::make_unique<Resolver>(reactor, options);
  }
  void ask(int questions) {
    for (int i = 0; i < questions; ++i)
      resolver->txt("a.example", [this](const facts::TxtLookup& found) {
        EXPECT_TRUE(found.found());
        ++answered;
      });
  }
};

TEST(Resolver, a_server_that_is_not_on_loopback_is_asked_so_often_a_second) {
  if (!own_address()) GTEST_SKIP() << "this host has no address but loopback";
  Limited limited(2);
  limited.ask(6);
  EXPECT_EQ(limited.resolver->counts().messages, 1U) << "not those of a whole second at once";
  EXPECT_EQ(limited.resolver->counts().messages + limited.resolver->waiting(), 6U);
  limited.reactor.run([&] { return limited.answered == 6; });
  EXPECT_EQ(limited.resolver->waiting(), 0U);
  EXPECT_EQ(limited.resolver->counts().questions, 6U);
}

TEST(Resolver, loopback_has_no_limit) {
  DnsServer server(txt_of("x"));
  ResolverOptions options = asking({server.address()});
  options.questions_per_second = 0.001;
  Reactor reactor;
  Resolver resolver(reactor, options);
  int answered = 0;
  for (int i = 0; i < 50; ++i)
    resolver.txt("a.example", [&](const facts::TxtLookup&) { ++answered; });
  EXPECT_EQ(resolver.waiting(), 0U);
  reactor.run([&] { return answered == 50; });
}

TEST(Resolver, the_time_of_a_question_that_the_limit_holds_back_begins_with_its_turn) {
  if (!own_address()) GTEST_SKIP() << "this host has no address but loopback";
  Limited limited(4, 400ms);  // the last one waits longer than that
  limited.ask(8);
  limited.reactor.run([&] { return limited.answered == 8; });
  EXPECT_EQ(limited.resolver->counts().timed_out, 0U);
}

TEST(Resolver, it_may_be_destroyed_while_questions_wait_for_their_turn) {
  if (!own_address()) GTEST_SKIP() << "this host has no address but loopback";
  Limited limited(100);
  limited.ask(300);
  EXPECT_GT(limited.resolver->waiting(), 0U);
  limited.resolver.reset();
  bool later = false;
  limited.reactor.at(Reactor::now() + 50ms, [&] { later = true; });
  limited.reactor.run([&] { return later; });
  EXPECT_EQ(limited.answered, 0);
}

TEST(Resolver, it_counts_what_was_asked_and_what_came_of_it) {
  DnsServer server([](const Query& query) {
    if (query.name == "silent.example") return Replies{};
    if (query.name == "refused.example") return Replies{query.reply(wire::kRefused)};
    if (query.name == "alias.example")  // the target has to be asked for
      return Replies{query.reply(0, {wire::cname(query.name, "found.example")})};
    return txt_of("x")(query);
  });
  ResolverOptions options = asking({server.address()});
  options.question_timeout = kShort;
  options.next_server_after = kShort / 3;
  Reactor reactor;
  Resolver resolver(reactor, options);
  EXPECT_EQ(resolver.counts().questions, 0U);
  for (const char* name : {"found.example", "alias.example", "silent.example", "refused.example"})
    ask(reactor, resolver, &Resolver::txt, name);
  const ResolverCounts& counts = resolver.counts();
  EXPECT_EQ(counts.questions, 4U);
  EXPECT_EQ(counts.messages, server.asked()) << "a silent one is asked again, an alias followed";
  EXPECT_EQ(counts.answers, 4U);
  EXPECT_EQ(counts.answered, 2U);
  EXPECT_EQ(counts.timed_out, 1U);
  EXPECT_EQ(counts.failed, 1U);
}

// A name that DNS cannot hold is nowhere, and is not asked for.
TEST(Resolver, impossible_names) {
  DnsServer server(txt_of("x"));
  for (const std::string& name : {"a..b"s, std::string(64, 'a') + ".example"}) {
    const auto found = txt(asking({server.address()}), name);
    EXPECT_EQ(found.status, LookupStatus::no_name) << name;
    EXPECT_EQ(found.name, name);
  }
  EXPECT_EQ(server.asked(), 0U);
}

// ------------------------------------------------------------------------------ what is answered
TEST(Resolver, txt) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(
        0, {wire::txt(query.name, {"v=STSv1; ", "id=1;"}, 60), wire::txt(query.name, {"a"}, 30)})};
  });
  const auto found = txt(asking({server.address()}));
  EXPECT_TRUE(found.found());
  EXPECT_EQ(found.records, (Texts{"a", "v=STSv1; id=1;"})) << "sorted: servers rotate them";
  EXPECT_EQ(found.ttl, 30U);
  EXPECT_FALSE(found.authentic);
}

TEST(Resolver, mx) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(
        0, {wire::mx(query.name, 20, "b.example"), wire::mx(query.name, 10, "C.example"),
            wire::mx(query.name, 10, "a.example"), wire::mx(query.name, 300, "")})};
  });
  const auto found = ask(asking({server.address()}), &Resolver::mx, "example.com");
  Texts hosts;
  for (const facts::MxRecord& each : found.records)
    hosts.push_back(std::to_string(each.preference) + ' ' + each.host);
  EXPECT_EQ(hosts, (Texts{"10 a.example", "10 c.example", "20 b.example", "300 "}));
}

TEST(Resolver, addresses_tlsa_and_cname) {
  DnsServer server([](const Query& query) {
    const auto reply = [&](const std::string& data) {
      return Replies{query.reply(0, {wire::record(query.name, query.type, 5, data)})};
    };
    switch (query.type) {
      case wire::kA:
        return reply("\xC0\0\x02\x07"s);
      case wire::kAaaa:
        return reply("\x20\x01\x0D\xB8"s + std::string(11, '\0') + "\x01");
      case wire::kTlsa:
        return reply("\x03\x01\x02"s + "digest");
      default:
        return Replies{query.reply(
            0, {wire::cname(query.name, "b.example"), wire::cname("b.example", "c.example")})};
    }
  });
  const ResolverOptions options = asking({server.address()});
  const auto ipv4 = ask(options, &Resolver::ipv4, "a.example").addresses;
  ASSERT_EQ(ipv4.size(), 1U);
  EXPECT_EQ(ipv4[0].text(), "192.0.2.7");
  const auto ipv6 = ask(options, &Resolver::ipv6, "a.example").addresses;
  ASSERT_EQ(ipv6.size(), 1U);
  EXPECT_EQ(ipv6[0].text(), "2001:db8::1");
  const auto tlsa = ask(options, &Resolver::tlsa, "_25._tcp.a.example").records;
  ASSERT_EQ(tlsa.size(), 1U);
  EXPECT_EQ(tlsa[0].usage, 3);
  EXPECT_EQ(tlsa[0].selector, 1);
  EXPECT_EQ(tlsa[0].matching_type, 2);
  EXPECT_EQ(tlsa[0].data, "digest");
  const auto cname = ask(options, &Resolver::cname, "a.example");
  EXPECT_TRUE(cname.found());
  EXPECT_EQ(cname.cnames, Texts{"b.example"});
}

TEST(Resolver, two_kinds_of_absence) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(query.name == "not.example" ? wire::kNxdomain : 0, {},
                               {wire::soa("example", 600, 60)})};
  });
  const ResolverOptions options = asking({server.address()});
  EXPECT_EQ(txt(options, "not.example").status, LookupStatus::no_name);
  EXPECT_EQ(txt(options, "other.example").status, LookupStatus::no_data);
  EXPECT_EQ(txt(options, "other.example").ttl, 60U);
}

TEST(Resolver, long_answers_come_by_udp_and_longer_ones_by_tcp) {
  const auto reply_of = [](const Query& query, int strings) {
    wire::Records records;
    for (int i = 0; i < strings; ++i)
      records.push_back(wire::txt(query.name, {std::string(200, 'x')}));
    return query.reply(0, records);
  };
  DnsServer server([&](const Query& query) {
    if (query.name == "fits.example") return Replies{reply_of(query, 5)};
    if (query.tcp) return Replies{reply_of(query, 100)};
    return Replies{query.reply(wire::kTruncated)};
  });
  const ResolverOptions options = asking({server.address()});
  EXPECT_EQ(txt(options, "fits.example").records.size(), 5U);
  EXPECT_EQ(server.asked(), 1U);
  EXPECT_EQ(txt(options, "long.example").records.size(), 100U);
  EXPECT_EQ(server.asked(), 3U);
}

TEST(Resolver, cut_off_and_nobody_at_tcp_is_unknown) {
  DnsServer server([](const Query& query) {
    return query.tcp ? Replies{} : Replies{query.reply(wire::kTruncated)};
  });
  EXPECT_EQ(txt(asking({server.address()})).status, LookupStatus::resolver_error);
}

// ------------------------------------------------------------------------------------ unknown
TEST(Resolver, servfail_is_asked_again_with_cd) {
  DnsServer server([](const Query& query) { return Replies{query.reply(wire::kServfail)}; });
  EXPECT_EQ(txt(asking({server.address()})).status, LookupStatus::servfail);
  ASSERT_EQ(server.asked(), 2U);
  EXPECT_FALSE(server.queries()[0].checking_disabled());
  EXPECT_TRUE(server.queries()[1].checking_disabled());
}

TEST(Resolver, bogus) {
  DnsServer validating([](const Query& query) {
    return query.checking_disabled() ? txt_of("forged")(query)
                                     : Replies{query.reply(wire::kServfail)};
  });
  DnsServer believing(txt_of("forged"));
  const auto found = txt(asking({validating.address(), believing.address()}));
  EXPECT_EQ(found.status, LookupStatus::bogus);
  EXPECT_TRUE(found.records.empty());
  EXPECT_FALSE(found.authentic);
  EXPECT_EQ(believing.asked(), 0U) << "one that does not validate must not have the last word";
}

// A denial that cannot be validated is bogus as much as a record.
TEST(Resolver, bogus_denial) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(query.checking_disabled() ? wire::kNxdomain : wire::kServfail)};
  });
  EXPECT_EQ(txt(asking({server.address()})).status, LookupStatus::bogus);
}

TEST(Resolver, a_passing_servfail_is_not_bogus) {
  int asked = 0;
  DnsServer server([&asked](const Query& query) {
    return asked++ == 0 ? Replies{query.reply(wire::kServfail)} : txt_of("x")(query);
  });
  EXPECT_TRUE(txt(asking({server.address()})).found());
  EXPECT_EQ(server.asked(), 3U);
}

TEST(Resolver, the_next_server_is_asked_after_servfail) {
  DnsServer failing([](const Query& query) { return Replies{query.reply(wire::kServfail)}; });
  DnsServer good(txt_of("good"));
  EXPECT_EQ(txt(asking({failing.address(), good.address()})).records, Texts{"good"});
  EXPECT_EQ(txt(asking({failing.address(), nobody()})).status, LookupStatus::servfail);
}

TEST(Resolver, silence_is_a_time_out) {
  DnsServer server(silence);
  ResolverOptions options = asking({server.address()});
  options.question_timeout = kShort;
  const auto found = txt(options);
  EXPECT_EQ(found.status, LookupStatus::timed_out);
  EXPECT_EQ(found.name, "example.com");
  EXPECT_FALSE(found.absent());
}

TEST(Resolver, a_lost_message_is_sent_again) {
  int asked = 0;
  DnsServer server(
      [&asked](const Query& query) { return asked++ == 0 ? Replies{} : txt_of("x")(query); });
  ResolverOptions options = asking({server.address()});
  options.next_server_after = kShort / 3;
  EXPECT_TRUE(txt(options).found());
  const auto queries = server.queries();
  ASSERT_GE(queries.size(), 2U);
  EXPECT_EQ(queries[0].question, queries[1].question);
}

TEST(Resolver, nobody_there) {
  EXPECT_EQ(txt(asking({nobody()})).status, LookupStatus::resolver_error);
  DnsServer good(txt_of("good"));
  EXPECT_EQ(txt(asking({nobody(), good.address()})).records, Texts{"good"});
}

TEST(Resolver, all_of_many_that_cannot_be_sent_fail) {
  Reactor reactor;
  Resolver resolver(reactor, asking({nobody()}));
  constexpr std::size_t kMany = 400;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    resolver.txt("a.example", [&](const facts::TxtLookup& found) {
      EXPECT_EQ(found.status, LookupStatus::resolver_error);
      ++failed;
    });
  }
  reactor.run([&] { return failed == kMany; });
  EXPECT_EQ(resolver.counts().failed, kMany);
  EXPECT_EQ(resolver.counts().timed_out, 0U);
}

// Of many names nobody knows anything in time; the server itself may be there.
TEST(Resolver, whether_the_server_is_gone_is_told_by_a_name_that_it_must_know) {
  for (const bool there : {true, false}) {
    DnsServer server([there](const Query& query) {
      return there && query.name == "signed.example" ? Replies{query.reply()} : Replies{};
    });
    ResolverOptions options = asking({server.address()});
    options.question_timeout = kShort;
    options.signed_name = "signed.example";
    Reactor reactor;
    Resolver resolver(reactor, options);
    constexpr std::size_t kMany = 150;
    for (std::size_t i = 0; i < kMany; ++i)
      resolver.txt("n" + std::to_string(i) + ".example", [](const facts::TxtLookup&) {});
    const auto over = [&] {
      const auto counts = resolver.counts();
      return counts.timed_out + counts.answered == kMany + 1;
    };
    reactor.run(over);
    EXPECT_EQ(resolver.counts().silent, !there);
  }
}

// Who reads "the resolver refuses" wants to know which.
TEST(Resolver, a_failure_names_who_was_asked_and_an_answer_nobody) {
  DnsServer refusing([](const Query& query) { return Replies{query.reply(wire::kRefused)}; });
  DnsServer good(txt_of("good"));
  const Server first = refusing.address();
  const Server second = nobody();
  EXPECT_EQ(txt(asking({first})).asked, server_text(first));
  EXPECT_EQ(txt(asking({first, second})).asked, server_text(first) + ", " + server_text(second));
  EXPECT_EQ(txt(asking({good.address(), second})).asked, "");
  EXPECT_EQ(txt(asking({first, good.address()})).asked, "");
  EXPECT_EQ(server_text({*IpAddress::parse("192.0.2.1"), 53}), "192.0.2.1:53");
  EXPECT_EQ(server_text({*IpAddress::parse("2001:db8::1"), 5353}), "[2001:db8::1]:5353");
}

// As unbound refuses whom its access-control does: the header alone, and no question in it.
TEST(Resolver, a_refusal_that_leaves_the_question_out) {
  const auto header_of = [](const Query& query, std::uint8_t rcode) {
    std::string reply = query.reply(rcode);
    reply.resize(12);
    std::fill(reply.begin() + 4, reply.end(), '\0');
    return reply;
  };
  DnsServer refusing([&](const Query& query) { return Replies{header_of(query, wire::kRefused)}; });
  DnsServer good(txt_of("good"));
  EXPECT_EQ(txt(asking({refusing.address()})).status, LookupStatus::resolver_error);
  EXPECT_EQ(txt(asking({refusing.address(), good.address()})).records, Texts{"good"});
  // One that is no refusal, or of another question, says nothing.
  DnsServer odd([&](const Query& query) {
    std::string other = header_of(query, wire::kRefused);
    other[0] = static_cast<char>(other[0] ^ 1);
    return Replies{header_of(query, 0), other, query.reply(0, {wire::txt(query.name, {"good"})})};
  });
  EXPECT_EQ(txt(asking({odd.address()})).records, Texts{"good"});
}

TEST(Resolver, refusals) {
  DnsServer refusing([](const Query& query) { return Replies{query.reply(wire::kRefused)}; });
  DnsServer good(txt_of("good"));
  EXPECT_EQ(txt(asking({refusing.address()})).status, LookupStatus::resolver_error);
  EXPECT_EQ(refusing.asked(), 1U);
  EXPECT_EQ(txt(asking({refusing.address(), good.address()})).records, Texts{"good"});
}

TEST(Resolver, answers_that_cannot_be_read) {
  // The records are garbage in one, the RCODE is BADVERS in the other: both look empty to who reads carelessly.
  DnsServer garbage([](const Query& query) {
    return Replies{
        wire::message(query.id, wire::kResponse, query.question, {"\xC0\xFF\xFF\xFF\xFF"s})};
  });
  DnsServer badvers([](const Query& query) {
    const std::string opt = wire::raw_record("\0"s, wire::kOpt, 0x01000000, "", 1232);
    return Replies{wire::message(query.id, wire::kResponse, query.question, {}, {}, {opt})};
  });
  DnsServer good(txt_of("good"));
  for (const DnsServer* bad : {&garbage, &badvers}) {
    ResolverOptions options = asking({bad->address()});
    options.question_timeout = kShort;  // newer c-ares drops what it cannot read
    EXPECT_TRUE(txt(options).unknown());
    options = asking({bad->address(), good.address()});
    options.next_server_after = kShort;
    EXPECT_EQ(txt(options).records, Texts{"good"});
  }
}

// RFC 5452 §9.1: what does not fit the question is not an answer to it, and does not end the waiting.
TEST(Resolver, strangers_answers_do_not_count) {
  DnsServer server([](const Query& query) {
    Query other = query;
    other.id ^= 0x0101U;
    Query elsewhere = query;
    elsewhere.question = wire::question("elsewhere.example", wire::kTxt);
    return Replies{other.reply(wire::kNxdomain), elsewhere.reply(wire::kNxdomain),
                   txt_of("right")(query)[0]};
  });
  EXPECT_EQ(txt(asking({server.address()})).records, Texts{"right"});
  EXPECT_EQ(server.asked(), 1U);
}

// Newer c-ares closes the socket over it; then the question is sent again.
TEST(Resolver, noise_is_not_an_answer) {
  int asked = 0;
  DnsServer server([&asked](const Query& query) {
    const std::string right = txt_of("right")(query)[0];
    return asked++ == 0 ? Replies{"", "noise", right} : Replies{right};
  });
  ResolverOptions options = asking({server.address()});
  options.next_server_after = kShort;
  EXPECT_EQ(txt(options).records, Texts{"right"});
}

// ------------------------------------------------------------------------------- several servers
TEST(Resolver, the_silent_server_is_passed_over_and_rests) {
  DnsServer silent(silence);
  DnsServer good(txt_of("good"));
  ResolverOptions options = asking({silent.address(), good.address()});
  options.next_server_after = kShort;
  Reactor reactor;
  Resolver resolver(reactor, options);
  EXPECT_EQ(ask(reactor, resolver, &Resolver::txt, "a.example").records, Texts{"good"});
  EXPECT_EQ(ask(reactor, resolver, &Resolver::txt, "b.example").records, Texts{"good"});
  EXPECT_EQ(silent.asked(), 1U) << "the second question went straight to the other one";
}

TEST(Resolver, one_that_has_rested_is_asked_first_again) {
  DnsServer silent(silence);
  DnsServer good(txt_of("good"));
  ResolverOptions options = asking({silent.address(), good.address()});
  options.next_server_after = kShort;
  options.rest = 0ms;
  Reactor reactor;
  Resolver resolver(reactor, options);
  ask(reactor, resolver, &Resolver::txt, "a.example");
  ask(reactor, resolver, &Resolver::txt, "b.example");
  EXPECT_EQ(silent.asked(), 2U);
}

TEST(Resolver, one_that_answers_others_does_not_rest) {
  DnsServer slow([](const Query& query) {
    return query.name == "slow.example" ? Replies{} : txt_of("first")(query);
  });
  DnsServer good(txt_of("second"));
  ResolverOptions options = asking({slow.address(), good.address()});
  options.next_server_after = kShort;
  Reactor reactor;
  Resolver resolver(reactor, options);
  Asked<facts::TxtLookup> stuck;
  Asked<facts::TxtLookup> quick;
  resolver.txt("slow.example", stuck.callback());
  resolver.txt("quick.example", quick.callback());
  reactor.run([&] { return stuck.answer && quick.answer; });
  EXPECT_EQ(stuck.answer->records, Texts{"second"});
  EXPECT_EQ(quick.answer->records, Texts{"first"});
  EXPECT_EQ(ask(reactor, resolver, &Resolver::txt, "next.example").records, Texts{"first"});
}

// While the second says SERVFAIL, the first still finds it.
TEST(Resolver, a_late_answer_counts) {
  DnsServer first(silence);
  DnsServer second([](const Query& query) {
    return query.checking_disabled() ? Replies{} : Replies{query.reply(wire::kServfail)};
  });
  ResolverOptions options = asking({first.address(), second.address()});
  options.next_server_after = kShort;
  Reactor reactor;
  Resolver resolver(reactor, options);
  Asked<facts::TxtLookup> asked;
  resolver.txt("a.example", asked.callback());
  reactor.run([&] { return second.asked() >= 2; });  // it waits for the answer with CD
  const Query query = first.queries().at(0);
  first.say(query, txt_of("late")(query)[0]);
  reactor.run([&] { return asked.answer.has_value(); });
  EXPECT_EQ(asked.answer->records, Texts{"late"});
}

// ---------------------------------------------------------------------------------------- CNAMEs
TEST(Resolver, cnames_in_the_answer) {
  DnsServer server([](const Query& query) {
    return Replies{
        query.reply(0, {wire::cname(query.name, "b.example", 20), wire::txt("b.example", {"x"})})};
  });
  const auto found = txt(asking({server.address()}), "a.example");
  EXPECT_EQ(found.records, Texts{"x"});
  EXPECT_EQ(found.cnames, Texts{"b.example"});
  EXPECT_EQ(found.ttl, 20U);
  EXPECT_EQ(found.name, "a.example");
  EXPECT_EQ(server.asked(), 1U);
}

TEST(Resolver, a_chain_that_the_server_left_open_is_followed) {
  DnsServer server([](const Query& query) {
    if (query.name == "a.example")
      return Replies{query.reply(0, {wire::cname(query.name, "b.example", 20)})};
    return Replies{query.reply(0, {wire::txt(query.name, {"end"}, 10)})};
  });
  const auto found = txt(asking({server.address()}), "a.example");
  EXPECT_EQ(found.records, Texts{"end"});
  EXPECT_EQ(found.cnames, Texts{"b.example"});
  EXPECT_EQ(found.ttl, 10U);
  EXPECT_EQ(found.name, "a.example");
  EXPECT_EQ(server.asked(), 2U);
}

TEST(Resolver, secure_is_only_what_is_secure_all_the_way) {
  struct Row {
    bool first;
    bool second;
  };
  for (const Row row : {Row{true, true}, Row{true, false}, Row{false, true}}) {
    DnsServer server([row](const Query& query) {
      if (query.name == "a.example")
        return Replies{
            query.reply(row.first ? wire::kAd : 0, {wire::cname(query.name, "b.example")})};
      return Replies{query.reply(row.second ? wire::kAd : 0, {wire::txt(query.name, {"end"})})};
    });
    const auto found = txt(asking({server.address()}), "a.example");
    EXPECT_TRUE(found.found());
    EXPECT_EQ(found.authentic, row.first && row.second) << row.first << row.second;
  }
}

TEST(Resolver, absence_at_the_end_of_a_chain) {
  DnsServer server([](const Query& query) {
    const wire::Records chain{wire::cname(query.name, "b.example")};
    return Replies{query.name == "not.example"
                       ? query.reply(wire::kNxdomain, chain)
                       : query.reply(0, chain, {wire::soa("example", 60, 60)})};
  });
  const ResolverOptions options = asking({server.address()});
  EXPECT_EQ(txt(options, "not.example").status, LookupStatus::no_name);
  const auto no_data = txt(options, "a.example");
  EXPECT_EQ(no_data.status, LookupStatus::no_data);
  EXPECT_EQ(no_data.cnames, Texts{"b.example"});
  EXPECT_EQ(server.asked(), 2U) << "the SOA says that there is no more to ask";
}

TEST(Resolver, chains_without_end_are_unknown) {
  DnsServer server([](const Query& query) {
    if (query.name == "here.example")
      return Replies{query.reply(0, {wire::cname(query.name, query.name)})};
    if (query.name == "a.example")
      return Replies{query.reply(0, {wire::cname(query.name, "b.example")})};
    if (query.name == "b.example")
      return Replies{query.reply(0, {wire::cname(query.name, "a.example")})};
    return Replies{query.reply(0, {wire::cname(query.name, "x" + query.name)})};
  });
  const ResolverOptions options = asking({server.address()});
  EXPECT_EQ(txt(options, "here.example").status, LookupStatus::servfail);
  const auto loop = txt(options, "a.example");
  EXPECT_EQ(loop.status, LookupStatus::servfail);
  EXPECT_EQ(loop.cnames, (Texts{"b.example", "a.example"}));
  const std::size_t before = server.asked();
  const auto longer = txt(options, "long.example");
  EXPECT_EQ(longer.status, LookupStatus::servfail);
  EXPECT_EQ(server.asked() - before, 9U) << "the question, and eight for targets";
}

// --------------------------------------------------------------------------------------- AD bit
// Q67: AD counts only from a validator that is reached securely.
TEST(Resolver, ad_counts_from_loopback) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(wire::kAd, {wire::txt(query.name, {"x"})})};
  });
  EXPECT_TRUE(txt(asking({server.address()})).authentic);
}

// ::ffff:127.0.0.1 leads to the same server, but is not an address that is known to be loopback.
TEST(Resolver, ad_of_other_servers_counts_only_if_they_are_trusted) {
  DnsServer server([](const Query& query) {
    return Replies{query.reply(wire::kAd, {wire::txt(query.name, {"x"})})};
  });
  ResolverOptions options =
      asking({{*IpAddress::parse("::ffff:127.0.0.1"), server.address().port}});
  const auto found = txt(options);
  if (!found.found()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_FALSE(found.authentic);
  options.trust_ad = true;
  EXPECT_TRUE(txt(options).authentic);
}

DnsServer::Answerer validator(std::function<Replies(const Query&)> bogus_name) {
  return [bogus_name = std::move(bogus_name)](const Query& query) {
    if (query.name == "signed.example")
      return Replies{query.reply(wire::kAd, {wire::soa(query.name, 5, 5)})};
    return bogus_name(query);
  };
}

ResolverOptions testing(std::initializer_list<Server> servers) {
  ResolverOptions options = asking(servers);
  options.signed_name = "signed.example";
  options.bogus_name = "bogus.example";
  return options;
}

Validation validation_of(const ResolverOptions& options) {
  Reactor reactor;
  Resolver resolver(reactor, options);
  return validation_of(reactor, resolver);
}

// Q50: a security-aware resolver, or no DANE.
TEST(ResolverValidation, ad_for_the_signed_name_and_servfail_for_the_bogus_one) {
  DnsServer server(validator([](const Query& query) {
    return Replies{query.checking_disabled()
                       ? query.reply(0, {wire::record(query.name, wire::kA, 5, "\1\2\3\4")})
                       : query.reply(wire::kServfail)};
  }));
  Reactor reactor;
  Resolver resolver(reactor, testing({server.address()}));
  EXPECT_EQ(validation_of(reactor, resolver), Validation::validates);
  const std::size_t asked = server.asked();
  EXPECT_EQ(validation_of(reactor, resolver), Validation::validates);
  EXPECT_EQ(server.asked(), asked) << "asked once and remembered";
}

TEST(ResolverValidation, who_hands_out_the_bogus_name_does_not_validate) {
  DnsServer server(validator([](const Query& query) {
    return Replies{query.reply(0, {wire::record(query.name, wire::kA, 5, "\1\2\3\4")})};
  }));
  Reactor reactor;
  Resolver resolver(reactor, testing({server.address()}));
  EXPECT_EQ(validation_of(reactor, resolver), Validation::not_secure);
  EXPECT_EQ(validation_of(reactor, resolver), Validation::not_secure) << "whatever bore AD";
}

TEST(ResolverValidation, without_ad_it_does_not_validate) {
  DnsServer server([](const Query& query) {
    return Replies{query.name == "signed.example" ? query.reply(0, {wire::soa(query.name, 5, 5)})
                                                  : query.reply(wire::kServfail)};
  });
  EXPECT_EQ(validation_of(testing({server.address()})), Validation::not_secure);
}

TEST(ResolverValidation, a_network_that_reaches_neither) {
  DnsServer server([](const Query& query) {
    if (query.name == "lab.example")
      return Replies{query.reply(wire::kAd, {wire::txt(query.name, {"x"})})};
    return Replies{query.reply(wire::kNxdomain)};
  });
  Reactor reactor;
  Resolver resolver(reactor, testing({server.address()}));
  EXPECT_EQ(validation_of(reactor, resolver), Validation::unknown);
  EXPECT_TRUE(ask(reactor, resolver, &Resolver::txt, "lab.example").authentic);
  EXPECT_EQ(validation_of(reactor, resolver), Validation::validates) << "AD on any answer shows it";

  DnsServer silent(silence);
  ResolverOptions options = testing({silent.address()});
  options.question_timeout = kShort;
  EXPECT_EQ(validation_of(options), Validation::unknown);
}

// Q67. No message leaves for 192.0.2.1: nothing that it says would count.
TEST(ResolverValidation, ad_of_a_distant_server_does_not_count) {
  EXPECT_EQ(validation_of(testing({{*IpAddress::parse("192.0.2.1"), 53}})), Validation::not_secure);
}

// -------------------------------------------------------------------------------------- the end
// For a while the reactor still turns.
void turn(Reactor& reactor) {
  bool later = false;
  reactor.at(Reactor::now() + kShort, [&] { later = true; });
  reactor.run([&] { return later; });
}

TEST(Resolver, nobody_is_called_back_after_the_end) {
  DnsServer server(silence);
  Reactor reactor;
  bool called = false;
  {
    Resolver resolver(reactor, asking({server.address()}));
    for (int i = 0; i < 100; ++i)
      resolver.txt("a.example", [&](const facts::TxtLookup&) { called = true; });
    resolver.validation([&](Validation) { called = true; });
    reactor.run([&] { return server.asked() > 0; });
  }
  {
    // What is known without a question is not called back either.
    Resolver resolver(reactor, testing({{*IpAddress::parse("192.0.2.1"), 53}}));
    resolver.txt("a..b", [&](const facts::TxtLookup&) { called = true; });
    resolver.validation([&](Validation) { called = true; });
  }
  turn(reactor);
  EXPECT_FALSE(called);
}

TEST(Resolver, it_may_end_within_a_callback) {
  DnsServer server(txt_of("x"));
  Reactor reactor;
  auto resolver = std::make_unique<Resolver>(reactor, asking({server.address()}));
  int called = 0;
  for (int i = 0; i < 200; ++i) {
    resolver->txt("a.example", [&](const facts::TxtLookup&) {
      ++called;
      resolver.reset();
    });
  }
  reactor.run([&] { return called > 0; });
  turn(reactor);
  EXPECT_EQ(called, 1);
}

TEST(Resolver, a_callback_may_ask_on) {
  DnsServer server(txt_of("x"));
  Reactor reactor;
  Resolver resolver(reactor, asking({server.address()}));
  int left = 300;
  std::function<void(const facts::TxtLookup&)> next = [&](const facts::TxtLookup& found) {
    EXPECT_TRUE(found.found());
    if (--left > 0) resolver.txt("n" + std::to_string(left) + ".example", next);
  };
  resolver.txt("first.example", next);
  reactor.run([&] { return left == 0; });
  EXPECT_EQ(server.asked(), 300U);
}

// ----------------------------------------------------------------------------- server addresses
TEST(ResolverServers, addresses) {
  struct Row {
    std::string_view text;
    std::string_view address;  // empty: none
    std::uint16_t port;
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1", 53},
      {"192.0.2.1:5353", "192.0.2.1", 5353},
      {"2001:db8::1", "2001:db8::1", 53},
      {"[2001:db8::1]", "2001:db8::1", 53},
      {"[2001:db8::1]:65535", "2001:db8::1", 65535},
      {"", "", 0},
      {"localhost", "", 0},
      {"192.0.2.1:", "", 0},
      {"192.0.2.1:0", "", 0},
      {"192.0.2.1:65536", "", 0},
      {"192.0.2.1:53x", "", 0},
      {"192.0.2.1:+53", "", 0},
      {"[192.0.2.1]:53", "", 0},
      {"[2001:db8::1", "", 0},
      {"[2001:db8::1]53", "", 0},
      {"[2001:db8::1]:", "", 0},
      {"fe80::1%eth0", "", 0},
  };
  for (const Row& row : rows) {
    const auto server = parse_server(row.text);
    ASSERT_EQ(server.has_value(), !row.address.empty()) << row.text;
    if (!server) {
      EXPECT_EQ(server.error().code, Errc::resolver_address) << row.text;
      continue;
    }
    EXPECT_EQ(server->address.text(), row.address) << row.text;
    EXPECT_EQ(server->port, row.port) << row.text;
  }
}

TEST(ResolverServers, resolv_conf) {
  const auto servers = [](std::string_view text) {
    Texts found;
    for (const Server& each : servers_of(text))
      found.push_back(each.address.text() + ' ' + std::to_string(each.port));
    return found;
  };
  EXPECT_EQ(servers("# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\r\n"
                    "nameserver\t2001:db8::1 trailing\nnameserver fe80::1%eth0\nnameserver\n"
                    "nameservers 192.0.2.8\nnameserver 192.0.2.2"),
            (Texts{"192.0.2.1 53", "2001:db8::1 53", "192.0.2.2 53"}));
  EXPECT_EQ(servers("options edns0\n"), Texts{"127.0.0.1 53"});
  EXPECT_FALSE(system_servers().empty());
}

}  // namespace
}  // namespace mxseal::net
