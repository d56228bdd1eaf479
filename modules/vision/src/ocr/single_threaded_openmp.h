#pragma once
// While one of these lives, OpenMP regions entered by this thread run on it alone.
//
// Tesseract asks for four threads per layer of its network, and the threads spin
// between layers: a page takes six times the CPU time (README.md). OMP_THREAD_LIMIT is read before main and the
// num_threads clause beats omp_set_num_threads, so the number of active levels is
// the only switch left. It belongs to the calling thread and is put back.

namespace attune::vision {

class SingleThreadedOpenMp {
 public:
  SingleThreadedOpenMp() noexcept;
  SingleThreadedOpenMp(const SingleThreadedOpenMp&) = delete;
  SingleThreadedOpenMp& operator=(const SingleThreadedOpenMp&) = delete;
  ~SingleThreadedOpenMp();

 private:
  int levels_before_ = 0;
};

}  // namespace attune::vision
