// The depot of a SlotPool: what no thread has at hand, where it comes from, and how it is given back.

#include <sys/mman.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "attune/memory/slot_pool.h"
#include "membarrier.h"

namespace attune::memory {

bool SlotPool::OpenSlab(std::size_t node_number) {
  if (open_ >= capacity_max_) {
    return false;
  }
  Node& node = nodes_[node_number];
  const std::size_t slab_slots = std::size_t{1} << slab_shift_;
  const std::size_t slabs_per_node = slots_per_node_ >> slab_shift_;
  std::size_t slab = node_number * slabs_per_node + node.slabs_used;
  std::size_t held = 0;  // of its slots are open already
  if (!node.slabs_closed.empty()) {
    slab = node.slabs_closed.back();
    node.slabs_closed.pop_back();
  } else if (node.slabs_used < slabs_per_node) {
    ++node.slabs_used;
  } else {  // one that was opened short, while the capacity was lower
    const auto first = slab_slots_.begin() + static_cast<std::ptrdiff_t>(node_number * slabs_per_node);
    const auto last = first + static_cast<std::ptrdiff_t>(slabs_per_node);
    const auto found = std::find_if(first, last, [&](std::uint32_t slots) { return slots > 0 && slots < slab_slots; });
    if (found == last) {
      return false;
    }
    slab = static_cast<std::size_t>(found - slab_slots_.begin());
    held = *found;
  }
  const std::size_t count = std::min(slab_slots - held, capacity_max_ - open_);
  slab_slots_[slab] = static_cast<std::uint32_t>(held + count);
  open_ += count;
  ++exchanges_;
  // Lowest first. The depot never has to grow when slots come back: it has room for all that are open.
  if (node.free.capacity() < open_) {
    node.free.reserve(std::max(open_, 2 * node.free.capacity()));
  }
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
  std::copy_n(free.end() - static_cast<std::ptrdiff_t>(taken), taken, slots.begin());
  free.resize(free.size() - taken);
  nodes_[node_number].free_min = std::min(nodes_[node_number].free_min, free.size());
  ++exchanges_;
  return taken;
}

// From the own node, from fresh memory of the own node, from other nodes, from other threads: in order of cost.
std::size_t SlotPool::Take(std::size_t node_number, std::span<std::uint32_t> slots) {
  for (const bool collected : {false, true}) {
    if (collected) {
      if (Idle() == 0) {
        return 0;  // without disturbing anybody: a full pool is asked again and again
      }
      CollectStashes();
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

std::size_t SlotPool::Idle() const noexcept {
  std::size_t idle = 0;
  for (const Node& node : nodes_) {
    idle += node.free.size();
  }
  for (const Stash& stash : std::span(stashes_).first(metrics::kThreadSlotsOwned)) {
    idle += stash.count.load(std::memory_order_relaxed);
    const Word* home = stash.home.load(std::memory_order_acquire);
    idle += (home->load(std::memory_order_relaxed) & kLeased) == 0 ? 1U : 0U;
  }
  return idle;
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
    open_ -= slab.count;
    closing_ -= slab.count;
  }
  return Bytes(destroyed * stride_);
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
  const std::lock_guard lock(mutex_);
  capacity_max_ = !has_memory() ? 0 : std::min(capacity_max, config_.capacity_max);
  capacity_initial_ = std::min(capacity_initial, capacity_max_);
  trim_interval_ = trim_interval;
}

}  // namespace attune::memory
