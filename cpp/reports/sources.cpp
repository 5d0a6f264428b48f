// SPDX-License-Identifier: MIT
#include "reports/sources.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <system_error>

namespace mxseal::reports {
namespace {

// Milliseconds for which to wait for more of a pipe before looking again.
constexpr int kPatience = 50;

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
    if (stat(path.c_str(), &info) != 0) return visitor_.failed(path, unreadable(errno));
    if (!S_ISDIR(info.st_mode)) return visitor_.found({nullptr, path, 0, S_ISREG(info.st_mode)});
    return folder(AT_FDCWD, path.c_str(), path, false);
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  bool folder(int parent, const char* name, const std::string& path, bool by_link) {
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return visitor_.failed(path, unreadable(errno));
    // The listing and the files' shared descriptor are two, since closedir() closes the one that it reads.
    const std::unique_ptr<DIR, CloseFolder> listing(fdopendir(descriptor));
    if (listing == nullptr) {
      const Error error = unreadable(errno);
      close(descriptor);
      return visitor_.failed(path, error);
    }
    struct stat info {};
    if (fstat(descriptor, &info) != 0) return visitor_.failed(path, unreadable(errno));
    const Identity identity(info.st_dev, info.st_ino);
    // Links may lead back, or make a few folders look like very many: each is entered by a link but once.
    if (std::ranges::find(above_, identity) != above_.end() ||
        (by_link && !linked_.insert(identity).second)) {
      return visitor_.failed(path, {Errc::folder_loop, "", -1});
    }
    if (above_.size() == kMaxFolderDepth) {
      return visitor_.failed(path, {Errc::folder_too_deep, std::to_string(kMaxFolderDepth), -1});
    }
    const int shared = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (shared < 0) return visitor_.failed(path, unreadable(errno));
    above_.push_back(identity);
    const bool went_on = entries(*listing, std::make_shared<const Folder>(shared), path);
    above_.pop_back();
    return went_on;
  }

  bool entries(DIR& listing, const std::shared_ptr<const Folder>& opened, const std::string& path) {
    const std::string prefix = path.ends_with('/') ? path : path + '/';
    bool go_on = true;
    while (go_on) {
      errno = 0;
      const dirent* entry =
          readdir(&listing);  // NOLINT(concurrency-mt-unsafe): no other thread has this DIR
      if (entry == nullptr) return errno == 0 || visitor_.failed(path, unreadable(errno));
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") go_on = this->entry(*entry, opened, prefix);
    }
    return false;
  }

  bool entry(const dirent& entry, const std::shared_ptr<const Folder>& opened,
             const std::string& prefix) {
    std::string path = prefix + static_cast<const char*>(entry.d_name);
    unsigned char type = entry.d_type;
    const bool by_link = type == DT_LNK;
    if (by_link || type == DT_UNKNOWN) {
      struct stat info {};
      if (fstatat(opened->descriptor(), static_cast<const char*>(entry.d_name), &info, 0) != 0) {
        return visitor_.failed(path, unreadable(errno));
      }
      type = S_ISREG(info.st_mode) ? DT_REG : S_ISDIR(info.st_mode) ? DT_DIR : DT_FIFO;
    }
    if (type == DT_DIR)
      return folder(opened->descriptor(), static_cast<const char*>(entry.d_name), path, by_link);
    if (type == DT_REG) return visitor_.found({opened, std::move(path), prefix.size(), true});
    // Reading a pipe or device that happens to lie in a folder could wait for ever.
    return visitor_.failed(path, {Errc::file_unreadable, "a pipe, socket or device", -1});
  }

  const Visitor& visitor_;
  std::vector<Identity> above_;
  std::set<Identity> linked_;
};

}  // namespace

Folder::~Folder() {
  close(descriptor_);
}

Result<std::unique_ptr<FileSource>> FileSource::open(const FileName& file) {
  if (file.path == "-" && file.folder == nullptr)
    return std::make_unique<FileSource>(STDIN_FILENO, false, false);
  const int at = file.folder == nullptr ? AT_FDCWD : file.folder->descriptor();
  const char* name = file.path.c_str() + (file.folder == nullptr ? 0 : file.name_start);
  // A pipe that nobody writes to yet must not keep open() waiting where no Ctrl-C reaches it; nor
  // one that has taken the place of a plain file.
  const int descriptor = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return unreadable(errno);
  return std::make_unique<FileSource>(descriptor, true, file.regular);
}

FileSource::~FileSource() {
  if (owned_) close(descriptor_);
}

Result<std::size_t> FileSource::read(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(descriptor_, into.data(), into.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN && !regular_) {
      is_ready(kPatience);
    } else if (errno != EINTR) {
      return unreadable(errno);
    }
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
  return position >= 0 && lseek(descriptor_, position, SEEK_SET) == position;
}

bool walk(const std::vector<std::string>& paths, const Visitor& visitor) {
  Walk walk(visitor);
  for (const std::string& path : paths) {
    if (!walk.path(path)) return false;
  }
  return true;
}

}  // namespace mxseal::reports
