#include "bit_packing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "length_code.h"
#include "varint.h"

namespace attune::index {
namespace {

TEST(BitPacking, EveryWidthGivesTheNumbersBack) {
  std::mt19937 random(1);
  for (unsigned width = 0; width <= kPackedWidthMax; ++width) {
    const auto largest = static_cast<std::uint32_t>((std::uint64_t{1} << width) - 1);
    Block values;
    for (std::uint32_t& value : values) {
      value = static_cast<std::uint32_t>(random()) & largest;
    }
    values[kBlock / 2] = largest;
    EXPECT_EQ(WidthOf(values), width);
    std::string packed(PackedBytes(width) + 1, '\x5A');
    Pack(values, width, packed.data());
    EXPECT_EQ(packed.back(), '\x5A') << "writes exactly PackedBytes, width " << width;
    Block unpacked;
    unpacked.fill(7);
    Unpack(packed.data(), width, unpacked);
    EXPECT_EQ(unpacked, values) << "width " << width;
  }
}

TEST(LengthCode, IsMonotonicAndAtMostSixPercentTooSmall) {
  std::uint8_t before = 0;
  for (std::uint32_t length = 0; length < 600000; ++length) {
    const std::uint8_t code = EncodeLength(length);
    ASSERT_GE(code, before);
    before = code;
    ASSERT_LE(DecodeLength(code), length);
    if (length <= 507904) {
      ASSERT_LE(length - DecodeLength(code), length / 16) << length;
    }
  }
  EXPECT_EQ(EncodeLength(~0U), 255);
}

TEST(Varint, GivesTheNumbersBack) {
  for (const std::uint32_t value : {0U, 1U, 127U, 128U, 300U, 1U << 21U, ~0U}) {
    std::string bytes(kVarintBytesMax, '\0');
    const char* const end = PutVarint(bytes.data(), value);
    VarintReader reader(bytes.data(), end);
    EXPECT_EQ(reader.Next(), value);
    EXPECT_TRUE(reader.at_end());
    EXPECT_EQ(reader.Next(), 0U) << "zeros behind the end";
  }
}

TEST(Varint, NeverReadsBehindItsEnd) {
  const std::string endless(3, '\xFF');
  VarintReader reader(endless.data(), endless.data() + endless.size());
  reader.Next();
  EXPECT_TRUE(reader.at_end());
  VarintReader skipper(endless.data(), endless.data() + endless.size());
  skipper.Skip(1000);
  EXPECT_TRUE(skipper.at_end());
}

}  // namespace
}  // namespace attune::index
