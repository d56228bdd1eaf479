#include "attune/memory/slot_pool.h"

#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <new>
#include <thread>

#include "attune/memory/page_size.h"

#if ATTUNE_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace attune::memory {
namespace {

constexpr std::size_t kSlabMin = std::size_t{64} << 10U;  // below, giving back costs more calls than it frees
// Words before the first: 9 cache lines. A word and the beginning of its slot then fall into different sets of the
// first cache. In the same one they may exclude each other, depending on the addresses that the system hands out:
// without this, one pool in 130 took 22 instead of 3 ns for a cycle (Zen 3, 400 processes with 4 pools each).
constexpr std::size_t kWordsOffset = 72;
constexpr std::size_t kMagazineBytes = std::size_t{256} << 10U;  // of memory that a thread moves at a time

// Slots of a line and more begin at a line, so that two threads never share one; large ones at a page.
std::size_t StrideOf(const SlotType& type) {
  std::size_t unit = std::max(type.align, sizeof(std::uint64_t));
  if (type.size >= kSlabMin) {
    unit = std::max(unit, kPage);
  } else if (type.size >= kCacheLine) {
    unit = std::max(unit, kCacheLine);
  }
  return RoundUp(std::max(type.size, std::size_t{1}), unit);
}

// The smallest power of two of slots that fill whole pages and a slab's minimum.
unsigned SlabShiftOf(std::size_t stride, std::size_t slab_min) {
  unsigned shift = 0;
  while (((stride << shift) % kPage) != 0 || (stride << shift) < slab_min) {
    ++shift;
  }
  return shift;
}

std::uint64_t NextPoolId() noexcept {
  static std::atomic<std::uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

long Membarrier(int command) noexcept { return syscall(SYS_membarrier, command, 0U, 0); }

// Once per process; the kernel remembers it. Linux 4.14 and later.
bool RegisterMembarrier() noexcept {
  static const bool registered = Membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
  return registered;
}

void* Reserve(std::size_t size) noexcept {
  void* place = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return place == MAP_FAILED ? nullptr : place;
}

}  // namespace

Status Validate(const PoolConfig& config) {
  const auto fail = [&](const std::string& what) {
    return Error(ErrorCode::kInvalidArgument, "pool '" + config.name + "': " + what);
  };
  if (config.capacity_max == 0 || config.capacity_max > kPoolCapacityMax) {
    return fail("capacity_max must be 1 to " + std::to_string(kPoolCapacityMax) + ", found " +
                std::to_string(config.capacity_max));
  }
  if (config.capacity_initial > config.capacity_max) {
    return fail("capacity_initial " + std::to_string(config.capacity_initial) + " is above capacity_max " +
                std::to_string(config.capacity_max));
  }
  if (config.trim_interval <= Duration(0)) {
    return fail("trim_interval must be positive");
  }
  return OkStatus();
}

SlotPool::SlotPool(const SlotType& type, const PoolConfig& config, const NumaTopology& topology)
    : stride_(StrideOf(type)),
      place_of_first_(NextPoolId() << 32U),
      magazine_(std::clamp(kMagazineBytes / stride_, std::size_t{1}, kMagazineMax)),
      stash_max_(static_cast<std::uint32_t>(2 * magazine_)),
      slab_shift_(SlabShiftOf(stride_, config.huge_pages ? kHugePage : kSlabMin)),
      slots_per_node_(RoundUp(config.capacity_max, std::size_t{1} << slab_shift_)),
      slots_total_(topology.nodes * slots_per_node_),
      slots_returned_inline_(type.reset ? 0 : slots_total_),
      type_(type),
      config_(config),
      topology_(topology),
      has_membarrier_(RegisterMembarrier()),
      nodes_(topology.nodes),
      capacity_initial_(config.capacity_initial),
      capacity_max_(config.capacity_max),
      trim_interval_(config.trim_interval) {
  ATTUNE_CHECK(Validate(config_).ok(), "a pool configuration that makes no sense");
  ATTUNE_CHECK(topology_.nodes >= 1 && topology_.nodes <= kNumaNodesMax, "1 to 64 nodes");
  ATTUNE_CHECK(type_.align <= kPage, "a slot is aligned to a page at most");
  slab_slots_.resize(slots_total_ >> slab_shift_);
  MapMemory();
  for (Stash& stash : stashes_) {
    stash.home.store(has_membarrier_ ? &none_ : &claimed_, std::memory_order_relaxed);
  }
  for (const std::size_t nobodys : {metrics::kThreadSlotShared, metrics::kThreadSlotUnset}) {
    stashes_[nobodys].home.store(&claimed_, std::memory_order_relaxed);
  }
  const std::lock_guard lock(mutex_);
  while (open_ < capacity_initial_ && OpenSlab(topology_.NodeOfThread())) {
  }
}

SlotPool::~SlotPool() {
  ATTUNE_CHECK(Idle() == open_, "a leased object outlives its pool");
  for (std::size_t slab = 0; slab < slab_slots_.size(); ++slab) {
    const auto first = static_cast<std::uint32_t>(slab << slab_shift_);
    for (std::uint32_t i = first; i < first + slab_slots_[slab]; ++i) {
      const std::uint64_t place = place_of_first_ + i;
      Unpoison(SlotAt(place));
      if (type_.destroy != nullptr && (WordAt(place).load(std::memory_order_relaxed) & kBuilt) != 0) {
        type_.destroy(SlotAt(place));
      }
    }
  }
  if (has_memory()) {
    munmap(SlotAt(place_of_first_), slots_total_ * stride_);
    munmap(static_cast<void*>(&WordAt(place_of_first_ - kWordsOffset)),
           (kWordsOffset + slots_total_) * sizeof(std::uint64_t));
  }
}

// Without address space the pool stays at a capacity of none, and Acquire says so.
void SlotPool::MapMemory() {
  const std::size_t size = slots_total_ * stride_;
  const std::size_t words_size = (kWordsOffset + slots_total_) * sizeof(std::uint64_t);
  void* slots = Reserve(size);
  void* words = Reserve(words_size);
  if (slots == nullptr || words == nullptr) {
    if (slots != nullptr) {
      munmap(slots, size);
    }
    if (words != nullptr) {
      munmap(words, words_size);
    }
    capacity_max_ = 0;
    return;
  }
  // Fresh pages are zero, which is the representation of an atomic zero: no need to touch all words. The
  // origins wrap around below zero; adding a place brings them back.
  slot_origin_ = reinterpret_cast<std::uintptr_t>(slots) - place_of_first_ * stride_;
  word_origin_ = reinterpret_cast<std::uintptr_t>(words) - (place_of_first_ - kWordsOffset) * sizeof(std::uint64_t);
  if (config_.huge_pages) {
    (void)madvise(slots, size, MADV_HUGEPAGE);  // advice; without it, small pages
  }
  for (std::size_t node = 0; topology_.nodes > 1 && node < topology_.nodes; ++node) {
    PreferNumaNode(SlotAt(place_of_first_ + node * slots_per_node_), slots_per_node_ * stride_, node);
  }
}

#if ATTUNE_ASAN
void SlotPool::Poison(void* slot) const noexcept { ASAN_POISON_MEMORY_REGION(slot, type_.size); }
void SlotPool::Unpoison(void* slot) const noexcept { ASAN_UNPOISON_MEMORY_REGION(slot, type_.size); }
#endif

// False, and not inside, when the stash is claimed.
inline bool SlotPool::TryEnter(Stash& stash) const noexcept {
  Enter(stash);
  if (stash.home.load(std::memory_order_acquire) != &claimed_) [[likely]] {
    return true;
  }
  Leave(stash);
  return false;
}

// The place of a free slot, kNone when there is none. REQUIRES: inside, here and below.
inline std::uint64_t SlotPool::Pop(Stash& stash) const noexcept {
  const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
  if (count == 0) [[unlikely]] {
    return kNone;
  }
  stash.count.store(count - 1, std::memory_order_relaxed);
  return place_of_first_ + stash.slots[count - 1];
}

// False when it is full.
inline bool SlotPool::Push(Stash& stash, std::uint64_t place) const noexcept {
  const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
  if (count == stash_max_) [[unlikely]] {
    return false;
  }
  stash.slots[count] = IndexOf(place);
  stash.count.store(count + 1, std::memory_order_relaxed);
  return true;
}

// What was popped belongs to this thread alone until its word says that it is leased.
inline SlotPool::Lease SlotPool::LeaseFree(std::uint64_t place) {
  Word& state = WordAt(place);
  const std::uint64_t word = state.load(std::memory_order_relaxed);
  if ((word & kStateMask) != kBuilt) [[unlikely]] {
    return LeaseUnbuilt(place);
  }
  state.store(word + kLeased, std::memory_order_relaxed);
  Unpoison(SlotAt(place));
  return {word + kLeased, place};
}

SlotPool::Lease SlotPool::LeaseUnbuilt(std::uint64_t place) {
  Word& state = WordAt(place);
  const std::uint64_t word = state.load(std::memory_order_relaxed);
  ATTUNE_CHECK((word & (kLeased | kHome)) == 0,
               "a slot is free and leased: its handle was returned by two threads at once");
  Unpoison(SlotAt(place));
  if (type_.build != nullptr) {
    type_.build(SlotAt(place));
  }
  built_.fetch_add(1, std::memory_order_relaxed);
  state.store(word | kBuilt | kLeased, std::memory_order_relaxed);
  return {word | kBuilt | kLeased, place};
}

// In one step with leasing it, so that whoever claims the stash next finds the home leased. None, and nothing changed,
// for a slot that is not built (building is the user's code and must not run inside), and when somebody claims the
// stash right now. REQUIRES: inside, and `home` was &none_ since.
SlotPool::Lease SlotPool::LeaseAsHome(Stash& stash, std::uint64_t place) noexcept {
  Word& state = WordAt(place);
  const std::uint64_t word = state.load(std::memory_order_relaxed);
  if ((word & kStateMask) != kBuilt) {
    return {};
  }
  state.store(word | kLeased | kHome, std::memory_order_relaxed);
  stash.home_place = place;
  stash.home_object = SlotAt(place);
  Word* none = &none_;
  if (!stash.home.compare_exchange_strong(none, &state, std::memory_order_release, std::memory_order_relaxed)) {
    state.store(word, std::memory_order_relaxed);
    return {};
  }
  Unpoison(SlotAt(place));
  return {word | kLeased | kHome, place};
}

// The home is leased. The caller has said that it is inside, whether or not the stash is claimed.
SlotPool::Lease SlotPool::AcquireBehind(Stash& stash) {
  if (!IsHome(stash.home.load(std::memory_order_acquire))) [[unlikely]] {
    return AcquireHomeless(stash);
  }
  const std::uint64_t place = Pop(stash);
  Leave(stash);
  return place != kNone ? LeaseFree(place) : AcquireFromDepot();
}

// The same where there is no home, or the stash is claimed. Looks again, and once: who claimed it may have left
// meanwhile and put a home back, which must stay as it is.
SlotPool::Lease SlotPool::AcquireHomeless(Stash& stash) {
  const Word* const home = stash.home.load(std::memory_order_acquire);
  const std::uint64_t place = home != &claimed_ ? Pop(stash) : kNone;
  const Lease lease = place != kNone && home == &none_ ? LeaseAsHome(stash, place) : Lease{};
  Leave(stash);
  if (place == kNone) {
    return AcquireFromDepot();
  }
  return lease.place != kNone ? lease : LeaseFree(place);
}

// A thread that has no stash yet finds a claimed one here, and its own in ReleaseToDepot.
void SlotPool::PutBehind(std::uint64_t place) noexcept {
  Stash& stash = stashes_[metrics::ThreadSlotIfAny()];
  if (!TryEnter(stash)) [[unlikely]] {
    return ReleaseToDepot(place);
  }
  const bool pushed = Push(stash, place);
  Leave(stash);
  if (!pushed) [[unlikely]] {
    ReleaseToDepot(place);
  }
}

void SlotPool::FailUsedAfterReturn() noexcept { ATTUNE_CHECK(false, "an object is used after its return"); }

// A home is anybody's from the store on, so that it comes last.
void SlotPool::EndLease(const Lease& lease) noexcept {
  ATTUNE_CHECK(IsLeased(lease.word, lease.place), "a handle is returned twice, or to a pool that it is not of");
  Poison(SlotAt(lease.place));
  WordAt(lease.place).store(lease.word + kLeaseStep - kLeased, std::memory_order_release);
}

void SlotPool::Release(Lease lease) noexcept {
  EndLease(lease);
  if ((lease.word & kHome) == 0) {
    PutBehind(lease.place);
  }
}

// Of a thread that has just become the owner of its stash, or had to wait for somebody who claimed it. REQUIRES:
// mutex_.
SlotPool::Lease SlotPool::LeaseHome(const Stash& stash) const noexcept {
  Word& home = *stash.home.load(std::memory_order_relaxed);
  const std::uint64_t word = home.load(std::memory_order_acquire);
  if ((word & kLeased) != 0) {
    return {};
  }
  home.store(word + kLeased, std::memory_order_relaxed);
  Unpoison(stash.home_object);
  return {word + kLeased, stash.home_place};
}

// With mutex_ held nobody claims, so this thread's own stash needs no Enter.
SlotPool::Lease SlotPool::AcquireFromDepot() {
  const std::size_t thread = metrics::ThreadSlot();
  const bool shared = thread == metrics::kThreadSlotShared;
  std::uint64_t place = kNone;
  {
    const std::lock_guard lock(mutex_);
    Stash& stash = stashes_[thread];
    if (const Lease home = LeaseHome(stash); home.place != kNone) {
      return home;
    }
    place = shared ? kNone : Pop(stash);
    if (place == kNone) {
      const std::span slots = std::span(stash.slots).first(shared ? 1 : magazine_);
      const std::size_t taken = Take(topology_.NodeOfThread(), slots);
      if (taken == 0) {
        ++exhausted_;
        return {};
      }
      place = place_of_first_ + slots[taken - 1];
      stash.count.store(static_cast<std::uint32_t>(taken - 1), std::memory_order_relaxed);
    }
  }
  return LeaseFree(place);
}

// The older half goes: what was returned last is hottest.
void SlotPool::ReleaseToDepot(std::uint64_t place) noexcept {
  const std::size_t thread = metrics::ThreadSlot();
  const std::lock_guard lock(mutex_);
  Stash& stash = stashes_[thread];
  if (thread == metrics::kThreadSlotShared) {
    const std::uint32_t index = IndexOf(place);
    Put(std::span(&index, 1));
  } else if (!Push(stash, place)) {
    Put(std::span(stash.slots).first(magazine_));
    std::copy_n(stash.slots.begin() + static_cast<std::ptrdiff_t>(magazine_), magazine_, stash.slots.begin());
    stash.count.store(static_cast<std::uint32_t>(magazine_), std::memory_order_relaxed);
    (void)Push(stash, place);
  }
}

// A batch is served from the stash, and what is missing from the depot, past the stash.
std::size_t SlotPool::Grab(std::size_t thread, std::span<std::uint32_t> slots) {
  Stash& stash = stashes_[thread];
  std::size_t taken = 0;
  if (TryEnter(stash)) {
    for (std::uint64_t place = 0; taken < slots.size() && (place = Pop(stash)) != kNone; ++taken) {
      slots[taken] = IndexOf(place);
    }
    Leave(stash);
  }
  if (taken == 0) {
    const std::lock_guard lock(mutex_);
    taken = Take(topology_.NodeOfThread(), slots);
    std::reverse(slots.begin(), slots.begin() + static_cast<std::ptrdiff_t>(taken));
    exhausted_ += taken == 0 ? 1 : 0;
  }
  return taken;
}

std::size_t SlotPool::Acquire(std::span<PoolHandle> handles) {
  // The first may be the home.
  const PoolHandle first = handles.empty() ? PoolHandle{} : Acquire();
  if (!first) {
    return 0;
  }
  handles[0] = first;
  const std::size_t thread = metrics::ThreadSlot();
  std::size_t done = 1;
  while (done < handles.size()) {
    std::array<std::uint32_t, 2 * kMagazineMax> slots;
    const std::size_t taken = Grab(thread, std::span(slots).first(std::min(slots.size(), handles.size() - done)));
    if (taken == 0) {
      break;
    }
    for (const std::uint32_t index : std::span(slots).first(taken)) {
      handles[done++] = HandleOf(LeaseFree(place_of_first_ + index));
    }
  }
  return done;
}

void SlotPool::Release(std::span<const PoolHandle> handles) noexcept {
  const std::size_t thread = metrics::ThreadSlot();
  Stash& stash = stashes_[thread];
  std::array<std::uint32_t, 2 * kMagazineMax> slots;
  while (!handles.empty()) {
    const std::size_t count = std::min(slots.size(), handles.size());
    std::size_t homeless = 0;
    for (const PoolHandle& handle : handles.first(count)) {
      EndLease({handle.word, handle.place});
      if ((handle.word & kHome) == 0) {
        slots[homeless++] = IndexOf(handle.place);
      }
    }
    handles = handles.subspan(count);
    std::size_t kept = 0;
    if (TryEnter(stash)) {
      while (kept < homeless && Push(stash, place_of_first_ + slots[kept])) {
        ++kept;
      }
      Leave(stash);
    }
    if (kept < homeless) {
      const std::lock_guard lock(mutex_);
      Put(std::span(slots).subspan(kept, homeless - kept));
    }
  }
}

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
    Poison(SlotAt(place_of_first_ + index));
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
SlotPool::Word* SlotPool::TakeHome(Stash& stash, Word* home) noexcept {
  const std::uint64_t word = home->load(std::memory_order_acquire);
  if ((word & kLeased) != 0) {
    return home;
  }
  home->store(word - kHome, std::memory_order_relaxed);
  const std::uint32_t index = IndexOf(stash.home_place);
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
    ATTUNE_CHECK(Membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0, "it worked when it was registered");
  }
  for (std::size_t i = 0; i < owned.size(); ++i) {
    Stash& stash = owned[i];
    while (stash.inside.load(std::memory_order_acquire) != 0) {
      std::this_thread::yield();
    }
    Put(std::span(stash.slots).first(stash.count.exchange(0, std::memory_order_relaxed)));
    stash.home.store(TakeHome(stash, homes[i]), std::memory_order_release);
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
      const std::uint64_t place = place_of_first_ + i;
      const std::uint64_t word = WordAt(place).load(std::memory_order_relaxed);
      Unpoison(SlotAt(place));
      if ((word & kBuilt) != 0) {
        if (type_.destroy != nullptr) {
          type_.destroy(SlotAt(place));
        }
        WordAt(place).store(word & ~kBuilt, std::memory_order_relaxed);
        ++destroyed;
      }
    }
    (void)madvise(SlotAt(place_of_first_ + slab.first), stride_ << slab_shift_, MADV_DONTNEED);
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

// Every word counts the leases of its slot that ended: the statistics are true without a counter on the fast path.
PoolStats SlotPool::stats() const {
  const std::lock_guard lock(mutex_);
  PoolStats stats{.built = built_.load(std::memory_order_relaxed),
                  .destroyed = destroyed_.load(std::memory_order_relaxed),
                  .exhausted = exhausted_,
                  .exchanges = exchanges_,
                  .open = open_,
                  .bytes = bytes()};
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const std::size_t first = node * slots_per_node_;
    const std::size_t end = first + (static_cast<std::size_t>(nodes_[node].slabs_used) << slab_shift_);
    for (std::size_t i = first; i < end; ++i) {
      const std::uint64_t word = WordAt(place_of_first_ + i).load(std::memory_order_relaxed);
      stats.released += word / kLeaseStep;
      stats.leased += word & kLeased;
    }
  }
  stats.acquired = stats.released + stats.leased;
  stats.built = std::min(stats.built, stats.acquired);  // an object is built a moment before its lease is seen
  return stats;
}

Bytes SlotPool::bytes() const noexcept {
  const std::uint64_t destroyed = destroyed_.load(std::memory_order_acquire);
  const std::uint64_t built = built_.load(std::memory_order_relaxed);
  constexpr std::size_t kBookkeeping = sizeof(std::uint64_t) + sizeof(std::uint32_t);  // word and place in the depot
  return Bytes(sizeof(SlotPool) + (built - std::min(built, destroyed)) * (stride_ + kBookkeeping));
}

Bytes SlotPool::bytes_leased() const noexcept {
  const std::lock_guard lock(mutex_);
  return Bytes(sizeof(SlotPool) + (open_ - std::min(open_, Idle() + closing_)) * stride_);
}

void SlotPool::CheckInvariants() const {
  const std::lock_guard lock(mutex_);
  std::vector<bool> seen(topology_.nodes * slots_per_node_);
  std::size_t idle = 0;
  std::size_t homes = 0;
  const auto check_idle = [&](std::uint32_t index) {
    ATTUNE_CHECK(!seen[index], "a slot is free once");
    ATTUNE_CHECK((WordAt(place_of_first_ + index).load(std::memory_order_relaxed) & kLeased) == 0,
                 "what is free is not leased");
    ATTUNE_CHECK((index & ((1U << slab_shift_) - 1)) < slab_slots_[SlabOf(index)], "a free slot is in an open slab");
    seen[index] = true;
    ++idle;
  };
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    for (const std::uint32_t index : nodes_[node].free) {
      ATTUNE_CHECK(index / slots_per_node_ == node, "a slot goes home to its node");
      check_idle(index);
    }
  }
  for (const Stash& stash : std::span(stashes_).first(metrics::kThreadSlotsOwned)) {
    std::for_each_n(stash.slots.begin(), stash.count.load(std::memory_order_relaxed), check_idle);
    if (const Word* home = stash.home.load(std::memory_order_relaxed); IsHome(home)) {
      const std::uint64_t word = home->load(std::memory_order_relaxed);
      ATTUNE_CHECK(home == &WordAt(stash.home_place) && stash.home_object == SlotAt(stash.home_place),
                   "a home is one slot");
      ATTUNE_CHECK((word & kHome) != 0 && (word & kBuilt) != 0, "a home is marked as one, and built");
      ++homes;
      if ((word & kLeased) == 0) {
        check_idle(IndexOf(stash.home_place));
      }
    }
  }
  std::size_t leased = 0;
  for (std::size_t i = 0; has_memory() && i < seen.size(); ++i) {
    const std::uint64_t word = WordAt(place_of_first_ + i).load(std::memory_order_relaxed);
    leased += word & kLeased;
    homes -= (word & kHome) / kHome;
  }
  ATTUNE_CHECK(homes == 0, "a slot is the home of one stash at most, and unmarked when it is of none");
  ATTUNE_CHECK(idle + leased == open_, "every open slot is idle or leased");
  ATTUNE_CHECK(open_ <= config_.capacity_max, "bounded");
}

}  // namespace attune::memory
