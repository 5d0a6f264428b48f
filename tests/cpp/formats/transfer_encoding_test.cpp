// SPDX-License-Identifier: MIT
// Where a row looks strange, it is what Python's binascii gives.
#include "formats/transfer_encoding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mxseal::transfer_encoding {
namespace {

TEST(Base64, is_decoded) {
  struct Row {
    std::string text;
    std::string bytes;
    Base64End end;
    const char* reason;
  };
  const Row rows[] = {
      {"", "", Base64End::whole, "nothing"},
      {"YWJj", "abc", Base64End::whole, "one group"},
      {"YWI=", "ab", Base64End::whole, "padded once"},
      {"YQ==", "a", Base64End::whole, "padded twice"},
      {"+/+/", "\xFB\xFF\xBF", Base64End::whole, "the last two of the alphabet"},
      {"YWJj\r\nZGVm\n", "abcdef", Base64End::whole, "lines"},
      {"YW\nJjZG\nVm", "abcdef", Base64End::whole, "lines that cut groups"},
      {"Y W*J-j_!", "abc", Base64End::whole, "junk is passed over"},
      {"\xFF\x80YWJj", "abc", Base64End::whole, "bytes beyond ASCII too"},
      {"YWI", "ab", Base64End::unpadded, "no padding"},
      {"YQ", "a", Base64End::unpadded, "no padding"},
      {"YQ=", "a", Base64End::unpadded, "half of the padding"},
      {"YWJjY", "abc", Base64End::incomplete, "six bits alone"},
      {"YQ==YWJj", "a", Base64End::whole, "what follows the padding is ignored"},
      {"YQ=\n=\nScanned", "a", Base64End::whole, "padding over two lines"},
      {"YW=Jj", "abc", Base64End::whole, "one = where two are needed is junk"},
      {"====YWJj", "abc", Base64End::whole, "padding of nothing is junk"},
      {"Y=WJj", "abc", Base64End::whole, "and behind one digit"},
  };
  for (const Row& row : rows) {
    Bytes out;
    out.append("before ");
    EXPECT_EQ(static_cast<int>(append_base64(row.text, out)), static_cast<int>(row.end))
        << row.reason;
    EXPECT_EQ(out.view(), "before " + row.bytes) << row.reason;
  }
}

TEST(QuotedPrintable, is_decoded) {
  struct Row {
    std::string text;
    std::string bytes;
    const char* reason;
  };
  const Row rows[] = {
      {"", "", "nothing"},
      {"plain\r\ntext\n", "plain\r\ntext\n", "lines stay as they are"},
      {"=7B=22a=22=7d", "{\"a\"}", "digits of both cases"},
      {"a=\nb=\r\nc", "abc", "soft line breaks"},
      {"a= \t\nb", "ab", "with white space behind (RFC 2045 6.7, rule 3)"},
      {"a=", "a", "at the end"},
      {"a= ", "a", "at the end, with white space"},
      {"a=b", "a=b", "one digit"},
      {"a=zz=4", "a=zz=4", "no digits"},
      {"a==41", "a=41", "an = that a broken encoder left"},
      {"a= b", "a= b", "white space and no line end"},
  };
  for (const Row& row : rows) {
    Bytes out;
    append_quoted_printable(row.text, out);
    EXPECT_EQ(out.view(), row.bytes) << row.reason;
  }
}

}  // namespace
}  // namespace mxseal::transfer_encoding
