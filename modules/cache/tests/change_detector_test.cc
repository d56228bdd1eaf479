#include "attune/cache/change_detector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

#include "attune/sys/random.h"

namespace attune::cache {
namespace {

// As many accesses as it takes to miss a thousand, each a hit with this probability.
AccessWindow Window(double hit_ratio, sys::Random& random, std::uint64_t misses = 1'000) {
  AccessWindow window;
  while (window.misses < misses) {
    ++window.accesses;
    window.misses += random.Chance(hit_ratio) ? 0U : 1U;
  }
  return window;
}

int ChangesIn(ChangeDetector& detector, double hit_ratio, int windows, sys::Random& random) {
  int changes = 0;
  for (int i = 0; i < windows; ++i) changes += detector.Observe(Window(hit_ratio, random)) ? 1 : 0;
  return changes;
}

TEST(ChangeDetector, ChanceIsNoChange) {
  sys::Random random(1);
  for (const double hit_ratio : {0.0, 0.01, 0.3, 0.5, 0.9, 0.99}) {
    ChangeDetector detector;
    EXPECT_EQ(ChangesIn(detector, hit_ratio, 300, random), 0) << hit_ratio;
  }
}

TEST(ChangeDetector, ALeapIsSeenInOneWindow) {
  sys::Random random(2);
  for (const auto& [before, after] : {std::pair{0.5, 0.0}, std::pair{0.0, 0.5}, std::pair{0.9, 0.6}}) {
    ChangeDetector detector;
    EXPECT_EQ(ChangesIn(detector, before, 20, random), 0);
    EXPECT_EQ(ChangesIn(detector, after, 1, random), 1) << before << " to " << after;
  }
}

TEST(ChangeDetector, AStepIsSeenInTwoWindows) {
  sys::Random random(3);
  for (const auto& [before, after] : {std::pair{0.5, 0.33}, std::pair{0.5, 0.67}, std::pair{0.98, 0.96}}) {
    ChangeDetector detector;
    EXPECT_EQ(ChangesIn(detector, before, 20, random), 0);
    EXPECT_EQ(ChangesIn(detector, after, 1, random), 0);
    EXPECT_EQ(ChangesIn(detector, after, 1, random), 1) << before << " to " << after;
  }
}

// A small cache's windows are short: each of them alone might be chance.
TEST(ChangeDetector, ASmallStepThatLastsIsSeenInShortWindows) {
  sys::Random random(7);
  for (const auto& [before, after] : {std::pair{0.36, 0.28}, std::pair{0.3, 0.4}}) {
    ChangeDetector detector;
    for (int i = 0; i < 600; ++i) ASSERT_FALSE(detector.Observe(Window(before, random, 150))) << i;
    int windows = 0;
    while (windows < 600 && !detector.Observe(Window(after, random, 150))) ++windows;
    EXPECT_GT(windows, 2);
    EXPECT_LE(windows, 3 * 64) << before << " to " << after;
  }
}

TEST(ChangeDetector, TheUsualUpsAndDownsAreNoChange) {
  ChangeDetector detector;
  sys::Random random(4);
  for (int i = 0; i < 6; ++i) (void)ChangesIn(detector, i % 2 == 0 ? 0.2 : 0.6, 1, random);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ChangesIn(detector, i % 2 == 0 ? 0.2 : 0.6, 1, random), 0) << i;
}

TEST(ChangeDetector, TheFirstWindowsAreTheUsual) {
  ChangeDetector detector;
  sys::Random random(5);
  EXPECT_EQ(ChangesIn(detector, 0.1, 1, random), 0);
  EXPECT_EQ(ChangesIn(detector, 0.9, 1, random), 0);
  EXPECT_EQ(ChangesIn(detector, 0.1, 1, random), 0);
}

TEST(ChangeDetector, WhatItForgetsIsNoMeasure) {
  ChangeDetector detector;
  sys::Random random(6);
  (void)ChangesIn(detector, 0.5, 20, random);
  detector.Forget();
  EXPECT_EQ(ChangesIn(detector, 0.0, 20, random), 0);
}

}  // namespace
}  // namespace attune::cache
