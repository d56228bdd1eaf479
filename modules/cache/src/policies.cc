#include "attune/cache/policies.h"

#include "attune/base/check.h"
#include "fifo_policy.h"
#include "lru_policy.h"
#include "s3_fifo_policy.h"
#include "sieve_policy.h"

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
    case PolicyKind::kLirs:
    case PolicyKind::kTwoQ:
    case PolicyKind::kTinyLfu:
    case PolicyKind::kLfu:
    case PolicyKind::kLrfu:
      return std::make_unique<LruPolicy>(config);
  }
  ATTUNE_CHECK(false, "not a policy");
}

}  // namespace attune::cache
