#include "file_queue.h"

#include <algorithm>

#include "attune/base/check.h"
#include "document_reader.h"

namespace attune::engine {

void FileQueue::AddListed(Source& source, std::string path, std::uint64_t size, bool left_out) {
  const std::scoped_lock lock(mutex_);
  bytes_ += size;
  std::deque<Waiting>& list = IsPaged(path) ? paged_ : text_;
  list.push_back(
      {.source = &source, .file = {.path = std::move(path), .size = size, .changed_at = {}, .left_out = left_out}});
}

Queueing FileQueue::AddChanged(Source& source, std::string path, TimePoint now) {
  const std::scoped_lock lock(mutex_);
  if (changed_.size() >= kChangedMax) return Queueing::kFull;
  if (!changed_paths_.emplace(&source, path).second) return Queueing::kWaitsAlready;
  changed_.push_back({.source = &source, .file = {.path = std::move(path), .size = 0, .changed_at = now}});
  return Queueing::kAdded;
}

void FileQueue::Forget(const Source& source) {
  const std::scoped_lock lock(mutex_);
  for (std::deque<Waiting>* list : {&changed_, &text_, &paged_}) {
    std::erase_if(*list, [&](const Waiting& waiting) {
      if (waiting.source != &source) return false;
      bytes_ -= waiting.file.size;
      changed_paths_.erase({&source, waiting.file.path});
      return true;
    });
  }
  emptied_.notify_all();
}

std::optional<FileBatch> FileQueue::Take() {
  const std::scoped_lock lock(mutex_);
  if (auto batch = TakeFrom(changed_, kBatchFilesMax, true)) return batch;
  if (auto batch = TakeFrom(text_, kBatchFilesMax, false)) return batch;
  return TakeFrom(paged_, 1, false);
}

std::optional<FileBatch> FileQueue::TakeFrom(std::deque<Waiting>& waiting, std::size_t files_max, bool urgent) {
  FileBatch batch{.source = nullptr, .files = {}, .urgent = urgent};
  std::uint64_t bytes = 0;
  std::deque<Waiting> busy;
  while (!waiting.empty() && batch.files.size() < files_max && bytes < kBatchBytesMax.count()) {
    Waiting& next = waiting.front();
    if (batch.source != nullptr && next.source != batch.source) break;
    if (reading_.contains({next.source, next.file.path})) {
      busy.push_back(std::move(next));
    } else {
      batch.source = next.source;
      bytes += next.file.size;
      reading_.emplace(next.source, next.file.path);
      if (urgent) changed_paths_.erase({next.source, next.file.path});
      batch.files.push_back(std::move(next.file));
    }
    waiting.pop_front();
  }
  for (; !busy.empty(); busy.pop_back()) waiting.push_front(std::move(busy.back()));
  if (batch.files.empty()) return std::nullopt;
  return batch;
}

void FileQueue::Done(const FileBatch& batch) {
  const std::scoped_lock lock(mutex_);
  for (const QueuedFile& file : batch.files) {
    const bool was_reading = reading_.erase({batch.source, file.path}) == 1;
    ATTUNE_CHECK(was_reading, "a batch is done once");
    bytes_ -= file.size;
  }
  emptied_.notify_all();
}

FileQueueDepth FileQueue::depth() const {
  const std::scoped_lock lock(mutex_);
  return {.files = changed_.size() + text_.size() + paged_.size() + reading_.size(), .bytes = bytes_};
}

bool FileQueue::HasWork() const {
  const std::scoped_lock lock(mutex_);
  const auto free = [this](const Waiting& waiting) { return !reading_.contains({waiting.source, waiting.file.path}); };
  return std::any_of(changed_.begin(), changed_.end(), free) || std::any_of(text_.begin(), text_.end(), free) ||
         std::any_of(paged_.begin(), paged_.end(), free);
}

bool FileQueue::WaitUntilEmpty(const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return emptied_.wait(lock, stop,
                       [this] { return changed_.empty() && text_.empty() && paged_.empty() && reading_.empty(); });
}

}  // namespace attune::engine
