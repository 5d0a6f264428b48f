// SPDX-License-Identifier: MIT
#include "formats/kind.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "formats/pack.hpp"

namespace mxseal::kind {
namespace {

using std::string_literals::operator""s;

struct Row {
  std::string head;
  Kind kind;
  const char* reason;
};

std::string signed_sum_tar() {
  std::string header = pack::tar_header("caf\xe9", 3, '0', {}, true);
  int sum = 0;
  header.replace(148, 8, "        ");
  for (const char byte : header) sum += static_cast<signed char>(byte);
  char octal[8];
  std::snprintf(octal, sizeof octal, "%06o", static_cast<unsigned>(sum));
  return header.replace(148, 7, std::string(octal, 7));
}

TEST(Kind, is_told_by_content) {
  std::string wrong_sum = pack::tar_header("report.json", 3, '0', {}, true);
  wrong_sum[0] = 'R';
  const Row rows[] = {
      {"", Kind::empty, "nothing"},
      {"{\"organization-name\":1}", Kind::json, "an object"},
      {"[{}]", Kind::json, "an array"},
      {"[\n {", Kind::json, "an array in lines"},
      {"[]", Kind::json, "an empty array"},
      {"[EXTERNAL] Hello", Kind::other, "what mail servers put in front of a mail's text"},
      {"[image: logo]\n", Kind::other, "what mail programs put in place of a picture"},
      {"[section]\n", Kind::other, "settings"},
      {"{\\rtf1", Kind::other, "RTF"},
      {"count\":5}}]}\r\n{\"organization-name\":1}\n", Kind::json, "a first line that was cut"},
      {"a text\n{ with braces\n", Kind::other, "a text"},
      {"{organization-name", Kind::json, "broken, but meant as JSON"},
      {" \r\n\t{", Kind::json, "white space in front"},
      {std::string(kHeadSize - 1, ' ') + "{", Kind::json, "as much of it as is looked at"},
      {std::string(kHeadSize, ' ') + "{", Kind::other, "more: the rest is not looked at"},
      {"\xEF\xBB\xBF{", Kind::json, "RFC 8259 8.1: a byte order mark may be ignored"},
      {"\xEF\xBB\xBF \n[", Kind::json, "mark and white space"},
      {pack::gzip("x"), Kind::gzip, "a member"},
      {"\x1f\x8b", Kind::gzip, "its first bytes only: truncated, but gzip"},
      {"\x1f", Kind::other, "one byte tells nothing"},
      {pack::zip({{"a.json", "{}"}}), Kind::zip, "a member"},
      {pack::zip({}), Kind::zip, "no member"},
      {"PK\7\10PK\3\4", Kind::zip, "the mark of a split file"},
      {"PK", Kind::other, "the initials alone"},
      {pack::tar_member("r.json", "{}"), Kind::tar, "POSIX"},
      {pack::tar_header("r.json", 2, '0', {}, true), Kind::tar, "v7, by its checksum"},
      {signed_sum_tar(), Kind::tar, "v7 with signed bytes summed"},
      {wrong_sum, Kind::other, "v7 with a wrong checksum is nobody's tar"},
      {pack::tar_header("r.json", 2, '0', {}, true).substr(0, 511), Kind::other, "half a header"},
      {pack::tar_header("{", 2), Kind::tar, "a member's name is no content"},
      {std::string(1024, '\0'), Kind::other,
       "zeros: what a crash leaves, more often than an empty tar"},
      {"From a@example.com Mon Jan  1 00:00:00 2024\nSubject: x\n", Kind::mbox, "a separator line"},
      {"From: a@example.com\n", Kind::mail, "a field"},
      {"from:a@example.com\n", Kind::mail, "any case, no space"},
      {"Return-Path: <>\r\n", Kind::mail, "what delivery adds"},
      {"X-Spam-Status: No\n", Kind::mail, "a name with a hyphen"},
      {"Received: from x\n", Kind::mail, "the first of most"},
      {"note: ask Bob\n", Kind::other, "a text with a colon"},
      {"http://example.com/a-b\n", Kind::other, "a URL"},
      {"mta-sts://x\n", Kind::other, "a URL with a hyphen"},
      {"-x-: y\n", Kind::other, "no letter in front"},
      {"version: STSv1\n", Kind::other, "a policy"},
      {": x\n", Kind::other, "no name"},
      {"\xFF\xFE{\0"s, Kind::other, "UTF-16 with a mark"},
      {"\xFE\xFF\0{"s, Kind::other, "UTF-16, big end first"},
      {"{\0\"\0"s, Kind::other, "UTF-16 without a mark"},
      {"\0{\0\""s, Kind::other, "the same, big end first"},
      {"<feedback>", Kind::other, "XML"},
      {" \n", Kind::other, "white space alone"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(static_cast<int>(sniff(row.head)), static_cast<int>(row.kind)) << row.reason;
  }
}

TEST(Kind, other_is_described) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"<?xml version=\"1.0\"?>\n<feedback>", "a DMARC report (XML)"},
      {"<?xml version=\"1.0\"?><feedback xmlns=\"urn:x\">", "a DMARC report (XML)"},
      {"\xEF\xBB\xBF<feedback>", "a DMARC report (XML)"},
      {"<?xml version=\"1.0\"?><rss>", "an XML file"},
      {"<!DOCTYPE HTML>", "an HTML page"},
      {"\n<html>", "an HTML page"},
      {"\x89PNG\r\n\x1a\n", "a PNG picture"},
      {"\xFF\xD8\xFF\xE0", "a JPEG picture"},
      {"GIF89a", "a GIF picture"},
      {"%PDF-1.7", "a PDF file"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "an old Office file or Outlook message"},
      {"BZh9", "a bzip2 file"},
      {"\xFD"
       "7zXZ",
       "an xz file"},
      {"\x28\xB5\x2F\xFD", "a zstd file"},
      {"7z\xBC\xAF\x27\x1C", "a 7z archive"},
      {"Rar!\x1a\x07", "a RAR archive"},
      {"\x7F"
       "ELF",
       "a program"},
      {"SQLite format 3", "an SQLite database"},
      {"PAR1", "a Parquet file"},
      {"\xFF\xFE{\0"s, "text in UTF-16"},
      {std::string(700, '\0'), "nothing but zeros"},
      {" \r\n", "nothing but white space"},
      {std::string(kHeadSize, ' ') + "{\x01", "nothing but white space"},
      {"Ask about mx2 <script>", "text"},
      {"na\xC3\xAFve", "text"},
      {"\x01\x02", "binary data"},
      {"text, then\x1b[2J", "binary data"},
  };
  for (const auto& [head, words] : rows) {
    EXPECT_EQ(describe(head), words);
    EXPECT_EQ(static_cast<int>(sniff(head)), static_cast<int>(Kind::other)) << words;
  }
}

}  // namespace
}  // namespace mxseal::kind
