#include <benchmark/benchmark.h>

#include <string>

#include "attune/base/bytes.h"
#include "attune/base/hash.h"

namespace {

void BM_ParseBytes(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(attune::ParseBytes("64MiB"));
}
BENCHMARK(BM_ParseBytes);

template <auto Function>
void BM_Checksum(benchmark::State& state) {
  const std::string bytes(64 * 1024, 'a');
  for (auto _ : state) benchmark::DoNotOptimize(Function(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(BM_Checksum<[](const std::string& bytes) { return attune::Crc32c(bytes); }>)->Name("BM_Crc32c/64KiB");
BENCHMARK(BM_Checksum<[](const std::string& bytes) { return attune::Hash64(bytes); }>)->Name("BM_Hash64/64KiB");

}  // namespace
