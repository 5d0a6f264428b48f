// SPDX-License-Identifier: MIT
#include "pki/intermediates.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

std::string der_of(long serial, const std::string& name = "Intermediate") {
  static const test::Key key = test::ec_key();
  test::Wish wish;
  wish.name = name;
  wish.authority = true;
  wish.serial = serial;
  return test::issue(wish, nullptr, key).certificate.der();
}

TEST(Intermediates, what_was_met_before_is_the_same_object) {
  const std::string der = der_of(1);
  const X509* first = intermediate_from_der(der)->native();
  EXPECT_EQ(intermediate_from_der(std::string(der))->native(), first);
  EXPECT_NE(intermediate_from_der(der_of(2))->native(), first);
  EXPECT_NE(Certificate::from_der(der)->native(), first) << "a leaf is read anew";
}

TEST(Intermediates, what_cannot_be_read_is_never_kept) {
  for (int i = 0; i < 2; ++i) {
    const auto found = intermediate_from_der(der_of(3) + "x");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::certificate_invalid);
  }
}

TEST(Intermediates, the_oldest_that_nobody_asks_for_are_forgotten) {
  const std::string used = der_of(10);
  const std::string unused = der_of(11);
  const Certificate used_first = *intermediate_from_der(used);
  const Certificate unused_first =
      *intermediate_from_der(unused);  // held, so that its address stays taken
  for (std::size_t i = 0; i < kMaxKept; ++i) {
    ASSERT_TRUE(intermediate_from_der(der_of(1000 + static_cast<long>(i))));
    ASSERT_TRUE(intermediate_from_der(used));
  }
  EXPECT_EQ(intermediate_from_der(used)->native(), used_first.native());
  EXPECT_NE(intermediate_from_der(unused)->native(), unused_first.native());
}

TEST(Intermediates, a_very_long_one_is_not_kept) {
  test::Wish wish;
  wish.authority = true;
  std::string names = "DNS:a.example";
  while (names.size() < 2 * kMaxKeptBytes) names += ",DNS:another-name.example";
  wish.extensions = {{NID_subject_alt_name, names}};
  const std::string der = test::issue(wish).certificate.der();
  const Certificate first = *intermediate_from_der(der);
  EXPECT_NE(intermediate_from_der(der)->native(), first.native());
}

TEST(Intermediates, threads_share_them) {
  std::vector<std::string> ders;
  for (long serial = 50; serial < 60; ++serial) ders.push_back(der_of(serial));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        for (const std::string& der : ders) {
          if (intermediate_from_der(der)->der() != der) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace mxseal::pki
