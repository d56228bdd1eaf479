#include "attune/memory/slot_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "attune/memory/page_size.h"
#include "membarrier.h"

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

// Where the words of a new pool begin, above their bits of state: 2^40 leases of one slot after the pool before it.
std::uint64_t NextWordFirst() noexcept {
  static std::atomic<std::uint64_t> pools{0};
  return (pools.fetch_add(1, std::memory_order_relaxed) + 1) << 43U;
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
      magazine_(std::clamp(kMagazineBytes / stride_, std::size_t{1}, kMagazineMax)),
      stash_max_(static_cast<std::uint32_t>(2 * magazine_)),
      slab_shift_(SlabShiftOf(stride_, config.huge_pages ? kHugePage : kSlabMin)),
      slots_per_node_(RoundUp(config.capacity_max, std::size_t{1} << slab_shift_)),
      slots_total_(topology.nodes * slots_per_node_),
      word_first_(NextWordFirst()),
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
  bookkeeping_ = slab_slots_.size() * 3 * sizeof(std::uint32_t);  // with the two that follow
  depot_count_ = {std::vector<std::uint32_t>(slab_slots_.size()), std::vector<std::size_t>(nodes_.size())};
  for (Node& node : nodes_) {
    node.slabs_closed.reserve(slots_per_node_ >> slab_shift_);  // so that closing one never has to ask for memory
  }
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
      Unpoison(ObjectAt(i));
      if (type_.destroy != nullptr && (words_[i].load(std::memory_order_relaxed) & kBuilt) != 0) {
        type_.destroy(ObjectAt(i));
      }
    }
  }
  if (has_memory()) {
    munmap(objects_, slots_total_ * stride_);
    munmap(static_cast<void*>(words_ - kWordsOffset), kWordsOffset * sizeof(Word) + words_bytes_);
  }
}

// Without address space the pool stays at a capacity of none, and Acquire says so.
void SlotPool::MapMemory() {
  const std::size_t objects_size = slots_total_ * stride_;
  const std::size_t words_size = (kWordsOffset + slots_total_) * sizeof(Word);
  void* const objects = Reserve(objects_size);
  void* const words = Reserve(words_size);
  if (objects == nullptr || words == nullptr) {
    if (objects != nullptr) {
      munmap(objects, objects_size);
    }
    if (words != nullptr) {
      munmap(words, words_size);
    }
    capacity_max_ = 0;
    return;
  }
  // Fresh pages are zero, which is the representation of an atomic zero: no need to touch all words.
  words_ = static_cast<Word*>(words) + kWordsOffset;
  words_bytes_ = slots_total_ * sizeof(Word);
  returned_inline_ = type_.reset ? 0 : words_bytes_;
  objects_ = static_cast<std::byte*>(objects);
  if (config_.huge_pages) {
    (void)madvise(objects, objects_size, MADV_HUGEPAGE);  // advice; without it, small pages
  }
  for (std::size_t node = 0; topology_.nodes > 1 && node < topology_.nodes; ++node) {
    PreferNumaNode(ObjectAt(node * slots_per_node_), slots_per_node_ * stride_, node);
  }
}

Error SlotPool::Exhausted() const {
  const std::string why = has_memory() ? "all of its objects are in use"
                                       : "the system has no address space for " + std::to_string(config_.capacity_max) +
                                             " objects of " + std::to_string(stride_) + " bytes";
  return {ErrorCode::kExhausted, "pool '" + config_.name + "': " + why};
}

#if ATTUNE_ASAN
void SlotPool::Poison(void* object) const noexcept { ASAN_POISON_MEMORY_REGION(object, type_.size); }
void SlotPool::Unpoison(void* object) const noexcept { ASAN_UNPOISON_MEMORY_REGION(object, type_.size); }
#endif

// A free slot, if there is one. REQUIRES: inside, here and below.
inline std::optional<std::uint32_t> SlotPool::Pop(Stash& stash) noexcept {
  const std::uint32_t count = stash.count.load(std::memory_order_relaxed);
  if (count == 0) [[unlikely]] {
    return std::nullopt;
  }
  stash.count.store(count - 1, std::memory_order_relaxed);
  return stash.slots[count - 1];
}

SlotPool::Lease SlotPool::LeaseUnbuilt(std::uint32_t index) {
  Word& state = words_[index];
  std::uint64_t word = state.load(std::memory_order_relaxed);
  ATTUNE_CHECK((word & (kLeased | kHome)) == 0,
               "a slot is free and leased: its handle was returned by two threads at once");
  Unpoison(ObjectAt(index));
  if (type_.build != nullptr) {
    try {
      type_.build(ObjectAt(index));
    } catch (...) {
      Poison(ObjectAt(index));
      PutBehind(index);
      throw;
    }
  }
  built_.fetch_add(1, std::memory_order_relaxed);
  word = (word == 0 ? word_first_ : word) | kBuilt | kLeased;
  state.store(word, std::memory_order_relaxed);
  return {word, &state};
}

// In one step with leasing it, so that whoever claims the stash next finds the home leased. None, and nothing changed,
// for a slot that is not built (building is the user's code and must not run inside), and when somebody claims the
// stash right now. REQUIRES: inside, and `home` was &none_ since.
SlotPool::Lease SlotPool::LeaseAsHome(Stash& stash, std::uint32_t index) noexcept {
  Word& state = words_[index];
  const std::uint64_t word = state.load(std::memory_order_relaxed);
  if ((word & kStateMask) != kBuilt) {
    return {};
  }
  state.store(word | kLeased | kHome, std::memory_order_relaxed);
  stash.home_object = ObjectAt(index);
  Word* none = &none_;
  if (!stash.home.compare_exchange_strong(none, &state, std::memory_order_release, std::memory_order_relaxed)) {
    state.store(word, std::memory_order_relaxed);
    return {};
  }
  Unpoison(ObjectAt(index));
  return {word | kLeased | kHome, &state};
}

// The home is leased. The caller has said that it is inside, whether or not the stash is claimed.
SlotPool::Lease SlotPool::AcquireBehind(Stash& stash) {
  if (!IsHome(stash.home.load(std::memory_order_acquire))) [[unlikely]] {
    return AcquireHomeless(stash);
  }
  const std::optional<std::uint32_t> index = Pop(stash);
  Leave(stash);
  return index.has_value() ? LeaseFree(*index) : AcquireFromDepot();
}

// The same where there is no home, or the stash is claimed. Looks again, and once: who claimed it may have left
// meanwhile and put a home back, which must stay as it is.
SlotPool::Lease SlotPool::AcquireHomeless(Stash& stash) {
  const Word* const home = stash.home.load(std::memory_order_acquire);
  const std::optional<std::uint32_t> index = home != &claimed_ ? Pop(stash) : std::nullopt;
  const Lease lease = index.has_value() && home == &none_ ? LeaseAsHome(stash, *index) : Lease{};
  Leave(stash);
  if (!index.has_value()) {
    return AcquireFromDepot();
  }
  return lease.slot != nullptr ? lease : LeaseFree(*index);
}

void SlotPool::FailUsedAfterReturn() noexcept { ATTUNE_CHECK(false, "an object is used after its return"); }

// A home is anybody's from the store on, so that it comes last.
void SlotPool::EndLease(const Lease& lease) noexcept {
  ATTUNE_CHECK(IsLeased(lease), "a handle is returned twice, or to a pool that it is not of");
  Poison(ObjectOf(lease.slot));
  lease.slot->store(lease.word + kLeaseStep - kLeased, std::memory_order_release);
}

void SlotPool::Release(Lease lease) noexcept {
  EndLease(lease);
  if ((lease.word & kHome) == 0) {
    PutBehind(IndexOf(lease.slot));
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
  return {word + kLeased, &home};
}

// With mutex_ held nobody claims, so this thread's own stash needs no Enter.
SlotPool::Lease SlotPool::AcquireFromDepot() {
  const std::size_t thread = metrics::ThreadSlot();
  const bool shared = thread == metrics::kThreadSlotShared;
  std::optional<std::uint32_t> index;
  {
    const std::lock_guard lock(mutex_);
    Stash& stash = stashes_[thread];
    if (const Lease home = LeaseHome(stash); home.slot != nullptr) {
      return home;
    }
    index = shared ? std::nullopt : Pop(stash);
    if (!index.has_value()) {
      const std::span slots = std::span(stash.slots).first(shared ? 1 : magazine_);
      const std::size_t taken = Take(topology_.NodeOfThread(), slots);
      if (taken == 0) {
        ++exhausted_;
        return {};
      }
      index = slots[taken - 1];
      stash.count.store(static_cast<std::uint32_t>(taken - 1), std::memory_order_relaxed);
    }
  }
  return LeaseFree(*index);
}

// The older half goes: what was returned last is hottest.
void SlotPool::ReleaseToDepot(std::uint32_t index) noexcept {
  const std::size_t thread = metrics::ThreadSlot();
  const std::lock_guard lock(mutex_);
  Stash& stash = stashes_[thread];
  if (thread == metrics::kThreadSlotShared) {
    Put(std::span(&index, 1));
  } else if (!Push(stash, index)) {
    Put(std::span(stash.slots).first(magazine_));
    std::copy_n(stash.slots.begin() + static_cast<std::ptrdiff_t>(magazine_), magazine_, stash.slots.begin());
    stash.count.store(static_cast<std::uint32_t>(magazine_), std::memory_order_relaxed);
    (void)Push(stash, index);
  }
}

// A batch is served from the stash, and what is missing from the depot, past the stash.
std::size_t SlotPool::Grab(std::size_t thread, std::span<std::uint32_t> slots) {
  Stash& stash = stashes_[thread];
  std::size_t taken = 0;
  if (TryEnter(stash)) {
    for (std::optional<std::uint32_t> index; taken < slots.size() && (index = Pop(stash)).has_value(); ++taken) {
      slots[taken] = *index;
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
  std::size_t done = 0;
  try {
    AcquireAll(handles, done);
  } catch (...) {
    Release(handles.first(done));
    std::fill_n(handles.begin(), done, PoolHandle{});
    throw;
  }
  return done;
}

// Counts in `done` as it goes, for the case that something throws.
void SlotPool::AcquireAll(std::span<PoolHandle> handles, std::size_t& done) {
  // The first may be the home.
  const PoolHandle first = handles.empty() ? PoolHandle{} : Acquire();
  if (!first) {
    return;
  }
  handles[done++] = first;
  const std::size_t thread = metrics::ThreadSlot();
  while (done < handles.size()) {
    std::array<std::uint32_t, 2 * kMagazineMax> slots;
    const std::size_t taken = Grab(thread, std::span(slots).first(std::min(slots.size(), handles.size() - done)));
    if (taken == 0) {
      break;
    }
    LeaseAll(std::span(slots).first(taken), handles, done);
  }
}

void SlotPool::LeaseAll(std::span<const std::uint32_t> slots, std::span<PoolHandle> handles, std::size_t& done) {
  std::size_t next = 0;
  try {
    while (next < slots.size()) {
      handles[done] = HandleOf(LeaseFree(slots[next++]));
      ++done;
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    Put(slots.subspan(next));
    throw;
  }
}

void SlotPool::Release(std::span<const PoolHandle> handles) noexcept {
  const std::size_t thread = metrics::ThreadSlot();
  Stash& stash = stashes_[thread];
  std::array<std::uint32_t, 2 * kMagazineMax> slots;
  while (!handles.empty()) {
    const std::size_t count = std::min(slots.size(), handles.size());
    std::size_t homeless = 0;
    for (const PoolHandle& handle : handles.first(count)) {
      EndLease({handle.word, handle.slot});
      if ((handle.word & kHome) == 0) {
        slots[homeless++] = IndexOf(handle.slot);
      }
    }
    handles = handles.subspan(count);
    std::size_t kept = 0;
    if (TryEnter(stash)) {
      while (kept < homeless && Push(stash, slots[kept])) {
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
      const std::uint64_t word = words_[i].load(std::memory_order_relaxed);
      stats.released += word == 0 ? 0 : (word - word_first_) / kLeaseStep;
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
  return Bytes(sizeof(SlotPool) + bookkeeping_.load(std::memory_order_relaxed) +
               (built - std::min(built, destroyed)) * stride_);
}

Bytes SlotPool::bytes_min() const noexcept {
  const std::lock_guard lock(mutex_);
  std::uint64_t kept = sizeof(SlotPool) + bookkeeping_.load(std::memory_order_relaxed);
  for (const Node& node : nodes_) {
    kept -= node.free.capacity() * kDepotPlace;
  }
  return std::min(bytes(), Bytes(kept + SlotsPinned() * (stride_ + kDepotPlace)));
}

void SlotPool::CheckInvariants() const {
  const std::lock_guard lock(mutex_);
  std::vector<bool> seen(topology_.nodes * slots_per_node_);
  std::size_t idle = 0;
  std::size_t homes = 0;
  const auto check_idle = [&](std::uint32_t index) {
    ATTUNE_CHECK(!seen[index], "a slot is free once");
    ATTUNE_CHECK((words_[index].load(std::memory_order_relaxed) & kLeased) == 0, "what is free is not leased");
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
      ATTUNE_CHECK(stash.home_object == ObjectOf(home), "a home is one slot");
      ATTUNE_CHECK((word & kHome) != 0 && (word & kBuilt) != 0, "a home is marked as one, and built");
      ++homes;
      if ((word & kLeased) == 0) {
        check_idle(IndexOf(home));
      }
    }
  }
  std::size_t leased = 0;
  for (std::size_t i = 0; has_memory() && i < seen.size(); ++i) {
    const std::uint64_t word = words_[i].load(std::memory_order_relaxed);
    leased += word & kLeased;
    homes -= (word & kHome) / kHome;
  }
  ATTUNE_CHECK(homes == 0, "a slot is the home of one stash at most, and unmarked when it is of none");
  ATTUNE_CHECK(idle + leased == open_, "every open slot is idle or leased");
  for (const Node& node : nodes_) {
    ATTUNE_CHECK(node.free.capacity() >= node.open, "the depot has room for all of them");
  }
  ATTUNE_CHECK(open_ <= config_.capacity_max, "bounded");
}

}  // namespace attune::memory
