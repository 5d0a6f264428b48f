// SPDX-License-Identifier: MIT
// Window: a piece of a ByteSource that slides over it, so that what is larger than memory is read
// in one pass.
//
// The reader looks at text() from position at(), asks for more() when that does not suffice, and
// advances with take(). Bytes::kPadding bytes behind text() are always readable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_source.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal {

class Window {
 public:
  /// Over a source, through a buffer whose memory is reused; `step` bytes are asked for at a time.
  Window(ByteSource& source, Bytes& buffer, std::size_t step)
      : source_(&source), buffer_(&buffer), step_(step) {
    buffer.clear();
    buffer.reserve(0);
    text_ = buffer.view();
  }

  /// Over bytes in memory with Bytes::kPadding readable bytes behind them.
  explicit Window(std::string_view text) : text_(text) {}

  std::string_view text() const { return text_; }
  std::size_t at() const { return at_; }
  std::string_view rest() const { return text_.substr(at_); }
  /// Where at() lies in the source, in bytes from its start.
  std::int64_t offset() const { return dropped_ + static_cast<std::int64_t>(at_); }
  bool ended() const { return source_ == nullptr; }

  void take(std::size_t count) { at_ += count; }

  /// Brings more of the source into text(); what lies before at() goes, so at() becomes 0. False at
  /// the end.
  Result<bool> more() {
    if (source_ == nullptr) return false;
    buffer_->drop_front(at_);
    dropped_ += static_cast<std::int64_t>(at_);
    at_ = 0;
    // In large steps as the text grows, so that a long line is not moved again and again.
    const std::size_t step = buffer_->size() > step_ ? buffer_->size() : step_;
    buffer_->reserve_more(step);
    const Result<std::size_t> count = source_->read({buffer_->data() + buffer_->size(), step});
    if (!count) {
      sound_ = source_->sound();
      source_ = nullptr;
      text_ = buffer_->view();
      return count.error();
    }
    if (*count == 0) source_ = nullptr;
    buffer_->resize(buffer_->size() + *count);
    text_ = buffer_->view();
    return *count > 0;
  }

  /// After an error of more(): lets text() end where its bytes are no longer right for certain
  /// (ByteSource::sound).
  void end_where_sound() {
    const std::int64_t end = sound_ - dropped_;
    text_ =
        text_.substr(0, end > static_cast<std::int64_t>(at_) ? static_cast<std::size_t>(end) : at_);
  }

 private:
  ByteSource* source_ = nullptr;
  Bytes* buffer_ = nullptr;
  std::size_t step_ = 0;
  std::string_view text_;
  std::size_t at_ = 0;
  std::int64_t dropped_ = 0;
  std::int64_t sound_ = 0;
};

}  // namespace mxseal
