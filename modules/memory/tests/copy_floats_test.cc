#include "attune/memory/copy_floats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace attune::memory {
namespace {

constexpr float kUntouched = -1;

std::vector<float> Counting(std::size_t size) {
  std::vector<float> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 1.0F);
  return numbers;
}

TEST(CopyFloatsTest, CopiesEveryLengthToEveryPlaceAndNothingBeside) {
  const std::vector<float> source = Counting(1100);
  for (const std::size_t length : {0U, 1U, 127U, 128U, 129U, 384U, 500U, 1024U}) {
    for (std::size_t offset = 1; offset < 20; ++offset) {
      std::vector<float> target(1100, kUntouched);
      const std::span<const float> from = std::span(source).subspan(20 - offset, length);

      CopyFloats(from, target.data() + offset);

      const auto begin = target.begin() + static_cast<std::ptrdiff_t>(offset);
      const auto end = begin + static_cast<std::ptrdiff_t>(length);
      EXPECT_TRUE(std::equal(begin, end, from.begin())) << length << " at " << offset;
      EXPECT_EQ(std::count(target.begin(), begin, kUntouched), static_cast<std::ptrdiff_t>(offset));
      EXPECT_EQ(std::count(end, target.end(), kUntouched), target.end() - end);
    }
  }
}

// Not only the one that this processor would choose.
TEST(CopyFloatsTest, EveryWayToCopyABlockDoesTheSame) {
  const std::vector<float> source = Counting(3 * internal::kCopyBlock);
  for (const internal::BlockCopy copy : internal::BlockCopies()) {
    std::vector<float> target(source.size() + 1, kUntouched);

    copy(source.data(), 3, target.data());

    EXPECT_TRUE(std::equal(source.begin(), source.end(), target.begin()));
    EXPECT_EQ(target.back(), kUntouched);
  }
}

TEST(CopyFloatsTest, NothingIsCopiedFromNowhere) {
  CopyFloats({}, nullptr);
  for (const internal::BlockCopy copy : internal::BlockCopies()) {
    copy(nullptr, 0, nullptr);
  }
}

TEST(CopyFloatsTest, ThereIsAWayOnEveryProcessor) { EXPECT_FALSE(internal::BlockCopies().empty()); }

}  // namespace
}  // namespace attune::memory
