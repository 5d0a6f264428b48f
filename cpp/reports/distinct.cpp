// SPDX-License-Identifier: MIT
#include "reports/distinct.hpp"

#include <utility>

namespace mxseal::reports {
namespace {

__extension__ using Wide = unsigned __int128;

}  // namespace

// The hash's upper bits choose the shard, the next ones the place in it, whatever the shard's size.
std::size_t HashMap::slot_of(const Shard& shard, std::uint64_t hash) {
  return static_cast<std::size_t>((Wide{hash << 6} * shard.entries.size()) >> 64);
}

// The slot of `hash`, or the free one where it belongs.
std::size_t HashMap::find(const Shard& shard, std::uint64_t hash) {
  std::size_t slot = slot_of(shard, hash);
  while (shard.entries[slot].hash != 0 && shard.entries[slot].hash != hash) {
    if (++slot == shard.entries.size()) slot = 0;
  }
  return slot;
}

bool HashMap::add(std::uint64_t hash, std::uint64_t& value, std::uint32_t& number) {
  if (hash == 0) hash = 1;
  Shard& shard = shards_[hash >> 58];
  if (shard.used * 8 >= shard.entries.size() * 7) grow(shard);
  const std::size_t slot = find(shard, hash);
  if (shard.entries[slot].hash == hash) {
    value = shard.entries[slot].value;
    if (numbered_) number = shard.numbers[slot];
    return false;
  }
  shard.entries[slot] = {hash, value};
  if (numbered_) shard.numbers[slot] = number;
  ++shard.used;
  return true;
}

void HashMap::prefetch(std::uint64_t hash) const {
  const Shard& shard = shards_[hash >> 58];
  if (!shard.entries.empty()) __builtin_prefetch(&shard.entries[slot_of(shard, hash)], 1);
}

void HashMap::grow(Shard& shard) const {
  Shard larger;
  const std::size_t size =
      shard.entries.empty() ? 16 : shard.entries.size() + shard.entries.size() / 2;
  larger.entries.resize(size);
  if (numbered_) larger.numbers.resize(size);
  larger.used = shard.used;
  for (std::size_t old = 0; old < shard.entries.size(); ++old) {
    if (shard.entries[old].hash == 0) continue;
    const std::size_t slot = find(larger, shard.entries[old].hash);
    larger.entries[slot] = shard.entries[old];
    if (numbered_) larger.numbers[slot] = shard.numbers[old];
  }
  shard = std::move(larger);
}

Seen Distinct::add(const tlsrpt::Report& report, std::uint32_t& number) {
  KeyedHash hash(key_);
  const auto add_number = [&hash](auto value) { hash.add(static_cast<std::uint64_t>(value)); };
  const auto add_texts = [&](const auto& texts) {
    add_number(texts.size());
    for (const std::string_view text : texts) hash.add(text);
  };
  hash.add(report.organization_name);
  hash.add(report.report_id);
  last_.id = hash.value();
  seen_.prefetch(last_.id);
  hash.add(report.contact_info);
  add_number(report.start);
  add_number(report.end);
  add_number(report.policies.size());
  for (const tlsrpt::PolicyEntry& entry : report.policies) {
    hash.add(entry.policy_type);
    hash.add(entry.policy_domain);
    add_texts(report.lines_of(entry));
    add_texts(report.mx_hosts_of(entry));
    add_number(entry.total_successful_session_count);
    add_number(entry.total_failure_session_count);
    add_number(entry.detail_count);
    for (const tlsrpt::FailureDetail& detail : report.details_of(entry)) {
      hash.add(detail.result_type);
      hash.add(detail.sending_mta_ip);
      hash.add(detail.receiving_mx_hostname);
      hash.add(detail.receiving_mx_helo);
      hash.add(detail.receiving_ip);
      add_number(detail.failed_session_count);
      hash.add(detail.additional_information);
      hash.add(detail.failure_reason_code);
    }
  }
  last_.content = hash.value();
  const Seen seen = add(last_, number);
  return seen == Seen::id_again && report.report_id.empty() ? Seen::first : seen;
}

Seen Distinct::add(const Digest& digest, std::uint32_t& number) {
  std::uint64_t content = digest.content;
  std::uint32_t first = number;
  if (seen_.add(digest.id, content, first)) return Seen::first;
  if (content == digest.content) {
    number = first;
    return Seen::duplicate;
  }
  content = digest.content;
  return seen_.add(digest.content, content, number) ? Seen::id_again : Seen::duplicate;
}

}  // namespace mxseal::reports
