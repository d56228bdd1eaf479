// A pool against a model, from two threads in turn: handles of live leases find their object with what was written
// last, all others find nothing, what is handed out was reset, and the books are square after every input. A double
// return stops the program by promise, so here the pool is asked (Find) whether it would. The threads wander between
// two nodes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/hash.h"
#include "attune/memory/object_pool.h"

namespace {

using attune::Bytes;
using attune::TimePoint;
using attune::memory::ObjectPool;
using attune::memory::PoolHandle;

struct Object {
  std::uint64_t value = 0;
  std::byte payload[2000];
};

constexpr std::size_t kCapacity = 150;  // three slabs, the last one short

std::size_t node_now = 0;
attune::memory::NumaTopology TwoNodes() {
  return {.nodes = 2, .node_of_thread = +[]() noexcept { return node_now; }};
}

class Model {
 public:
  void Step(std::uint8_t operation, std::uint8_t argument) {
    switch (operation % 12) {
      case 0:
        Acquire(1);
        break;
      case 6:
        AcquireOne();
        break;
      case 7:
        Lease();
        break;
      case 8:
        node_now = argument % 2;
        break;
      case 9:
        SetLimits(argument);
        break;
      case 10:
        Elsewhere([&] { Acquire(argument % 4); });  // of another thread's home and stash
        break;
      case 11:
        Elsewhere([&] { ReleaseOne(argument); });
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
    ATTUNE_CHECK(got <= count, "never more than asked for");
    CheckGot(got, count);
    for (std::size_t i = 0; i < got; ++i) {
      Begin(handles[i]);
    }
  }
  void AcquireOne() {
    const PoolHandle handle = pool_.TryAcquire();
    CheckGot(handle ? 1 : 0, 1);
    if (handle) {
      Begin(handle);
    }
  }
  // One that returns itself, and one that is detached.
  void Lease() {
    {
      const auto lease = pool_.TryLease();
      CheckGot(lease ? 1 : 0, 1);
      if (lease) {
        ATTUNE_CHECK(lease->value == 0, "a returned object was reset");
        lease->value = 1;
        ++released_;
      }
    }
    if (auto lease = pool_.TryLease()) {
      Begin(lease.Detach());
    }
  }
  void Begin(const PoolHandle& handle) {
    ATTUNE_CHECK(pool_.Get(handle).value == 0, "a returned object was reset");
    pool_.Get(handle).value = ++value_;
    live_.emplace_back(handle, value_);
  }
  // Where more were leased when the capacity was set, how many of them their threads lease again is not promised.
  void CheckGot(std::size_t got, std::size_t wanted) const {
    const std::size_t room = kCapacity - live_.size();
    ATTUNE_CHECK(got <= std::min(wanted, room), "never more than there are");
    if (within_) {
      ATTUNE_CHECK(got == std::min(wanted, capacity_ - live_.size()), "exhausted exactly at the capacity");
    }
  }
  void SetLimits(std::size_t argument) {
    capacity_ = argument % 4 == 0 ? kCapacity : 1 + argument % kCapacity;
    within_ = live_.size() <= capacity_;
    pool_.SetLimits(argument % 2 == 0 ? 0 : capacity_ / 2, capacity_, std::chrono::seconds(1 + argument));
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

  ObjectPool<Object> pool_{{.capacity_max = kCapacity, .trim_interval = std::chrono::seconds(10)},
                           [](Object& object) { object.value = 0; },
                           TwoNodes()};
  std::size_t capacity_ = kCapacity;
  bool within_ = true;  // no more than capacity_ have been leased since it was set
  std::vector<std::pair<PoolHandle, std::uint64_t>> live_;
  std::vector<PoolHandle> ended_;
  std::uint64_t value_ = 0;
  std::uint64_t released_ = 0;
  TimePoint now_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // An input that ends early goes on with numbers drawn from it, so that short inputs fill and empty a pool as well.
  constexpr std::size_t kSteps = 100;
  std::mt19937_64 drawn(attune::Hash64({reinterpret_cast<const char*>(data), size}));
  const auto next = [&](std::size_t i) { return i < size ? data[i] : static_cast<std::uint8_t>(drawn()); };
  Model model;
  for (std::size_t step = 0; step < std::max(kSteps, size / 2); ++step) {
    const std::uint8_t operation = next(2 * step);
    model.Step(operation, next(2 * step + 1));
  }
  model.CheckEverything();
  model.ReleaseAll();
  model.CheckEverything();
  return 0;
}
