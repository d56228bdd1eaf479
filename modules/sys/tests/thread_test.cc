#include "attune/sys/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace attune::sys {
namespace {

std::string ThisThreadsName() {
  std::array<char, 32> name{};
  EXPECT_EQ(::pthread_getname_np(::pthread_self(), name.data(), name.size()), 0);
  return name.data();
}

int ThisThreadsNice() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }

TEST(Thread, ANameIsCutAtWhatTheKernelKeeps) {
  std::thread([] {
    SetThreadName("ingest-2");
    EXPECT_EQ(ThisThreadsName(), "ingest-2");
    SetThreadName("a-very-long-thread-name");
    EXPECT_EQ(ThisThreadsName(), "a-very-long-thr");
    SetThreadName("");
    EXPECT_EQ(ThisThreadsName(), "");
  }).join();
}

TEST(Thread, LoweringPriorityConcernsTheCallingThreadOnly) {
  const int nice_before = ThisThreadsNice();
  std::thread([] {
    const Status status = LowerThisThreadPriority();
    if (!status.ok()) GTEST_SKIP() << status.error().message();
    EXPECT_GE(ThisThreadsNice(), 10);
    EXPECT_EQ(::sched_getscheduler(0), SCHED_BATCH);
  }).join();
  EXPECT_EQ(ThisThreadsNice(), nice_before);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace attune::sys
