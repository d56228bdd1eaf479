#include "attune/console/walk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "attune/sys/faulty_file_system.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::console {
namespace {

using Paths = std::vector<std::string>;

class Recorder final : public WalkVisitor {
 public:
  bool OnFile(const WalkedFile& file) override {
    files.emplace_back(file.path);
    sizes[std::string(file.path)] = file.info.size;
    return files.size() < stop_after;
  }
  bool OnDirectory(std::string_view path) override {
    directories.emplace_back(path);
    if (on_directory) on_directory(path);
    return true;
  }
  bool OnSkip(const WalkSkip& skip) override {
    skips[std::string(skip.path)] = skip.reason;
    details[std::string(skip.path)] = std::string(skip.detail);
    return true;
  }

  Paths files;
  Paths directories;
  std::map<std::string, std::uint64_t> sizes;
  std::map<std::string, SkipReason> skips;
  std::map<std::string, std::string> details;
  std::size_t stop_after = SIZE_MAX;
  std::function<void(std::string_view)> on_directory;
};

class Walk : public testing::Test {
 protected:
  void Put(const std::string& path, std::string_view text = "x") {
    const std::string full = "/top/" + path;
    ASSERT_TRUE(files_.CreateDirectories(full.substr(0, full.rfind('/'))).ok());
    ASSERT_TRUE(files_.WriteAtomically(full, text).ok());
  }

  WalkSummary Run(WalkConfig config = {}, const std::string& root = "/top") {
    seen_ = std::make_unique<Recorder>();
    TreeWalker walker(files_, root, std::move(config));
    const Result<WalkSummary> summary = walker.Walk(*seen_);
    EXPECT_TRUE(summary.ok());
    return summary.ok() ? *summary : WalkSummary{};
  }

  ManualClock clock_;
  sys::InMemoryFileSystem files_{clock_};
  std::unique_ptr<Recorder> seen_;
};

TEST_F(Walk, YieldsEveryFileInTheOrderOfItsBytes) {
  Put("b.c", "12345");
  Put("a/z");
  Put("a/b/c");
  Put("A");
  const WalkSummary summary = Run();
  EXPECT_EQ(seen_->files, (Paths{"A", "a/b/c", "a/z", "b.c"}));
  EXPECT_EQ(seen_->directories, (Paths{"", "a", "a/b"}));
  EXPECT_EQ(seen_->sizes["b.c"], 5U);
  EXPECT_EQ(summary.files, 4U);
  EXPECT_EQ(summary.directories, 3U);
}

TEST_F(Walk, AnEmptyFolderIsNoError) {
  ASSERT_TRUE(files_.CreateDirectories("/top").ok());
  EXPECT_EQ(Run().files, 0U);
}

TEST_F(Walk, WhatIsWrittenWhenADirectoryIsAnnouncedIsListed) {
  Put("a/b/first");
  Recorder seen;
  seen.on_directory = [this](std::string_view path) { Put(std::string(path) + (path.empty() ? "late" : "/late")); };
  TreeWalker walker(files_, "/top", {});
  ASSERT_TRUE(walker.Walk(seen).ok());
  EXPECT_EQ(seen.files, (Paths{"a/b/first", "a/b/late", "a/late", "late"}));
  seen.files.clear();
  Put("new/deep/first");
  ASSERT_TRUE(walker.WalkBelow("new", seen).ok());
  EXPECT_EQ(seen.files, (Paths{"new/deep/first", "new/deep/late", "new/late"}));
}

TEST_F(Walk, IgnoredDirectoriesAreNotEvenListed) {
  Put(".gitignore", "build/\n*.o\n");
  Put("build/x");
  Put("a.o");
  Put("a.c");
  sys::FaultyFileSystem counted(files_);
  Recorder seen;
  TreeWalker walker(counted, "/top", {});
  const Result<WalkSummary> summary = walker.Walk(seen);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(seen.files, (Paths{".gitignore", "a.c"}));
  EXPECT_EQ(summary->skipped_by(SkipReason::kIgnored), 2U);
  EXPECT_EQ(counted.calls(sys::FileOperation::kList), 1U);
}

TEST_F(Walk, AttuneIgnoreHasTheLastWord) {
  Put(".gitignore", "*.log\n");
  Put(".attuneignore", "!keep.log\nsecret\n");
  Put("keep.log");
  Put("other.log");
  Put("secret");
  Run();
  EXPECT_EQ(seen_->files, (Paths{".attuneignore", ".gitignore", "keep.log"}));
  Run({.git_rules = false, .attune_rules = false});
  EXPECT_EQ(seen_->files.size(), 5U);
}

TEST_F(Walk, InfoExcludeAndGlobalExcludesCount) {
  Put(".git/info/exclude", "one\n");
  Put("one");
  Put("two");
  Put("three");
  ASSERT_TRUE(files_.CreateDirectories("/home").ok());
  ASSERT_TRUE(files_.WriteAtomically("/home/ignore", "two\n").ok());
  Run({.global_excludes_path = "/home/ignore"});
  EXPECT_EQ(seen_->files, (Paths{"three"}));
  EXPECT_EQ(seen_->skips[".git"], SkipReason::kVersionControl);
}

TEST_F(Walk, ALinkedWorkTreeFindsTheExcludesOfItsRepository) {
  Put("main/.git/info/exclude", "no\n");
  Put("main/.git/worktrees/w/commondir", "../..\n");
  Put("w/.git", "gitdir: /top/main/.git/worktrees/w\n");
  Put("w/no");
  Put("w/yes");
  Run({}, "/top/w");
  EXPECT_EQ(seen_->files, (Paths{"yes"}));
}

TEST_F(Walk, RulesAboveTheRootCountInsideOfARepository) {
  Put(".git/info/exclude", "excluded\n");
  Put(".gitignore", "*.log\n/sub/here\n/here\nsub\n");
  Put("sub/deep/x.log");
  Put("sub/deep/excluded");
  Put("sub/deep/kept");
  Put("sub/here");
  Run({}, "/top/sub");
  EXPECT_EQ(seen_->files, (Paths{"deep/kept"})) << "the root itself is read although 'sub' is ignored";
  Run({}, "/top/sub/deep");
  EXPECT_EQ(seen_->files, (Paths{"kept"}));
}

TEST_F(Walk, ANestedRepositoryHasItsOwnRules) {
  Put(".gitignore", "x\n");
  Put("vendor/.git/info/exclude", "y\n");
  Put("vendor/x");
  Put("vendor/y");
  Run();
  EXPECT_EQ(seen_->files, (Paths{".gitignore", "vendor/x"}));
}

TEST_F(Walk, ExcludedDirectoriesAreNotEntered) {
  Put("data/db");
  Put("x");
  Run({.excluded_directories = {"/top/data/"}});
  EXPECT_EQ(seen_->files, (Paths{"x"}));
  EXPECT_EQ(seen_->skips["data"], SkipReason::kExcluded);
}

TEST_F(Walk, SymlinksAndSpecialFilesAreCountedNotFollowed) {
  Put("real/file");
  files_.AddSymlink("/top/loop", "/top");
  files_.AddSymlink("/top/link", "/top/real/file");
  files_.AddSymlink("/top/dangling", "/nowhere");
  files_.AddSpecial("/top/pipe");
  const WalkSummary summary = Run();
  EXPECT_EQ(seen_->files, (Paths{"real/file"}));
  EXPECT_EQ(summary.skipped_by(SkipReason::kSymlink), 3U);
  EXPECT_EQ(seen_->skips["pipe"], SkipReason::kNotRegular);
}

TEST_F(Walk, AnUnreadableDirectoryIsASkipNotAnEnd) {
  Put("a/x");
  Put("b/y");
  sys::FaultyFileSystem faulty(files_);
  faulty.FailNext(sys::FileOperation::kList, Error(ErrorCode::kDenied, "cannot list '/top/a': permission denied"), 1);
  Recorder seen;
  TreeWalker walker(faulty, "/top", {});
  const Result<WalkSummary> summary = walker.Walk(seen);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(seen.files, (Paths{"b/y"}));
  EXPECT_EQ(seen.skips["a"], SkipReason::kUnreadable);
  EXPECT_NE(seen.details["a"].find("permission denied"), std::string::npos);
}

TEST_F(Walk, AFileThatVanishesIsCountedAsChanged) {
  Put("a");
  Put("b");
  sys::FaultyFileSystem faulty(files_);
  Recorder seen;
  TreeWalker walker(faulty, "/top", {.git_rules = false});
  faulty.FailNext(sys::FileOperation::kStat, Error(ErrorCode::kNotFound, "'/top/a' is gone"), 1);
  ASSERT_TRUE(walker.Walk(seen).ok());
  EXPECT_EQ(seen.files, (Paths{"b"}));
  EXPECT_EQ(seen.skips["a"], SkipReason::kChangedWhileRead);
}

TEST_F(Walk, AnIgnoreFileThatIsTooLargeIsReported) {
  Put(".gitignore", "*.c\n");
  Put("x.c");
  Run({.ignore_file_max = Bytes(3)});
  EXPECT_EQ(seen_->files, (Paths{".gitignore", "x.c"}));
  EXPECT_EQ(seen_->skips[".gitignore"], SkipReason::kUnreadable);
  EXPECT_NE(seen_->details[".gitignore"].find("rules"), std::string::npos);
}

TEST_F(Walk, DepthAndPathLengthHaveBounds) {
  Put("1/2/3/file");
  Put("1/2/file");
  Run({.depth_max = 2});
  EXPECT_EQ(seen_->files, (Paths{"1/2/file"}));
  EXPECT_EQ(seen_->skips["1/2/3"], SkipReason::kTooDeep);
  Run({.path_bytes_max = 13});  // "/top/1/2/file"
  EXPECT_EQ(seen_->files, (Paths{"1/2/file"}));
  Run({.path_bytes_max = 12});
  EXPECT_EQ(seen_->skips["1/2/file"], SkipReason::kPathTooLong);
}

TEST_F(Walk, NamesAreBytes) {
  Put("new\nline");
  Put("\xFF\xFE");
  Run();
  EXPECT_EQ(seen_->files, (Paths{"new\nline", "\xFF\xFE"}));
}

TEST_F(Walk, AVisitorCanStop) {
  Put("a");
  Put("b");
  Recorder seen;
  seen.stop_after = 1;
  TreeWalker walker(files_, "/top", {});
  const Result<WalkSummary> summary = walker.Walk(seen);
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(seen.files.size(), 1U);
}

TEST_F(Walk, ARootThatIsNoFolderIsAnError) {
  Put("file");
  Recorder seen;
  EXPECT_EQ(TreeWalker(files_, "/nowhere", {}).Walk(seen).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(TreeWalker(files_, "/top/file", {}).Walk(seen).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(Walk, SinglePathsAreJudgedAsTheWalkDid) {
  Put(".gitignore", "*.o\nout/\n");
  Put("a/x.c");
  Recorder seen;
  TreeWalker walker(files_, "/top", {.excluded_directories = {"/top/data"}});
  ASSERT_TRUE(walker.Walk(seen).ok());
  EXPECT_TRUE(walker.IsIgnored("a/new.o", PathKind::kFile));
  EXPECT_FALSE(walker.IsIgnored("a/new.c", PathKind::kFile));
  EXPECT_TRUE(walker.IsIgnored("a/out/new.c", PathKind::kFile));
  EXPECT_TRUE(walker.IsIgnored("sub/.git/config", PathKind::kFile));
  EXPECT_TRUE(walker.IsIgnored("data/x", PathKind::kFile));
  EXPECT_FALSE(walker.IsIgnored("database/x", PathKind::kFile));
  EXPECT_TRUE(TreeWalker::IsIgnoreFile("a/.gitignore"));
  EXPECT_FALSE(TreeWalker::IsIgnoreFile("a/x.gitignore"));
}

TEST_F(Walk, ANewDirectoryIsWalkedByItself) {
  Put(".gitignore", "*.o\nskip/\n");
  Recorder first;
  TreeWalker walker(files_, "/top", {});
  ASSERT_TRUE(walker.Walk(first).ok());
  Put("new/.gitignore", "!b.o\n");
  Put("new/a.o");
  Put("new/b.o");
  Put("new/sub/c");
  Put("skip/d");
  Recorder second;
  ASSERT_TRUE(walker.WalkBelow("new", second).ok());
  EXPECT_EQ(second.files, (Paths{"new/.gitignore", "new/b.o", "new/sub/c"}));
  EXPECT_EQ(walker.WalkBelow("skip", second)->directories, 0U);
}

TEST(WalkPaths, GlobalExcludesLieWhereGitLooks) {
  EXPECT_EQ(GlobalExcludesPath("/xdg", "/home/me"), "/xdg/git/ignore");
  EXPECT_EQ(GlobalExcludesPath("", "/home/me"), "/home/me/.config/git/ignore");
  EXPECT_EQ(GlobalExcludesPath("", ""), "");
}

// --- On real files ---------------------------------------------------------------------------------------------------

class RealTree : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("attune_walk_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string Git(const std::string& arguments) const {
    return "cd '" + root_.string() + "' && env -i PATH=\"$PATH\" HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git " +
           arguments;
  }

  std::filesystem::path root_;
};

TEST_F(RealTree, PipesLoopsAndOddNamesAreSurvived) {
  std::filesystem::create_directories(root_ / "dir");
  std::ofstream(root_ / "dir" / "a\nb") << "x";
  std::ofstream(root_ / "\xFF") << "x";
  std::filesystem::create_directory_symlink(root_, root_ / "dir" / "loop");
  ASSERT_EQ(mkfifo((root_ / "pipe").c_str(), 0600), 0);
  Recorder seen;
  TreeWalker walker(sys::RealFileSystem(), root_.string(), {});
  ASSERT_TRUE(walker.Walk(seen).ok());
  EXPECT_EQ(seen.files, (Paths{"dir/a\nb", "\xFF"}));
  EXPECT_EQ(seen.skips["pipe"], SkipReason::kNotRegular);
  EXPECT_EQ(seen.skips["dir/loop"], SkipReason::kSymlink);
}

TEST_F(RealTree, TheWalkSeesWhatGitListsAsUntracked) {
  if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "git is not installed";
  ASSERT_EQ(std::system(Git("init -q .").c_str()), 0);
  std::mt19937_64 random(7);
  const std::vector<std::string> names = {"a", "b", "src", "x.c", "x.o", "y.h", "lib"};
  const std::vector<std::string> patterns = {"*.o", "/lib", "!x.o", "b/", "src/*/a", "**/y.h", "!lib/", "a*"};
  Paths directories = {""};
  for (std::size_t i = 0; i < directories.size() && directories.size() < 60; ++i) {
    std::ofstream rules(root_ / directories[i] / ".gitignore");
    if (random() % 3 == 0)
      rules << patterns[random() % patterns.size()] << "\n" << patterns[random() % patterns.size()];
    for (const std::string& name : names) {
      const std::string path = (std::filesystem::path(directories[i]) / name).string();
      if (random() % 3 == 0) {
        std::filesystem::create_directories(root_ / path);
        directories.push_back(path);
      } else {
        std::ofstream(root_ / path) << "x";
      }
    }
  }
  Paths expected;
  std::FILE* pipe = popen(Git("ls-files -z --others --exclude-standard").c_str(), "r");
  std::string path;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != 0) {
      path += static_cast<char>(c);
    } else {
      expected.push_back(path);
      path.clear();
    }
  }
  pclose(pipe);
  std::sort(expected.begin(), expected.end());
  Recorder seen;
  TreeWalker walker(sys::RealFileSystem(), root_.string(), {});
  ASSERT_TRUE(walker.Walk(seen).ok());
  std::sort(seen.files.begin(), seen.files.end());
  EXPECT_EQ(seen.files, expected);
  EXPECT_GT(expected.size(), 20U);
}

}  // namespace
}  // namespace attune::console
