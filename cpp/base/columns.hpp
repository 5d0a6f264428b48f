// SPDX-License-Identifier: MIT
// Columns: tables held column by column in the very layout of Apache Arrow, so that handing them
// out copies nothing.
//
// A column only grows; a Table is made of finished columns that nobody changes any more and that
// may be shared. Large buffers grow by moving pages (base/bytes.hpp), so a column is never held
// twice. Offsets are 64 bit: no archive is too large for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/keyed_hash.hpp"
#include "base/utf8.hpp"

namespace mxseal {

/// Microseconds since 1970 in UTC: what pandas, polars and DuckDB all take without converting.
struct Timestamp {
  std::int64_t microseconds;
};
/// Days since 1970.
struct Date {
  std::int32_t days;
};
struct Nested;
/// One value of a column, for printing.
using Cell =
    std::variant<std::monostate, bool, std::int64_t, double, Timestamp, Date, std::string_view,
                 std::vector<std::string_view>, std::shared_ptr<const Nested>>;
/// The items of a list, or the fields of a struct with their names.
struct Nested {
  std::vector<std::string_view> names;  ///< empty for a list
  std::vector<Cell> values;
};

class Column;

/// How a column lies in memory, in the terms of the Arrow columnar format and its C data interface.
struct Layout {
  std::string format;  ///< Arrow's format string
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  std::vector<const void*> buffers;  ///< validity first, null where no value is missing
  struct Child {
    std::string_view name;
    const Column* column;
  };
  std::vector<Child> children;  ///< the items of a list, the fields of a struct
  const Column* dictionary = nullptr;
};

class Column {
 public:
  Column() = default;
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;
  virtual ~Column() = default;

  virtual std::int64_t size() const = 0;
  virtual Layout layout() const = 0;
  virtual Cell cell(std::int64_t row) const = 0;
};

/// A growing array of plain numbers.
template <typename T>
class Numbers {
 public:
  void push_back(T value) {
    bytes_.reserve_more(sizeof(T));
    std::memcpy(bytes_.data() + bytes_.size(), &value, sizeof(T));
    bytes_.resize(bytes_.size() + sizeof(T));
  }
  std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size() / sizeof(T)); }
  T operator[](std::int64_t row) const { return data()[row]; }
  const T* data() const { return reinterpret_cast<const T*>(bytes_.data()); }
  void set(std::int64_t row, T value) {
    std::memcpy(bytes_.data() + static_cast<std::size_t>(row) * sizeof(T), &value, sizeof(T));
  }

 private:
  Bytes bytes_;
};

/// Which values are there: a bit a row, held only from the first missing value on.
class Validity {
 public:
  void push_back(bool valid, std::int64_t row);
  bool operator[](std::int64_t row) const {
    return null_count_ == 0 || ((bits_[row / 8] >> (row % 8)) & 1) != 0;
  }
  std::int64_t null_count() const { return null_count_; }
  /// The bitmap of all rows, or null where nothing is missing. Changes nothing, so that threads may share finished columns.
  const void* bitmap() const { return null_count_ == 0 ? nullptr : bits_.data(); }

 private:
  Numbers<std::uint8_t> bits_;  // empty until a value is missing
  std::int64_t null_count_ = 0;
};

/// int64; never missing.
class IntColumn final : public Column {
 public:
  void push_back(std::int64_t value) { values_.push_back(value); }
  std::int64_t operator[](std::int64_t row) const { return values_[row]; }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"l", size(), 0, {nullptr, values_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override { return values_[row]; }

 private:
  Numbers<std::int64_t> values_;
};

/// int64 where some may be missing (an offset).
class OptionalIntColumn final : public Column {
 public:
  void push_back(std::int64_t value, bool valid) {
    validity_.push_back(valid, values_.size());
    values_.push_back(valid ? value : 0);
  }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"l", size(), validity_.null_count(), {validity_.bitmap(), values_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return values_[row];
  }

 private:
  Numbers<std::int64_t> values_;
  Validity validity_;
};

/// Yes or no, where some may be missing.
class BoolColumn final : public Column {
 public:
  void push_back(std::optional<bool> value) {
    validity_.push_back(value.has_value(), size_);
    if (size_ % 8 == 0) bits_.push_back(0);
    if (value.value_or(false))
      bits_.set(size_ / 8, static_cast<std::uint8_t>(bits_[size_ / 8] | (1U << (size_ % 8))));
    ++size_;
  }
  std::int64_t size() const override { return size_; }
  Layout layout() const override {
    return {"b", size_, validity_.null_count(), {validity_.bitmap(), bits_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return ((bits_[row / 8] >> (row % 8)) & 1) != 0;
  }

 private:
  Numbers<std::uint8_t> bits_;
  std::int64_t size_ = 0;
  Validity validity_;
};

/// float64 where some may be missing.
class FloatColumn final : public Column {
 public:
  void push_back(double value, bool valid = true) {
    validity_.push_back(valid, values_.size());
    values_.push_back(valid ? value : 0);
  }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"g", size(), validity_.null_count(), {validity_.bitmap(), values_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return values_[row];
  }

 private:
  Numbers<double> values_;
  Validity validity_;
};

/// Points in time in UTC, where some may be missing.
class OptionalTimestampColumn final : public Column {
 public:
  void push_back_seconds(std::optional<std::int64_t> seconds) {
    validity_.push_back(seconds.has_value(), values_.size());
    values_.push_back(seconds.value_or(0) * 1'000'000);
  }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"tsu:UTC", size(), validity_.null_count(), {validity_.bitmap(), values_.data()},
            {},        nullptr};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return Timestamp{values_[row]};
  }

 private:
  Numbers<std::int64_t> values_;
  Validity validity_;
};

/// Points in time in UTC.
class TimestampColumn final : public Column {
 public:
  void push_back_seconds(std::int64_t seconds) { values_.push_back(seconds * 1'000'000); }
  std::int64_t seconds(std::int64_t row) const { return values_[row] / 1'000'000; }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"tsu:UTC", size(), 0, {nullptr, values_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override { return Timestamp{values_[row]}; }

 private:
  Numbers<std::int64_t> values_;
};

/// Days.
class DateColumn final : public Column {
 public:
  void push_back(Date day) { values_.push_back(day.days); }
  std::int64_t size() const override { return values_.size(); }
  Layout layout() const override {
    return {"tdD", size(), 0, {nullptr, values_.data()}, {}, nullptr};
  }
  Cell cell(std::int64_t row) const override { return Date{values_[row]}; }

 private:
  Numbers<std::int32_t> values_;
};

/// UTF-8 text; a view whose data() is null is a missing value.
class TextColumn final : public Column {
 public:
  TextColumn() { offsets_.push_back(0); }
  void push_back(std::string_view text) {
    validity_.push_back(text.data() != nullptr, size());
    bytes_.append(text);
    offsets_.push_back(static_cast<std::int64_t>(bytes_.size()));
  }
  std::string_view operator[](std::int64_t row) const {
    if (!validity_[row]) return {};
    return text_at(row);
  }
  std::int64_t size() const override { return offsets_.size() - 1; }
  Layout layout() const override {
    return {
        "U", size(), validity_.null_count(), {validity_.bitmap(), offsets_.data(), bytes_.data()},
        {},  nullptr};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return text_at(row);
  }

 private:
  std::string_view text_at(std::int64_t row) const {
    // An empty text must not look like a missing one, so its data() is never null.
    static constexpr char kEmpty[] = "";
    const auto start = static_cast<std::size_t>(offsets_[row]);
    const auto length = static_cast<std::size_t>(offsets_[row + 1]) - start;
    return length == 0 ? std::string_view(kEmpty, 0)
                       : std::string_view(bytes_.data() + start, length);
  }
  Numbers<std::int64_t> offsets_;
  Bytes bytes_;
  Validity validity_;
};

/// A list of texts in each row; the list itself is never missing.
class TextListColumn final : public Column {
 public:
  TextListColumn() { offsets_.push_back(0); }
  void push_back(std::span<const std::string_view> texts) {
    for (const std::string_view text : texts) items_.push_back(text);
    offsets_.push_back(items_.size());
  }
  std::int64_t size() const override { return offsets_.size() - 1; }
  Layout layout() const override {
    return {"+L", size(), 0, {nullptr, offsets_.data()}, {{"item", &items_}}, nullptr};
  }
  Cell cell(std::int64_t row) const override {
    std::vector<std::string_view> texts;
    append_to(row, texts);
    return texts;
  }
  void append_to(std::int64_t row, std::vector<std::string_view>& out) const {
    for (std::int64_t item = offsets_[row]; item < offsets_[row + 1]; ++item)
      out.push_back(items_[item]);
  }

 private:
  Numbers<std::int64_t> offsets_;
  TextColumn items_;
};

/// The distinct texts of one or more columns, each with a number.
class Dictionary {
 public:
  Dictionary() : slots_(64) {}
  /// The number of `text`, which is added if it is new. data() must not be null.
  std::int32_t intern(std::string_view text);
  const TextColumn& texts() const { return texts_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;    // so that growing reads no text, and few are compared
    std::int32_t number = -1;  // -1 is free
  };
  void grow();
  TextColumn texts_;
  std::vector<Slot> slots_;  // open addressing
  const HashKey* key_ = &HashKey::of_process();
  std::int32_t last_ = -1;  // repeats come in runs
};

/// Text that repeats, as numbers into a dictionary that several columns may share.
class DictionaryColumn final : public Column {
 public:
  explicit DictionaryColumn(std::shared_ptr<Dictionary> dictionary)
      : dictionary_(std::move(dictionary)) {}
  const std::shared_ptr<Dictionary>& dictionary() const { return dictionary_; }
  void push_back(std::string_view text) {
    push_back_number(text.data() == nullptr ? -1 : dictionary_->intern(text));
  }
  /// The same value as another row of a column with the same dictionary; -1 is a missing one.
  void push_back_number(std::int32_t number) {
    validity_.push_back(number >= 0, numbers_.size());
    numbers_.push_back(number < 0 ? 0 : number);
  }
  std::int32_t number(std::int64_t row) const { return validity_[row] ? numbers_[row] : -1; }
  std::string_view operator[](std::int64_t row) const {
    if (!validity_[row]) return {};
    return dictionary_->texts()[numbers_[row]];
  }
  std::int64_t size() const override { return numbers_.size(); }
  Layout layout() const override {
    return {"i",
            size(),
            validity_.null_count(),
            {validity_.bitmap(), numbers_.data()},
            {},
            &dictionary_->texts()};
  }
  Cell cell(std::int64_t row) const override {
    if (!validity_[row]) return {};
    return dictionary_->texts()[numbers_[row]];
  }

 private:
  std::shared_ptr<Dictionary> dictionary_;
  Numbers<std::int32_t> numbers_;
  Validity validity_;
};

/// Adds bytes that may be no UTF-8, which Arrow's text must be: each byte that is none becomes \xNN.
template <typename ColumnType>
void push_any(ColumnType& column, std::string_view text) {
  if (text.data() == nullptr || utf8::find_invalid(text) == std::string_view::npos) {
    column.push_back(text);
  } else {
    column.push_back(utf8::escape_invalid(text));
  }
}

/// Several values a row, each with a name; whoever fills the fields gives each as many.
class StructColumn final : public Column {
 public:
  struct Field {
    std::string name;
    std::shared_ptr<const Column> column;
  };
  explicit StructColumn(std::vector<Field> fields) : fields_(std::move(fields)) {}
  std::int64_t size() const override { return fields_.front().column->size(); }
  Layout layout() const override {
    std::vector<Layout::Child> children;
    for (const Field& field : fields_) children.push_back({field.name, field.column.get()});
    return {"+s", size(), 0, {nullptr}, std::move(children), nullptr};
  }
  Cell cell(std::int64_t row) const override {
    auto values = std::make_shared<Nested>();
    for (const Field& field : fields_) {
      values->names.emplace_back(field.name);
      values->values.push_back(field.column->cell(row));
    }
    return values;
  }

 private:
  std::vector<Field> fields_;
};

/// A list in each row, of what another column holds; never missing.
class ListColumn final : public Column {
 public:
  explicit ListColumn(std::shared_ptr<const Column> items) : items_(std::move(items)) {
    offsets_.push_back(0);
  }
  /// Ends a row: all items that came since the last one are its list.
  void end_row() { offsets_.push_back(items_->size()); }
  std::int64_t size() const override { return offsets_.size() - 1; }
  Layout layout() const override {
    return {"+L", size(), 0, {nullptr, offsets_.data()}, {{"item", items_.get()}}, nullptr};
  }
  Cell cell(std::int64_t row) const override {
    auto values = std::make_shared<Nested>();
    for (std::int64_t item = offsets_[row]; item < offsets_[row + 1]; ++item)
      values->values.push_back(items_->cell(item));
    return values;
  }

 private:
  Numbers<std::int64_t> offsets_;
  std::shared_ptr<const Column> items_;
};

/// Finished columns of one length, each with a name.
struct Table {
  struct Field {
    std::string name;
    std::shared_ptr<const Column> column;
  };
  std::vector<Field> fields;
  std::int64_t rows = 0;
};

}  // namespace mxseal
