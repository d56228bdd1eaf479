#pragma once
// Registry: every metric of a program, by name. Passed in through constructors;
// there is no global one.
//
//   Counter& errors = registry.AddCounter({"attune_read_errors_total", "Files that could not be read."});
//   auto& skipped = registry.AddCounterFamily({"attune_skipped_total", "Files skipped, by reason."}, {"reason"});
//   skipped.With({"binary"}).Add();
//   auto rss = registry.AddGaugeFunction({"attune_resident_bytes", "Memory in use.", "bytes"}, [&] { return Rss(); });
//
// Ownership  owns every metric; references stay valid as long as the registry. A
//            callback lives as long as the Callback that was returned for it.
// Threads    every member is thread-safe. Callbacks run on the collecting thread
//            under the registry's lock: they must not call the registry.
// Cost       registering and With are a lock and a search: do it once and keep the
//            reference. Collect is O(metrics).
// Bounds     label sets per family (label_sets_max): beyond it, values are counted
//            under the label value "other", never lost and never without bound.
// Errors     a duplicate or malformed name is a bug: CHECK.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "attune/metrics/counter.h"
#include "attune/metrics/histogram.h"

namespace attune::metrics {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Name as Prometheus has it ([a-zA-Z_:][a-zA-Z0-9_:]*, counters end in _total, units
// are SI: _seconds, _bytes), help in one sentence, unit for people.
struct Description {
  std::string name;
  std::string help;
  std::string unit = {};
};

using Labels = std::vector<std::pair<std::string, std::string>>;  // name, value

struct LabelledValue {
  Labels labels;
  double value = 0;
};

// One value at one moment.
struct Sample {
  Labels labels;
  std::variant<double, HistogramSnapshot> value;
};
struct FamilySample {
  Description description;
  MetricType type = MetricType::kCounter;
  std::vector<Sample> samples;
};

inline constexpr std::size_t kLabelSetsMaxDefault = 64;  // what a person can read and a scrape can carry
inline constexpr const char* kLabelOverflow = "other";

// Metrics of one name that differ in their label values. Made by a Registry.
template <typename Metric>
class Family {
 public:
  using Make = std::function<std::unique_ptr<Metric>()>;

  Family(std::vector<std::string> label_names, std::size_t label_sets_max, Make make);

  // The metric with these label values, in the order of the label names; made on
  // first use. REQUIRES: as many values as names.
  Metric& With(const std::vector<std::string>& label_values);

  // Calls visit(labels, metric) for each, in the order of their values.
  void ForEach(const std::function<void(Labels, const Metric&)>& visit) const;

 private:
  const std::vector<std::string> label_names_;
  const std::size_t label_sets_max_;
  const Make make_;
  mutable std::mutex mutex_;
  std::map<std::vector<std::string>, std::unique_ptr<Metric>> members_;  // guarded by mutex_
};
extern template class Family<Counter>;
extern template class Family<Gauge>;
extern template class Family<Histogram>;
using CounterFamily = Family<Counter>;
using GaugeFamily = Family<Gauge>;
using HistogramFamily = Family<Histogram>;

class Registry;

// Keeps a callback registered; its destruction waits for a Collect that uses it.
class [[nodiscard]] Callback {
 public:
  Callback() = default;
  Callback(Callback&& other) noexcept;
  Callback& operator=(Callback&& other) noexcept;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback();

 private:
  friend class Registry;
  Callback(Registry& registry, std::string name) noexcept;
  void Release() noexcept;

  Registry* registry_ = nullptr;
  std::string name_;
};

class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  Counter& AddCounter(Description description);
  Gauge& AddGauge(Description description);
  Histogram& AddHistogram(Description description, BucketLayout layout = kDurationBuckets);

  CounterFamily& AddCounterFamily(Description description, std::vector<std::string> label_names,
                                  std::size_t label_sets_max = kLabelSetsMaxDefault);
  GaugeFamily& AddGaugeFamily(Description description, std::vector<std::string> label_names,
                              std::size_t label_sets_max = kLabelSetsMaxDefault);
  HistogramFamily& AddHistogramFamily(Description description, std::vector<std::string> label_names,
                                      BucketLayout layout = kDurationBuckets,
                                      std::size_t label_sets_max = kLabelSetsMaxDefault);

  // Values that somebody else keeps. `read` is called at each Collect, must be
  // quick and must not call the registry. The registry outlives the Callback.
  Callback AddGaugeFunction(Description description, std::function<double()> read);
  Callback AddCounterFunction(Description description, std::function<double()> read);
  // The same for several values that differ in their labels, as many as `read` answers.
  Callback AddGaugeFunctions(Description description, std::function<std::vector<LabelledValue>()> read);
  Callback AddCounterFunctions(Description description, std::function<std::vector<LabelledValue>()> read);

  // Every family with its present values, by name.
  std::vector<FamilySample> Collect() const;

 private:
  friend class Callback;
  using Metrics = std::variant<std::unique_ptr<CounterFamily>, std::unique_ptr<GaugeFamily>,
                               std::unique_ptr<HistogramFamily>, std::function<std::vector<LabelledValue>()>>;
  struct Entry {
    Description description;
    MetricType type = MetricType::kCounter;
    Metrics metrics;
  };

  template <typename Metric>
  Family<Metric>& AddFamily(Description description, MetricType type, std::unique_ptr<Family<Metric>> family);
  void Insert(Entry entry);
  Callback AddFunction(Description description, MetricType type, std::function<std::vector<LabelledValue>()> read);
  void RemoveFunction(const std::string& name) noexcept;

  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // guarded by mutex_
};

}  // namespace attune::metrics
