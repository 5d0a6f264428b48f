// SPDX-License-Identifier: MIT
// Chains as servers send them, good and bad, for the tests of judge.
#pragma once

#include <string>
#include <vector>

#include "pki/certificate.hpp"
#include "pki/issue.hpp"
#include "pki/trust_store.hpp"

namespace mxseal::judge {

using pki::test::authority;
using pki::test::issue;
using pki::test::Issued;
using pki::test::kDay;
using pki::test::kNow;
using pki::test::Wish;
using Chain = std::vector<pki::Certificate>;

/// The authorities of all tests, made once. Only `root` is trusted.
struct Authorities {
  Issued root = authority("Root");
  Issued other_root = authority("Other Root");
  Issued intermediate = authority("Intermediate", &root);
  /// The same intermediate, certified by the other root.
  Issued cross = authority("Intermediate", &other_root, intermediate.key);
  pki::TrustStore roots = pki::TrustStore::from_pem(root.pem()).value();
};

inline const Authorities& authorities() {
  static const Authorities made;
  return made;
}

inline Wish wish_for(const std::string& host) {
  Wish wish;
  wish.name = host;
  wish.alternative_names = "DNS:" + host;
  return wish;
}

/// A leaf of the intermediate, and the intermediate.
inline Chain chain_for(const Wish& wish, pki::test::Key key = pki::test::ec_key()) {
  return {issue(wish, &authorities().intermediate, std::move(key)).certificate,
          authorities().intermediate.certificate};
}

/// Valid from and until, in days from now.
inline Chain dated(const std::string& host, int begins, int ends) {
  Wish wish = wish_for(host);
  wish.not_before = kNow + begins * kDay;
  wish.not_after = kNow + ends * kDay;
  return chain_for(wish);
}

inline Chain expired(const std::string& host) {
  return dated(host, -93, -3);
}

inline Chain self_signed(const std::string& host) {
  return {issue(wish_for(host)).certificate};
}

inline Chain untrusted(const std::string& host) {
  const Issued& root = authorities().other_root;
  return {issue(wish_for(host), &root).certificate, root.certificate};
}

/// The name stands in the CN alone.
inline Chain cn_only(const std::string& host) {
  Wish wish = wish_for(host);
  wish.alternative_names = {};
  return chain_for(wish);
}

/// Made for clients only.
inline Chain for_clients(const std::string& host) {
  Wish wish = wish_for(host);
  wish.extensions = {{NID_ext_key_usage, "clientAuth"}};
  return chain_for(wish);
}

/// The intermediate is not sent.
inline Chain incomplete(const std::string& host) {
  return {chain_for(wish_for(host))[0]};
}

/// Good, but not by the path that is sent first.
inline Chain two_paths(const std::string& host) {
  Chain chain = chain_for(wish_for(host));
  chain.insert(chain.begin() + 1, authorities().cross.certificate);
  return chain;
}

}  // namespace mxseal::judge
