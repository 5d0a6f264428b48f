// SPDX-License-Identifier: MIT
// MTA-STS policies: the rows of tests/data/policies.jsonl and mx_match.jsonl (RFC 8461 §3.2, §4.1).
#include "formats/mtasts_policy.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace mxseal::mtasts {
namespace {

constexpr std::string_view kUsual =
    "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 86400\n";

template <typename Names>
std::vector<std::string> texts_of(const Names& names) {
  return {names.begin(), names.end()};
}

std::vector<std::string> mx_of(const Policy& policy) {
  std::vector<std::string> texts;
  for (const MxPattern& pattern : policy.mx) texts.emplace_back(pattern.text());
  return texts;
}

// Q8 Q9 Q10 Q11 Q53: the fields, the first of repeated ones, A-labels only, line ends, one mx a
// line.
TEST(Policy, rows) {
  test::each_row(
      MXSEAL_TEST_DATA "/policies.jsonl", [](const test::Json& row, const std::string& place) {
        const std::string input = test::input_of(row);
        const auto policy = parse_policy(input);
        if (test::has(row, "code")) {
          ASSERT_FALSE(policy) << place;
          EXPECT_EQ(code_name(policy.error().code), test::text(row["code"])) << place;
          EXPECT_EQ(policy.error().offset, std::int64_t(row["offset"])) << place;
        } else {
          ASSERT_TRUE(policy) << place << ": " << code_name(policy.error().code);
          EXPECT_EQ(mode_name(policy->mode), test::text(row["mode"])) << place;
          EXPECT_EQ(policy->max_age, std::int64_t(row["max_age"])) << place;
          EXPECT_EQ(mx_of(*policy), test::texts(row["mx"])) << place;
          EXPECT_EQ(policy->extensions, test::pairs(row["extensions"])) << place;
          EXPECT_EQ(texts_of(policy->deviations.names()), test::texts(row["deviations"])) << place;
          EXPECT_EQ(policy->text, input) << place;
          const auto again = parse_policy(policy->print());
          ASSERT_TRUE(again) << place;
          EXPECT_EQ(*again, *policy) << place;
          EXPECT_TRUE(again->deviations.empty()) << place;
        }
      });
}

TEST(Policy, lines_are_those_declared) {
  const auto policy =
      parse_policy("version: STSv1 \r\n\r\nmode:none\nmode: enforce\n\t\nx:\ty\nmax_age: 01");
  ASSERT_TRUE(policy);
  EXPECT_EQ(texts_of(policy->lines()),
            (std::vector<std::string>{"version: STSv1 ", "mode:none", "mode: enforce", "x:\ty",
                                      "max_age: 01"}));
}

// RFC 8461 §3.3 suggests 64 kilobytes as a sender's limit; there is none here, and cost grows with
// length alone.
TEST(Policy, long_policies) {
  std::string body(kUsual);
  for (int i = 0; i < 50'000; ++i)
    body.append("mx: *.d").append(std::to_string(i)).append(".example\n");
  for (int i = 0; i < 50'000; ++i) body.append("x").append(std::to_string(i)).append(": y\n");
  body += "z: " + std::string(100'000, 'z');
  const auto policy = parse_policy(body);
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->mx.size(), 50'001U);
  EXPECT_EQ(policy->extensions.size(), 50'001U);
}

TEST(Policy, print_is_plain) {
  const auto policy = parse_policy(
      "max_age:007\r\nx:\t1\r\nmode:testing\r\n\r\nmx:  *.Example.com \r\nversion:STSv1");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->print(),
            "version: STSv1\nmode: testing\nmx: *.Example.com\nmax_age: 7\nx: 1\n");
}

TEST(Policy, equal_is_what_says_the_same) {
  const auto usual = *parse_policy(kUsual);
  EXPECT_EQ(*parse_policy(
                "max_age: 086400\n\nversion: STSv1\nmode: enforce\nmx: MX.example.com\nmode: none"),
            usual);
  for (const std::string_view other :
       {"version: STSv1\nmode: testing\nmx: mx.example.com\nmax_age: 86400\n",
        "version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 86400\n",
        "version: STSv1\nmode: enforce\nmx: *.mx.example.com\nmax_age: 86400\n",
        "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 86401\n",
        "version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 86400\nx: 1\n",
        "version: STSv1\nmode: enforce\nmx: mx.example.com\nmx: mx.example.com\nmax_age: "
        "86400\n"}) {
    EXPECT_FALSE(*parse_policy(other) == usual) << other;
  }
}

TEST(BuildPolicy, makes_a_valid_policy_or_none) {
  struct Row {
    std::string mode;
    std::int64_t max_age;
    std::vector<std::string> mx;
    std::string code;  // "" where it is made
  };
  const Row rows[] = {
      {"enforce", 86400, {"a.example", "*.B.example"}, ""},
      {"testing", 0, {"a"}, ""},
      {"none", 31'557'600, {}, ""},
      {"none", 1, {"a.example"}, ""},
      {"enforce", 1, {}, "mx-missing"},
      {"testing", 1, {}, "mx-missing"},
      {"Enforce", 1, {"a"}, "mode-invalid"},
      {"", 1, {"a"}, "mode-invalid"},
      {"none\nmx: b", 1, {"a"}, "mode-invalid"},
      {"enforce", -1, {"a"}, "max_age-out-of-range"},
      {"enforce", 31'557'601, {"a"}, "max_age-out-of-range"},
      {"enforce", 1, {"a", ""}, "mx-invalid"},
      {"enforce", 1, {"a\nmode: none"}, "mx-invalid"},
      {"enforce", 1, {" a"}, "mx-invalid"},
      {"enforce", 1, {"a."}, "mx-invalid"},
      {"enforce", 1, {"m\xc3\xbc.example"}, "mx-invalid"},
  };
  for (const Row& row : rows) {
    const auto policy = build_policy(row.mode, row.max_age, row.mx);
    if (!policy) {
      EXPECT_EQ(code_name(policy.error().code), row.code);
      EXPECT_EQ(policy.error().offset, -1);
      continue;
    }
    ASSERT_EQ(row.code, "");
    EXPECT_EQ(mx_of(*policy), row.mx);
    EXPECT_EQ(policy->text, policy->print());
    EXPECT_EQ(*parse_policy(policy->text), *policy);
  }
}

// Q21: one label for the star, names without case, U-labels as A-labels; what is no host name
// matches nothing.
TEST(Match, rows) {
  test::each_row(MXSEAL_TEST_DATA "/mx_match.jsonl",
                 [](const test::Json& row, const std::string& place) {
                   const std::vector<std::string> mx = test::texts(row["mx"]);
                   const auto policy = build_policy(mx.empty() ? "none" : "enforce", 86400, mx);
                   ASSERT_TRUE(policy) << place;
                   const Match match = policy->match(test::text(row["host"]));
                   if (test::has(row, "pattern")) {
                     ASSERT_NE(match.pattern, nullptr) << place;
                     EXPECT_EQ(match.pattern->text(), test::text(row["pattern"])) << place;
                     EXPECT_EQ(match.coverage, Coverage::covered) << place;
                   } else {
                     EXPECT_EQ(match.pattern, nullptr) << place;
                     EXPECT_EQ(coverage_name(match.coverage), test::text(row["reason"])) << place;
                   }
                 });
}

TEST(Match, the_mode_does_not_matter) {
  const std::vector<std::string> mx = {"a.example"};
  for (const std::string_view mode : {"enforce", "testing", "none"}) {
    EXPECT_NE(build_policy(mode, 1, mx)->match("a.example").pattern, nullptr) << mode;
    EXPECT_EQ(build_policy(mode, 1, mx)->match("b.example").pattern, nullptr) << mode;
  }
}

}  // namespace
}  // namespace mxseal::mtasts
