#include "attune/base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace attune {
namespace {

TEST(HashTest, Crc32cMatchesThePublishedCheckValue) { EXPECT_EQ(Crc32c("123456789"), 0xE3069283U); }

TEST(HashTest, Crc32cContinuesWhereAnEarlierCallStopped) {
  const std::string text = "a torn segment is detected by its checksum, wherever the tear is";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text)) << cut;
  }
}

TEST(HashTest, EveryFlippedBitChangesEveryHash) {
  const std::string text = "content identity";
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(Hash64(other), Hash64(text));
    EXPECT_NE(ContentHash(other), ContentHash(text));
    EXPECT_NE(Crc32c(other), Crc32c(text));
  }
}

}  // namespace
}  // namespace attune
