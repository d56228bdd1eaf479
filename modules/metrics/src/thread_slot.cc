#include "attune/metrics/thread_slot.h"

#include <mutex>

namespace attune::metrics::internal {
namespace {

class SlotTable {
 public:
  std::size_t Claim() noexcept {
    const std::scoped_lock lock(mutex_);
    for (std::size_t slot = 0; slot < kThreadSlotsOwned; ++slot) {
      if (!taken_[slot]) {
        taken_[slot] = true;
        return slot;
      }
    }
    return kThreadSlotShared;
  }
  // The mutex also hands what the owner wrote to the slot's next owner.
  void Release(std::size_t slot) noexcept {
    if (slot == kThreadSlotShared) return;
    const std::scoped_lock lock(mutex_);
    taken_[slot] = false;
  }

 private:
  std::mutex mutex_;
  bool taken_[kThreadSlotsOwned] = {};  // guarded by mutex_
};

// Never destroyed: threads may end after the destructors of static objects ran.
SlotTable& Table() noexcept {
  alignas(SlotTable) static unsigned char storage[sizeof(SlotTable)];
  static auto* const table = new (storage) SlotTable;
  return *table;
}

// Gives the slot back when the thread ends. What the thread still records after that,
// from destructors of its other thread-local objects, goes to the shared cells.
class SlotLease {
 public:
  SlotLease() noexcept : slot_(Table().Claim()) {}
  SlotLease(const SlotLease&) = delete;
  SlotLease& operator=(const SlotLease&) = delete;
  ~SlotLease() {
    thread_slot = kThreadSlotShared;
    Table().Release(slot_);
  }
  std::size_t slot() const noexcept { return slot_; }

 private:
  const std::size_t slot_;
};

}  // namespace

std::size_t ClaimThreadSlot() noexcept {
  static thread_local const SlotLease lease;
  thread_slot = lease.slot();
  return thread_slot;
}

}  // namespace attune::metrics::internal
