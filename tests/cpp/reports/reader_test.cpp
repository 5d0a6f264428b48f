// SPDX-License-Identifier: MIT
// Q47 Q59: reports are found in every wrapping, by what lies there and not by its name; what cannot
// be read is told once, and reading goes on behind it.
#include "reports/reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "formats/gzip.hpp"
#include "formats/pack.hpp"
#include "reports/sample.hpp"

namespace mxseal::reports {
namespace {

using sample::report_json;
using Lines = std::vector<std::string>;

class Recorder final : public Sink {
 public:
  explicit Recorder(std::size_t most = std::numeric_limits<std::size_t>::max()) : most_(most) {}

  void report(tlsrpt::Report& report, const Place& place) override {
    lines.push_back(sample::line_of("report " + std::string(report.report_id), place));
    mail_from = place.mail_from;
    submitter = place.submitter;
    offset = place.offset;
  }
  void unread(const Place& place, const Error& error) override {
    lines.push_back(sample::line_of(code_name(error.code), place));
    detail = error.detail;
    offset = error.offset;
  }
  bool stopped() override { return lines.size() >= most_; }

  Lines lines;
  std::string mail_from, submitter, detail;
  std::int64_t offset = -1;

 private:
  std::size_t most_;
};

FileName plain(const std::string& path, bool regular = true) {
  return {nullptr, path, 0, regular};
}

Lines lines_of(const std::string& path, bool regular = true) {
  std::atomic<std::int64_t> bytes{0};
  Recorder recorder;
  FileReader(recorder, bytes).read(plain(path, regular));
  return recorder.lines;
}

std::string zip_of(const std::string& content) {
  return pack::zip({{"r.json", content}});
}

std::string tar_of(const std::string& content) {
  return pack::tar_member("r.json", content) + pack::tar_end();
}

// A report over several lines.
std::string printed(std::string json) {
  for (const std::string_view before : {"\"organization-name\"", "\"policies\""})
    json.insert(json.find(before), "\r\n  ");
  return json + "\r\n";
}

TEST(FileReader, finds_a_report_in_every_wrapping_small_and_large) {
  struct Row {
    std::function<std::string(const std::string&)> wrap;
    Lines expected;
    const char* why;
  };
  const Lines bare = {"report r1"};
  const Lines member = {"report r1 in r.json"};
  const auto forwarded = [](const std::string& text) {
    return "From: a@example.org\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n"
           "Content-Type: message/rfc822\r\n\r\n" +
           sample::mail(pack::gzip(text)) + "\r\n--out--\r\n";
  };
  const Row rows[] = {
      {[](const auto& text) { return text; }, bare, "JSON"},
      {[](const auto& text) { return "\xEF\xBB\xBF" + text; }, bare, "byte order mark"},
      {printed, bare, "over several lines"},
      {[](const auto& text) { return "\xEF\xBB\xBF" + printed(text); }, bare,
       "byte order mark, over several lines"},
      {[](const auto& text) { return "\r\n  " + text + "\r\n\r\n"; }, bare, "white space"},
      {[](const auto& text) { return pack::gzip(text); }, bare, "gzip"},
      {[](const auto& text) {
         return pack::gzip(text.substr(0, 99)) + pack::gzip(text.substr(99));
       },
       bare, "gzip of two members"},
      {[](const auto& text) { return pack::gzip(pack::gzip(text)); }, bare, "gzip in gzip"},
      {zip_of, member, "zip"},
      {tar_of, member, "tar"},
      {[](const auto& text) { return pack::gzip(tar_of(text)); }, member, "tar.gz"},
      {[](const auto& text) { return tar_of(pack::gzip(text)); }, member, "gzip in tar"},
      {[](const auto& text) { return pack::gzip(zip_of(text)); }, member, "zip in gzip"},
      {[](const auto& text) { return sample::mail(pack::gzip(text)); }, bare, "mail"},
      {[](const auto& text) { return sample::mail(text, "application/tlsrpt+json"); }, bare,
       "mail with JSON"},
      {[](const auto& text) { return sample::mail(text, "application/octet-stream"); }, bare,
       "mail with another media type"},
      {[](const auto& text) { return pack::gzip(sample::mail(pack::gzip(text))); }, bare,
       "gzipped mail"},
      {forwarded, bare, "forwarded mail"},
      {[](const auto& text) { return sample::mbox({sample::mail(pack::gzip(text))}); },
       {"report r1 in message 1"},
       "mbox"},
      {[](const auto& text) { return pack::gzip(sample::mbox({sample::mail(text)})); },
       {"report r1 in message 1"},
       "gzipped mbox"},
      {[](const auto& text) { return zip_of(sample::mail(text)); }, member, "mail in zip"},
      {[](const auto& text) { return sample::mail(zip_of(text), "application/zip"); }, member,
       "zip in mail"},
      {[](const auto& text) { return tar_of(sample::mbox({sample::mail(text)})); },
       {"report r1 in r.json/message 1"},
       "mbox in tar"},
  };
  const sample::TemporaryFolder folder;
  // One larger than the first read, one larger than what is unpacked at once.
  for (const std::size_t size : {0UL, 100'000UL, 600'000UL}) {
    const std::string json = report_json("r1", sample::noise(size));
    for (const Row& row : rows) {
      const std::string path = folder.write("misleading.png", row.wrap(json));
      EXPECT_EQ(lines_of(path, true), row.expected) << row.why << " " << size;
      EXPECT_EQ(lines_of(path, false), row.expected) << row.why << " as a pipe " << size;
    }
  }
  // One larger than a member that is read at once.
  const std::string json = report_json("r1", sample::noise(5'000'000));
  for (const Row& row : rows) {
    if (row.expected == bare) continue;
    EXPECT_EQ(lines_of(folder.write("a", row.wrap(json))), row.expected) << row.why;
  }
}

TEST(FileReader, tells_what_is_no_report) {
  const std::string bounce =
      "From: <>\r\nContent-Type: multipart/report; boundary=out\r\n\r\n"
      "--out\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n"
      "--out\r\nContent-Type: message/rfc822\r\n\r\n" +
      sample::mail(report_json("r1")) + "\r\n--out--\r\n";
  struct Row {
    std::string bytes;
    const char* code;
    const char* detail;
  };
  const Row rows[] = {
      {"", "file-empty", ""},
      {"\x89PNG\r\n\x1a\n", "not-a-report", "a PNG picture"},
      {"\x89PNG\r\n" + std::string(200'000, 'x'), "not-a-report", "a PNG picture"},
      {"<feedback></feedback>", "not-a-report", "a DMARC report (XML)"},
      {bounce, "not-a-report", "a bounce"},
      {"From: a@example.org\r\n\r\nHello.\r\n", "not-a-report", "a mail without a report"},
      {pack::gzip("notes"), "not-a-report", "text"},
      {R"({"a":1})", "not-a-report", nullptr},
      {"[]", "json-not-object", nullptr},
  };
  const sample::TemporaryFolder folder;
  for (const Row& row : rows) {
    std::atomic<std::int64_t> bytes{0};
    Recorder recorder;
    FileReader(recorder, bytes).read(plain(folder.write("a", row.bytes)));
    EXPECT_EQ(recorder.lines, Lines{row.code}) << row.bytes.substr(0, 40);
    if (row.detail != nullptr) {
      EXPECT_EQ(recorder.detail, row.detail);
    }
    // Of what is large and no report only the beginning is read.
    EXPECT_EQ(bytes.load(), std::min<std::int64_t>(std::ssize(row.bytes), 64 << 10));
  }
}

TEST(FileReader, says_from_whom_a_mail_came) {
  const sample::TemporaryFolder folder;
  std::atomic<std::int64_t> bytes{0};
  Recorder recorder;
  FileReader reader(recorder, bytes);
  reader.read(plain(folder.write("a", sample::mail(report_json("r1")))));
  EXPECT_EQ(recorder.mail_from, "tls@mail.example");
  EXPECT_EQ(recorder.submitter, "submitter.example");
  reader.read(plain(folder.write("b", report_json("r2"))));
  EXPECT_EQ(recorder.mail_from, "");
  // Of mails in each other the innermost.
  reader.read(plain(folder.write(
      "c",
      sample::mail(sample::mail(report_json("r3"), "application/tlsrpt+json", "inner@mail.example"),
                   "message/rfc822", "outer@mail.example"))));
  EXPECT_EQ(recorder.mail_from, "inner@mail.example");
}

TEST(FileReader, one_bad_item_is_told_once_and_the_rest_is_read) {
  const std::string good = report_json("r1");
  const std::string last = report_json("r3");
  const std::string broken = good.substr(0, 50);
  const std::string packed = pack::gzip(good);
  std::string corrupt = packed;
  corrupt[corrupt.size() - 6] ^= '\x55';
  const std::string cut = packed.substr(0, packed.size() - 12);
  const auto three = [&](const std::string& bad) {
    return std::vector<pack::ZipMember>{{"1", good}, {"2", bad}, {"3", last}};
  };
  const auto tar = [&](const std::string& bad) {
    return pack::tar_member("1", good) + pack::tar_member("2", bad) + pack::tar_member("3", last) +
           pack::tar_end();
  };
  std::vector<pack::ZipMember> encrypted = three(good);
  encrypted[1].flags = 1;
  std::vector<pack::ZipMember> damaged = three(good);
  damaged[1].data = "no deflate data";
  struct Row {
    std::string bytes;
    const char* code;
    const char* why;
  };
  const Row rows[] = {
      {pack::zip(three(broken)), "json-syntax", "a broken report in a zip"},
      {pack::zip(three(cut)), "gzip-truncated", "cut gzip in a zip"},
      {pack::zip(three(corrupt)), "gzip-corrupt", "gzip with a wrong checksum in a zip"},
      {pack::zip(three("")), "file-empty", "an empty member"},
      {pack::zip(three("notes")), "not-a-report", "something else"},
      {pack::zip(encrypted), "zip-encrypted", "an encrypted member"},
      {pack::zip(damaged), "zip-corrupt", "a damaged member"},
      {tar(broken), "json-syntax", "a broken report in a tar"},
      {tar(corrupt), "gzip-corrupt", "gzip with a wrong checksum in a tar"},
      {pack::gzip(tar(broken)), "json-syntax", "a broken report in a tar.gz"},
      {pack::tar_member("1", good) + pack::tar_header("2", 0, '2', "/etc/passwd") +
           pack::tar_member("3", last) + pack::tar_end(),
       "container-link", "a link"},
  };
  const sample::TemporaryFolder folder;
  for (const Row& row : rows) {
    EXPECT_EQ(lines_of(folder.write("a", row.bytes)),
              (Lines{"report r1 in 1", std::string(row.code) + " in 2", "report r3 in 3"}))
        << row.why;
  }
  const std::string box =
      sample::mbox({sample::mail(good), sample::mail(broken), sample::mail(last)});
  EXPECT_EQ(
      lines_of(folder.write("a", box)),
      (Lines{"report r1 in message 1", "json-syntax in message 2", "report r3 in message 3"}));
  for (const char* between : {"\n", "\r\n", "\n\n"}) {
    const std::string lines = good + between + broken + between + last;
    EXPECT_EQ(lines_of(folder.write("a", lines)), (Lines{"report r1", "json-syntax", "report r3"}));
    EXPECT_EQ(lines_of(folder.write("a", pack::gzip(lines))),
              (Lines{"report r1", "json-syntax", "report r3"}));
  }
}

// Windows' Notepad puts a byte order mark in front of whatever it saves.
TEST(FileReader, a_byte_order_mark_changes_nothing_but_the_offsets) {
  const std::string good = report_json("r1");
  std::string not_utf8 = good;
  not_utf8[good.find("Example")] = '\xFF';
  const std::string rows[] = {
      good + "\n" + report_json("r2"),
      good + report_json("r2"),
      printed(good) + printed(report_json("r2")),
      printed(good).substr(0, 60) + "\n" + report_json("r2"),
      not_utf8,
      "{}",
      "[]",
      "",
  };
  const sample::TemporaryFolder folder;
  std::atomic<std::int64_t> bytes{0};
  for (const std::string& row : rows) {
    Recorder without;
    FileReader(without, bytes).read(plain(folder.write("a", "\n\n\n" + row)));
    Recorder with;
    FileReader(with, bytes).read(plain(folder.write("a", "\xEF\xBB\xBF" + row)));
    EXPECT_EQ(with.lines, without.lines) << row;
    // Of the first document itself the mark may be a part.
    if (without.offset > 3) {
      EXPECT_EQ(with.offset, without.offset) << row;
    }
  }
}

TEST(FileReader, offsets_are_those_in_the_file) {
  const sample::TemporaryFolder folder;
  const std::string first = report_json("r1", sample::noise(300'000));
  std::atomic<std::int64_t> bytes{0};
  Recorder recorder;
  FileReader reader(recorder, bytes);
  reader.read(plain(folder.write("a", first + "\n" + report_json("r2"))));
  EXPECT_EQ(recorder.offset, static_cast<std::int64_t>(first.size()) + 1);
  reader.read(plain(folder.write("b", first + "\n{\"a\" 1}\n")));
  EXPECT_EQ(recorder.lines.back(), "json-syntax");
  EXPECT_EQ(recorder.offset, static_cast<std::int64_t>(first.size()) + 1 + 5);
}

// Every way to put mails (m), zips (z) and tars (t) into each other, from the inside out.
TEST(FileReader, containers_lie_three_deep_in_each_other_and_not_four) {
  const sample::TemporaryFolder folder;
  std::atomic<std::int64_t> bytes{0};
  const auto wrapped = [](std::size_t way, int depth) {
    std::string content = report_json("r1");
    for (int level = 0; level < depth; ++level, way /= 3) {
      if (way % 3 == 0) {
        content = sample::mail(content, level == 0 ? "application/tlsrpt+json" : "application/x");
      } else {
        content = way % 3 == 1 ? zip_of(content) : tar_of(content);
      }
    }
    return content;
  };
  const auto code = [](const std::string& line) { return line.substr(0, line.find(" in ")); };
  Recorder recorder;
  FileReader reader(recorder, bytes);
  for (std::size_t way = 0; way < 81; ++way) {
    recorder.lines.clear();
    reader.read(plain(folder.write("a", wrapped(way, 3))));
    ASSERT_EQ(recorder.lines.size(), 1U) << way;
    EXPECT_EQ(code(recorder.lines[0]), "report r1") << way;
    recorder.lines.clear();
    reader.read(plain(folder.write("a", wrapped(way, 4))));
    ASSERT_EQ(recorder.lines.size(), 1U) << way;
    EXPECT_EQ(code(recorder.lines[0]), "container-too-deep") << way;
  }
  // An mbox and its mails are one.
  const std::string box = sample::mbox({sample::mail(zip_of(sample::mail(report_json("r1"))))});
  EXPECT_EQ(lines_of(folder.write("a", box)), Lines{"report r1 in message 1/r.json"});
  EXPECT_EQ(lines_of(folder.write("a", zip_of(zip_of(box)))),
            Lines{"container-too-deep in r.json/r.json/message 1"});
}

TEST(FileReader, gzip_lies_in_gzip_once) {
  const sample::TemporaryFolder folder;
  for (const std::size_t size : {0UL, 600'000UL}) {
    const std::string twice = pack::gzip(pack::gzip(report_json("r1", sample::noise(size))));
    EXPECT_EQ(lines_of(folder.write("a", twice)), Lines{"report r1"});
    EXPECT_EQ(lines_of(folder.write("a", pack::gzip(twice))), Lines{"container-too-deep"});
  }
}

// A file that begins and ends with these texts and holds zeros between them, which take no room on
// the disk.
std::string write_sparse(const sample::TemporaryFolder& folder, std::string_view start,
                         std::size_t size, std::string_view end) {
  const std::string path = folder.write("sparse", start);
  std::filesystem::resize_file(path, size);
  std::ofstream(path, std::ios::binary | std::ios::app) << end;
  return path;
}

TEST(FileReader, a_mail_is_read_up_to_its_limit) {
  const sample::TemporaryFolder folder;
  const std::string small = sample::mail(report_json("r1"));
  const std::string closed = small.substr(0, small.rfind("--cut--"));
  // Zeros in the last part, which is no attachment.
  const std::string start = closed + "--cut\r\n\r\n";
  const std::string end = "\r\n--cut--\r\n";
  EXPECT_EQ(lines_of(write_sparse(folder, start, kMaxMailBytes - end.size(), end)),
            Lines{"report r1"});
  EXPECT_EQ(lines_of(write_sparse(folder, start, kMaxMailBytes + 1 - end.size(), end)),
            Lines{"mail-too-large"});
}

TEST(FileReader, of_an_mbox_only_the_mail_that_is_too_large_is_left_out) {
  const sample::TemporaryFolder folder;
  const std::string first = sample::mbox({sample::mail(report_json("r1"))});
  const std::string huge =
      "From sender@mail.example Sun Mar  1 00:00:00 2026\nFrom: a@b.example\n\n";
  const std::string rest = "\n" + sample::mbox({sample::mail(report_json("r3"))});
  EXPECT_EQ(
      lines_of(write_sparse(folder, first + huge, 2 * kMaxMailBytes + 12'345, rest)),
      (Lines{"report r1 in message 1", "mail-too-large in message 2", "report r3 in message 3"}));
}

TEST(FileReader, a_report_that_is_too_large_is_passed_over) {
  const sample::TemporaryFolder folder;
  const std::string rest = "\n" + report_json("r2");
  EXPECT_EQ(lines_of(write_sparse(folder, R"({"x":")", tlsrpt::kMaxReportBytes + 1, rest)),
            (Lines{"report-too-large", "report r2"}));
  // Good JSON, one byte more than is read.
  const std::string report = report_json("r1");
  const auto filled = [&](std::size_t size) {
    return report.substr(0, report.size() - 1) + std::string(size - report.size(), ' ') + "}";
  };
  EXPECT_EQ(lines_of(folder.write("a", filled(tlsrpt::kMaxReportBytes) + rest)),
            (Lines{"report r1", "report r2"}));
  EXPECT_EQ(lines_of(folder.write("a", filled(tlsrpt::kMaxReportBytes + 1) + rest)),
            (Lines{"report-too-large", "report r2"}));
}

TEST(FileReader, whole_gzip_members_in_front_of_damage_are_read) {
  const std::string one = pack::gzip(report_json("r1"));
  const std::string two = pack::gzip(report_json("r2", sample::noise(std::size_t{90} << 10)));
  const std::string three = pack::gzip(report_json("r3"));
  std::string corrupt = three;
  corrupt[corrupt.size() - 6] ^= '\x55';
  const std::string half = report_json("r3").substr(0, 99);
  struct Row {
    std::string bytes;
    Lines expected;
    const char* why;
  };
  const Row rows[] = {
      {one + "junk", {"gzip-corrupt", "report r1"}, "something else behind it"},
      {one + three.substr(0, 100), {"gzip-truncated", "report r1"}, "a cut one"},
      {one + corrupt, {"gzip-corrupt", "report r1"}, "a wrong checksum"},
      {one + two + corrupt, {"gzip-corrupt", "report r1", "report r2"}, "in a large file"},
      {one + pack::gzip("\n") + three.substr(0, 99), {"report r1", "gzip-truncated"}, "a line"},
      {one + pack::gzip(half) + "junk", {"gzip-corrupt", "report r1"}, "half a report is no more"},
      {pack::gzip(half) + "junk", {"gzip-corrupt"}, "and tells nothing new"},
      {one.substr(0, one.size() - 1), {"gzip-truncated"}, "no trailer, nothing that vouches"},
      {tar_of(one + "junk"), {"gzip-corrupt in r.json", "report r1 in r.json"}, "in a tar"},
  };
  const sample::TemporaryFolder folder;
  for (const Row& row : rows)
    EXPECT_EQ(lines_of(folder.write("a", row.bytes)), row.expected) << row.why;
}

TEST(FileReader, bombs_are_told_once) {
  const sample::TemporaryFolder folder;
  const std::string spaces(gzip::kBombFloor + 1, ' ');
  const std::string in_report = pack::gzip(R"({"x":")" + spaces);
  EXPECT_EQ(lines_of(folder.write("a", in_report)), Lines{"gzip-bomb"});
  EXPECT_EQ(lines_of(folder.write("a", tar_of(in_report))), Lines{"gzip-bomb in r.json"});
  EXPECT_EQ(lines_of(folder.write("a", pack::gzip(spaces))), Lines{"gzip-bomb"});
  EXPECT_EQ(lines_of(folder.write("a", zip_of("{" + spaces))), Lines{"zip-bomb in r.json"});
}

TEST(FileReader, the_rest_of_a_file_of_errors_is_given_up) {
  const sample::TemporaryFolder folder;
  std::string lines;
  for (std::int64_t n = 0; n < kMaxErrorsPerFile; ++n) lines += "{\n";
  std::atomic<std::int64_t> bytes{0};
  Recorder recorder;
  FileReader reader(recorder, bytes);
  reader.read(plain(folder.write("a", lines + report_json("r1"))));
  ASSERT_EQ(recorder.lines.size(), static_cast<std::size_t>(kMaxErrorsPerFile) + 1);
  EXPECT_EQ(recorder.lines.back(), "report r1");
  // One more is one too many, and it counts for one file alone.
  recorder.lines.clear();
  reader.read(plain(folder.write("a", lines + "{\n" + report_json("r1"))));
  ASSERT_EQ(recorder.lines.size(), static_cast<std::size_t>(kMaxErrorsPerFile) + 1);
  EXPECT_EQ(recorder.lines.back(), "too-many-errors");
  reader.read(plain(folder.write("b", report_json("r2"))));
  EXPECT_EQ(recorder.lines.back(), "report r2");
}

TEST(FileReader, stops_when_the_sink_says_so) {
  const sample::TemporaryFolder folder;
  std::string lines;
  std::vector<std::string> mails;
  std::vector<pack::ZipMember> members;
  for (int n = 0; n < 20; ++n) {
    lines += report_json("r") + "\n";
    mails.push_back(sample::mail(report_json("r")));
    members.push_back({"r", report_json("r")});
  }
  for (const std::string& content : {lines, sample::mbox(mails), pack::zip(members)}) {
    std::atomic<std::int64_t> bytes{0};
    Recorder recorder(3);
    FileReader(recorder, bytes).read(plain(folder.write("a", content)));
    EXPECT_EQ(recorder.lines.size(), 3U);
  }
}

TEST(FileReader, what_cannot_be_opened_or_read_is_told) {
  const sample::TemporaryFolder folder;
  EXPECT_EQ(lines_of(folder.path("missing")), Lines{"file-unreadable"});
  EXPECT_EQ(lines_of(folder.path()), Lines{"file-unreadable"});
}

}  // namespace
}  // namespace mxseal::reports
