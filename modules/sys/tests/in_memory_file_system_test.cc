#include "attune/sys/in_memory_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <thread>

#include "temporary_directory.h"

namespace attune::sys {
namespace {

class InMemoryFileSystemTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  InMemoryFileSystem files_{clock_};
};

TEST_F(InMemoryFileSystemTest, NamesOfOneFileAreOneFile) {
  ASSERT_TRUE(files_.CreateDirectories("/a/b").ok());
  ASSERT_TRUE(files_.WriteAtomically("/a/b/f", "x").ok());
  for (const char* name : {"a/b/f", "/a/./b/f", "/a/b/../b/f", "//a//b//f"}) {
    EXPECT_EQ(files_.Read(name, 1_KiB).value_or("absent"), "x") << name;
  }
}

TEST_F(InMemoryFileSystemTest, AnAtomicWriteSurvivesAPowerCut) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "kept").ok());
  files_.DropUnsynced();
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "kept");
}

TEST_F(InMemoryFileSystemTest, UnsyncedBytesAreLostAndSyncedOnesKept) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "synced").ok());
  ASSERT_TRUE(files_.WriteUnsynced("/f", "not synced").ok());
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "not synced");
  files_.DropUnsynced();
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "synced");

  ASSERT_TRUE(files_.WriteUnsynced("/f", "now synced").ok());
  ASSERT_TRUE(files_.SyncFile("/f").ok());
  files_.DropUnsynced();
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "now synced");
}

TEST_F(InMemoryFileSystemTest, ASyncedFileWithAnUnsyncedNameIsLost) {
  ASSERT_TRUE(files_.WriteUnsynced("/f", "x").ok());
  ASSERT_TRUE(files_.SyncFile("/f").ok());
  files_.DropUnsynced();
  EXPECT_EQ(files_.Read("/f", 1_KiB).error().code(), ErrorCode::kNotFound);

  ASSERT_TRUE(files_.WriteUnsynced("/f", "x").ok());
  ASSERT_TRUE(files_.SyncDirectory("/").ok());
  files_.DropUnsynced();
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "") << "the name was synced, the bytes were not";
}

TEST_F(InMemoryFileSystemTest, APowerCutBringsARemovedFileBackUntilItsDirectoryIsSynced) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "x").ok());
  ASSERT_TRUE(files_.Remove("/f").ok());
  files_.DropUnsynced();
  EXPECT_TRUE(files_.Stat("/f").ok());
  ASSERT_TRUE(files_.Remove("/f").ok());
  ASSERT_TRUE(files_.SyncDirectory("/").ok());
  files_.DropUnsynced();
  EXPECT_FALSE(files_.Stat("/f").ok());
}

TEST_F(InMemoryFileSystemTest, SymlinksAreFollowedAndLoopsAreErrors) {
  ASSERT_TRUE(files_.CreateDirectories("/real/sub").ok());
  ASSERT_TRUE(files_.WriteAtomically("/real/sub/f", "x").ok());
  files_.AddSymlink("/absolute", "/real");
  files_.AddSymlink("/real/relative", "sub/f");
  files_.AddSymlink("/loop/a", "b");
  files_.AddSymlink("/loop/b", "a");
  EXPECT_EQ(*files_.Read("/absolute/sub/f", 1_KiB), "x");
  EXPECT_EQ(*files_.Read("/absolute/relative", 1_KiB), "x");
  EXPECT_EQ(files_.Read("/loop/a", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_.LinkStat("/loop/a")->kind, FileKind::kSymlink);
  EXPECT_EQ(files_.Stat("/absolute")->kind, FileKind::kDirectory);
}

TEST_F(InMemoryFileSystemTest, OnlyRegularFilesCanBeReadAndOnlyUpToTheLimit) {
  files_.AddSpecial("/fifo");
  ASSERT_TRUE(files_.WriteAtomically("/f", "12345").ok());
  EXPECT_EQ(files_.Read("/fifo", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_.Read("/", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(files_.Read("/f", 5_B).ok());
  EXPECT_EQ(files_.Read("/f", 4_B).error().code(), ErrorCode::kExhausted);
}

TEST_F(InMemoryFileSystemTest, TheClockStampsModifications) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "1").ok());
  const std::int64_t before = files_.Stat("/f")->modified_ns;
  clock_.Advance(std::chrono::seconds(3));
  ASSERT_TRUE(files_.WriteUnsynced("/f", "2").ok());
  EXPECT_EQ(files_.Stat("/f")->modified_ns - before, 3'000'000'000);
}

TEST_F(InMemoryFileSystemTest, AMapOutlivesItsFile) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "bytes").ok());
  const auto mapped = files_.Map("/f");
  ASSERT_TRUE(files_.Remove("/f").ok());
  EXPECT_EQ((*mapped)->bytes(), "bytes");
}

// Random operations on both; every answer has the same code and the same value.
class TwinTest : public ::testing::TestWithParam<unsigned> {};

std::string Outcome(const Status& status) { return status.ok() ? "ok" : std::string(ToString(status.error().code())); }

std::string Outcome(const Result<std::string>& bytes) {
  return bytes.ok() ? "= " + *bytes : Outcome(Status(bytes.error()));
}

std::string Outcome(const Result<FileInfo>& info) {
  if (!info.ok()) return Outcome(Status(info.error()));
  const std::string size = info->kind == FileKind::kRegular ? std::to_string(info->size) : "";
  return std::to_string(static_cast<int>(info->kind)) + " " + size;
}

std::string Outcome(Result<std::vector<DirectoryEntry>> entries) {
  if (!entries.ok()) return Outcome(Status(entries.error()));
  std::vector<std::string> names;
  for (const auto& entry : *entries) names.push_back(entry.name + std::to_string(static_cast<int>(entry.kind)));
  std::sort(names.begin(), names.end());
  std::string all;
  for (const auto& name : names) all += name + " ";
  return all;
}

std::string Apply(FileSystem& files, const std::string& path, std::size_t operation, const std::string& bytes) {
  switch (operation) {
    case 0:
      return Outcome(files.Read(path, 100_B));
    case 1:
      return Outcome(files.WriteAtomically(path, bytes));
    case 2:
      return Outcome(files.Remove(path));
    case 3:
      return Outcome(files.CreateDirectories(path));
    case 4:
      return Outcome(files.List(path));
    case 5:
      return Outcome(files.Stat(path));
    default:
      return Outcome(files.LinkStat(path));
  }
}

TEST_P(TwinTest, BehavesLikeTheRealFileSystem) {
  const TemporaryDirectory dir;
  const ManualClock clock;
  InMemoryFileSystem memory(clock);
  ASSERT_TRUE(memory.CreateDirectories(dir.path()).ok());
  const auto link = [&](const char* name, const char* target) {
    std::filesystem::create_symlink(target, dir / name);
    memory.AddSymlink(dir / name, target);
  };
  link("l", "a");
  link("m", "a/b");
  link("self", "self");

  std::mt19937 random(GetParam());
  const std::vector<std::string> names = {"a", "b", "l", "m", "self", "..", "."};
  for (int step = 0; step < 400; ++step) {
    std::string path = dir.path();
    // ".." only after a first name, so that no step leaves the folder.
    for (std::size_t depth = 0, n = 1 + random() % 3; depth < n; ++depth) {
      path += "/" + names[random() % (depth == 1 ? names.size() : 5)];
    }
    const std::size_t operation = random() % 7;
    const std::string bytes(random() % 200, 'x');
    if (path.ends_with(".") && (operation == 2 || operation == 1)) continue;  // the kernel has words of its own
    const std::string real = Apply(RealFileSystem(), path, operation, bytes);
    const std::string twin = Apply(memory, path, operation, bytes);
    ASSERT_EQ(twin, real) << "seed " << GetParam() << " step " << step << " operation " << operation << " " << path;
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, TwinTest, ::testing::Range(1U, 9U));

TEST_F(InMemoryFileSystemTest, ManyThreadsMayUseItAtOnce) {
  ASSERT_TRUE(files_.WriteAtomically("/f", "aaaa").ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 500; ++n) {
        if (i % 2 == 0) {
          ASSERT_TRUE(files_.WriteAtomically("/f", n % 2 == 0 ? "aaaa" : "bbbb").ok());
        } else {
          const auto read = files_.Read("/f", 1_KiB);
          ASSERT_TRUE(read.ok());
          ASSERT_TRUE(*read == "aaaa" || *read == "bbbb");
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace attune::sys
