// SPDX-License-Identifier: MIT
// Questions as they go out, answers as they come, and what must not be read as an absence.
#include "formats/dns_message.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "dns_wire.hpp"

namespace mxseal::dns {
namespace {

using namespace std::string_literals;
namespace wire = mxseal::test::dns;
using wire::kResponse;
using wire::message;

constexpr std::string_view kName = "example.com";
const std::string kOwner = "\xC0\x0C";  // a pointer to the question's name

std::string asked(unsigned type) {
  return wire::question(kName, type);
}

std::string txt_reply(const wire::Records& answers, unsigned flags = kResponse,
                      const wire::Records& authorities = {}, const wire::Records& additional = {}) {
  return message(7, flags, asked(wire::kTxt), answers, authorities, additional);
}

Result<Answer> read_txt(const std::string& bytes) {
  return read_answer(bytes, kName, Type::txt);
}

std::vector<std::string> data_of(const Answer& answer) {
  std::vector<std::string> data;
  for (const Record& each : answer.records) data.push_back(each.data);
  return data;
}

using Texts = std::vector<std::string>;

// ------------------------------------------------------------------------------------ questions
TEST(DnsQuestion, as_it_goes_out) {
  const std::string edns = "\0\0\x29\x04\xD0\0\0\0\0\0\0"s;
  EXPECT_EQ(*question("Example.com.", Type::tlsa, 0x1234, false),
            "\x12\x34\x01\x20\0\x01\0\0\0\0\0\x01"s + wire::wire_name("Example.com") +
                "\0\x34\0\x01"s + edns);
  EXPECT_EQ(question("a.example", Type::a, 1, true)->substr(2, 2), "\x01\x30") << "RD, AD and CD";
  for (const std::string_view root : {"", "."})
    EXPECT_EQ(question(root, Type::soa, 1, false)->substr(12, 5), "\0\0\x06\0\x01"s);
}

TEST(DnsQuestion, names) {
  struct Row {
    std::string name;
    std::string encoded;  // empty: no name
    std::string_view why;
  };
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  const Row rows[] = {
      {"_25._tcp.mx.example", wire::wire_name("_25._tcp.mx.example"), "underscores"},
      {R"(a\046b.example)", "\x03"s + "a.b" + "\x07"s + "example\0"s, "a dot inside a label"},
      {R"(a\.b\\)", "\x04"s + "a.b\\\0"s, "the other way to write it"},
      {R"(\000\255)", "\x02\0\xFF\0"s, "any byte"},
      {label, wire::wire_name(label), "63 octets"},
      {label + "a", "", "64 octets"},
      {longest, wire::wire_name(longest), "255 octets on the wire"},
      {longest + "a", "", "256"},
      {"a..b", "", "an empty label"},
      {".a", "", "an empty first label"},
      {"a..", "", "two final dots"},
      {R"(a\256)", "", "no byte"},
      {R"(a\25)", "", "two digits"},
      {R"(a\)", "", "nothing behind the backslash"},
  };
  for (const Row& row : rows) {
    const auto bytes = question(row.name, Type::a, 1, false);
    if (row.encoded.empty()) {
      ASSERT_FALSE(bytes) << row.why;
      EXPECT_EQ(bytes.error().code, Errc::dns_name) << row.why;
    } else {
      ASSERT_TRUE(bytes) << row.why;
      EXPECT_EQ(bytes->substr(12, row.encoded.size()), row.encoded) << row.why;
    }
  }
}

// -------------------------------------------------------------------------------------- answers
TEST(DnsAnswer, txt_strings_of_a_record_are_joined) {
  const auto answer = read_txt(
      txt_reply({wire::txt(kName, {"v=STSv1; ", "id=1;"}, 60), wire::txt(kName, {""}, 30)}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(data_of(*answer), (Texts{"v=STSv1; id=1;", ""}));
  EXPECT_EQ(answer->ttl, 30U);
  EXPECT_EQ(answer->rcode, Rcode::no_error);
  EXPECT_FALSE(answer->authentic);
  EXPECT_TRUE(answer->cnames.empty());
}

TEST(DnsAnswer, types) {
  const auto read = [](unsigned type, const std::string& data) {
    return read_answer(
        message(7, kResponse, asked(type), {wire::raw_record(kOwner, type, 9, data)}), kName,
        static_cast<Type>(type));
  };
  struct Row {
    unsigned type;
    std::string data;
    bool good;
    std::string expected;
    std::string_view why;
  };
  const Row rows[] = {
      {wire::kA, "\x7F\0\0\x01"s, true, "\x7F\0\0\x01"s, "four bytes"},
      {wire::kA, "\x7F\0\0"s, false, "", "three"},
      {wire::kA, "\x7F\0\0\x01\x01"s, false, "", "five"},
      {wire::kAaaa, std::string(16, 'x'), true, std::string(16, 'x'), "sixteen bytes"},
      {wire::kAaaa, std::string(4, 'x'), false, "", "an IPv4 address in AAAA"},
      {wire::kMx, "\0\x0A"s + wire::wire_name("MX.Example"), true, "mx.example", "lower case"},
      {wire::kMx, "\0\x0A\x02mx"s + kOwner, true, "mx.example.com", "compressed"},
      {wire::kMx, "\0\x0A\0"s, true, "", "null MX (RFC 7505)"},
      {wire::kMx, "\0\x0A"s, false, "", "no exchange"},
      {wire::kMx, "\0\x0A\0\0"s, false, "", "something behind the exchange"},
      {wire::kTlsa, "\x03\x01\x01"s + "hash", true, "\x03\x01\x01"s + "hash", "TLSA"},
      {wire::kTlsa, "\x03\x01"s, false, "", "TLSA of two bytes"},
      {wire::kTxt, "", false, "", "TXT without a string (RFC 1035 section 3.3.14)"},
      {wire::kTxt,
       "\x05"
       "abcd",
       false, "", "a string longer than its record"},
      {wire::kCname, wire::wire_name("a b.x"), true, R"(a\032b.x)", "an odd byte"},
      {wire::kCname,
       "\x03"
       "a.b\0"s,
       true, R"(a\046b)", "a dot inside a label"},
  };
  for (const Row& row : rows) {
    const auto answer = read(row.type, row.data);
    ASSERT_EQ(answer.has_value(), row.good) << row.why;
    if (!row.good) {
      EXPECT_EQ(answer.error().code, Errc::dns_message) << row.why;
      continue;
    }
    ASSERT_EQ(answer->records.size(), 1U) << row.why;
    EXPECT_EQ(answer->records[0].data, row.expected) << row.why;
    EXPECT_EQ(answer->records[0].preference, row.type == wire::kMx ? 10 : 0) << row.why;
    EXPECT_EQ(answer->ttl, 9U) << row.why;
  }
}

TEST(DnsAnswer, flags_and_rcodes) {
  EXPECT_TRUE(read_txt(txt_reply({}, kResponse | wire::kAd))->authentic);
  EXPECT_EQ(read_txt(txt_reply({}, kResponse | wire::kNxdomain))->rcode, Rcode::nxdomain);
  EXPECT_EQ(read_txt(txt_reply({}, kResponse | wire::kServfail))->rcode, Rcode::servfail);
  // BADVERS is 16, of which the header has only the lower four bits: 0 (RFC 6891 §6.1.3).
  const std::string badvers = wire::raw_record("\0"s, wire::kOpt, 0x01000000, "", 1232);
  EXPECT_EQ(read_txt(txt_reply({}, kResponse, {}, {badvers}))->rcode, static_cast<Rcode>(16));
  // Who refuses may leave the question out; who answers may not.
  EXPECT_EQ(read_txt(message(7, kResponse | wire::kRefused, ""))->rcode, Rcode::refused);
  EXPECT_FALSE(read_txt(message(7, kResponse, "")));
}

TEST(DnsAnswer, absence_has_a_ttl) {
  const auto no_data = read_txt(txt_reply({}, kResponse, {wire::soa("com", 600, 900)}));
  ASSERT_TRUE(no_data);
  EXPECT_TRUE(no_data->has_soa);
  EXPECT_EQ(no_data->ttl, 600U) << "the smaller of both (RFC 2308 section 5)";
  EXPECT_EQ(read_txt(txt_reply({}, kResponse, {wire::soa("com", 600, 60)}))->ttl, 60U);
  EXPECT_EQ(read_txt(txt_reply({}))->ttl, 0U);
  EXPECT_FALSE(read_txt(txt_reply({}))->has_soa);
  EXPECT_EQ(read_txt(txt_reply({wire::txt(kName, {"x"}, 0x80000000)}))->ttl, 0U)
      << "RFC 2181 section 8";
}

TEST(DnsAnswer, only_the_records_asked_for_count) {
  const auto answer = read_txt(txt_reply({
      wire::txt("other.example", {"of another name"}),
      wire::mx(kName, 1, "of.another.type"),
      wire::raw_record(wire::wire_name(kName), wire::kTxt, 1, wire::string_of("of class CH"), 3),
      wire::txt("EXAMPLE.com", {"mine"}),
  }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(data_of(*answer), Texts{"mine"});
}

TEST(DnsAnswer, cnames_are_followed_in_any_order) {
  const auto answer = read_txt(txt_reply({
      wire::txt("c.example", {"found"}, 50),
      wire::cname("b.example", "c.example", 20),
      wire::cname(kName, "B.example", 40),
  }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->cnames, (Texts{"b.example", "c.example"}));
  EXPECT_EQ(data_of(*answer), Texts{"found"});
  EXPECT_EQ(answer->ttl, 20U);
  EXPECT_FALSE(answer->endless);
}

TEST(DnsAnswer, a_chain_may_end_early) {
  const auto open = read_txt(txt_reply({wire::cname(kName, "b.example", 40)}));
  EXPECT_EQ(open->cnames, Texts{"b.example"});
  EXPECT_FALSE(open->has_soa);
  const auto closed =
      read_txt(txt_reply({wire::cname(kName, "b.example", 40)}, kResponse, {wire::soa("b", 9, 9)}));
  EXPECT_TRUE(closed->has_soa);
  EXPECT_EQ(closed->ttl, 9U);
}

TEST(DnsAnswer, cname_itself_is_not_followed) {
  const auto answer =
      read_answer(message(7, kResponse, asked(wire::kCname),
                          {wire::cname(kName, "b.example"), wire::cname("b.example", "c.example")}),
                  kName, Type::cname);
  ASSERT_TRUE(answer);
  EXPECT_EQ(data_of(*answer), Texts{"b.example"});
  EXPECT_TRUE(answer->cnames.empty());
}

TEST(DnsAnswer, a_chain_without_end_is_no_absence) {
  EXPECT_TRUE(read_txt(txt_reply({wire::cname(kName, kName)}))->endless);
  const auto back =
      read_txt(txt_reply({wire::cname(kName, "b.example"), wire::cname("b.example", "c.example"),
                          wire::cname("c.example", "b.example"), wire::txt("b.example", {"no"})}));
  EXPECT_TRUE(back->endless);
  EXPECT_TRUE(back->records.empty());
  EXPECT_EQ(back->cnames, (Texts{"b.example", "c.example", "b.example"}));

  const auto chain = [](std::size_t links) {
    wire::Records records;
    std::string owner(kName);
    for (std::size_t i = 0; i < links; ++i) {
      const std::string target = "n" + std::to_string(i) + ".example";
      records.push_back(wire::cname(owner, target));
      owner = target;
    }
    records.push_back(wire::txt(owner, {"end"}));
    return read_txt(txt_reply(records));
  };
  EXPECT_EQ(data_of(*chain(kMaxCnames)), Texts{"end"});
  EXPECT_TRUE(chain(kMaxCnames + 1)->endless);
}

// --------------------------------------------------------------------- what cannot be read at all
TEST(DnsAnswer, every_cut_is_an_error) {
  const std::string whole =
      txt_reply({wire::cname(kName, "b.example"), wire::txt("b.example", {"x", "y"})}, kResponse,
                {wire::soa("example", 1, 1)},
                {wire::raw_record("\0"s, wire::kOpt, 0, "\0\x0A\0\x02xx"s, 1232)});
  ASSERT_TRUE(read_txt(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto answer = read_txt(whole.substr(0, size));
    ASSERT_FALSE(answer) << size;
    EXPECT_EQ(answer.error().code, Errc::dns_message) << size;
    EXPECT_LE(answer.error().offset, static_cast<std::int64_t>(size)) << size;
  }
}

TEST(DnsAnswer, not_an_answer_to_this) {
  struct Row {
    std::string bytes;
    std::int64_t offset;
    std::string_view why;
  };
  const Row rows[] = {
      {txt_reply({}, 0x0100), 2, "a question"},
      {txt_reply({}, kResponse | 0x2800), 2, "an answer to an update"},
      {txt_reply({wire::txt(kName, {"x"})}, kResponse | wire::kTruncated), 2, "cut off"},
      {message(7, kResponse, wire::question("example.org", wire::kTxt)), 12, "another name"},
      {message(7, kResponse, wire::question(kName, wire::kMx)), 12, "another type"},
      {message(7, kResponse, wire::wire_name(kName) + "\0\x10\0\x03"s), 12, "another class"},
      {"\0\x07\x81\x80\0\x02\0\0\0\0\0\0"s + asked(wire::kTxt) + asked(wire::kTxt), 4,
       "two questions"},
  };
  for (const Row& row : rows) {
    const auto answer = read_txt(row.bytes);
    ASSERT_FALSE(answer) << row.why;
    EXPECT_EQ(answer.error().code, Errc::dns_message) << row.why;
    EXPECT_EQ(answer.error().offset, row.offset) << row.why;
  }
  EXPECT_TRUE(read_answer(txt_reply({}), "EXAMPLE.com.", Type::txt)) << "case and final dot";
}

TEST(DnsAnswer, pointers_lead_only_to_what_stands_in_front) {
  const std::size_t at = txt_reply({}).size();  // where the owner of the first answer stands
  const auto pointer = [](std::size_t target) {
    return wire::u16(0xC000U | static_cast<unsigned>(target));
  };
  const auto read = [](const std::string& owner) {
    return read_txt(txt_reply({wire::raw_record(owner, wire::kTxt, 1, wire::string_of("x"))}));
  };
  EXPECT_EQ(data_of(*read(pointer(12))), Texts{"x"});
  EXPECT_FALSE(read(pointer(at))) << "to itself";
  EXPECT_FALSE(
      read("\x01"
           "a" +
           pointer(at)))
      << "to its own start";
  EXPECT_FALSE(read(pointer(at + 2))) << "to what follows";
  EXPECT_FALSE(read(pointer(0x3FFF))) << "outside";
  EXPECT_FALSE(
      read("\x80"
           "a\0"s))
      << "no kind of label (RFC 1035 section 4.1.4)";
  EXPECT_FALSE(
      read("\x41"
           "a\0"s))
      << "nor this (RFC 6891 section 5)";
}

// RFC 1035 §2.3.4: 255 octets, however the name is put together.
TEST(DnsAnswer, names_end) {
  const auto with_target = [](const std::string& target) {
    return read_answer(message(7, kResponse, asked(wire::kCname),
                               {wire::raw_record(kOwner, wire::kCname, 1, target)}),
                       kName, Type::cname);
  };
  const std::string label = "\x3F" + std::string(63, 'a');
  // 13 octets are the pointer's name with the root, so 242 are left.
  const std::string fits = label + label + label + "\x31" + std::string(49, 'b') + kOwner;
  ASSERT_TRUE(with_target(fits));
  EXPECT_EQ(with_target(fits)->records[0].data.size(), 3 * 64 + 50 + kName.size());
  EXPECT_FALSE(with_target(label + label + label + "\x32" + std::string(50, 'b') + kOwner));
}

// Pointers to pointers add no octet to a name; a chain of thousands, met by thousands of records, would be followed all day.
TEST(DnsAnswer, pointers_behind_pointers_end) {
  const auto with_hops = [](std::size_t hops) {
    std::string data;
    std::size_t last = 12;  // the question's name
    const std::size_t begin = txt_reply({}).size() + 2 + 10;
    for (std::size_t i = 0; i < hops; ++i) {
      const std::size_t here = begin + data.size();
      data += wire::u16(0xC000U | static_cast<unsigned>(last));
      last = here;
    }
    const std::string owner = wire::u16(0xC000U | static_cast<unsigned>(last));
    return read_txt(txt_reply({wire::raw_record(kOwner, wire::kA, 1, data),
                               wire::raw_record(owner, wire::kTxt, 1, wire::string_of("x"))}));
  };
  ASSERT_TRUE(with_hops(kMaxPointers - 1));
  EXPECT_EQ(data_of(*with_hops(kMaxPointers - 1)), Texts{"x"});
  EXPECT_FALSE(with_hops(kMaxPointers));
}

// Some thousand records, each of a name of 255 octets that takes two.
TEST(DnsAnswer, the_largest_message) {
  const std::string label(63, 'a');
  const std::string name = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  wire::Records answers;
  for (std::size_t size = 300; size + 13 <= 65'535; size += 13)
    answers.push_back(wire::raw_record(kOwner, wire::kTxt, 1, "\0"s));
  const auto answer = read_answer(message(7, kResponse, wire::question(name, wire::kTxt), answers),
                                  name, Type::txt);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->records.size(), answers.size());
}

}  // namespace
}  // namespace mxseal::dns
