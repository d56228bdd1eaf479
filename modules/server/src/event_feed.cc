#include "attune/server/event_feed.h"

#include <string>
#include <utility>

#include "attune/engine/engine.h"
#include "attune/server/sse.h"
#include "attune/server/to_json.h"
#include "attune/state/json_writer.h"

namespace attune::server {
namespace {

constexpr std::size_t kTakeBytes = 64 << 10;                // of events at a time
constexpr std::string_view kRetryLine = "retry: 2000\n\n";  // how soon a browser comes back

std::string MissedWarning(std::uint64_t count) {
  std::string data;
  state::JsonWriter json(data);
  json.BeginObject().Key("text").String(std::to_string(count) + " events were missed; what is shown may be old");
  json.EndObject();
  return FormatEvent({.type = "warning", .data = std::move(data)});
}

}  // namespace

class EventFeed::Stream final : public BodyStream {
 public:
  Stream(engine::Engine& engine, std::uint64_t seen, std::string first)
      : engine_(&engine), seen_(seen), pending_(std::move(first)) {}

  std::string Take() override {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    std::string out = std::exchange(pending_, {});
    if (!status_.empty()) out += FormatEvent({.type = "status", .data = std::exchange(status_, {})});
    if (engine_ == nullptr) return out;
    const std::vector<engine::Event> events = engine_->EventsSince(seen_);
    if (!events.empty() && events.front().sequence > seen_ + 1) {
      const std::uint64_t missed = events.front().sequence - seen_ - 1;
      if (streaming_) {
        engine_ = nullptr;
        return out + ": this client reads too slowly and missed " + std::to_string(missed) + " events\n\n";
      }
      out += MissedWarning(missed);
    }
    streaming_ = true;
    for (const engine::Event& event : events) {
      if (out.size() >= kTakeBytes) break;
      seen_ = event.sequence;
      // The status is made here, once for all readers and at its own pace.
      if (event.type == "status") continue;
      out += FormatEvent({.id = std::to_string(event.sequence), .type = event.type, .data = event.json});
    }
    return out;
  }

  std::string KeepAlive() override { return ": ping\n\n"; }

  bool finished() const override {
    const std::lock_guard lock(mutex_);
    return engine_ == nullptr;
  }

  void OnReady(std::function<void()> wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

  // A reader that is behind gets the newest status only.
  void GiveStatus(const std::string& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    WakeLocked();
  }
  void Wake() {
    const std::lock_guard lock(mutex_);
    WakeLocked();
  }
  void End() {
    const std::lock_guard lock(mutex_);
    engine_ = nullptr;
    woken_ = false;
    WakeLocked();
  }

 private:
  // Once until the next Take: a burst of events is one wake-up.
  void WakeLocked() {
    if (wake_ && !std::exchange(woken_, true)) wake_();
  }

  mutable std::mutex mutex_;
  engine::Engine* engine_;  // guarded by mutex_, as is the rest; null: finished
  std::uint64_t seen_;      // sequence of the last event that was sent
  std::string pending_;     // what comes first
  std::string status_;      // newest that was not sent yet
  std::function<void()> wake_;
  bool woken_ = false;
  bool streaming_ = false;
};

EventFeed::EventFeed(engine::Engine& engine, EventFeedConfig config) : engine_(engine), config_(config) {
  listener_ = engine_.AddEventListener([this] { WakeAll(); });
  ticks_ = std::thread([this] { RunTicks(); });
}

EventFeed::~EventFeed() {
  engine_.RemoveEventListener(listener_);
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  ticks_.join();
  for (const auto& stream : Streams()) stream->End();
}

Result<std::shared_ptr<BodyStream>> EventFeed::Open(std::optional<std::uint64_t> last_event_id) {
  const std::vector<engine::Event> kept = engine_.EventsSince(0);
  const std::uint64_t newest = kept.empty() ? 0 : kept.back().sequence;
  std::string first(kRetryLine);
  std::uint64_t seen = newest;
  if (last_event_id && *last_event_id <= newest) seen = *last_event_id;
  if (last_event_id && *last_event_id > newest) {  // an id of an earlier run of the engine
    first += MissedWarning(*last_event_id - newest);
  }
  auto stream = std::make_shared<Stream>(engine_, seen, std::move(first));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(streams_, [](const auto& weak) { return weak.expired(); });
    if (streams_.size() >= config_.clients_max) {
      return Error(ErrorCode::kExhausted, "all " + std::to_string(config_.clients_max) + " event streams are in use");
    }
    streams_.push_back(stream);
  }
  stream->GiveStatus(ToJson(engine_.status()));
  changed_.notify_all();
  return std::shared_ptr<BodyStream>(std::move(stream));
}

std::vector<std::shared_ptr<EventFeed::Stream>> EventFeed::Streams() {
  std::vector<std::shared_ptr<Stream>> open;
  const std::lock_guard lock(mutex_);
  for (const auto& weak : streams_) {
    if (auto stream = weak.lock()) open.push_back(std::move(stream));
  }
  return open;
}

void EventFeed::WakeAll() {
  for (const auto& stream : Streams()) stream->Wake();
}

void EventFeed::SendStatus() {
  const auto streams = Streams();
  if (streams.empty()) return;
  const std::string status = ToJson(engine_.status());
  for (const auto& stream : streams) stream->GiveStatus(status);
}

void EventFeed::RunTicks() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (streams_.empty()) {
      changed_.wait(lock, [this] { return ended_ || !streams_.empty(); });
    } else if (!changed_.wait_for(lock, config_.status_period, [this] { return ended_; })) {
      lock.unlock();
      SendStatus();
      lock.lock();
      std::erase_if(streams_, [](const auto& weak) { return weak.expired(); });
    }
  }
}

}  // namespace attune::server
