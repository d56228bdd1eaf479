#include "attune/exec/timers.h"

#include <algorithm>
#include <vector>

namespace attune::exec {

Result<TimerId> TimerQueue::Schedule(TimePoint when, std::function<void()> callback) {
  return Add({when, Duration::zero(), std::move(callback)});
}

Result<TimerId> TimerQueue::ScheduleEvery(TimePoint first, Duration period, std::function<void()> callback) {
  ATTUNE_CHECK(period > Duration::zero(), "a period is positive");
  return Add({first, period, std::move(callback)});
}

Result<TimerId> TimerQueue::Add(Timer timer) {
  ATTUNE_CHECK(timer.callback != nullptr, "a timer without a callback");
  const std::lock_guard lock(mutex_);
  if (timers_.size() >= config_.timers_max) {
    return Error(ErrorCode::kExhausted, std::to_string(config_.timers_max) + " timers are scheduled already");
  }
  const TimerId id{++last_id_};
  const TimePoint when = timer.when;
  order_.emplace(when, id);
  timers_.emplace(id, std::move(timer));
  if (order_.begin()->second == id) {
    earlier_.notify_all();
  }
  return id;
}

bool TimerQueue::Cancel(TimerId id) {
  std::unique_lock lock(mutex_);
  const auto found = timers_.find(id);
  const bool was_to_come = found != timers_.end() && order_.erase({found->second.when, id}) > 0;
  std::function<void()> dies_unlocked;
  if (found != timers_.end()) {
    dies_unlocked = std::move(found->second.callback);
    timers_.erase(found);
  }
  if (runner_ != std::this_thread::get_id()) {
    finished_.wait(lock, [&] { return running_ != id; });
  }
  lock.unlock();
  return was_to_come;
}

// Runs one due timer. While it runs it is out of the order, and a repeating one stays
// in timers_, so that Cancel can take it away meanwhile.
void TimerQueue::RunOne(std::unique_lock<std::mutex>& lock, TimerId id, TimePoint now) {
  const auto found = timers_.find(id);
  if (found == timers_.end()) {
    return;  // cancelled by a callback before it
  }
  order_.erase({found->second.when, id});
  const Duration period = found->second.period;
  const TimePoint when = found->second.when;
  std::function<void()> callback = std::move(found->second.callback);
  if (period == Duration::zero()) {
    timers_.erase(found);
  }
  running_ = id;
  lock.unlock();
  callback();
  lock.lock();
  if (const auto again = timers_.find(id); period > Duration::zero() && again != timers_.end()) {
    const auto passed = (now - when) / period + 1;
    again->second.when = when + passed * period;
    again->second.callback = std::move(callback);
    order_.emplace(again->second.when, id);
  }
  lock.unlock();
  callback = nullptr;  // what it captured dies before Cancel returns
  lock.lock();
  running_.reset();
  finished_.notify_all();
}

std::size_t TimerQueue::RunDue(TimePoint now) {
  std::unique_lock lock(mutex_);
  if (busy_) {
    return 0;
  }
  busy_ = true;
  runner_ = std::this_thread::get_id();
  std::vector<TimerId> due;
  for (auto next = order_.begin(); next != order_.end() && next->first <= now; ++next) {
    due.push_back(next->second);
  }
  for (const TimerId id : due) {
    RunOne(lock, id, now);
  }
  busy_ = false;
  runner_ = std::thread::id();
  return due.size();
}

std::optional<TimePoint> TimerQueue::NextDue() const {
  const std::lock_guard lock(mutex_);
  return order_.empty() ? std::nullopt : std::optional(order_.begin()->first);
}

std::size_t TimerQueue::size() const {
  const std::lock_guard lock(mutex_);
  return timers_.size();
}

TimerThread::TimerThread(TimerQueue& timers, const Clock& clock, std::function<void()> on_thread_start)
    : timers_(timers), clock_(clock), thread_([this, hook = std::move(on_thread_start)] {
        if (hook) {
          hook();
        }
        Loop();
      }) {}

TimerThread::~TimerThread() {
  {
    const std::lock_guard lock(timers_.mutex_);
    timers_.stopping_ = true;
    timers_.earlier_.notify_all();
  }
  thread_.join();
  const std::lock_guard lock(timers_.mutex_);
  timers_.stopping_ = false;
}

void TimerThread::Loop() {
  std::unique_lock lock(timers_.mutex_);
  while (!timers_.stopping_) {
    if (timers_.order_.empty()) {
      timers_.earlier_.wait(lock);
      continue;
    }
    const Duration left = timers_.order_.begin()->first - clock_.Now();
    if (left > Duration::zero()) {
      // At most an hour: adding "never" to the time of now would overflow.
      timers_.earlier_.wait_for(lock, std::min<Duration>(left, std::chrono::hours(1)));
      continue;
    }
    lock.unlock();
    timers_.RunDue(clock_.Now());
    lock.lock();
  }
}

}  // namespace attune::exec
