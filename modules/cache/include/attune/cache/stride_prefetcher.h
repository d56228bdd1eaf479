#pragma once
// StridePrefetcher: continues sequences such as 8, 16, 24, also when several are interleaved
// and when one is disturbed now and then.
//
//   StridePrefetcher stride;
//   for (PrefetchKey key : {100, 108, 116}) stride.Observe(key);
//   stride.Propose(2, proposals);  // 124 and 132
//
// Algorithm  The trend of a stream is the majority (Boyer and Moore) of its last deltas, looked
//            for in windows of 2, 4, 8 and 16: Maruf and Chowdhury, "Effectively Prefetching
//            Remote Memory with Leap", ATC 2020. Where we differ: Leap keeps one history for each
//            process. We do not know who asks, so an access belongs to the stream that expected
//            it, else to the nearest one within `reach`, else it starts a new stream in place of
//            the one that was quiet longest. And how far to go ahead is the gate's decision.
// Levels     how many of a stream's last 15 deltas agreed with the trend.
// Keys       spatial only; they wrap around at 2^64.
// Threads    none, see prefetcher.h.
// Cost       one pass over `streams_max` keys for each access.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/result.h"
#include "attune/cache/prefetcher.h"

namespace attune::cache {

struct StrideConfig {
  std::size_t streams_max = 32;  // sequences that may be interleaved; each costs time on every access
  std::uint64_t reach = 4096;    // largest distance within one stream; more of it joins what is unrelated
};
Status Validate(const StrideConfig& config);

class StridePrefetcher final : public Prefetcher {
 public:
  // REQUIRES: Validate(config).ok().
  explicit StridePrefetcher(StrideConfig config = {});

  std::string_view name() const noexcept override { return "stride"; }
  bool needs_spatial_keys() const noexcept override { return true; }
  Bytes bytes() const noexcept override;
  void Observe(PrefetchKey key) override;
  void Propose(std::size_t depth, std::vector<Proposal>& proposals) override;

 private:
  static constexpr std::size_t kDeltas = 16;  // Leap's windows end at 32; beyond 16 nothing was gained
  struct Stream {
    std::array<std::int64_t, kDeltas> deltas{};  // the newest in front
    std::size_t count = 0;                       // of deltas seen, kDeltas at most
    std::int64_t trend = 0;                      // 0: none
  };

  std::size_t StreamOf(PrefetchKey key) const;  // streams_used_: none is near
  void StartStream(PrefetchKey key);
  static std::int64_t TrendOf(const Stream& stream);
  static std::uint8_t Agreement(const Stream& stream);

  const StrideConfig config_;
  std::vector<Stream> streams_;
  // What every access looks at lies together.
  std::vector<PrefetchKey> last_;
  std::vector<PrefetchKey> expected_;   // last + trend
  std::vector<std::uint64_t> used_at_;  // by accesses_
  std::size_t streams_used_ = 0;        // they fill from the front
  std::uint64_t accesses_ = 0;
  std::size_t current_ = 0;
  bool moved_ = false;  // the last access continued a stream
};

}  // namespace attune::cache
