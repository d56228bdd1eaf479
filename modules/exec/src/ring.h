#pragma once
// Ring<T>: a first-in first-out queue in one array that doubles when it is full.

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "attune/base/check.h"

namespace attune::exec {

template <typename T>
class Ring {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  void Push(T&& item) {
    if (size_ == slots_.size()) {
      Grow();
    }
    slots_[(first_ + size_) & (slots_.size() - 1)] = std::move(item);
    ++size_;
  }

  // REQUIRES: !empty().
  T Pop() {
    ATTUNE_CHECK(size_ > 0, "nothing to pop");
    T item = std::move(slots_[first_]);
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
    return item;
  }

 private:
  void Grow() {
    std::vector<T> larger(std::max<std::size_t>(slots_.size() * 2, 4));
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    }
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // a power of two, or none
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace attune::exec
