#pragma once
// Knob: one thing that can be turned: what it is called, what values it may take,
// and its present value.
//
//   Knob& threads = knobs.Register({.name = "ingest.threads", .domain = LinearRange{1, 64}, .whole = true,
//                                   .default_value = 2, .help = "Threads that read files."});
//   ...
//   pool.Resize(threads.as_integer());   // hot path: one relaxed load
//
// Ownership  a KnobRegistry (knob_registry.h) owns knobs and is the only writer.
// Threads    reading is thread-safe, and orders nothing else.
// Cost       value(): one relaxed load, below 1 ns.
// Values     a double: numbers as they are, bytes as bytes, durations as
//            nanoseconds, a choice as its index. Whole numbers are exact up to 2^53.

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"

namespace attune::control {

enum class KnobUnit : std::uint8_t { kNumber, kRatio, kBytes, kDuration, kChoice };

// Where differences matter (threads, shares).
struct LinearRange {
  double low = 0;
  double high = 1;
};
// Where factors matter (sizes, times). REQUIRES: low > 0.
struct LogRange {
  double low = 1;
  double high = 1;
};
// One of some words.
struct Choices {
  std::vector<std::string> names;
};
using KnobDomain = std::variant<LinearRange, LogRange, Choices>;

// When a change is obeyed: a promise of the code that reads the knob.
enum class KnobApplies : std::uint8_t { kAtOnce, kAfterDraining, kAtRestart };
std::string_view ToString(KnobApplies applies) noexcept;

// How fast the autopilot may turn it. People are not held to it.
struct KnobEnvelope {
  // A proposal moves a value at most by this factor; a linear one also by at most
  // (step_max - 1) sixteenths of its range when it stands near zero.
  double step_max = 2.0;
  Duration cooldown = std::chrono::seconds(1);  // between two changes by proposal
};

struct KnobSpec {
  std::string name;  // [a-z0-9_]+ separated by dots: module.subject.what
  KnobUnit unit = KnobUnit::kNumber;
  KnobDomain domain = LinearRange{};
  bool whole = false;        // rounded to whole numbers; bytes and durations always are
  double default_value = 0;  // in the domain; of a choice, the index
  KnobApplies applies = KnobApplies::kAtOnce;
  std::string help;  // one sentence: what it does, and what more of it costs
  KnobEnvelope envelope;
};

// Names the field that makes no sense.
Status Validate(const KnobSpec& spec);

// The value that `text` stands for. Errors name the value and the domain.
//   number 12, 0.5 · ratio 0.25, 25% · bytes 64MiB, 2G · duration 50ms, 2s · choice by name
Result<double> ParseKnobValue(const KnobSpec& spec, std::string_view text);
// The other way; ParseKnobValue reads it back to the same value.
std::string FormatKnobValue(const KnobSpec& spec, double value);
// "1 to 64, whole numbers", "64KiB to 1GiB", "one of lru, lfu"
std::string DomainText(const KnobSpec& spec);
// The nearest value of the domain; NaN becomes the default.
double ClampToDomain(const KnobSpec& spec, double value);

class Knob {
 public:
  // REQUIRES: Validate(spec).ok().
  explicit Knob(KnobSpec spec);
  Knob(const Knob&) = delete;
  Knob& operator=(const Knob&) = delete;

  double value() const noexcept { return value_.load(std::memory_order_relaxed); }
  std::int64_t as_integer() const noexcept { return static_cast<std::int64_t>(value()); }
  std::size_t as_count() const noexcept { return static_cast<std::size_t>(value()); }  // REQUIRES: domain >= 0
  std::size_t choice() const noexcept { return static_cast<std::size_t>(value()); }
  Bytes as_bytes() const noexcept { return Bytes(static_cast<std::uint64_t>(value())); }
  Duration as_duration() const noexcept { return Duration(static_cast<Duration::rep>(value())); }

  const KnobSpec& spec() const noexcept { return spec_; }

 private:
  friend class KnobRegistry;
  const KnobSpec spec_;
  std::atomic<double> value_;
};

}  // namespace attune::control
