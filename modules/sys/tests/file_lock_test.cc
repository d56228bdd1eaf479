#include "attune/sys/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attune/sys/file_system.h"
#include "temporary_directory.h"

namespace attune::sys {
namespace {

using ::testing::HasSubstr;

class FileLockTest : public ::testing::Test {
 protected:
  TemporaryDirectory dir_;
  const std::string path_ = dir_ / "lock";
};

TEST_F(FileLockTest, OnlyOneHoldsItAndTheOtherIsToldWho) {
  const auto first = FileLock::Acquire(path_, "http://127.0.0.1:7007");
  ASSERT_TRUE(first.ok()) << first.error().message();
  const auto second = FileLock::Acquire(path_, "me too");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(second.error().message(), HasSubstr(path_));
  EXPECT_THAT(second.error().message(), HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message(), HasSubstr("http://127.0.0.1:7007"));
}

TEST_F(FileLockTest, ReleaseLetsTheNextOneIn) {
  {
    const auto first = FileLock::Acquire(path_, "one");
    ASSERT_TRUE(first.ok());
  }
  EXPECT_EQ(*RealFileSystem().Read(path_, 1_KiB), "") << "the note goes with the lock";
  EXPECT_TRUE(FileLock::Acquire(path_, "two").ok());
}

TEST_F(FileLockTest, TheHolderCanBeReadAndReadingTakesNothing) {
  EXPECT_EQ(*FileLock::ReadHolder(path_), std::nullopt) << "no file";
  auto lock = FileLock::Acquire(path_, "a note with spaces");
  ASSERT_TRUE(lock.ok());
  for (int i = 0; i < 3; ++i) {
    const auto holder = FileLock::ReadHolder(path_);
    ASSERT_TRUE(holder.ok() && holder->has_value());
    EXPECT_EQ((*holder)->pid, ::getpid());
    EXPECT_EQ((*holder)->note, "a note with spaces");
  }
  {
    const FileLock gone = *std::move(lock);
  }
  EXPECT_EQ(*FileLock::ReadHolder(path_), std::nullopt) << "nobody";
}

TEST_F(FileLockTest, TheNoteCanBeReplacedByALongerAndAShorterOne) {
  auto lock = FileLock::Acquire(path_, "starting");
  ASSERT_TRUE(lock.ok());
  for (const std::string& note : {std::string(FileLock::kNoteSizeMax, 'n'), std::string("x"), std::string()}) {
    ASSERT_TRUE(lock->Rewrite(note).ok());
    EXPECT_EQ((*FileLock::ReadHolder(path_))->note, note);
  }
}

TEST_F(FileLockTest, ANoteIsOneShortLine) {
  for (const std::string& note : {std::string("a\nb"), std::string("a\0b", 3), std::string(1025, 'n')}) {
    EXPECT_EQ(FileLock::Acquire(path_, note).error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST_F(FileLockTest, AFileWithOtherContentIsStillALock) {
  dir_.Write("lock", "something that another program left\n\n");
  const auto lock = FileLock::Acquire(path_, "mine");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(*RealFileSystem().Read(path_, 1_KiB), std::to_string(::getpid()) + " mine\n");
}

TEST_F(FileLockTest, TheDeathOfTheHolderReleasesIt) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::Acquire(path_, "child");
    const char answer = lock.ok() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  const auto refused = FileLock::Acquire(path_, "parent");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(*FileLock::ReadHolder(path_), std::nullopt) << "the stale note names nobody";
  EXPECT_TRUE(FileLock::Acquire(path_, "parent").ok());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(FileLockTest, AMissingFolderIsAnErrorThatNamesThePath) {
  const auto lock = FileLock::Acquire(dir_ / "no/lock", "x");
  EXPECT_EQ(lock.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(lock.error().message(), HasSubstr("no/lock"));
}

}  // namespace
}  // namespace attune::sys
