#pragma once
// The members of Cache that change its size and keep house: limits, giving memory back. Included by cache.h alone.

#include "attune/cache/cache.h"

namespace attune::cache {

// At least one shard gives, however late it is; the rest of a small amount is one shard's to give. While others store
// as fast as this evicts, it ends after some rounds.
template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::EvictDownTo(std::size_t entries_max, std::uint64_t bytes_max, TimePoint deadline) {
  const auto late = [&] { return deadline != TimePoint::max() && clock_.Now() >= deadline; };
  const auto above = [&] { return budget_.entries() > entries_max || budget_.bytes() > bytes_max; };
  bool evicted = true;
  for (int round = 0; round < kEvictingRoundsMax && evicted && above(); ++round) {
    // Each shard gives in proportion.
    const double entries_kept = static_cast<double>(entries_max) / static_cast<double>(budget_.entries());
    const double bytes_kept = static_cast<double>(bytes_max) / static_cast<double>(budget_.bytes());
    const auto share = [](double kept, std::uint64_t now) {
      return kept < 1 ? static_cast<std::uint64_t>(std::ceil(kept * static_cast<double>(now))) : now;
    };
    evicted = false;
    for (std::size_t i = 0; i < parts_.size() && above(); ++i) {
      Part& part = *parts_[shrinks_next_.fetch_add(1, std::memory_order_relaxed) & part_mask_];
      Removed removed;
      {
        const std::lock_guard hold(part.shard.lock);
        const std::size_t entries_share = share(entries_kept, part.shard.entries());
        const std::uint64_t bytes_share = share(bytes_kept, part.shard.bytes());
        evicted = part.shard.ShrinkTo(entries_share, bytes_share, late, removed) || evicted;
      }
      Tell(removed);
      if (late()) {
        return;
      }
    }
    if (!evicted) {
      Removed removed;
      evicted = GiveOne(entries_max, removed);
      Tell(removed);
    }
  }
}

// The next shard that can gives an entry, or some bytes.
template <typename K, typename V, typename Traits>
bool Cache<K, V, Traits>::GiveOne(std::size_t entries_max, Removed& removed) {
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    Part& part = *parts_[shrinks_next_.fetch_add(1, std::memory_order_relaxed) & part_mask_];
    const std::lock_guard hold(part.shard.lock);
    const bool gave = budget_.entries() > entries_max ? part.shard.EvictOne(0, RemovalReason::kShrink, removed)
                                                      : part.shard.FreeSomeBytes(0, RemovalReason::kShrink, removed);
    part.shard.ChargeOverhead();
    if (gave) {
      return true;
    }
  }
  return false;
}

template <typename K, typename V, typename Traits>
Status Cache<K, V, Traits>::Resize(CacheLimits limits) {
  ATTUNE_RETURN_IF_ERROR(Validate(limits));
  if (limits.bytes_max < bytes_least()) {
    return Error(ErrorCode::kInvalidArgument,
                 "cache '" + config_.name + "': bytes_max is " + ToString(limits.bytes_max) + ", and its " +
                     std::to_string(parts_.size()) + " shards, as many as suited its first limits, need at least " +
                     ToString(bytes_least()) + ": make a new cache");
  }
  budget_.SetLimits(limits.entries_max, limits.bytes_max);
  EvictDownTo(limits.entries_max, limits.bytes_max.count());
  std::unique_lock hold(maintain_mutex_);
  for (const std::unique_ptr<Part>& part : parts_) {
    const std::lock_guard hold_shard(part->shard.lock);
    part->shard.SetShare((budget_.entries_max() - 1) / parts_.size() + 1);
  }
  Removed removed;
  FitSelector(removed);
  hold.unlock();
  Tell(removed);
  return budget_.over() ? OverLimitsError() : OkStatus();
}

// What is left after everything that may go has gone.
template <typename K, typename V, typename Traits>
Error Cache<K, V, Traits>::OverLimitsError() const {
  return {ErrorCode::kExhausted,
          "cache '" + config_.name + "': what is pinned is above the new limits; they hold once it is released"};
}

template <typename K, typename V, typename Traits>
Bytes Cache<K, V, Traits>::ShrinkBefore(Bytes wanted, TimePoint deadline) {
  const std::uint64_t before = budget_.bytes();
  EvictDownTo(kEntriesUnlimited, before - std::min(before, wanted.count()), deadline);
  const std::uint64_t after = budget_.bytes();
  return Bytes(before - std::min(before, after));
}

template <typename K, typename V, typename Traits>
void Cache<K, V, Traits>::Maintain() {
  const TimePoint now = clock_.Now();
  for (const std::unique_ptr<Part>& part : parts_) {
    Removed removed;
    {
      const std::lock_guard hold(part->shard.lock);
      part->shard.RemoveExpired(now, removed);
    }
    Tell(removed);
  }
  Removed removed;
  {
    const std::lock_guard hold(maintain_mutex_);
    Simulate(removed);
    UpdateBenefit(now);
  }
  Tell(removed);
}

}  // namespace attune::cache
