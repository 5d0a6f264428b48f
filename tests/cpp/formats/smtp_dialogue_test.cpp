// SPDX-License-Identifier: MIT
// SMTP dialogues: the rows of tests/data/smtp_sessions.jsonl (a form feed ends what the server says in one turn), the limits, and
// what no row can say.
#include "formats/smtp_dialogue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cursor.hpp"
#include "rows.hpp"

namespace mxseal::smtp {
namespace {

struct Session {
  Dialogue dialogue{"me.example", Dialogue::Security::starttls};
  std::vector<std::string> sent;
  std::optional<Error> error;

  void note_output() {
    const std::string output = dialogue.take_output();
    Cursor cursor(output);
    while (!cursor.at_end()) sent.emplace_back(cursor.take_line());
  }
  void receive(std::string_view bytes) {
    if (error) return;
    const auto next = dialogue.receive(bytes);
    if (!next) error = next.error();
    note_output();
  }
  void receive_byte_by_byte(std::string_view bytes) {
    for (const char& byte : bytes) receive({&byte, 1});
  }
  void end_turn() {
    if (!error && dialogue.next() == Next::handshake) dialogue.secured();
    note_output();
  }
};

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::none:
      return "none";
    case Outcome::banner_4xx:
      return "banner_4xx";
    case Outcome::banner_5xx:
      return "banner_5xx";
    case Outcome::ehlo_rejected:
      return "ehlo_rejected";
    case Outcome::starttls_missing:
      return "starttls_missing";
    case Outcome::starttls_refused:
      return "starttls_refused";
    case Outcome::injection:
      return "injection";
    case Outcome::finished:
      return "finished";
  }
  return "";
}

void run_row(const test::Json& row, const std::string& place, bool byte_by_byte) {
  SCOPED_TRACE(place + (byte_by_byte ? " byte by byte" : ""));
  Session session;
  const std::string input = test::input_of(row);
  Cursor cursor(input);
  while (!cursor.at_end()) {
    const std::string_view turn = cursor.take_until('\f');
    if (byte_by_byte) {
      session.receive_byte_by_byte(turn);
    } else {
      session.receive(turn);
    }
    if (cursor.take('\f')) session.end_turn();
  }
  if (test::has(row, "code")) {
    ASSERT_TRUE(session.error);
    EXPECT_EQ(code_name(session.error->code), test::text(row["code"]));
    EXPECT_EQ(session.error->offset, std::int64_t(row["offset"]));
    EXPECT_EQ(session.dialogue.outcome(), Outcome::none);
  } else {
    ASSERT_FALSE(session.error) << code_name(session.error->code);
    EXPECT_EQ(outcome_name(session.dialogue.outcome()), test::text(row["outcome"]));
    EXPECT_EQ(session.sent, test::texts(row["sent"]));
  }
}

// Q69 Q70: EHLO with a name of one's own, QUIT before closing, TLS at once behind the 220, EHLO again, no extension but what this
// answer names.
TEST(SmtpDialogue, rows) {
  test::each_row(MXSEAL_TEST_DATA "/smtp_sessions.jsonl",
                 [](const test::Json& row, const std::string& place) {
                   run_row(row, place, false);
                   if (!test::has(row, "whole_only")) run_row(row, place, true);
                 });
}

TEST(SmtpDialogue, tls_from_the_first_byte_greets_within_it) {
  Dialogue dialogue("me.example", Dialogue::Security::implicit_tls);
  EXPECT_EQ(dialogue.next(), Next::handshake);
  EXPECT_EQ(dialogue.secured(), Next::receive);
  EXPECT_EQ(dialogue.take_output(), "");
  ASSERT_TRUE(dialogue.receive("220 mx\r\n"));
  EXPECT_EQ(dialogue.take_output(), "EHLO me.example\r\n");
  ASSERT_TRUE(dialogue.receive("250 mx\r\n"));
  EXPECT_EQ(dialogue.take_output(), "QUIT\r\n");
  EXPECT_EQ(dialogue.outcome(), Outcome::finished);
}

// Q70: what waits within TLS is no injection, and what waited before it was dropped.
TEST(SmtpDialogue, bytes_before_the_handshake_are_an_injection_also_when_they_come_apart) {
  Session session;
  session.receive("220 mx\r\n");
  session.receive("250-mx\r\n250 STARTTLS\r\n");
  session.receive("220 go ahead\r\n");
  EXPECT_EQ(session.dialogue.next(), Next::handshake);
  session.receive("2");
  EXPECT_EQ(session.dialogue.outcome(), Outcome::injection);
  EXPECT_EQ(session.sent.back(), "STARTTLS") << "no QUIT to whoever sent this";
}

TEST(SmtpDialogue, the_first_line_of_the_greeting_and_the_reply_that_decided_are_kept) {
  Session session;
  session.receive("220-mx.example\r\n220 ESMTP\r\n");
  session.receive("250 mx.example\r\n");
  EXPECT_EQ(session.dialogue.greeting(), "220-mx.example");
  EXPECT_EQ(session.dialogue.last_reply().text(), "250 mx.example");
}

TEST(SmtpDialogue, the_answer_to_quit_is_passed_over) {
  Session session;
  session.receive("554 no\r\n");
  session.receive("221 bye\r\n");
  EXPECT_FALSE(session.error);
  EXPECT_EQ(session.dialogue.last_reply().text(), "554 no");
}

TEST(SmtpDialogue, is_amid_a_reply_from_its_first_byte_to_its_last) {
  Session session;
  EXPECT_FALSE(session.dialogue.is_amid_reply());
  session.receive("2");
  EXPECT_TRUE(session.dialogue.is_amid_reply());
  session.receive("20-mx\r\n");
  EXPECT_TRUE(session.dialogue.is_amid_reply());
  session.receive("220 mx\r\n");
  EXPECT_FALSE(session.dialogue.is_amid_reply());
}

TEST(SmtpDialogue, a_line_has_a_limit_with_and_without_its_end) {
  Session fits;
  fits.receive("220 " + std::string(kMaxLine - 4, 'x') + "\n");
  EXPECT_FALSE(fits.error);
  for (const char* end : {"", "\n"}) {
    Session over;
    over.receive("220 " + std::string(kMaxLine - 3, 'x') + end);
    ASSERT_TRUE(over.error);
    EXPECT_EQ(over.error->code, Errc::smtp_line_too_long);
    EXPECT_EQ(over.error->offset, 0);
  }
}

TEST(SmtpDialogue, a_reply_has_a_limit_of_lines) {
  std::string lines;
  for (std::size_t i = 1; i < kMaxLines; ++i) lines += "220-x\r\n";
  Session fits;
  fits.receive(lines + "220 x\r\n");
  EXPECT_FALSE(fits.error);
  Session over;
  over.receive(lines + "220-x\r\n220 x\r\n");
  ASSERT_TRUE(over.error);
  EXPECT_EQ(over.error->code, Errc::smtp_too_many_lines);
  EXPECT_EQ(over.error->offset, 7 * std::int64_t{kMaxLines});
}

TEST(SmtpDialogue, a_session_has_a_limit_of_bytes) {
  const std::string line = "220-" + std::string(1994, 'x') + "\r\n";
  Session session;
  std::size_t sent = 0;
  for (; sent + line.size() <= kMaxBytes; sent += line.size()) session.receive(line);
  EXPECT_FALSE(session.error);
  session.receive(line);
  ASSERT_TRUE(session.error);
  EXPECT_EQ(session.error->code, Errc::smtp_too_many_bytes);
}

TEST(SmtpDialogue, the_text_of_a_reply_is_cut) {
  Session session;
  session.receive("554-" + std::string(900, 'x') + "\r\n554 " + std::string(900, 'y') + "\r\n");
  EXPECT_EQ(session.dialogue.last_reply().text().size(), 1024U);
}

TEST(SmtpReplyReader, gives_one_reply_after_the_other) {
  ReplyReader reader;
  Reply reply;
  reader.add("250-a\r\n250 b\r\n354 c\r\n4");
  ASSERT_TRUE(*reader.next(reply));
  EXPECT_EQ(reply.code, 250);
  EXPECT_EQ(reply.lines, (std::vector<std::string>{"250-a", "250 b"}));
  ASSERT_TRUE(*reader.next(reply));
  EXPECT_EQ(reply.code, 354);
  ASSERT_FALSE(*reader.next(reply));
  EXPECT_FALSE(reader.is_empty());
  reader.clear();
  EXPECT_TRUE(reader.is_empty());
}

}  // namespace
}  // namespace mxseal::smtp
