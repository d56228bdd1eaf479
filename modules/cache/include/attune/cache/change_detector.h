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
// It does so at four lengths, of 1, 4, 16 and 64 windows: a large change is seen at once, and a small one, which chance
// hides in the few accesses of a small cache's window, when it has lasted.
//
// Threads    none.
// Cost       O(1): sixteen comparisons a window, and a third more for the longer ones; under half a kilobyte.

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
  static constexpr std::size_t kScales = 4;
  static constexpr std::size_t kWindowsGathered = 4;  // by each scale for the next

  // Windows of one length.
  struct Scale {
    bool Observe(const AccessWindow& window);
    bool Gather(const AccessWindow& window);

    std::array<float, kWindowsKept> odds = {};  // of the windows before the last one
    std::optional<float> last;
    std::uint32_t observed = 0;  // how many there were before the last one
    std::uint32_t windows = 0;
    AccessWindow gathered;  // for the next scale
  };

  std::array<Scale, kScales> scales_ = {};
};

}  // namespace attune::cache
