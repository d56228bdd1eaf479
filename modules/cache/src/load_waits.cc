#include "attune/cache/load_waits.h"

namespace attune::cache {

LoadWaits& LoadWaits::OfProcess() {
  static LoadWaits* const waits = new LoadWaits;
  return *waits;
}

bool LoadWaits::WouldWaitForItself(const LoadTicket& ticket) const {
  const std::thread::id self = std::this_thread::get_id();
  const LoadTicket* wanted = &ticket;
  while (wanted != nullptr && !wanted->done_) {
    if (wanted->owner == self) {
      return true;
    }
    const auto next = waiting_.find(wanted->owner);
    wanted = next == waiting_.end() ? nullptr : next->second;
  }
  return false;
}

bool LoadWaits::Wait(LoadTicket& ticket) {
  std::unique_lock hold(mutex_);
  if (WouldWaitForItself(ticket)) {
    return false;
  }
  waiting_.emplace(std::this_thread::get_id(), &ticket);
  ticket.changed_.wait(hold, [&] { return ticket.done_; });
  waiting_.erase(std::this_thread::get_id());
  return true;
}

void LoadWaits::Done(LoadTicket& ticket) {
  const std::lock_guard hold(mutex_);
  ticket.done_ = true;
  ticket.changed_.notify_all();
}

}  // namespace attune::cache
