#include "attune/memory/broker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "fake_consumers.h"

namespace attune::memory {
namespace {

TEST(BrokerTest, ReservationsFitExactlyUpToTheLimit) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 400_B);
  const Registration registration = *broker.Register(cache);
  auto whole = broker.TryReserve("batch", 500_B);
  ASSERT_TRUE(whole.ok());
  EXPECT_FALSE(broker.TryReserve("one more", 1_B).ok());
  EXPECT_TRUE(broker.TryReserve("nothing", 0_B).ok());
  whole->ReduceTo(499_B);
  EXPECT_TRUE(broker.TryReserve("one more", 1_B).ok());
}

TEST(BrokerTest, ARefusalNamesWhoHoldsWhat) {
  Broker broker(kConfig, {}, {});
  FakeConsumer cache("cache", 400_B);
  const Registration registration = *broker.Register(cache);
  const Reservation page = *broker.TryReserve("ocr page", 300_B);
  const auto refused = broker.TryReserve("batch", 201_B);
  EXPECT_EQ(refused.error().ToString(),
            "EXHAUSTED: no 201 of memory for 'batch': 800 of 1000 are in use: cache 400, ocr page (reserved) 300, "
            "process 100");
}

TEST(BrokerTest, AReservationEndsWithItsHolder) {
  Broker broker(kConfig, {}, {});
  {
    Reservation first = *broker.TryReserve("a", 500_B);
    Reservation second = std::move(first);
    EXPECT_EQ(first.bytes(), 0_B);  // NOLINT(bugprone-use-after-move): the promise under test
    EXPECT_EQ(broker.Snapshot().reserved, 500_B);
    second = *broker.TryReserve("b", 100_B);
    EXPECT_EQ(broker.Snapshot().reserved, 100_B);
  }
  EXPECT_EQ(broker.Snapshot().reserved, 0_B);
  EXPECT_TRUE(broker.Snapshot().reservations.empty());
}

TEST(BrokerTest, MinimaThatDoNotFitAreRefusedWithTheLimitThatWouldDo) {
  Broker broker(kConfig, {}, {});
  FakeConsumer index("index", 0_B, 600_B);
  FakeConsumer cache("cache", 0_B, 301_B);
  const Registration registration = *broker.Register(index);
  EXPECT_EQ(broker.Register(cache).error().message(),
            "memory limit 1000 is too small: with 'cache' at least 1001 are needed");
}

TEST(BrokerTest, TheNumberOfConsumersIsBounded) {
  Broker broker({.limit = 1000_B, .overhead = 0_B, .consumers_max = 1}, {}, {});
  FakeConsumer a("a");
  FakeConsumer b("b");
  Registration first = *broker.Register(a);
  EXPECT_EQ(broker.Register(b).error().code(), ErrorCode::kExhausted);
  first.Release();
  EXPECT_TRUE(broker.Register(b).ok());
}

TEST(BrokerTest, ReservationsSinceTheLastMeasurementCountOnTopOfIt) {
  Broker broker(kConfig, [] { return 600_B; }, {});
  broker.Maintain(At(0));
  const Reservation first = *broker.TryReserve("a", 300_B);
  EXPECT_FALSE(broker.TryReserve("b", 101_B).ok());
  broker.Maintain(At(100));  // 600 B are measured with the first reservation in them
  EXPECT_TRUE(broker.TryReserve("b", 101_B).ok());
}

TEST(BrokerTest, HeadroomIsWhatIsLeftBelowTheHighLine) {
  Broker broker(kConfig, {}, {});
  EXPECT_EQ(broker.headroom(), 750_B);
  FakeConsumer cache("cache", 200_B);
  const Registration registration = *broker.Register(cache);
  EXPECT_EQ(broker.headroom(), 550_B);
  Reservation batch = *broker.TryReserve("batch", 600_B);
  EXPECT_EQ(broker.headroom(), 0_B);
  batch.Release();
  EXPECT_EQ(broker.headroom(), 550_B);
}

TEST(BrokerRegistrationTest, UnregisteringWaitsForARunningShrink) {
  Broker broker(kConfig, {}, {});
  auto cache = std::make_unique<FakeConsumer>("cache", 800_B);
  std::binary_semaphore inside{0};
  std::binary_semaphore go_on{0};
  std::atomic<bool> shrunk = false;
  cache->on_shrink = [&] {
    inside.release();
    go_on.acquire();
    shrunk = true;
  };
  Registration registration = *broker.Register(*cache);
  std::jthread maintainer([&] { broker.Maintain(At(0)); });
  inside.acquire();
  std::jthread owner([&] {
    registration.Release();
    EXPECT_TRUE(shrunk);
    cache.reset();
  });
  while (!broker.Snapshot().consumers.empty()) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(shrunk);
  go_on.release();
}

TEST(BrokerDeathTest, MisuseIsABugAndStops) {
  EXPECT_DEATH(Broker({.limit = 10_B, .overhead = 10_B}, {}, {}), "makes no sense");
  EXPECT_DEATH(
      {
        Broker broker(kConfig, {}, {});
        FakeConsumer cache("cache", 860_B);
        Registration registration = *broker.Register(cache);
        cache.on_shrink = [&] { registration.Release(); };
        broker.Maintain(At(0));
      },
      "inside its own Shrink");
  EXPECT_DEATH(
      {
        Broker broker(kConfig, {}, {});
        FakeConsumer cache("cache");
        const Registration registration = *broker.Register(cache);
        (void)broker.Register(cache);
      },
      "registers twice");
  EXPECT_DEATH(
      {
        Registration registration;
        FakeConsumer cache("cache");
        Broker broker(kConfig, {}, {});
        registration = *broker.Register(cache);
      },
      "outlives its broker");
}

// Everything at once, for ThreadSanitizer, with the accounting checked at the end.

TEST(BrokerHammerTest, ManyThreadsKeepTheBooksStraight) {
  Broker broker({.limit = 1_MiB, .overhead = 64_KiB}, {}, [] {});
  constexpr int kRounds = 300;
  std::vector<std::jthread> threads;
  std::atomic<int> running = 4;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(static_cast<std::uint64_t>(t));
      for (int i = 0; i < kRounds; ++i) {
        FakeConsumer cache("cache" + std::to_string(t), Bytes(random() % 300'000));
        const auto registration = broker.Register(cache);
        ASSERT_TRUE(registration.ok());
        auto quick = broker.TryReserve("quick", Bytes(random() % 200'000));
        auto patient = broker.Reserve("patient", Bytes(random() % 200'000), TimePoint::max());
        ASSERT_TRUE(patient.ok());
        cache.Hold(Bytes(random() % 300'000));
      }
      --running;
    });
  }
  for (int now = 0; running > 0; ++now) {
    broker.Maintain(At(now));
    (void)broker.Snapshot();
    std::this_thread::yield();
  }
  threads.clear();
  const BrokerSnapshot snapshot = broker.Snapshot();
  EXPECT_EQ(snapshot.reserved, 0_B);
  EXPECT_EQ(snapshot.consumed, 0_B);
  EXPECT_TRUE(snapshot.reservations.empty());
}

}  // namespace
}  // namespace attune::memory
