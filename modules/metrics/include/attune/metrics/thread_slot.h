#pragma once
// ThreadSlot: a small number that at most one living thread has at a time, so
// that a metric can keep one cell per thread and add to it without a locked
// instruction, and a pool one stash. Only counter.h, histogram.h and memory/slot_pool.h need it.
//
// Slots 0 .. kThreadSlotsOwned-1 are owned by one thread each; threads beyond that
// share the slot kThreadSlotShared and must use atomic read-modify-write. A slot
// goes back when its thread ends; the next owner sees everything written before.
//
// Cost       one thread-local load after the first call.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace attune::metrics {

inline constexpr std::size_t kThreadSlotsOwned = 16;  // as many cells per metric; more threads share one
inline constexpr std::size_t kThreadSlotShared = kThreadSlotsOwned;
inline constexpr std::size_t kThreadSlots = kThreadSlotsOwned + 1;
inline constexpr std::size_t kThreadSlotUnset = kThreadSlots;  // of a thread that has not asked for one

namespace internal {
// initial-exec: without it position-independent code calls __tls_get_addr for it, which costs more than what it is
// used for. It takes 8 of the bytes that a library loaded later finds room in.
// NOLINTNEXTLINE(google-global-names-in-headers): one per thread and program, by design.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local std::size_t thread_slot = kThreadSlotUnset;
std::size_t ClaimThreadSlot() noexcept;
}  // namespace internal

inline std::size_t ThreadSlot() noexcept {
  const std::size_t slot = internal::thread_slot;
  return slot != kThreadSlotUnset ? slot : internal::ClaimThreadSlot();
}

// Without claiming one: kThreadSlotUnset before the thread's first ThreadSlot(). For callers that keep one cell more,
// in which they find that out.
inline std::size_t ThreadSlotIfAny() noexcept { return internal::thread_slot; }

// Adds to a cell of `slot`. Relaxed: a metric orders nothing else.
inline void AddToCell(std::atomic<std::uint64_t>& cell, std::uint64_t n, std::size_t slot) noexcept {
  if (slot != kThreadSlotShared) [[likely]] {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);  // the only writer
  } else {
    cell.fetch_add(n, std::memory_order_relaxed);
  }
}

}  // namespace attune::metrics
