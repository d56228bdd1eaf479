#pragma once
// Leptonica, made silent, with its images owned.

#include <leptonica/allheaders.h>

#include <memory>

namespace attune::vision {

struct PixDelete {
  void operator()(PIX* pix) const noexcept { pixDestroy(&pix); }
};
using OwnedPix = std::unique_ptr<PIX, PixDelete>;

// Once per process, before the first call of the library. Thread-safe.
void SilenceLeptonica() noexcept;

}  // namespace attune::vision
