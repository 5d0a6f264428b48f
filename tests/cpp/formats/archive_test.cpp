// SPDX-License-Identifier: MIT
#include "formats/archive.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <span>
#include <string>
#include <vector>

#include "formats/gzip.hpp"
#include "formats/pack.hpp"

namespace mxseal::archive {
namespace {

using kind::Kind;
using pack::tar_end;
using pack::tar_header;
using pack::tar_member;

/// A source that cannot tell its size and gives odd pieces, as a pipe does.
class Pipe final : public ByteSource {
 public:
  explicit Pipe(std::string_view bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::span<char> into) override {
    return bytes_.read(into.first(std::min<std::size_t>(into.size(), 777)));
  }

 private:
  MemorySource bytes_;
};

constexpr std::size_t kCap = std::size_t{1} << 20;

std::string words(const Error& error) {
  return std::string(code_name(error.code)) + " at " + std::to_string(error.offset);
}

std::string_view word(MemberKind kind) {
  constexpr std::string_view kWords[] = {"file", "folder", "link", "special"};
  return kWords[static_cast<std::size_t>(kind)];
}

/// One line a member or error: "name file 3: content", "name link -1: container-link at 0", "!
/// tar-corrupt at 512".
std::vector<std::string> listing(ByteSource& source, Kind kind) {
  Container container(source, kind);
  std::vector<std::string> lines;
  Member member;
  Bytes content;
  while (true) {
    const Result<bool> found = container.next(member);
    if (!found) {
      lines.push_back("! " + words(found.error()));
      continue;
    }
    if (!*found) return lines;
    const Result<void> read = container.read(content, kCap);
    lines.push_back(member.name + " " + std::string(word(member.kind)) + " " +
                    std::to_string(member.size) + (member.encrypted ? " encrypted: " : ": ") +
                    (read ? std::string(content.view()) : words(read.error())));
  }
}

using Lines = std::vector<std::string>;

Lines from_memory(std::string_view bytes, Kind kind) {
  MemorySource source(bytes);
  return listing(source, kind);
}

Lines from_pipe(std::string_view bytes, Kind kind) {
  Pipe source(bytes);
  return listing(source, kind);
}

void expect_both_ways(const std::string& bytes, Kind kind, const Lines& lines, const char* reason) {
  EXPECT_EQ(from_memory(bytes, kind), lines) << reason;
  EXPECT_EQ(from_pipe(bytes, kind), lines) << reason << ", from a pipe";
}

/// The members' names and the errors of next() alone, from a pipe, nothing being read.
Lines names(std::string_view bytes) {
  Pipe source(bytes);
  Container container(source, Kind::zip);
  Lines lines;
  Member member;
  while (true) {
    const Result<bool> found = container.next(member);
    if (found && !*found) return lines;
    lines.push_back(found ? member.name : "! " + words(found.error()));
  }
}

TEST(Tar, members_are_read) {
  expect_both_ways(tar_member("a.json", "{}") + tar_member("b/", "", '5') +
                       tar_member("b/c.json", std::string(600, 'c')) + tar_end(),
                   Kind::tar,
                   {"a.json file 2: {}", "b/ folder 0: container-link at 1536",
                    "b/c.json file 600: " + std::string(600, 'c')},
                   "POSIX");
  expect_both_ways(tar_header("a", 2, '\0', {}, true) + "ok" + std::string(510, '\0') + tar_end(),
                   Kind::tar, {"a file 2: ok"}, "v7");
  expect_both_ways(tar_member("a", "1"), Kind::tar, {"a file 1: 1"}, "no blocks of zeros behind");
  expect_both_ways(tar_member("a", "1") + std::string(512, '\0'), Kind::tar, {"a file 1: 1"},
                   "one block of zeros behind");
  expect_both_ways(tar_member("a", "1") + tar_end() + "garbage", Kind::tar,
                   {"a file 1: 1", "! tar-corrupt at 2048"}, "something behind the end");
  expect_both_ways(tar_end(), Kind::tar, {}, "no member");
  expect_both_ways(std::string(10240, '\0'), Kind::tar, {}, "no member, filled to a record");
}

// `cat a.tar b.tar`, filled to records as tar does.
TEST(Tar, concatenated) {
  const std::string two = tar_member("a", "1") + std::string(9 * 1024, '\0') +
                          tar_member("b", "2") + std::string(9 * 1024, '\0');
  const Lines lines = {"a file 1: 1", "b file 1: 2"};
  expect_both_ways(two, Kind::tar, lines, "none is lost");
  const std::string packed = pack::gzip(two);
  MemorySource compressed(packed);
  gzip::GzipSource source(compressed);
  EXPECT_EQ(listing(source, Kind::tar), lines) << "in a gzip";
  const std::string each =
      pack::gzip(two.substr(0, 1024 + 9 * 1024)) + pack::gzip(two.substr(1024 + 9 * 1024));
  MemorySource members(each);
  gzip::GzipSource joined(members);
  EXPECT_EQ(listing(joined, Kind::tar), lines) << "each in a gzip of its own";
}

// Q48: names inside never become paths. They are told as they are and used for nothing.
TEST(Tar, names_lead_nowhere) {
  const std::string pax = pack::pax_record("path", "r\xC3\xA4port-\xE2\x82\xAC.json");
  expect_both_ways(
      tar_member("../../etc/passwd", "x") + tar_member("/etc/shadow", "y") +
          tar_member("r\xC3\xA4port", "u") + tar_member("r\xE4port", "l") +
          tar_member("pax", pax, 'x') + tar_member("short", "p") + tar_end(),
      Kind::tar,
      {"../../etc/passwd file 1: x", "/etc/shadow file 1: y", "r\xC3\xA4port file 1: u",
       "r\\xe4port file 1: l", "r\xC3\xA4port-\xE2\x82\xAC.json file 1: p"},
      "above, absolute, UTF-8, Latin-1, UTF-8 of a pax header");
}

TEST(Archive, the_locale_of_the_program_does_not_matter) {
  ASSERT_STREQ(std::setlocale(LC_CTYPE, "C"), "C");
  expect_both_ways(pack::zip({{"r\xC3\xA4port", "u", 0x800}, {"r\xC3\xA4port", "u", 0}}), Kind::zip,
                   {"r\xC3\xA4port file 1: u", "r\xC3\xA4port file 1: u"},
                   "UTF-8, told and not told");
  EXPECT_STREQ(std::setlocale(LC_CTYPE, nullptr), "C");
}

TEST(Tar, links_devices_and_holes_are_not_followed) {
  expect_both_ways(tar_header("hard", 0, '1', "a") + tar_header("soft", 0, '2', "/etc/passwd") +
                       tar_header("device", 0, '3') + tar_header("pipe", 0, '6') +
                       tar_member("a", "after") + tar_end(),
                   Kind::tar,
                   {"hard link 0: container-link at 512", "soft link 0: container-link at 1024",
                    "device special 0: container-link at 1536",
                    "pipe special 0: container-link at 2048", "a file 5: after"},
                   "links and devices");
  // GNU 1.0 sparse format by pax fields: one byte of data in 8 GiB of holes.
  const std::string pax = pack::pax_record("GNU.sparse.major", "1") +
                          pack::pax_record("GNU.sparse.minor", "0") +
                          pack::pax_record("GNU.sparse.name", "holes") +
                          pack::pax_record("GNU.sparse.realsize", "8589934592");
  const std::string map = "1\n8589934591\n1\n" + std::string(512 - 15, '\0') + "x";
  expect_both_ways(
      tar_member("pax", pax, 'x') + tar_member("holes", map) + tar_member("a", "1") + tar_end(),
      Kind::tar, {"holes special 8589934592: container-link at 2048", "a file 1: 1"},
      "a sparse file");
}

TEST(Tar, damage) {
  const std::string first = tar_member("a", "1");
  std::string wrong = tar_member("b", std::string(1500, 'b'));
  wrong[0] = 'B';
  expect_both_ways(first + wrong + tar_member("c", "3") + tar_end(), Kind::tar,
                   {"a file 1: 1", "! tar-corrupt at 1536", "c file 1: 3"},
                   "a header whose sum is wrong: one error, and on at the next good header");
  expect_both_ways(first + wrong, Kind::tar, {"a file 1: 1", "! tar-corrupt at 1536"},
                   "nothing good behind it");
  expect_both_ways(first + tar_member("b", "2").substr(0, 100), Kind::tar,
                   {"a file 1: 1", "! tar-corrupt at 1024"}, "ends in a header");
  expect_both_ways(first + tar_header("b", 700) + "bb", Kind::tar,
                   {"a file 1: 1", "b file 700: tar-corrupt at 1538"}, "ends in a member");
  expect_both_ways("no tar at all", Kind::tar, {"! tar-corrupt at 0"}, "something else");
  expect_both_ways("", Kind::tar, {"! tar-corrupt at 0"}, "nothing");
}

TEST(Zip, members_are_read) {
  const std::string many(60, 'x');
  expect_both_ways(pack::zip({{"a.json", "{}"},
                              {"b/", "", 0, true, {}, 0x41ED0010},
                              {"b/c.json", many},
                              {"stored", "as it is", 0, true},
                              {"empty", "", 0, true}}),
                   Kind::zip,
                   {"a.json file 2: {}", "b/ folder 0: container-link at 72",
                    "b/c.json file 60: " + many, "stored file 8: as it is", "empty file 0: "},
                   "Info-ZIP");
  EXPECT_EQ(from_memory(pack::zip({}), Kind::zip), Lines{});
  // What was written to a pipe has its sizes behind the data; only the directory knows them before.
  const std::string behind = pack::zip({{"a", "first", 8}, {"b", "second", 8}});
  EXPECT_EQ(from_memory(behind, Kind::zip), (Lines{"a file 5: first", "b file 6: second"}));
  EXPECT_EQ(from_pipe(behind, Kind::zip), (Lines{"a file -1: first", "b file -1: second"}));
}

TEST(Zip, names_and_links_lead_nowhere) {
  EXPECT_EQ(
      from_memory(pack::zip({{"../../x", "1"},
                             {"r\xE4port", "2"},
                             {"l", "/etc/passwd", 0, true, {}, 0xA1FF0000}}),
                  Kind::zip),
      (Lines{"../../x file 1: 1", "r\\xe4port file 1: 2", "l link 0: container-link at 121"}));
}

TEST(Zip, damage_of_one_member_is_its_own) {
  const std::vector<pack::ZipMember> members = {{"a", "first"}, {"b", "second"}, {"c", "third"}};
  std::string crc = pack::zip({members[0], {"b", "second", 0, true}, members[2]});
  crc[crc.find("second")] = 'S';
  expect_both_ways(crc, Kind::zip,
                   {"a file 5: first", "b file 6: zip-corrupt at 75", "c file 5: third"},
                   "a wrong CRC");
  std::string block =
      pack::zip({members[0], {"b", "second", 0, false, "\x07\x07\x07"}, members[2]});
  expect_both_ways(block, Kind::zip,
                   {"a file 5: first", "b file 6: zip-corrupt at 69", "c file 5: third"},
                   "a deflate block that does not exist");
}

TEST(Zip, damage_of_the_file) {
  const std::string good = pack::zip({{"a", "first"}, {"b", std::string(50, 'b'), 0, true}});
  expect_both_ways(good.substr(0, 100), Kind::zip,
                   {"a file 5: first", "b file 50: zip-corrupt at 100"},
                   "ends in a member, without a directory");
  std::string directory = good;
  directory[good.find("PK\1\2") + 1] = 'X';
  expect_both_ways(directory, Kind::zip, {"a file 5: first", "b file 50: " + std::string(50, 'b')},
                   "the directory: the members' own headers are read");
  std::string pointer = good;
  pointer.replace(good.size() - 6, 4, "\xFF\xFF\xFF\x7F");
  expect_both_ways(pointer, Kind::zip, {"a file 5: first", "b file 50: " + std::string(50, 'b')},
                   "where the directory is said to be");
  expect_both_ways("no zip at all", Kind::zip, {"! zip-corrupt at 0"}, "something else");
  expect_both_ways("", Kind::zip, {"! zip-corrupt at 0"}, "nothing");
}

TEST(Zip, what_stands_before_the_first_member_is_told) {
  const std::string first = pack::zip({{"a", "first"}});
  EXPECT_EQ(from_memory(first + pack::zip({{"b", "2"}, {"c", "3"}}), Kind::zip),
            (Lines{"! zip-corrupt at 0", "b file 1: 2", "c file 1: 3"}))
      << "two behind each other";
  EXPECT_EQ(from_memory(first + pack::zip({}), Kind::zip), (Lines{"! zip-corrupt at 0"}))
      << "the second empty";
  EXPECT_EQ(from_memory("#!/bin/sh\n" + first, Kind::zip), (Lines{"a file 5: first"}))
      << "a program that unpacks itself";
}

// cat a.zip b.zip | ...: libarchive ends with the first.
TEST(Zip, behind_each_other_in_a_pipe) {
  const std::string first = pack::zip({{"a", "first"}});
  const std::string second = pack::zip({{"b", "2"}, {"c", "3"}});
  const Lines all = {"a file 5: first", "b file 1: 2", "c file 1: 3"};
  EXPECT_EQ(from_pipe(first + second, Kind::zip), all);
  EXPECT_EQ(from_pipe(first + pack::zip({}) + second, Kind::zip), all) << "an empty one between";
  EXPECT_EQ(from_pipe(pack::zip({}) + first + second + pack::zip({}), Kind::zip), all);
  EXPECT_EQ(from_pipe(first + "\n\n", Kind::zip), (Lines{"a file 5: first"})) << "no zip follows";

  // Wherever the pieces of the pipe divide the end of the first and the start of the second.
  for (std::size_t size = 0; size < 777; size += 5) {
    const std::string filler = pack::zip({{"f", std::string(size, 'f')}});
    EXPECT_EQ(from_pipe(filler + second, Kind::zip).size(), 3U) << size;
  }

  std::string commented = first;
  commented[commented.size() - 2] = 11;  // the length of the comment, the last field of a zip
  EXPECT_EQ(from_pipe(commented + "PK\5\6comment" + second, Kind::zip), all);

  const std::string cut = second.substr(0, second.find("PK\1\2") - 1);
  EXPECT_EQ(from_pipe(first + cut, Kind::zip),
            (Lines{"a file 5: first", "b file 1: 2",
                   "c file 1: zip-corrupt at " + std::to_string(first.size() + cut.size())}));

  std::string many;
  for (int i = 0; i < 10'000; ++i) many += pack::zip({});
  EXPECT_EQ(from_pipe(first + many + second, Kind::zip), all);
}

TEST(Zip, a_pipe_that_breaks_behind_the_last_member) {
  class Breaking final : public ByteSource {
   public:
    Result<std::size_t> read(std::span<char> into) override {
      const Result<std::size_t> got = zip_.read(into);
      if (*got == 0) return Error{Errc::file_unreadable, "", -1};
      return got;
    }

   private:
    const std::string bytes_ = pack::zip({{"a", "first"}});
    MemorySource zip_{bytes_};
  } source;
  EXPECT_EQ(listing(source, Kind::zip), (Lines{"a file 5: first", "! file-unreadable at -1"}));
}

// Without the directory libarchive would unpack such a member to find the next: it is where a pipe
// ends.
TEST(Zip, what_cannot_be_unpacked_is_told) {
  const std::string encrypted = pack::zip({{"a", "secret", 1, true}, {"b", "open"}});
  EXPECT_EQ(from_memory(encrypted, Kind::zip),
            (Lines{"a file 6 encrypted: zip-encrypted at 31", "b file 4: open"}));
  EXPECT_EQ(from_pipe(encrypted, Kind::zip), (Lines{"a file 6 encrypted: zip-encrypted at 31"}));
  EXPECT_EQ(names(encrypted), (Lines{"a", "! zip-encrypted at 31"}))
      << "also to who does not read it";

  // LZMA whose header asks for a dictionary of 4 GiB: it must not come to that.
  const std::string lzma("\x09\x04\x05\x00\x5D\xFF\xFF\xFF\xFF\x00", 10);
  const std::string other = pack::zip({{"a", "x", 0, false, lzma, 0, 14}, {"b", "open"}});
  EXPECT_EQ(from_memory(other, Kind::zip),
            (Lines{"a file 1: zip-unsupported at 31", "b file 4: open"}));
  EXPECT_EQ(from_pipe(other, Kind::zip), (Lines{"a file 1: zip-unsupported at 31"}));
}

/// A member that unpacks to `size` equal bytes.
pack::ZipMember zeros(const char* name, std::size_t size) {
  return {name, std::string(size, '0'), 0, false, {}, 0};
}

/// What reading each member gives: "" or the error's code.
Lines reading(std::string_view zip) {
  MemorySource source(zip);
  Container container(source, Kind::zip);
  Member member;
  Bytes content;
  Lines results;
  while (*container.next(member)) {
    const Result<void> read = container.read(content, 2 * gzip::kBombFloor);
    results.emplace_back(read ? "" : code_name(read.error().code));
  }
  return results;
}

// Q48: bombs are our own concern.
TEST(Zip, bomb) {
  const std::string bomb = pack::zip({zeros("bomb", gzip::kBombFloor + kCap), {"after", "x"}});
  MemorySource source(bomb);
  Container container(source, Kind::zip);
  Member member;
  Bytes content;
  ASSERT_TRUE(*container.next(member));
  const Result<void> refused = container.read(content, 2 * gzip::kBombFloor);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::zip_bomb);
  EXPECT_GT(refused.error().offset, 60'000);
  EXPECT_LE(content.size(), gzip::kBombFloor + kCap);
  ASSERT_TRUE(*container.next(member));
  EXPECT_EQ(member.name, "after");
}

TEST(Zip, bomb_in_a_pipe_ends_it) {
  const std::string bomb = pack::zip({zeros("bomb", gzip::kBombFloor + kCap), {"after", "x"}});
  Pipe source(bomb);
  Container container(source, Kind::zip);
  Member member;
  std::vector<char> piece(100'000);
  ASSERT_TRUE(*container.next(member));
  Result<std::size_t> got = container.stream().read(piece);
  while (got && *got > 0) got = container.stream().read(piece);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Errc::zip_bomb);
  EXPECT_EQ(container.stream().read(piece).error().code, Errc::zip_bomb);
  EXPECT_FALSE(*container.next(member));

  const Lines passed = names(bomb);
  ASSERT_EQ(passed.size(), 2U) << "a bomb that nobody reads is one";
  EXPECT_EQ(passed[1].substr(0, 14), "! zip-bomb at ");
}

TEST(Zip, members_behind_a_bomb_are_read_but_not_behind_any_number) {
  pack::ZipMember bomb = zeros("bomb", gzip::kBombFloor + kCap);
  bomb.data = pack::deflated(bomb.content, Z_BEST_COMPRESSION);
  bomb.content.clear();
  const pack::ZipMember good{"good", "x"};
  const std::string few = pack::zip({bomb, good, bomb, good, bomb, good, bomb, good});
  const std::string many = pack::zip({bomb, bomb, bomb, bomb, bomb, bomb, good});
  EXPECT_EQ(reading(few), (Lines{"zip-bomb", "", "zip-bomb", "", "zip-bomb", "", "zip-bomb", ""}));
  EXPECT_EQ(reading(many), Lines(7, "zip-bomb"));
}

TEST(Zip, many_members_do_not_evade_the_bomb_rule) {
  const std::string bomb =
      pack::zip({zeros("a", gzip::kBombFloor / 2), zeros("b", gzip::kBombFloor / 2),
                 zeros("c", gzip::kBombFloor / 2)});
  EXPECT_EQ(reading(bomb), (Lines{"", "", "zip-bomb"}));
}

TEST(Archive, cap_on_a_whole_member) {
  const std::string tar =
      tar_member("a", std::string(1001, 'a')) + tar_member("b", "2") + tar_end();
  MemorySource source(tar);
  Container container(source, Kind::tar);
  Member member;
  Bytes content;
  content.append("old");
  ASSERT_TRUE(*container.next(member));
  const Result<void> refused = container.read(content, 1000);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Errc::member_too_large, "1000", 1000}));
  ASSERT_TRUE(*container.next(member));
  ASSERT_TRUE(container.read(content, 1));
  EXPECT_EQ(content.view(), "2");
}

TEST(Archive, members_stream_in_any_pieces) {
  const std::string text(70'001, 't');
  for (const Kind kind : {Kind::tar, Kind::zip}) {
    const std::string bytes = kind == Kind::tar
                                  ? tar_member("a", text) + tar_member("b", "2") + tar_end()
                                  : pack::zip({{"a", text}, {"b", "2"}});
    for (const std::size_t step : {1U, 999U, 200'000U}) {
      Pipe source(bytes);
      Container container(source, kind);
      Member member;
      ASSERT_TRUE(*container.next(member));
      std::vector<char> piece(step);
      std::string got;
      while (const std::size_t size = *container.stream().read(piece))
        got.append(piece.data(), size);
      EXPECT_TRUE(got == text);
      EXPECT_EQ(container.stream().size(), -1);
      ASSERT_TRUE(*container.next(member));
      EXPECT_EQ(*container.stream().read(piece), 1U);
      EXPECT_FALSE(*container.next(member));
      EXPECT_EQ(*container.stream().read(piece), 0U);
    }
  }
}

TEST(Archive, members_not_read_are_passed_over) {
  const std::string tar =
      tar_member("a", std::string(3000, 'a')) + tar_member("b", "2") + tar_end();
  const std::string zip =
      pack::zip({{"a", std::string(3000, 'a')}, {"b/", "2", 8, true}, {"b", "2", 8}, {"c", "3"}});
  for (const auto& [bytes, kind, last] :
       {std::tuple(tar, Kind::tar, "b"), std::tuple(zip, Kind::zip, "c")}) {
    Pipe source(bytes);
    Container container(source, kind);
    Member member;
    while (*container.next(member)) continue;
    EXPECT_EQ(member.name, last);
  }
}

// An error below is told as it is: a tar.gz that ends too early is gzip's to say.
TEST(Archive, errors_of_the_source_are_handed_on) {
  const std::string tar =
      tar_member("a", "1") + tar_member("b", std::string(900'000, 'b')) + tar_end();
  const std::string whole = pack::gzip(tar);
  const std::string cut = whole.substr(0, whole.size() - 60);
  MemorySource compressed(cut);
  gzip::GzipSource source(compressed);
  const std::string error = "gzip-truncated at " + std::to_string(cut.size());
  EXPECT_EQ(listing(source, Kind::tar), (Lines{"a file 1: 1", "b file 900000: " + error}));
}

}  // namespace
}  // namespace mxseal::archive
