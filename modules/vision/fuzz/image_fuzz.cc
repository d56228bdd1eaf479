// Whatever the header check lets pass is decoded within its limits or refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "attune/base/check.h"
#include "attune/vision/image.h"

namespace {

constexpr std::uint8_t kTinyPng[] = {0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0,    0,    0,    13,   'I',  'H',
                                     'D',  'R',  0,    0,    0,    1,    0,    0,    0,    1,    8,    0,    0,    0,
                                     0,    0x3a, 0x7e, 0x9b, 0x55, 0,    0,    0,    10,   'I',  'D',  'A',  'T',  0x78,
                                     0x9c, 0x63, 0xf8, 0x0f, 0x00, 0x01, 0x01, 0x01, 0x00, 0x1b, 0xb6, 0xee, 0x56, 0,
                                     0,    0,    0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};
// One page of 8 x 2 pixels, one bit each, not compressed.
constexpr std::uint8_t kTinyTiff[] = {
    'I', 'I', '*', 0, 10, 0, 0, 0, 0xAA, 0x55, 6, 0,                                       //
    0,   1,   3,   0, 1,  0, 0, 0, 8,    0,    0, 0, 1,  1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0,  //
    3,   1,   3,   0, 1,  0, 0, 0, 1,    0,    0, 0, 6,  1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,  //
    17,  1,   4,   0, 1,  0, 0, 0, 8,    0,    0, 0, 23, 1, 4, 0, 1, 0, 0, 0, 2, 0, 0, 0,  //
    0,   0,   0,   0};
constexpr std::uint8_t kJpegHead[] = {0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0};

// Input is either a file itself or, as random bytes rarely start like one, pairs
// of (place, value) that change a valid file.
template <std::size_t kSize>
std::string Changed(const std::uint8_t (&whole)[kSize], const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(whole), kSize);
  for (std::size_t i = 0; i + 1 < size; i += 2) bytes[data[i] % kSize] = static_cast<char>(data[i + 1]);
  return bytes;
}

void Check(const std::string& bytes) {
  const attune::vision::ImageLimits limits{.pixels_max = 1 << 16, .pages_max = 20};
  const auto info = attune::vision::ProbeImage(bytes, limits);
  const auto image = attune::vision::DecodeImage(bytes, 0, limits);
  ATTUNE_CHECK(info.ok() || !image.ok(), "nothing is decoded that the header check refuses");
  if (!image.ok()) return;
  const auto pixels = static_cast<std::size_t>(image->width) * static_cast<std::size_t>(image->height);
  ATTUNE_CHECK(image->pixels.size() == pixels && pixels <= limits.pixels_max, "the limits hold for what is decoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Check(std::string(reinterpret_cast<const char*>(data), size));
  Check(Changed(kTinyPng, data, size));
  Check(Changed(kTinyTiff, data, size));
  Check(Changed(kJpegHead, data, size));
  return 0;
}
