// SPDX-License-Identifier: MIT
#include "base/columns.hpp"

#include <gtest/gtest.h>

#include "base/arrow.hpp"

namespace mxseal {
namespace {

std::string_view text(const Cell& cell) {
  return std::get<std::string_view>(cell);
}

TEST(Columns, missing_and_empty_texts_stay_told_apart) {
  TextColumn column;
  column.push_back("a");
  column.push_back("");
  column.push_back({});
  EXPECT_EQ(column.size(), 3);
  EXPECT_EQ(text(column.cell(1)), "");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(column.cell(2)));
  EXPECT_NE(column[1].data(), nullptr);
  EXPECT_EQ(column[2].data(), nullptr);
}

// The bitmap is made from the first missing value on, wherever it stands.
TEST(Columns, validity_is_right_around_every_byte_of_the_bitmap) {
  for (std::int64_t missing = 0; missing < 40; ++missing) {
    TextColumn column;
    for (std::int64_t row = 0; row < 40; ++row) {
      column.push_back(row == missing || row == missing + 3 ? std::string_view()
                                                            : std::string_view("x"));
    }
    const Layout layout = column.layout();
    const auto* bitmap = static_cast<const unsigned char*>(layout.buffers[0]);
    for (std::int64_t row = 0; row < 40; ++row) {
      const bool valid = row != missing && row != missing + 3;
      EXPECT_EQ((bitmap[row / 8] >> (row % 8)) & 1, valid ? 1 : 0) << missing << " " << row;
      EXPECT_EQ(column[row].data() != nullptr, valid) << missing << " " << row;
    }
    EXPECT_EQ(layout.null_count, missing + 3 < 40 ? 2 : 1);
  }
}

TEST(Columns, rows_may_be_added_after_the_bitmap_was_asked_for) {
  TextColumn column;
  column.push_back({});
  static_cast<void>(column.layout());
  for (int i = 0; i < 20; ++i) column.push_back("x");
  column.push_back({});
  const auto* bitmap = static_cast<const unsigned char*>(column.layout().buffers[0]);
  EXPECT_EQ(bitmap[0], 0xFE);
  EXPECT_EQ(bitmap[1], 0xFF);
  EXPECT_EQ(bitmap[2] & 0x3F, 0x1F);
}

TEST(Columns, a_dictionary_keeps_each_text_once_while_it_grows) {
  auto dictionary = std::make_shared<Dictionary>();
  DictionaryColumn first(dictionary);
  DictionaryColumn second(dictionary);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) first.push_back(std::to_string(i));
  }
  second.push_back("999");
  second.push_back({});
  second.push_back("");
  EXPECT_EQ(dictionary->texts().size(), 1001);
  EXPECT_EQ(first.number(7), first.number(1007));
  EXPECT_EQ(second.number(0), first.number(999));
  EXPECT_EQ(second.number(1), -1);
  EXPECT_EQ(second[2], "");
}

TEST(Columns, lists_hold_their_texts) {
  TextListColumn column;
  const std::string_view lines[] = {"version: STSv1", "", "mode: enforce"};
  column.push_back(lines);
  column.push_back({});
  EXPECT_EQ(std::get<std::vector<std::string_view>>(column.cell(0)).size(), 3U);
  EXPECT_TRUE(std::get<std::vector<std::string_view>>(column.cell(1)).empty());
}

TEST(Arrow, what_was_exported_outlives_table_and_stream) {
  ArrowArrayStream stream{};
  {
    auto numbers = std::make_shared<IntColumn>();
    auto words = std::make_shared<DictionaryColumn>(std::make_shared<Dictionary>());
    auto lists = std::make_shared<TextListColumn>();
    const std::string_view item[] = {"item"};
    for (int i = 0; i < 3; ++i) {
      numbers->push_back(i);
      words->push_back("word");
      lists->push_back(item);
    }
    auto table = std::make_shared<Table>();
    table->fields = {{"n", numbers}, {"w", words}, {"l", lists}};
    table->rows = 3;
    export_stream(table, &stream);
  }
  ArrowSchema schema{};
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  ASSERT_EQ(schema.n_children, 3);
  EXPECT_STREQ(schema.children[0]->format, "l");
  EXPECT_STREQ(schema.children[1]->dictionary->format, "U");
  EXPECT_STREQ(schema.children[2]->children[0]->format, "U");
  ArrowArray batch{};
  ASSERT_EQ(stream.get_next(&stream, &batch), 0);
  ArrowArray end{};
  ASSERT_EQ(stream.get_next(&stream, &end), 0);
  EXPECT_EQ(end.release, nullptr);
  stream.release(&stream);
  schema.release(&schema);
  EXPECT_EQ(batch.length, 3);
  EXPECT_EQ(static_cast<const std::int64_t*>(batch.children[0]->buffers[1])[2], 2);
  batch.release(&batch);
  EXPECT_EQ(batch.release, nullptr);
}

}  // namespace
}  // namespace mxseal
