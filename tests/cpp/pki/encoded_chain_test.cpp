// SPDX-License-Identifier: MIT
#include "pki/encoded_chain.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pki/issue.hpp"

namespace mxseal::pki {
namespace {

using test::kNow;

class EncodedChain : public testing::Test {
 protected:
  test::Issued root_ = test::authority("Root");
  test::Issued above_ = test::authority("Above", &root_);
  test::Issued intermediate_ = test::authority("Intermediate", &above_);
  test::Issued leaf_ = test::issue({}, &intermediate_);
  TrustStore roots_ = *TrustStore::from_pem(root_.pem());

  std::string outcome(const std::vector<std::string>& chain) const {
    const Verification found = verify_encoded(chain, "mx.example.com", roots_, kNow);
    EXPECT_EQ(found.ok, found.errors.empty());
    std::string text;
    for (const ChainError& error : found.errors)
      text.append(text.empty() ? "" : " ")
          .append(fault_name(error.fault))
          .append("@")
          .append(std::to_string(error.depth));
    return text;
  }
};

TEST_F(EncodedChain, rows) {
  const std::string leaf = leaf_.certificate.der();
  const std::string intermediate = intermediate_.certificate.der();
  const std::string above = above_.certificate.der();
  struct Row {
    std::vector<std::string> chain;
    const char* expected;
    const char* why;
  };
  for (const Row& row : {
           Row{{leaf, intermediate, above}, "", "DER"},
           Row{{leaf_.pem(), intermediate_.pem(), above_.pem()}, "", "PEM"},
           Row{{leaf, "0 and more\n" + intermediate_.pem() + above_.pem()},
               "",
               "both, and PEM of two"},
           Row{{leaf, above, intermediate}, "", "any order behind the leaf"},
           Row{{}, "invalid@0", "nothing"},
           Row{{"junk", intermediate, above}, "invalid@0", "no leaf: nothing else can be said"},
           Row{{leaf, intermediate, above, "junk"}, "invalid@3", "what is not needed is broken"},
           Row{{leaf, "junk", intermediate, above}, "invalid@1", "the rest is read"},
           Row{{leaf + "x", intermediate, above}, "invalid@0", "bytes behind it"},
           Row{{leaf, "junk", intermediate},
               "untrusted@2 invalid@1",
               "places are those of the chain as given"},
       }) {
    EXPECT_EQ(outcome(row.chain), row.expected) << row.why;
  }
}

TEST_F(EncodedChain, as_many_as_are_looked_at) {
  std::vector<std::string> chain(kMaxChain - 2, above_.certificate.der());
  chain[0] = leaf_.certificate.der();
  chain.push_back(intermediate_.certificate.der());
  chain.resize(kMaxChain + 1, "junk");
  EXPECT_EQ(outcome(chain), "invalid@199") << "the last one that counts, and none behind it";
}

}  // namespace
}  // namespace mxseal::pki
