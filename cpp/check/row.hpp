// SPDX-License-Identifier: MIT
// Rows: what a scan says of each domain, as columns. python/mxseal/_scan.py tells users what each column means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/columns.hpp"
#include "facts/domain.hpp"
#include "judge/judge.hpp"

namespace mxseal::check {

class Rows {
 public:
  Rows();
  ~Rows();
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;

  /// `line` is where the domain stands in the list.
  void add(std::int64_t line, const facts::Domain& facts, const judge::Judgement& judgement);
  std::int64_t size() const;
  /// All rows so far; it begins anew.
  std::shared_ptr<const Table> take();

 private:
  struct Columns;
  struct Words;

  // What a leaf certificate is listed with; those of hosts that many domains share come again and again.
  struct Leaf {
    pki::Certificate certificate;  // keeps the key of the map from meaning another one
    std::int64_t not_after;
    std::string sha256;
  };
  const Leaf& leaf(const pki::Certificate& certificate);

  std::int64_t add_mx(const facts::Domain& facts, const judge::Judgement& judgement);
  std::int64_t add_addresses(const facts::MxHost& host, const judge::MxJudgement* judged);
  void add_findings(const judge::Judgement& judgement);

  std::unique_ptr<Words> words_;
  std::unique_ptr<Columns> columns_;
  std::unordered_map<const x509_st*, Leaf> leaves_;
  std::size_t leaf_bytes_ = 0;
};

}  // namespace mxseal::check
