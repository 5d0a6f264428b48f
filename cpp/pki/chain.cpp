// SPDX-License-Identifier: MIT
#include "pki/chain.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <new>
#include <optional>

#include "base/ascii.hpp"
#include "base/domain_name.hpp"
#include "pki/hostname.hpp"

namespace mxseal::pki {
namespace {

constexpr int kMaxDepth = 10;               // intermediates of a path
constexpr int kMaxSignatureChecks = 100;    // of one search for other paths
constexpr int kMaxPaths = 16;               // complete paths that are judged
constexpr int kMaxSteps = 2000;             // certificates that are put into a path
constexpr int kMaxComparisons = 1 << 20;    // of names with constraints, as in OpenSSL
constexpr std::size_t kMaxNamesTold = 800;  // bytes
constexpr int kSecurityLevel = 2;           // no SHA-1, no RSA below 2048 bits

struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
using Context = std::unique_ptr<X509_STORE_CTX, FreeContext>;

// A stack that owns neither its certificates nor copies of them.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

Stack stack_of(std::span<const Certificate> certificates) {
  Stack stack(sk_X509_new_null());
  if (stack == nullptr) throw std::bad_alloc();  // untested: memory
  for (const Certificate& each : certificates) sk_X509_push(stack.get(), each.native());
  return stack;
}

struct RawError {
  int code;
  X509* certificate;
};

// What one call of X509_verify_cert found.
struct Run {
  std::vector<RawError> errors;
  std::vector<Certificate> path;
};

int collect(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  auto* run = static_cast<Run*>(X509_STORE_CTX_get_app_data(context));
  run->errors.push_back(
      {X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_current_cert(context)});
  return 1;  // go on: every error is wanted, and the verdict is drawn from the list
}

Certificate shared(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate::adopt(certificate);
}

// One call with a store of roots, or (store null) with just the anchors given.
Run run_openssl(X509_STORE* store, std::span<const Certificate> anchors,
                std::span<const Certificate> chain, std::int64_t at) {
  Run run;
  const Context context(X509_STORE_CTX_new());
  if (context == nullptr) throw std::bad_alloc();  // untested: memory
  const Stack untrusted = stack_of(chain.subspan(1));
  const Stack trusted = stack_of(anchors);
  if (X509_STORE_CTX_init(context.get(), store, chain[0].native(), untrusted.get()) != 1)
    throw std::bad_alloc();  // untested: memory
  if (store == nullptr) X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  // The context's purpose sets trust too, so that a root marked "not for servers" is none.
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_depth(param, kMaxDepth);
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(at));
  // The CN is no name: it is under no name constraint either.
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  // A trusted certificate is an anchor whether it is self-signed or not.
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_app_data(context.get(), &run);
  X509_STORE_CTX_set_verify_cb(context.get(), collect);
  const int result = X509_verify_cert(context.get());
  if (result != 1 && run.errors.empty())
    run.errors.push_back({X509_STORE_CTX_get_error(context.get()), nullptr});
  STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; path != nullptr && i < sk_X509_num(path); ++i)
    run.path.push_back(shared(sk_X509_value(path, i)));
  ERR_clear_error();
  // RFC 5280 §4.1.2.5: the certificate is valid through the second of notAfter.
  std::erase_if(run.errors, [at](const RawError& error) {
    return error.code == X509_V_ERR_CERT_HAS_EXPIRED && error.certificate != nullptr &&
           ASN1_TIME_cmp_time_t(X509_get0_notAfter(error.certificate), static_cast<time_t>(at)) ==
               0;
  });
  return run;
}

// ----------------------------------------------------------------------------- what OpenSSL lets through

bool key_allowed(const Certificate& certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate.native());
  if (key == nullptr) return false;
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return false;
    const std::string_view name(group.data(), size);
    return name == "prime256v1" || name == "P-256" || name == "secp384r1" || name == "P-384" ||
           name == "secp521r1" || name == "P-521";
  }
  return std::ranges::any_of(std::array{"RSA", "RSA-PSS", "ED25519", "ED448"},
                             [key](const char* type) { return EVP_PKEY_is_a(key, type) == 1; });
}

bool has_negative_serial(const Certificate& certificate) {
  return (ASN1_STRING_type(X509_get0_serialNumber(certificate.native())) & V_ASN1_NEG) != 0;
}

bool well_formed(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > DomainName::kMaxName ||
      name.find('*') != std::string_view::npos)
    return false;
  std::size_t label = 0;
  for (const char byte : name) {
    if (byte == '.') {
      if (label == 0) return false;
      label = 0;
    } else if ((!ascii::is_alnum(byte) && byte != '-' && byte != '_') ||
               ++label > DomainName::kMaxLabel) {
      return false;
    }
  }
  return label > 0;
}

std::string_view dns_base(const GENERAL_SUBTREE* subtree) {
  if (subtree->base->type != GEN_DNS) return {};
  const ASN1_IA5STRING* name = subtree->base->d.dNSName;
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
          static_cast<std::size_t>(ASN1_STRING_length(name))};
}

// Whether "*.example.com" can stand for a name in the excluded subtree: OpenSSL compares it as a mere string.
bool reaches(std::string_view wildcard, std::string_view excluded) {
  if (!wildcard.starts_with("*.")) return false;
  if (excluded.starts_with('.')) excluded.remove_prefix(1);
  const std::size_t dot = excluded.find('.');
  return dot != std::string_view::npos &&
         ascii::equal_ignoring_case(excluded.substr(dot + 1), wildcard.substr(2));
}

// Names of the leaf under the constraints of the CAs above it (RFC 5280 §4.2.1.10).
std::optional<std::string> broken_constraint(std::span<const Certificate> path) {
  std::vector<std::string> names;
  for (const Certificate& authority : path.subspan(1)) {
    // Nearly no CA has any, and looking is cheaper than reading.
    if (X509_get_ext_by_NID(authority.native(), NID_name_constraints, -1) < 0) continue;
    if (names.empty()) names = path[0].names();
    const std::unique_ptr<NAME_CONSTRAINTS, decltype(&NAME_CONSTRAINTS_free)> constraints(
        static_cast<NAME_CONSTRAINTS*>(
            X509_get_ext_d2i(authority.native(), NID_name_constraints, nullptr, nullptr)),
        NAME_CONSTRAINTS_free);
    if (constraints == nullptr) continue;
    const std::size_t subtrees =
        static_cast<std::size_t>(sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) + 1) +
        static_cast<std::size_t>(sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) + 1);
    if (names.size() * subtrees > kMaxComparisons) return "too many of them";
    bool about_dns = false;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
      const GENERAL_SUBTREE* subtree = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i);
      about_dns = about_dns || subtree->base->type == GEN_DNS;
    }
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees); ++i) {
      const GENERAL_SUBTREE* subtree = sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, i);
      about_dns = about_dns || subtree->base->type == GEN_DNS;
      const std::string_view base = dns_base(subtree);
      for (const std::string& name : names) {
        if (!base.empty() && reaches(name, base))
          return name + " reaches into " + std::string(base);
      }
    }
    if (!about_dns) continue;
    for (const std::string& name : names) {
      if (!well_formed(name)) return "a malformed name under name constraints: " + name;
    }
  }
  return std::nullopt;
}

// -------------------------------------------------------------------------------------- the errors

int depth_in(std::span<const Certificate> chain, X509* certificate) {
  for (std::size_t i = 0; certificate != nullptr && i < chain.size(); ++i) {
    if (X509_cmp(chain[i].native(), certificate) == 0) return static_cast<int>(i);
  }
  return -1;
}

bool is_about_issuer(int code) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return true;
    default:
      return false;
  }
}

Fault fault_of(int code, const Run& run) {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Fault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Fault::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return Fault::self_signed;
    default:
      break;
  }
  if (!is_about_issuer(code)) return Fault::invalid;
  // Of a lone certificate that is not its own issuer the next one is missing, whatever root it leads to.
  if (run.path.size() <= 1) {
    const bool own = !run.path.empty() && run.path[0].is_self_issued();
    return own ? Fault::self_signed : Fault::incomplete_chain;
  }
  return Fault::untrusted;
}

void add_errors(const Run& run, std::span<const Certificate> chain, std::vector<ChainError>& out) {
  bool issuer_told = false;
  for (const RawError& error : run.errors) {
    if (is_about_issuer(error.code) && std::exchange(issuer_told, true)) continue;
    const Fault fault = fault_of(error.code, run);
    ChainError told{fault, depth_in(chain, error.certificate), {}};
    if (fault == Fault::invalid || is_about_issuer(error.code))
      told.detail = X509_verify_cert_error_string(error.code);
    if (std::ranges::find(out, told) == out.end()) out.push_back(std::move(told));
  }
}

void add_own_errors(std::span<const Certificate> path, std::span<const Certificate> chain,
                    std::vector<ChainError>& out) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Certificate& each = path[i];
    // A leaf that is its own anchor stands in the path as the store's copy.
    const int depth = i == 0 ? 0 : depth_in(chain, each.native());
    const bool is_root = i > 0 && i + 1 == path.size();
    if (!key_allowed(each))
      out.push_back({Fault::invalid, depth, "key type not allowed: " + each.key()});
    if (!is_root && has_negative_serial(each))
      out.push_back({Fault::invalid, depth, "negative serial number"});
  }
  if (path.empty()) return;
  if (std::optional<std::string> broken = broken_constraint(path))
    out.push_back({Fault::invalid, 0, "name constraint: " + *broken});
}

struct Judged {
  std::vector<Certificate> path;
  std::vector<ChainError> errors;
};

Judged judge(Run run, std::span<const Certificate> chain) {
  Judged judged;
  add_errors(run, chain, judged.errors);
  add_own_errors(run.path, chain, judged.errors);
  judged.path = std::move(run.path);
  ERR_clear_error();
  return judged;
}

// -------------------------------------------------------------------------------------- other paths

// Depth-first from the leaf towards a root, over issuers that are CAs, valid, of an allowed key and whose key verifies the signature.
class Search {
 public:
  // `first` is what the first path came to.
  Search(std::span<const Certificate> chain, std::span<const Certificate> roots, std::int64_t at,
         Judged first)
      : chain_(chain), roots_(roots), at_(at), best_(std::move(first)) {}

  // The first path that is good in every way. Where there is none within the limits: the first path, or one that has fewer of its
  // errors and no other, for what another path has not is no error of the certificate.
  Judged find() {
    path_.push_back(chain_[0]);
    extend();
    if (!best_.errors.empty() && exhausted_)
      best_.errors.push_back({Fault::invalid, 0, "too many possible chains"});
    return std::move(best_);
  }

 private:
  bool extend() {
    const Certificate last = path_.back();
    for (const Certificate& root : roots_) {
      if (!is_named_by(root, last) || !issued(root, last)) continue;
      if (++paths_ > kMaxPaths) {
        exhausted_ = true;
        return false;
      }
      if (good(root)) return true;
    }
    if (path_.size() > static_cast<std::size_t>(kMaxDepth)) return false;
    for (const Certificate& next : chain_.subspan(1)) {
      if (exhausted_) return false;
      if (!is_named_by(next, last) || in_path(next) || !usable(next) || !issued(next, last))
        continue;
      if (++steps_ > kMaxSteps) {
        exhausted_ = true;
        return false;
      }
      path_.push_back(next);
      if (extend()) return true;
      path_.pop_back();
      if (exhausted_) return false;
    }
    return false;
  }

  bool good(const Certificate& root) {
    Judged judged = judge(run_openssl(nullptr, {&root, 1}, path_, at_), chain_);
    const bool fewer = judged.errors.size() < best_.errors.size() &&
                       std::ranges::all_of(judged.errors, [&](const ChainError& error) {
                         return std::ranges::find(best_.errors, error) != best_.errors.end();
                       });
    if (fewer) best_ = std::move(judged);
    return best_.errors.empty();
  }

  static bool is_named_by(const Certificate& issuer, const Certificate& subject) {
    return X509_NAME_cmp(X509_get_subject_name(issuer.native()),
                         X509_get_issuer_name(subject.native())) == 0;
  }

  // The same name and key twice is a loop.
  bool in_path(const Certificate& next) const {
    return std::ranges::any_of(path_, [&](const Certificate& each) {
      return X509_NAME_cmp(X509_get_subject_name(each.native()),
                           X509_get_subject_name(next.native())) == 0 &&
             EVP_PKEY_eq(X509_get0_pubkey(each.native()), X509_get0_pubkey(next.native())) == 1;
    });
  }

  bool usable(const Certificate& next) const {
    return X509_check_ca(next.native()) == 1 && key_allowed(next) && next.not_before() <= at_ &&
           at_ <= next.not_after();
  }

  bool issued(const Certificate& issuer, const Certificate& subject) {
    const auto key = std::pair(issuer.native(), subject.native());
    const auto known = checked_.find(key);
    if (known != checked_.end()) return known->second;
    if (++checks_ > kMaxSignatureChecks) {
      exhausted_ = true;
      return false;
    }
    EVP_PKEY* public_key = X509_get0_pubkey(issuer.native());
    const bool verifies = public_key != nullptr && X509_verify(subject.native(), public_key) == 1;
    ERR_clear_error();
    checked_.emplace(key, verifies);
    return verifies;
  }

  std::span<const Certificate> chain_;
  std::span<const Certificate> roots_;
  std::int64_t at_;
  std::vector<Certificate> path_;
  Judged best_;
  std::map<std::pair<X509*, X509*>, bool> checked_;
  int checks_ = 0;
  int paths_ = 0;
  int steps_ = 0;
  bool exhausted_ = false;
};

void check_name(std::span<const Certificate> chain, std::string_view host, Verification& result) {
  const Result<DomainName> name = DomainName::parse(host);
  if (name && std::ranges::any_of(
                  result.names, [&](const std::string& each) { return name_covers(each, *name); }))
    return;
  if (name && is_for_by_common_name_only(chain[0], *name)) {
    result.errors.push_back({Fault::cn_only, 0, chain[0].subject()});
    return;
  }
  std::string names;
  std::size_t told = 0;
  for (const std::string& each : result.names) {
    if (names.size() + each.size() > kMaxNamesTold) break;
    names += (names.empty() ? "" : ", ") + each;
    ++told;
  }
  if (told < result.names.size())
    names += " and " + std::to_string(result.names.size() - told) + " more";
  result.errors.push_back({Fault::name_mismatch, 0, names});
}

void finish(std::vector<Certificate> path, Verification& result) {
  result.chain = std::move(path);
  if (result.chain.empty()) return;
  result.not_before = result.chain[0].not_before();
  result.not_after = result.chain[0].not_after();
  for (const Certificate& each : result.chain) {
    result.not_before = std::max(result.not_before, each.not_before());
    result.not_after = std::min(result.not_after, each.not_after());
  }
  std::ranges::stable_sort(result.errors, [](const ChainError& a, const ChainError& b) {
    return (a.depth < 0 ? kMaxChain : static_cast<std::size_t>(a.depth)) <
           (b.depth < 0 ? kMaxChain : static_cast<std::size_t>(b.depth));
  });
  result.ok = result.errors.empty();
  result.alternative_path = result.ok && result.alternative_path;
}

Verification verify_with(X509_STORE* store, std::span<const Certificate> roots,
                         std::span<const Certificate> chain, std::string_view host,
                         std::int64_t at) {
  Verification result;
  if (chain.empty()) {
    result.errors.push_back({Fault::invalid, 0, "no certificate"});
    return result;
  }
  chain = chain.first(std::min(chain.size(), kMaxChain));
  result.names = chain[0].names();
  Judged judged = judge(run_openssl(store, roots, chain, at), chain);
  if (!judged.errors.empty()) {
    judged = Search(chain, roots, at, std::move(judged)).find();
    result.alternative_path = judged.errors.empty();
  }
  result.errors = std::move(judged.errors);
  check_name(chain, host, result);
  finish(std::move(judged.path), result);
  return result;
}

}  // namespace

bool is_of_name_or_dates(Fault fault) {
  return fault == Fault::expired || fault == Fault::not_yet_valid ||
         fault == Fault::name_mismatch || fault == Fault::cn_only;
}

std::string_view fault_name(Fault fault) {
  switch (fault) {
    case Fault::expired:
      return "expired";
    case Fault::not_yet_valid:
      return "not-yet-valid";
    case Fault::name_mismatch:
      return "name-mismatch";
    case Fault::cn_only:
      return "cn-only";
    case Fault::self_signed:
      return "self-signed";
    case Fault::untrusted:
      return "untrusted";
    case Fault::incomplete_chain:
      return "incomplete-chain";
    case Fault::invalid:
      break;
  }
  return "invalid";
}

std::string_view result_type(Fault fault) {
  switch (fault) {
    case Fault::expired:
      return "certificate-expired";
    case Fault::name_mismatch:
    case Fault::cn_only:
      return "certificate-host-mismatch";
    default:
      return "certificate-not-trusted";
  }
}

Verification verify(std::span<const Certificate> chain, std::string_view host,
                    const TrustStore& roots, std::int64_t at) {
  return verify_with(roots.native(), roots.roots(), chain, host, at);
}

Verification verify_to(std::span<const Certificate> chain, const Certificate& anchor,
                       std::string_view host, std::int64_t at) {
  Verification result = verify_with(nullptr, {&anchor, 1}, chain, host, at);
  std::erase_if(result.errors,
                [](const ChainError& error) { return error.fault == Fault::cn_only; });
  result.ok = result.errors.empty();
  return result;
}

}  // namespace mxseal::pki
