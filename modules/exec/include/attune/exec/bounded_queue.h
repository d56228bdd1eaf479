#pragma once
// BoundedQueue<T>: hands items from producers to consumers, bounded by count and by bytes.
//
//   BoundedQueue<Page> pages({.items_max = 64, .bytes_max = 32_MiB});
//   producer:  ATTUNE_RETURN_IF_ERROR(pages.Push(std::move(page), page_bytes, stop));
//   consumer:  while (std::optional<Page> page = pages.Pop(stop)) Read(*page);
//   at the end: pages.Close();
//
// Closing ends it from the producers' side: Push is refused, Pop gives out what is left and
// then nullopt. Abort ends it from either side: what is left is destroyed.
//
// Ownership  owns the items inside.
// Threads    every member is thread-safe; any number of producers and consumers.
// Cost       one short critical section each; first in, first out.
// Errors     Push: kCancelled when closed or asked to stop, kExhausted from TryPush.
//            An item that alone is larger than bytes_max passes when the queue is empty, so that it delays
//            and never blocks for ever.

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::exec {

struct BoundedQueueConfig {
  std::size_t items_max = 1024;
  Bytes bytes_max = 64_MiB;
};

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(BoundedQueueConfig config) : config_(config) {
    ATTUNE_CHECK(config_.items_max > 0 && config_.bytes_max > Bytes(0), "a queue that can hold something");
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Waits for room. The item is left in the argument when it is refused.
  Status Push(T&& item, Bytes bytes = {}, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    const bool ready = room_.wait(lock, stop, [&] { return closed_ || HasRoom(bytes); });
    if (closed_) {
      return Error(ErrorCode::kCancelled, "the queue is closed");
    }
    if (!ready) {
      return Error(ErrorCode::kCancelled, "stopped waiting for room in the queue");
    }
    Insert(std::move(item), bytes);
    return OkStatus();
  }

  Status TryPush(T&& item, Bytes bytes = {}) {
    const std::lock_guard lock(mutex_);
    if (closed_) {
      return Error(ErrorCode::kCancelled, "the queue is closed");
    }
    if (!HasRoom(bytes)) {
      return Error(ErrorCode::kExhausted,
                   "the queue is full with " + std::to_string(items_.size()) + " items of " + ToString(bytes_));
    }
    Insert(std::move(item), bytes);
    return OkStatus();
  }

  // Waits for an item; nullopt when the queue is closed and empty, or when asked to stop.
  std::optional<T> Pop(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    if (!ready_.wait(lock, stop, [&] { return closed_ || !items_.empty(); })) {
      return std::nullopt;
    }
    return Remove();
  }

  std::optional<T> TryPop() {
    const std::lock_guard lock(mutex_);
    return Remove();
  }

  void Close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
    ready_.notify_all();
  }

  // Closes and destroys what is inside; how many items that was.
  std::size_t Abort() {
    std::deque<Item> dropped;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      dropped.swap(items_);
      bytes_ = Bytes(0);
      room_.notify_all();
      ready_.notify_all();
    }
    return dropped.size();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  Bytes bytes() const {  // as the producers declared
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  struct Item {
    T value;
    Bytes bytes;
  };

  bool HasRoom(Bytes bytes) const {
    if (items_.empty()) {
      return true;
    }
    return items_.size() < config_.items_max && bytes_ <= config_.bytes_max && bytes <= config_.bytes_max - bytes_;
  }

  void Insert(T&& item, Bytes bytes) {
    items_.push_back({std::move(item), bytes});
    bytes_ = bytes_ + bytes;
    ready_.notify_one();
  }

  std::optional<T> Remove() {
    if (items_.empty()) {
      return std::nullopt;
    }
    std::optional<T> item(std::move(items_.front().value));
    bytes_ = bytes_ - items_.front().bytes;
    items_.pop_front();
    room_.notify_all();  // those who wait want different amounts
    return item;
  }

  const BoundedQueueConfig config_;
  mutable std::mutex mutex_;
  std::condition_variable_any room_;
  std::condition_variable_any ready_;
  std::deque<Item> items_;
  Bytes bytes_;
  bool closed_ = false;
};

}  // namespace attune::exec
