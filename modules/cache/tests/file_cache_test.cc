#include "attune/cache/file_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "attune/sys/faulty_file_system.h"
#include "attune/sys/in_memory_file_system.h"

namespace attune::cache {
namespace {

using namespace std::chrono_literals;

class FileCacheTest : public testing::Test {
 protected:
  void Write(const std::string& path, std::string_view bytes) {
    clock_.Advance(1ms);  // the next time of modification
    ASSERT_TRUE(files_.WriteAtomically(path, bytes).ok());
  }
  ManualClock clock_;
  sys::InMemoryFileSystem files_{clock_};
};

TEST_F(FileCacheTest, ReadsOnceUntilTheFileChanges) {
  FileCache cache(clock_, files_, nullptr);
  Write("/a", "one");
  const FileContentsPtr first = *cache.Read("/a");
  EXPECT_EQ(first->bytes(), "one");
  EXPECT_EQ(*cache.Read("/a"), first) << "the same contents, not a copy";
  Write("/a", "two");
  EXPECT_EQ((*cache.Read("/a"))->bytes(), "two");
  EXPECT_EQ(first->bytes(), "one") << "who holds it keeps it";
  EXPECT_EQ(cache.Stats().loads, 2U);
}

TEST_F(FileCacheTest, LargeFilesAreMappedAndSmallOnesCopied) {
  FileCache cache(clock_, files_, nullptr, {.mapped_from = Bytes(100)});
  Write("/small", std::string(99, 's'));
  Write("/large", std::string(100, 'l'));
  EXPECT_FALSE((*cache.Read("/small"))->mapped());
  const FileContentsPtr large = *cache.Read("/large");
  EXPECT_TRUE(large->mapped());
  EXPECT_EQ(large->bytes(), std::string(100, 'l'));
}

TEST_F(FileCacheTest, BothLimitsHoldAndAFileLargerThanTheCacheIsAnsweredAndNotKept) {
  FileCache cache(clock_, files_, nullptr, {.entries_max = 4, .bytes_max = 200_KiB});
  for (int i = 0; i < 20; ++i) {
    const std::string path = "/" + std::to_string(i);
    Write(path, std::string(60'000, 'x'));
    ASSERT_TRUE(cache.Read(path).ok());
    EXPECT_LE(cache.bytes(), 200_KiB);
    EXPECT_LE(cache.size(), 4U);
  }
  EXPECT_GE(cache.size(), 2U);
  Write("/huge", std::string(300'000, 'h'));
  EXPECT_EQ((*cache.Read("/huge"))->bytes().size(), 300'000U);
  EXPECT_LE(cache.bytes(), 200_KiB);
}

TEST_F(FileCacheTest, ErrorsAreNotKept) {
  FileCache cache(clock_, files_, nullptr, {.file_bytes_max = Bytes(10)});
  EXPECT_EQ(cache.Read("/a").error().code(), ErrorCode::kNotFound);
  Write("/a", "there");
  EXPECT_TRUE(cache.Read("/a").ok());
  Write("/big", "more than ten bytes");
  EXPECT_EQ(cache.Read("/big").error().code(), ErrorCode::kExhausted);
}

class PassingFileSystem : public sys::FileSystem {
 public:
  explicit PassingFileSystem(sys::FileSystem& base) : base_(base) {}
  Result<std::string> Read(const std::string& path, Bytes size_max) const override {
    return base_.Read(path, size_max);
  }
  Result<std::unique_ptr<sys::MappedFile>> Map(const std::string& path) const override { return base_.Map(path); }
  Status WriteAtomically(const std::string& path, std::string_view bytes) override {
    return base_.WriteAtomically(path, bytes);
  }
  Status Remove(const std::string& path) override { return base_.Remove(path); }
  Status CreateDirectories(const std::string& path) override { return base_.CreateDirectories(path); }
  Result<std::vector<sys::DirectoryEntry>> List(const std::string& directory) const override {
    return base_.List(directory);
  }
  Result<sys::FileInfo> Stat(const std::string& path) const override { return base_.Stat(path); }
  Result<sys::FileInfo> LinkStat(const std::string& path) const override { return base_.LinkStat(path); }

 protected:
  sys::FileSystem& base_;
};

// Changes the file whenever its contents are asked for.
class Restless final : public PassingFileSystem {
 public:
  Restless(sys::FileSystem& base, ManualClock& clock, int changes)
      : PassingFileSystem(base), clock_(clock), changes_(changes) {}
  Result<std::string> Read(const std::string& path, Bytes size_max) const override {
    auto bytes = base_.Read(path, size_max);
    if (changes_-- > 0) {
      clock_.Advance(1ms);
      EXPECT_TRUE(base_.WriteAtomically(path, "changed").ok());
    }
    return bytes;
  }

 private:
  ManualClock& clock_;
  mutable int changes_;
};

// As the kernel's own files: no size and always the same time.
class Unsized final : public PassingFileSystem {
 public:
  using PassingFileSystem::PassingFileSystem;
  Result<sys::FileInfo> Stat(const std::string& path) const override {
    Result<sys::FileInfo> info = base_.Stat(path);
    if (info.ok()) {
      info->size = 0;
      info->modified_ns = 0;
    }
    return info;
  }
};

TEST_F(FileCacheTest, AFileWithoutASizeIsAnsweredAndNotKept) {
  Unsized files(files_);
  for (const Bytes mapped_from : {1_MiB, Bytes(0)}) {
    FileCache cache(clock_, files, nullptr, {.mapped_from = mapped_from});
    for (const char* bytes : {"one", "another", ""}) {
      ASSERT_TRUE(files_.WriteAtomically("/a", bytes).ok());
      EXPECT_EQ((*cache.Read("/a"))->bytes(), bytes);
    }
    EXPECT_EQ(cache.size(), 1U) << "the empty one";
  }
  FileCache cache(clock_, sys::RealFileSystem(), nullptr);
  EXPECT_TRUE(cache.Read("/proc/self/status").ok());
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(FileCacheTest, AFileThatIsAwayForAMomentIsThereAgain) {
  Write("/a", "one");
  sys::FaultyFileSystem faulty(files_);
  FileCache cache(clock_, faulty, nullptr);
  faulty.FailNext(sys::FileOperation::kRead, Error(ErrorCode::kNotFound, "'/a' is away"));
  EXPECT_EQ(cache.Read("/a").error().message(), "'/a' is away");
  EXPECT_EQ((*cache.Read("/a"))->bytes(), "one");
}

TEST_F(FileCacheTest, AFileThatChangesWhileItIsReadIsReadAgain) {
  Write("/a", "first");
  const Restless twice(files_, clock_, 2);
  FileCache patient(clock_, twice, nullptr);
  EXPECT_EQ((*patient.Read("/a"))->bytes(), "changed");
  const Restless always(files_, clock_, 1000);
  FileCache tired(clock_, always, nullptr);
  EXPECT_EQ(tired.Read("/a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(tired.size(), 0U);
}

TEST_F(FileCacheTest, NamesTheFieldThatMakesNoSense) {
  EXPECT_THAT(Validate(FileCacheConfig{.file_bytes_max = Bytes(0)}).error().message(),
              testing::HasSubstr("file_bytes_max is 0"));
  EXPECT_THAT(Validate(FileCacheConfig{.trusted_for = -1ns}).error().message(),
              testing::HasSubstr("trusted_for is negative"));
  EXPECT_FALSE(Validate(FileCacheConfig{.entries_max = 0}).ok());
  EXPECT_TRUE(Validate(FileCacheConfig{}).ok());
}

// On real files, because only they are watched.
class WatchedFileCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "attune-file-cache-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    watch_ = *sys::DirectoryWatch::Create();
    cache_ = std::make_unique<FileCache>(clock_, sys::RealFileSystem(), watch_.get());
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& name, std::string_view bytes) const { std::ofstream(root_ / name) << bytes; }
  std::string Path(const std::string& name) const { return (root_ / name).string(); }
  std::string Read(const std::string& name) { return ReadAs(Path(name)); }
  std::string ReadAs(const std::string& path) { return std::string((*cache_->Read(path))->bytes()); }
  void ApplyEvents() { cache_->Apply(*watch_->Poll(10s)); }
  void WriteAtTheSameTime(const std::string& name, std::string_view bytes) const {
    const auto modified = std::filesystem::last_write_time(root_ / name);
    Write(name, bytes);
    std::filesystem::last_write_time(root_ / name, modified);
  }
  void LoseEvents() {
    ASSERT_FALSE(watch_->Poll(10s)->empty());
    cache_->Apply({{.kind = sys::WatchEventKind::kOverflow, .directory = {}, .name = {}}});
  }

  ManualClock clock_;
  std::filesystem::path root_;
  std::unique_ptr<sys::DirectoryWatch> watch_;
  std::unique_ptr<FileCache> cache_;
};

TEST_F(WatchedFileCacheTest, AWatchedPathIsTrustedUntilAnEventComes) {
  Write("a", "one");
  EXPECT_EQ(Read("a"), "one");
  EXPECT_EQ(cache_->paths_trusted(), 1U);
  Write("a", "two!");
  EXPECT_EQ(Read("a"), "one") << "the event is not applied yet: nothing was asked of the system";
  ApplyEvents();
  EXPECT_EQ(cache_->paths_trusted(), 0U);
  EXPECT_EQ(Read("a"), "two!");
}

TEST_F(WatchedFileCacheTest, AWriteThatKeepsTimeAndSizeIsNoticedToo) {
  Write("a", "one");
  const auto modified = std::filesystem::last_write_time(root_ / "a");
  EXPECT_EQ(Read("a"), "one");
  Write("a", "two");
  std::filesystem::last_write_time(root_ / "a", modified);
  ApplyEvents();
  EXPECT_EQ(Read("a"), "two");
}

TEST_F(WatchedFileCacheTest, ARemovedFileIsGone) {
  Write("a", "one");
  Read("a");
  std::filesystem::remove(root_ / "a");
  ApplyEvents();
  EXPECT_EQ(cache_->Read(Path("a")).error().code(), ErrorCode::kNotFound);
}

TEST_F(WatchedFileCacheTest, AfterLostEventsEverythingIsReadAnew) {
  Write("a", "one");
  Read("a");
  WriteAtTheSameTime("a", "two");
  LoseEvents();
  EXPECT_EQ(Read("a"), "two");
}

TEST_F(WatchedFileCacheTest, AfterLostEventsDirectoriesAreWatchedAnew) {
  std::filesystem::create_directory(root_ / "d");
  Write("d/a", "one");
  Read("d/a");
  std::filesystem::rename(root_ / "d", root_ / "e");
  std::filesystem::create_directory(root_ / "d");
  Write("d/a", "two!");
  LoseEvents();
  EXPECT_EQ(Read("d/a"), "two!");
  Write("d/a", "three");
  ApplyEvents();
  EXPECT_EQ(Read("d/a"), "three");
}

TEST_F(WatchedFileCacheTest, ADirectoryIsOneHoweverItIsSpelled) {
  std::filesystem::create_directory(root_ / "d");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(root_ / "d");
  Write("d/a", "0");
  const std::vector<std::string> spellings = {
      "a", "./a", ".//a", "../d/a", Path("d/a"), Path("d//a"), Path("d/./a"), Path("d/../d/a"), "/" + Path("d/a")};
  for (std::size_t i = 1; i < 4; ++i) {
    for (const std::string& path : spellings) EXPECT_EQ(ReadAs(path), std::string(i, '0')) << path;
    EXPECT_EQ(cache_->paths_trusted(), 1U);
    Write("d/a", std::string(i + 1, '0'));
    ApplyEvents();
  }
  std::filesystem::rename(root_ / "d", root_ / "e");
  std::filesystem::create_directory(root_ / "d");
  ApplyEvents();
  Write("e/a", "moved");
  Write("d/a", "new");
  EXPECT_EQ(ReadAs("a"), "moved") << "the working directory moved";
  EXPECT_EQ(Read("d/a"), "new");
  std::filesystem::current_path(before);
}

TEST_F(WatchedFileCacheTest, AFileWithSeveralHardLinksIsNeverTrusted) {
  std::filesystem::create_directory(root_ / "d");
  Write("a", "one");
  std::filesystem::create_hard_link(root_ / "a", root_ / "d/link");
  EXPECT_EQ(Read("a"), "one");
  EXPECT_EQ(cache_->paths_trusted(), 0U);
  Write("d/link", "two!");
  EXPECT_EQ(Read("a"), "two!");
}

TEST_F(WatchedFileCacheTest, WhatNoEventTellsOfIsFoundWhenTrustEnds) {
  std::filesystem::create_directories(root_ / "far/x/y");
  std::filesystem::create_directory(root_ / "d");
  Write("a", "one");
  Write("far/x/y/f", "one");
  Read("a");
  Read("far/x/y/f");
  std::filesystem::create_hard_link(root_ / "a", root_ / "d/link");
  Write("d/link", "two!");
  std::filesystem::rename(root_ / "far/x", root_ / "far/x2");
  std::filesystem::create_directories(root_ / "far/x/y");
  Write("far/x/y/f", "two!");
  cache_->Apply(*watch_->Poll(Duration(0)));
  clock_.Advance(1s - 1ns);
  EXPECT_EQ(Read("far/x/y/f"), "one");
  clock_.Advance(1ns);
  EXPECT_EQ(Read("a"), "two!");
  EXPECT_EQ(Read("far/x/y/f"), "two!");
  Write("far/x/y/f", "three");
  ApplyEvents();
  EXPECT_EQ(Read("far/x/y/f"), "three") << "it is the new directory that is watched";
}

TEST_F(WatchedFileCacheTest, AWriteIsNoticedBeforeTheFileIsClosedAndATruncationWithoutOne) {
  Write("a", "one");
  Read("a");
  std::ofstream open(root_ / "a", std::ios::app);
  open << " more" << std::flush;
  ApplyEvents();
  EXPECT_EQ(Read("a"), "one more");
  open.close();
  ApplyEvents();
  Read("a");
  std::filesystem::resize_file(root_ / "a", 3);  // by path: nothing is opened
  ApplyEvents();
  EXPECT_EQ(Read("a"), "one");
}

TEST_F(WatchedFileCacheTest, TrustIsBounded) {
  cache_ = std::make_unique<FileCache>(clock_, sys::RealFileSystem(), watch_.get(), FileCacheConfig{.paths_max = 4});
  for (int i = 0; i < 20; ++i) {
    Write(std::to_string(i), "x");
    Read(std::to_string(i));
    EXPECT_EQ(cache_->paths_trusted(), static_cast<std::size_t>(i % 4 + 1));
  }
}

TEST_F(WatchedFileCacheTest, ADirectoryThatIsGoneIsWatchedAgainWhenItIsBack) {
  std::filesystem::create_directory(root_ / "d");
  Write("d/a", "one");
  Read("d/a");
  std::filesystem::remove_all(root_ / "d");
  ApplyEvents();
  EXPECT_EQ(cache_->paths_trusted(), 0U);
  std::filesystem::create_directory(root_ / "d");
  Write("d/a", "two!");
  EXPECT_EQ(Read("d/a"), "two!");
}

TEST_F(WatchedFileCacheTest, WhatWasReadInADirectoryThatIsGoneIsReadAnew) {
  std::filesystem::create_directory(root_ / "d");
  Write("d/a", "one");
  Read("d/a");
  std::filesystem::rename(root_ / "d", root_ / "e");
  WriteAtTheSameTime("e/a", "two");
  std::filesystem::rename(root_ / "e", root_ / "d");
  ApplyEvents();
  EXPECT_EQ(Read("d/a"), "two");
}

TEST_F(WatchedFileCacheTest, ASymlinkToADirectoryIsNotFollowedForASlashBehindIt) {
  std::filesystem::create_directory(root_ / "d");
  std::filesystem::create_directory(root_ / "e");
  Write("d/a", "one");
  Write("e/a", "two!");
  std::filesystem::create_directory_symlink(root_ / "d", root_ / "link");
  for (const char* path : {"link/a", "link//a", "link/./a", "link/.//./a"}) EXPECT_EQ(Read(path), "one");
  EXPECT_EQ(cache_->paths_trusted(), 0U);
}

TEST_F(WatchedFileCacheTest, ASymlinkIsNeverTrusted) {
  Write("a", "one");
  Write("b", "other");
  std::filesystem::create_symlink(root_ / "a", root_ / "link");
  EXPECT_EQ(Read("link"), "one");
  EXPECT_EQ(cache_->paths_trusted(), 0U);
  std::filesystem::remove(root_ / "link");
  std::filesystem::create_symlink(root_ / "b", root_ / "link");
  EXPECT_EQ(Read("link"), "other");
}

TEST_F(WatchedFileCacheTest, ReadersAndAnApplierMayRunTogether) {
  for (int i = 0; i < 8; ++i) Write(std::to_string(i), "x");
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([this] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(cache_->Read(Path(std::to_string(i % 8))).ok());
    });
  }
  for (int i = 0; i < 50; ++i) {
    std::ofstream(root_ / std::to_string(i % 8), std::ios::app) << "y";
    cache_->Apply(*watch_->Poll(1s));
  }
  for (std::thread& reader : readers) reader.join();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Read(std::to_string(i)).size(), i < 2 ? 8U : 7U);
}

}  // namespace
}  // namespace attune::cache
