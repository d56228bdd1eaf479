#include <gtest/gtest.h>

#include <random>
#include <string>

#include "attune/vision/image.h"

namespace attune::vision {
namespace {

std::string Big(std::uint64_t value, std::size_t count) {
  std::string bytes;
  for (std::size_t i = count; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string Little(std::uint64_t value, std::size_t count) {
  std::string bytes = Big(value, count);
  return {bytes.rbegin(), bytes.rend()};
}

std::string Png(std::uint32_t width, std::uint32_t height) {
  return "\x89PNG\r\n\x1a\n" + Big(13, 4) + "IHDR" + Big(width, 4) + Big(height, 4) + Big(0, 5);
}

std::string Jpeg(std::uint32_t width, std::uint32_t height) {
  const std::string comment = "\xff\xfe" + Big(7, 2) + "hello";
  return "\xff\xd8" + comment + "\xff\xff\xc2" + Big(17, 2) + "\x08" + Big(height, 2) + Big(width, 2) +
         std::string(10, 0);
}

struct TiffPage {
  std::uint64_t width = 10;
  std::uint64_t height = 20;
  std::uint64_t tile = 0;
};

// Short values, little endian; `loops` lets the last page point to the first.
std::string Tiff(const std::vector<TiffPage>& pages, bool loops = false) {
  const auto entry = [](std::uint64_t tag, std::uint64_t value) {
    return Little(tag, 2) + Little(4, 2) + Little(1, 4) + Little(value, 4);
  };
  constexpr std::uint64_t kPageBytes = 2 + 4 * 12 + 4;
  std::string bytes("II*\0", 4);
  bytes += Little(8, 4);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    bytes += Little(4, 2) + entry(256, pages[i].width) + entry(257, pages[i].height) + entry(322, pages[i].tile) +
             entry(323, pages[i].tile);
    const bool last = i + 1 == pages.size();
    bytes += Little(last ? (loops ? 8 : 0) : 8 + (i + 1) * kPageBytes, 4);
  }
  return bytes;
}

TEST(ProbeImage, ReadsTheSizeFromEachFormat) {
  const auto png = ProbeImage(Png(640, 480), {});
  ASSERT_TRUE(png.ok()) << png.error().message();
  EXPECT_EQ(png->width, 640);
  EXPECT_EQ(png->height, 480);
  const auto jpeg = ProbeImage(Jpeg(1024, 768), {});
  ASSERT_TRUE(jpeg.ok()) << jpeg.error().message();
  EXPECT_EQ(jpeg->format, ImageFormat::kJpeg);
  EXPECT_EQ(jpeg->width, 1024);
  const auto tiff = ProbeImage(Tiff({{100, 200}, {300, 400}}), {});
  ASSERT_TRUE(tiff.ok()) << tiff.error().message();
  EXPECT_EQ(tiff->width, 100);
  EXPECT_EQ(tiff->pages, 2);
}

TEST(ProbeImage, ReadsBigTiffInBothByteOrders) {
  const auto entry = [](std::uint64_t tag, std::uint64_t value) {
    return Big(tag, 2) + Big(16, 2) + Big(1, 8) + Big(value, 8);
  };
  std::string bytes("MM\0+", 4);
  bytes += Big(8, 2) + Big(0, 2) + Big(16, 8) + Big(2, 8) + entry(256, 33) + entry(257, 44) + Big(0, 8);
  const auto info = ProbeImage(bytes, {});
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(info->width, 33);
  EXPECT_EQ(info->height, 44);
}

TEST(ProbeImage, RefusesABombForThePriceOfItsHeader) {
  for (const std::string& bomb : {Png(30'000, 30'000), Jpeg(32'000, 32'000), Tiff({{31'000, 31'000}}),
                                  Tiff({{10, 10}, {31'000, 31'000}}), Tiff({{10, 10, 31'000}})}) {
    const auto info = ProbeImage(bomb, {});
    ASSERT_FALSE(info.ok());
    EXPECT_EQ(info.error().code(), ErrorCode::kExhausted);
    EXPECT_NE(info.error().message().find("pixels_max"), std::string::npos) << info.error().message();
    EXPECT_FALSE(DecodeImage(bomb, 0, {}).ok());
  }
}

TEST(ProbeImage, WalksTheBoundsOfPixelsSidesAndBytes) {
  const ImageLimits limits{.pixels_max = 100, .side_max = 50};
  EXPECT_TRUE(ProbeImage(Png(10, 10), limits).ok());
  EXPECT_FALSE(ProbeImage(Png(10, 11), limits).ok());
  EXPECT_TRUE(ProbeImage(Png(50, 2), limits).ok());
  EXPECT_FALSE(ProbeImage(Png(51, 1), limits).ok());
  EXPECT_FALSE(ProbeImage(Png(0, 10), limits).ok());
  EXPECT_FALSE(ProbeImage(Png(0xFFFFFFFF, 0xFFFFFFFF), {}).ok());
  const std::string bytes = Png(10, 10);
  EXPECT_TRUE(ProbeImage(bytes, {.bytes_max = Bytes(bytes.size())}).ok());
  EXPECT_FALSE(ProbeImage(bytes, {.bytes_max = Bytes(bytes.size() - 1)}).ok());
}

TEST(ProbeImage, AChainOfTiffPagesThatLoopsOrNeverEndsIsAnError) {
  const auto loop = ProbeImage(Tiff({{10, 10}, {10, 10}}, true), {});
  ASSERT_FALSE(loop.ok());
  EXPECT_EQ(loop.error().code(), ErrorCode::kCorruption);
  const auto many = ProbeImage(Tiff(std::vector<TiffPage>(6)), {.pages_max = 5});
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE(ProbeImage(Tiff(std::vector<TiffPage>(5)), {.pages_max = 5}).ok());
}

TEST(ProbeImage, WhatIsNotAnImageIsNamedSo) {
  for (const std::string_view text :
       {"", "P", "%PDF-1.4", "plain text that is longer than a header", "II*", "\xff\xd8"}) {
    const auto info = ProbeImage(text, {});
    ASSERT_FALSE(info.ok());
    EXPECT_EQ(info.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_FALSE(LooksLikeImage(text));
  }
}

TEST(ProbeImage, ATruncatedHeaderIsAnErrorAtEveryLength) {
  for (const std::string& whole : {Png(5, 5), Jpeg(5, 5).substr(0, 22), Tiff({{5, 5}})}) {
    const std::size_t needed = whole.size() - 6;  // a missing end of chain or depth still leaves a size
    for (std::size_t length = 0; length < needed; ++length)
      EXPECT_FALSE(ProbeImage(whole.substr(0, length), {}).ok()) << length;
  }
}

TEST(ProbeImage, AnyBytesGiveAnAnswer) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = i % 3 == 0 ? Png(10, 10) : i % 3 == 1 ? Jpeg(10, 10) : Tiff({{10, 10}, {10, 10}});
    for (int k = 0; k < 4; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (const auto info = ProbeImage(bytes, {}); info.ok()) {
      EXPECT_GT(info->width, 0);
      EXPECT_GE(info->pages, 1);
    }
  }
}

}  // namespace
}  // namespace attune::vision
