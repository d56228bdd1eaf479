#include "attune/sys/errno.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace attune::sys {
namespace {

TEST(Errno, TheMessageNamesTheOperationThePathAndTheReason) {
  const Error error = FromErrno(ENOENT, "open", "/a/b");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(error.message(), "open '/a/b': No such file or directory");
}

TEST(Errno, WithoutAPathTheMessageHasNoQuotes) {
  EXPECT_EQ(FromErrno(EMFILE, "inotify_init1").message(), "inotify_init1: Too many open files");
}

TEST(Errno, AFileNameCannotForgeALogLine) {
  EXPECT_EQ(FromErrno(EIO, "read", "a\nERROR b\x7f").message(), "read 'a\\x0aERROR b\\x7f': Input/output error");
}

TEST(Errno, CodesSayWhatACallerCanDo) {
  EXPECT_EQ(CodeOfErrno(ENOSPC), ErrorCode::kExhausted);
  EXPECT_EQ(CodeOfErrno(EROFS), ErrorCode::kDenied);
  EXPECT_EQ(CodeOfErrno(ELOOP), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOfErrno(EIO), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfErrno(EEXIST), ErrorCode::kConflict);
  EXPECT_EQ(CodeOfErrno(123456), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace attune::sys
