#pragma once
// SlotPool: slots of one size with checked handles; what ObjectPool<T> (object_pool.h) is made of.
// Use that one; this half knows bytes and not types.
//
// Layout     One reservation of address space for all slots that may ever be, so that a slot is a multiplication
//            away from its number; pages come when touched and go back slab by slab. One word per slot, in
//            an array apart from the slots, counts its leases and holds its state: neither handing out nor taking back
//            touches a slot's memory. The counts of every pool begin elsewhere, so that a handle that outlives its pool
//            does not fit a later one at the same addresses.
// Homes      A slot that a thread uses again becomes its home, if it has none: it stays that thread's while it is
//            leased, whoever holds it. Whoever returns it writes its word, and with that it is back. So a thread
//            that acquires and releases in turn touches one word, and always the same hot memory.
// Magazines  Behind its home each thread keeps a stash of free slots, last in first out, and exchanges half of it with
//            the depot under one lock (J. Bonwick, J. Adams, "Magazines and Vmem", USENIX 2001). Where we differ: a
//            stash is one array instead of two magazines, and the depot may take back the stash of another thread and
//            its home when that is free, so that the pool is exhausted only when every slot is leased, and a thread
//            that ended or idles keeps nothing from anybody. Taking back works like a biased lock: the owner announces
//            itself with a plain store, the taker pays for both with membarrier(2).
// Trimming   What the depot never needed since the last trim is given back (the working set rule of the paper).
// Threads    every member is thread-safe. Lock: mutex_, taken by one in `magazine` calls.
// Cost       object_pool.h and README.md.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/base/sanitizer.h"
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
  std::uint64_t word = 0;                      // the slot's while it is leased; never again within a pool
  std::atomic<std::uint64_t>* slot = nullptr;  // where the pool keeps that word: it stands for the slot
  void* object = nullptr;  // follows from `slot`, but a store to it then waits for no multiplication

  explicit operator bool() const noexcept { return slot != nullptr; }
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
  bool reset = false;  // the user of the pool does something at every return: TryRelease refuses all
};

class SlotPool {
 public:
  // REQUIRES: Validate(config).ok().
  SlotPool(const SlotType& type, const PoolConfig& config, const NumaTopology& topology);
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;
  ~SlotPool();  // REQUIRES: nothing is leased

  // False where the system had no address space left for the pool: then every Acquire answers null.
  bool has_memory() const noexcept { return words_ != nullptr; }
  // Why Acquire has just answered null.
  Error Exhausted() const;

  // Null when capacity_max are leased. Throws what the constructor in a slot throws, and leases nothing then.
  [[gnu::always_inline]] PoolHandle Acquire() {
    Stash& stash = stashes_[metrics::ThreadSlotIfAny()];
    Enter(stash);
    Word& home = *stash.home.load(std::memory_order_acquire);
    // Pairs with the return, which may have been another thread's. Without a home, or when it is claimed, this is a
    // word that is leased for ever.
    const std::uint64_t word = home.load(std::memory_order_acquire);
    if ((word & kLeased) == 0) [[likely]] {
      home.store(word + kLeased, std::memory_order_relaxed);
      const PoolHandle handle{word + kLeased, &home, stash.home_object};
      Leave(stash);
      Unpoison(handle.object);
      if (!handle) {
        __builtin_unreachable();  // saves the caller its test
      }
      return handle;
    }
    const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
    if ((word & kHome) == 0 || count == 0) [[unlikely]] {  // without a home of its own, or claimed; or nothing there
      return HandleOf(AcquireBehind(stash));
    }
    const std::uint32_t index = stash.slots[count - 1];
    stash.count.store(count - 1, std::memory_order_relaxed);
    Leave(stash);
    const Lease lease = LeaseFree(index);
    return {lease.word, lease.slot, ObjectAt(index)};
  }

  // As many as there are, in order; answers how many. The rest of `handles` is left alone. Where a constructor throws,
  // all of them go back.
  std::size_t Acquire(std::span<PoolHandle> handles);

  // Release without a call. False, and nothing done, when the handle has to go through Release: because it is not
  // leased, or because the type has a reset.
  [[gnu::always_inline]] bool TryRelease(const PoolHandle& handle) noexcept {
    if (OffsetOf(handle.slot) >= returned_inline_) [[unlikely]] {
      return false;
    }
    if (handle.slot->load(std::memory_order_relaxed) != handle.word) [[unlikely]] {
      return false;
    }
    Poison(handle.object);
    // A home is anybody's from here on.
    handle.slot->store(handle.word + kLeaseStep - kLeased, std::memory_order_release);
    if ((handle.word & kHome) == 0) {
      PutBehind(IndexOf(handle.slot));
    }
    return true;
  }
  // REQUIRES: IsLeased(handle). A second return of the same handle stops the program.
  void Release(const PoolHandle& handle) noexcept { Release(Lease{handle.word, handle.slot}); }
  void Release(std::span<const PoolHandle> handles) noexcept;

  bool IsLeased(const PoolHandle& handle) const noexcept { return IsLeased(Lease{handle.word, handle.slot}); }
  // For those who ask IsLeased inline and want the failure out of the way.
  [[noreturn, gnu::noinline, gnu::cold]] static void FailUsedAfterReturn() noexcept;
  // REQUIRES: IsLeased(handle), here and below.
  static void* At(const PoolHandle& handle) noexcept { return handle.object; }
  std::size_t NodeOf(const PoolHandle& handle) const noexcept { return IndexOf(handle.slot) / slots_per_node_; }

  // Gives back what was not needed since the last trim, at most once in trim_interval. Call it now and then.
  Bytes Trim(TimePoint now);
  // Gives back about `wanted` of what is free, down to nothing, and answers how much.
  Bytes Shrink(Bytes wanted);
  // capacity_max is bounded by what it was at construction, capacity_initial by capacity_max. A lower capacity_max
  // takes back what threads have at hand and holds for the next Acquire. Where more are leased at that moment they stay
  // so, and what comes back to a home or stash may be leased again by its thread until the next Trim or Shrink; what
  // comes back to the depot stays there. REQUIRES (CHECKed): capacity_max and trim_interval are positive.
  void SetLimits(std::size_t capacity_initial, std::size_t capacity_max, Duration trim_interval);

  // Reads the word of every slot that was ever open, with the lock held: 1 ns each or so.
  PoolStats stats() const;
  // Of what was built, of the words of all slots that were ever open (they outlive their slabs, so that an old handle
  // never becomes valid) and of the depot. A load.
  Bytes bytes() const noexcept;
  // What Shrink cannot give back: slabs that hold a lease, whole, and their bookkeeping. Counts what came to the depot
  // since the last call and looks at every slab, with the lock held: 1 ns each or so.
  Bytes bytes_min() const noexcept;
  const PoolConfig& config() const noexcept { return config_; }
  void CheckInvariants() const;  // REQUIRES: no thread is inside; O(slots)

 private:
  // The word of a slot: a count of ended leases above three bits. Zero until the first.
  using Word = std::atomic<std::uint64_t>;
  static constexpr std::uint64_t kLeased = 1;
  static constexpr std::uint64_t kBuilt = 2;
  static constexpr std::uint64_t kHome = 4;  // of one stash, leased or free; never without kBuilt
  static constexpr std::uint64_t kStateMask = 7;
  static constexpr std::uint64_t kLeaseStep = 8;
  static constexpr std::size_t kMagazineMax = 60;  // with it a stash has 512 bytes
  static constexpr std::size_t kDepotPlace = sizeof(std::uint32_t);

  // The slots that one thread keeps at hand. `count` and `slots` belong to whoever is inside: the thread
  // between Enter and Leave or with mutex_, or who holds mutex_ and has claimed the stash.
  //
  // The word of the home is written by who leases it, inside, and by who returns it, from anywhere. Who claims the
  // stash puts `claimed_` in the place of the home, so that one load tells the owner both.
  struct alignas(64) Stash {
    std::atomic<Word*> home{nullptr};  // &none_ without one, &claimed_ while claimed
    void* home_object = nullptr;       // written by the owner, before `home`
    // Not a bool: where a byte is stored, loads behind it are late (5.2 instead of 3.4 ns for a cycle on Zen 3).
    std::atomic<std::uint32_t> inside{0};
    std::atomic<std::uint32_t> count{0};  // atomic for those who only look
    std::array<std::uint32_t, 2 * kMagazineMax> slots;
  };
  struct Node {
    std::vector<std::uint32_t> free;          // the depot: last is hottest
    std::vector<std::uint32_t> slabs_closed;  // were open, may be opened again
    std::uint32_t slabs_used = 0;             // those at and above were never open
    std::size_t open = 0;                     // slots of this node
    std::size_t free_min = 0;                 // since the last trim
  };
  struct Slab {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
  };
  // How many slots of each slab lie in the depot. Kept up for as long a front part of each node's `free` as nobody has
  // touched since it was counted, so that Put costs nothing and a count only what has moved since the last one.
  struct DepotCount {
    std::vector<std::uint32_t> slab_free;
    std::vector<std::size_t> counted;  // the length of that part, by node
  };

  // The taker's membarrier orders this store before the load of `home` for the thread that does them. The stash that
  // many threads share and that of a thread's very first call are always claimed, and where the kernel has no
  // membarrier all are: their calls go to the depot.
  static void Enter(Stash& stash) noexcept {
    stash.inside.store(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  static void Leave(Stash& stash) noexcept { stash.inside.store(0, std::memory_order_release); }
  // False, and not inside, when the stash is claimed.
  bool TryEnter(Stash& stash) const noexcept {
    Enter(stash);
    if (stash.home.load(std::memory_order_acquire) != &claimed_) [[likely]] {
      return true;
    }
    Leave(stash);
    return false;
  }
  // False when it is full. REQUIRES: inside, here and below.
  bool Push(Stash& stash, std::uint32_t index) const noexcept {
    const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
    if (count == stash_max_) [[unlikely]] {
      return false;
    }
    std::atomic_ref(stash.slots[count]).store(index, std::memory_order_relaxed);  // for those who only look
    stash.count.store(count + 1, std::memory_order_release);  // for them, too: behind what it counts
    return true;
  }
  static std::optional<std::uint32_t> Pop(Stash& stash) noexcept;

  // Large for what is no slot of this pool.
  std::size_t OffsetOf(const Word* slot) const noexcept {
    return reinterpret_cast<std::uintptr_t>(slot) - reinterpret_cast<std::uintptr_t>(words_);
  }
  std::uint32_t IndexOf(const Word* slot) const noexcept { return static_cast<std::uint32_t>(slot - words_); }
  std::byte* ObjectAt(std::size_t index) const noexcept { return objects_ + index * stride_; }
  std::byte* ObjectOf(const Word* slot) const noexcept { return ObjectAt(IndexOf(slot)); }

  // A handle as it travels in registers; without a slot it is none.
  struct Lease {
    std::uint64_t word = 0;
    Word* slot = nullptr;
  };
  PoolHandle HandleOf(const Lease& lease) const noexcept {
    return lease.slot != nullptr ? PoolHandle{lease.word, lease.slot, ObjectOf(lease.slot)} : PoolHandle{};
  }
  bool IsLeased(const Lease& lease) const noexcept {
    return OffsetOf(lease.slot) < words_bytes_ && lease.slot->load(std::memory_order_relaxed) == lease.word;
  }

  [[gnu::noinline]] Lease AcquireBehind(Stash& stash);
  // A thread that has no stash yet finds a claimed one here, and its own in ReleaseToDepot.
  [[gnu::always_inline]] void PutBehind(std::uint32_t index) noexcept {
    Stash& stash = stashes_[metrics::ThreadSlotIfAny()];
    if (TryEnter(stash)) [[likely]] {
      const bool pushed = Push(stash, index);
      Leave(stash);
      if (pushed) [[likely]] {
        return;
      }
    }
    ReleaseToDepot(index);
  }
  [[gnu::noinline, gnu::cold]] void Release(Lease lease) noexcept;
  // What was popped belongs to this thread alone until its word says that it is leased.
  Lease LeaseFree(std::uint32_t index) {
    Word& state = words_[index];
    const std::uint64_t word = state.load(std::memory_order_relaxed);
    if ((word & kStateMask) != kBuilt) [[unlikely]] {
      return LeaseUnbuilt(index);
    }
    state.store(word + kLeased, std::memory_order_relaxed);
    Unpoison(ObjectAt(index));
    return {word + kLeased, &state};
  }
  Lease LeaseHome(const Stash& stash) const noexcept;
  Lease LeaseAsHome(Stash& stash, std::uint32_t index) noexcept;
  void EndLease(const Lease& lease) noexcept;
  [[gnu::noinline, gnu::cold]] Lease LeaseUnbuilt(std::uint32_t index);
  [[gnu::noinline, gnu::cold]] Lease AcquireHomeless(Stash& stash);
  [[gnu::noinline, gnu::cold]] Lease AcquireFromDepot();
  [[gnu::noinline, gnu::cold]] void ReleaseToDepot(std::uint32_t index) noexcept;

#if ATTUNE_ASAN
  void Poison(void* object) const noexcept;  // AddressSanitizer then sees uses of raw pointers as well
  void Unpoison(void* object) const noexcept;
#else
  void Poison(void*) const noexcept {}
  void Unpoison(void*) const noexcept {}
#endif

  void MapMemory();
  std::size_t Grab(std::size_t thread, std::span<std::uint32_t> slots);
  void AcquireAll(std::span<PoolHandle> handles, std::size_t& done);
  void LeaseAll(std::span<const std::uint32_t> slots, std::span<PoolHandle> handles, std::size_t& done);
  // All of these REQUIRE mutex_.
  struct Opening {
    std::size_t slab = 0;
    std::size_t held = 0;  // of its slots are open already
  };
  std::optional<Opening> SlabToOpen(std::size_t node) const noexcept;
  bool OpenSlab(std::size_t node);
  void ReserveDepot(Node& node, std::size_t slots);
  Bytes ShrinkDepot(Node& node);
  std::size_t TakeFromNode(std::size_t node, std::span<std::uint32_t> slots);
  std::size_t Take(std::size_t node, std::span<std::uint32_t> wanted);
  void Put(std::span<const std::uint32_t> slots) noexcept;
  std::size_t IdleInDepot() const noexcept;
  std::size_t IdleOfThreads() const noexcept;
  std::size_t Idle() const noexcept { return IdleInDepot() + IdleOfThreads(); }
  std::size_t Room() const noexcept;
  void CountDepot() const noexcept;
  void ForgetCount(std::size_t node, std::size_t left) const noexcept;
  std::size_t Glance(std::span<std::uint32_t> idle) const noexcept;
  std::size_t SlotsPinned() const noexcept;
  void CollectStashes();
  Word* TakeHome(Word* home) noexcept;
  std::vector<Slab> TakeFreeSlabs(std::size_t node, std::size_t slots_max);

  bool IsHome(const Word* home) const noexcept { return home != &none_ && home != &claimed_; }
  Bytes CloseSlabs(std::size_t node, const std::vector<Slab>& slabs);
  std::uint32_t SlabOf(std::uint32_t index) const noexcept { return index >> slab_shift_; }

  // What every call reads, in one cache line.
  alignas(64) Word* words_ = nullptr;  // one for each slot of all nodes
  std::size_t words_bytes_ = 0;
  std::size_t returned_inline_ = 0;  // words_bytes_, or 0 where every return has to go through Release
  std::byte* objects_ = nullptr;
  const std::size_t stride_;
  const std::size_t magazine_;  // slots moved at a time
  const std::uint32_t stash_max_;
  const unsigned slab_shift_;  // slots per slab, as a power of two

  // What a stash has for a home when it has none. Leased for ever, so nobody writes to them.
  alignas(64) Word none_{kLeased};
  Word claimed_{kLeased};

  std::array<Stash, metrics::kThreadSlots + 1>
      stashes_;  // the shared one and that of threads without a slot stay empty

  const std::size_t slots_per_node_;
  const std::size_t slots_total_;   // of all nodes
  const std::uint64_t word_first_;  // of a slot that is leased for the first time, but for its state
  const SlotType type_;
  const PoolConfig config_;
  const NumaTopology topology_;
  const bool has_membarrier_;

  mutable std::mutex mutex_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> slab_slots_;  // open slots of each slab, 0 for a closed one
  mutable DepotCount depot_count_;
  std::size_t open_ = 0;     // sum of slab_slots_, and closing_
  std::size_t closing_ = 0;  // of those that are open, in slabs that are being closed
  std::size_t capacity_initial_ = 0;
  std::size_t capacity_max_ = 0;
  Duration trim_interval_{0};
  TimePoint trimmed_at_{};
  std::uint64_t exhausted_ = 0;
  std::uint64_t exchanges_ = 0;
  std::atomic<std::uint64_t> bookkeeping_{0};  // bytes of the words and the depot; written with mutex_
  std::atomic<std::uint64_t> built_{0};
  std::atomic<std::uint64_t> destroyed_{0};
};

}  // namespace attune::memory
