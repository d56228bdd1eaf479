#include "attune/sys/faulty_file_system.h"

#include <gtest/gtest.h>

#include "attune/sys/in_memory_file_system.h"

namespace attune::sys {
namespace {

class FaultyFileSystemTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  InMemoryFileSystem base_{clock_};
  FaultyFileSystem files_{base_};
};

TEST_F(FaultyFileSystemTest, WithoutFaultsItPassesEverythingThrough) {
  ASSERT_TRUE(files_.CreateDirectories("/d").ok());
  ASSERT_TRUE(files_.WriteAtomically("/d/f", "x").ok());
  EXPECT_EQ(*files_.Read("/d/f", 1_KiB), "x");
  EXPECT_EQ((*files_.Map("/d/f"))->bytes(), "x");
  EXPECT_EQ(files_.List("/d")->size(), 1U);
  EXPECT_TRUE(files_.Stat("/d/f").ok());
  EXPECT_TRUE(files_.LinkStat("/d/f").ok());
  EXPECT_TRUE(files_.Remove("/d/f").ok());
  EXPECT_EQ(files_.calls(FileOperation::kStat), 2U);
}

TEST_F(FaultyFileSystemTest, ExactlyTheCallThatWasNamedFails) {
  files_.FailNext(FileOperation::kWrite, DiskFullError("/f"), 2);
  EXPECT_TRUE(files_.WriteAtomically("/f", "1").ok());
  EXPECT_TRUE(files_.WriteAtomically("/f", "2").ok());
  const Status third = files_.WriteAtomically("/f", "3");
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "2") << "a failed write changes nothing";
  EXPECT_TRUE(files_.WriteAtomically("/f", "4").ok());
  EXPECT_EQ(files_.calls(FileOperation::kWrite), 4U);
}

TEST_F(FaultyFileSystemTest, SeveralFaultsAreMetInOrder) {
  files_.FailNext(FileOperation::kRead, IoError("/f"));
  files_.FailNext(FileOperation::kRead, {ErrorCode::kDenied, "no"}, 1);
  ASSERT_TRUE(files_.WriteAtomically("/f", "x").ok());
  EXPECT_EQ(files_.Read("/f", 1_KiB).error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(files_.Read("/f", 1_KiB).ok());
  EXPECT_EQ(files_.Read("/f", 1_KiB).error().code(), ErrorCode::kDenied);
  EXPECT_TRUE(files_.Read("/f", 1_KiB).ok());
}

TEST_F(FaultyFileSystemTest, APermanentFaultLastsUntilItIsHealed) {
  files_.FailAlways(FileOperation::kList, IoError("/"));
  EXPECT_FALSE(files_.List("/").ok());
  EXPECT_FALSE(files_.List("/").ok());
  files_.Heal();
  EXPECT_TRUE(files_.List("/").ok());
}

TEST_F(FaultyFileSystemTest, ADiskThatLiesKeepsLessThanItSays) {
  files_.ShortenNextWrite(3);
  ASSERT_TRUE(files_.WriteAtomically("/f", "123456").ok());
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "123");
  ASSERT_TRUE(files_.WriteAtomically("/f", "123456").ok());
  files_.ShortenNextRead(0);
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "");
  files_.FlipBitInNextRead(5);
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "123457");
  files_.FlipBitInNextRead(6);
  EXPECT_EQ(*files_.Read("/f", 1_KiB), "123456") << "no such byte";
}

TEST_F(FaultyFileSystemTest, SpaceRunsOutExactlyAtItsLimit) {
  files_.LimitSpace(10_B);
  EXPECT_TRUE(files_.WriteAtomically("/a", "123456").ok());
  EXPECT_EQ(files_.WriteAtomically("/b", "12345").error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE(files_.WriteAtomically("/b", "1234").ok());
  EXPECT_FALSE(files_.WriteAtomically("/c", "1").ok());
  EXPECT_TRUE(files_.WriteAtomically("/c", "").ok());
}

}  // namespace
}  // namespace attune::sys
