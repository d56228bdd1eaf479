#include "attune/exec/retry.h"

#include <algorithm>
#include <cmath>

namespace attune::exec {

Status Validate(const BackoffConfig& config) {
  const auto fail = [](const char* what) { return Error(ErrorCode::kInvalidArgument, what); };
  if (config.first <= Duration::zero()) {
    return fail("backoff first must be positive");
  }
  if (config.ceiling < config.first) {
    return fail("backoff ceiling must be at least first");
  }
  if (!(config.factor >= 1) || !std::isfinite(config.factor)) {
    return fail("backoff factor must be at least 1");
  }
  if (config.attempts_max == 0) {
    return fail("backoff attempts_max must be positive");
  }
  return OkStatus();
}

Backoff::Backoff(BackoffConfig config) : config_(config), ceiling_(config.first) {
  ATTUNE_CHECK(Validate(config).ok(), "a backoff configuration that makes no sense");
}

std::optional<Duration> Backoff::Next(std::uint64_t random) {
  ++attempts_;
  if (attempts_ >= config_.attempts_max) {
    return std::nullopt;
  }
  const double share = static_cast<double>(random >> 11U) * 0x1.0p-53;  // uniform in [0, 1)
  const Duration wait(static_cast<Duration::rep>(static_cast<double>(ceiling_.count()) * share));
  const double next = static_cast<double>(ceiling_.count()) * config_.factor;
  ceiling_ = next < static_cast<double>(config_.ceiling.count()) ? Duration(static_cast<Duration::rep>(next))
                                                                 : config_.ceiling;
  return wait;
}

void Backoff::Reset() {
  attempts_ = 0;
  ceiling_ = config_.first;
}

bool IsRetryable(ErrorCode code) noexcept { return code == ErrorCode::kUnavailable || code == ErrorCode::kExhausted; }

}  // namespace attune::exec
