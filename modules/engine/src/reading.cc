#include "reading.h"

#include <algorithm>
#include <utility>

namespace attune::engine {
namespace {

constexpr Duration kRateWindow = std::chrono::seconds(5);
constexpr std::size_t kRateSamplesMax = 16;
constexpr Duration kRetryEvery = std::chrono::seconds(5);  // a full disk is not asked more often
// No watch tells of a permission that was given back. Trying 1024 paths takes a few milliseconds.
constexpr Duration kLookAgainEvery = std::chrono::seconds(30);

std::string WithoutTrailingSlashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string DefaultName(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() ? "root" : name;
}

bool LiesInside(const std::string& path, const std::string& folder) {
  if (!path.starts_with(folder) || path.size() == folder.size()) return false;
  return folder.back() == '/' || path[folder.size()] == '/';
}

Status ExpectApart(const std::string& folder, const Source& source) {
  const std::string known = "the source '" + source.name() + "' (" + source.root() + ")";
  if (LiesInside(folder, source.root())) {
    return Error(ErrorCode::kConflict,
                 "'" + folder + "' lies inside " + known +
                     ", which reads and watches it already; leave it out, and search there with path:");
  }
  if (LiesInside(source.root(), folder)) {
    return Error(ErrorCode::kConflict, "'" + folder + "' holds " + known +
                                           "; leave it out, or remove that source first (" +
                                           HowToRemove(source.name()) + ") and add this folder then");
  }
  return OkStatus();
}

}  // namespace

Reading::Reading(ReadingWorld world, ReadingConfig config) : world_(std::move(world)), config_(std::move(config)) {
  if (!config_.watch) return;
  auto watch = sys::DirectoryWatch::Create();
  if (!watch.ok()) {
    world_.log.Warning("changes cannot be watched, folders are listed instead", {{"error", watch.error().message()}});
  }
  watching_ =
      std::make_unique<Watching>(world_.clock, world_.queue, world_.log, watch.ok() ? *std::move(watch) : nullptr,
                                 WatchCallbacks{.listing_wanted = [this](Source& source) { WantListing(source); },
                                                .work_added = [this] { Pump(); }});
}

Reading::~Reading() { Stop(); }

void Reading::Stop() {
  stop_.request_stop();
  // Listings that still run add directories, so the watch itself ends with this object.
  if (watching_ != nullptr) watching_->Stop();
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return tasks_ == 0; });
  lock.unlock();
  world_.ingest.StoreTouched();
}

Status Reading::AdoptStored() {
  ATTUNE_ASSIGN_OR_RETURN(const auto stored, world_.store.ListSources());
  for (const store::Source& source : stored) {
    if (source.kind != store::SourceKind::kFolder) continue;
    ATTUNE_RETURN_IF_ERROR(Adopt(source.id, source.name, source.root_path));
  }
  return OkStatus();
}

Result<Source*> Reading::Adopt(store::SourceId id, const std::string& name, const std::string& root) {
  console::WalkConfig walk;
  walk.excluded_directories = {config_.excluded_directory};
  walk.global_excludes_path = config_.global_excludes_path;
  auto source = std::make_unique<Source>(id, name, root, world_.files, walk);
  ATTUNE_RETURN_IF_ERROR(CountStored(*source, world_.store));
  const std::scoped_lock lock(mutex_);
  sources_.push_back(std::move(source));
  return sources_.back().get();
}

std::string Reading::FreeName(const std::string& root, std::string wanted) const {
  if (wanted.empty()) wanted = DefaultName(root);
  const auto taken = [this](const std::string& name) {
    return std::any_of(sources_.begin(), sources_.end(), [&](const auto& source) { return source->name() == name; });
  };
  std::string name = wanted;
  for (int number = 2; taken(name); ++number) name = wanted + "-" + std::to_string(number);
  return name;
}

Result<Source*> Reading::AddSource(const std::string& root, std::string name) {
  const std::string folder = WithoutTrailingSlashes(root);
  ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, world_.files.Stat(folder));
  if (info.kind != sys::FileKind::kDirectory) {
    return Error(ErrorCode::kInvalidArgument, "'" + root + "' is not a folder; name the folder that holds it");
  }
  bool started = false;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& source : sources_) {
      if (source->root() == folder) return source.get();
      ATTUNE_RETURN_IF_ERROR(ExpectApart(folder, *source));
      if (!name.empty() && source->name() == name) {
        return Error(ErrorCode::kConflict, "the name '" + name + "' belongs to " + source->root() + "; choose another");
      }
    }
    name = FreeName(folder, std::move(name));
    started = started_;
  }
  ATTUNE_ASSIGN_OR_RETURN(const store::SourceId id,
                          world_.store.Write(store::PutSource{.name = name,
                                                              .root_path = folder,
                                                              .kind = store::SourceKind::kFolder,
                                                              .last_read_at = std::nullopt,
                                                              .config_json = "{}"}));
  ATTUNE_ASSIGN_OR_RETURN(Source* const source, Adopt(id, name, folder));
  if (started) WantListing(*source);
  return source;
}

Status Reading::RemoveSource(std::string_view name) {
  Source* source = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const auto found =
        std::find_if(sources_.begin(), sources_.end(), [&](const auto& each) { return each->name() == name; });
    if (found == sources_.end()) {
      return Error(ErrorCode::kNotFound, "there is no source '" + std::string(name) + "'; attune status lists them");
    }
    source = found->get();
    source->removed = true;
    retired_.push_back(std::move(*found));
    sources_.erase(found);
  }
  world_.queue.Forget(*source);
  if (watching_ != nullptr) watching_->Forget(*source);
  ATTUNE_ASSIGN_OR_RETURN(const auto removed, world_.store.Write(store::RemoveSource{.source = source->id()}));
  IndexUpdate update;
  update.urgent = true;
  for (const store::PassageRange& range : removed) {
    for (std::size_t i = 0; i < range.size(); ++i) update.removed.push_back(range[i]);
  }
  world_.feed.Post(std::move(update));
  return OkStatus();
}

void Reading::Start() {
  std::vector<Source*> sources;
  {
    const std::scoped_lock lock(mutex_);
    started_ = true;
    for (const auto& source : sources_) sources.push_back(source.get());
  }
  for (Source* const source : sources) WantListing(*source);
  if (watching_ != nullptr) watching_->Start();
}

bool Reading::Submit(std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    ++tasks_;
  }
  const bool accepted = world_.run([this, task = std::move(task)] {
    task();
    Finish();
  });
  if (!accepted) Finish();
  return accepted;
}

void Reading::Finish() {
  const std::scoped_lock lock(mutex_);
  --tasks_;
  idle_.notify_all();
}

void Reading::WantListing(Source& source) {
  if (source.listing_wanted.exchange(true)) return;
  {
    const std::scoped_lock lock(mutex_);
    ++listings_;
  }
  const bool accepted = Submit([this, &source] {
    source.listing_wanted = false;
    if (!stop_.stop_requested() && !source.removed) List(source);
    {
      const std::scoped_lock lock(mutex_);
      --listings_;
    }
    UpdateStates();
    Pump();
  });
  if (accepted) return;
  source.listing_wanted = false;
  const std::scoped_lock lock(mutex_);
  --listings_;
}

void Reading::List(Source& source) {
  source.set_state("listing");
  std::function<void(const std::string&)> watch;
  if (watching_ != nullptr) watch = [&](const std::string& directory) { watching_->AddDirectory(source, directory); };
  auto listing = ListSource(source, world_.store, world_.reader, watch, stop_.get_token());
  if (!listing.ok() && stop_.stop_requested()) return;  // given up, not gone
  if (!listing.ok()) {
    // The folder may be on a disk that is not there today: what is remembered stays.
    source.set_state("gone");
    source.set_watch("off");
    world_.log.Warning("a source cannot be listed; what is remembered of it stays",
                       {{"source", source.name()}, {"error", listing.error().message()}});
    return;
  }
  source.files_found = listing->found;
  source.files_unchanged = listing->unchanged;
  source.TakeListing(std::move(listing->skips), std::move(listing->unreadable));
  if (watching_ != nullptr) watching_->OnListed(source);
  source.set_state("reading");
  Enqueue(source, std::move(listing->to_read));
}

void Reading::Enqueue(Source& source, std::vector<ListedFile> files) {
  std::uint64_t bytes = 0;
  for (const ListedFile& file : files) bytes += file.size;
  {
    const std::scoped_lock lock(mutex_);
    if (world_.queue.depth().files == 0) {
      files_before_ = world_.ingest.files_done();
      bytes_before_ = world_.ingest.bytes_done();
      files_total_ = bytes_total_ = 0;
    }
    files_total_ += files.size();
    bytes_total_ += bytes;
  }
  source.files_queued += files.size();
  for (ListedFile& file : files) world_.queue.AddListed(source, std::move(file.path), file.size, file.left_out);
}

void Reading::Pump() {
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (stop_.stop_requested() || readers_ >= std::max<std::size_t>(1, world_.tasks_max())) return;
      if (!world_.queue.HasWork()) return;
      ++readers_;
    }
    const bool accepted = Submit([this] { ReadSome(); });
    if (accepted) continue;
    const std::scoped_lock lock(mutex_);
    --readers_;
    return;
  }
}

void Reading::ReadSome() {
  // One batch a task, so that the executor can put other work in between.
  if (const auto batch = world_.queue.Take()) {
    const bool complete = world_.ingest.Process(*batch, stop_.get_token());
    world_.queue.Done(*batch);
    if (world_.queue.depth().files == 0) world_.ingest.StoreTouched();
    batch->source->files_done += batch->files.size();
    if (!complete && !stop_.stop_requested() && !batch->source->removed) WantListing(*batch->source);
  }
  {
    const std::scoped_lock lock(mutex_);
    --readers_;
  }
  UpdateStates();
  Pump();
}

void Reading::UpdateStates() {
  const std::scoped_lock lock(mutex_);
  for (const auto& source : sources_) {
    const SourceStatus status = source->status();
    if (status.state != "reading" || status.files_pending > 0) continue;
    if (watching_ == nullptr) {
      source->set_state("read");
    } else {
      source->set_state(watching_->IsRescanned(*source) ? "rescanning" : "watching");
    }
  }
  idle_.notify_all();
}

void Reading::WaitUntilRead(const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, stop, [this] {
      return stop_.stop_requested() || (listings_ == 0 && readers_ == 0 && world_.queue.depth().files == 0);
    });
  }
  if (!stop.stop_requested()) world_.feed.WaitUntilIdle();
}

std::vector<SourceStatus> Reading::Sources() const {
  const std::scoped_lock lock(mutex_);
  std::vector<SourceStatus> all;
  for (const auto& source : sources_) all.push_back(source->status());
  return all;
}

void Reading::RetryWhatWasRefused(TimePoint now) {
  if (now < retry_at_) return;
  std::vector<Source*> again;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& source : sources_) {
      if (source->stored_incompletely.exchange(false)) again.push_back(source.get());
    }
  }
  if (again.empty()) return;
  retry_at_ = now + kRetryEvery;
  for (Source* const source : again) WantListing(*source);
}

bool Reading::IsReadableNow(const std::string& path) const {
  const auto read = world_.files.Read(path, Bytes(0));  // opens it, and is refused whatever has a byte
  if (read.ok() || read.error().code() == ErrorCode::kExhausted) return true;
  if (read.error().code() == ErrorCode::kInvalidArgument) return world_.files.List(path).ok();
  return read.error().code() == ErrorCode::kNotFound;
}

void Reading::LookAgain(TimePoint now) {
  if (now < look_again_at_) return;
  look_again_at_ = now + kLookAgainEvery;
  std::vector<std::pair<Source*, std::vector<std::string>>> paths;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& source : sources_) paths.emplace_back(source.get(), source->unreadable());
  }
  std::erase_if(paths, [](const auto& each) { return each.second.empty(); });
  if (paths.empty() || looking_again_.exchange(true)) return;
  // A dead network folder answers late, and other work must not wait for it.
  const bool accepted = Submit([this, paths = std::move(paths)] {
    for (const auto& [source, unreadable] : paths) {
      const bool readable = std::any_of(unreadable.begin(), unreadable.end(), [&](const std::string& path) {
        return !stop_.stop_requested() && IsReadableNow(source->AbsolutePath(path));
      });
      if (readable && !source->removed) WantListing(*source);
    }
    looking_again_ = false;
  });
  if (!accepted) looking_again_ = false;
}

void Reading::Sample() {
  const TimePoint now = world_.clock.Now();
  RetryWhatWasRefused(now);
  LookAgain(now);
  const std::scoped_lock lock(mutex_);
  rate_.push_back({.at = now, .bytes = world_.ingest.bytes_done()});
  while (rate_.size() > kRateSamplesMax || (rate_.size() > 2 && now - rate_.front().at > kRateWindow)) {
    rate_.pop_front();
  }
}

ReadingStatus Reading::Progress() const {
  const std::scoped_lock lock(mutex_);
  ReadingStatus status;
  const FileQueueDepth depth = world_.queue.depth();
  status.active = listings_ > 0 || depth.files > 0;
  status.files_total = files_total_;
  status.files_done = std::min(files_total_, world_.ingest.files_done() - files_before_);
  status.bytes_total = bytes_total_;
  status.bytes_done = std::min(bytes_total_, world_.ingest.bytes_done() - bytes_before_);
  status.current = depth.files > 0 ? world_.ingest.current_path() : "";
  if (rate_.size() >= 2) {
    const double seconds = std::chrono::duration<double>(rate_.back().at - rate_.front().at).count();
    if (seconds > 0) {
      status.bytes_per_second = static_cast<double>(rate_.back().bytes - rate_.front().bytes) / seconds;
    }
  }
  if (depth.files > 0 && status.bytes_per_second > 0) {
    const double left = static_cast<double>(status.bytes_total - status.bytes_done) / status.bytes_per_second;
    status.remaining = Duration(static_cast<Duration::rep>(std::min(left, 1e6) * 1e9));
  }
  return status;
}

}  // namespace attune::engine
