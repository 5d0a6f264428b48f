// SPDX-License-Identifier: MIT
#include "net/dns_transport.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/dns_message.hpp"
#include "net/dns_server.hpp"
#include "net/reactor.hpp"

namespace mxseal::net {
namespace {

TEST(DnsTransport, the_end_of_a_callback_may_destroy_it) {
  const test::DnsServer server(
      [](const test::Query& query) { return std::vector<std::string>{query.reply()}; });
  Reactor reactor;
  bool answered = false;
  {
    const auto transport =
        std::make_shared<DnsTransport>(reactor, server.address(), std::chrono::seconds(20));
    transport->send(*dns::question("a.example", dns::Type::txt, 1, false), false,
                    [&answered, held = transport](DnsTransport::Outcome, std::string_view) {
                      answered = true;
                    });
  }
  reactor.run([&] { return answered; });
}

}  // namespace
}  // namespace mxseal::net
