// SPDX-License-Identifier: MIT
#include "formats/dns_message.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::dns {
namespace {

constexpr std::size_t kMaxName = 255;  // octets of a name on the wire (RFC 1035 §2.3.4)
constexpr std::size_t kMaxLabel = 63;
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kOtherType = 0;  // reserved (RFC 6895 §3.1), so never asked for

Error broken(std::string what, std::size_t offset) {
  return {Errc::dns_message, std::move(what), static_cast<std::int64_t>(offset)};
}

// ------------------------------------------------------------------------------------- writing
void append16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xFF);
}

// One byte of a label in text: itself, \DDD or \X (RFC 1035 §5.1).
std::optional<char> take_byte(Cursor& name) {
  if (!name.take('\\')) return name.take_up_to(1).front();
  const std::string_view digits = name.take_while(ascii::is_digit, 3);
  if (digits.empty() && !name.at_end()) return name.take_up_to(1).front();
  if (digits.size() != 3) return std::nullopt;
  const int code = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  if (code > 255) return std::nullopt;
  return static_cast<char>(code);
}

bool append_name(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  Cursor name(text);
  while (!name.at_end()) {
    std::string label;
    while (!name.at_end() && !name.take('.')) {
      const std::optional<char> byte = take_byte(name);
      if (!byte) return false;
      label += *byte;
    }
    if (label.empty() || label.size() > kMaxLabel) return false;
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
  return out.size() - start <= kMaxName;
}

// ------------------------------------------------------------------------------------- reading
// The one way bytes of a message are taken. Once it has failed, it gives nothing but zeros.
class Reader {
 public:
  explicit Reader(std::string_view message, std::size_t at = 0) : message_(message), at_(at) {}

  std::size_t at() const { return at_; }
  bool ok() const { return ok_; }
  bool at_end() const { return at_ == message_.size(); }

  std::uint8_t octet() {
    const std::string_view one = bytes(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one.front());
  }
  std::uint16_t word() {
    const unsigned high = octet();
    return static_cast<std::uint16_t>(high << 8 | octet());
  }
  std::uint32_t long_word() {
    const std::uint32_t high = word();
    return high << 16 | word();
  }
  std::string_view bytes(std::size_t count) {
    if (message_.size() - at_ < count) {
      ok_ = false;
      at_ = message_.size();
      return {};
    }
    const std::string_view taken = message_.substr(at_, count);
    at_ += count;
    return taken;
  }

  // A name, perhaps compressed (RFC 1035 §4.1.4).
  std::string name() {
    std::string text;
    std::optional<std::size_t> behind;  // where to go on after the first pointer
    std::size_t limit = at_;            // a pointer leads to what stands in front of this
    std::size_t octets = 1;             // of the name, with the root's
    std::size_t pointers = 0;
    for (;;) {
      const std::uint8_t length = octet();
      if (!ok_) return {};
      if (length == 0) break;
      if ((length & 0xC0U) == 0xC0U) {
        const std::size_t target = (length & 0x3FU) << 8U | octet();
        if (!ok_ || target >= limit || ++pointers > kMaxPointers) return failed_name();
        if (!behind) behind = at_;
        at_ = limit = target;
        continue;
      }
      octets += length + 1U;
      if (length > kMaxLabel || octets > kMaxName) return failed_name();
      if (!text.empty()) text += '.';
      for (const char byte : bytes(length)) append_escaped(text, byte);
    }
    if (behind) at_ = *behind;
    return text;
  }

 private:
  static void append_escaped(std::string& text, char byte) {
    const unsigned code = static_cast<unsigned char>(byte);
    if (code > 0x20 && code < 0x7F && byte != '.' && byte != '\\') {
      text += ascii::lower(byte);
      return;
    }
    text += '\\';
    text += static_cast<char>('0' + code / 100);
    text += static_cast<char>('0' + code / 10 % 10);
    text += static_cast<char>('0' + code % 10);
  }
  std::string failed_name() {
    ok_ = false;
    at_ = message_.size();
    return {};
  }

  std::string_view message_;
  std::size_t at_;
  bool ok_ = true;
};

struct RawRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;  // of OPT: the upper bits of the RCODE, and more (RFC 6891 §6.1.3)
  std::size_t data_at = 0;
  std::size_t data_size = 0;

  bool is(Type wanted) const { return type == static_cast<std::uint16_t>(wanted); }
};

std::optional<RawRecord> take_record(Reader& reader) {
  RawRecord record;
  record.name = reader.name();
  record.type = reader.word();
  const std::uint16_t record_class = reader.word();
  record.ttl = reader.long_word();
  record.data_size = reader.word();
  record.data_at = reader.at();
  reader.bytes(record.data_size);
  if (!reader.ok()) return std::nullopt;
  if (record.type == kTypeOpt) return record;
  if (record_class != kClassIn) record.type = kOtherType;
  if (record.ttl > std::numeric_limits<std::int32_t>::max()) record.ttl = 0;  // RFC 2181 §8
  return record;
}

// The strings of a TXT, at least one (RFC 1035 §3.3.14), joined as RFC 8461 §3.1 and RFC 8460 §3 want it.
std::string joined_strings(Reader& reader) {
  std::string text;
  do {
    text += reader.bytes(reader.octet());
  } while (reader.ok() && !reader.at_end());
  return text;
}

std::optional<Record> read_data(std::string_view message, const RawRecord& raw, Type type) {
  Reader reader(message.substr(0, raw.data_at + raw.data_size), raw.data_at);
  Record record;
  record.ttl = raw.ttl;
  switch (type) {
    case Type::txt:
      record.data = joined_strings(reader);
      break;
    case Type::mx:
      record.preference = reader.word();
      record.data = reader.name();
      break;
    case Type::cname:
      record.data = reader.name();
      break;
    case Type::a:
      record.data = reader.bytes(4);
      break;
    case Type::aaaa:
      record.data = reader.bytes(16);
      break;
    case Type::tlsa:
      if (raw.data_size < 3) return std::nullopt;  // RFC 6698 §2.1
      record.data = reader.bytes(raw.data_size);
      break;
    case Type::soa:
      record.data = reader.bytes(raw.data_size);
      break;
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return record;
}

// How long an absence may be believed: the smaller of the SOA's own TTL and its last field (RFC 2308 §5).
std::optional<std::uint32_t> negative_ttl(std::string_view message, const RawRecord& soa) {
  Reader reader(message.substr(0, soa.data_at + soa.data_size), soa.data_at);
  reader.name();     // MNAME
  reader.name();     // RNAME
  reader.bytes(16);  // SERIAL, REFRESH, RETRY, EXPIRE
  const std::uint32_t minimum = reader.long_word();
  if (!reader.ok()) return std::nullopt;
  return std::min(soa.ttl, minimum);
}

struct Message {
  std::vector<RawRecord> answers;
  std::vector<RawRecord> authorities;
};

// What stands in front of the answers, and in `answer` what the flags say.
Result<Message> read_sections(std::string_view message, std::string_view name, Type type,
                              Answer& answer) {
  Reader reader(message);
  reader.word();  // the id is the transport's to compare
  const std::uint8_t flags = reader.octet();
  const std::uint8_t more_flags = reader.octet();
  const std::uint16_t questions = reader.word();
  const std::uint16_t answers = reader.word();
  const std::uint16_t authorities = reader.word();
  const std::uint16_t additional = reader.word();
  if (!reader.ok()) return broken("shorter than its header", message.size());
  if ((flags & 0x80U) == 0) return broken("a question, not an answer", 2);
  if ((flags & 0x78U) != 0) return broken("an answer to something else than a query", 2);
  if ((flags & 0x02U) != 0) return broken("cut off", 2);
  unsigned rcode = more_flags & 0x0FU;
  answer.authentic = (more_flags & 0x20U) != 0;

  // Servers that refuse may leave the question out.
  if (questions > 1 || (questions == 0 && (answers != 0 || rcode == 0)))
    return broken("not one question", 4);
  if (questions == 1) {
    const std::size_t start = reader.at();
    const std::string asked = reader.name();
    const std::uint16_t asked_type = reader.word();
    const std::uint16_t asked_class = reader.word();
    if (!reader.ok()) return broken("a question that cannot be read", start);
    if (asked != name || asked_type != static_cast<std::uint16_t>(type) || asked_class != kClassIn)
      return broken("an answer to another question", start);
  }

  Message sections;
  const unsigned all = unsigned{answers} + authorities + additional;
  for (unsigned i = 0; i < all; ++i) {
    const std::size_t start = reader.at();
    std::optional<RawRecord> record = take_record(reader);
    if (!record) return broken("a record that cannot be read", start);
    if (i < answers) {
      sections.answers.push_back(std::move(*record));
    } else if (i < unsigned{answers} + authorities) {
      sections.authorities.push_back(std::move(*record));
    } else if (record->type == kTypeOpt) {
      rcode |= record->ttl >> 24 << 4;
    }
  }
  answer.rcode = static_cast<Rcode>(rcode);
  return sections;
}

std::string lower(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string text(name);
  std::ranges::transform(text, text.begin(), ascii::lower);
  return text;
}

}  // namespace

Result<std::string> question(std::string_view name, Type type, std::uint16_t id,
                             bool checking_disabled) {
  std::string message;
  append16(message, id);
  message += '\x01';                               // RD
  message += checking_disabled ? '\x30' : '\x20';  // AD, CD
  append16(message, 1);                            // one question
  append16(message, 0);
  append16(message, 0);
  append16(message, 1);  // one additional record, OPT
  if (name == ".") name = {};
  if (!append_name(message, name)) return Error{Errc::dns_name, excerpt(name), -1};
  append16(message, static_cast<std::uint16_t>(type));
  append16(message, kClassIn);
  message += '\0';  // the root: OPT's owner (RFC 6891 §6.1.2)
  append16(message, kTypeOpt);
  append16(message, kUdpSize);
  message.append(6, '\0');  // extended RCODE, version, flags without DO; no options
  return message;
}

Result<Answer> read_answer(std::string_view message, std::string_view name, Type type) {
  const std::string asked = lower(name);
  Answer answer;
  const Result<Message> sections = read_sections(message, asked, type, answer);
  if (!sections) return sections.error();
  const std::vector<RawRecord>& records = sections->answers;
  answer.ttl = std::numeric_limits<std::uint32_t>::max();

  // The chain of CNAMEs, whatever order the records stand in.
  std::string owner = asked;
  while (type != Type::cname && !answer.endless) {
    const auto found = std::ranges::find_if(
        records, [&](const RawRecord& each) { return each.is(Type::cname) && each.name == owner; });
    if (found == records.end()) break;
    const std::optional<Record> target = read_data(message, *found, Type::cname);
    if (!target) return broken("a CNAME that cannot be read", found->data_at);
    answer.endless = target->data == asked || answer.cnames.size() == kMaxCnames ||
                     std::ranges::find(answer.cnames, target->data) != answer.cnames.end();
    answer.cnames.push_back(target->data);
    answer.ttl = std::min(answer.ttl, target->ttl);
    owner = target->data;
  }
  for (const RawRecord& raw : records) {
    if (answer.endless || !raw.is(type) || raw.name != owner) continue;
    std::optional<Record> record = read_data(message, raw, type);
    if (!record) return broken("a record that cannot be read", raw.data_at);
    answer.ttl = std::min(answer.ttl, record->ttl);
    answer.records.push_back(std::move(*record));
  }
  if (answer.records.empty()) {
    for (const RawRecord& raw : sections->authorities) {
      if (!raw.is(Type::soa)) continue;
      const std::optional<std::uint32_t> ttl = negative_ttl(message, raw);
      if (!ttl) return broken("a SOA that cannot be read", raw.data_at);
      answer.has_soa = true;
      answer.ttl = std::min(answer.ttl, *ttl);
    }
    if (answer.cnames.empty() && !answer.has_soa) answer.ttl = 0;
  }
  return answer;
}

}  // namespace mxseal::dns
