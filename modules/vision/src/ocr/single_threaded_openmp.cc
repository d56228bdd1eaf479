#include "single_threaded_openmp.h"

#include <dlfcn.h>

namespace attune::vision {
namespace {

// Looked up by name: the OpenMP runtime is the one that Tesseract brings along,
// whichever that is, and a Tesseract without OpenMP brings none.
struct OpenMp {
  using GetLevels = int (*)();
  using SetLevels = void (*)(int);
  GetLevels get = reinterpret_cast<GetLevels>(dlsym(RTLD_DEFAULT, "omp_get_max_active_levels"));
  SetLevels set = reinterpret_cast<SetLevels>(dlsym(RTLD_DEFAULT, "omp_set_max_active_levels"));
  bool present() const noexcept { return get != nullptr && set != nullptr; }
};

const OpenMp& Runtime() noexcept {
  static const OpenMp runtime;
  return runtime;
}

}  // namespace

SingleThreadedOpenMp::SingleThreadedOpenMp() noexcept {
  if (!Runtime().present()) return;
  levels_before_ = Runtime().get();
  Runtime().set(0);
}

SingleThreadedOpenMp::~SingleThreadedOpenMp() {
  if (Runtime().present()) Runtime().set(levels_before_);
}

}  // namespace attune::vision
