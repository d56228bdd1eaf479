#include "attune/state/value.h"

#include <gtest/gtest.h>

namespace attune::state {
namespace {

TEST(ValueTest, IsNullUntilSomethingIsPutIn) { EXPECT_TRUE(Value().is_null()); }

}  // namespace
}  // namespace attune::state
