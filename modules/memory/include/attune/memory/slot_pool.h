#pragma once
// SlotPool: slots of one size with checked handles; what ObjectPool<T> (object_pool.h) is made of.
// Use that one; this half knows bytes and not types.
//
// Layout     One reservation of address space for all slots that may ever be, so that a slot is a multiplication
//            away from its number; pages come when touched and go back slab by slab. One word per slot, in
//            an array apart from the slots, holds its generation and state: neither handing out nor taking back touches
//            a slot's memory. Both take the hottest slot first.
// Magazines  Each thread keeps a stash of free slots and exchanges half of it with the depot under
//            one lock (J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001). Where we differ: a
//            stash is one array instead of two magazines, and the depot may take back the stash of another thread,
//            so that the pool is exhausted only when every slot is leased, and a thread that ended or
//            idles keeps nothing from anybody. Taking back works like a biased lock: the owner announces itself with a
//            plain store, the taker pays for both with membarrier(2).
// Trimming   What the depot never needed since the last trim is given back (the working set rule of the paper).
// Threads    every member is thread-safe. Lock: mutex_, taken by one in `magazine` calls.
// Cost       object_pool.h and README.md.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/memory/numa.h"
#include "attune/metrics/thread_slot.h"

namespace attune::memory {

struct PoolConfig {
  std::string name = "pool";                          // for messages and as a memory consumer
  std::size_t capacity_initial = 0;                   // objects that trimming leaves; more means fewer first uses
  std::size_t capacity_max = 4096;                    // objects at a time; more reserves addresses, not memory
  Duration trim_interval = std::chrono::seconds(30);  // between two trims; shorter gives back sooner and rebuilds more
  bool huge_pages = false;                            // 2 MiB pages: fewer TLB misses in bursts, coarser memory
};
// Names the field that makes no sense.
Status Validate(const PoolConfig& config);

inline constexpr std::size_t kPoolCapacityMax = std::size_t{1} << 26U;  // two slots to a cache line are 2 GiB by then

// The right to use one slot, once: returning it ends every copy of it. A value; null by default.
struct PoolHandle {
  std::uint64_t word = 0;   // generation and state of the slot while it is leased; never again within a pool
  std::uint64_t place = 0;  // the pool's number in this process (from 1) above 32 bits of slot

  explicit operator bool() const noexcept { return place != 0; }
  friend bool operator==(const PoolHandle&, const PoolHandle&) = default;
};

struct PoolStats {
  std::uint64_t acquired = 0;  // since the start
  std::uint64_t released = 0;
  std::uint64_t built = 0;      // objects constructed; the other acquisitions were reuse
  std::uint64_t destroyed = 0;  // given back to the system
  std::uint64_t exhausted = 0;  // refusals
  std::uint64_t exchanges = 0;  // between a stash and the depot
  std::size_t open = 0;         // objects that exist or may be built without asking for more
  std::size_t leased = 0;
  Bytes bytes;  // of built objects and of the bookkeeping

  // Share of acquisitions that built nothing; 0 before the first.
  double reuse_ratio() const noexcept {
    return acquired == 0 ? 0.0 : static_cast<double>(acquired - built) / static_cast<double>(acquired);
  }
};

// How to make and end what lives in a slot. Null: there is nothing to do.
struct SlotType {
  std::size_t size = 0;
  std::size_t align = 1;
  void (*build)(void* place) = nullptr;
  void (*destroy)(void* place) noexcept = nullptr;
};

class SlotPool {
 public:
  // REQUIRES: Validate(config).ok(). Where the system has no address space left, every Acquire answers null.
  SlotPool(const SlotType& type, const PoolConfig& config, const NumaTopology& topology);
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;
  ~SlotPool();  // REQUIRES: nothing is leased

  // Null when capacity_max are leased.
  [[gnu::always_inline]] PoolHandle Acquire() {
    const std::size_t thread = metrics::ThreadSlot();
    Stash& stash = stashes_[thread];
    if (Enter(stash)) [[likely]] {
      const std::uint64_t place = Pop(stash);
      Leave(stash);
      if (place != kNone) [[likely]] {
        return Lease(place);
      }
    }
    return AcquireFromDepot(thread);
  }

  // As many as there are, in order; answers how many. The rest of `handles` is left alone.
  std::size_t Acquire(std::span<PoolHandle> handles);

  // REQUIRES: IsLeased(handle). A second return of the same handle stops the program.
  [[gnu::always_inline]] void Release(PoolHandle handle) noexcept {
    EndLease(handle);
    const std::size_t thread = metrics::ThreadSlot();
    if (!Push(stashes_[thread], handle.place)) [[unlikely]] {
      ReleaseToDepot(thread, handle.place);
    }
  }
  void Release(std::span<const PoolHandle> handles) noexcept;

  bool IsLeased(PoolHandle handle) const noexcept {
    return handle.place - place_of_first_ < slots_total_ &&  // large for another pool
           WordAt(handle.place).load(std::memory_order_relaxed) == handle.word;
  }
  // REQUIRES: IsLeased(handle), here and below.
  void* At(PoolHandle handle) const noexcept { return SlotAt(handle.place); }
  std::size_t NodeOf(PoolHandle handle) const noexcept { return IndexOf(handle.place) / slots_per_node_; }

  // Gives back what was not needed since the last trim, at most once in trim_interval. Call it now and then.
  Bytes Trim(TimePoint now);
  // Gives back about `wanted` of what is free, down to nothing, and answers how much.
  Bytes Shrink(Bytes wanted);
  // capacity_max is bounded by what it was at construction; lowering takes effect as slabs become free.
  void SetLimits(std::size_t capacity_initial, std::size_t capacity_max, Duration trim_interval);

  PoolStats stats() const;
  Bytes bytes() const noexcept;
  Bytes bytes_leased() const noexcept;
  const PoolConfig& config() const noexcept { return config_; }
  void CheckInvariants() const;  // REQUIRES: no thread is inside; O(slots)

 private:
  static constexpr std::uint64_t kNone = 0;  // no place
  static constexpr std::uint64_t kNever =
      1;  // no place either: in the stash that nobody owns, so that it is never filled

  // The word of a slot: a count of ended leases above two bits.
  static constexpr std::uint64_t kLeased = 1;
  static constexpr std::uint64_t kBuilt = 2;
  static constexpr std::uint64_t kStateMask = 3;
  static constexpr std::uint64_t kLeaseStep = 4;
  static constexpr std::size_t kMagazineMax = 62;  // with it a stash has 512 bytes

  // The free slots that one thread keeps at hand. Its fields belong to whoever is inside: the
  // thread between Enter and Leave or with mutex_, or who holds mutex_ and has claimed it. The hottest slot has a place
  // of its own: a thread that acquires and releases in turn then waits for one store of its own instead of two.
  struct alignas(64) Stash {
    std::atomic<std::uint64_t> hottest{kNone};
    std::atomic<bool> inside{false};
    std::atomic<bool> claimed{false};
    std::atomic<std::uint32_t> count{0};  // atomic, like `hottest`, for those who only look
    std::array<std::uint32_t, 2 * kMagazineMax> slots;
  };
  struct Node {
    std::vector<std::uint32_t> free;          // the depot: last is hottest
    std::vector<std::uint32_t> slabs_closed;  // were open, may be opened again
    std::uint32_t slabs_used = 0;             // those at and above were never open
    std::size_t free_min = 0;                 // since the last trim
  };
  struct Slab {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };

  // The taker's membarrier orders this store and load for the thread that does them. The stash that many
  // threads share is always claimed, and where the kernel has no membarrier all are: their calls go to the depot.
  static bool Enter(Stash& stash) noexcept {
    stash.inside.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!stash.claimed.load(std::memory_order_acquire)) [[likely]] {
      return true;
    }
    Leave(stash);
    return false;
  }
  static void Leave(Stash& stash) noexcept { stash.inside.store(false, std::memory_order_release); }

  // The place of a free slot, kNone when there is none. REQUIRES: inside.
  std::uint64_t Pop(Stash& stash) const noexcept {
    const std::uint64_t hottest = stash.hottest.load(std::memory_order_acquire);
    if (hottest != kNone) [[likely]] {
      stash.hottest.store(kNone, std::memory_order_relaxed);
      return hottest;
    }
    const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
    if (count == 0) [[unlikely]] {
      return kNone;
    }
    stash.count.store(count - 1, std::memory_order_relaxed);
    return place_of_first_ + stash.slots[count - 1];
  }
  // False when it is full or claimed. An empty `hottest` is filled without entering: only its owner ever fills it, so
  // it is still empty when the store arrives, and a taker that saw it empty takes nothing.
  [[gnu::always_inline]] bool Push(Stash& stash, std::uint64_t place) const noexcept {
    const std::uint64_t hottest = stash.hottest.load(std::memory_order_relaxed);
    if (hottest == kNone) [[likely]] {
      stash.hottest.store(place, std::memory_order_release);
      return true;
    }
    return PushBehind(stash, place);
  }
  bool PushBehind(Stash& stash, std::uint64_t place) const noexcept {
    if (!Enter(stash)) {
      return false;
    }
    const bool pushed = PushInside(stash, place);
    Leave(stash);
    return pushed;
  }
  // False when it is full. REQUIRES: inside.
  bool PushInside(Stash& stash, std::uint64_t place) const noexcept {
    const std::uint64_t hottest = stash.hottest.load(std::memory_order_relaxed);
    const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
    if (hottest != kNone) {
      if (count == stash_max_) [[unlikely]] {
        return false;
      }
      stash.slots[count] = IndexOf(hottest);
      stash.count.store(count + 1, std::memory_order_relaxed);
    }
    stash.hottest.store(place, std::memory_order_release);
    return true;
  }

  static std::uint32_t IndexOf(std::uint64_t place) noexcept { return static_cast<std::uint32_t>(place); }
  // Counted from where place 0 would be: one addition less on every call.
  std::atomic<std::uint64_t>& WordAt(std::uint64_t place) const noexcept {
    return *reinterpret_cast<std::atomic<std::uint64_t>*>(word_origin_ + place * sizeof(std::uint64_t));
  }
  std::byte* SlotAt(std::uint64_t place) const noexcept {
    return reinterpret_cast<std::byte*>(slot_origin_ + place * stride_);
  }

  [[gnu::always_inline]] PoolHandle Lease(std::uint64_t place) {
    std::atomic<std::uint64_t>& state = WordAt(place);
    const std::uint64_t word = state.load(std::memory_order_relaxed);
    if ((word & kStateMask) != kBuilt) [[unlikely]] {
      return LeaseUnbuilt(place);
    }
    state.store(word + kLeased, std::memory_order_relaxed);
    Unpoison(place);
    return {word + kLeased, place};
  }
  [[gnu::always_inline]] void EndLease(PoolHandle handle) noexcept {
    ATTUNE_CHECK(IsLeased(handle), "a handle is returned twice, or to a pool that it is not of");
    WordAt(handle.place).store(handle.word + kLeaseStep - kLeased, std::memory_order_relaxed);
    Poison(handle.place);
  }
  [[gnu::noinline, gnu::cold]] PoolHandle LeaseUnbuilt(std::uint64_t place);
  [[gnu::noinline, gnu::cold]] PoolHandle AcquireFromDepot(std::size_t thread);
  [[gnu::noinline, gnu::cold]] void ReleaseToDepot(std::size_t thread, std::uint64_t place) noexcept;

#ifdef __SANITIZE_ADDRESS__
  void Poison(std::uint64_t place) const noexcept;  // AddressSanitizer then sees uses of raw pointers as well
  void Unpoison(std::uint64_t place) const noexcept;
#else
  void Poison(std::uint64_t) const noexcept {}
  void Unpoison(std::uint64_t) const noexcept {}
#endif

  void MapMemory();
  std::size_t Grab(std::size_t thread, std::span<std::uint32_t> slots);
  // All of these REQUIRE mutex_.
  bool OpenSlab(std::size_t node);
  std::size_t TakeFromNode(std::size_t node, std::span<std::uint32_t> slots);
  std::size_t Take(std::size_t node, std::span<std::uint32_t> slots);
  void Put(std::span<const std::uint32_t> slots) noexcept;
  std::size_t Idle() const noexcept;
  void CollectStashes();
  std::vector<Slab> TakeFreeSlabs(std::size_t node, std::size_t slots_max);

  bool has_memory() const noexcept { return slot_origin_ != 0; }
  Bytes CloseSlabs(std::size_t node, const std::vector<Slab>& slabs);
  std::uint32_t SlabOf(std::uint32_t index) const noexcept { return index >> slab_shift_; }

  // What every call reads, in one cache line.
  alignas(64) std::uintptr_t word_origin_ = 0;
  std::uintptr_t slot_origin_ = 0;
  const std::size_t stride_;
  const std::size_t magazine_;  // slots moved at a time
  const std::uint32_t stash_max_;
  const unsigned slab_shift_;           // slots per slab, as a power of two
  const std::uint64_t place_of_first_;  // PoolHandle::place of slot 0
  const std::size_t slots_per_node_;
  const std::size_t slots_total_;  // of all nodes

  std::array<Stash, metrics::kThreadSlots> stashes_;  // the shared one stays empty

  const SlotType type_;
  const PoolConfig config_;
  const NumaTopology topology_;
  const bool has_membarrier_;

  mutable std::mutex mutex_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> slab_slots_;  // open slots of each slab, 0 for a closed one
  std::size_t open_ = 0;                   // sum of slab_slots_, and closing_
  std::size_t closing_ = 0;                // of those that are open, in slabs that are being closed
  std::size_t capacity_initial_ = 0;
  std::size_t capacity_max_ = 0;
  Duration trim_interval_{0};
  TimePoint trimmed_at_{};
  std::uint64_t exhausted_ = 0;
  std::uint64_t exchanges_ = 0;
  std::atomic<std::uint64_t> built_{0};
  std::atomic<std::uint64_t> destroyed_{0};
};

}  // namespace attune::memory
