// SPDX-License-Identifier: MIT
// Batch: reports and errors copied out of a reader's memory, to be handed to another thread and
// read there.
#pragma once

#include <deque>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tlsrpt_report.hpp"
#include "reports/place.hpp"

namespace mxseal::reports {

class Batch {
 public:
  struct Item {
    tlsrpt::Report report;
    Place place;
    Place::Step member;  // the place's way through containers, as one text
    bool is_report = false;
    Error error{Errc::not_a_report, "", -1};
  };

  void add(const tlsrpt::Report& report, const Place& place);
  void add(const Place& place, const Error& error);

  std::size_t size() const { return items_.size(); }
  /// Roughly what it holds, in bytes: when to hand it over.
  std::size_t bytes() const { return bytes_; }
  std::deque<Item>& items() { return items_; }

 private:
  std::string_view keep(std::string_view text);
  void keep_place(const Place& place, Item& item);

  std::pmr::monotonic_buffer_resource texts_{std::size_t{64} << 10};
  std::deque<Item> items_;  // a deque: places point into their items
  std::string member_;
  std::size_t bytes_ = 0;
};

}  // namespace mxseal::reports
