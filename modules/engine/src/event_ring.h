#pragma once
// EventRing: the last events of an engine, for live feeds that come and go.
//
//   ring.Post("document", R"({"path":"a.cc"})");
//   for (const Event& event : ring.Since(last_seen)) Send(event);
//
// Threads    every member is thread-safe. Listeners are called on the posting
//            thread, outside the ring's lock, and must be short.
// Bounds     kEventsKept events; older ones are forgotten, a reader sees that by
//            the gap in the sequence.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "attune/engine/types.h"

namespace attune::engine {

class EventRing {
 public:
  // A browser that was away for some seconds of busy reading finds everything it missed.
  static constexpr std::size_t kEventsKept = 1024;

  void Post(std::string_view type, std::string json);
  std::vector<Event> Since(std::uint64_t sequence) const;  // oldest first

  std::uint64_t AddListener(std::function<void()> on_new_event);
  // When it returns the listener is not running and will not be called again.
  // REQUIRES: not called from a listener.
  void RemoveListener(std::uint64_t id);

 private:
  mutable std::mutex mutex_;
  std::condition_variable quiet_;
  std::deque<Event> events_;  // guarded by mutex_, as is all below
  std::uint64_t last_sequence_ = 0;
  std::map<std::uint64_t, std::function<void()>> listeners_;
  std::uint64_t last_listener_ = 0;
  std::size_t posting_ = 0;  // threads that are calling listeners now
};

}  // namespace attune::engine
