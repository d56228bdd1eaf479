#include "memory_shares.h"

#include <algorithm>
#include <utility>

namespace attune::engine {
namespace {

Bytes Share(Bytes memory, std::uint64_t divisor, Bytes least, Bytes most) {
  return std::clamp(Bytes(memory.count() / divisor), least, most);
}

}  // namespace

store::StoreConfig StoreShare(Bytes memory, std::string path, store::Durability durability) {
  store::StoreConfig config;
  config.path = std::move(path);
  config.durability = durability;
  config.writer_cache = Share(memory, 64, 2_MiB, 32_MiB);
  config.reader_cache = Share(memory, 256, 1_MiB, 16_MiB);
  config.queue_bytes_max = Share(memory, 32, 4_MiB, 64_MiB);
  return config;
}

index::TextIndexConfig IndexShare(Bytes memory) {
  index::TextIndexConfig config;
  config.build_bytes_max = Share(memory, 32, 4_MiB, 64_MiB);
  config.memory_segments_max = Share(memory, 32, 4_MiB, 64_MiB);
  config.segment_bytes_max = Share(memory, 8, 16_MiB, 256_MiB);
  return config;
}

CacheShares SharesOfCaches(Bytes memory) {
  const Bytes quarter(memory.count() / 4);
  const auto share = [&](std::uint64_t divisor, Bytes least, Bytes most) {
    const Bytes at_first = Share(memory, divisor, least, most);
    return CacheShare{.at_first = at_first, .useful_max = std::max(at_first, quarter)};
  };
  return {.answers = share(64, 1_MiB, 32_MiB),
          .passages = share(64, 1_MiB, 64_MiB),
          .files = share(32, 2_MiB, 100_MiB),
          .titles = {.at_first = 256_KiB, .useful_max = 4_MiB}};  // 4096 of them, 1 KiB at most
}

Bytes PagedFileMax(Bytes memory) { return Share(memory, 8, 16_MiB, 256_MiB); }

}  // namespace attune::engine
