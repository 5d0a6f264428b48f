// SPDX-License-Identifier: MIT
#include "pki/tlsa.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "pki/chain.hpp"

namespace mxseal::pki {
namespace {

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

// What records name of the certificates of a chain (RFC 6698 §2.1.2, §2.1.3), each made once: a zone can hold a thousand records.
class Contents {
 public:
  explicit Contents(std::span<const Certificate> chain) : chain_(chain), made_(chain.size()) {}

  std::span<const Certificate> chain() const { return chain_; }

  bool named(const Tlsa& record, std::size_t place) { return of(record, place) == record.data; }

  // What a record with these numbers holds that names the certificate there.
  const std::string& of(const Tlsa& record, std::size_t place) {
    const std::size_t kind =
        record.selector * 3U + record.matching_type;  // of usable records: 0 to 5
    std::optional<std::string>& made = made_[place][kind];
    if (!made) made = make(record, chain_[place]);
    return *made;
  }

 private:
  static std::string make(const Tlsa& record, const Certificate& certificate) {
    std::string content = record.selector == 0 ? certificate.der() : certificate.public_key();
    switch (record.matching_type) {
      case 0:
        return content;
      case 1:
        return digest(EVP_sha256(), content);
      default:
        return digest(EVP_sha512(), content);
    }
  }

  std::span<const Certificate> chain_;
  std::vector<std::array<std::optional<std::string>, 6>> made_;
};

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

// A SubjectPublicKeyInfo; null where the bytes are none.
Key key_of(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = at + bytes.size();
  ERR_set_mark();
  Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(bytes.size())));
  ERR_pop_to_mark();
  if (at != end) key.reset();
  return key;
}

bool signed_by(const Certificate& certificate, EVP_PKEY* key) {
  ERR_set_mark();
  const bool verifies = X509_verify(certificate.native(), key) == 1;
  ERR_pop_to_mark();
  return verifies;
}

// The records of usage 2, within limits that hold for all of them together.
class Authorities {
 public:
  Authorities(Contents& contents, std::string_view host, std::int64_t at)
      : contents_(contents), host_(host), at_(at) {}

  TlsaOutcome match(const Tlsa& record) {
    const std::span<const Certificate> chain = contents_.chain();
    detail_.clear();
    name_or_dates_ = false;
    bool sent = false;
    // Usage 2 is of a CA above the leaf: Postfix and OpenSSL do not look at depth 0 for it.
    for (std::size_t i = 1; i < chain.size(); ++i) {
      if (!contents_.named(record, i)) continue;
      sent = true;
      if (leads_to(chain[i])) return {TlsaMatch::match, {}};
    }
    // 2 0 0 brings the certificate along (RFC 7671 §5.2.2).
    if (!sent && record.selector == 0 && record.matching_type == 0) {
      const Result<Certificate> anchor = Certificate::from_der(record.data);
      if (anchor) {
        if (leads_to(*anchor)) return {TlsaMatch::match, {}};
        return {failed(), detail_};
      }
    }
    // 2 1 0 brings the key alone: what it signed is as good as the anchor (RFC 7671 §5.2.3).
    if (!sent && record.selector == 1 && record.matching_type == 0) {
      const Key key = key_of(record.data);
      for (const Certificate& each : chain) {
        if (key == nullptr || !may_try(key_trials_, kMaxKeyTrials)) break;
        if (!signed_by(each, key.get())) continue;
        sent = true;
        if (leads_to(each)) return {TlsaMatch::match, {}};
      }
    }
    return {sent ? failed() : TlsaMatch::not_sent, detail_};
  }

 private:
  // Of an authority that is there.
  TlsaMatch failed() const {
    return name_or_dates_ ? TlsaMatch::name_or_dates : TlsaMatch::no_match;
  }

  bool may_try(int& tried, int most) {
    if (tried++ < most) return true;
    detail_ = "too many authorities";
    return false;
  }

  bool leads_to(const Certificate& anchor) {
    if (!may_try(authorities_, kMaxAuthorities)) return false;
    const Verification verification = verify_to(contents_.chain(), anchor, host_, at_);
    if (verification.ok) return true;
    name_or_dates_ =
        name_or_dates_ || std::ranges::all_of(verification.errors, [](const ChainError& error) {
          return is_of_name_or_dates(error.fault);
        });
    const ChainError& first = verification.errors.front();
    detail_ =
        std::string(fault_name(first.fault)) + (first.detail.empty() ? "" : ": " + first.detail);
    return false;
  }

  Contents& contents_;
  std::string_view host_;
  std::int64_t at_;
  std::string detail_;
  bool name_or_dates_ = false;
  int authorities_ = 0;
  int key_trials_ = 0;
};

}  // namespace

std::string beginning(std::string_view data) {
  constexpr std::size_t kShown = 8;
  return ascii::hex(data.substr(0, kShown)) + (data.size() > kShown ? "..." : "");
}

TlsaOutcome usable(const Tlsa& record) {
  const auto unusable = [](std::string why) {
    return TlsaOutcome{TlsaMatch::unusable, std::move(why)};
  };
  if (record.usage == 0 || record.usage == 1)
    return unusable("usage " + std::to_string(record.usage) + " is not for SMTP");
  if (record.usage > 3) return unusable("unknown usage " + std::to_string(record.usage));
  if (record.selector > 1) return unusable("unknown selector " + std::to_string(record.selector));
  if (record.matching_type > 2)
    return unusable("unknown matching type " + std::to_string(record.matching_type));
  const std::size_t size = record.matching_type == 1 ? 32 : record.matching_type == 2 ? 64 : 0;
  if (size != 0 && record.data.size() != size)
    return unusable("a digest of " + std::to_string(record.data.size()) + " bytes");
  if (record.data.empty()) return unusable("no data");
  if (record.matching_type == 0 && record.selector == 0 && !Certificate::from_der(record.data))
    return unusable("its data is no certificate");
  if (record.matching_type == 0 && record.selector == 1 && key_of(record.data) == nullptr)
    return unusable("its data is no public key");
  return {};
}

std::vector<TlsaOutcome> match(std::span<const Tlsa> records, std::span<const Certificate> chain,
                               std::string_view host, std::int64_t at) {
  std::vector<TlsaOutcome> outcomes;
  outcomes.reserve(records.size());
  Contents contents(chain);
  Authorities authorities(contents, host, at);
  for (const Tlsa& record : records) {
    TlsaOutcome outcome = usable(record);
    if (outcome.match != TlsaMatch::unusable && !chain.empty()) {
      if (record.usage == 3) {
        if (contents.named(record, 0)) {
          outcome.match = TlsaMatch::match;
        } else {
          outcome.detail = "the certificate has " + beginning(contents.of(record, 0));
        }
      } else {
        outcome = authorities.match(record);
      }
    }
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace mxseal::pki
