// SPDX-License-Identifier: MIT
// What is a host name, as such and as a key. How hosts are matched, U-labels among them, is in
// tests/data/mx_match.jsonl.
#include "base/domain_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace mxseal {
namespace {

const std::string kLabel63(63, 'a');
const std::string kName253 =
    kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(61, 'b');

TEST(DomainName, keeps_one_form) {
  struct Row {
    std::string text, form;
  };
  const Row rows[] = {
      {"mx.example.com", "mx.example.com"},
      {"MX.Example.COM.", "mx.example.com"},
      {"localhost", "localhost"},
      {"9.example", "9.example"},
      {"a--b.example", "a--b.example"},
      {"xn--a.example", "xn--a.example"},
      {"m\xc3\xbcnchen.Example.", "xn--mnchen-3ya.example"},
      {"M\xc3\xbcnchen", "xn--mnchen-3ya"},
      {"fa\xc3\x9f.example", "xn--fa-hia.example"},  // RFC 5891: no mapping to ss
      {kName253, kName253},
      {kName253 + ".", kName253},
      {kLabel63, kLabel63},
      {"1.2.3", "1.2.3"},
      {"1.2.3.4.5", "1.2.3.4.5"},
      {"192.0.2.1.example", "192.0.2.1.example"},
  };
  for (const Row& row : rows) {
    const auto name = DomainName::parse(row.text);
    ASSERT_TRUE(name) << row.text;
    EXPECT_EQ(name->text(), row.form);
    EXPECT_EQ(*name, *DomainName::parse(row.form)) << row.text;
  }
}

TEST(DomainName, refuses_with_the_offset_of_the_label) {
  struct Row {
    std::string text;
    std::int64_t offset;
  };
  const Row rows[] = {
      {"", 0},
      {".", 0},
      {"..", 0},
      {".a", 0},
      {"a..", 2},
      {"a..b", 2},
      {"a.-b", 2},
      {"a.b-.c", 2},
      {"-", 0},
      {"a_b", 0},
      {"a.b c", 2},
      {"*.a", 0},
      {"a.b:25", 2},
      {std::string("a.b\0", 4), 2},
      {std::string("a.\xc3\xbc\0", 5), 2},
      {"192.0.2.1", 0},
      {"192.0.2.1.", 0},
      {"999.999.999.999", 0},
      {"a." + kLabel63 + "a", 2},
      {kName253 + "b", 0},    // each label fits, the name does not
      {"a.\xff", 2},          // no UTF-8
      {"a.\xc3", 2},          // cut inside a character
      {"a.\xed\xa0\x80", 2},  // a surrogate
      {"a\xe3\x80\x82"
       "b",
       0},                // U+3002 is no dot: RFC 5891 maps nothing
      {"m\xc3\x9c", 0},   // upper case beyond ASCII
      {"mu\xcc\x88", 0},  // decomposed
      {"a.a\xe2\x80\x8d"
       "b",
       2},  // ZWJ without its context, RFC 5892 Appendix A.2
      {"-\xc3\xbc", 0},
      {"\xc3\xbc-", 0},
      {std::string(57, 'a') + "\xc3\xbc", 0},  // its A-label has more than 63 octets
  };
  for (const Row& row : rows) {
    const auto name = DomainName::parse(row.text);
    ASSERT_FALSE(name) << row.text;
    EXPECT_EQ(name.error().code, Errc::host_invalid) << row.text;
    EXPECT_EQ(name.error().offset, row.offset) << row.text;
  }
}

TEST(DomainName, a_name_far_too_long) {
  EXPECT_FALSE(DomainName::parse(std::string(1'000'000, 'a')));
  std::string labels;
  for (int i = 0; i < 200'000; ++i) labels += "\xc3\xbc.";
  EXPECT_FALSE(DomainName::parse(labels));
}

// The grammar once more, written differently: RFC 1123 §2.1 as a walk over the bytes.
bool is_host_name_by_hand(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool at_start = i == 0 || text[i - 1] == '.';
    const bool at_end = i + 1 == text.size() || text[i + 1] == '.';
    if (c == '.') {
      if (at_start || at_end) return false;
      length = 0;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (c != '-' || at_start || at_end)) return false;
    if (++length > 63) return false;
  }
  return true;
}

TEST(DomainName, every_byte_in_every_place) {
  const std::string names[] = {"a", "ab", "a.b", "ab-c.de.f", "a.b."};
  for (const std::string& name : names) {
    for (std::size_t place = 0; place <= name.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string inserted = name;
        inserted.insert(place, 1, static_cast<char>(byte));
        EXPECT_EQ(DomainName::parse(inserted).has_value(), is_host_name_by_hand(inserted))
            << inserted;
      }
    }
  }
}

TEST(DomainName, lengths_at_their_bounds) {
  for (std::size_t label = 1; label <= 65; ++label) {
    EXPECT_EQ(DomainName::parse(std::string(label, 'a') + ".example").has_value(), label <= 63)
        << label;
    EXPECT_EQ(DomainName::parse("mx." + std::string(label, 'A')).has_value(), label <= 63) << label;
  }
  for (std::size_t last = 58; last <= 63; ++last) {
    const std::string name =
        kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(last, 'b');
    EXPECT_EQ(DomainName::parse(name).has_value(), name.size() <= 253) << name.size();
    EXPECT_EQ(DomainName::parse(name + ".").has_value(), name.size() <= 253) << name.size();
    EXPECT_FALSE(DomainName::parse(name + "..")) << name.size();
  }
}

TEST(DomainName, parent_and_depth) {
  const auto name = *DomainName::parse("a.b.example");
  EXPECT_EQ(name.parent(), "b.example");
  EXPECT_EQ(DomainName::parse("example")->parent(), "");
  EXPECT_TRUE(name.is_below(*DomainName::parse("b.example")));
  EXPECT_TRUE(name.is_below(*DomainName::parse("example")));
  EXPECT_FALSE(name.is_below(name));
  EXPECT_FALSE(name.is_below(*DomainName::parse("xa.b.example")));
  EXPECT_FALSE(DomainName::parse("xb.example")->is_below(*DomainName::parse("b.example")));
}

TEST(NormalizeDomain, one_form_for_keys) {
  struct Row {
    std::string text, form, why;
  };
  const Row rows[] = {
      {"Example.COM.", "example.com", "case and final dot"},
      {"_dmarc.Example.com", "_dmarc.example.com", "underscores are no host name's but a domain's"},
      {"M\xc3\xbcnchen.example", "xn--mnchen-3ya.example", "U-labels"},
      {"", "", "nothing"},
      {".", ".", "no domain: as it is"},
      {"A..B", "A..B", "no domain: as it is, also its case"},
      {"192.0.2.1", "192.0.2.1", "an address"},
      {"192.0.2.1.", "192.0.2.1.", "an address with a dot is no domain"},
      {"Not A Domain.", "Not A Domain.", "prose"},
      {"A\xff", "A\xff", "no UTF-8"},
      {std::string("A\0b", 3), std::string("A\0b", 3), "NUL"},
  };
  for (const Row& row : rows) {
    std::string buffer;
    EXPECT_EQ(normalize_domain(row.text, buffer), row.form) << row.why;
  }
}

TEST(NormalizeDomain, costs_nothing_where_nothing_changes) {
  for (const std::string_view text :
       {"example.com", "_x.example.com", "xn--mnchen-3ya.example", "Not A Domain", ""}) {
    std::string buffer;
    EXPECT_EQ(normalize_domain(text, buffer).data(), text.data()) << text;
    EXPECT_EQ(buffer.capacity(), std::string().capacity()) << text;
  }
}

// The fast path and the strict path decide alike: a final dot alone sends a name down the strict
// one.
TEST(NormalizeDomain, both_paths_agree) {
  for (const std::string text : {"a", "a.b", "a-b.c", "a_b.c", "_", "1.2.3", "1.2.3.4", "a..b",
                                 "-a", "a-", "a b", "*", "a.b-c.d9"}) {
    std::string buffer;
    const std::string fast(normalize_domain(text, buffer));
    const std::string strict(normalize_domain(text + ".", buffer));
    EXPECT_EQ(strict, text == "a..b" || text == "-a" || text == "a-" || text == "a b" ||
                              text == "*" || text == "1.2.3.4"
                          ? text + "."
                          : fast);
  }
}

}  // namespace
}  // namespace mxseal
