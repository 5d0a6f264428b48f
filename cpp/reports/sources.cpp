// SPDX-License-Identifier: MIT
#include "reports/sources.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace mxseal::reports {
namespace {

Error unreadable(int error) {
  return {Errc::file_unreadable, std::generic_category().message(error), -1};
}

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

class Walk {
 public:
  explicit Walk(const Visitor& visitor) : visitor_(visitor) {}

  bool path(const std::string& path) {
    struct stat info {};
    if (path == "-") return visitor_.found({nullptr, path, 0, false});
    if (stat(path.c_str(), &info) != 0) {
      visitor_.failed(path, unreadable(errno));
      return true;
    }
    if (!S_ISDIR(info.st_mode)) return visitor_.found({nullptr, path, 0, S_ISREG(info.st_mode)});
    return folder(AT_FDCWD, path.c_str(), path);
  }

 private:
  bool folder(int parent, const char* name, const std::string& path) {
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat info {};
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
      visitor_.failed(path, unreadable(errno));
      if (descriptor >= 0) close(descriptor);
      return true;
    }
    // The listing and the files' shared descriptor are two, since closedir() closes the one that it
    // reads.
    const std::unique_ptr<DIR, CloseFolder> listing(fdopendir(descriptor));
    if (listing == nullptr) {
      visitor_.failed(path, unreadable(errno));
      close(descriptor);
      return true;
    }
    const std::pair<dev_t, ino_t> identity(info.st_dev, info.st_ino);
    for (const auto& above : above_) {
      if (above == identity) {
        visitor_.failed(path, {Errc::folder_loop, "", -1});
        return true;
      }
    }
    if (above_.size() == kMaxFolderDepth) {
      visitor_.failed(path, {Errc::folder_too_deep, std::to_string(kMaxFolderDepth), -1});
      return true;
    }
    const int shared = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (shared < 0) {
      visitor_.failed(path, unreadable(errno));
      return true;
    }
    above_.push_back(identity);
    const bool went_on = entries(*listing, std::make_shared<const Folder>(shared), path);
    above_.pop_back();
    return went_on;
  }

  bool entries(DIR& listing, const std::shared_ptr<const Folder>& opened, const std::string& path) {
    const std::string prefix = path.ends_with('/') ? path : path + '/';
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(&listing);
      if (entry == nullptr) {
        if (errno != 0) visitor_.failed(path, unreadable(errno));
        return true;
      }
      const std::string_view name(entry->d_name);
      if (name == "." || name == "..") continue;
      unsigned char type = entry->d_type;
      const std::string full = prefix + std::string(name);
      if (type == DT_LNK || type == DT_UNKNOWN) {
        struct stat info {};
        if (fstatat(opened->descriptor(), entry->d_name, &info, 0) != 0) {
          visitor_.failed(full, unreadable(errno));
          continue;
        }
        type = S_ISREG(info.st_mode) ? DT_REG : S_ISDIR(info.st_mode) ? DT_DIR : DT_FIFO;
      }
      if (type == DT_DIR) {
        if (!folder(opened->descriptor(), entry->d_name, full)) return false;
      } else if (type == DT_REG) {
        if (!visitor_.found({opened, full, prefix.size(), true})) return false;
      } else {
        // Reading a pipe or device that happens to lie in a folder could wait for ever.
        visitor_.failed(full, {Errc::file_unreadable, "a pipe, socket or device", -1});
      }
    }
  }

  const Visitor& visitor_;
  std::vector<std::pair<dev_t, ino_t>> above_;
};

}  // namespace

Folder::~Folder() {
  close(descriptor_);
}

Result<std::unique_ptr<FileSource>> FileSource::open(const FileName& file) {
  if (file.path == "-" && file.folder == nullptr)
    return std::make_unique<FileSource>(STDIN_FILENO, false);
  const int at = file.folder == nullptr ? AT_FDCWD : file.folder->descriptor();
  const char* name = file.path.c_str() + (file.folder == nullptr ? 0 : file.name_start);
  const int descriptor = openat(at, name, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return unreadable(errno);
  return std::make_unique<FileSource>(descriptor, true);
}

FileSource::~FileSource() {
  if (owned_) close(descriptor_);
}

Result<std::size_t> FileSource::read(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return unreadable(errno);
  }
}

bool FileSource::is_ready(int milliseconds) const {
  pollfd wanted{descriptor_, POLLIN, 0};
  return poll(&wanted, 1, milliseconds) > 0;
}

std::int64_t FileSource::size() const {
  struct stat info {};
  if (fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) return -1;
  return info.st_size;
}

bool FileSource::seek(std::int64_t position) {
  return lseek(descriptor_, position, SEEK_SET) == position;
}

bool walk(const std::vector<std::string>& paths, const Visitor& visitor) {
  Walk walk(visitor);
  for (const std::string& path : paths) {
    if (!walk.path(path)) return false;
  }
  return true;
}

}  // namespace mxseal::reports
