#include "attune/cache/policy_kind.h"

#include <gtest/gtest.h>

namespace attune::cache {
namespace {

TEST(PolicyKindTest, EveryNameReadsBack) {
  for (const PolicyKind kind : kPolicyKinds) EXPECT_EQ(*ParsePolicyKind(ToString(kind)), kind);
}

TEST(PolicyKindTest, AnUnknownNameListsTheKnownOnes) {
  const Result<PolicyKind> kind = ParsePolicyKind("clock");
  ASSERT_FALSE(kind.ok());
  EXPECT_NE(kind.error().message().find("'clock'"), std::string::npos);
  EXPECT_NE(kind.error().message().find("w-tinylfu"), std::string::npos);
}

}  // namespace
}  // namespace attune::cache
