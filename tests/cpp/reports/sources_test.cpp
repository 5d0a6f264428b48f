// SPDX-License-Identifier: MIT
#include "reports/sources.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "reports/sample.hpp"

namespace mxseal::reports {
namespace {

using Lines = std::vector<std::string>;

// What the walk found below the paths, sorted: the order in a folder is the file system's.
Lines walked(const std::vector<std::string>& paths, const std::string& below) {
  Lines lines;
  const auto name = [&below](const std::string& path) {
    return path.starts_with(below) ? path.substr(below.size()) : path;
  };
  EXPECT_TRUE(walk(paths, {[&](const FileName& file) {
                             lines.push_back(name(file.path));
                             return true;
                           },
                           [&](const std::string& path, const Error& error) {
                             lines.push_back(std::string(code_name(error.code)) + " " + name(path));
                             return true;
                           }}));
  std::ranges::sort(lines);
  return lines;
}

std::string content_of(const FileName& file) {
  Result<std::unique_ptr<FileSource>> source = FileSource::open(file);
  if (!source) return std::string(code_name(source.error().code));
  std::string content(100, '\0');
  const Result<std::size_t> count = (*source)->read(content);
  if (!count) return std::string(code_name(count.error().code));
  content.resize(*count);
  return content;
}

TEST(Sources, every_file_below_a_folder_is_found_and_can_be_opened) {
  const sample::TemporaryFolder folder;
  for (const char* name : {"a", "b/c", "b/d/e", "b/d/.hidden"}) folder.write(name, name);
  std::filesystem::create_directories(folder.path("empty/also"));
  std::filesystem::create_symlink(folder.path("a"), folder.path("b/link"));
  for (const std::string& path : {folder.path(), folder.path() + "/"}) {
    EXPECT_EQ(walked({path}, folder.path() + "/"),
              (Lines{"a", "b/c", "b/d/.hidden", "b/d/e", "b/link"}));
  }
  std::size_t count = 0;
  walk({folder.path()}, {[&](const FileName& file) {
                           EXPECT_TRUE(file.regular);
                           const std::string name = file.path.substr(folder.path().size() + 1);
                           EXPECT_EQ(content_of(file), name == "b/link" ? "a" : name);
                           ++count;
                           return true;
                         },
                         [](const std::string& path, const Error&) {
                           ADD_FAILURE() << path;
                           return true;
                         }});
  EXPECT_EQ(count, 5U);
}

TEST(Sources, paths_come_in_their_order_and_as_often_as_they_are_named) {
  const sample::TemporaryFolder folder;
  const std::string b = folder.write("b", "");
  const std::string a = folder.write("a", "");
  Lines found;
  const Visitor visitor = {[&](const FileName& file) {
                             found.push_back(file.path);
                             return true;
                           },
                           [&](const std::string& path, const Error&) {
                             found.push_back(path);
                             return true;
                           }};
  walk({b, a, folder.path("missing"), "-", b}, visitor);
  EXPECT_EQ(found, (Lines{b, a, folder.path("missing"), "-", b}));
}

TEST(Sources, a_walk_ends_when_the_visitor_says_so) {
  const sample::TemporaryFolder folder;
  for (const char* name : {"a/1", "a/2", "b/1"}) folder.write(name, "");
  for (const char* name : {"a/dangling", "b/dangling"})
    std::filesystem::create_symlink("nowhere", folder.path(name));
  for (int most = 1; most <= 6; ++most) {
    int count = 0;
    EXPECT_FALSE(walk({folder.path(), folder.path("missing")},
                      {[&](const FileName&) { return ++count < most; },
                       [&](const std::string&, const Error&) { return ++count < most; }}));
    EXPECT_EQ(count, most);
  }
}

TEST(Sources, folders_are_walked_as_deep_as_the_limit_and_not_deeper) {
  const sample::TemporaryFolder folder;
  std::string deep;
  for (std::size_t level = 1; level < kMaxFolderDepth; ++level) deep += "d/";
  folder.write(deep + "last", "");
  EXPECT_EQ(walked({folder.path()}, folder.path() + "/"), Lines{deep + "last"});
  // 65 folders with the one that was named.
  folder.write(deep + "e/beyond", "");
  EXPECT_EQ(walked({folder.path()}, folder.path() + "/"),
            (Lines{deep + "last", "folder-too-deep " + deep + "e"}));
}

TEST(Sources, a_link_back_into_its_own_folder_is_told_and_not_followed) {
  const sample::TemporaryFolder folder;
  folder.write("a/b/file", "");
  std::filesystem::create_directory_symlink(folder.path("a"), folder.path("a/b/up"));
  std::filesystem::create_directory_symlink(folder.path("a/b"), folder.path("a/again"));
  // To the same folder beside it is no loop.
  EXPECT_EQ(walked({folder.path()}, folder.path() + "/"),
            (Lines{"a/again/file", "a/b/file", "folder-loop a/again/up", "folder-loop a/b/up"}));
}

TEST(Sources, what_cannot_be_read_in_a_folder_is_told) {
  const sample::TemporaryFolder folder;
  folder.write("file", "");
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(folder.path("pipe"), folder.path("to-pipe"));
  std::filesystem::create_symlink(folder.path("nowhere"), folder.path("dangling"));
  EXPECT_EQ(walked({folder.path()}, folder.path() + "/"),
            (Lines{"file", "file-unreadable dangling", "file-unreadable pipe",
                   "file-unreadable to-pipe"}));
  EXPECT_EQ(walked({folder.path("missing")}, folder.path() + "/"),
            Lines{"file-unreadable missing"});
}

TEST(Sources, a_pipe_that_is_named_is_found_as_no_plain_file) {
  const sample::TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  int found = 0;
  walk({folder.path("pipe"), "-"}, {[&](const FileName& file) {
                                      EXPECT_FALSE(file.regular);
                                      ++found;
                                      return true;
                                    },
                                    [](const std::string& path, const Error&) {
                                      ADD_FAILURE() << path;
                                      return true;
                                    }});
  EXPECT_EQ(found, 2);
}

TEST(FileSource, knows_its_size_and_seeks_in_a_file) {
  const sample::TemporaryFolder folder;
  const Result<std::unique_ptr<FileSource>> opened =
      FileSource::open({nullptr, folder.write("a", "0123456789"), 0, true});
  ASSERT_TRUE(opened);
  FileSource& source = **opened;
  EXPECT_EQ(source.size(), 10);
  ASSERT_TRUE(source.seek(7));
  char into[5];
  EXPECT_EQ(*source.read(into), 3U);
  EXPECT_EQ(std::string_view(into, 3), "789");
  EXPECT_EQ(*source.read(into), 0U);
  EXPECT_FALSE(source.seek(-1));
}

TEST(FileSource, of_a_pipe_it_knows_no_size_and_when_it_is_ready) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  FileSource source(ends[0], true, false);
  EXPECT_EQ(source.size(), -1);
  EXPECT_FALSE(source.seek(0));
  EXPECT_FALSE(source.is_ready(0));
  ASSERT_EQ(write(ends[1], "ab", 2), 2);
  EXPECT_TRUE(source.is_ready(0));
  char into[5];
  EXPECT_EQ(*source.read(into), 2U);
  EXPECT_FALSE(source.is_ready(0));
  close(ends[1]);
  EXPECT_TRUE(source.is_ready(0));
  EXPECT_EQ(*source.read(into), 0U);
}

TEST(FileSource, waits_for_no_pipe_that_has_taken_the_place_of_a_file) {
  const sample::TemporaryFolder folder;
  const std::string path = folder.path("swapped");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(content_of({nullptr, path, 0, true}), "");
  const int writer = open(path.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(content_of({nullptr, path, 0, true}), "file-unreadable");
  close(writer);
}

TEST(FileSource, says_why_a_file_cannot_be_opened_or_read) {
  const sample::TemporaryFolder folder;
  const Result<std::unique_ptr<FileSource>> missing =
      FileSource::open({nullptr, folder.path("missing"), 0, true});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error(), (Error{Errc::file_unreadable, "No such file or directory", -1}));
  EXPECT_EQ(content_of({nullptr, folder.path(), 0, true}), "file-unreadable");
}

}  // namespace
}  // namespace mxseal::reports
