// SPDX-License-Identifier: MIT
// Any bytes as a mail: parts lie within it, decoding never gives more than was there, and reading
// again gives the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "formats/mbox.hpp"
#include "formats/mime.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mxseal;
  // A block of exactly its size, so that one byte too far is seen.
  const std::unique_ptr<char[]> block(new char[size]);
  std::copy_n(data, size, block.get());
  const std::string_view message(block.get(), size);

  mime::MailReader reader;
  const bool good = reader.read(message).has_value();
  require(reader.parts().size() <= mime::kMaxParts);
  Bytes out;
  std::string filename;
  std::size_t end = 0;
  for (const mime::Part& part : reader.parts()) {
    require(part.offset >= end && part.offset <= size);
    require(part.body.size() <= size - part.offset);
    require(part.body == message.substr(part.offset, part.body.size()));
    require(part.media_type.find('/') != std::string::npos);
    end = part.offset + part.body.size();
    mime::read_filename(part, filename);
    static_cast<void>(mime::decode(part, out));
    require(out.size() <= part.body.size());
  }
  const std::size_t parts = reader.parts().size();
  const std::string mail_from = reader.mail().mail_from;
  require(reader.read(message).has_value() == good && reader.parts().size() == parts);
  require(reader.mail().mail_from == mail_from);

  std::size_t at = mbox::next_message(message, 0);
  while (at != std::string_view::npos) {
    require(message.substr(at).starts_with("From ") && (at == 0 || message[at - 1] == '\n'));
    const std::size_t next = mbox::next_message(message, at + 1);
    require(next > at);
    at = next;
  }
  return 0;
}
