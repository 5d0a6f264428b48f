// SPDX-License-Identifier: MIT
// Any bytes as what an SMTP server says, a form feed ending each turn: nothing crashes, the limits hold, STARTTLS is never sent
// where nothing offered it, and no handshake is begun while bytes wait.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/cursor.hpp"
#include "formats/smtp_dialogue.hpp"

namespace {

using mxseal::smtp::Dialogue;
using mxseal::smtp::Next;
using mxseal::smtp::Outcome;

void require(bool holds) {
  if (!holds) std::abort();
}

void run(std::string_view input, Dialogue::Security security) {
  Dialogue dialogue("me.example", security);
  std::string sent;
  mxseal::Cursor cursor(input);
  if (dialogue.next() == Next::handshake) dialogue.secured();
  while (!cursor.at_end()) {
    const auto next = dialogue.receive(cursor.take_until('\f'));
    if (!next) {
      require(dialogue.outcome() == Outcome::none);
      require(next.error().offset >= -1 &&
              next.error().offset <= static_cast<std::int64_t>(input.size()));
      return;
    }
    const std::string output = dialogue.take_output();
    if (output == "STARTTLS\r\n") require(dialogue.last_reply().offers("starttls"));
    sent += output;
    require((dialogue.next() == Next::ended) == (dialogue.outcome() != Outcome::none));
    require(dialogue.last_reply().lines.size() <= mxseal::smtp::kMaxLines);
    if (dialogue.next() == Next::handshake) require(!dialogue.is_amid_reply());
    if (cursor.take('\f') && dialogue.next() == Next::handshake) dialogue.secured();
  }
  require(std::ranges::count(sent, '\n') <= 4);
  if (dialogue.outcome() == Outcome::finished) require(sent.ends_with("QUIT\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of exactly this size, so that the sanitizer sees a read one byte too far.
  const std::unique_ptr<char[]> block(new char[size]);
  std::copy(data, data + size, block.get());
  const std::string_view input(block.get(), size);
  run(input, Dialogue::Security::starttls);
  run(input, Dialogue::Security::implicit_tls);
  return 0;
}
