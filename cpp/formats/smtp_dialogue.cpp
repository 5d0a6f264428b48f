// SPDX-License-Identifier: MIT
#include "formats/smtp_dialogue.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace mxseal::smtp {
namespace {

constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kCodeDigits = 3;

// RFC 5321 §4.2: Reply-code = %x32-35 %x30-35 %x30-39. The second digit is not looked at closely: servers invent codes.
constexpr bool is_severity(char c) {
  return c >= '2' && c <= '5';
}

// Whether a line may begin so; `start` may end anywhere.
bool may_begin_line(std::string_view start) {
  Cursor cursor(start);
  if (cursor.at_end()) return true;
  if (!is_severity(cursor.peek())) return false;
  cursor.take_while(ascii::is_digit, kCodeDigits);
  if (cursor.at_end()) return true;
  if (cursor.offset() < std::int64_t{kCodeDigits}) return false;
  return cursor.peek() == '-' || cursor.peek() == ' ' || cursor.peek() == '\r';
}

struct Line {
  int code = 0;
  bool is_last = false;
};

// RFC 5321 §4.2: Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
bool read_line(std::string_view text, Line& line) {
  Cursor cursor(text);
  const std::string_view digits = cursor.take_while(ascii::is_digit, kCodeDigits);
  if (digits.size() < kCodeDigits || !is_severity(digits.front())) return false;
  for (const char digit : digits) line.code = line.code * 10 + (digit - '0');
  line.is_last = cursor.at_end() || cursor.take(' ');
  return line.is_last || cursor.take('-');
}

}  // namespace

bool Reply::offers(std::string_view keyword) const {
  // RFC 5321 §4.1.1.1: the first line has the server's name, each further one
  // ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-"), and parameters behind a space.
  return std::any_of(
      lines.begin() + (lines.empty() ? 0 : 1), lines.end(), [&](const std::string& line) {
        Cursor cursor(line);
        cursor.take_up_to(kCodeDigits + 1);
        return cursor.take_ignoring_case(keyword) && (cursor.at_end() || cursor.peek() == ' ');
      });
}

std::string Reply::text() const {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
    if (text.size() > kMaxText) break;
  }
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

void ReplyReader::add(std::string_view bytes) {
  pending_ += bytes;
}

void ReplyReader::clear() {
  *this = ReplyReader();
}

Result<bool> ReplyReader::next(Reply& reply) {
  Cursor cursor(pending_);
  const auto fail = [&](Errc code) -> Result<bool> {
    return Error{code, excerpt(cursor.rest()), offset_ + cursor.offset()};
  };
  for (;;) {
    Cursor ahead = cursor;
    const std::string_view whole = ahead.take_until('\n');
    if (whole.size() > kMaxLine) return fail(Errc::smtp_line_too_long);
    if (ahead.at_end()) {
      if (!may_begin_line(whole)) return fail(Errc::smtp_reply_invalid);
      break;
    }
    ahead = cursor;
    // A bare LF ends a line too: some servers send it, and no limit is evaded by it.
    const std::string_view text = ahead.take_line();
    Line line;
    // RFC 5321 §4.2.1: all lines of a reply have the same code.
    if (!read_line(text, line) || (!partial_.lines.empty() && line.code != partial_.code))
      return fail(Errc::smtp_reply_invalid);
    if (partial_.lines.size() == kMaxLines) return fail(Errc::smtp_too_many_lines);
    partial_.code = line.code;
    partial_.lines.emplace_back(text);
    cursor = ahead;
    if (line.is_last) {
      reply = std::exchange(partial_, Reply());
      offset_ += cursor.offset();
      pending_.erase(0, pending_.size() - cursor.rest().size());
      return true;
    }
  }
  offset_ += cursor.offset();
  pending_.erase(0, pending_.size() - cursor.rest().size());
  return false;
}

Dialogue::Dialogue(std::string helo, Security security)
    : helo_(std::move(helo)),
      security_(security),
      next_(security == Security::starttls ? Next::receive : Next::handshake) {}

std::string Dialogue::take_output() {
  return std::exchange(output_, {});
}

Next Dialogue::send(std::string_view command, Step step) {
  output_ += command;
  step_ = step;
  return next_ = Next::receive;
}

Next Dialogue::end(Outcome outcome) {
  // RFC 5321 §4.1.1.10: no client closes without QUIT.
  output_ += "QUIT\r\n";
  outcome_ = outcome;
  return next_ = Next::ended;
}

Result<Next> Dialogue::unexpected() const {
  return Error{Errc::smtp_reply_unexpected, excerpt(reply_.lines.front()), -1};
}

Result<Next> Dialogue::receive(std::string_view bytes) {
  received_ += bytes.size();
  if (received_ > kMaxBytes)
    return Error{Errc::smtp_too_many_bytes, excerpt(bytes), static_cast<std::int64_t>(kMaxBytes)};
  if (next_ == Next::ended) return next_;  // the answer to QUIT
  if (next_ == Next::handshake) return injected();
  reader_.add(bytes);
  auto whole = reader_.next(reply_);
  if (!whole) return std::move(whole).error();
  if (!*whole) return next_;
  return answer();
}

Next Dialogue::secured() {
  // RFC 3207 §4.2: what was learned before TLS is discarded.
  reader_.clear();
  reply_ = Reply();
  if (security_ == Security::implicit_tls) return next_ = Next::receive;
  return send("EHLO " + helo_ + "\r\n", Step::secure_ehlo);
}

Next Dialogue::injected() {
  outcome_ = Outcome::injection;
  return next_ = Next::ended;  // whoever sent these bytes is not spoken to any more
}

Result<Next> Dialogue::answer() {
  const int code = reply_.code;
  // A reply that came before its command: the session would be out of step from here on.
  const bool more = !reader_.is_empty();
  switch (step_) {
    case Step::greeting:
      greeting_ = reply_.lines.front();
      if (code / 100 == 4) return end(Outcome::banner_4xx);
      if (code / 100 == 5) return end(Outcome::banner_5xx);
      if (code != 220 || more) return unexpected();
      return send("EHLO " + helo_ + "\r\n",
                  security_ == Security::starttls ? Step::ehlo : Step::secure_ehlo);
    case Step::ehlo:
      // RFC 5321 §3.2: these two mean a server without extensions; other refusals may be about the client.
      if (code == 500 || code == 502) return end(Outcome::ehlo_rejected);
      if (code != 250 || more) return unexpected();
      if (!reply_.offers("starttls")) return end(Outcome::starttls_missing);
      return send("STARTTLS\r\n", Step::starttls);
    case Step::starttls:
      if (code != 220) return end(Outcome::starttls_refused);
      // RFC 3207 §6, CVE-2011-0411: who reads on would take these bytes for part of the protected session.
      if (more) return injected();
      return next_ = Next::handshake;
    case Step::secure_ehlo:
      if (code != 250) return unexpected();
      return end(Outcome::finished);
  }
  return unexpected();  // untested: unreachable
}

}  // namespace mxseal::smtp
