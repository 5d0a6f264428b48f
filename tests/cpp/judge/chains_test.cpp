// SPDX-License-Identifier: MIT
// Chains: what is held of verifications. What they say of a host is seen in smtp_test and policy_host_test.
#include "judge/chains.hpp"

#include <gtest/gtest.h>

#include "certificates.hpp"

namespace mxseal::judge {
namespace {

TEST(Chains, a_chain_is_held_once_for_each_host) {
  Chains chains(authorities().roots, kNow, 0);
  EXPECT_EQ(chains.bytes(), 0U);
  const Chain chain = chain_for(wish_for("mx.example.com"));
  std::size_t size = 0;
  for (const pki::Certificate& certificate : chain) size += certificate.size();
  const pki::Verification& first = chains.verify(chain, "mx.example.com");
  EXPECT_EQ(&chains.verify(chain, "mx.example.com"), &first);
  EXPECT_EQ(chains.bytes(), size);
  EXPECT_EQ(chains.size(), 1U);
  EXPECT_NE(&chains.verify(chain, "mx.example.net"), &first);
  EXPECT_EQ(chains.bytes(), 2 * size);
}

}  // namespace
}  // namespace mxseal::judge
