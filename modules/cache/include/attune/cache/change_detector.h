#pragma once
// ChangeDetector: tells when a cache's hit ratio leaves the range of what it was lately.
//
//   ChangeDetector detector;
//   if (detector.Observe({.accesses = 2'000, .misses = 1'000})) LearnAgain();
//
// It compares the logarithm of hits to misses, window by window, with the lowest and the highest of the last sixteen,
// so that an accesses' usual ups and downs are no change, and a tenth of the misses counts alike at any ratio. One
// window far outside is a change, and so are two in a row a little outside; chance is allowed for in both.
//
// Threads    none.
// Cost       O(1): sixteen comparisons a window.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace attune::cache {

struct AccessWindow {
  std::uint64_t accesses = 0;
  std::uint64_t misses = 0;  // at most as many
};

class ChangeDetector {
 public:
  // REQUIRES: window.accesses > 0.
  bool Observe(const AccessWindow& window);

  // Whatever comes next is the usual.
  void Forget() noexcept;

 private:
  static constexpr std::size_t kWindowsKept = 16;

  std::array<double, kWindowsKept> odds_ = {};  // of the windows before the last one
  std::size_t observed_ = 0;                    // how many there were
  std::optional<double> last_;
};

}  // namespace attune::cache
