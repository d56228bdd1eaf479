#pragma once
// PolicyKind: the replacement policies by name, and how to make one.
//
//   ATTUNE_ASSIGN_OR_RETURN(const PolicyKind kind, ParsePolicyKind("s3-fifo"));
//
// Threads    free functions without state.
// Errors     kInvalidArgument names the unknown policy and lists the known ones.

#include <array>
#include <cstdint>
#include <string_view>

#include "attune/base/result.h"

namespace attune::cache {

enum class PolicyKind : std::uint8_t { kLru, kFifo, kS3Fifo, kSieve, kArc, kLirs, kTwoQ, kTinyLfu, kLfu, kLrfu };

inline constexpr std::array kPolicyKinds = {
    PolicyKind::kLru,  PolicyKind::kFifo, PolicyKind::kS3Fifo,  PolicyKind::kSieve, PolicyKind::kArc,
    PolicyKind::kLirs, PolicyKind::kTwoQ, PolicyKind::kTinyLfu, PolicyKind::kLfu,   PolicyKind::kLrfu};

std::string_view ToString(PolicyKind kind) noexcept;  // "w-tinylfu"
Result<PolicyKind> ParsePolicyKind(std::string_view name);

}  // namespace attune::cache
