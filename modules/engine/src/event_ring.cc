#include "event_ring.h"

#include <utility>

namespace attune::engine {

void EventRing::Post(std::string_view type, std::string json) {
  std::vector<std::function<void()>> listeners;
  {
    const std::scoped_lock lock(mutex_);
    events_.push_back({.sequence = ++last_sequence_, .type = std::string(type), .json = std::move(json)});
    if (events_.size() > kEventsKept) events_.pop_front();
    listeners.reserve(listeners_.size());
    for (const auto& [id, listener] : listeners_) listeners.push_back(listener);
    ++posting_;
  }
  for (const auto& listener : listeners) listener();
  const std::scoped_lock lock(mutex_);
  --posting_;
  quiet_.notify_all();
}

std::vector<Event> EventRing::Since(std::uint64_t sequence) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Event> newer;
  for (const Event& event : events_) {
    if (event.sequence > sequence) newer.push_back(event);
  }
  return newer;
}

std::uint64_t EventRing::AddListener(std::function<void()> on_new_event) {
  const std::scoped_lock lock(mutex_);
  listeners_.emplace(++last_listener_, std::move(on_new_event));
  return last_listener_;
}

void EventRing::RemoveListener(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  listeners_.erase(id);
  quiet_.wait(lock, [this] { return posting_ == 0; });
}

}  // namespace attune::engine
