#pragma once
// FrequencySketch: about how often each hash was seen lately, up to 15, in 8 bytes an entry.
//
// A count-min sketch with four rows of 4-bit counters, as in Einziger, Friedman, Manes: "TinyLFU", TOS 2017. As
// in Caffeine, the four counters of a hash lie in one 64-byte block, so that an update touches one
// cache line; two hashes of one block share all counters once in about a million times.
//
//   FrequencySketch sketch(1000);
//   sketch.Increment(hash);
//   if (sketch.additions() >= 10'000) sketch.Halve();
//
// Threads    none.
// Cost       8 to 16 bytes for each entry it was made for; Increment and Estimate touch one line,
//            Halve all of them.
// Not promised: an estimate may be too high, and is never too low between two halvings (up to 15).

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/cache/policy.h"
#include "slot_table.h"

namespace attune::cache {

class FrequencySketch {
 public:
  static constexpr std::uint32_t kCountMax = 15;

  // For up to `entries` hashes that matter at a time, rounded up to a power of two.
  explicit FrequencySketch(std::size_t entries)
      : blocks_(std::bit_ceil(std::max<std::size_t>(1, (entries + kEntriesForEachBlock - 1) / kEntriesForEachBlock))),
        shift_(64 - std::countr_zero(blocks_.size())) {}

  std::size_t entries() const noexcept { return blocks_.size() * kEntriesForEachBlock; }
  std::uint64_t additions() const noexcept { return additions_; }  // since made, halved with the counters
  Bytes bytes() const noexcept { return BytesOf(blocks_); }

  // Starts to fetch the line that the others read.
  [[gnu::always_inline]] void Prefetch(KeyHash hash) const { __builtin_prefetch(&blocks_[BlockOf(Mix(hash))], 1); }

  void Increment(KeyHash hash) {
    const std::uint64_t mixed = Mix(hash);
    Block& block = blocks_[BlockOf(mixed)];
    Raise(block, mixed, 0);  // written out: compilers keep a loop here, which costs twice as much
    Raise(block, mixed, 1);
    Raise(block, mixed, 2);
    Raise(block, mixed, 3);
    ++additions_;
  }

  std::uint32_t Estimate(KeyHash hash) const {
    const std::uint64_t mixed = Mix(hash);
    const Block& block = blocks_[BlockOf(mixed)];
    std::uint64_t least = kCountMax;
    for (std::size_t row = 0; row < kRows; ++row) {
      least = std::min(least, (block.words[WordOf(mixed, row)] >> BitOf(mixed, row)) & kCountMax);
    }
    return static_cast<std::uint32_t>(least);
  }

  // Ages what was seen: every count, rounded down.
  void Halve() {
    for (Block& block : blocks_) {
      for (std::uint64_t& word : block.words) word = (word >> 1U) & 0x7777777777777777ULL;
    }
    additions_ /= 2;
  }

 private:
  static constexpr std::size_t kRows = 4;
  static constexpr std::size_t kEntriesForEachBlock = 8;  // 16 counters each, as in Caffeine

  struct alignas(64) Block {
    std::array<std::uint64_t, 2 * kRows> words{};  // two for each row: 32 counters
  };

  // Multiplied, because the hashes of one shard agree in some bits; the high half is used.
  static std::uint64_t Mix(KeyHash hash) {
    const std::uint64_t product = hash * 0x9E3779B97F4A7C15ULL;
    return product ^ (product >> 32U);
  }

  // The block comes from the high bits, the counters from the lowest twenty: five for each row.
  std::size_t BlockOf(std::uint64_t mixed) const { return shift_ == 64 ? 0 : mixed >> shift_; }
  static std::size_t WordOf(std::uint64_t mixed, std::size_t row) { return 2 * row + ((mixed >> (5 * row)) & 1U); }
  static unsigned BitOf(std::uint64_t mixed, std::size_t row) {
    return static_cast<unsigned>((mixed >> (5 * row + 1)) & 15U) * 4;
  }

  static void Raise(Block& block, std::uint64_t mixed, std::size_t row) {
    std::uint64_t& word = block.words[WordOf(mixed, row)];
    const unsigned at = BitOf(mixed, row);
    const std::uint64_t below_max = ((word >> at) & kCountMax) < kCountMax ? 1 : 0;
    word += below_max << at;
  }

  std::vector<Block> blocks_;
  int shift_;
  std::uint64_t additions_ = 0;
};

}  // namespace attune::cache
