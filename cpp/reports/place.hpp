// SPDX-License-Identifier: MIT
// Place: where in an archive a report was found: the file, and the way through containers and mails
// inside it.
//
// It is a chain of views that lives only while the file is being read; its text is made where a row
// needs it, not before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mxseal::reports {

struct Place {
  /// One step into a container: a member's name, or the number of a mail in an mbox ("message 311")
  /// or of a part in a mail.
  struct Step {
    const Step* outer = nullptr;
    std::string_view name;
    std::string_view counted;  ///< "message" or "part" where the number counts and not the name
    std::int64_t number = 0;
  };

  std::string_view
      source;  ///< the path of the file as the user would find it; "-" is standard input
  const Step* member = nullptr;  ///< null: the file itself
  std::string_view mail_from;    ///< of the innermost mail; data() is null where there is none
  std::string_view submitter;
  std::int64_t offset = 0;  ///< of the JSON text in the member, where several follow each other

  /// Bytes of member_text(); what is longer is cut. A name of a megabyte would otherwise stand in every row below it.
  static constexpr std::size_t kMaxMember = 4096;

  /// "a/b.zip" + "r.json" -> "a/b.zip/r.json"; false and an empty text for the file itself.
  bool member_text(std::string& out) const {
    out.clear();
    append(member, out);
    if (out.size() > kMaxMember) {
      out.resize(kMaxMember);
      out += "...";
    }
    return member != nullptr;
  }

 private:
  static void append(const Step* step, std::string& out) {
    if (step == nullptr) return;
    append(step->outer, out);
    if (!out.empty()) out += '/';
    if (step->counted.empty()) {
      out += step->name.substr(0, kMaxMember);
    } else {
      out += step->counted;
      out += ' ';
      out += std::to_string(step->number);
    }
  }
};

}  // namespace mxseal::reports
