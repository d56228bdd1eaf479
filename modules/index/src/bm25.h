#pragma once
// Bm25: what a posting counts, in whole numbers.
//
//   idf(t)  = ln(1 + (N - n + 0.5) / (n + 0.5))     N passages stored, n = the most that contain t in body, symbol or
//                                                   path (a stem is a term of its own)
//   posting = boost * idf * (k1 + 1) * tf / (tf + k1 * (1 - b + b * length / mean length))
//
// after Robertson and Zaragoza 2009, per field. Symbol and path have no length normalisation (b = 0): a long path is no
// worse than a short one. Lengths are those that LengthCode keeps. N, n and the mean count the passages of all
// segments, deleted ones until they are merged away, so that results do not depend on how passages are spread over
// segments.
//
// A posting's value is truncated to a multiple of 1 / kScoreScale. Sums of whole numbers do not depend on their order,
// so every way of evaluating a query gives exactly the same ranking.
//
// Threads    const after construction.

#include <array>
#include <cmath>
#include <cstdint>

#include "attune/index/query.h"
#include "length_code.h"
#include "segment_format.h"

namespace attune::index {

using ScoreUnits = std::uint32_t;
// The largest sum: 64 terms * idf 17 (2^24 passages) * (k1 + 1 <= 4) * boosts 32 in all, times this, is below 2^32.
inline constexpr float kScoreScale = 16384.0F;

class Bm25 {
 public:
  Bm25(float k1, float b, std::uint64_t passages, std::uint64_t positions)
      : k1_(k1), b_(b), passages_(static_cast<double>(passages)) {
    const double mean = passages == 0 ? 1.0 : static_cast<double>(positions) / static_cast<double>(passages);
    mean_ = static_cast<float>(mean < 1.0 ? 1.0 : mean);
    for (std::size_t code = 0; code < norms_.size(); ++code) {
      const auto length = static_cast<float>(DecodeLength(static_cast<std::uint8_t>(code)));
      norms_[code] = k1_ * (1.0F - b_ + b_ * length / mean_);
    }
  }

  double Idf(std::uint64_t containing) const {
    const auto n = static_cast<double>(containing);
    return std::log(1.0 + (passages_ - n + 0.5) / (n + 0.5));
  }
  // What Score multiplies with.
  float Weight(double idf, float boost) const { return static_cast<float>(idf) * boost * (k1_ + 1.0F) * kScoreScale; }
  static bool Normalises(Field field) noexcept { return field == Field::kBody || field == Field::kStem; }
  float norm(std::uint8_t length_code) const noexcept { return norms_[length_code]; }
  float norm_without_length() const noexcept { return k1_; }

  static ScoreUnits Score(float weight, float tf, float norm) noexcept {
    return static_cast<ScoreUnits>(static_cast<std::int32_t>(weight * (tf / (tf + norm))));
  }

  // No posting with this impact scores more. Divides by tf: tf / (tf + norm) = 1 / (1 + norm / tf), and norm / tf has a
  // part that falls with tf and a part that grows with length / tf.
  ScoreUnits Bound(float weight, Impact impact, Field field) const noexcept {
    const float tf_inverse =
        impact.tf_max == 255 || impact.tf_max == 0 ? 0.0F : 1.0F / static_cast<float>(impact.tf_max);
    float norm = k1_ * tf_inverse;
    if (Normalises(field)) {
      const float ratio = static_cast<float>(DecodeLength(impact.ratio_min)) / static_cast<float>(kRatioScale);
      norm = k1_ * (1.0F - b_) * tf_inverse + k1_ * b_ * ratio / mean_;
    }
    const auto units = static_cast<ScoreUnits>(static_cast<std::int32_t>(weight / (1.0F + norm)));
    return units + (units >> 16U) + 2;  // above every rounding of Score
  }

 private:
  float k1_;
  float b_;
  double passages_;
  float mean_ = 1.0F;
  std::array<float, 256> norms_{};
};

}  // namespace attune::index
