// SPDX-License-Identifier: MIT
// Where parts begin and end in mails of every kind is held against Python's `email` in
// tests/python/test_mime.py. Here: what that cannot show (limits, offsets, what is kept on an
// error) and the few rules that the reader has to itself.
#include "formats/mime.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mxseal::mime {
namespace {

std::string multipart(const std::string& boundary, const std::string& parts) {
  return "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n" + parts;
}

/// One line a part: "type name encoding body".
std::vector<std::string> parts_of(const MailReader& reader) {
  std::vector<std::string> lines;
  for (const Part& part : reader.parts()) {
    std::string filename;
    read_filename(part, filename);
    lines.push_back(part.media_type + " " + filename + " " + part.encoding + " " +
                    std::string(part.body) + (part.closed ? "" : " ..."));
  }
  return lines;
}

using Lines = std::vector<std::string>;

/// The line of an error in read(). (No "..." + std::string: g++ 12 at -O3 warns of its own
/// insert().)
std::string error(std::string_view code, std::size_t offset) {
  std::string line = "! ";
  line += code;
  line += " at ";
  line += std::to_string(offset);
  return line;
}

Lines read(const std::string& mail) {
  MailReader reader;
  const Result<void> done = reader.read(mail);
  Lines lines = parts_of(reader);
  if (!done) {
    lines.push_back(
        error(code_name(done.error().code), static_cast<std::size_t>(done.error().offset)));
  }
  return lines;
}

// Q59: the parts of the two media types are found by these; the rest is the caller's to ignore.
TEST(MailReader, parts) {
  struct Row {
    std::string mail;
    Lines parts;
    const char* reason;
  };
  const Row rows[] = {
      {"", {"text/plain   "}, "nothing is a part of nothing"},
      {"A: b\n\nbody\n", {"text/plain   body\n"}, "no type is text/plain"},
      {"From x\n>From y\nContent-Type: a/b\n\nbody", {"a/b   body"}, "separators of an mbox"},
      {multipart("b", "--b\n\n1\n--b\nContent-Type: a/b; name=n\n\n2\n--b--\n3"),
       {"text/plain   1", "a/b n  2"},
       "two parts and an epilogue"},
      {multipart("b", "--b\r\n\r\n1\r\n\r\n--b--"),
       {"text/plain   1\r\n"},
       "one line end is the boundary's"},
      {multipart("b", "--b\n\n1\n--b\n\n2\n"),
       {"text/plain   1", "text/plain   2 ..."},
       "never closed"},
      {multipart("b", "--b\n" + multipart("c", "--c\n\n1\n") + "--b--\n"),
       {"text/plain   1"},
       "closed by the boundary around it"},
      {multipart("b", "--b\n" + multipart("c", "--c\n\n1\n\n")),
       {"text/plain   1\n ..."},
       "by none"},
      {multipart("b", "--b\n" + multipart("b", "--b\n\n1\n--b--\n")),
       {"multipart/mixed   ", "text/plain   1"},
       "the same boundary twice: the one around wins"},
      {multipart("b", "--b--\n\n1\n--b\n"),
       {"multipart/mixed   --b--\n\n1\n--b\n"},
       "closed before it began"},
      {multipart("b", "--b\n--b--\nepilogue"), {}, "opened and closed: no part"},
      {multipart("\"\"", "--\n\n1\n----\n"),
       {"multipart/mixed   --\n\n1\n----\n"},
       "an empty boundary is none"},
      {"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n--b\nContent-Type: "
       "x\n\n2\n--b--",
       {"message/rfc822   Subject: x", "text/plain   2"},
       "a digest"},
  };
  for (const Row& row : rows) EXPECT_EQ(read(row.mail), row.parts) << row.reason;
}

TEST(MailReader, fields) {
  MailReader reader;
  ASSERT_TRUE(
      reader.read("FROM: T <t@example.com>\nfrom: second@example.net\n"
                  "TLS-Report-Submitter:\n example.com (x)\n"
                  "Content-Type: multipart/mixed; boundary=b\n\n"
                  "--b\nTLS-Report-Submitter: of-a-part\nFrom: p@example.net\n\n1\n--b--\n"));
  EXPECT_EQ(reader.mail().mail_from, "t@example.com");
  EXPECT_EQ(reader.mail().submitter, "example.com");
}

TEST(MailReader, nothing_is_left_of_the_mail_before) {
  MailReader reader;
  ASSERT_TRUE(reader.read("From: a@example.com\nTLS-Report-Submitter: s\n" +
                          multipart("b",
                                    "--b\nContent-Type: a/b; name=n\nContent-Transfer-Encoding: "
                                    "base64\n\n1\n--b\n\n2\n--b--\n")));
  ASSERT_EQ(reader.parts().size(), 2U);
  const Part* const block = reader.parts().data();
  ASSERT_TRUE(reader.read("\nbody"));
  EXPECT_EQ(parts_of(reader), (Lines{"text/plain   body"}));
  EXPECT_EQ(reader.mail().mail_from + reader.mail().submitter, "");
  EXPECT_EQ(reader.parts().data(), block) << "the memory is used again";
}

TEST(MailReader, offsets_are_those_of_the_mail) {
  const std::string mail =
      "From x\n" + multipart("b", "--b\nA: 1\n\nfirst\n--b\n\nsecond\n--b--\n");
  MailReader reader;
  ASSERT_TRUE(reader.read(mail));
  EXPECT_EQ(reader.parts()[0].offset, mail.find("first"));
  EXPECT_EQ(reader.parts()[1].offset, mail.find("second"));
}

TEST(MailReader, limit_of_a_header) {
  const std::string fits = "Subject: " + std::string(kMaxHeader - 11, 's') + "\n";
  ASSERT_EQ(fits.size(), kMaxHeader - 1);
  EXPECT_EQ(read(fits + "\nbody"), (Lines{"text/plain   body"}));
  EXPECT_EQ(read(fits + "A:\n\nbody"), (Lines{"! mail-headers-too-large at 262144"}));
  const std::string first = multipart("b", "--b\n\n1\n--b\n");
  EXPECT_EQ(read(first + fits + "A:\n\n2\n--b--\n"),
            (Lines{"text/plain   1", error("mail-headers-too-large", first.size() + kMaxHeader)}))
      << "of a part; what came before is kept";
  std::string body(kMaxHeader + 2, 'a');
  body.front() = '\n';
  EXPECT_EQ(read(body).size(), 1U) << "a body may be larger";
}

TEST(MailReader, limit_of_parts) {
  std::string parts;
  for (std::size_t i = 0; i < kMaxParts; ++i) parts += "--b\n\n\n";
  const std::string fits = multipart("b", parts + "--b--\n");
  EXPECT_EQ(read(fits).size(), kMaxParts);
  const std::string one_more = multipart("b", parts + "--b\n\nx\n--b--\n");
  const Lines lines = read(one_more);
  EXPECT_EQ(lines.size(), kMaxParts + 1);
  EXPECT_EQ(lines.back(), error("mail-too-many-parts", one_more.find('x', 60)));
}

std::string nested(std::size_t depth) {
  std::string mail = "\ndeep\n";
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary(1, static_cast<char>('a' + i));
    std::string parts = "--";
    parts += boundary + "\n" + mail + "--" + boundary + "--\n";
    mail = multipart(boundary, parts);
  }
  return mail;
}

TEST(MailReader, limit_of_a_boundary) {
  const auto mail = [](std::size_t size) {
    const std::string boundary(size, 'b');
    return multipart(boundary, "--" + boundary + "\n\n1\n--" + boundary + "--\n");
  };
  EXPECT_EQ(read(mail(kMaxBoundary)), (Lines{"text/plain   1"}));
  const Lines longer = read(mail(kMaxBoundary + 1));
  ASSERT_EQ(longer.size(), 1U);
  EXPECT_EQ(longer[0].substr(0, 18), "multipart/mixed   ") << "one part";
}

// Compared at each byte of the body, such a boundary took minutes.
TEST(MailReader, repetitive_boundary) {
  MailReader reader;
  const std::string mail = multipart(std::string(200'000, '-') + "X", std::string(16 << 20, '-'));
  ASSERT_TRUE(reader.read(mail));
  ASSERT_EQ(reader.parts().size(), 1U);
  EXPECT_EQ(reader.parts()[0].body.size(), std::size_t{16} << 20);
}

TEST(MailReader, limit_of_nesting) {
  EXPECT_EQ(read(nested(kMaxNesting)), (Lines{"text/plain   deep"}));
  const std::string deeper = nested(kMaxNesting + 1);
  EXPECT_EQ(read(deeper), (Lines{error("mail-nesting", deeper.find("--a\n"))}));
}

struct Decoded {
  std::string bytes;
  std::string error;
  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << "\"" << decoded.bytes << "\" " << decoded.error;
}

Decoded decoded(const Part& part) {
  Bytes out;
  out.append("old");
  const Result<void> done = decode(part, out);
  return {std::string(out.view()), done ? ""
                                        : std::string(code_name(done.error().code)) + " " +
                                              done.error().detail + " at " +
                                              std::to_string(done.error().offset)};
}

TEST(Decode, every_encoding) {
  struct Row {
    std::string encoding;
    std::string body;
    Decoded decoded;
    const char* reason;
  };
  const Row rows[] = {
      {"", "{}", {"{}", ""}, "none"},
      {"7bit", "{}", {"{}", ""}, "as it is"},
      {"8bit", "\xC3\xA9", {"\xC3\xA9", ""}, "as it is"},
      {"binary", std::string("\0\n", 2), {std::string("\0\n", 2), ""}, "as it is"},
      {"quoted-printable", "=7B=\n}", {"{}", ""}, "undone"},
      {"base64", "e3\n0=", {"{}", ""}, "undone"},
      {"base64", "e30", {"{}", ""}, "padding is not missed"},
      {"base64", "e30=e", {"{}", ""}, "nor what follows it"},
      {"base64", "e3t7e", {"{{{", "mail-encoding base64 at 1005"}, "six bits alone"},
      {"x-uuencode", "begin", {"begin", "mail-encoding x-uuencode at 1000"}, "unknown"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(decoded({"a/b", "", "", row.encoding, row.body, 1000, true}), row.decoded)
        << row.reason;
  }
}

TEST(Decode, base64_that_ends_with_the_mail) {
  const auto part = [](std::string_view body) {
    return Part{"a/b", "", "", "base64", body, 1000, false};
  };
  EXPECT_EQ(decoded(part("e30=")), (Decoded{"{}", ""})) << "whole: only the boundary is missing";
  EXPECT_EQ(decoded(part("e3t7")), (Decoded{"{{{", ""})) << "a whole group: the content must tell";
  EXPECT_EQ(decoded(part("e30")), (Decoded{"{}", "mail-truncated  at 1003"}));
  EXPECT_EQ(decoded(part("e3t7\ne")), (Decoded{"{{{", "mail-truncated  at 1006"}));
}

}  // namespace
}  // namespace mxseal::mime
