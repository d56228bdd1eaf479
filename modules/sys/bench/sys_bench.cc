// What files, probes and random numbers cost, each beside what it could be replaced by.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "attune/sys/directory_watch.h"
#include "attune/sys/file_system.h"
#include "attune/sys/process.h"
#include "attune/sys/random.h"

namespace {

using namespace attune::literals;

// One file of 16 KiB, the size of a typical source file.
const std::string& SampleFile() {
  static const std::string path = [] {
    std::string file = (std::filesystem::temp_directory_path() / "attune-sys-bench").string();
    std::ofstream(file, std::ios::binary) << std::string(16 * 1024, 'x');
    return file;
  }();
  return path;
}

void BM_ReadFile16KiB(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(attune::sys::RealFileSystem().Read(SampleFile(), 1_MiB));
}
BENCHMARK(BM_ReadFile16KiB);

void BM_ReadFile16KiB_ifstream(benchmark::State& state) {
  for (auto _ : state) {
    std::ifstream in(SampleFile(), std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(BM_ReadFile16KiB_ifstream);

// The floor: open, read, close, without any check.
void BM_ReadFile16KiB_SystemCalls(benchmark::State& state) {
  std::string bytes(32 * 1024, '\0');
  for (auto _ : state) {
    const int fd = ::open(SampleFile().c_str(), O_RDONLY | O_CLOEXEC);
    benchmark::DoNotOptimize(::read(fd, bytes.data(), bytes.size()));
    ::close(fd);
  }
}
BENCHMARK(BM_ReadFile16KiB_SystemCalls);

void BM_ListDirectory_usr_include(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(attune::sys::RealFileSystem().List("/usr/include"));
}
BENCHMARK(BM_ListDirectory_usr_include);

void BM_ProbeMemory(benchmark::State& state) {
  const attune::sys::ProcessProbe probe(attune::sys::RealFileSystem());
  for (auto _ : state) benchmark::DoNotOptimize(probe.Memory());
}
BENCHMARK(BM_ProbeMemory);

void BM_ProbeCgroup(benchmark::State& state) {
  const attune::sys::ProcessProbe probe(attune::sys::RealFileSystem());
  for (auto _ : state) benchmark::DoNotOptimize(probe.Cgroup());
}
BENCHMARK(BM_ProbeCgroup);

void BM_Random(benchmark::State& state) {
  attune::sys::Random random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random.Next());
}
BENCHMARK(BM_Random);

void BM_Random_mt19937_64(benchmark::State& state) {
  std::mt19937_64 random(1);
  for (auto _ : state) benchmark::DoNotOptimize(random());
}
BENCHMARK(BM_Random_mt19937_64);

void BM_SecureToken(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(attune::sys::SecureToken());
}
BENCHMARK(BM_SecureToken);

// From close(2) of a written file to the event in hand.
void BM_WatchEvent(benchmark::State& state) {
  std::string dir = (std::filesystem::temp_directory_path() / "attune-sys-bench-XXXXXX").string();
  if (::mkdtemp(dir.data()) == nullptr) return state.SkipWithError("no temporary folder");
  {
    auto watch = attune::sys::DirectoryWatch::Create();
    if (!watch.ok() || !(*watch)->AddDirectory(dir).ok()) return state.SkipWithError("no inotify");
    const std::string file = dir + "/f";
    for (auto _ : state) {
      ::close(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      benchmark::DoNotOptimize((*watch)->Poll(std::chrono::seconds(1)));
    }
  }
  std::filesystem::remove_all(dir);
}
BENCHMARK(BM_WatchEvent);

}  // namespace
