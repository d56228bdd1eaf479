#include "attune/cache/temporal_prefetcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "attune/base/check.h"
#include "attune/base/duration.h"

namespace attune::cache {
namespace {

constexpr std::size_t kLevelsPerPeriod = 4;
constexpr std::size_t kPeriodsMax = kConfidenceLevels / kLevelsPerPeriod;
constexpr std::size_t kSlotsLimit = 4096;
constexpr std::size_t kKeysLimit = 4096;

Error OutOfRange(const std::string& field, std::size_t value, std::size_t low, std::size_t high) {
  return {ErrorCode::kInvalidArgument, field + " is " + std::to_string(value) + "; it must be " + std::to_string(low) +
                                           " to " + std::to_string(high)};
}

}  // namespace

Status Validate(const TemporalConfig& config) {
  if (config.periods.empty() || config.periods.size() > kPeriodsMax) {
    return OutOfRange("the number of periods", config.periods.size(), 1, kPeriodsMax);
  }
  if (config.slots < 2 || config.slots > kSlotsLimit) return OutOfRange("slots", config.slots, 2, kSlotsLimit);
  if (config.keys_per_slot_max < 1 || config.keys_per_slot_max > kKeysLimit) {
    return OutOfRange("keys_per_slot_max", config.keys_per_slot_max, 1, kKeysLimit);
  }
  if (config.proposals_max < 1 || config.proposals_max > kKeysLimit) {
    return OutOfRange("proposals_max", config.proposals_max, 1, kKeysLimit);
  }
  for (const Duration period : config.periods) {
    if (period < Duration(config.slots)) {
      return Error(ErrorCode::kInvalidArgument,
                   "a period is " + attune::ToString(period) + "; a slot of it would be nothing");
    }
  }
  return OkStatus();
}

TemporalPrefetcher::TemporalPrefetcher(const Clock& clock, TemporalConfig config)
    : clock_(clock), config_(std::move(config)) {
  ATTUNE_CHECK(Validate(config_).ok(), "invalid TemporalConfig");
  for (const Duration period : config_.periods) {
    cycles_.push_back({.period = period,
                       .slot_length = period / static_cast<Duration::rep>(config_.slots),
                       .slots = std::vector<Slot>(config_.slots)});
  }
}

Bytes TemporalPrefetcher::bytes() const noexcept {
  std::size_t sum = sizeof(*this) + waiting_.capacity() * sizeof(Proposal);
  for (const Cycle& cycle : cycles_) {
    sum += sizeof(Cycle) + cycle.slots.capacity() * sizeof(Slot);
    for (const Slot& slot : cycle.slots) sum += slot.capacity() * sizeof(Habit);
  }
  return Bytes(sum);
}

void TemporalPrefetcher::Observe(PrefetchKey key) {
  const Duration now = clock_.Now().time_since_epoch();
  for (std::size_t i = 0; i < cycles_.size(); ++i) {
    const std::int64_t slot_number = now / cycles_[i].slot_length;
    if (slot_number != cycles_[i].slot_last) Enter(i, slot_number);
    Remember(cycles_[i], slot_number, key);
  }
}

void TemporalPrefetcher::Remember(Cycle& cycle, std::int64_t slot_number, PrefetchKey key) {
  const auto slots = static_cast<std::int64_t>(config_.slots);
  const std::int64_t now = slot_number / slots;
  Slot& slot = cycle.slots[static_cast<std::size_t>(slot_number % slots)];
  const auto known = std::ranges::find(slot, key, &Habit::key);
  if (known != slot.end()) {
    if (known->cycle_last == now) return;
    known->cycles = known->cycle_last == now - 1 ? known->cycles + 1 : 1;
    known->cycle_last = now;
    return;
  }
  const Habit habit{.key = key, .cycle_last = now, .cycles = 1};
  if (slot.size() < config_.keys_per_slot_max) {
    slot.push_back(habit);
    return;
  }
  // A habit that was broken goes first, then the shortest.
  const auto worth = [now](const Habit& h) { return std::pair(h.cycle_last >= now - 1 ? h.cycles : 0, h.cycle_last); };
  const auto least = std::ranges::min_element(slot, {}, worth);
  if (worth(*least) <= std::pair(1U, now - 1)) *least = habit;
}

void TemporalPrefetcher::Enter(std::size_t index, std::int64_t slot_number) {
  Cycle& cycle = cycles_[index];
  cycle.slot_last = slot_number;
  const std::size_t level_first = index * kLevelsPerPeriod;
  std::erase_if(waiting_, [level_first](const Proposal& p) {  // they come too late now
    return p.level >= level_first && p.level < level_first + kLevelsPerPeriod;
  });
  const auto slots = static_cast<std::int64_t>(config_.slots);
  const std::int64_t next = slot_number + 1;
  for (const Habit& habit : cycle.slots[static_cast<std::size_t>(next % slots)]) {
    if (habit.cycle_last != next / slots - 1) continue;
    const std::size_t level = level_first + std::min<std::size_t>(habit.cycles, kLevelsPerPeriod) - 1;
    waiting_.push_back({.key = habit.key, .level = static_cast<std::uint8_t>(level)});
  }
  std::ranges::sort(waiting_, {}, [](const Proposal& p) { return std::pair(p.level % kLevelsPerPeriod, p.key); });
}

void TemporalPrefetcher::Propose(std::size_t depth, std::vector<Proposal>& proposals) {
  ATTUNE_CHECK(depth >= 1, "a depth of 0 proposes nothing");
  const std::size_t count = std::min(waiting_.size(), config_.proposals_max * depth);
  for (std::size_t i = 0; i < count; ++i) {
    proposals.push_back(waiting_.back());
    waiting_.pop_back();
  }
}

}  // namespace attune::cache
