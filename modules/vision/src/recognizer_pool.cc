#include "attune/vision/recognizer_pool.h"

#include <algorithm>

#include "attune/base/check.h"

namespace attune::vision {

RecognizerPool::Lease::~Lease() {
  if (recognizer_ != nullptr) pool_->Return(*recognizer_);
}

RecognizerPool::RecognizerPool(const Clock& clock, RecognizerPoolConfig config)
    : clock_(clock), config_(std::move(config)) {
  ATTUNE_CHECK(config_.recognizers_max > 0, "a pool that lends nothing blocks for ever");
}

RecognizerPool::~RecognizerPool() { ATTUNE_CHECK(lent_ == 0, "a recognizer pool outlives its leases"); }

Result<RecognizerPool::Lease> RecognizerPool::Acquire(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool may_lend = returned_.wait(lock, stop, [this] { return lent_ < config_.recognizers_max; });
  if (!may_lend || stop.stop_requested()) {
    return Error(ErrorCode::kCancelled, "stopped while waiting for a recognizer");
  }
  ++lent_;
  if (!idle_.empty()) {
    Recognizer& recognizer = *idle_.back();
    idle_.pop_back();
    return Lease(*this, recognizer);
  }
  lock.unlock();  // loading a model takes long; the place is already reserved
  auto created = Recognizer::Create(clock_, config_.recognizer);
  lock.lock();
  if (!created.ok()) {
    --lent_;
    returned_.notify_one();
    return std::move(created).error();
  }
  all_.push_back(*std::move(created));
  return Lease(*this, *all_.back());
}

void RecognizerPool::Return(Recognizer& recognizer) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    idle_.push_back(&recognizer);
  }
  returned_.notify_one();
}

Bytes RecognizerPool::ReleaseIdle() {
  std::vector<std::unique_ptr<Recognizer>> released;  // destroyed after the lock is gone
  const std::lock_guard lock(mutex_);
  Bytes bytes;
  for (auto& recognizer : all_) {
    if (std::find(idle_.begin(), idle_.end(), recognizer.get()) == idle_.end()) continue;
    bytes = bytes + recognizer->bytes();
    released.push_back(std::move(recognizer));
  }
  std::erase(all_, nullptr);
  idle_.clear();
  return bytes;
}

std::size_t RecognizerPool::recognizers() const {
  const std::lock_guard lock(mutex_);
  return all_.size();
}

Bytes RecognizerPool::bytes() const {
  const std::lock_guard lock(mutex_);
  Bytes bytes;
  for (const auto& recognizer : all_) bytes = bytes + recognizer->bytes();
  return bytes;
}

}  // namespace attune::vision
