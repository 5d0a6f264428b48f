// SPDX-License-Identifier: MIT
// pack: makes the gzip, zip and tar files that the tests read, byte by byte, so that each test can
// damage one on purpose.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace mxseal::pack {

/// `bytes` lowest bytes of a number, the lowest first.
inline std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

/// Bare deflate data (RFC 1951).
inline std::string deflated(std::string_view text, int level = 1) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::uint32_t crc_of(std::string_view text) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size())));
}

/// One gzip member; `flags` and `extra` are its FLG byte and what follows the ten bytes of the
/// header.
inline std::string gzip(std::string_view text, char flags = 0, std::string_view extra = {}) {
  return std::string("\x1f\x8b\x08", 3) + flags + std::string(4, '\0') + "\x02\xff" +
         std::string(extra) + deflated(text) + little(crc_of(text), 4) + little(text.size(), 4);
}

struct ZipMember {
  std::string name;
  std::string content;
  int flags = 0;  ///< 1 encrypted, 8 sizes behind the data, 0x800 name in UTF-8
  bool stored = false;
  std::string data = {};         ///< in place of the packed content, if not empty
  std::uint32_t attributes = 0;  ///< Unix mode << 16
  std::uint64_t method = 8;      ///< that is claimed where it is not stored; 8 is deflate
};

/// A zip file as Info-ZIP writes it: members, directory, end.
inline std::string zip(const std::vector<ZipMember>& members) {
  std::string file;
  std::string directory;
  for (const ZipMember& member : members) {
    const std::string packed = !member.data.empty() ? member.data
                               : member.stored      ? member.content
                                                    : deflated(member.content);
    const bool behind = (member.flags & 8) != 0;
    const std::string sums = little(crc_of(member.content), 4) + little(packed.size(), 4) +
                             little(member.content.size(), 4);
    const std::string common = little(20, 2) + little(static_cast<std::uint64_t>(member.flags), 2) +
                               little(member.stored ? 0 : member.method, 2) + little(0x21, 4);
    const std::string lengths = little(member.name.size(), 2) + little(0, 2);
    directory += "PK\1\2" + little(0x314, 2) + common + sums + lengths + little(0, 2) +
                 little(0, 2) + little(0, 2) + little(member.attributes, 4) +
                 little(file.size(), 4) + member.name;
    file += "PK\3\4" + common + (behind ? std::string(12, '\0') : sums) + lengths + member.name +
            packed;
    if (behind) file += "PK\7\10" + sums;
  }
  const std::string count = little(members.size(), 2);
  return file + directory + "PK\5\6" + little(0, 4) + count + count + little(directory.size(), 4) +
         little(file.size(), 4) + little(0, 2);
}

/// One tar header (POSIX ustar; without magic where `v7`).
inline std::string tar_header(std::string_view name, std::size_t size, char type = '0',
                              std::string_view link = {}, bool v7 = false) {
  std::string header(512, '\0');
  const auto put = [&header](std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
  };
  char octal[13];
  std::snprintf(octal, sizeof octal, "%011zo", size);
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal);
  put(136, "00000000000");
  put(156, std::string_view(&type, 1));
  put(157, link);
  if (!v7) put(257, std::string_view("ustar\00000", 8));
  put(148, "        ");
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, std::string_view(octal, 7));
  return header;
}

/// A tar member: header and content, filled up to whole blocks.
inline std::string tar_member(std::string_view name, std::string_view content, char type = '0') {
  return tar_header(name, content.size(), type) + std::string(content) +
         std::string((512 - content.size() % 512) % 512, '\0');
}

/// A pax record (POSIX pax, "pax Extended Header"): its length, which counts itself, and
/// "key=value".
inline std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest;
  while (size != rest + std::to_string(size).size()) ++size;
  return std::to_string(size) + ' ' + std::string(key) + '=' + std::string(value) + '\n';
}

/// The two blocks of zeros that end a tar file.
inline std::string tar_end() {
  return std::string(1024, '\0');
}

}  // namespace mxseal::pack
