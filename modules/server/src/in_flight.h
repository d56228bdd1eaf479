#pragma once
// InFlight: counts the requests that a handler still owes an answer, and lets the server
// wait for the last one. Shared with the callbacks of the answers, which may outlive the
// server by an instant.
//
// Threads    every member is thread-safe.

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace attune::server {

class InFlight {
 public:
  std::size_t Enter() {  // how many there are now
    const std::lock_guard lock(mutex_);
    return ++count_;
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void WaitUntilNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;  // guarded by mutex_
};

}  // namespace attune::server
