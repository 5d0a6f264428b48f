// SPDX-License-Identifier: MIT
// Any bytes as a policy: nothing crashes, errors stand inside the input, and what is read can be
// printed and read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "formats/mtasts_policy.hpp"

namespace {

using mxseal::mtasts::Mode;
using mxseal::mtasts::Policy;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_policy(const Policy& policy, std::string_view input) {
  require(policy.max_age >= 0 && policy.max_age <= mxseal::mtasts::kMaxMaxAge);
  require(!policy.mx.empty() || policy.mode == Mode::none);
  require(policy.text == input);
  const auto again = mxseal::mtasts::parse_policy(policy.print());
  require(again && *again == policy && again->deviations.empty());
  // Each pattern covers the host that it was made for, and a wildcard neither its own name nor two
  // labels more.
  for (const auto& pattern : policy.mx) {
    const std::string name(pattern.name().text());
    const auto host = [&](std::string_view labels) {
      return mxseal::DomainName::parse(std::string(labels) + name);
    };
    if (const auto itself = host("")) require(pattern.covers(*itself) != pattern.is_wildcard());
    if (const auto below = host("a.")) require(pattern.covers(*below) == pattern.is_wildcard());
    if (const auto deeper = host("a.b.")) require(!pattern.covers(*deeper));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of exactly this size, so that the sanitizer sees a read one byte too far.
  const std::unique_ptr<char[]> block(new char[size]);
  std::copy(data, data + size, block.get());
  const std::string_view input(block.get(), size);

  const auto policy = mxseal::mtasts::parse_policy(input);
  if (policy) {
    check_policy(*policy, input);
  } else {
    require(policy.error().offset >= 0 && policy.error().offset <= static_cast<std::int64_t>(size));
  }

  // The same bytes as a host name: the form in which names are compared stays as it is when it is
  // read again.
  if (const auto host = mxseal::DomainName::parse(input)) {
    const auto again = mxseal::DomainName::parse(host->text());
    require(again && *again == *host);
    std::string buffer;
    require(mxseal::normalize_domain(input, buffer) == host->text());
    require(mxseal::normalize_domain(host->text(), buffer).data() == host->text().data());
  }
  return 0;
}
