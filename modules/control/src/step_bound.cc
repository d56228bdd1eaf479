#include "step_bound.h"

#include <algorithm>
#include <cmath>

namespace attune::control {
namespace {

constexpr double kStepsFromZero = 16;  // of a linear range, so that zero can be left

// How far a proposal may move a linear knob: in proportion to where it stands.
double LinearReach(const LinearRange& range, double from, double step_max) {
  return std::max(std::abs(from), (range.high - range.low) / kStepsFromZero) * (step_max - 1);
}

}  // namespace

double BoundStep(const KnobSpec& spec, double from, double wanted) {
  const double target = ClampToDomain(spec, wanted);
  if (std::holds_alternative<Choices>(spec.domain)) return target;  // words have no distance

  double bounded = target;
  if (const auto* linear = std::get_if<LinearRange>(&spec.domain)) {
    const double reach = LinearReach(*linear, from, spec.envelope.step_max);
    bounded = std::clamp(target, from - reach, from + reach);
  } else {
    bounded = std::clamp(target, from / spec.envelope.step_max, from * spec.envelope.step_max);
  }
  const double reached = ClampToDomain(spec, bounded);
  const bool stuck_on_whole = reached == from && std::abs(target - from) >= 1;
  if (!stuck_on_whole) return reached;
  return ClampToDomain(spec, from + (target > from ? 1 : -1));
}

}  // namespace attune::control
