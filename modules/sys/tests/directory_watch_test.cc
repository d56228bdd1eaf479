#include "attune/sys/directory_watch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "temporary_directory.h"
#include "watch_failed.h"

namespace attune::sys {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DirectoryWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto watch = DirectoryWatch::Create();
    ASSERT_TRUE(watch.ok()) << watch.error().message();
    watch_ = *std::move(watch);
    ASSERT_TRUE(watch_->AddDirectory(dir_.path()).ok());
  }

  // inotify queues an event before the system call that caused it returns, so what happened is there at once.
  std::vector<WatchEvent> Drain() {
    std::vector<WatchEvent> all;
    while (true) {
      auto events = watch_->Poll(Duration(0));
      EXPECT_TRUE(events.ok());
      if (!events.ok() || events->empty()) return all;
      all.insert(all.end(), events->begin(), events->end());
    }
  }
  WatchEvent Changed(const std::string& name) {
    return {.kind = WatchEventKind::kChanged, .directory = dir_.path(), .name = name};
  }
  WatchEvent Removed(const std::string& name, bool is_directory = false) {
    return {.kind = WatchEventKind::kRemoved, .directory = dir_.path(), .name = name, .is_directory = is_directory};
  }
  WatchEvent Created(const std::string& name) {
    return {.kind = WatchEventKind::kCreatedDirectory, .directory = dir_.path(), .name = name, .is_directory = true};
  }
  static WatchEvent Gone(const std::string& directory) {
    return {.kind = WatchEventKind::kDirectoryGone, .directory = directory, .name = {}, .is_directory = true};
  }

  TemporaryDirectory dir_;
  std::unique_ptr<DirectoryWatch> watch_;
};

TEST_F(DirectoryWatchTest, AWrittenFileIsReportedOnceWhenItIsClosed) {
  {
    std::ofstream file(dir_ / "f");
    file << "one" << std::flush << "two" << std::flush;
    EXPECT_THAT(Drain(), IsEmpty()) << "still open";
  }
  EXPECT_THAT(Drain(), ElementsAre(Changed("f")));
}

TEST_F(DirectoryWatchTest, ReadingAndListingProduceNothing) {
  dir_.Write("f", "x");
  Drain();
  std::ifstream(dir_ / "f").get();
  for (const auto& entry : fs::directory_iterator(dir_.path())) static_cast<void>(entry.file_size());
  ASSERT_EQ(::chmod((dir_ / "f").c_str(), 0600), 0);
  EXPECT_THAT(Drain(), IsEmpty());
}

TEST_F(DirectoryWatchTest, EveryChangeIsReportedWhereItIsAskedFor) {
  ASSERT_TRUE(watch_->AddDirectory(dir_.path(), WatchDetail::kEveryChange).ok());
  dir_.Write("f", "one");
  fs::create_directory(dir_ / "sub");
  Drain();
  std::ofstream file(dir_ / "f", std::ios::app);
  EXPECT_THAT(Drain(), IsEmpty());
  file << "two" << std::flush;
  EXPECT_THAT(Drain(), ElementsAre(Changed("f"))) << "still open";
  file.close();
  Drain();
  ASSERT_EQ(::truncate((dir_ / "f").c_str(), 1), 0);
  EXPECT_THAT(Drain(), ElementsAre(Changed("f")));
  ASSERT_EQ(::chmod((dir_ / "f").c_str(), 0600), 0);
  EXPECT_THAT(Drain(), ElementsAre(Changed("f")));
  ASSERT_EQ(::chmod((dir_ / "sub").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0700), 0);
  std::ifstream(dir_ / "f").get();
  EXPECT_THAT(Drain(), IsEmpty()) << "directories have no contents to go stale";
  ASSERT_TRUE(watch_->AddDirectory(dir_.path()).ok());
  ASSERT_EQ(::truncate((dir_ / "f").c_str(), 0), 0);
  EXPECT_THAT(Drain(), IsEmpty()) << "the detail that was asked for last counts";
}

TEST_F(DirectoryWatchTest, AnEditorsRenameIsAChange) {
  dir_.Write(".f.swp", "x");
  Drain();
  fs::rename(dir_ / ".f.swp", dir_ / "f");
  EXPECT_THAT(Drain(), ElementsAre(Removed(".f.swp"), Changed("f")));
}

TEST_F(DirectoryWatchTest, LinksAreChangesAlthoughNobodyClosesThem) {
  dir_.Write("f", "x");
  Drain();
  fs::create_hard_link(dir_ / "f", dir_ / "hard");
  fs::create_symlink("f", dir_ / "soft");
  EXPECT_THAT(Drain(), ElementsAre(Changed("hard"), Changed("soft")));
}

TEST_F(DirectoryWatchTest, DeletedFilesAreReportedByTheirNames) {
  const std::string odd = "new\nline \xff";
  dir_.Write(odd, "x");
  Drain();
  fs::remove(dir_ / odd);
  EXPECT_THAT(Drain(), ElementsAre(Removed(odd)));
}

TEST_F(DirectoryWatchTest, ANewDirectoryIsReportedAndCanBeAdded) {
  fs::create_directory(dir_ / "sub");
  EXPECT_THAT(Drain(), ElementsAre(Created("sub")));
  ASSERT_TRUE(watch_->AddDirectory(dir_ / "sub").ok());
  dir_.Write("sub/f", "x");
  const auto events = Drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].directory, dir_ / "sub");
  EXPECT_EQ(events[0].name, "f");
}

TEST_F(DirectoryWatchTest, ADeletedDirectoryEndsItsWatch) {
  fs::create_directory(dir_ / "sub");
  ASSERT_TRUE(watch_->AddDirectory(dir_ / "sub").ok());
  Drain();
  fs::remove(dir_ / "sub");
  EXPECT_THAT(Drain(), ElementsAre(Gone(dir_ / "sub"), Removed("sub", true)));
  EXPECT_EQ(watch_->directories_watched(), 1U);
}

TEST_F(DirectoryWatchTest, AMovedDirectoryEndsTheWatchesOfItsWholeTree) {
  fs::create_directories(dir_ / "sub/deep/er");
  fs::create_directories(dir_ / "sub2");
  for (const char* name : {"sub", "sub/deep", "sub/deep/er", "sub2"}) {
    ASSERT_TRUE(watch_->AddDirectory(dir_ / name).ok());
  }
  Drain();
  fs::rename(dir_ / "sub", dir_ / "moved");
  EXPECT_THAT(Drain(), ElementsAre(Gone(dir_ / "sub"), Gone(dir_ / "sub/deep"), Gone(dir_ / "sub/deep/er"),
                                   Removed("sub", true), Created("moved")));
  EXPECT_EQ(watch_->directories_watched(), 2U) << "sub2 only looks alike";
  dir_.Write("moved/deep/f", "x");
  EXPECT_THAT(Drain(), IsEmpty()) << "no event under a path that is no more";
}

TEST_F(DirectoryWatchTest, ADirectoryThatIsReplacedBehindAPathIsWatchedAnew) {
  fs::create_directory(dir_ / "sub");
  ASSERT_TRUE(watch_->AddDirectory(dir_ / "sub").ok());
  fs::remove(dir_ / "sub");
  fs::create_directory(dir_ / "sub");
  ASSERT_TRUE(watch_->AddDirectory(dir_ / "sub").ok());
  const auto events = Drain();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back(), Created("sub")) << "so that the caller adds it once more";
  ASSERT_TRUE(watch_->AddDirectory(dir_ / "sub").ok());
  dir_.Write("sub/f", "x");
  EXPECT_EQ(Drain().size(), 1U);
}

TEST_F(DirectoryWatchTest, AddingTwiceKeepsTheNumberAndRemovingTwiceIsNotFound) {
  fs::create_directory(dir_ / "sub");
  const int first = *watch_->AddDirectory(dir_ / "sub");
  EXPECT_EQ(*watch_->AddDirectory(dir_ / "sub"), first);
  EXPECT_EQ(watch_->directories_watched(), 2U);
  EXPECT_TRUE(watch_->RemoveDirectory(dir_ / "sub").ok());
  EXPECT_EQ(watch_->RemoveDirectory(dir_ / "sub").error().code(), ErrorCode::kNotFound);
  dir_.Write("sub/f", "x");
  EXPECT_THAT(Drain(), ElementsAre(Created("sub")));
}

TEST_F(DirectoryWatchTest, OnlyDirectoriesThemselvesCanBeAdded) {
  dir_.Write("f", "x");
  fs::create_directory(dir_ / "sub");
  fs::create_symlink("sub", dir_ / "link");
  EXPECT_EQ(watch_->AddDirectory(dir_ / "absent").error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(watch_->AddDirectory(dir_ / "f").ok());
  EXPECT_FALSE(watch_->AddDirectory(dir_ / "link").ok());
}

TEST_F(DirectoryWatchTest, WakeEndsThePollThatRunsOrTheNext) {
  watch_->Wake();
  EXPECT_THAT(*watch_->Poll(seconds(60)), IsEmpty());
  std::thread other([&] { watch_->Wake(); });
  EXPECT_THAT(*watch_->Poll(seconds(60)), IsEmpty());
  other.join();
}

TEST_F(DirectoryWatchTest, PollWaitsForAnEvent) {
  std::thread writer([&] { dir_.Write("f", "x"); });
  std::vector<WatchEvent> events;
  while (events.empty()) events = *watch_->Poll(seconds(60));
  writer.join();
  EXPECT_EQ(events[0], Changed("f"));
}

TEST_F(DirectoryWatchTest, LostEventsAreAnnounced) {
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  long events_max = 0;
  if (!(limit >> events_max) || events_max > 100'000) GTEST_SKIP() << "the queue is too long to fill in a test";
  // Equal events in a row are merged by the kernel; two names in turn are not.
  for (long i = 0; i < events_max + 10; ++i) {
    const std::string name = dir_ / (i % 2 == 0 ? "a" : "b");
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    ::close(fd);
  }
  bool overflow = false;
  for (const WatchEvent& event : Drain()) {
    if (event.kind != WatchEventKind::kOverflow) continue;
    overflow = true;
    EXPECT_EQ(event.directory, "");
    EXPECT_EQ(event.name, "");
  }
  EXPECT_TRUE(overflow);
}

TEST_F(DirectoryWatchTest, APollIsBounded) {
  for (int i = 0; i < 5000; ++i) dir_.Write("f" + std::to_string(i), "x");
  std::size_t total = 0;
  while (true) {
    const auto events = *watch_->Poll(Duration(0));
    if (events.empty()) break;
    EXPECT_LE(events.size(), 4096U);
    total += events.size();
  }
  EXPECT_EQ(total, 5000U);
}

TEST_F(DirectoryWatchTest, OthersMayAddRemoveAndWakeWhileOnePolls) {
  for (int i = 0; i < 20; ++i) fs::create_directory(dir_ / std::to_string(i));
  std::atomic<bool> stop{false};
  std::thread poller([&] {
    while (!stop) ASSERT_TRUE(watch_->Poll(seconds(60)).ok());
  });
  std::vector<std::thread> others;
  for (int t = 0; t < 3; ++t) {
    others.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string name = std::to_string((i + t) % 20);
        static_cast<void>(watch_->AddDirectory(dir_ / name));
        dir_.Write(name + "/f", "x");
        static_cast<void>(watch_->RemoveDirectory(dir_ / name));
        watch_->Wake();
      }
    });
  }
  for (std::thread& other : others) other.join();
  stop = true;
  watch_->Wake();
  poller.join();
  EXPECT_GE(watch_->directories_watched(), 1U);
}

TEST_F(DirectoryWatchTest, TheWatchLimitIsAnErrorThatSaysWhatToRaise) {
  // The limit belongs to the machine and may be a million, so its message is tested where it is made.
  const Error error = WatchFailed(ENOSPC, "/src");
  EXPECT_EQ(error.code(), ErrorCode::kExhausted);
  EXPECT_THAT(error.message(), HasSubstr("/proc/sys/fs/inotify/max_user_watches"));
  EXPECT_THAT(error.message(), HasSubstr("/src"));
}

}  // namespace
}  // namespace attune::sys
