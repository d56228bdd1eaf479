// A pool against a model, from two threads in turn: handles of live leases find their object with what was written
// last, all others find nothing, and the books are square after every input. A double return stops the program by
// promise, so here the pool is asked (Find) whether it would.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/memory/object_pool.h"

namespace {

using attune::Bytes;
using attune::TimePoint;
using attune::memory::ObjectPool;
using attune::memory::PoolHandle;

struct Object {
  std::uint64_t value;
  std::byte payload[2000];
};

constexpr std::size_t kCapacity = 150;  // three slabs, the last one short

class Model {
 public:
  void Step(std::uint8_t operation, std::uint8_t argument) {
    switch (operation % 8) {
      case 0:
        Acquire(1);
        break;
      case 1:
        Acquire(argument);
        break;
      case 2:
        ReleaseOne(argument);
        break;
      case 3:
        ReleaseMany(argument);
        break;
      case 4:
        pool_.Shrink(Bytes(argument) * 2048);
        break;
      case 5:
        Elsewhere([&] { Acquire(argument % 4); });  // of another thread's home and stash
        break;
      case 6:
        Elsewhere([&] { ReleaseOne(argument); });
        break;
      default:
        now_ += std::chrono::seconds(argument);
        pool_.Trim(now_);
    }
  }

  void CheckEverything() const {
    for (const auto& [handle, value] : live_) {
      ATTUNE_CHECK(pool_.Find(handle) != nullptr && pool_.Find(handle)->value == value,
                   "a live lease keeps its object");
    }
    for (const PoolHandle& handle : ended_) {
      ATTUNE_CHECK(pool_.Find(handle) == nullptr, "an ended lease finds nothing");
    }
    ATTUNE_CHECK(pool_.stats().leased == live_.size(), "what is leased is known");
    ATTUNE_CHECK(pool_.stats().acquired == live_.size() + released_, "every lease is counted");
    pool_.CheckInvariants();
  }

  void ReleaseAll() { ReleaseMany(kCapacity); }

 private:
  // On a thread with a stash of its own, which the next one inherits.
  template <typename Work>
  static void Elsewhere(Work work) {
    std::thread(work).join();
  }
  void Acquire(std::size_t count) {
    std::vector<PoolHandle> handles(count);
    const std::size_t got = pool_.TryAcquire(handles);
    ATTUNE_CHECK(got == std::min(count, kCapacity - live_.size()), "exhausted exactly at the capacity");
    for (std::size_t i = 0; i < got; ++i) {
      pool_.Get(handles[i]).value = ++value_;
      live_.emplace_back(handles[i], value_);
    }
  }
  void ReleaseOne(std::size_t which) {
    if (!live_.empty()) {
      const auto chosen = live_.begin() + static_cast<std::ptrdiff_t>(which % live_.size());
      pool_.Release(chosen->first);
      End(chosen->first);
      live_.erase(chosen);
    }
  }
  void ReleaseMany(std::size_t count) {
    std::vector<PoolHandle> handles;
    while (!live_.empty() && handles.size() < count) {
      handles.push_back(live_.back().first);
      live_.pop_back();
    }
    pool_.Release(handles);
    for (const PoolHandle& handle : handles) {
      End(handle);
    }
  }
  void End(const PoolHandle& handle) {
    ++released_;
    if (ended_.size() < 1000) {
      ended_.push_back(handle);
    }
  }

  ObjectPool<Object> pool_{{.capacity_max = kCapacity, .trim_interval = std::chrono::seconds(10)}};
  std::vector<std::pair<PoolHandle, std::uint64_t>> live_;
  std::vector<PoolHandle> ended_;
  std::uint64_t value_ = 0;
  std::uint64_t released_ = 0;
  TimePoint now_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Model model;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    model.Step(data[i], data[i + 1]);
  }
  model.CheckEverything();
  model.ReleaseAll();
  model.CheckEverything();
  return 0;
}
