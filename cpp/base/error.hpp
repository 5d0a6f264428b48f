// SPDX-License-Identifier: MIT
// Error: why untrusted input could not be read. The core never throws for bad input; it returns
// Result<T>.
//
// An Error has a code (base/errc.def: public name and sentence), a detail (the bytes, number or
// name that was met; hostile, to be escaped by whoever prints it) and the offset in the input where
// reading stopped, -1 where there is none.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mxseal {

enum class Errc : std::uint8_t {
#define MXSEAL_ERRC(name, code, text) name,
#define MXSEAL_DEVIATION(name, code, text)
#include "base/errc.def"
#undef MXSEAL_ERRC
#undef MXSEAL_DEVIATION
};

enum class Deviation : std::uint8_t {
#define MXSEAL_ERRC(name, code, text)
#define MXSEAL_DEVIATION(name, code, text) name,
#include "base/errc.def"
#undef MXSEAL_ERRC
#undef MXSEAL_DEVIATION
  count_,
};

/// The public name of a code, in kebab-case: "max_age-out-of-range".
std::string_view code_name(Errc code);
std::string_view code_name(Deviation deviation);

/// One plain sentence for a code, without the detail.
std::string_view code_text(Errc code);
std::string_view code_text(Deviation deviation);

/// Every code of an error with its sentence.
std::vector<std::pair<std::string_view, std::string_view>> error_codes();

/// How many bytes of the input a detail quotes.
inline constexpr std::size_t kMaxDetail = 64;

/// What a detail quotes of `input`: its first kMaxDetail bytes, without a character of UTF-8 that
/// does not fit whole.
std::string excerpt(std::string_view input);

struct Error {
  Errc code;
  std::string detail;
  std::int64_t offset = -1;

  bool operator==(const Error&) const = default;
};

/// A set of deviations: each kind counts once, listed in the order of the table.
class Deviations {
 public:
  void add(Deviation deviation) { bits_.set(static_cast<std::size_t>(deviation)); }
  void add(const Deviations& other) { bits_ |= other.bits_; }
  bool has(Deviation deviation) const { return bits_.test(static_cast<std::size_t>(deviation)); }
  bool empty() const { return bits_.none(); }
  void clear() { bits_.reset(); }
  std::vector<std::string_view> names() const;
  bool operator==(const Deviations&) const = default;

 private:
  std::bitset<static_cast<std::size_t>(Deviation::count_)> bits_;
};

}  // namespace mxseal
