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

#include "base/bytes.hpp"
#include "base/siphash.hpp"
#include "formats/tlsrpt_report.hpp"

namespace mxseal::reports {

/// A set of 64-bit hashes, each with a number. In shards, which grow one after the other and not
/// all at once.
class HashSet {
 public:
  explicit HashSet(bool numbered) : numbered_(numbered) {}

  /// Adds `hash` with `number`; false where it is there already, and then `number` is what it was
  /// added with (if numbered).
  bool add(std::uint64_t hash, std::uint32_t& number);

  /// Fetches the place of `hash` from memory, for an add() that comes a little later.
  void prefetch(std::uint64_t hash) const;

 private:
  struct Shard {
    std::vector<std::uint64_t> hashes;  // 0 is free
    std::vector<std::uint32_t> numbers;
    std::size_t used = 0;
  };
  static constexpr std::size_t kShards = 64;

  static std::size_t slot_of(const Shard& shard, std::uint64_t hash);
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
  explicit Distinct(bool numbered, SipKey key = SipKey::random())
      : contents_(numbered), ids_(false), key_(key) {}

  /// Whether the report was added before. `number` is then that of the report it repeats.
  Seen add(const tlsrpt::Report& report, std::uint32_t& number);
  /// A report that was met elsewhere, under the same key.
  void add(const Digest& digest);
  /// Of the report that was added last.
  const Digest& last() const { return last_; }

 private:
  HashSet contents_;
  HashSet ids_;
  SipKey key_;
  Digest last_;
  Bytes scratch_;
};

}  // namespace mxseal::reports
