#pragma once
// Counter: only goes up. Gauge: goes both ways.
//
//   Counter& requests = registry.AddCounter({"attune_requests_total", "Requests answered."});
//   requests.Add();
//
// Ownership  usually a Registry's (registry.h); both also work alone.
// Threads    every member is thread-safe. Value() misses what other threads add
//            meanwhile, and never goes down between two calls.
// Cost       Add is a plain add to the thread's own cache line, about 1 ns; see
//            bench. A Counter is kThreadSlots cache lines, 1088 bytes.

#include <array>
#include <atomic>
#include <cstdint>

#include "attune/metrics/thread_slot.h"

namespace attune::metrics {

class Counter {
 public:
  Counter() = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void Add(std::uint64_t n = 1) noexcept {
    const std::size_t slot = ThreadSlot();
    AddToCell(cells_[slot].value, n, slot);
  }

  std::uint64_t Value() const noexcept {
    std::uint64_t sum = 0;
    for (const Cell& cell : cells_) sum += cell.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(64) Cell {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Cell, kThreadSlots> cells_;
};

class Gauge {
 public:
  Gauge() = default;
  Gauge(const Gauge&) = delete;
  Gauge& operator=(const Gauge&) = delete;

  void Set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void Add(double difference) noexcept { value_.fetch_add(difference, std::memory_order_relaxed); }
  double Value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

}  // namespace attune::metrics
