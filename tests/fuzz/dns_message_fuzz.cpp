// SPDX-License-Identifier: MIT
// Any bytes as an answer of DNS: nothing crashes, errors stand inside the input, names that were read can be asked for, and
// nothing is both a chain without end and an answer.
//
// The first byte chooses the type that was asked for; the message follows, and is about the name in its own question.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "formats/dns_message.hpp"

namespace {

using mxseal::dns::Type;

constexpr std::array kTypes{Type::a,   Type::cname, Type::soa, Type::mx,
                            Type::txt, Type::aaaa,  Type::tlsa};

void require(bool holds) {
  if (!holds) std::abort();
}

// Labels as they stand at offset 12, so that any input may be an answer to what was asked.
std::string asked_name(std::string_view message) {
  std::string name;
  std::size_t at = 12;
  while (at < message.size() && message[at] != '\0') {
    const auto length = static_cast<unsigned char>(message[at]);
    if (!name.empty()) name += '.';
    name += message.substr(at + 1, length);
    at += length + 1U;
  }
  return name;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Type type = kTypes[data[0] % kTypes.size()];
  // A block of exactly this size, so that the sanitizer sees a read one byte too far.
  const std::unique_ptr<char[]> block(new char[size - 1]);
  std::copy(data + 1, data + size, block.get());
  const std::string_view message(block.get(), size - 1);

  const auto answer = mxseal::dns::read_answer(message, asked_name(message), type);
  if (!answer) {
    require(answer.error().offset >= 0 &&
            answer.error().offset <= static_cast<std::int64_t>(message.size()));
    return 0;
  }
  require(answer->cnames.size() <= mxseal::dns::kMaxCnames + 1);
  require(!answer->endless || answer->records.empty());
  for (const std::string& name : answer->cnames)
    require(mxseal::dns::question(name, type, 0, false).has_value());
  for (const auto& record : answer->records) {
    require(record.data.size() <= message.size() * 4);
    if (type == Type::mx || type == Type::cname)
      require(mxseal::dns::question(record.data, type, 0, false).has_value());
  }
  return 0;
}
