// SPDX-License-Identifier: MIT
// Sources: the files below the paths that the user named. Folders are walked, never held: a folder
// of a million files costs the names of the folders above it and one buffer of the kernel's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace mxseal::reports {

/// Folders inside each other that are walked; deeper ones are told as folder-too-deep.
inline constexpr std::size_t kMaxFolderDepth = 64;

/// An open folder, shared by the files found in it (openat is cheaper than the whole path).
class Folder {
 public:
  explicit Folder(int descriptor) : descriptor_(descriptor) {}
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// A file to be read, not opened yet.
struct FileName {
  std::shared_ptr<const Folder> folder;  ///< null: the path itself says where
  std::string
      path;  ///< for people, and for opening where there is no folder; "-" is standard input
  std::size_t name_start = 0;  ///< where in `path` the name below `folder` begins
  bool regular = false;        ///< known to be a plain file
};

/// An open file.
class FileSource final : public ByteSource {
 public:
  /// Error: file-unreadable with the system's reason.
  static Result<std::unique_ptr<FileSource>> open(const FileName& file);

  FileSource(int descriptor, bool owned, bool regular)
      : descriptor_(descriptor), owned_(owned), regular_(regular) {}
  ~FileSource() override;

  Result<std::size_t> read(std::span<char> into) override;
  std::int64_t size() const override;
  bool seek(std::int64_t position) override;
  /// Whether read() would not wait; asked for at most so many milliseconds.
  bool is_ready(int milliseconds) const;

 private:
  int descriptor_;
  bool owned_;
  bool regular_;
};

/// Called for each file below the paths, in the order of the paths and of their folders, and for
/// each that cannot be told (path and reason). Both answer false to stop.
struct Visitor {
  std::function<bool(FileName)> found;
  std::function<bool(const std::string& path, Error error)> failed;
};

/// Visits every file; false if it was stopped.
bool walk(const std::vector<std::string>& paths, const Visitor& visitor);

}  // namespace mxseal::reports
