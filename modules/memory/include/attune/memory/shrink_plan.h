#pragma once
// PlanShrink: who gives back how much memory. Arithmetic only: observations in, plan out.
//
//   const ShrinkPlan plan = PlanShrink({.limit = 512_MiB, .measured = 460_MiB, .consumers = held});
//   Bytes left = plan.goal;
//   for (const Giver& giver : plan.givers) {
//     left = left - std::min(left, consumers[giver.consumer]->Shrink(std::min(left, giver.most)));
//   }
//
// What one cannot give after all, the next in order gives: nobody who holds on to his memory keeps it from being freed.
//
// Below the high line nobody gives anything. Above it, memory is taken from where a
// mebibyte saves least, down to the low line, and taking goes on in later rounds
// until that line is reached (hysteresis: `shrinking` comes out and goes in again). Above the hard
// line everybody goes to his minimum at once. Reservations that wait for memory add what they lack, and a system
// that suffers asks for a part at any level.
//
// Threads    pure functions.
// Cost       O(n log n) in the number of consumers.
// Errors     none; `unmet` says how much nobody holds. A benefit that is no
//            number counts as zero, so that a broken signal never protects memory.

#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::memory {

// Shares of the limit. The gap above `high` is what consumers may grow by between two rounds;
// the gap between `low` and `high` is what keeps rounds rare.
struct Watermarks {
  double low = 0.75;
  double high = 0.85;
  double hard = 0.95;
};

// 0 < low < high < hard <= 1, or an error that names the one that makes no sense.
Status Validate(const Watermarks& marks);

struct ConsumerObservation {
  Bytes held = {};
  Bytes minimum = {};
  double benefit = 0;  // seconds saved a second, for one more MiB
};

struct MemoryObservation {
  Bytes limit = {};
  Bytes overhead = {};  // of the process itself: code, stacks, the allocator's slack
  Bytes reserved = {};  // by requests and batches
  Bytes measured = {};  // resident, as the system says
  Bytes wanted = {};    // by reservations that wait
  Bytes give = {};      // asked for by the system, whatever the marks say (system_memory.h)
  bool shrinking = false;
  std::vector<ConsumerObservation> consumers = {};
};

enum class Pressure : std::uint8_t { kNone, kHigh, kHard };
std::string_view ToString(Pressure pressure) noexcept;

struct Giver {
  std::size_t consumer = 0;  // in the observation
  Bytes most;                // what it holds above its minimum
};

struct ShrinkPlan {
  Pressure pressure = Pressure::kNone;
  Bytes used;                 // the larger of what is measured and what is accounted for
  Bytes goal;                 // what all of them together should free
  Bytes unmet;                // the part of it that nobody can give
  std::vector<Giver> givers;  // who is asked, the least useful first; none when there is no goal
  bool shrinking = false;     // to be put into the next observation
};

// REQUIRES: Validate(marks).ok().
ShrinkPlan PlanShrink(const MemoryObservation& seen, const Watermarks& marks = {});

}  // namespace attune::memory
