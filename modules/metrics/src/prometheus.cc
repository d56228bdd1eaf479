#include "attune/metrics/prometheus.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include "utf8.h"

namespace attune::metrics {
namespace {

// Seconds; from a cache hit to a long export.
constexpr std::array kSecondsBounds = {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
                                       0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   0.5,   1.0,
                                       2.5,     5.0,      10.0,    25.0,   50.0,    100.0};
constexpr std::array kCountBounds = {1.0,       2.0,       4.0,        8.0,        16.0,        64.0,
                                     256.0,     1024.0,    4096.0,     16384.0,    65536.0,     262144.0,
                                     1048576.0, 4194304.0, 16777216.0, 67108864.0, 268435456.0, 1073741824.0};

std::string_view TypeText(MetricType type) noexcept {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      break;
  }
  return "histogram";
}

void AppendSample(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> text{};
    const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value);
    out.append(text.data(), failure == std::errc{} ? end : text.data());
  }
}

// Backslash and newline are escaped everywhere, quotes only inside them. Other
// control characters are legal; invalid UTF-8 would make a scraper refuse the page.
void AppendEscaped(std::string& out, std::string_view text, bool in_quotes) {
  while (!text.empty()) {
    const std::size_t size = ValidSequence(text);
    if (size == 0) {
      out += kReplacement;
    } else if (text.front() == '\\') {
      out += "\\\\";
    } else if (text.front() == '\n') {
      out += "\\n";
    } else if (in_quotes && text.front() == '"') {
      out += "\\\"";
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
}

class Writer {
 public:
  void Family(const FamilySample& family) {
    if (family.samples.empty()) return;  // nothing to say yet; a header alone means nothing
    const std::string& name = family.description.name;
    out_.append("# HELP ").append(name).append(" ");
    AppendEscaped(out_, family.description.help, false);
    out_.append("\n# TYPE ").append(name).append(" ").append(TypeText(family.type)).append("\n");
    for (const Sample& sample : family.samples) {
      if (const auto* number = std::get_if<double>(&sample.value)) {
        Line(name, "", sample.labels, "", *number);
      } else {
        HistogramLines(name, sample.labels, std::get<HistogramSnapshot>(sample.value));
      }
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void HistogramLines(const std::string& name, const Labels& labels, const HistogramSnapshot& histogram) {
    const bool is_duration = histogram.layout() == kDurationBuckets;
    const double scale = is_duration ? 1e9 : 1;  // recorded units in one written unit
    const auto bounds = is_duration ? std::span<const double>(kSecondsBounds) : std::span<const double>(kCountBounds);
    for (const double bound : bounds) {
      std::string text;
      AppendSample(text, bound);
      Line(name, "_bucket", labels, text, static_cast<double>(histogram.CountUpTo(bound * scale)));
    }
    Line(name, "_bucket", labels, "+Inf", static_cast<double>(histogram.count()));
    Line(name, "_sum", labels, "", static_cast<double>(histogram.sum()) / scale);
    Line(name, "_count", labels, "", static_cast<double>(histogram.count()));
  }

  void Line(const std::string& name, std::string_view suffix, const Labels& labels, std::string_view bound,
            double value) {
    out_.append(name).append(suffix);
    char separator = '{';
    const auto label = [&](std::string_view label_name, std::string_view label_value) {
      out_ += separator;
      separator = ',';
      out_.append(label_name).append("=\"");
      AppendEscaped(out_, label_value, true);
      out_ += '"';
    };
    for (const auto& [label_name, label_value] : labels) label(label_name, label_value);
    if (!bound.empty()) label("le", bound);
    if (separator == ',') out_ += '}';
    out_ += ' ';
    AppendSample(out_, value);
    out_ += '\n';
  }

  std::string out_;
};

}  // namespace

std::string WritePrometheus(const Registry& registry) {
  Writer writer;
  for (const FamilySample& family : registry.Collect()) writer.Family(family);
  return writer.Take();
}

}  // namespace attune::metrics
