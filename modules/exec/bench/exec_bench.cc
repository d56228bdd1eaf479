// The executor against oneTBB in the same binary, with the same number of workers.
//
// Submit: one outside thread hands over a million tasks that count; the time is until the last
// one has run. Fork and join: a tree of groups of two. Start: how long one task takes
// from its submission by an outside thread to its first instruction, workers asleep or searching.
#include <benchmark/benchmark.h>

#include <atomic>
#include <latch>
#include <thread>

#include "attune/exec/bounded_queue.h"
#include "attune/exec/executor.h"
#include "attune/exec/task_group.h"
#include "attune/exec/timers.h"

#ifdef ATTUNE_BENCH_TBB
#include <tbb/task_arena.h>
#include <tbb/task_group.h>
#endif

namespace {

using namespace attune;
using namespace attune::exec;

constexpr std::int64_t kTasks = 1 << 16;
constexpr std::size_t kWorkers = 2;

void SetTasks(benchmark::State& state, std::int64_t per_iteration) {
  state.SetItemsProcessed(state.iterations() * per_iteration);
}

void SubmitFromOutside(benchmark::State& state, Lane lane) {
  Executor executor(SystemClock(), {.workers = kWorkers + (lane == Lane::kBackground ? 1U : 0U),
                                    .interactive_queue_max = 4096,
                                    .background_queue_max = 4096});
  for (auto _ : state) {
    std::atomic<std::int64_t> left = kTasks;
    std::latch done(1);
    for (std::int64_t i = 0; i < kTasks; ++i) {
      (void)executor.Submit(lane, [&] {
        if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
          done.count_down();
        }
      });
    }
    done.wait();
  }
  SetTasks(state, kTasks);
}

void BM_SubmitBackground(benchmark::State& state) { SubmitFromOutside(state, Lane::kBackground); }
BENCHMARK(BM_SubmitBackground)->UseRealTime();

void BM_SubmitInteractive(benchmark::State& state) { SubmitFromOutside(state, Lane::kInteractive); }
BENCHMARK(BM_SubmitInteractive)->UseRealTime();

void Tree(Executor& executor, int depth, std::atomic<std::int64_t>& leaves) {
  if (depth == 0) {
    leaves.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  TaskGroup group(executor);
  group.Run([&, depth] { Tree(executor, depth - 1, leaves); });
  group.Run([&, depth] { Tree(executor, depth - 1, leaves); });
  (void)group.Wait();
}

constexpr int kDepth = 12;

void BM_ForkJoin(benchmark::State& state) {
  Executor executor(SystemClock(), {.workers = kWorkers});
  for (auto _ : state) {
    std::atomic<std::int64_t> leaves = 0;
    Tree(executor, kDepth, leaves);
    benchmark::DoNotOptimize(leaves.load());
  }
  SetTasks(state, (2 << kDepth) - 2);
}
BENCHMARK(BM_ForkJoin)->UseRealTime();

// One group, many pieces: how the pieces of an ingestion are handed out.
void BM_OneGroup(benchmark::State& state) {
  Executor executor(SystemClock(), {.workers = kWorkers});
  for (auto _ : state) {
    std::atomic<std::int64_t> count = 0;
    TaskGroup group(executor);
    for (std::int64_t i = 0; i < kTasks; ++i) {
      group.Run([&] { count.fetch_add(1, std::memory_order_relaxed); });
    }
    (void)group.Wait();
    benchmark::DoNotOptimize(count.load());
  }
  SetTasks(state, kTasks);
}
BENCHMARK(BM_OneGroup)->UseRealTime();

// A task goes in, its answer is waited for, and the next goes in.
void BM_RoundTrip(benchmark::State& state) {
  Executor executor(SystemClock(), {.workers = kWorkers});
  for (auto _ : state) {
    std::atomic<int> done = 0;
    (void)executor.TrySubmit(Lane::kInteractive, [&] {
      done.store(1, std::memory_order_release);
      done.notify_one();
    });
    done.wait(0, std::memory_order_acquire);
  }
  SetTasks(state, 1);
}
BENCHMARK(BM_RoundTrip)->UseRealTime();

#ifdef ATTUNE_BENCH_TBB

void BM_TbbEnqueue(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(kWorkers), 0);
  for (auto _ : state) {
    std::atomic<std::int64_t> left = kTasks;
    std::latch done(1);
    for (std::int64_t i = 0; i < kTasks; ++i) {
      arena.enqueue([&] {
        if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) {
          done.count_down();
        }
      });
    }
    done.wait();
  }
  SetTasks(state, kTasks);
}
BENCHMARK(BM_TbbEnqueue)->UseRealTime();

void TbbTree(int depth, std::atomic<std::int64_t>& leaves) {
  if (depth == 0) {
    leaves.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  tbb::task_group group;
  group.run([&, depth] { TbbTree(depth - 1, leaves); });
  group.run([&, depth] { TbbTree(depth - 1, leaves); });
  group.wait();
}

void BM_TbbForkJoin(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(kWorkers));
  for (auto _ : state) {
    std::atomic<std::int64_t> leaves = 0;
    arena.execute([&] { TbbTree(kDepth, leaves); });
    benchmark::DoNotOptimize(leaves.load());
  }
  SetTasks(state, (2 << kDepth) - 2);
}
BENCHMARK(BM_TbbForkJoin)->UseRealTime();

void BM_TbbOneGroup(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(kWorkers));
  for (auto _ : state) {
    std::atomic<std::int64_t> count = 0;
    arena.execute([&] {
      tbb::task_group group;
      for (std::int64_t i = 0; i < kTasks; ++i) {
        group.run([&] { count.fetch_add(1, std::memory_order_relaxed); });
      }
      group.wait();
    });
    benchmark::DoNotOptimize(count.load());
  }
  SetTasks(state, kTasks);
}
BENCHMARK(BM_TbbOneGroup)->UseRealTime();

void BM_TbbRoundTrip(benchmark::State& state) {
  tbb::task_arena arena(static_cast<int>(kWorkers), 0);
  for (auto _ : state) {
    std::atomic<int> done = 0;
    arena.enqueue([&] {
      done.store(1, std::memory_order_release);
      done.notify_one();
    });
    done.wait(0, std::memory_order_acquire);
  }
  SetTasks(state, 1);
}
BENCHMARK(BM_TbbRoundTrip)->UseRealTime();

#endif  // ATTUNE_BENCH_TBB

void BM_BoundedQueueBetweenTwoThreads(benchmark::State& state) {
  for (auto _ : state) {
    BoundedQueue<std::int64_t> queue({.items_max = 1024});
    std::jthread consumer([&] {
      while (queue.Pop()) {
      }
    });
    for (std::int64_t i = 0; i < kTasks; ++i) {
      (void)queue.Push(std::int64_t{i}, Bytes(8));
    }
    queue.Close();
  }
  SetTasks(state, kTasks);
}
BENCHMARK(BM_BoundedQueueBetweenTwoThreads)->UseRealTime();

void BM_ScheduleAndRunTimer(benchmark::State& state) {
  TimerQueue timers;
  for (int i = 0; i < 1000; ++i) {
    (void)timers.Schedule(TimePoint::max(), [] {});
  }
  std::int64_t now = 0;
  for (auto _ : state) {
    (void)timers.Schedule(TimePoint(Duration(++now)), [] {});
    timers.RunDue(TimePoint(Duration(now)));
  }
  SetTasks(state, 1);
}
BENCHMARK(BM_ScheduleAndRunTimer);

}  // namespace
