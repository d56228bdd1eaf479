#pragma once
// EventFeed: what happens in an engine as server-sent events, for any number of
// readers that come and go.
//
//   Result<std::shared_ptr<BodyStream>> stream = feed.Open(last_event_id);
//
// What       the engine's events with their sequence as id, and the whole status every
//            status_period while anybody listens, without an id.
// Resuming   a reader that names the last id it saw gets what came after it, as far as the
//            engine keeps it; what is lost is said in a warning event.
// Slow ones  nothing is queued for a reader: it has a place in the engine's ring. One that falls
//            out of it is told so in a comment and its stream ends; browsers reconnect by themselves.
// Ownership  borrows engine and clock, which outlive it; streams may outlive it and then end.
// Threads    thread-safe; a stream's Take belongs to one thread at a time.
// Errors     kExhausted beyond clients_max.

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/server/http_message.h"

namespace attune::engine {
class Engine;
}

namespace attune::server {

struct EventFeedConfig {
  std::size_t clients_max = 64;  // a connection each; pages of one person are a handful
  Duration status_period = std::chrono::seconds(1);
};

class EventFeed {
 public:
  explicit EventFeed(engine::Engine& engine, EventFeedConfig config = {});
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  Result<std::shared_ptr<BodyStream>> Open(std::optional<std::uint64_t> last_event_id);

  // Sends the status to everybody now; a thread of the feed does it every status_period.
  void SendStatus();

 private:
  class Stream;
  std::vector<std::shared_ptr<Stream>> Streams();
  void WakeAll();
  void RunTicks();

  engine::Engine& engine_;
  const EventFeedConfig config_;
  std::uint64_t listener_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Stream>> streams_;  // guarded by mutex_
  bool ended_ = false;                          // guarded by mutex_
  std::thread ticks_;
};

}  // namespace attune::server
