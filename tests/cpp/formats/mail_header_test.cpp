// SPDX-License-Identifier: MIT
#include "formats/mail_header.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mxseal::mail_header {
namespace {

struct Row {
  std::string text;
  std::string expected;
  const char* reason;
};

TEST(MailHeader, fields_are_taken) {
  const Row rows[] = {
      {"", "| ", "nothing"},
      {"A: 1\nB:2\n\nbody", "A= 1|B=2| body", "up to the blank line"},
      {"A: 1\r\nB: 2\r\n\r\nbody", "A= 1|B= 2| body", "CR LF"},
      {"A: 1", "A= 1| ", "no line end"},
      {"A: 1\n b\n\tc\nD:", "A= 1\n b\n\tc|D=| ", "folded"},
      {"A: 1\r\n b\r\n", "A= 1\r\n b| ", "folded, CR LF"},
      {"A:\n \nB: 2\n", "A=\n |B= 2| ", "a continuation of white space"},
      {"\nbody", "| body", "no field"},
      {"A: 1\nbody", "A= 1| body", "the blank line is missing"},
      {"A: 1\nto whom: it may concern", "A= 1| to whom: it may concern",
       "a space in a name is none"},
      {" continues nothing\nA: 1\n", "A= 1| ", "white space first"},
      {": nothing\nA: 1\n", "A= 1| ", "a field without a name is left out"},
      {"A\xC3\xA4: 1\n", "| A\xC3\xA4: 1\n", "a name is ASCII"},
  };
  for (const Row& row : rows) {
    Cursor cursor(row.text);
    std::string got;
    while (const std::optional<Field> field = take_field(cursor)) {
      got += std::string(field->name) + "=" + std::string(field->value) + "|";
    }
    if (got.empty()) got += '|';
    EXPECT_EQ(got + " " + std::string(cursor.rest()), row.expected) << row.reason;
  }
}

void expect_rows(void (*read)(std::string_view, std::string&), const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    std::string out = "old";
    read(row.text, out);
    EXPECT_EQ(out, row.expected) << row.reason;
  }
}

TEST(MailHeader, word) {
  expect_rows(read_word, {{" example.org", "example.org", "a domain"},
                          {"\r\n\texample.org\r\n ", "example.org", "folded"},
                          {"(a (b) \\) c) example.org(d)", "example.org", "comments"},
                          {"base64;", "base64", "a stray semicolon"},
                          {" (never closed", "", "only a comment"},
                          {"", "", "nothing"}});
}

TEST(MailHeader, address) {
  expect_rows(
      read_address,
      {{" a@example.com", "a@example.com", "alone"},
       {"Name <a@example.com>", "a@example.com", "with a name"},
       {"<a@example.com>", "a@example.com", "in angles"},
       {"\"b, <c@example.net>\" <a@example.com>", "a@example.com", "a quoted name"},
       {"a@example.com (Name, b@example.net)", "a@example.com", "a comment"},
       {"Name\r\n <a@example.com>", "a@example.com", "folded"},
       {"a@example.com, b@example.net", "a@example.com", "the first of two"},
       {", a@example.com", "a@example.com", "an empty one first"},
       {"Group: a@example.com, b@example.net;", "a@example.com", "in a group"},
       {"<@r.example,@s.example:a@example.com>", "a@example.com", "with a route (RFC 5322 4.4)"},
       {"\"a b\"@example.com", "\"a b\"@example.com", "a quoted local part"},
       {"<a@example.com", "a@example.com", "never closed"},
       {"Bob", "", "no address"},
       {"undisclosed:;", "", "an empty group"},
       {"\"never closed", "", "a quote"},
       {"a) b@example.com", "a)b@example.com", "a stray parenthesis"},
       {"\xE9@example.com", "\\xe9@example.com", "no UTF-8"},
       {"", "", "nothing"}});
}

TEST(MailHeader, media_type) {
  expect_rows(read_media_type, {{" text/plain", "text/plain", "alone"},
                                {"Text/HTML; charset=x", "text/html", "in lower case"},
                                {"(a) text (b) / (c) plain (d)", "text/plain", "comments"},
                                {"application/tlsrpt+gzip;", "application/tlsrpt+gzip", "a report"},
                                {"text", "", "no subtype"},
                                {"text/", "", "an empty one"},
                                {"/plain", "", "no type"},
                                {"", "", "nothing"}});
}

TEST(MailHeader, parameter) {
  const Row rows[] = {
      {"x; name=a", "a", "plain"},
      {"x; NAME = a ; y=z", "a", "any case, spaces"},
      {"x; name=\"a;b\"", "a;b", "quoted"},
      {"x; y=\"; name=no\"; name=a", "a", "not within another's quotes"},
      {R"(x; name="a\"b\\c\d")", R"(a"b\c\d)", "escapes; that of a path is none"},
      {"x; name=\"a\r\n b\"", "a b", "folded in quotes"},
      {"x;\r\n\tname=\r\n\ta", "a", "folded"},
      {"x; (c) name (d) = (e) a (f)", "a", "comments"},
      {"x; name=report 1.json; y=z", "report 1.json", "what should have been quoted"},
      {"x; name=a; name=b", "a", "the first"},
      {"x; name=\"never closed", "never closed", "a quote"},
      {"x; name", "-", "no value"},
      {"x; filename=a", "-", "another name"},
      {"x name=a", "-", "no semicolon"},
      {"x; name*0=a; name*1=b; name*2=\"c d\"", "abc d", "RFC 2231 3: sections"},
      {"x; name*1=b; name*0=a", "ab", "in any order"},
      {"x; name*0=a; name*2=c", "a", "up to the first that is missing"},
      {"x; name*=utf-8'en'%e2%82%ac%20a", "\xE2\x82\xAC a", "RFC 2231 4: encoded"},
      {"x; name*=iso-8859-1''%E9", "\xC3\xA9", "Latin-1"},
      {"x; name*=koi8-r''%c1", "\\xc1", "a charset that is not known"},
      {"x; name*=plain", "plain", "no charset"},
      {"x; name*=utf-8''%zz%4", "%zz%4", "wrong digits stay"},
      {"x; name*0*=utf-8''%c3; name*1*=%a9; name*2=%41", "\xC3\xA9%41", "both, mixed"},
      {"x; name*=utf-8''no; name=a", "a", "as Python: the plain one first"},
      {"x; name*x=a", "-", "no section"},
      {"x; name*0x=a", "-", "nor this"},
      {"x; name*00=a", "-", "nor this: RFC 2231 7, no leading zeros"},
      {"x; name*4294967296=a", "-", "nor this: beyond any limit"},
      {"x; name*0=a; name*0=b; name*=c", "a", "of a section the first, and sections before all"},
      {"x; name=\xE9", "\\xe9", "no UTF-8"},
      {"", "-", "nothing"},
  };
  for (const Row& row : rows) {
    std::string out = "old";
    const bool found = read_parameter(row.text, "name", out);
    EXPECT_EQ(found ? out : "-", row.expected) << row.reason;
  }
}

TEST(MailHeader, sections_are_bounded) {
  std::string text = "x";
  for (unsigned i = 0; i < kMaxSections + 10; ++i) text += "; name*" + std::to_string(i) + "=a";
  std::string out;
  ASSERT_TRUE(read_parameter(text, "name", out));
  EXPECT_EQ(out, std::string(kMaxSections, 'a'));
}

// Looking for the quote again at each backslash took minutes.
TEST(MailHeader, quoted_backslashes_are_read_once) {
  constexpr std::size_t kPairs = std::size_t{4} << 20;
  std::string out;
  ASSERT_TRUE(read_parameter("x; name=\"" + std::string(2 * kPairs, '\\'), "name", out));
  EXPECT_TRUE(out == std::string(kPairs, '\\'));
}

// Going through the parameters again for each section took a minute.
TEST(MailHeader, sections_are_found_in_one_pass) {
  std::string text = "x" + std::string(std::size_t{32} << 20, ';');
  for (unsigned i = kMaxSections; i-- > 0;) text += "; name*" + std::to_string(i) + "=a";
  std::string out;
  ASSERT_TRUE(read_parameter(text, "name", out));
  EXPECT_EQ(out, std::string(kMaxSections, 'a'));
}

TEST(MailHeader, encoded_words) {
  const Row rows[] = {
      {"plain", "plain", "none"},
      {"=?utf-8?b?w6k=?=", "\xC3\xA9", "B"},
      {"=?UTF-8?Q?r=C3=A9port_1?=", "r\xC3\xA9port 1", "Q"},
      {"=?iso-8859-1?q?=E9?=", "\xC3\xA9", "Latin-1"},
      {"=?utf-8*fr?q?a?=", "a", "with a language (RFC 2231 5)"},
      {"=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c", "RFC 2047 6.2: space between words is none"},
      {"a =?utf-8?q?b?=", "a b", "before a word it is"},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?=", "an unknown encoding"},
      {"=?utf-8?q?a", "=?utf-8?q?a", "never closed"},
      {"=??q?a?=", "=??q?a?=", "no charset"},
      {"=?=?utf-8?q?a?=", "=?a", "a false start"},
      {"=?utf-8?q?=FF?=", "\\xff", "no UTF-8"},
  };
  for (const Row& row : rows) {
    std::string text = row.text;
    decode_words(text);
    EXPECT_EQ(text, row.expected) << row.reason;
  }
}

}  // namespace
}  // namespace mxseal::mail_header
