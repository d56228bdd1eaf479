#pragma once
// HitRatioChart: hit ratio against cache size, one line for each policy, as an SVG picture.
//
//   HitRatioChart chart{.title = "sprite.trace", .sizes = {100, 200, 400}};
//   chart.lines.push_back({.name = "lru", .ratios = {0.21, 0.40, 0.72}});
//   files.WriteAtomically("sprite.svg", RenderSvg(chart));
//
// Threads    a pure function.
// Cost       O(points). Sizes are drawn on a logarithmic axis.

#include <cstddef>
#include <string>
#include <vector>

namespace attune::cache {

struct HitRatioLine {
  std::string name;
  std::vector<double> ratios;  // one a size, 0 to 1
  bool emphasised = false;     // drawn thick and on top
  bool reference = false;      // drawn dashed: a bound, not a policy
};

struct HitRatioChart {
  std::string title;
  std::vector<std::size_t> sizes;  // ascending
  std::vector<HitRatioLine> lines;
};

// A whole SVG document with a light background of its own; any text is escaped.
// REQUIRES: at least one size, none of them zero; a ratio for each.
std::string RenderSvg(const HitRatioChart& chart);

}  // namespace attune::cache
