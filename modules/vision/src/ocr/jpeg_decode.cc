// libjpeg reports errors by a callback that must not return. ReadGray is the one
// function that longjmps over itself; it owns nothing with a destructor.

#include <cstddef>  // jpeglib.h needs these two first
#include <cstdio>
// clang-format off
#include <jpeglib.h>
// clang-format on

#include <algorithm>
#include <csetjmp>
#include <string>

#include "decoders.h"

namespace attune::vision {
namespace {

// A progressive file may refine its pixels in any number of passes, each as
// expensive as the first; photographs have about ten.
constexpr int kScansMax = 100;
// Coefficients of a progressive file: three planes of two bytes, and some slack.
constexpr long kMemoryPerPixel = 7;
constexpr long kMemoryFixed = 4L << 20U;

struct JpegState {
  jpeg_decompress_struct decoder{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed{};
  char message[JMSG_LENGTH_MAX] = "";
};

void Fail(j_common_ptr common) {
  auto* state = static_cast<JpegState*>(common->client_data);
  (*common->err->format_message)(common, state->message);
  std::longjmp(state->failed, 1);
}

void LimitScans(j_common_ptr common) {
  auto* state = static_cast<JpegState*>(common->client_data);
  if (state->decoder.input_scan_number > kScansMax) {
    std::snprintf(state->message, sizeof state->message, "more than %d scans", kScansMax);
    std::longjmp(state->failed, 1);
  }
}

void StaySilent(j_common_ptr /*common*/) {}
void StaySilent(j_common_ptr /*common*/, int /*level*/) {}

void Prepare(JpegState& state, const ImageInfo& info) {
  state.decoder.err = jpeg_std_error(&state.errors);
  state.decoder.client_data = &state;
  state.errors.error_exit = Fail;
  state.errors.output_message = StaySilent;
  state.errors.emit_message = StaySilent;
  jpeg_create_decompress(&state.decoder);
  state.progress.progress_monitor = LimitScans;
  state.decoder.progress = &state.progress;
  state.decoder.mem->max_memory_to_use = kMemoryFixed + kMemoryPerPixel * info.width * info.height;
}

// CMYK as Adobe writes it: all four inverted, so that 255 is no ink.
void GrayFromInvertedCmyk(const JSAMPLE* cmyk, std::uint8_t* gray, int width) {
  for (int x = 0; x < width; ++x, cmyk += 4) {
    const int colours = (cmyk[0] * 299 + cmyk[1] * 587 + cmyk[2] * 114) / 1000;
    gray[x] = static_cast<std::uint8_t>(colours * cmyk[3] / 255);
  }
}

// Fills `pixels` (width * height bytes); `row` holds 4 * width bytes for CMYK.
// False on failure, with state.message set.
bool ReadGray(JpegState& state, std::string_view bytes, const ImageInfo& info, std::uint8_t* pixels, JSAMPLE* row) {
  if (setjmp(state.failed) != 0) {  // NOLINT(cert-err52-cpp): libjpeg's own protocol
    return false;
  }
  Prepare(state, info);
  jpeg_mem_src(&state.decoder, reinterpret_cast<const unsigned char*>(bytes.data()),
               static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(&state.decoder, TRUE);
  if (static_cast<int>(state.decoder.image_width) != info.width ||
      static_cast<int>(state.decoder.image_height) != info.height) {
    std::snprintf(state.message, sizeof state.message, "it changes its size");
    return false;
  }
  const bool cmyk = state.decoder.num_components == 4;
  state.decoder.out_color_space = cmyk ? JCS_CMYK : JCS_GRAYSCALE;
  jpeg_start_decompress(&state.decoder);
  while (state.decoder.output_scanline < state.decoder.output_height) {
    std::uint8_t* target =
        pixels + static_cast<std::size_t>(state.decoder.output_scanline) * static_cast<std::size_t>(info.width);
    JSAMPROW rows[1] = {cmyk ? row : target};
    jpeg_read_scanlines(&state.decoder, rows, 1);
    if (cmyk) GrayFromInvertedCmyk(row, target, info.width);
  }
  return true;
}

int DpiOf(const jpeg_decompress_struct& decoder) {
  constexpr double kCentimetresPerInch = 2.54;
  switch (decoder.density_unit) {
    case 1:
      return decoder.X_density;
    case 2:
      return static_cast<int>(decoder.X_density * kCentimetresPerInch + 0.5);
    default:
      return 0;
  }
}

}  // namespace

Result<GrayImage> DecodeJpeg(std::string_view bytes, const ImageInfo& info) {
  GrayImage image{info.width, info.height, 0, {}};
  image.pixels.resize(static_cast<std::size_t>(info.width) * static_cast<std::size_t>(info.height));
  std::vector<JSAMPLE> row(static_cast<std::size_t>(info.width) * 4);
  JpegState state;
  const bool ok = ReadGray(state, bytes, info, image.pixels.data(), row.data());
  image.dpi = DpiOf(state.decoder);
  jpeg_destroy_decompress(&state.decoder);
  if (!ok) return Error(ErrorCode::kCorruption, std::string("the JPEG file cannot be decoded: ") + state.message);
  return image;
}

}  // namespace attune::vision
