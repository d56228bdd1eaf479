// Why texts are packed with zstd level 1: against LZ4, file by file, on the C headers of this machine.
#include <benchmark/benchmark.h>
#include <lz4.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "attune/base/check.h"

namespace {

constexpr std::size_t kCorpusBytesMax = std::size_t{16} << 20U;

const std::vector<std::string>& Corpus() {
  static const std::vector<std::string> corpus = [] {
    std::vector<std::string> files;
    std::size_t bytes = 0;
    std::error_code ignored;
    for (std::filesystem::recursive_directory_iterator it("/usr/include", ignored), end;
         it != end && bytes < kCorpusBytesMax; it.increment(ignored)) {
      if (!it->is_regular_file(ignored) || it->file_size(ignored) > (1U << 20U)) continue;
      std::ifstream in(it->path(), std::ios::binary);
      files.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
      bytes += files.back().size();
    }
    ATTUNE_CHECK(bytes > 0, "a C++ toolchain brings headers");
    return files;
  }();
  return corpus;
}

struct Zstd {
  static std::size_t Bound(std::size_t size) { return ZSTD_compressBound(size); }
  std::size_t Pack(const std::string& text, std::string& out) {
    return ZSTD_compressCCtx(packing, out.data(), out.size(), text.data(), text.size(), 1);
  }
  void Unpack(const std::string& packed, std::string& out) {
    ATTUNE_CHECK(ZSTD_decompressDCtx(unpacking, out.data(), out.size(), packed.data(), packed.size()) == out.size(),
                 "");
  }
  Zstd() = default;
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
  ~Zstd() {
    ZSTD_freeCCtx(packing);
    ZSTD_freeDCtx(unpacking);
  }
  ZSTD_CCtx* packing = ZSTD_createCCtx();
  ZSTD_DCtx* unpacking = ZSTD_createDCtx();
};

struct Lz4 {
  static std::size_t Bound(std::size_t size) {
    return static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(size)));
  }
  static std::size_t Pack(const std::string& text, std::string& out) {
    return static_cast<std::size_t>(
        LZ4_compress_default(text.data(), out.data(), static_cast<int>(text.size()), static_cast<int>(out.size())));
  }
  static void Unpack(const std::string& packed, std::string& out) {
    const int size =
        LZ4_decompress_safe(packed.data(), out.data(), static_cast<int>(packed.size()), static_cast<int>(out.size()));
    ATTUNE_CHECK(size == static_cast<int>(out.size()), "");
  }
};

template <typename Codec>
void BM_PackFiles(benchmark::State& state) {
  Codec codec;
  std::string out;
  std::size_t before = 0;
  std::size_t after = 0;
  for (auto _ : state) {
    for (const std::string& text : Corpus()) {
      out.resize(Codec::Bound(text.size()));
      after += codec.Pack(text, out);
      before += text.size();
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(before));
  state.counters["ratio"] = static_cast<double>(before) / static_cast<double>(after);
}
BENCHMARK(BM_PackFiles<Zstd>)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_PackFiles<Lz4>)->Unit(benchmark::kMillisecond);

template <typename Codec>
void BM_UnpackFiles(benchmark::State& state) {
  Codec codec;
  std::vector<std::string> packed;
  for (const std::string& text : Corpus()) {
    packed.emplace_back(Codec::Bound(text.size()), '\0');
    packed.back().resize(codec.Pack(text, packed.back()));
  }
  std::string out;
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < packed.size(); ++i) {
      out.resize(Corpus()[i].size());
      codec.Unpack(packed[i], out);
      bytes += out.size();
    }
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_UnpackFiles<Zstd>)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_UnpackFiles<Lz4>)->Unit(benchmark::kMillisecond);

}  // namespace
