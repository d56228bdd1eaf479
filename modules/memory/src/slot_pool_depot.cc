// The depot of a SlotPool: what no thread has at hand, where it comes from, and how it is given back.

#include <sys/mman.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "attune/memory/slot_pool.h"
#include "membarrier.h"

namespace attune::memory {

// One that was open and is closed, one that never was open, or one that was opened short, while the capacity was lower.
std::optional<SlotPool::Opening> SlotPool::SlabToOpen(std::size_t node_number) const noexcept {
  const Node& node = nodes_[node_number];
  const std::size_t slabs_per_node = slots_per_node_ >> slab_shift_;
  if (!node.slabs_closed.empty()) {
    return Opening{.slab = node.slabs_closed.back()};
  }
  if (node.slabs_used < slabs_per_node) {
    return Opening{.slab = node_number * slabs_per_node + node.slabs_used};
  }
  const auto first = slab_slots_.begin() + static_cast<std::ptrdiff_t>(node_number * slabs_per_node);
  const auto last = first + static_cast<std::ptrdiff_t>(slabs_per_node);
  const auto found =
      std::find_if(first, last, [&](std::uint32_t slots) { return slots > 0 && slots >> slab_shift_ == 0; });
  if (found == last) {
    return std::nullopt;
  }
  return Opening{.slab = static_cast<std::size_t>(found - slab_slots_.begin()), .held = *found};
}

// The depot never has to grow when slots come back: it has room for all that are open.
void SlotPool::ReserveDepot(Node& node, std::size_t slots) {
  const std::size_t before = node.free.capacity();
  if (before < slots) {
    node.free.reserve(std::max(slots, 2 * before));
    bookkeeping_.fetch_add((node.free.capacity() - before) * kDepotPlace, std::memory_order_relaxed);
  }
}

bool SlotPool::OpenSlab(std::size_t node_number) {
  const std::optional<Opening> opening = open_ < capacity_max_ ? SlabToOpen(node_number) : std::nullopt;
  if (!opening.has_value()) {
    return false;
  }
  Node& node = nodes_[node_number];
  const auto [slab, held] = *opening;
  const std::size_t slab_slots = std::size_t{1} << slab_shift_;
  const std::size_t count = std::min(slab_slots - held, capacity_max_ - open_);
  ReserveDepot(node, node.open + count);  // before anything is changed: it may throw
  if (!node.slabs_closed.empty()) {
    node.slabs_closed.pop_back();
  } else if (held == 0) {
    ++node.slabs_used;
    bookkeeping_.fetch_add(slab_slots * sizeof(Word), std::memory_order_relaxed);
  }
  slab_slots_[slab] = static_cast<std::uint32_t>(held + count);
  node.open += count;
  open_ += count;
  ++exchanges_;
  // Lowest first.
  for (std::size_t i = held + count; i > held; --i) {
    const auto index = static_cast<std::uint32_t>((slab << slab_shift_) + i - 1);
    node.free.push_back(index);
    Poison(ObjectAt(index));
  }
  return true;
}

std::size_t SlotPool::TakeFromNode(std::size_t node_number, std::span<std::uint32_t> slots) {
  std::vector<std::uint32_t>& free = nodes_[node_number].free;
  const std::size_t taken = std::min(slots.size(), free.size());
  ForgetCount(node_number, free.size() - taken);
  std::copy_n(free.end() - static_cast<std::ptrdiff_t>(taken), taken, slots.begin());
  free.resize(free.size() - taken);
  nodes_[node_number].free_min = std::min(nodes_[node_number].free_min, free.size());
  ++exchanges_;
  return taken;
}

// How many slots may leave the depot. capacity_max_ counts those that have left it, leased or not, so that a lower one
// needs no look at a stash: a thread cannot lease more than it holds.
std::size_t SlotPool::Room() const noexcept {
  const std::size_t out = open_ - closing_ - IdleInDepot();
  return capacity_max_ - std::min(capacity_max_, out);
}

// From the own node, from fresh memory of the own node, from other nodes, from other threads: in order of cost.
std::size_t SlotPool::Take(std::size_t node_number, std::span<std::uint32_t> wanted) {
  for (const bool collected : {false, true}) {
    if (collected) {
      if (IdleOfThreads() == 0) {
        return 0;  // without disturbing anybody: a full pool is asked again and again
      }
      CollectStashes();
    }
    const std::span slots = wanted.first(std::min(wanted.size(), Room()));
    if (slots.empty()) {
      continue;
    }
    if (!nodes_[node_number].free.empty() || OpenSlab(node_number)) {
      return TakeFromNode(node_number, slots);
    }
    for (std::size_t other = 0; other < nodes_.size(); ++other) {
      if (!nodes_[other].free.empty()) {
        return TakeFromNode(other, slots);
      }
    }
  }
  return 0;
}

void SlotPool::Put(std::span<const std::uint32_t> slots) noexcept {
  ++exchanges_;
  if (nodes_.size() == 1) {
    nodes_[0].free.insert(nodes_[0].free.end(), slots.begin(), slots.end());
    return;
  }
  for (const std::uint32_t index : slots) {
    nodes_[index / slots_per_node_].free.push_back(index);
  }
}

std::size_t SlotPool::IdleInDepot() const noexcept {
  std::size_t idle = 0;
  for (const Node& node : nodes_) {
    idle += node.free.size();
  }
  return idle;
}

std::size_t SlotPool::IdleOfThreads() const noexcept {
  std::size_t idle = 0;
  for (const Stash& stash : std::span(stashes_).first(metrics::kThreadSlotsOwned)) {
    idle += stash.count.load(std::memory_order_relaxed);
    const Word* home = stash.home.load(std::memory_order_acquire);
    idle += (home->load(std::memory_order_relaxed) & kLeased) == 0 ? 1U : 0U;
  }
  return idle;
}

void SlotPool::CountDepot() const noexcept {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const std::vector<std::uint32_t>& free = nodes_[node].free;
    for (std::size_t& counted = depot_count_.counted[node]; counted < free.size(); ++counted) {
      ++depot_count_.slab_free[SlabOf(free[counted])];
    }
  }
}

// Of all but the first `left` slots, which are about to leave their place.
void SlotPool::ForgetCount(std::size_t node, std::size_t left) const noexcept {
  for (std::size_t& counted = depot_count_.counted[node]; counted > left; --counted) {
    --depot_count_.slab_free[SlabOf(nodes_[node].free[counted - 1])];
  }
}

// The slots in stashes and free homes, as far as one sees them while their owners go on. Answers how many.
std::size_t SlotPool::Glance(std::span<std::uint32_t> idle) const noexcept {
  std::size_t seen = 0;
  for (const Stash& stash : std::span(stashes_).first(metrics::kThreadSlotsOwned)) {
    const std::uint32_t count = stash.count.load(std::memory_order_acquire);  // pairs with Push
    for (const std::uint32_t& slot : std::span(stash.slots).first(count)) {
      // An atomic_ref to what is const comes with C++26.
      idle[seen++] = std::atomic_ref(const_cast<std::uint32_t&>(slot)).load(std::memory_order_relaxed);
    }
    const Word* home = stash.home.load(std::memory_order_acquire);
    if ((home->load(std::memory_order_relaxed) & kLeased) == 0) {
      idle[seen++] = IndexOf(home);
    }
  }
  return seen;
}

// Open slots in slabs that are not wholly idle. What threads have at hand is idle: CollectStashes would bring it here.
std::size_t SlotPool::SlotsPinned() const noexcept {
  CountDepot();
  std::array<std::uint32_t, metrics::kThreadSlotsOwned * (2 * kMagazineMax + 1)> seen;
  const std::span idle = std::span(seen).first(Glance(seen));
  std::vector<std::uint32_t>& slab_free = depot_count_.slab_free;
  std::ranges::for_each(idle, [&](std::uint32_t index) { ++slab_free[SlabOf(index)]; });
  std::size_t pinned = 0;
  for (std::size_t slab = 0; slab < slab_slots_.size(); ++slab) {
    pinned += slab_free[slab] < slab_slots_[slab] ? slab_slots_[slab] : 0U;
  }
  std::ranges::for_each(idle, [&](std::uint32_t index) { --slab_free[SlabOf(index)]; });
  return pinned;
}

// What becomes of the home of a claimed stash: none when it was free. It stays free meanwhile, since nobody but
// the owner leases it, and the owner is kept out. A leased one stays where it is.
SlotPool::Word* SlotPool::TakeHome(Word* home) noexcept {
  const std::uint64_t word = home->load(std::memory_order_acquire);
  if ((word & kLeased) != 0) {
    return home;
  }
  home->store(word - kHome, std::memory_order_relaxed);
  const std::uint32_t index = IndexOf(home);
  Put(std::span(&index, 1));
  return &none_;
}

// Claims all, waits for whoever is inside (a few instructions), and takes.
void SlotPool::CollectStashes() {
  const std::span owned = std::span(stashes_).first(metrics::kThreadSlotsOwned);
  std::array<Word*, metrics::kThreadSlotsOwned> homes;
  for (std::size_t i = 0; i < owned.size(); ++i) {
    homes[i] = owned[i].home.exchange(&claimed_, std::memory_order_seq_cst);
  }
  if (has_membarrier_) {
    MembarrierThreads();
  }
  for (std::size_t i = 0; i < owned.size(); ++i) {
    Stash& stash = owned[i];
    while (stash.inside.load(std::memory_order_acquire) != 0) {
      std::this_thread::yield();
    }
    Put(std::span(stash.slots).first(stash.count.exchange(0, std::memory_order_relaxed)));
    stash.home.store(TakeHome(homes[i]), std::memory_order_release);
  }
}

// Takes wholly free slabs out of the depot, from the end of the address range. Leaves the depot sorted, so that the
// slots in use gather at the front and later slabs become free.
std::vector<SlotPool::Slab> SlotPool::TakeFreeSlabs(std::size_t node, std::size_t slots_max) {
  std::vector<std::uint32_t>& free = nodes_[node].free;
  ForgetCount(node, 0);
  std::sort(free.begin(), free.end(), std::greater<>());
  std::vector<Slab> slabs;
  std::size_t taken = 0;
  auto keep = free.begin();
  for (auto run = free.begin(); run != free.end();) {
    const std::uint32_t slab = SlabOf(*run);
    const auto run_end = std::find_if(run, free.end(), [&](std::uint32_t index) { return SlabOf(index) != slab; });
    const auto count = static_cast<std::size_t>(run_end - run);
    if (count == slab_slots_[slab] && taken + count <= slots_max) {
      slab_slots_[slab] = 0;
      closing_ += count;
      slabs.push_back({slab << slab_shift_, static_cast<std::uint32_t>(count)});
      taken += count;
    } else {
      keep = std::copy(run, run_end, keep);
    }
    run = run_end;
  }
  free.erase(keep, free.end());
  return slabs;
}

// Outside the lock, because destructors may do anything. The generations stay: an old handle never becomes valid.
Bytes SlotPool::CloseSlabs(std::size_t node, const std::vector<Slab>& slabs) {
  std::size_t destroyed = 0;
  for (const Slab& slab : slabs) {
    for (std::uint32_t i = slab.first; i < slab.first + slab.count; ++i) {
      const std::uint64_t word = words_[i].load(std::memory_order_relaxed);
      Unpoison(ObjectAt(i));
      if ((word & kBuilt) != 0) {
        if (type_.destroy != nullptr) {
          type_.destroy(ObjectAt(i));
        }
        words_[i].store(word & ~kBuilt, std::memory_order_relaxed);
        ++destroyed;
      }
    }
    (void)madvise(ObjectAt(slab.first), stride_ << slab_shift_, MADV_DONTNEED);
  }
  destroyed_.fetch_add(destroyed, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  for (const Slab& slab : slabs) {
    nodes_[node].slabs_closed.push_back(SlabOf(slab.first));
    nodes_[node].open -= slab.count;
    open_ -= slab.count;
    closing_ -= slab.count;
  }
  return Bytes(destroyed * stride_) + ShrinkDepot(nodes_[node]);
}

// To what is open, and answers how much that gave back.
Bytes SlotPool::ShrinkDepot(Node& node) {
  const std::size_t before = node.free.capacity();
  if (before <= node.open) {
    return Bytes(0);
  }
  std::vector<std::uint32_t> smaller;
  smaller.reserve(node.open);
  smaller.assign(node.free.begin(), node.free.end());
  node.free.swap(smaller);
  const Bytes freed((before - node.free.capacity()) * kDepotPlace);
  bookkeeping_.fetch_sub(freed.count(), std::memory_order_relaxed);
  return freed;
}

Bytes SlotPool::Trim(TimePoint now) {
  std::vector<std::vector<Slab>> slabs(nodes_.size());
  {
    const std::lock_guard lock(mutex_);
    if (now - trimmed_at_ < trim_interval_) {
      return Bytes(0);
    }
    trimmed_at_ = now;
    std::size_t surplus = open_ - std::min(open_, capacity_initial_);
    CollectStashes();
    for (std::size_t node = 0; node < nodes_.size(); ++node) {
      slabs[node] = TakeFreeSlabs(node, std::min(surplus, nodes_[node].free_min));
      for (const Slab& slab : slabs[node]) {
        surplus -= slab.count;
      }
      nodes_[node].free_min = nodes_[node].free.size();
    }
  }
  Bytes freed;
  for (std::size_t node = 0; node < slabs.size(); ++node) {
    freed = freed + CloseSlabs(node, slabs[node]);
  }
  return freed;
}

Bytes SlotPool::Shrink(Bytes wanted) {
  Bytes freed;
  for (std::size_t node = 0; node < nodes_.size() && freed < wanted; ++node) {
    const std::size_t slots = (wanted - freed).count() / stride_ + (std::size_t{1} << slab_shift_);
    std::vector<Slab> slabs;
    {
      const std::lock_guard lock(mutex_);
      CollectStashes();
      slabs = TakeFreeSlabs(node, slots);
      nodes_[node].free_min = std::min(nodes_[node].free_min, nodes_[node].free.size());
    }
    freed = freed + CloseSlabs(node, slabs);
  }
  return freed;
}

void SlotPool::SetLimits(std::size_t capacity_initial, std::size_t capacity_max, Duration trim_interval) {
  ATTUNE_CHECK(capacity_max > 0 && trim_interval > Duration(0), "capacity_max and trim_interval must be positive");
  const std::lock_guard lock(mutex_);
  capacity_max_ = !has_memory() ? 0 : std::min(capacity_max, config_.capacity_max);
  capacity_initial_ = std::min(capacity_initial, capacity_max_);
  trim_interval_ = trim_interval;
  if (open_ > capacity_max_) {
    CollectStashes();  // what threads keep is within the new limit from here on
  }
}

}  // namespace attune::memory
