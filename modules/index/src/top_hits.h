#pragma once
// TopHits: the best `limit` passages seen so far; equal scores go to the smaller id.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bm25.h"

namespace attune::index {

struct RankedHit {
  ScoreUnits score = 0;
  std::uint32_t segment = 0;
  std::uint32_t doc = 0;
  std::uint64_t id = 0;
};

class TopHits {
 public:
  explicit TopHits(std::size_t limit) : limit_(limit) { hits_.reserve(limit); }

  // A passage below this score cannot be among the best.
  ScoreUnits threshold() const noexcept { return full() ? std::max(hits_.front().score, floor_) : floor_; }
  // At least `limit` passages are known to reach this score, whether they were offered or not.
  void RaiseFloor(ScoreUnits score) noexcept { floor_ = std::max(floor_, score); }
  bool full() const noexcept { return hits_.size() == limit_; }

  void Offer(const RankedHit& hit) {
    if (full()) {
      if (!Better(hit, hits_.front())) {
        return;
      }
      std::pop_heap(hits_.begin(), hits_.end(), Better);
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end(), Better);
  }

  // Best first.
  std::vector<RankedHit> Take() {
    std::sort(hits_.begin(), hits_.end(), Better);
    return std::move(hits_);
  }

 private:
  static bool Better(const RankedHit& a, const RankedHit& b) noexcept {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  }

  std::size_t limit_;
  ScoreUnits floor_ = 0;
  std::vector<RankedHit> hits_;  // a heap with the worst in front
};

}  // namespace attune::index
