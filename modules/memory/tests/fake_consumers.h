#pragma once
// Consumers whose memory is a number.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "attune/memory/broker.h"

namespace attune::memory {

inline constexpr BrokerConfig kConfig{.limit = 1000_B, .overhead = 100_B};

inline TimePoint At(int ms) { return TimePoint(std::chrono::milliseconds(ms)); }

class FakeConsumer : public Consumer {
 public:
  explicit FakeConsumer(std::string name, Bytes held = {}, Bytes minimum = {}, double benefit = 1)
      : name_(std::move(name)), held_(held.count()), minimum_(minimum), benefit_(benefit) {}

  std::string_view name() const noexcept override { return name_; }
  Bytes bytes() const noexcept override { return Bytes(held_.load()); }
  Bytes bytes_min() const noexcept override { return minimum_; }
  double marginal_benefit() const noexcept override { return benefit_; }
  Bytes Shrink(Bytes wanted) override {
    if (on_shrink) {
      on_shrink();
    }
    const Bytes freed = std::min(wanted, bytes());
    held_ -= freed.count();
    return freed;
  }

  void Hold(Bytes held) { held_ = held.count(); }
  std::function<void()> on_shrink;

 private:
  std::string name_;
  std::atomic<std::uint64_t> held_;
  Bytes minimum_;
  double benefit_;
};

// Follows its target: fills what it is granted, and saves the more the less it has.
class Follower final : public FakeConsumer {
 public:
  Follower(std::string name, double weight) : FakeConsumer(std::move(name)), weight_(weight) {}
  double marginal_benefit() const noexcept override { return weight_ / (1.0 + static_cast<double>(bytes().count())); }
  bool follows_target() const noexcept override { return true; }
  void SetTarget(Bytes target) override {
    if (on_target) {
      on_target();
    }
    Hold(std::max(bytes(), target));
  }
  void set_weight(double weight) { weight_ = weight; }
  std::function<void()> on_target;

 private:
  double weight_;
};

// So many rounds that followers have grown as far as they may.
inline void Settle(Broker& broker) {
  for (int round = 0; round < 100; ++round) {
    broker.Maintain(At(round));
  }
}

}  // namespace attune::memory
