#pragma once
// Journal: the last decisions of the autopilot, each with what it saw and why, so
// that every change can be explained and replayed.
//
//   journal.Append({.time = now, .knob = "ingest.share", .from = "1", .to = "0.5", .controller = "yield",
//                   .inputs = {{"p99_ms", 71.2}, {"goal_ms", 50}}, .reason = "searches are above the goal"});
//   for (const Decision& d : journal.Since(last_seen)) Show(d);
//
// Ownership  owns copies of everything.
// Threads    every member is thread-safe; decisions are numbered in order of Append.
// Bounds     the last `capacity` decisions; longer texts and inputs beyond the
//            limits below are cut, so that its memory is bounded (about 1 KiB each).
// Cost       Append is a lock and a move; Since copies what it returns.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/clock.h"

namespace attune::control {

struct DecisionInput {
  std::string key;
  double value = 0;
};

struct Decision {
  std::uint64_t sequence = 0;  // from 1, set by Append
  TimePoint time;
  std::string knob;
  std::string from;
  std::string to;
  std::string controller;  // who: "yield", "web page"
  std::vector<DecisionInput> inputs;
  std::string reason;  // one sentence for people
};

// "ingest.share 1 -> 0.5 by yield (p99_ms=71.2 goal_ms=50): searches are above the goal"
std::string ToString(const Decision& decision);

inline constexpr std::size_t kJournalCapacityDefault = 4096;  // hours of a calm day; 4 MiB at most
inline constexpr std::size_t kDecisionInputsMax = 16;         // more than a person reads
inline constexpr std::size_t kDecisionTextMax = 240;          // bytes of each text

class Journal {
 public:
  // REQUIRES: capacity >= 1.
  explicit Journal(std::size_t capacity = kJournalCapacityDefault);

  // Its sequence number.
  std::uint64_t Append(Decision decision);
  // Decisions after `sequence`, oldest first, at most `count_max`. A first one that is not
  // `sequence` + 1 says that those between were overwritten.
  std::vector<Decision> Since(std::uint64_t sequence, std::size_t count_max = kJournalCapacityDefault) const;
  // Decisions before `sequence` (0: all) about knobs whose names begin with `knob_prefix`, newest first.
  std::vector<Decision> Before(std::uint64_t sequence, std::size_t count_max, std::string_view knob_prefix = {}) const;
  // The last decisions about one knob, newest first.
  std::vector<Decision> Latest(std::string_view knob, std::size_t count_max) const;

  std::uint64_t last_sequence() const;  // 0 when nothing was appended yet

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<Decision> decisions_;   // guarded by mutex_; consecutive sequences
  std::uint64_t sequence_last_ = 0;  // guarded by mutex_
};

}  // namespace attune::control
