#include "attune/cache/policies.h"

#include "arc_policy.h"
#include "attune/base/check.h"
#include "fifo_policy.h"
#include "lfu_policy.h"
#include "lirs_policy.h"
#include "lrfu_policy.h"
#include "lru_policy.h"
#include "s3_fifo_policy.h"
#include "sieve_policy.h"
#include "tiny_lfu_policy.h"
#include "two_q_policy.h"

namespace attune::cache {

std::unique_ptr<Policy> MakePolicy(PolicyKind kind, const PolicyConfig& config) {
  ATTUNE_CHECK(config.entries_max > 0, "a cache holds at least one entry");
  switch (kind) {
    case PolicyKind::kLru:
      return std::make_unique<LruPolicy>(config);
    case PolicyKind::kFifo:
      return std::make_unique<FifoPolicy>(config);
    case PolicyKind::kS3Fifo:
      return std::make_unique<S3FifoPolicy>(config);
    case PolicyKind::kSieve:
      return std::make_unique<SievePolicy>(config);
    case PolicyKind::kArc:
      return std::make_unique<ArcPolicy>(config);
    case PolicyKind::kLirs:
      return std::make_unique<LirsPolicy>(config);
    case PolicyKind::kTwoQ:
      return std::make_unique<TwoQPolicy>(config);
    case PolicyKind::kTinyLfu:
      ATTUNE_CHECK(config.window_share > 0 && config.window_share < 1, "the window is a part of the cache");
      return std::make_unique<TinyLfuPolicy>(config);
    case PolicyKind::kLfu:
      return std::make_unique<LfuPolicy>(config);
    case PolicyKind::kLrfu:
      ATTUNE_CHECK(config.half_life > 0, "a reference counts half some time");
      return std::make_unique<LrfuPolicy>(config);
  }
  ATTUNE_CHECK(false, "not a policy");
}

}  // namespace attune::cache
