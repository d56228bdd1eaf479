#if __has_include(<leptonica/allheaders.h>)  // absent where the decoders are absent; tests/absent/ covers that build
#include <cstddef>                           // jpeglib.h needs these two first
#include <cstdio>
// clang-format off
#include <jpeglib.h>
// clang-format on

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "attune/vision/image.h"
#include "drawn_page.h"

namespace attune::vision {
namespace {

DrawnPage Sample() { return DrawLines({"decode me"}, 400); }

// Mean distance of grey values from what was drawn.
double Distance(const GrayImage& image, PIX& drawn) {
  double sum = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      l_uint32 value = 0;
      pixGetPixel(&drawn, x, y, &value);
      const auto index =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x);
      sum += std::abs(static_cast<double>(image.pixels[index]) - static_cast<double>(value));
    }
  }
  return sum / static_cast<double>(image.pixels.size());
}

TEST(DecodeImage, GivesThePixelsThatWereWritten) {
  const DrawnPage page = Sample();
  for (const int format : {IFF_PNG, IFF_TIFF, IFF_TIFF_LZW, IFF_TIFF_ZIP, IFF_JFIF_JPEG}) {
    const std::string bytes = FileOf(*page, format);
    const auto image = DecodeImage(bytes, 0, {});
    ASSERT_TRUE(image.ok()) << image.error().message();
    ASSERT_EQ(image->width, 400);
    ASSERT_EQ(image->height, pixGetHeight(page.get()));
    EXPECT_LT(Distance(*image, *page), format == IFF_JFIF_JPEG ? 3.0 : 0.001) << format;
    EXPECT_EQ(image->dpi, 300) << format;
  }
}

TEST(DecodeImage, ReadsEveryPageOfATiffFile) {
  const DrawnPage first = DrawLines({"first"}, 300);
  const DrawnPage second = DrawLines({"second", "page"}, 350);
  const std::string bytes = TiffOf({first.get(), second.get()});
  const auto info = ProbeImage(bytes, {});
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(info->pages, 2);
  const auto image = DecodeImage(bytes, 1, {});
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(image->width, 350);
  EXPECT_LT(Distance(*image, *second), 0.001);
  const auto beyond = DecodeImage(bytes, 2, {});
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(DecodeImage(bytes, -1, {}).ok());
}

TEST(DecodeImage, ColoursAndBitsBecomeGrey) {
  const DrawnPage page = Sample();
  const DrawnPage colour(pixConvertTo32(page.get()));
  const DrawnPage bits(pixConvertTo1(page.get(), 128));
  for (const int format : {IFF_PNG, IFF_JFIF_JPEG, IFF_TIFF_LZW}) {
    const auto image = DecodeImage(FileOf(*colour, format), 0, {});
    ASSERT_TRUE(image.ok()) << image.error().message();
    EXPECT_LT(Distance(*image, *page), 3.0);
  }
  for (const int format : {IFF_PNG, IFF_TIFF_G4}) {
    const auto image = DecodeImage(FileOf(*bits, format), 0, {});
    ASSERT_TRUE(image.ok()) << image.error().message();
    EXPECT_LT(Distance(*image, *page), 3.0);
  }
}

TEST(DecodeImage, TransparencyIsWhitePaper) {
  const DrawnPage clear(pixCreate(20, 20, 32));
  pixSetSpp(clear.get(), 4);  // black everywhere, alpha 0 everywhere
  const auto image = DecodeImage(FileOf(*clear, IFF_PNG), 0, {});
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_EQ(std::count(image->pixels.begin(), image->pixels.end(), 255), 400);
}

// An Adobe CMYK file of one colour: no ink in the upper half, all black below.
std::string CmykJpeg() {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&encoder, &data, &size);
  encoder.image_width = 16;
  encoder.image_height = 16;
  encoder.input_components = 4;
  encoder.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&encoder);
  jpeg_start_compress(&encoder, TRUE);
  std::vector<JSAMPLE> row(64);
  for (int y = 0; y < 16; ++y) {
    std::fill(row.begin(), row.end(), static_cast<JSAMPLE>(y < 8 ? 255 : 0));
    JSAMPROW rows[1] = {row.data()};
    jpeg_write_scanlines(&encoder, rows, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  std::free(data);  // NOLINT(cppcoreguidelines-no-malloc): libjpeg allocates with malloc
  return bytes;
}

TEST(DecodeImage, ReadsInksOfPrintersJpeg) {
  const auto image = DecodeImage(CmykJpeg(), 0, {});
  ASSERT_TRUE(image.ok()) << image.error().message();
  EXPECT_GT(image->pixels.front(), 240);
  EXPECT_LT(image->pixels.back(), 15);
}

TEST(DecodeImage, DamagedFilesAreErrorsAndPrintNothing) {
  const DrawnPage page = Sample();
  const DrawnPage bits(pixConvertTo1(page.get(), 128));
  std::mt19937_64 random(3);
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  int errors = 0;
  for (const std::string& whole : {FileOf(*page, IFF_PNG), FileOf(*page, IFF_JFIF_JPEG), FileOf(*page, IFF_TIFF_LZW),
                                   FileOf(*page, IFF_TIFF_ZIP), FileOf(*bits, IFF_TIFF_G4)}) {
    for (int i = 0; i < 150; ++i) {
      std::string bytes = i % 2 == 0 ? whole : whole.substr(0, random() % whole.size());
      for (int k = 0; k < 3 && !bytes.empty(); ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
      const auto image = DecodeImage(bytes, 0, {.pixels_max = 200'000});
      if (!image.ok()) ++errors;
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_GT(errors, 200);
}

}  // namespace
}  // namespace attune::vision
#endif
