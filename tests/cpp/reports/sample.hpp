// SPDX-License-Identifier: MIT
// sample: reports, mails and folders as the tests of this layer need them, written small.
#pragma once

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp() is POSIX's

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/columns.hpp"
#include "base/error.hpp"
#include "reports/place.hpp"

namespace mxseal::sample {

/// A folder of the test's own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "mxseal-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_; }
  std::string path(std::string_view name) const { return path_ + '/' + std::string(name); }

  /// Writes a file and gives its path; folders in its name are made.
  std::string write(std::string_view name, std::string_view bytes) const {
    const std::filesystem::path file(path(name));
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return file.string();
  }

 private:
  std::string path_;
};

/// A plain report. `extra` is put in front as text of a member that nobody knows.
inline std::string report_json(std::string_view id, std::string_view extra = {},
                               std::string_view organization = "Example Mail",
                               std::string_view domain = "example.com") {
  return R"({"x":")" + std::string(extra) + R"(","organization-name":")" +
         std::string(organization) +
         R"(","date-range":{"start-datetime":"2026-03-01T00:00:00Z",)"
         R"("end-datetime":"2026-03-01T23:59:59Z"},"contact-info":"tls@mail.example",)"
         R"("report-id":")" +
         std::string(id) + R"(","policies":[{"policy":{"policy-type":"sts","policy-domain":")" +
         std::string(domain) +
         R"("},"summary":{"total-successful-session-count":10,)"
         R"("total-failure-session-count":2},"failure-details":[)"
         R"({"result-type":"certificate-expired","failed-session-count":2}]}]})";
}

/// Text of this size that no packer makes much smaller.
inline std::string noise(std::size_t size) {
  std::string text(size, ' ');
  std::uint64_t state = 1;
  for (char& letter : text) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    letter = "0123456789abcdefghijklmnopqrstuv"[state >> 59];
  }
  return text;
}

/// RFC 4648 §4, in lines as mails have them.
inline std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view three = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      out += i <= three.size() ? kDigits[bits >> (18 - 6 * i) & 63] : '=';
    if (at % 57 == 54) out += "\r\n";
  }
  return out;
}

/// A mail with one attachment in base64 (RFC 8460 §5.3).
inline std::string mail(std::string_view content,
                        std::string_view media_type = "application/tlsrpt+gzip",
                        std::string_view from = "tls@mail.example") {
  return "From: <" + std::string(from) +
         ">\r\n"
         "TLS-Report-Submitter: submitter.example\r\n"
         "Subject: a report\r\n"
         "Content-Type: multipart/report; boundary=cut\r\n\r\n"
         "--cut\r\nContent-Type: text/plain\r\n\r\nA report.\r\n"
         "--cut\r\nContent-Type: " +
         std::string(media_type) + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         base64(content) + "\r\n--cut--\r\n";
}

/// Mails behind each other in an mbox (RFC 4155).
inline std::string mbox(const std::vector<std::string>& mails) {
  std::string all;
  for (const std::string& one : mails)
    all += "From sender@mail.example Sun Mar  1 00:00:00 2026\n" + one + "\n";
  return all;
}

/// "report r1 in a.zip/r.json", "json-syntax in a.zip/r.json": one line for each call of a sink.
inline std::string line_of(std::string_view what, const reports::Place& place) {
  std::string member;
  std::string line(what);
  if (place.member_text(member)) line += " in " + member;
  return line;
}

/// A cell as text; "null" where it is missing.
inline std::string text_of(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
  if (const auto* time = std::get_if<Timestamp>(&cell)) return std::to_string(time->microseconds);
  if (const auto* day = std::get_if<Date>(&cell)) return std::to_string(day->days);
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  if (const auto* list = std::get_if<std::vector<std::string_view>>(&cell)) {
    std::string all;
    for (const std::string_view item : *list) all += '[' + std::string(item) + ']';
    return all;
  }
  return "null";
}

/// A table as lines, the names of its columns first: "policy_domain|reports".
inline std::vector<std::string> lines_of(const Table& table) {
  std::vector<std::string> lines(1);
  for (const Table::Field& field : table.fields) lines[0] += field.name + '|';
  for (std::int64_t row = 0; row < table.rows; ++row) {
    std::string& line = lines.emplace_back();
    for (const Table::Field& field : table.fields) line += text_of(field.column->cell(row)) + '|';
  }
  return lines;
}

}  // namespace mxseal::sample
