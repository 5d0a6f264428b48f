// SPDX-License-Identifier: MIT
// Distinct: which reports were met before, in 16 bytes a report and the table's slack.
//
// Two reports are the same if organization, report id, range and content are: the values, not the
// white space, the order of members or the wrapping. Two keyed 64-bit hashes stand for that: one of
// everything, one of organization and id alone. Both must be known for a duplicate. The id known
// and the rest not is another report under a used id (Google gives all files of a day and domain
// the same one). The key is random, so nobody can forge a report that makes another one vanish.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/keyed_hash.hpp"
#include "formats/tlsrpt_report.hpp"

namespace mxseal::reports {

/// 64-bit hashes, each with a value and a number. In shards, which grow one after the other and not
/// all at once.
class HashMap {
 public:
  explicit HashMap(bool numbered) : numbered_(numbered) {}

  /// Adds `hash` with `value` and `number`; false where it is there already, and then they become
  /// what it was added with (the number if numbered).
  bool add(std::uint64_t hash, std::uint64_t& value, std::uint32_t& number);

  /// Fetches the place of `hash` from memory, for an add() that comes a little later.
  void prefetch(std::uint64_t hash) const;

 private:
  struct Entry {
    std::uint64_t hash = 0;  // 0 is free
    std::uint64_t value = 0;
  };
  struct Shard {
    std::vector<Entry> entries;
    std::vector<std::uint32_t> numbers;
    std::size_t used = 0;
  };
  static constexpr std::size_t kShards = 64;

  static std::size_t slot_of(const Shard& shard, std::uint64_t hash);
  static std::size_t find(const Shard& shard, std::uint64_t hash);
  void grow(Shard& shard) const;
  std::array<Shard, kShards> shards_;
  bool numbered_;
};

enum class Seen : std::uint8_t { first, id_again, duplicate };

/// Stands for a report wherever the same key is used.
struct Digest {
  std::uint64_t id = 0;       ///< organization and report id
  std::uint64_t content = 0;  ///< everything
};

class Distinct {
 public:
  /// With `numbered`, add() can tell which report a duplicate repeats, for 4 more bytes a report.
  explicit Distinct(bool numbered, const SipKey& key = SipKey::random())
      : seen_(numbered), key_(key) {}

  /// Whether the report was added before. `number` is then that of the report it repeats.
  Seen add(const tlsrpt::Report& report, std::uint32_t& number);
  /// The same by a report's digest, which may have been made elsewhere under the same key.
  Seen add(const Digest& digest, std::uint32_t& number);
  /// Of the report that was added last.
  const Digest& last() const { return last_; }

 private:
  // The first report of an id by its id; others under that id by their content. So most reports are
  // one look-up, of a place that was fetched while the content was hashed.
  HashMap seen_;
  HashKey key_;
  Digest last_;
};

}  // namespace mxseal::reports
