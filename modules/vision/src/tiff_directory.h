#pragma once
// The chain of directories (one per page) of a TIFF file: TIFF 6.0 and BigTIFF,
// both byte orders. Reads only the tags that say how much memory a page takes.

#include <cstdint>
#include <string_view>
#include <vector>

#include "attune/base/result.h"

namespace attune::vision {

struct TiffDirectory {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  std::uint64_t bits_per_sample = 1;  // the largest of its samples
  std::uint64_t samples_per_pixel = 1;
  std::uint64_t tile_width = 0;  // 0: stored in strips
  std::uint64_t tile_height = 0;
};

bool LooksLikeTiff(std::string_view bytes) noexcept;

// At least one on success. kCorruption when an offset leaves the file or comes
// back to an earlier directory, kExhausted for more than pages_max.
Result<std::vector<TiffDirectory>> ReadTiffDirectories(std::string_view bytes, int pages_max);

}  // namespace attune::vision
