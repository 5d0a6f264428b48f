// SPDX-License-Identifier: MIT
// Any bytes as a TXT record: nothing crashes, errors stand inside the input, and what is read holds
// to the grammar.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "formats/mtasts_record.hpp"
#include "formats/tlsrpt_record.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_error(const mxseal::Error& error, std::string_view input) {
  require(error.offset >= 0 && error.offset <= static_cast<std::int64_t>(input.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of exactly this size, so that the sanitizer sees a read one byte too far.
  const std::unique_ptr<char[]> block(new char[size]);
  std::copy(data, data + size, block.get());
  const std::string_view input(block.get(), size);

  const auto sts = mxseal::mtasts::parse_record(input);
  if (sts) {
    require(input.starts_with("v=STSv1") && !sts->id.empty() && sts->id.size() <= 32);
    // What was read, written plainly, is read alike and without a deviation.
    std::string plain = "v=STSv1; id=" + sts->id;
    for (const auto& [name, value] : sts->extensions)
      plain.append("; ").append(name).append("=").append(value);
    const auto again = mxseal::mtasts::parse_record(plain);
    require(again && *again == *sts && again->deviations.empty());
  } else {
    check_error(sts.error(), input);
  }

  const auto tlsrpt = mxseal::tlsrpt::parse_record(input);
  if (tlsrpt) {
    require(input.starts_with("v=TLSRPTv1") && !tlsrpt->rua.empty());
    std::string plain = "v=TLSRPTv1; rua=" + tlsrpt->rua.front();
    for (std::size_t i = 1; i < tlsrpt->rua.size(); ++i) plain.append(",").append(tlsrpt->rua[i]);
    for (const auto& [name, value] : tlsrpt->extensions)
      plain.append("; ").append(name).append("=").append(value);
    const auto again = mxseal::tlsrpt::parse_record(plain);
    require(again && *again == *tlsrpt && again->deviations.empty());
  } else {
    check_error(tlsrpt.error(), input);
  }
  return 0;
}
