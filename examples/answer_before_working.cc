// Lanes of the executor: background work never keeps a person waiting.
#include <atomic>
#include <cstdio>
#include <thread>

#include "attune/exec/executor.h"

int main() {
  using namespace attune;
  exec::Executor executor(SystemClock(), {.workers = 2, .interactive_reserved = 1});

  // More background work than one worker can do at once ...
  std::atomic<bool> answered{false};
  std::atomic<int> waited_for_the_answer{0};
  for (int i = 0; i < 100; ++i) {
    const Status accepted = executor.TrySubmit(exec::Lane::kBackground, [&] {
      if (!answered) waited_for_the_answer.fetch_add(1);
      while (!answered) std::this_thread::yield();
    });
    if (!accepted.ok()) return 1;
  }
  // ... and the answer still comes, because one worker takes nothing else.
  if (!executor.TrySubmit(exec::Lane::kInteractive, [&] { answered = true; }).ok()) return 1;
  executor.Shutdown(exec::Executor::Pending::kRun);
  std::printf("answered while at most %d of 100 tasks were running\n", waited_for_the_answer.load());
  return answered && waited_for_the_answer <= 1 ? 0 : 1;
}
