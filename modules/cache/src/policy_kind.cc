#include "attune/cache/policy_kind.h"

#include <string>

#include "attune/base/check.h"

namespace attune::cache {

std::string_view ToString(PolicyKind kind) noexcept {
  switch (kind) {
    case PolicyKind::kLru:
      return "lru";
    case PolicyKind::kFifo:
      return "fifo";
    case PolicyKind::kS3Fifo:
      return "s3-fifo";
    case PolicyKind::kSieve:
      return "sieve";
    case PolicyKind::kArc:
      return "arc";
    case PolicyKind::kLirs:
      return "lirs";
    case PolicyKind::kTwoQ:
      return "2q";
    case PolicyKind::kTinyLfu:
      return "w-tinylfu";
    case PolicyKind::kLfu:
      return "lfu";
    case PolicyKind::kLrfu:
      return "lrfu";
  }
  ATTUNE_CHECK(false, "not a policy");
}

Result<PolicyKind> ParsePolicyKind(std::string_view name) {
  std::string known;
  for (const PolicyKind kind : kPolicyKinds) {
    if (ToString(kind) == name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(ToString(kind));
  }
  return Error(ErrorCode::kInvalidArgument, "unknown cache policy '" + std::string(name) + "'; known are " + known);
}

}  // namespace attune::cache
