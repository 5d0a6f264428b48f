// SPDX-License-Identifier: MIT
// Container: the members of a zip or tar file, one after the other, read through libarchive with
// these two formats switched on and no filter (its gzip checks neither CRC nor length: put a
// gzip::GzipSource below a tar.gz).
//
// Two rules: nothing is ever written, so a member's name is only a name; and no member leads
// anywhere else, so links, devices and sparse files are told and not followed.
//
//   archive::Container container(source, kind::Kind::zip);
//   archive::Member member;
//   while (true) {
//     const Result<bool> found = container.next(member);
//     if (!found) { note(found.error()); continue; }  // ask on: the rest may be whole
//     if (!*found) break;                             // the end, or nothing more can be read
//     if (member.kind == archive::MemberKind::file) container.read(bytes, cap);
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/byte_source.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "formats/kind.hpp"

namespace mxseal::archive {

enum class MemberKind : std::uint8_t {
  file,
  folder,
  link,     ///< symbolic or hard; not followed
  special,  ///< a device, pipe, socket or sparse file; not read
};

struct Member {
  /// As it stands in the container, in UTF-8: "../x" and "/etc/x" are left as they are. Bytes that
  /// are no UTF-8 are written \xNN; "" where the container gives no name. Hostile: to be escaped by
  /// whoever prints it.
  std::string name;
  /// Unpacked, in bytes, as the container says (it may lie); -1 where it does not say.
  std::int64_t size = -1;
  MemberKind kind = MemberKind::file;
  bool encrypted = false;  ///< reading it gives zip-encrypted
};

class Container {
 public:
  /// Reads `source` from its first byte, where it must stand; it must outlive this. `format` is
  /// Kind::zip or Kind::tar. A zip is read by its directory; where the source cannot seek (size() <
  /// 0), or the directory is missing or damaged, by the headers of its members, and then it ends at
  /// one that is encrypted, packed by another method or a bomb. A tar goes on behind the zeros that
  /// end one (`cat a.tar b.tar`). Of zips behind each other all are read by the headers of their
  /// members; by the directory only the last, and one zip-corrupt at 0 tells of the others.
  Container(ByteSource& source, kind::Kind format);
  ~Container();
  Container(const Container&) = delete;
  Container& operator=(const Container&) = delete;

  /// Goes to the next member; false at the end. What was not read of the last one is passed over.
  ///
  /// Errors: zip-corrupt or tar-corrupt with the offset in the container (a tar is searched for its
  /// next good header, so one error stands for one gap), and those of the source; zip-bomb,
  /// zip-encrypted, zip-unsupported of a member that had to be unpacked to be passed over. After
  /// one, ask again: it goes on, or says false. What reading the last member has told already (a
  /// file that ends in it) is not told again.
  Result<bool> next(Member& member);

  /// Reads the current member whole into `out`, whose old content is lost: a file of at most `most`
  /// bytes.
  ///
  /// Errors: member-too-large (offset: `most`); zip-encrypted; zip-unsupported (packed by another
  /// method than deflate); zip-bomb (gzip's rule, over the member and over the whole container);
  /// container-link for what is no file; zip-corrupt, tar-corrupt (damage, a wrong CRC or length)
  /// and those of the source. The offset is that in the container. On an error `out` holds what
  /// came before it.
  Result<void> read(Bytes& out, std::size_t most);

  /// The current member as a stream, valid until next(); without a member it is empty. Its read()
  /// has the errors of read() above but member-too-large.
  ByteSource& stream();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mxseal::archive
