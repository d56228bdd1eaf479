#include "attune/control/admission.h"

#include <algorithm>
#include <cmath>

#include "attune/base/check.h"
#include "attune/base/duration.h"

namespace attune::control {
namespace {

constexpr double kLongestNs = 3.6e12;           // an hour: longer predictions are all the same
constexpr double kStandardErrorsOfQueue = 2.0;  // how sure to be about the work ahead

Error BadField(const char* field, const char* expected) {
  return {ErrorCode::kInvalidArgument, std::string("AdmissionConfig.") + field + ": " + expected};
}

}  // namespace

Status Validate(const AdmissionConfig& config) {
  if (config.service_initial <= Duration::zero()) return BadField("service_initial", "above zero");
  if (!(config.quantile > 0 && config.quantile < 1)) return BadField("quantile", "between 0 and 1");
  if (!(config.headroom > 0 && config.headroom <= 1)) return BadField("headroom", "above 0, at most 1");
  if (config.stale_after <= Duration::zero()) return BadField("stale_after", "above zero");
  if (config.retry_after_min < Duration::zero()) return BadField("retry_after_min", "not negative");
  if (config.retry_after_max < config.retry_after_min) return BadField("retry_after_max", "at least retry_after_min");
  return OkStatus();
}

AdmissionController::AdmissionController(const AdmissionConfig& config)
    : config_(config), service_(config.service_initial, config.quantile) {
  ATTUNE_CHECK(Validate(config).ok(), "a valid AdmissionConfig");
}

double AdmissionController::PredictedNanoseconds(const AdmissionRequest& request) const {
  const double workers = std::max(request.workers, 1U);
  const double ahead = std::max(request.in_flight + 1.0 - workers, 0.0);  // that must finish before it starts
  const auto mean = static_cast<double>(service_.mean().count());
  if (ahead == 0) return mean;  // a worker is free: refusing would not make it faster for anybody
  const auto deviation = static_cast<double>(service_.deviation().count());
  const double waiting = (ahead * mean + kStandardErrorsOfQueue * std::sqrt(ahead) * deviation) / workers;
  return std::min(waiting + static_cast<double>(service_.quantile().count()), kLongestNs);
}

AdmissionVerdict AdmissionController::Decide(const AdmissionRequest& request) const {
  const double predicted = PredictedNanoseconds(request);
  const double allowed = static_cast<double>(std::max(request.deadline, Duration::zero()).count()) * config_.headroom;
  AdmissionVerdict verdict{.admit = true, .predicted = Duration(std::llround(predicted)), .retry_after = Duration(0)};
  const bool stale = !observed_last_ || request.now - *observed_last_ >= config_.stale_after;
  const bool escapes = request.in_flight == 0 || (stale && request.in_flight < std::max(request.workers, 1U));
  if (predicted <= allowed || escapes) return verdict;

  verdict.admit = false;
  verdict.retry_after =
      std::clamp(Duration(std::llround(predicted - allowed)), config_.retry_after_min, config_.retry_after_max);
  return verdict;
}

void AdmissionController::Observe(TimePoint now, Duration service) {
  service_.Observe(service);
  observed_last_ = observed_last_ ? std::max(*observed_last_, now) : now;
}

std::string AdmissionController::State() const {
  return "service mean " + ToString(service_.mean()) + ", quantile " + ToString(service_.quantile()) + ", " +
         std::to_string(service_.observations()) + " observations";
}

}  // namespace attune::control
