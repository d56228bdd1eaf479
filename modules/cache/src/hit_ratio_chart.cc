#include "attune/cache/hit_ratio_chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "attune/base/check.h"
#include "attune/base/utf8.h"

namespace attune::cache {
namespace {

constexpr double kWidth = 900;
constexpr double kHeight = 520;
constexpr double kLeft = 70;
constexpr double kRight = 730;  // the legend stands to the right of it
constexpr double kTop = 50;
constexpr double kBottom = 460;
constexpr double kLegendLine = 24;

// Colours that differ in lightness as well as in hue (Okabe and Ito, 2008, and darker kin), for twelve lines.
constexpr std::array<std::string_view, 12> kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                       "#56b4e9", "#8c6d00", "#7b3294", "#e69f00",
                                                       "#4d4d4d", "#1b7837", "#a50026", "#3f51b5"};

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string_view EscapeAscii(const char& c) {
  switch (c) {
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '&':
      return "&amp;";
    case '"':
      return "&quot;";
    default:
      return static_cast<unsigned char>(c) < 0x20 ? std::string_view("?") : std::string_view(&c, 1);
  }
}

// U+FFFE and U+FFFF are well-formed, and no characters of XML.
bool IsNoncharacter(std::string_view sequence) { return sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF"; }

// File names are any bytes, and a reader of XML refuses a document with one byte that is no UTF-8.
std::string Escape(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const Utf8Step step = DecodeUtf8Step(text);
    const std::string_view sequence = text.substr(0, step.size);
    if (!step.valid || IsNoncharacter(sequence)) {
      escaped += kReplacement;
    } else {
      escaped += sequence.size() == 1 ? EscapeAscii(sequence.front()) : sequence;
    }
    text.remove_prefix(step.size);
  }
  return escaped;
}

std::string Number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", value);
  return text.data();
}

std::string Label(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + Number(x) + "\" y=\"" + Number(y) + "\" text-anchor=\"" + std::string(anchor) + "\">" +
         Escape(text) + "</text>\n";
}

std::string Rule(double x1, double y1, double x2, double y2, std::string_view style) {
  return "<line x1=\"" + Number(x1) + "\" y1=\"" + Number(y1) + "\" x2=\"" + Number(x2) + "\" y2=\"" + Number(y2) +
         "\" " + std::string(style) + "/>\n";
}

// Where sizes and ratios lie on the picture.
class Scale {
 public:
  explicit Scale(const HitRatioChart& chart)
      : log_first_(std::log(static_cast<double>(chart.sizes.front()))),
        log_last_(std::log(static_cast<double>(chart.sizes.back()))) {
    double highest = 0;
    for (const HitRatioLine& line : chart.lines) {
      for (const double ratio : line.ratios) highest = std::max(highest, ratio);
    }
    top_ = std::clamp(std::ceil(highest * 10) / 10, 0.1, 1.0);
  }

  double X(std::size_t size) const {
    if (log_last_ <= log_first_) return (kLeft + kRight) / 2;  // a single size
    const double part = (std::log(static_cast<double>(size)) - log_first_) / (log_last_ - log_first_);
    return kLeft + part * (kRight - kLeft);
  }
  double Y(double ratio) const { return kBottom - std::clamp(ratio / top_, 0.0, 1.0) * (kBottom - kTop); }
  double top() const noexcept { return top_; }

 private:
  double log_first_;
  double log_last_;
  double top_ = 1;
};

std::string Axes(const HitRatioChart& chart, const Scale& scale) {
  std::string svg;
  const int tenths = static_cast<int>(std::lround(scale.top() * 10));
  const int step = tenths > 5 ? 2 : 1;
  for (int tenth = 0; tenth <= tenths; tenth += step) {
    const double y = scale.Y(tenth / 10.0);
    svg += Rule(kLeft, y, kRight, y, "stroke=\"#dddddd\"");
    svg += Label(kLeft - 8, y + 4, "end", std::to_string(tenth * 10) + " %");
  }
  constexpr double kLabelDistance = 45;  // labels that would touch are left out
  double last_label = -kLabelDistance;
  for (const std::size_t size : chart.sizes) {
    const double x = scale.X(size);
    svg += Rule(x, kBottom, x, kBottom + 5, "stroke=\"#555555\"");
    if (x - last_label < kLabelDistance) continue;
    svg += Label(x, kBottom + 20, "middle", std::to_string(size));
    last_label = x;
  }
  svg += Rule(kLeft, kBottom, kRight, kBottom, "stroke=\"#555555\"");
  svg += Label((kLeft + kRight) / 2, kBottom + 44, "middle", "entries");
  svg += Label(kLeft - 50, kTop - 16, "start", "hit ratio");
  return svg;
}

std::string Style(const HitRatioLine& line, std::string_view colour) {
  std::string style = "stroke=\"" + std::string(colour) + "\" stroke-width=\"" + (line.emphasised ? "4" : "1.8") + "\"";
  if (line.reference) style += " stroke-dasharray=\"7 5\"";
  return style;
}

std::string Curve(const HitRatioChart& chart, const HitRatioLine& line, const Scale& scale, std::string_view colour) {
  std::string points;
  std::string dots;
  for (std::size_t i = 0; i < chart.sizes.size(); ++i) {
    const std::string x = Number(scale.X(chart.sizes[i]));
    const std::string y = Number(scale.Y(line.ratios[i]));
    points += (i == 0 ? "" : " ") + x + "," + y;
    dots += "<circle cx=\"" + x + "\" cy=\"" + y + "\" r=\"" + (line.emphasised ? "4" : "2.5") + "\" fill=\"" +
            std::string(colour) + "\"/>\n";
  }
  return "<polyline fill=\"none\" " + Style(line, colour) + " points=\"" + points + "\"/>\n" + dots;
}

}  // namespace

std::string RenderSvg(const HitRatioChart& chart) {
  ATTUNE_CHECK(!chart.sizes.empty() && chart.sizes.front() > 0, "a chart has sizes");
  for (const HitRatioLine& line : chart.lines) {
    ATTUNE_CHECK(line.ratios.size() == chart.sizes.size(), "a ratio for each size");
  }
  const Scale scale(chart);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + Number(kWidth) + " " +
                    Number(kHeight) +
                    "\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333333\">\n<title>" +
                    Escape(chart.title) + "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" +
                    "<g font-size=\"16\" font-weight=\"600\">" +
                    Label((kLeft + kRight) / 2, 26, "middle", chart.title) + "</g>\n" + Axes(chart, scale);
  std::string emphasised;
  double legend_y = kTop + 10;
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    const HitRatioLine& line = chart.lines[i];
    const std::string_view colour = line.emphasised ? "#111111" : kColours[i % kColours.size()];
    (line.emphasised ? emphasised : svg) += Curve(chart, line, scale, colour);
    svg += Rule(kRight + 25, legend_y - 4, kRight + 55, legend_y - 4, Style(line, colour));
    svg += Label(kRight + 63, legend_y, "start", line.name);
    legend_y += kLegendLine;
  }
  return svg + emphasised + "</svg>\n";
}

}  // namespace attune::cache
