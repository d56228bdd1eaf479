#pragma once
// ObjectPool<T>: a bounded set of objects that are used again instead of freed, behind checked handles.
//
//   struct Anchor {
//     char meta[1024];
//     float embedding[384];
//   };
//   ObjectPool<Anchor> anchors({.name = "anchors", .capacity_max = 10'000});
//   ATTUNE_ASSIGN_OR_RETURN(Pooled<Anchor> anchor, anchors.Acquire());   // returns itself
//   Fill(anchor->embedding);
//
//   PoolHandle handle = anchors.TryAcquire();        // the raw way; null when exhausted
//   anchors.Get(handle).meta[0] = 'a';
//   anchors.Release(handle);
//   anchors.Find(handle);                            // null: it was returned
//   anchors.Release(handle);                         // stops the program: returned twice
//
// Reuse      An object is constructed (`new (place) T`, which leaves arrays of numbers as they are) when its slot is
//            used for the first time and destroyed when the slot's memory is given back. In between it keeps its
//            contents: a returned T is *not* reset, unless a Reset function is given, which runs on every return.
//            A constructor that throws costs no slot: what Acquire throws leaves the pool as it was. A Reset that
//            throws ends the program, as a destructor does.
// Checking   In every build. A handle names a lease, and every lease has a number of its own (61 bits, never again in
//            this pool). Returning a handle whose lease has ended, or that is of another pool, is a bug and stops the
//            program; so does Get. Find answers null instead. A Pooled that was returned, moved or detached holds
//            nothing, and using it stops the program. Two threads that return one handle at the very same moment may
//            pass for one; if the slot was leased again in between, one of its next returns or leases stops the
//            program. AddressSanitizer sees raw pointers that are used after return.
//            The check costs 0.1 to 0.5 ns at a Get (memory_pool_bench prints it, by leaving it out); a return makes
//            the same comparison once more.
// Ownership  the pool owns every T; a Pooled or a handle borrows one. The pool outlives them (CHECKed).
// Threads    every member is thread-safe; any thread may return what another acquired. A leased T belongs to its
//            holder. The first 16 threads of a process have stashes; others go to the depot under its lock.
// Cost       A thread that acquires and releases in turn: some 30 instructions and 2 ns for both, no call, no
//            locked instruction. Of what it holds beyond one object: 5 ns and no call, and one lock in 60
//            (fewer for objects above 4 KiB). 12 bytes of bookkeeping an object, of which 8 are touched; 24 a handle.
//            stats() reads a word of every slot that was ever open, under the lock.
// Errors     kExhausted at capacity_max, only when that many are leased (or while a slab is being given back), and
//            where the system has no addresses for so many (has_memory). A capacity_max that SetLimits lowers holds for
//            the next Acquire; only where more are leased at that moment, a thread may lease again what it returned.
// Memory     a Consumer of the broker: Shrink gives free slabs back to the system, 64 KiB or more at a time. A slab
//            with one lease in it cannot go and counts for bytes_min whole. The words of slots that were open once
//            stay, 8 bytes each. Memory that a T owns itself is not counted: keep it small, or clear it in Reset.
//            Sizes above 64 KiB round up to pages.

#include <functional>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "attune/memory/broker.h"
#include "attune/memory/slot_pool.h"

namespace attune::memory {

template <typename T>
class ObjectPool;

// A leased object that returns itself. Null after a move.
template <typename T>
class Pooled {
 public:
  Pooled() = default;
  Pooled(Pooled&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), handle_(other.handle_) {}
  Pooled& operator=(Pooled&& other) noexcept {
    if (this != &other) {
      Release();
      pool_ = std::exchange(other.pool_, nullptr);
      handle_ = other.handle_;
    }
    return *this;
  }
  Pooled(const Pooled&) = delete;
  Pooled& operator=(const Pooled&) = delete;
  [[gnu::always_inline]] ~Pooled() { Release(); }

  explicit operator bool() const noexcept { return pool_ != nullptr; }
  T& operator*() const noexcept { return *Object(); }  // REQUIRES: not null (CHECKed), here and below
  T* operator->() const noexcept { return Object(); }
  PoolHandle handle() const noexcept { return pool_ != nullptr ? handle_ : PoolHandle{}; }  // null when this is

  [[gnu::always_inline]] void Release() noexcept {
    if (pool_ != nullptr) {
      std::exchange(pool_, nullptr)->Release(handle_);
    }
  }
  // Gives up ownership: whoever has the handle releases it. Null when this is.
  PoolHandle Detach() noexcept { return std::exchange(pool_, nullptr) != nullptr ? handle_ : PoolHandle{}; }

 private:
  friend class ObjectPool<T>;
  Pooled(ObjectPool<T>& pool, const PoolHandle& handle) : pool_(&pool), handle_(handle) {}
  T* Object() const noexcept {
    if (pool_ == nullptr) [[unlikely]] {
      SlotPool::FailUsedAfterReturn();
    }
    return ObjectPool<T>::At(handle_);
  }
  ObjectPool<T>* pool_ = nullptr;  // null when this holds nothing, whatever handle_ says
  PoolHandle handle_;
};

template <typename T>
class ObjectPool final : public Consumer {
  static_assert(std::is_default_constructible_v<T> && std::is_nothrow_destructible_v<T>);

 public:
  using Reset = std::function<void(T&)>;  // runs on the thread that returns; must not use the object's pool

  // REQUIRES: Validate(config).ok(). The topology is SystemNumaTopology on machines with several nodes.
  explicit ObjectPool(const PoolConfig& config = {}, Reset reset = {}, const NumaTopology& topology = {})
      : slots_(Type(reset != nullptr), config, topology), reset_(std::move(reset)) {}

  Result<Pooled<T>> Acquire() {
    const PoolHandle handle = slots_.Acquire();
    if (!handle) [[unlikely]] {
      return slots_.Exhausted();
    }
    return Pooled<T>(*this, handle);
  }

  // Without an error: null when exhausted.
  [[gnu::always_inline]] Pooled<T> TryLease() {
    const PoolHandle handle = slots_.Acquire();
    return handle ? Pooled<T>(*this, handle) : Pooled<T>();
  }
  // Without RAII either.
  [[gnu::always_inline]] PoolHandle TryAcquire() { return slots_.Acquire(); }
  // Fills `handles` from the front and answers how many there were. Cheaper than one by one.
  std::size_t TryAcquire(std::span<PoolHandle> handles) { return slots_.Acquire(handles); }

  [[gnu::always_inline]] void Release(const PoolHandle& handle) noexcept {
    if (!slots_.TryRelease(handle)) [[unlikely]] {
      ReleaseBehind(handle.word, handle.slot, handle.object);
    }
  }
  void Release(std::span<const PoolHandle> handles) noexcept {
    if (reset_) {
      for (const PoolHandle& handle : handles) {
        reset_(Get(handle));
      }
    }
    slots_.Release(handles);
  }

  // Null for a handle whose lease has ended, and for the null handle.
  T* Find(const PoolHandle& handle) const noexcept { return slots_.IsLeased(handle) ? At(handle) : nullptr; }
  // REQUIRES: the lease has not ended (CHECKed).
  T& Get(const PoolHandle& handle) const noexcept {
    if (!slots_.IsLeased(handle)) [[unlikely]] {
      SlotPool::FailUsedAfterReturn();
    }
    return *At(handle);
  }
  std::size_t NodeOf(const PoolHandle& handle) const noexcept { return slots_.NodeOf(handle); }

  Bytes Trim(TimePoint now) { return slots_.Trim(now); }
  void SetLimits(std::size_t capacity_initial, std::size_t capacity_max, Duration trim_interval) {
    slots_.SetLimits(capacity_initial, capacity_max, trim_interval);
  }
  // False where the system had no address space for capacity_max: then there is nothing to acquire.
  bool has_memory() const noexcept { return slots_.has_memory(); }
  PoolStats stats() const { return slots_.stats(); }
  const PoolConfig& config() const noexcept { return slots_.config(); }
  void CheckInvariants() const { slots_.CheckInvariants(); }

  // As a consumer: what is free in a pool saves next to nothing, so it gives first.
  std::string_view name() const noexcept override { return slots_.config().name; }
  Bytes bytes() const noexcept override { return slots_.bytes(); }
  Bytes bytes_min() const noexcept override { return slots_.bytes_min(); }
  double marginal_benefit() const noexcept override { return 0; }
  Bytes Shrink(Bytes wanted) override { return slots_.Shrink(wanted); }

 private:
  friend class Pooled<T>;
  static SlotType Type(bool has_reset) {
    SlotType type{
        .size = sizeof(T), .align = alignof(T), .build = [](void* place) { ::new (place) T; }, .reset = has_reset};
    if constexpr (!std::is_trivially_destructible_v<T>) {
      type.destroy = [](void* place) noexcept { static_cast<T*>(place)->~T(); };
    }
    return type;
  }
  // Three numbers, which travel in registers, so that the way to here costs the fast one nothing.
  [[gnu::noinline]] void ReleaseBehind(std::uint64_t word, std::atomic<std::uint64_t>* slot, void* object) noexcept {
    const PoolHandle handle{word, slot, object};
    if (reset_) {
      reset_(Get(handle));
    }
    slots_.Release(handle);
  }
  static T* At(const PoolHandle& handle) noexcept { return std::launder(static_cast<T*>(SlotPool::At(handle))); }

  SlotPool slots_;
  const Reset reset_;
};

}  // namespace attune::memory
