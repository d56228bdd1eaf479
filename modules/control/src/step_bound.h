#pragma once

#include "attune/control/knob.h"

namespace attune::control {

// The value nearest to `wanted` that one proposal may reach from `from` within the
// knob's envelope and domain. A knob of whole numbers or choices can always move by one.
double BoundStep(const KnobSpec& spec, double from, double wanted);

}  // namespace attune::control
