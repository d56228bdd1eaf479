#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "attune/sys/file_system.h"
#include "temporary_directory.h"

namespace attune::sys {
namespace {

using ::testing::HasSubstr;

class RealFileSystemTest : public ::testing::Test {
 protected:
  std::vector<std::string> Names(const std::string& directory) {
    std::vector<std::string> names;
    const auto entries = files_.List(directory);
    EXPECT_TRUE(entries.ok());
    if (entries.ok()) {
      for (const DirectoryEntry& entry : *entries) names.push_back(entry.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryDirectory dir_;
  FileSystem& files_ = RealFileSystem();
};

TEST_F(RealFileSystemTest, ReadsWhatIsThereAndExactlyUpToTheLimit) {
  dir_.Write("empty", "");
  dir_.Write("five", "12345");
  EXPECT_EQ(*files_.Read(dir_ / "empty", 0_B), "");
  EXPECT_EQ(*files_.Read(dir_ / "five", 5_B), "12345");
  EXPECT_EQ(*files_.Read(dir_ / "five", 6_B), "12345");
  const auto above = files_.Read(dir_ / "five", 4_B);
  ASSERT_FALSE(above.ok());
  EXPECT_EQ(above.error().code(), ErrorCode::kExhausted);
  EXPECT_THAT(above.error().message(), HasSubstr("limit of 4"));
}

TEST_F(RealFileSystemTest, ReadsBytesOfAnyKindInAnyAmount) {
  for (const std::size_t size : {1U, 4095U, 4096U, 4097U, 1'000'000U}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31);
    dir_.Write("file", bytes);
    const auto read = files_.Read(dir_ / "file", 8_MiB);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, bytes) << size;
  }
}

TEST_F(RealFileSystemTest, ReadsFilesThatReportNoSize) {
  const auto status = files_.Read("/proc/self/status", 64_KiB);
  ASSERT_TRUE(status.ok());
  EXPECT_THAT(*status, HasSubstr("VmRSS"));
  EXPECT_EQ(files_.Read("/proc/self/status", 10_B).error().code(), ErrorCode::kExhausted);
}

TEST_F(RealFileSystemTest, AnAbsentFileIsNotFoundAndNamed) {
  const auto read = files_.Read(dir_ / "absent", 1_KiB);
  EXPECT_EQ(read.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(read.error().message(), HasSubstr("/absent"));
  EXPECT_EQ(files_.Read(dir_ / "absent/below", 1_KiB).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_.Read("", 1_KiB).error().code(), ErrorCode::kNotFound);
}

TEST_F(RealFileSystemTest, AFifoIsRefusedWithoutBlockingAndWithoutAWriterNoticing) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  const auto read = files_.Read(dir_ / "fifo", 1_KiB);
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(read.error().message(), HasSubstr("FIFO, socket or device"));
  EXPECT_EQ(files_.Map(dir_ / "fifo").error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(RealFileSystemTest, ADeviceAndADirectoryAreRefused) {
  EXPECT_EQ(files_.Read("/dev/zero", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_.Read("/dev/tty", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  const auto directory = files_.Read(dir_.path(), 1_KiB);
  EXPECT_EQ(directory.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(directory.error().message(), HasSubstr("is a directory"));
}

TEST_F(RealFileSystemTest, ASocketIsRefused) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = dir_ / "s";
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(files_.Read(path, 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  ::close(fd);
}

TEST_F(RealFileSystemTest, ASymlinkLoopIsAnError) {
  std::filesystem::create_symlink("b", dir_ / "a");
  std::filesystem::create_symlink("a", dir_ / "b");
  EXPECT_EQ(files_.Read(dir_ / "a", 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_.LinkStat(dir_ / "a")->kind, FileKind::kSymlink);
}

TEST_F(RealFileSystemTest, APathWithANulIsNotCutShort) {
  dir_.Write("a", "x");
  const std::string path = (dir_ / "a") + std::string("\0b", 2);
  EXPECT_EQ(files_.Read(path, 1_KiB).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(files_.Remove(path).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(files_.Stat(dir_ / "a").ok());
}

TEST_F(RealFileSystemTest, AFileThatGrowsWhileItIsReadStopsAtTheLimit) {
  dir_.Write("log", std::string(1000, 'x'));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    std::ofstream log(dir_ / "log", std::ios::app);
    const std::string line(4000, 'y');
    for (int i = 0; i < 3000 && !stop; ++i) log << line << std::flush;
  });
  for (int i = 0; i < 200; ++i) {
    const auto read = files_.Read(dir_ / "log", 1_MiB);
    if (read.ok()) {
      ASSERT_LE(read->size(), (1_MiB).count());
    } else {
      ASSERT_EQ(read.error().code(), ErrorCode::kExhausted);
    }
  }
  stop = true;
  writer.join();
}

TEST_F(RealFileSystemTest, WritesReplaceAtomicallyAndLeaveNothingBeside) {
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "one").ok());
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "two").ok());
  EXPECT_EQ(*files_.Read(dir_ / "f", 1_KiB), "two");
  EXPECT_THAT(Names(dir_.path()), ::testing::ElementsAre("f"));
}

TEST_F(RealFileSystemTest, ANewFileIsItsOwnersAloneAndAReplacedOneKeepsItsPermissions) {
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "one").ok());
  struct stat info{};
  ASSERT_EQ(::stat((dir_ / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(::chmod((dir_ / "f").c_str(), 0644), 0);
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "two").ok());
  ASSERT_EQ(::stat((dir_ / "f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0644U);
}

TEST_F(RealFileSystemTest, TheLongestNameCanBeWritten) {
  const std::string name(255, 'n');
  EXPECT_TRUE(files_.WriteAtomically(dir_ / name, "x").ok());
  EXPECT_EQ(files_.WriteAtomically(dir_ / (name + "n"), "x").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(Names(dir_.path()), ::testing::ElementsAre(name));
}

TEST_F(RealFileSystemTest, AFailedWriteKeepsTheOldContent) {
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "old").ok());
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{4096, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status status = files_.WriteAtomically(dir_ / "f", std::string(10'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(*files_.Read(dir_ / "f", 1_KiB), "old");
  EXPECT_THAT(Names(dir_.path()), ::testing::ElementsAre("f"));
}

TEST_F(RealFileSystemTest, WritingIntoAnAbsentFolderOrOverADirectoryFails) {
  EXPECT_EQ(files_.WriteAtomically(dir_ / "no/f", "x").error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(files_.CreateDirectories(dir_ / "d").ok());
  EXPECT_EQ(files_.WriteAtomically(dir_ / "d", "x").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(Names(dir_.path()), ::testing::ElementsAre("d"));
}

TEST_F(RealFileSystemTest, ReadersSeeTheOldContentOrTheNewOne) {
  const std::string a(20'000, 'a');
  const std::string b(30'000, 'b');
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", a).ok());
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const auto read = files_.Read(dir_ / "f", 1_MiB);
      ASSERT_TRUE(read.ok());
      ASSERT_TRUE(*read == a || *read == b);
    }
  });
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", i % 2 == 0 ? b : a).ok());
  stop = true;
  reader.join();
}

TEST_F(RealFileSystemTest, CreatesDirectoriesWithParentsAndAgain) {
  ASSERT_TRUE(files_.CreateDirectories(dir_ / "a//b/c/").ok());
  ASSERT_TRUE(files_.CreateDirectories(dir_ / "a/b/c").ok());
  EXPECT_EQ(files_.Stat(dir_ / "a/b/c")->kind, FileKind::kDirectory);
  dir_.Write("file", "");
  EXPECT_EQ(files_.CreateDirectories(dir_ / "file").error().code(), ErrorCode::kConflict);
  EXPECT_FALSE(files_.CreateDirectories(dir_ / "file/below").ok());
  EXPECT_TRUE(files_.CreateDirectories("/").ok());
}

TEST_F(RealFileSystemTest, RemovesFilesSymlinksAndEmptyDirectories) {
  dir_.Write("f", "x");
  std::filesystem::create_symlink("f", dir_ / "l");
  ASSERT_TRUE(files_.CreateDirectories(dir_ / "d/e").ok());
  EXPECT_TRUE(files_.Remove(dir_ / "l").ok());
  EXPECT_TRUE(files_.Stat(dir_ / "f").ok());
  EXPECT_TRUE(files_.Remove(dir_ / "f").ok());
  EXPECT_EQ(files_.Remove(dir_ / "f").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_.Remove(dir_ / "d").error().code(), ErrorCode::kConflict);
  EXPECT_TRUE(files_.Remove(dir_ / "d/e").ok());
}

TEST_F(RealFileSystemTest, ListsNamesAsTheyAreWithTheirKinds) {
  dir_.Write("new\nline", "");
  dir_.Write("\xff", "");
  std::filesystem::create_symlink("nowhere", dir_ / "link");
  ASSERT_EQ(::mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  ASSERT_TRUE(files_.CreateDirectories(dir_ / "sub").ok());
  auto entries = *files_.List(dir_.path());
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(entries[0].name, "link");
  EXPECT_EQ(entries[0].kind, FileKind::kSymlink);
  EXPECT_EQ(entries[1].name, "new\nline");
  EXPECT_EQ(entries[1].kind, FileKind::kRegular);
  EXPECT_EQ(entries[2].kind, FileKind::kOther);
  EXPECT_EQ(entries[3].kind, FileKind::kDirectory);
  EXPECT_EQ(entries[4].name, "\xff");
  EXPECT_EQ(files_.List(dir_ / "link").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_.List(dir_ / "new\nline").error().code(), ErrorCode::kNotFound);
}

TEST_F(RealFileSystemTest, StatTellsSizeTimeAndIdentity) {
  dir_.Write("f", "12345");
  const auto info = *files_.Stat(dir_ / "f");
  EXPECT_EQ(info.kind, FileKind::kRegular);
  EXPECT_EQ(info.size, 5U);
  EXPECT_GT(info.modified_ns, 1'600'000'000'000'000'000);
  EXPECT_NE(info.inode, 0U);
  EXPECT_EQ(info.links, 1U);
  std::filesystem::create_hard_link(dir_ / "f", dir_ / "g");
  EXPECT_EQ(files_.Stat(dir_ / "g")->inode, info.inode);
  EXPECT_EQ(files_.LinkStat(dir_ / "f")->links, 2U);
}

TEST_F(RealFileSystemTest, AnUnreadableFileIsDenied) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  dir_.Write("secret", "x");
  ASSERT_EQ(::chmod((dir_ / "secret").c_str(), 0), 0);
  EXPECT_EQ(files_.Read(dir_ / "secret", 1_KiB).error().code(), ErrorCode::kDenied);
}

TEST_F(RealFileSystemTest, MapsShowTheBytesAndGiveTheirPagesBack) {
  const std::string bytes(1'000'000, 'm');
  dir_.Write("f", bytes);
  const auto mapped = files_.Map(dir_ / "f");
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ((*mapped)->bytes(), bytes);  // touches every page
  EXPECT_GE((*mapped)->ResidentBytes(), Bytes(bytes.size()));
  (*mapped)->ReleasePages();
  EXPECT_EQ((*mapped)->ResidentBytes(), 0_B);
  EXPECT_EQ((*mapped)->bytes(), bytes);
}

TEST_F(RealFileSystemTest, AnEmptyFileMapsToNothing) {
  dir_.Write("f", "");
  const auto mapped = files_.Map(dir_ / "f");
  ASSERT_TRUE(mapped.ok());
  EXPECT_TRUE((*mapped)->bytes().empty());
  EXPECT_EQ((*mapped)->ResidentBytes(), 0_B);
  (*mapped)->ReleasePages();
}

TEST_F(RealFileSystemTest, AMappedFileKeepsItsBytesWhenItsNameIsReplaced) {
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "old").ok());
  const auto mapped = files_.Map(dir_ / "f");
  ASSERT_TRUE(files_.WriteAtomically(dir_ / "f", "new").ok());
  EXPECT_EQ((*mapped)->bytes(), "old");
}

}  // namespace
}  // namespace attune::sys
