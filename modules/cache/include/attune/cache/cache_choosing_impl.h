#pragma once
// The members of Cache by which it chooses its policy: sampling, simulating, moving. Included by cache.h alone.

#include "attune/cache/cache.h"

namespace attune::cache {

// Entries of a miniature: a sixty-fourth of the bytes goes to the simulations, as far as they can use it.
template <typename K, typename V, typename Traits>
std::size_t Cache<K, V, Traits>::SimulatedFor(Bytes bytes_max) {
  constexpr std::size_t kSimulatedMin = 32;
  const PolicySelectorConfig usual;
  const std::uint64_t each = PolicySelector::kBytesPerSimulated * (usual.candidates.size() + 1);  // SIEVE may join
  const auto affordable = static_cast<std::size_t>(bytes_max.count() / 64 / each);
  return std::clamp(affordable, kSimulatedMin, usual.simulated_entries_max);
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::MakeSelector(std::size_t entries_max, Bytes bytes_max) {
  selector_entries_ = std::min(entries_max, kSelectorEntriesMax);
  selector_ = std::make_unique<PolicySelector>(selector_entries_,
                                               PolicySelectorConfig{.simulated_entries_max = SimulatedFor(bytes_max)});
}

// After a Resize: a cache that was too small for choosing may begin with it, one that is much too small now ends it,
// and one of another order of size has miniatures of another size.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::FitSelector(Removed& removed) {
  const Bytes bytes_max(budget_.bytes_max());
  if (selector_ != nullptr && bytes_max < kChoosingEndsBytes) {
    selector_.reset();
    TellParts();
    SwitchPolicy(kPolicyOfSmallCaches, removed);
    ChargeOwn(removed);
  } else if (selector_ != nullptr) {
    const std::size_t simulated = SimulatedFor(bytes_max);
    const std::size_t before = selector_->simulated_entries_max();
    if (simulated >= 2 * before || simulated <= before / 2) {
      selector_->SetSimulatedMax(simulated);
      ChargeOwn(removed);
    }
  } else if (chooses_ && bytes_max >= kChoosingBytesMin) {
    MakeSelector(budget_.entries_max(), bytes_max);
    SwitchPolicy(selector_->policy(), removed);
    TellParts();
    ChargeOwn(removed);
  }
}

// True: it is time to simulate, or to tell the selector of what was missed. REQUIRES the shard's lock.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::NoteSample(Part& part, KeyHash hash, bool hit) {
  if (IsSampled(part, hash)) [[unlikely]] {
    return TakeSample(part, hash);
  }
  return !hit && part.shard.counts.misses >= part.review_at;
}

template <typename K, typename V, typename Traits>
[[gnu::noinline]] bool Cache<K, V, Traits>::TakeSample(Part& part, KeyHash hash) {
  if (part.samples.size() < kSamplesKept) {
    part.samples.push_back(hash);
  }
  return part.samples.size() % PolicySelector::kBatch == 0;
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::SimulateSoon() {
  if (simulation_waits_.exchange(true, std::memory_order_relaxed)) {
    return;
  }
  if (hooks_.background) {
    BeginBackgroundTask();
    const std::shared_ptr<Cache> until_done(this, [](Cache* cache) {
      cache->simulation_waits_.store(false, std::memory_order_relaxed);
      cache->EndBackgroundTask();
    });
    const bool accepted = hooks_.background([until_done] {
      Removed removed;
      {
        const std::lock_guard hold(until_done->maintain_mutex_);
        until_done->Simulate(removed);
      }
      until_done->Tell(removed);
    });
    if (accepted) {
      return;
    }
  }
  Removed removed;
  if (const std::unique_lock hold(maintain_mutex_, std::try_to_lock); hold.owns_lock()) {
    Simulate(removed);
  }
  simulation_waits_.store(false, std::memory_order_relaxed);
  Tell(removed);
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::Simulate(Removed& removed) {
  if (selector_ == nullptr) {
    return;
  }
  const std::uint32_t sampled_below = selector_->sampled_below();
  TellSelectorSize(removed);
  const bool reviewed = ReviewLive(removed);
  SimulateSamples();
  if (const std::optional<PolicyChange> change = selector_->Decide(); change.has_value()) {
    SwitchPolicy(change->to, removed);
    Journal(*change);
  }
  if (reviewed || selector_->sampled_below() != sampled_below) {
    TellParts();
  } else {
    PostponeReview();
  }
  ChargeOwn(removed);
}

template <typename K, typename V, typename Traits>
LiveCounts Cache<K, V, Traits>::CountLive() const {
  LiveCounts live;
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    const typename Shard::Counts& counts = part->shard.counts;
    live.accesses += part->shard.hits() + counts.misses;
    live.misses += counts.misses;
    live.evictions += counts.removals[static_cast<std::size_t>(RemovalReason::kEntryLimit)] +
                      counts.removals[static_cast<std::size_t>(RemovalReason::kByteLimit)];
  }
  return live;
}

// False: too little has been missed since the last time.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::ReviewLive(Removed& removed) {
  const LiveCounts live = CountLive();
  if (live.misses - reviewed_.misses < selector_->review_misses()) {
    return false;
  }
  if (selector_->Review({.accesses = live.accesses - reviewed_.accesses,
                         .misses = live.misses - reviewed_.misses,
                         .evictions = live.evictions - reviewed_.evictions})) {
    ChargeOwn(removed);  // for the miniatures, before they fill
    AdoptResidents();
  }
  reviewed_ = live;
  return true;
}

// A shard that misses more than the others asks early: again after its part of what the cache still has to miss.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::PostponeReview() {
  const std::uint64_t seen = CountLive().misses - reviewed_.misses;
  const std::uint64_t missing = selector_->review_misses() - std::min(selector_->review_misses(), seen);
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    if (part->shard.counts.misses >= part->review_at) {
      part->review_at = part->shard.counts.misses + missing / parts_.size() + 1;
    }
  }
}

// Of several shards, each resident comes at its place among those of its own.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::AdoptResidents() {
  if (budget_.entries() > kAdoptedMax) {
    return;
  }
  std::vector<std::pair<double, KeyHash>> ranked;
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    const std::vector<Slot> slots = part->shard.ColdestFirst();
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const KeyHash hash = part->shard.entry(slots[i]).HashOfKey();
      if (selector_->Samples(hash)) {
        ranked.emplace_back(static_cast<double>(i) / static_cast<double>(slots.size()), hash);
      }
    }
  }
  std::ranges::sort(ranked);
  std::vector<KeyHash> residents;
  residents.reserve(ranked.size());
  for (const auto& [rank, hash] : ranked) {
    residents.push_back(hash);
  }
  selector_->Adopt(residents);
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::SimulateSamples() {
  if (!selector_->learning()) {
    return;
  }
  samples_.reserve(kSamplesKept);
  for (const std::unique_ptr<Part>& part : parts_) {
    samples_.clear();
    {
      const std::lock_guard hold(part->shard.lock);
      samples_.swap(part->samples);
      part->samples.reserve(kSamplesKept);
    }
    selector_->Simulate(samples_);
  }
}

// What is sampled from now on, and when misses are next reviewed. Memory for samples is held while there are some.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::TellParts() {
  const std::uint64_t misses = selector_ == nullptr ? kNoReview : selector_->review_misses() / parts_.size() + 1;
  const bool samples = selector_ != nullptr && selector_->learning();
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold(part->shard.lock);
    part->sampled_below = samples ? selector_->sampled_below() : 0;
    part->review_at = misses == kNoReview ? kNoReview : part->shard.counts.misses + misses;
    if (samples) {
      part->samples.reserve(kSamplesKept);
    } else {
      std::vector<KeyHash>().swap(part->samples);
    }
  }
  if (!samples) {
    std::vector<KeyHash>().swap(samples_);
  }
}

// Where bytes are what limits, the number of entries that fit is known only by what is there.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::TellSelectorSize(Removed& removed) {
  const bool bytes_bind = budget_.bytes() > budget_.bytes_max() / 16 * 15;
  const std::size_t fits =
      std::clamp<std::size_t>(bytes_bind ? budget_.entries() : budget_.entries_max(), 1, kSelectorEntriesMax);
  if (fits < selector_entries_ / 4 * 3 || fits > selector_entries_ + selector_entries_ / 4) {
    selector_entries_ = fits;
    selector_->Resize(fits);
    ChargeOwn(removed);
  }
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::SwitchPolicy(PolicyKind kind, Removed& removed) {
  for (const std::unique_ptr<Part>& part : parts_) {
    {
      const std::lock_guard hold(part->shard.lock);
      part->shard.SetPolicy(kind, removed);
    }
    ChargeOwn(removed);  // where this shard alone could not pay for a larger policy
  }
  policy_switches_.fetch_add(1, std::memory_order_relaxed);
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::Journal(const PolicyChange& change) const {
  if (hooks_.journal != nullptr) {
    hooks_.journal->Append({.time = clock_.Now(),
                            .knob = config_.name + ".policy",
                            .from = std::string(ToString(change.from)),
                            .to = std::string(ToString(change.to)),
                            .controller = "policy selector",
                            .inputs = {{"sampled", static_cast<double>(change.accesses)},
                                       {"only_to", static_cast<double>(change.only_to)},
                                       {"only_from", static_cast<double>(change.only_from)}},
                            .reason = change.Reason()});
  }
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::UsePolicy(PolicyKind kind) {
  Removed removed;
  {
    const std::lock_guard hold(maintain_mutex_);
    chooses_ = false;
    selector_.reset();
    TellParts();
    SwitchPolicy(kind, removed);
    ChargeOwn(removed);
  }
  Tell(removed);
}

}  // namespace attune::cache
