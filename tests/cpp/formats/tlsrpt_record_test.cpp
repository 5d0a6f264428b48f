// SPDX-License-Identifier: MIT
// TLS-RPT records: the rows of tests/data/tlsrpt_records.jsonl, and the choice among several (RFC
// 8460 §3).
#include "formats/tlsrpt_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace mxseal::tlsrpt {
namespace {

std::vector<std::string> names(const Deviations& deviations) {
  const auto found = deviations.names();
  return {found.begin(), found.end()};
}

// Q32: the grammar, the URIs, what is ignored, what is repeated.
TEST(TlsrptRecord, rows) {
  test::each_row(MXSEAL_TEST_DATA "/tlsrpt_records.jsonl",
                 [](const test::Json& row, const std::string& place) {
                   const std::string input = test::input_of(row);
                   const auto record = parse_record(input);
                   if (test::has(row, "code")) {
                     ASSERT_FALSE(record) << place;
                     EXPECT_EQ(code_name(record.error().code), test::text(row["code"])) << place;
                     EXPECT_EQ(record.error().offset, std::int64_t(row["offset"])) << place;
                   } else {
                     ASSERT_TRUE(record) << place << ": " << code_name(record.error().code);
                     EXPECT_EQ(record->rua, test::texts(row["rua"])) << place;
                     EXPECT_EQ(record->extensions, test::pairs(row["extensions"])) << place;
                     EXPECT_EQ(names(record->deviations), test::texts(row["deviations"])) << place;
                     EXPECT_EQ(record->text, input) << place;
                   }
                 });
}

TEST(TlsrptRecord, an_error_quotes_the_member_or_field) {
  EXPECT_EQ(parse_record("v=TLSRPTv1; rua=ftp://a/,mailto:b; x=1").error().detail, "ftp://a/");
  EXPECT_EQ(parse_record("v=TLSRPTv1; x=a b; y=1").error().detail, "x=a b");
}

TEST(TlsrptRecord, long_records) {
  std::string many = "v=TLSRPTv1; rua=mailto:a@b";
  for (int i = 0; i < 50'000; ++i) many.append(",mailto:a").append(std::to_string(i)).append("@b");
  for (int i = 0; i < 50'000; ++i) many.append("; x").append(std::to_string(i)).append("=1");
  const auto record = parse_record(many);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->rua.size(), 50'001U);
  EXPECT_EQ(record->extensions.size(), 50'000U);
}

TEST(TlsrptRecord, equal_is_what_says_the_same) {
  EXPECT_EQ(*parse_record("v=TLSRPTv1; rua=mailto:a@b; x=2"),
            *parse_record("v=TLSRPTv1 ;x=2;rua=mailto:a@b,;rua=y ;"));
  EXPECT_FALSE(*parse_record("v=TLSRPTv1; rua=mailto:a@b") ==
               *parse_record("v=TLSRPTv1; rua=mailto:a@c"));
}

// Q32: exactly one record that begins v=TLSRPTv1; must be left; others are discarded.
TEST(SelectTlsrptRecord, exactly_one_must_be_left) {
  struct Row {
    std::vector<std::string> records;
    std::string outcome;  // the first URI, "" for none, or a code
    std::string why;
  };
  const Row rows[] = {
      {{}, "", "no record"},
      {{"v=STSv1; id=1"}, "", "none of this version"},
      {{"v=TLSRPTv1; rua=mailto:a@b"}, "mailto:a@b", "one"},
      {{"v=TLSRPTv1 ; rua=mailto:a@b"},
       "mailto:a@b",
       "white space before the semicolon, where it stands alone"},
      {{"v=TLSRPTv1 ; rua=mailto:a@b", ""}, "", "the same beside another record"},
      {{"v=TLSRPTv1 ; rua=mailto:a@b", "v=TLSRPTv1;rua=mailto:c@d"},
       "mailto:c@d",
       "the same beside a strict one"},
      {{"v=TLSRPTv1; rua=mailto:a@b", "v=TLSRPTv1; rua=mailto:a@b"},
       "multiple",
       "also where both say the same"},
      {{"v=TLSRPTv1; rua=mailto:a@b", "v=TLSRPTv1;"},
       "multiple",
       "also where only one is well-formed"},
      {{"x", "v=TLSRPTv1;"}, "rua-missing", "the one that is left must be valid"},
      {{"v=TLSRPTv1; rua=tel:1"}, "rua-scheme", "the one that is left must be valid"},
  };
  for (const Row& row : rows) {
    const auto selected = select_record(row.records);
    if (!selected) {
      EXPECT_EQ(code_name(selected.error().code), row.outcome) << row.why;
    } else {
      EXPECT_EQ(*selected ? (*selected)->rua.front() : "", row.outcome) << row.why;
    }
  }
}

}  // namespace
}  // namespace mxseal::tlsrpt
