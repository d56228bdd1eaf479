#include "attune/sys/signal_wait.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace attune::sys {
namespace {

using std::chrono::seconds;

TEST(SignalWait, NothingArrivesUntilSomethingDoes) {
  const auto stop = SignalWait::Create();
  ASSERT_TRUE(stop.ok());
  EXPECT_EQ((*stop)->WaitFor(Duration(0)), std::nullopt);
  (*stop)->Trigger(SIGTERM);
  EXPECT_EQ((*stop)->WaitFor(seconds(10)), SIGTERM);
  EXPECT_EQ((*stop)->WaitFor(Duration(0)), std::nullopt);
}

TEST(SignalWait, ARealSignalIsWaitedForInsteadOfKilling) {
  const auto stop = SignalWait::Create();
  ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
  EXPECT_EQ((*stop)->Wait(), SIGINT);
}

TEST(SignalWait, AWaitingThreadIsWokenByAnother) {
  const auto stop = SignalWait::Create();
  std::atomic<int> received{0};
  std::thread waiter([&] { received = (*stop)->Wait(); });
  (*stop)->Trigger(SIGINT);
  waiter.join();
  EXPECT_EQ(received, SIGINT);
}

TEST(SignalWait, EachTriggerWakesOneWaiter) {
  const auto stop = SignalWait::Create();
  std::atomic<int> woken{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back([&] {
      (*stop)->Wait();
      ++woken;
    });
  }
  for (int i = 0; i < 4; ++i) (*stop)->Trigger(SIGTERM);
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(woken, 4);
  EXPECT_EQ((*stop)->WaitFor(Duration(0)), std::nullopt);
}

TEST(SignalWait, ASignalThatNobodyWaitedForDoesNotKillAtTheEnd) {
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  {
    const auto stop = SignalWait::Create();
    ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
    ASSERT_EQ(::kill(::getpid(), SIGINT), 0);
    (*stop)->Trigger(SIGTERM);
  }
  sigset_t after;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  EXPECT_EQ(::sigismember(&after, SIGTERM), ::sigismember(&before, SIGTERM));
}

TEST(SignalWait, MoreTriggersThanAnybodyWaitsForAreBounded) {
  const auto stop = SignalWait::Create();
  for (int i = 0; i < 1000; ++i) (*stop)->Trigger(SIGINT);
  int count = 0;
  while ((*stop)->WaitFor(Duration(0))) ++count;
  EXPECT_EQ(count, 16);
}

TEST(SignalWait, OtherSignalsAreABug) {
  const auto stop = SignalWait::Create();
  EXPECT_DEATH((*stop)->Trigger(SIGHUP), "SIGINT and SIGTERM");
}

}  // namespace
}  // namespace attune::sys
