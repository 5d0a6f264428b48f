// SPDX-License-Identifier: MIT
// MTA-STS records: the rows of tests/data/sts_records.jsonl, and the choice among several (RFC 8461
// §3.1).
#include "formats/mtasts_record.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace mxseal::mtasts {
namespace {

std::vector<std::string> names(const Deviations& deviations) {
  const auto found = deviations.names();
  return {found.begin(), found.end()};
}

// Q2 Q5: the grammar, what is required, what is ignored, what is repeated.
TEST(StsRecord, rows) {
  test::each_row(MXSEAL_TEST_DATA "/sts_records.jsonl",
                 [](const test::Json& row, const std::string& place) {
                   const std::string input = test::input_of(row);
                   const auto record = parse_record(input);
                   if (test::has(row, "code")) {
                     ASSERT_FALSE(record) << place;
                     EXPECT_EQ(code_name(record.error().code), test::text(row["code"])) << place;
                     EXPECT_EQ(record.error().offset, std::int64_t(row["offset"])) << place;
                   } else {
                     ASSERT_TRUE(record) << place << ": " << code_name(record.error().code);
                     EXPECT_EQ(record->id, test::text(row["id"])) << place;
                     EXPECT_EQ(record->extensions, test::pairs(row["extensions"])) << place;
                     EXPECT_EQ(names(record->deviations), test::texts(row["deviations"])) << place;
                     EXPECT_EQ(record->text, input) << place;
                   }
                 });
}

TEST(StsRecord, an_error_quotes_the_field) {
  EXPECT_EQ(parse_record("v=STSv1; id=2026-11; x=1").error().detail, "id=2026-11");
  EXPECT_EQ(parse_record("v=STSv1; id=" + std::string(1000, '-')).error().detail.size(), 64U);
}

// RFC 8461 §3.1 gives no maximum; many fields must cost no more than their length.
TEST(StsRecord, long_records) {
  const std::string value(100'000, 'w');
  EXPECT_EQ(parse_record("v=STSv1; id=1; x=" + value)->extensions.front().second, value);
  std::string many = "v=STSv1; id=1";
  for (int i = 0; i < 100'000; ++i) many.append("; x").append(std::to_string(i)).append("=1");
  EXPECT_EQ(parse_record(many)->extensions.size(), 100'000U);
}

TEST(StsRecord, equal_is_what_says_the_same) {
  EXPECT_EQ(*parse_record("v=STSv1; id=1; x=2"), *parse_record("v=STSv1 ;x=2;id=1; id=3;"));
  EXPECT_FALSE(*parse_record("v=STSv1; id=1") == *parse_record("v=STSv1; id=2"));
  EXPECT_FALSE(*parse_record("v=STSv1; id=1") == *parse_record("v=STSv1; id=1; x=1"));
}

// Q3: exactly one record that begins v=STSv1; must be left; others are discarded.
TEST(SelectStsRecord, exactly_one_must_be_left) {
  struct Row {
    std::vector<std::string> records;
    std::string outcome;  // the id, "" for none, or a code
    std::string why;
  };
  const Row rows[] = {
      {{}, "", "no record"},
      {{"v=spf1 -all"}, "", "none of this version"},
      {{"v=STSv10; id=1"}, "", "another version"},
      {{"v=STSv1; id=a"}, "a", "one"},
      {{"v=STSv1 ; id=a"}, "a", "white space before the semicolon, where it stands alone"},
      {{"v=STSv1 ; id=a", "text"}, "", "the same beside another record"},
      {{"v=STSv1\t; id=a", "v=STSv1; id=b"}, "b", "the same beside a strict one"},
      {{"v=STSv1 ; id=a", "v=STSv1 ; id=b"}, "", "two of them: both are discarded"},
      {{"", "v=STSv1; id=a", "v=STSv2; id=b", "V=STSv1; id=c", "v=STSv1"},
       "a",
       "others are discarded"},
      {{"v=STSv1; id=a", "v=STSv1; id=a"}, "multiple", "also where both say the same"},
      {{"v=STSv1; id=a", "v=STSv1;"}, "multiple", "also where only one is well-formed"},
      {{"v=STSv1; id=a", "x", "v=STSv1;junk"},
       "multiple",
       "what is junk behind the semicolon counts"},
      {{"v=STSv1;"}, "id-missing", "the one that is left must be valid"},
      {{"x", "v=STSv1; id=-"}, "id-invalid", "the one that is left must be valid"},
  };
  for (const Row& row : rows) {
    const auto selected = select_record(row.records);
    if (!selected) {
      EXPECT_EQ(code_name(selected.error().code), row.outcome) << row.why;
    } else {
      EXPECT_EQ(*selected ? (*selected)->id : "", row.outcome) << row.why;
    }
  }
}

}  // namespace
}  // namespace mxseal::mtasts
