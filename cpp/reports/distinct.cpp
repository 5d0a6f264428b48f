// SPDX-License-Identifier: MIT
#include "reports/distinct.hpp"

#include <string_view>

namespace mxseal::reports {
namespace {

__extension__ using Wide = unsigned __int128;

// A report's values in one order, each with its length, so that no two different reports give the
// same bytes. Lengths and counts are mostly small and take one byte then: what is written here is
// hashed for every report.
class Canonical {
 public:
  explicit Canonical(Bytes& out) : out_(out) { out_.clear(); }

  void number(std::int64_t value) {
    if (value >= 0 && value < kLarge) {
      const char byte = static_cast<char>(value);
      out_.append({&byte, 1});
    } else {
      out_.append({&kLargeMark, 1});
      out_.append({reinterpret_cast<const char*>(&value), sizeof value});
    }
  }
  void text(std::string_view text) {
    number(text.data() == nullptr ? -1 : static_cast<std::int64_t>(text.size()));
    out_.append(text);
  }
  template <typename Texts>
  void texts(const Texts& texts) {
    number(static_cast<std::int64_t>(texts.size()));
    for (const std::string_view each : texts) text(each);
  }

 private:
  static constexpr std::int64_t kLarge = 0xFF;
  static constexpr char kLargeMark = static_cast<char>(0xFF);
  Bytes& out_;
};

}  // namespace

// The hash's upper bits choose the shard, the next ones the place in it, whatever the shard's size.
std::size_t HashSet::slot_of(const Shard& shard, std::uint64_t hash) {
  return static_cast<std::size_t>((Wide{hash << 6} * shard.hashes.size()) >> 64);
}

bool HashSet::add(std::uint64_t hash, std::uint32_t& number) {
  if (hash == 0) hash = 1;
  Shard& shard = shards_[hash >> 58];
  if (shard.used * 8 >= shard.hashes.size() * 7) grow(shard);
  std::size_t slot = slot_of(shard, hash);
  while (shard.hashes[slot] != 0) {
    if (shard.hashes[slot] == hash) {
      if (numbered_) number = shard.numbers[slot];
      return false;
    }
    if (++slot == shard.hashes.size()) slot = 0;
  }
  shard.hashes[slot] = hash;
  if (numbered_) shard.numbers[slot] = number;
  ++shard.used;
  return true;
}

void HashSet::prefetch(std::uint64_t hash) const {
  const Shard& shard = shards_[hash >> 58];
  if (!shard.hashes.empty()) __builtin_prefetch(&shard.hashes[slot_of(shard, hash)], 1);
}

void HashSet::grow(Shard& shard) const {
  Shard larger;
  const std::size_t size =
      shard.hashes.empty() ? 16 : shard.hashes.size() + shard.hashes.size() / 2;
  larger.hashes.resize(size);
  if (numbered_) larger.numbers.resize(size);
  larger.used = shard.used;
  for (std::size_t old = 0; old < shard.hashes.size(); ++old) {
    if (shard.hashes[old] == 0) continue;
    std::size_t slot = slot_of(larger, shard.hashes[old]);
    while (larger.hashes[slot] != 0) {
      if (++slot == size) slot = 0;
    }
    larger.hashes[slot] = shard.hashes[old];
    if (numbered_) larger.numbers[slot] = shard.numbers[old];
  }
  shard = std::move(larger);
}

Seen Distinct::add(const tlsrpt::Report& report, std::uint32_t& number) {
  Canonical canonical(scratch_);
  canonical.text(report.organization_name);
  canonical.text(report.report_id);
  const std::uint64_t id = siphash13(key_, scratch_.view());
  ids_.prefetch(id);
  canonical.text(report.contact_info);
  canonical.number(report.start);
  canonical.number(report.end);
  canonical.number(static_cast<std::int64_t>(report.policies.size()));
  for (const tlsrpt::PolicyEntry& entry : report.policies) {
    canonical.text(entry.policy_type);
    canonical.text(entry.policy_domain);
    canonical.texts(report.lines_of(entry));
    canonical.texts(report.mx_hosts_of(entry));
    canonical.number(entry.total_successful_session_count);
    canonical.number(entry.total_failure_session_count);
    canonical.number(entry.detail_count);
    for (const tlsrpt::FailureDetail& detail : report.details_of(entry)) {
      canonical.text(detail.result_type);
      canonical.text(detail.sending_mta_ip);
      canonical.text(detail.receiving_mx_hostname);
      canonical.text(detail.receiving_mx_helo);
      canonical.text(detail.receiving_ip);
      canonical.number(detail.failed_session_count);
      canonical.text(detail.additional_information);
      canonical.text(detail.failure_reason_code);
    }
  }
  const std::uint64_t content = siphash13(key_, scratch_.view());
  contents_.prefetch(content);
  last_ = {id, content};
  std::uint32_t unused = 0;
  const bool new_id = ids_.add(id, unused);
  if (!contents_.add(content, number) && !new_id) return Seen::duplicate;
  return new_id || report.report_id.empty() ? Seen::first : Seen::id_again;
}

void Distinct::add(const Digest& digest) {
  std::uint32_t unused = 0;
  ids_.add(digest.id, unused);
  contents_.add(digest.content, unused);
}

}  // namespace mxseal::reports
