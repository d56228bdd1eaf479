#include "watching.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "attune/base/duration.h"
#include "attune/sys/thread.h"

namespace attune::engine {
namespace {

// The thread looks at least this often whether a rescan is due or it should stop.
constexpr Duration kPollMax = std::chrono::seconds(1);

std::string RelativeTo(const Source& source, const std::string& absolute) {
  if (absolute == source.root()) return "";
  const std::size_t prefix = source.root().back() == '/' ? source.root().size() : source.root().size() + 1;
  return absolute.substr(prefix);
}

std::string Join(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

// A directory that has just appeared: its files are new, its directories need watches.
class NewDirectory final : public console::WalkVisitor {
 public:
  NewDirectory(Source& source, FileQueue& queue, TimePoint now, std::function<void(const std::string&)> on_directory)
      : source_(source), queue_(queue), now_(now), on_directory_(std::move(on_directory)) {}

  bool OnDirectory(std::string_view path) override {
    on_directory_(source_.AbsolutePath(path));
    return true;
  }
  bool OnFile(const console::WalkedFile& file) override {
    const Queueing queued = queue_.AddChanged(source_, std::string(file.path), now_);
    if (queued == Queueing::kAdded) ++source_.files_queued;
    complete_ = queued != Queueing::kFull;
    return complete_;
  }
  bool complete() const { return complete_; }

 private:
  Source& source_;
  FileQueue& queue_;
  const TimePoint now_;
  const std::function<void(const std::string&)> on_directory_;
  bool complete_ = true;
};

}  // namespace

Watching::Watching(const Clock& clock, FileQueue& queue, metrics::Logger& log,
                   std::unique_ptr<sys::DirectoryWatch> watch, WatchCallbacks callbacks)
    : clock_(clock), queue_(queue), log_(log), callbacks_(std::move(callbacks)), watch_(std::move(watch)) {}

Watching::~Watching() { Stop(); }

void Watching::Stop() {
  thread_.request_stop();
  if (watch_ != nullptr) watch_->Wake();
  if (thread_.joinable()) thread_.join();
}

void Watching::Start() {
  rescan_at_ = clock_.Now() + kRescanEvery;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Watching::AddDirectory(Source& source, const std::string& absolute_path) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto fallen = rescanned_.find(&source); fallen != rescanned_.end()) {
      if (absolute_path == source.root() && MayWatch()) fallen->second = false;  // a listing begins: it tries again
      if (fallen->second) return;
    }
    directories_[absolute_path] = &source;
  }
  if (!MayWatch()) {
    FallBack(source, Error(ErrorCode::kUnavailable, "the kernel gives no inotify"));
    return;
  }
  const auto added = watch_->AddDirectory(absolute_path);
  if (added.ok()) return;
  if (added.error().code() == ErrorCode::kExhausted) {
    FallBack(source, added.error());
  } else {
    log_.Debug("a directory cannot be watched", {{"path", absolute_path}, {"error", added.error().message()}});
  }
}

void Watching::OnListed(Source& source) {
  const std::scoped_lock lock(mutex_);
  const auto fallen = rescanned_.find(&source);
  if (fallen != rescanned_.end()) {
    if (fallen->second || !MayWatch()) return;
    rescanned_.erase(fallen);
    log_.Info("a source is watched again", {{"source", source.name()}});
  }
  source.set_watch("inotify");
}

void Watching::FallBack(Source& source, const Error& why) {
  const std::scoped_lock lock(mutex_);
  const auto [fallen, is_new] = rescanned_.emplace(&source, true);
  fallen->second = true;
  if (!is_new) return;
  std::string words = "rescan every " + ToString(kRescanEvery) + ": " + why.message();
  if (why.code() == ErrorCode::kExhausted) {
    words += " (sysctl fs.inotify.max_user_watches=524288); every rescan tries to watch again";
  }
  source.set_watch(words);
  log_.Warning("a source is listed again and again instead of watched", {{"source", source.name()}, {"watch", words}});
}

void Watching::Forget(const Source& source) {
  std::vector<std::string> unwatched;
  {
    const std::scoped_lock lock(mutex_);
    for (auto it = directories_.begin(); it != directories_.end();) {
      if (it->second != &source) {
        ++it;
        continue;
      }
      unwatched.push_back(it->first);
      it = directories_.erase(it);
    }
    std::erase_if(rescanned_, [&](const auto& each) { return each.first == &source; });
  }
  if (watch_ == nullptr) return;
  for (const std::string& path : unwatched) static_cast<void>(watch_->RemoveDirectory(path));  // gone is fine
}

void Watching::Run(const std::stop_token& stop) {
  sys::SetThreadName("watch");
  while (!stop.stop_requested()) {
    if (!MayWatch()) {
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, stop, kPollMax, [] { return false; });
    } else if (const auto events = watch_->Poll(kPollMax); events.ok()) {
      for (const sys::WatchEvent& event : *events) Handle(event);
      if (!events->empty()) callbacks_.work_added();
    } else {
      broken_ = true;
      for (Source* const source : WatchedSources()) FallBack(*source, events.error());
    }
    RescanDue();
  }
}

bool Watching::IsRescanned(const Source& source) const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(rescanned_.begin(), rescanned_.end(), [&](const auto& each) { return each.first == &source; });
}

std::set<Source*> Watching::WatchedSources() const {
  const std::scoped_lock lock(mutex_);
  std::set<Source*> sources;
  for (const auto& [directory, source] : directories_) sources.insert(source);
  for (const auto& [source, refused] : rescanned_) sources.insert(source);
  return sources;
}

Source* Watching::Find(const std::string& absolute_directory) const {
  const std::scoped_lock lock(mutex_);
  const auto found = directories_.find(absolute_directory);
  return found == directories_.end() ? nullptr : found->second;
}

void Watching::Handle(const sys::WatchEvent& event) {
  if (event.kind == sys::WatchEventKind::kOverflow) {
    log_.Info("events were lost, every source is listed again");
    for (Source* const source : WatchedSources()) callbacks_.listing_wanted(*source);
    return;
  }
  Source* const source = Find(event.directory);
  if (source == nullptr) return;
  const std::string path = Join(RelativeTo(*source, event.directory), event.name);
  switch (event.kind) {
    case sys::WatchEventKind::kChanged:
      HandleFile(*source, path);
      break;
    case sys::WatchEventKind::kCreatedDirectory:
      WalkNew(*source, path);
      break;
    case sys::WatchEventKind::kRemoved:
      if (event.is_directory) {
        callbacks_.listing_wanted(*source);
      } else {
        HandleFile(*source, path);
      }
      break;
    case sys::WatchEventKind::kDirectoryGone: {
      {
        const std::scoped_lock lock(mutex_);
        directories_.erase(event.directory);
      }
      callbacks_.listing_wanted(*source);
      break;
    }
    case sys::WatchEventKind::kOverflow:
      break;
  }
}

void Watching::HandleFile(Source& source, const std::string& path) {
  if (console::TreeWalker::IsIgnoreFile(path)) {
    callbacks_.listing_wanted(source);
    return;
  }
  {
    const std::scoped_lock lock(source.walk_mutex());
    if (source.walker().IsIgnored(path, console::PathKind::kFile)) return;
  }
  const Queueing queued = queue_.AddChanged(source, path, clock_.Now());
  if (queued == Queueing::kAdded) ++source.files_queued;
  if (queued == Queueing::kFull) callbacks_.listing_wanted(source);
}

void Watching::WalkNew(Source& source, const std::string& path) {
  NewDirectory visitor(source, queue_, clock_.Now(),
                       [&](const std::string& absolute) { AddDirectory(source, absolute); });
  const std::scoped_lock lock(source.walk_mutex());
  const auto walked = source.walker().WalkBelow(path, visitor);
  if (!walked.ok() || !visitor.complete()) callbacks_.listing_wanted(source);
}

void Watching::RescanDue() {
  if (clock_.Now() < rescan_at_) return;
  rescan_at_ = clock_.Now() + kRescanEvery;
  std::set<Source*> sources;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [source, refused] : rescanned_) sources.insert(source);
  }
  for (Source* const source : sources) callbacks_.listing_wanted(*source);
}

}  // namespace attune::engine
