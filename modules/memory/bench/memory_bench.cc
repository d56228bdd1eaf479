#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "attune/memory/arena.h"
#include "attune/memory/broker.h"

namespace {

using namespace attune;
using namespace attune::memory;

class IdleConsumer final : public Consumer {
 public:
  std::string_view name() const noexcept override { return "idle"; }
  Bytes bytes() const noexcept override { return 1_MiB; }
  double marginal_benefit() const noexcept override { return 0; }
  Bytes Shrink(Bytes) override { return {}; }
};

// With as many consumers as the product has.
class Registered {
 public:
  Registered() {
    for (IdleConsumer& consumer : consumers_) {
      registrations_.push_back(*broker.Register(consumer));
    }
  }
  Broker broker{{.limit = 512_MiB}, {}, {}};

 private:
  std::array<IdleConsumer, 20> consumers_;
  std::vector<Registration> registrations_;
};

void BM_TryReserveAndRelease(benchmark::State& state) {
  Registered registered;
  for (auto _ : state) {
    benchmark::DoNotOptimize(registered.broker.TryReserve("request", 1_MiB));
  }
}
BENCHMARK(BM_TryReserveAndRelease);

void BM_Maintain(benchmark::State& state) {
  Registered registered;
  for (auto _ : state) {
    benchmark::DoNotOptimize(registered.broker.Maintain(TimePoint()));
  }
}
BENCHMARK(BM_Maintain);

// A request of 100 small pieces.
void BM_ArenaRequest(benchmark::State& state) {
  Arena arena;
  for (auto _ : state) {
    for (std::size_t i = 0; i < 100; ++i) {
      benchmark::DoNotOptimize(arena.Allocate(16 + i % 64));
    }
    arena.Reset();
  }
}
BENCHMARK(BM_ArenaRequest);

void BM_MallocRequest(benchmark::State& state) {
  std::vector<std::unique_ptr<std::byte[]>> pieces;
  for (auto _ : state) {
    for (std::size_t i = 0; i < 100; ++i) {
      pieces.push_back(std::make_unique_for_overwrite<std::byte[]>(16 + i % 64));
    }
    benchmark::DoNotOptimize(pieces.data());
    pieces.clear();
  }
}
BENCHMARK(BM_MallocRequest);

}  // namespace
