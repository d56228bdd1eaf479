#include "attune/cache/hit_ratio_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace attune::cache {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t Count(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(HitRatioChart, DrawsALineAndALegendForEachPolicy) {
  const std::string svg = RenderSvg({.title = "t",
                                     .sizes = {100, 200, 400},
                                     .lines = {{.name = "optimum", .ratios = {0.5, 0.7, 1.0}, .reference = true},
                                               {.name = "lru", .ratios = {0, 0.1, 0.2}},
                                               {.name = "auto", .ratios = {0.4, 0.6, 0.8}, .emphasised = true}}});
  EXPECT_EQ(Count(svg, "<polyline"), 3U);
  EXPECT_EQ(Count(svg, "stroke-dasharray"), 2U);  // the line and its legend
  for (const char* const text : {">optimum<", ">lru<", ">auto<", ">100<", ">400<", ">100 %<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
  EXPECT_LT(svg.find(">auto<"), svg.rfind("<polyline"));  // emphasised lines are drawn last
}

// The corners of the plot: no hit at the smallest size, all hits at the largest.
TEST(HitRatioChart, PutsThePointsWhereTheyBelong) {
  const std::string svg =
      RenderSvg({.title = "t", .sizes = {10, 100, 1000}, .lines = {{.name = "x", .ratios = {0, 0.5, 1}}}});
  EXPECT_THAT(svg, HasSubstr("points=\"70.0,460.0 400.0,255.0 730.0,50.0\""));
}

TEST(HitRatioChart, EscapesWhatItIsGiven) {
  const std::string svg =
      RenderSvg({.title = "<script>\"&\x01", .sizes = {1}, .lines = {{.name = "</svg>", .ratios = {0.5}}}});
  EXPECT_THAT(svg, Not(HasSubstr("<script")));
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;&quot;&amp;?"));
  EXPECT_EQ(Count(svg, "</svg>"), 1U);
}

TEST(HitRatioChart, WhatIsNoTextOfXmlIsReplaced) {
  const std::string svg = RenderSvg({.title = "day\xFFone \xE2\x82 \xEF\xBF\xBF\u20AC.trace",
                                     .sizes = {1},
                                     .lines = {{.name = "x", .ratios = {0.5}}}});
  EXPECT_THAT(svg, HasSubstr("<title>day\uFFFDone \uFFFD \uFFFD\u20AC.trace</title>"));
}

}  // namespace
}  // namespace attune::cache
