// SPDX-License-Identifier: MIT
#include "base/columns.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

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

TEST(Columns, booleans_are_bits_and_may_be_missing) {
  BoolColumn column;
  const auto value = [](int row) -> std::optional<bool> {
    return row % 3 == 0 ? std::nullopt : std::optional(row % 2 == 0);
  };
  for (int row = 0; row < 40; ++row) column.push_back(value(row));
  const Layout layout = column.layout();
  ASSERT_EQ(layout.buffers.size(), 2U);
  EXPECT_EQ(layout.format, "b");
  EXPECT_EQ(layout.length, 40);
  EXPECT_EQ(layout.null_count, 14);
  const auto* valid = static_cast<const unsigned char*>(layout.buffers[0]);
  const auto* bits = static_cast<const unsigned char*>(layout.buffers[1]);
  for (int row = 0; row < 40; ++row) {
    EXPECT_EQ((valid[row / 8] >> (row % 8)) & 1, value(row) ? 1 : 0) << row;
    EXPECT_EQ((bits[row / 8] >> (row % 8)) & 1, value(row).value_or(false) ? 1 : 0) << row;
    const Cell cell = column.cell(row);
    if (value(row)) {
      EXPECT_EQ(std::get<bool>(cell), *value(row));
    } else {
      EXPECT_TRUE(std::holds_alternative<std::monostate>(cell));
    }
  }
}

TEST(Columns, floats_and_times_may_be_missing) {
  FloatColumn floats;
  floats.push_back(1.5);
  floats.push_back(7, false);
  floats.push_back(-0.25);
  EXPECT_EQ(floats.layout().null_count, 1);
  EXPECT_EQ(std::get<double>(floats.cell(2)), -0.25);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(floats.cell(1)));
  EXPECT_EQ(static_cast<const double*>(floats.layout().buffers[1])[1], 0)
      << "nothing is left there";

  OptionalTimestampColumn times;
  times.push_back_seconds(-1);
  times.push_back_seconds({});
  EXPECT_EQ(std::get<Timestamp>(times.cell(0)).microseconds, -1'000'000);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(times.cell(1)));
}

TEST(Columns, lists_of_structs_of_lists) {
  auto name = std::make_shared<TextColumn>();
  auto number = std::make_shared<IntColumn>();
  auto inner = std::make_shared<ListColumn>(
      std::make_shared<StructColumn>(std::vector<StructColumn::Field>{{"number", number}}));
  ListColumn column(std::make_shared<StructColumn>(
      std::vector<StructColumn::Field>{{"name", name}, {"inner", inner}}));
  column.end_row();  // an empty list
  for (const int items : {2, 0}) {
    name->push_back(items == 2 ? "two" : "none");
    for (int i = 0; i < items; ++i) number->push_back(i);
    inner->end_row();
  }
  column.end_row();
  EXPECT_EQ(column.size(), 2);
  const auto list = std::get<std::shared_ptr<const Nested>>(column.cell(1));
  ASSERT_EQ(list->values.size(), 2U);
  const auto first = std::get<std::shared_ptr<const Nested>>(list->values[0]);
  EXPECT_EQ(first->names, (std::vector<std::string_view>{"name", "inner"}));
  EXPECT_EQ(text(first->values[0]), "two");
  EXPECT_EQ(std::get<std::shared_ptr<const Nested>>(first->values[1])->values.size(), 2U);
  EXPECT_TRUE(std::get<std::shared_ptr<const Nested>>(column.cell(0))->values.empty());
}

// The stream of a table with every kind of column that a scan has, read as its consumers do.
TEST(Arrow, nested_columns_through_the_stream) {
  ArrowArrayStream stream{};
  {
    auto flags = std::make_shared<BoolColumn>();
    auto floats = std::make_shared<FloatColumn>();
    auto words = std::make_shared<DictionaryColumn>(std::make_shared<Dictionary>());
    auto hosts = std::make_shared<ListColumn>(
        std::make_shared<StructColumn>(std::vector<StructColumn::Field>{{"word", words}}));
    auto times = std::make_shared<OptionalTimestampColumn>();
    auto both = std::make_shared<StructColumn>(
        std::vector<StructColumn::Field>{{"flag", flags}, {"float", floats}});
    for (int row = 0; row < 3; ++row) {
      flags->push_back(row == 1 ? std::nullopt : std::optional(row == 2));
      floats->push_back(row + 0.5, row != 0);
      times->push_back_seconds(row == 0 ? std::nullopt : std::optional<std::int64_t>(row));
      for (int item = 0; item < row; ++item) words->push_back("word");
      hosts->end_row();
    }
    auto table = std::make_shared<Table>();
    table->fields = {{"both", both}, {"hosts", hosts}, {"time", times}};
    table->rows = 3;
    export_stream(table, &stream);
  }
  ArrowSchema schema{};
  ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
  ASSERT_EQ(schema.n_children, 3);
  EXPECT_STREQ(schema.children[0]->format, "+s");
  ASSERT_EQ(schema.children[0]->n_children, 2);
  EXPECT_STREQ(schema.children[0]->children[0]->format, "b");
  EXPECT_STREQ(schema.children[0]->children[0]->name, "flag");
  EXPECT_STREQ(schema.children[0]->children[1]->format, "g");
  EXPECT_STREQ(schema.children[1]->format, "+L");
  EXPECT_STREQ(schema.children[1]->children[0]->format, "+s");
  EXPECT_STREQ(schema.children[1]->children[0]->children[0]->name, "word");
  EXPECT_STREQ(schema.children[1]->children[0]->children[0]->dictionary->format, "U");
  EXPECT_STREQ(schema.children[2]->format, "tsu:UTC");
  schema.release(&schema);
  ArrowArray batch{};
  ASSERT_EQ(stream.get_next(&stream, &batch), 0);
  stream.release(&stream);
  const ArrowArray& both = *batch.children[0];
  EXPECT_EQ(both.length, 3);
  EXPECT_EQ(both.n_buffers, 1);
  EXPECT_EQ(both.null_count, 0);
  EXPECT_EQ(both.children[0]->null_count, 1);
  EXPECT_EQ(static_cast<const std::uint8_t*>(both.children[0]->buffers[1])[0], 4);
  EXPECT_EQ(static_cast<const double*>(both.children[1]->buffers[1])[2], 2.5);
  const ArrowArray& hosts = *batch.children[1];
  const auto* offsets = static_cast<const std::int64_t*>(hosts.buffers[1]);
  EXPECT_EQ(std::vector<std::int64_t>(offsets, offsets + 4),
            (std::vector<std::int64_t>{0, 0, 1, 3}));
  EXPECT_EQ(hosts.children[0]->length, 3);
  EXPECT_EQ(hosts.children[0]->children[0]->length, 3);
  EXPECT_EQ(hosts.children[0]->children[0]->dictionary->length, 1);
  EXPECT_EQ(batch.children[2]->null_count, 1);
  batch.release(&batch);
  EXPECT_EQ(batch.release, nullptr);
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
