#include "attune/metrics/registry.h"

#include <algorithm>
#include <utility>

#include "attune/base/check.h"

namespace attune::metrics {
namespace {

bool IsLetter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

bool IsMetricName(const std::string& name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == ':'; });
}

// "le" is the histogram's own, names that start with "__" are Prometheus's.
bool IsLabelName(const std::string& name) {
  if (name.empty() || IsDigit(name.front()) || name == "le" || name.starts_with("__")) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

double ValueOf(const Counter& counter) { return static_cast<double>(counter.Value()); }
double ValueOf(const Gauge& gauge) { return gauge.Value(); }
HistogramSnapshot ValueOf(const Histogram& histogram) { return histogram.Snapshot(); }

// What a registry's entry holds, as samples.
struct CollectSamples {
  template <typename Metric>
  std::vector<Sample> operator()(const std::unique_ptr<Family<Metric>>& family) const {
    std::vector<Sample> samples;
    family->ForEach([&](Labels labels, const Metric& metric) {
      samples.push_back({.labels = std::move(labels), .value = ValueOf(metric)});
    });
    return samples;
  }
  std::vector<Sample> operator()(const std::function<std::vector<LabelledValue>()>& read) const {
    std::vector<Sample> samples;
    for (LabelledValue& value : read()) samples.push_back({.labels = std::move(value.labels), .value = value.value});
    return samples;
  }
};

std::function<std::vector<LabelledValue>()> WithoutLabels(std::function<double()> read) {
  ATTUNE_CHECK(read != nullptr, "something to call");
  return [read = std::move(read)] { return std::vector<LabelledValue>{{.labels = {}, .value = read()}}; };
}

}  // namespace

template <typename Metric>
Family<Metric>::Family(std::vector<std::string> label_names, std::size_t label_sets_max, Make make)
    : label_names_(std::move(label_names)), label_sets_max_(label_sets_max), make_(std::move(make)) {
  ATTUNE_CHECK(label_sets_max_ >= 1, "room for one set of labels");
  for (const std::string& name : label_names_)
    ATTUNE_CHECK(IsLabelName(name), "a label name is [a-zA-Z_][a-zA-Z0-9_]*");
}

template <typename Metric>
Metric& Family<Metric>::With(const std::vector<std::string>& label_values) {
  ATTUNE_CHECK(label_values.size() == label_names_.size(), "one value for each label name");
  const std::scoped_lock lock(mutex_);
  if (const auto found = members_.find(label_values); found != members_.end()) return *found->second;
  const bool full = members_.size() >= label_sets_max_;
  std::unique_ptr<Metric>& member =
      members_[full ? std::vector<std::string>(label_names_.size(), kLabelOverflow) : label_values];
  if (member == nullptr) member = make_();
  return *member;
}

template <typename Metric>
void Family<Metric>::ForEach(const std::function<void(Labels, const Metric&)>& visit) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [values, metric] : members_) {
    Labels labels;
    for (std::size_t i = 0; i < values.size(); ++i) labels.emplace_back(label_names_[i], values[i]);
    visit(std::move(labels), *metric);
  }
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

Callback::Callback(Registry& registry, std::string name) noexcept : registry_(&registry), name_(std::move(name)) {}
Callback::Callback(Callback&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), name_(std::move(other.name_)) {}
Callback& Callback::operator=(Callback&& other) noexcept {
  if (this != &other) {
    Release();
    registry_ = std::exchange(other.registry_, nullptr);
    name_ = std::move(other.name_);
  }
  return *this;
}
Callback::~Callback() { Release(); }

void Callback::Release() noexcept {
  if (registry_ != nullptr) registry_->RemoveFunction(name_);
  registry_ = nullptr;
}

Registry::Registry() = default;
Registry::~Registry() = default;

void Registry::Insert(Entry entry) {
  ATTUNE_CHECK(IsMetricName(entry.description.name), "a metric name is [a-zA-Z_:][a-zA-Z0-9_:]*");
  const std::scoped_lock lock(mutex_);
  std::string name = entry.description.name;
  const bool inserted = entries_.emplace(std::move(name), std::move(entry)).second;
  ATTUNE_CHECK(inserted, "a metric name is registered once");
}

template <typename Metric>
Family<Metric>& Registry::AddFamily(Description description, MetricType type, std::unique_ptr<Family<Metric>> family) {
  Family<Metric>& added = *family;
  Insert({.description = std::move(description), .type = type, .metrics = std::move(family)});
  return added;
}

CounterFamily& Registry::AddCounterFamily(Description description, std::vector<std::string> label_names,
                                          std::size_t label_sets_max) {
  return AddFamily(std::move(description), MetricType::kCounter,
                   std::make_unique<CounterFamily>(std::move(label_names), label_sets_max,
                                                   [] { return std::make_unique<Counter>(); }));
}

GaugeFamily& Registry::AddGaugeFamily(Description description, std::vector<std::string> label_names,
                                      std::size_t label_sets_max) {
  return AddFamily(
      std::move(description), MetricType::kGauge,
      std::make_unique<GaugeFamily>(std::move(label_names), label_sets_max, [] { return std::make_unique<Gauge>(); }));
}

HistogramFamily& Registry::AddHistogramFamily(Description description, std::vector<std::string> label_names,
                                              BucketLayout layout, std::size_t label_sets_max) {
  return AddFamily(std::move(description), MetricType::kHistogram,
                   std::make_unique<HistogramFamily>(std::move(label_names), label_sets_max,
                                                     [layout] { return std::make_unique<Histogram>(layout); }));
}

Counter& Registry::AddCounter(Description description) {
  return AddCounterFamily(std::move(description), {}, 1).With({});
}
Gauge& Registry::AddGauge(Description description) { return AddGaugeFamily(std::move(description), {}, 1).With({}); }
Histogram& Registry::AddHistogram(Description description, BucketLayout layout) {
  return AddHistogramFamily(std::move(description), {}, layout, 1).With({});
}

Callback Registry::AddFunction(Description description, MetricType type,
                               std::function<std::vector<LabelledValue>()> read) {
  ATTUNE_CHECK(read != nullptr, "something to call");
  std::string name = description.name;
  Insert({.description = std::move(description), .type = type, .metrics = std::move(read)});
  return {*this, std::move(name)};
}

Callback Registry::AddGaugeFunction(Description description, std::function<double()> read) {
  return AddFunction(std::move(description), MetricType::kGauge, WithoutLabels(std::move(read)));
}
Callback Registry::AddCounterFunction(Description description, std::function<double()> read) {
  return AddFunction(std::move(description), MetricType::kCounter, WithoutLabels(std::move(read)));
}
Callback Registry::AddGaugeFunctions(Description description, std::function<std::vector<LabelledValue>()> read) {
  return AddFunction(std::move(description), MetricType::kGauge, std::move(read));
}
Callback Registry::AddCounterFunctions(Description description, std::function<std::vector<LabelledValue>()> read) {
  return AddFunction(std::move(description), MetricType::kCounter, std::move(read));
}

void Registry::RemoveFunction(const std::string& name) noexcept {
  const std::scoped_lock lock(mutex_);
  entries_.erase(name);
}

std::vector<FamilySample> Registry::Collect() const {
  const std::scoped_lock lock(mutex_);
  std::vector<FamilySample> families;
  families.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    families.push_back(
        {.description = entry.description, .type = entry.type, .samples = std::visit(CollectSamples{}, entry.metrics)});
  }
  return families;
}

}  // namespace attune::metrics
