// SPDX-License-Identifier: MIT
#include "base/error.hpp"

#include <iterator>

#include "base/utf8.hpp"

namespace mxseal {
namespace {

struct Entry {
  std::string_view code;
  std::string_view text;
};

constexpr Entry kErrors[] = {
#define MXSEAL_ERRC(name, code, text) {code, text},
#define MXSEAL_DEVIATION(name, code, text)
#include "base/errc.def"
#undef MXSEAL_ERRC
#undef MXSEAL_DEVIATION
};

constexpr Entry kDeviations[] = {
#define MXSEAL_ERRC(name, code, text)
#define MXSEAL_DEVIATION(name, code, text) {code, text},
#include "base/errc.def"
#undef MXSEAL_ERRC
#undef MXSEAL_DEVIATION
};

}  // namespace

std::string_view code_name(Errc code) {
  return kErrors[static_cast<std::size_t>(code)].code;
}
std::string_view code_text(Errc code) {
  return kErrors[static_cast<std::size_t>(code)].text;
}
std::string_view code_name(Deviation deviation) {
  return kDeviations[static_cast<std::size_t>(deviation)].code;
}
std::string_view code_text(Deviation deviation) {
  return kDeviations[static_cast<std::size_t>(deviation)].text;
}

std::vector<std::pair<std::string_view, std::string_view>> error_codes() {
  std::vector<std::pair<std::string_view, std::string_view>> codes;
  codes.reserve(std::size(kErrors));
  for (const Entry& entry : kErrors) codes.emplace_back(entry.code, entry.text);
  return codes;
}

std::string excerpt(std::string_view input) {
  return std::string(utf8::prefix(input, kMaxDetail));
}

std::vector<std::string_view> Deviations::names() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < bits_.size(); ++i) {
    if (bits_.test(i)) names.push_back(kDeviations[i].code);
  }
  return names;
}

}  // namespace mxseal
