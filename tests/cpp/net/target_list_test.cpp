// SPDX-License-Identifier: MIT
#include "net/target_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mxseal::net {
namespace {

TargetList list(std::string_view text) {
  return TargetList::parse(text).value();
}

bool has(const TargetList& targets, std::string_view address) {
  return targets.has(IpAddress::parse(address).value());
}

TEST(TargetList, networks_of_both_families_and_single_addresses) {
  const TargetList targets = list(
      "192.0.2.1\n"
      "198.51.100.0/25\r\n"
      "203.0.113.77/28\n"  // as its network
      "2001:db8::/33\n"
      "2001:db8:ffff::1\n");
  for (const char* in : {"192.0.2.1", "198.51.100.0", "198.51.100.127", "203.0.113.64",
                         "203.0.113.79", "2001:db8::1", "2001:db8:7fff::", "2001:db8:ffff::1"})
    EXPECT_TRUE(has(targets, in)) << in;
  for (const char* out : {"192.0.2.0", "192.0.2.2", "198.51.100.128", "203.0.113.63",
                          "203.0.113.80", "2001:db8:8000::", "2001:db8:ffff::2", "::"})
    EXPECT_FALSE(has(targets, out)) << out;
}

TEST(TargetList, everything_and_one_family_of_it) {
  EXPECT_TRUE(has(list("0.0.0.0/0"), "8.8.8.8"));
  EXPECT_FALSE(has(list("0.0.0.0/0"), "2001:db8::1"));
  EXPECT_TRUE(has(list("::/0"), "2001:db8::1"));
  EXPECT_FALSE(has(list("::/0"), "8.8.8.8"));
  EXPECT_TRUE(has(list("192.0.2.3/32"), "192.0.2.3"));
  EXPECT_FALSE(has(list("192.0.2.3/32"), "192.0.2.2"));
}

TEST(TargetList, a_domain_stands_for_all_below_it) {
  const TargetList targets = list(
      "Example.COM.\nb\xC3\xBC"
      "cher.example\n");
  for (const char* in : {"example.com", "mx.example.com", "a.b.example.com",
                         "xn--bcher-kva.example", "mail.xn--bcher-kva.example"})
    EXPECT_TRUE(targets.has(std::string_view(in))) << in;
  for (const char* out : {"com", "badexample.com", "example.com.net", "example", ""})
    EXPECT_FALSE(targets.has(std::string_view(out))) << out;
}

TEST(TargetList, comments_and_blank_lines_say_nothing) {
  const TargetList targets = list("# who wrote to us\n\n  \t\n  192.0.2.1 # on 1 May\n#all\n");
  EXPECT_TRUE(has(targets, "192.0.2.1"));
  EXPECT_FALSE(targets.has(std::string_view("all")));
  EXPECT_TRUE(list("").empty());
  EXPECT_TRUE(list("# nobody\n").empty());
  EXPECT_FALSE(targets.empty());
}

TEST(TargetList, an_error_names_the_line_and_what_stands_there) {
  for (const char* bad : {"192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2.0/8x",
                          "192.0.2.0/24/24", "2001:db8::/129", "two words", "a..b", "-", "*"}) {
    const Result<TargetList> read =
        TargetList::parse("192.0.2.1\n\nexample.com\n" + std::string(bad));
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code, Errc::target_list);
    EXPECT_EQ(read.error().detail, "line 4: " + std::string(bad));
  }
}

TEST(TargetList, who_is_allowed_is_not_left_alone) {
  const Targets targets{list("192.0.2.0/24\nexample.com"), list("192.0.2.7\nmx.example.com")};
  EXPECT_TRUE(targets.leave_alone(*IpAddress::parse("192.0.2.6")));
  EXPECT_FALSE(targets.leave_alone(*IpAddress::parse("192.0.2.7")));
  EXPECT_FALSE(targets.leave_alone(*IpAddress::parse("198.51.100.1")));
  EXPECT_TRUE(targets.leave_alone(std::string_view("example.com")));
  EXPECT_FALSE(targets.leave_alone(std::string_view("mx.example.com")));
}

}  // namespace
}  // namespace mxseal::net
