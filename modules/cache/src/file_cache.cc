#include "attune/cache/file_cache.h"

#include <algorithm>
#include <utility>

#include "attune/base/check.h"
#include "mix64.h"

namespace attune::cache {
namespace {

constexpr int kAttempts = 3;  // a file that changes three times while it is read changes all the time

CacheConfig ConfigOf(const FileCacheConfig& config) {
  // In one shard, so that one file may fill the cache. The page cache makes reading fast and mapping faster: what is
  // saved is the copy and the system calls, which the cache cannot time against each other fairly.
  return {.name = config.name,
          .entries_max = config.entries_max,
          .bytes_max = config.bytes_max,
          .shards = 1,
          .may_bypass = false};
}

// Without what changes nothing at its end, so that a symlink is not followed for the sake of a slash or dot behind it.
std::string_view DirectoryOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  std::string_view directory = path.substr(0, slash);
  while (directory.ends_with('/') || directory.ends_with("/.")) {
    directory.remove_suffix(directory.ends_with('/') ? 1 : 2);
  }
  return directory.empty() ? "/" : directory;
}

std::string_view NameOf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

FileId IdOf(const sys::FileInfo& info) {
  return {.device = info.device, .inode = info.inode, .modified_ns = info.modified_ns, .size = info.size};
}

}  // namespace

Status Validate(const FileCacheConfig& config) {
  if (config.file_bytes_max == Bytes(0)) {
    return Error(ErrorCode::kInvalidArgument, "file_bytes_max is 0; no file could be read");
  }
  if (config.trusted_for < Duration(0)) {
    return Error(ErrorCode::kInvalidArgument, "trusted_for is negative; 0 trusts nothing");
  }
  return Validate(ConfigOf(config));
}

KeyHash FileCache::Traits::Hash(const FileId& id) noexcept {
  const auto modified = static_cast<std::uint64_t>(id.modified_ns);
  return Mix64(Mix64(Mix64(Mix64(id.device) ^ id.inode) ^ modified) ^ id.size);
}

Bytes FileCache::Traits::OwnedBytes(const FileId&, const FileContentsPtr& contents) {
  // The control block and the object lie together; what is mapped counts as if it were resident.
  return Bytes(sizeof(FileContents) + 2 * sizeof(void*) + contents->bytes().size());
}

FileCache::FileCache(const Clock& clock, const sys::FileSystem& files, sys::DirectoryWatch* watch,
                     FileCacheConfig config, ReadyCacheHooks hooks)
    : clock_(clock),
      config_(std::move(config)),
      files_(files),
      watch_(watch),
      cache_(clock, ConfigOf(config_), std::move(hooks)) {
  ATTUNE_CHECK(Validate(config_).ok(), "invalid FileCacheConfig");
}

Result<FileContentsPtr> FileCache::Read(const std::string& path) {
  if (const auto trusted = TrustedId(path)) {
    if (auto contents = cache_.Get(*trusted)) return *std::move(contents);
  }
  // Watched first, asked afterwards: whatever changes in between is reported.
  const std::optional<int> watch = WatchDirectoryOf(path);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Asked asked = AskedNow();
    ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, files_.Stat(path));
    const FileId id = IdOf(info);
    Result<FileContentsPtr> contents = cache_.GetOrLoad(id, [this, path, id] { return Load(path, id); });
    if (!contents.ok() && contents.error().code() == ErrorCode::kConflict) continue;
    if (contents.ok() && watch.has_value() && info.links == 1) Trust(*watch, path, id, asked);
    return contents;
  }
  return Error(ErrorCode::kUnavailable, "file '" + path + "' changes whenever it is read");
}

// kConflict when the file is no longer the one that `id` names.
Result<Loaded<FileContentsPtr>> FileCache::Load(const std::string& path, const FileId& id) const {
  ATTUNE_ASSIGN_OR_RETURN(FileContentsPtr contents, Open(path, id.size));
  ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo after, files_.Stat(path));
  // The kernel's own files state no size, and change without a trace.
  const bool unsized = id.size == 0 && !contents->bytes().empty();
  if (IdOf(after) != id || (contents->bytes().size() != id.size && !unsized)) {
    return Error(ErrorCode::kConflict, "file '" + path + "' changed while it was read");
  }
  return Loaded<FileContentsPtr>{.value = std::move(contents),
                                 .time_to_live = unsized ? std::optional(Duration(0)) : std::nullopt};
}

Result<FileContentsPtr> FileCache::Open(const std::string& path, std::uint64_t size) const {
  if (Bytes(size) > config_.file_bytes_max) {
    return Error(ErrorCode::kExhausted, "file '" + path + "' has " + std::to_string(size) + " bytes, more than " +
                                            attune::ToString(config_.file_bytes_max));
  }
  if (size > 0 && Bytes(size) >= config_.mapped_from) {
    ATTUNE_ASSIGN_OR_RETURN(std::unique_ptr<sys::MappedFile> mapped, files_.Map(path));
    return std::make_shared<const FileContents>(std::move(mapped));
  }
  ATTUNE_ASSIGN_OR_RETURN(std::string copied, files_.Read(path, config_.file_bytes_max));
  return std::make_shared<const FileContents>(std::move(copied));
}

FileCache::Asked FileCache::AskedNow() const {
  const std::scoped_lock lock(mutex_);
  return {.changes = changes_, .at = clock_.Now()};
}

std::optional<FileId> FileCache::TrustedId(std::string_view path) const {
  const std::scoped_lock lock(mutex_);
  const auto watch = watches_.find(DirectoryOf(path));
  if (watch == watches_.end()) return std::nullopt;
  const auto names = trusted_.find(watch->second);
  if (names == trusted_.end()) return std::nullopt;
  const auto found = names->second.find(NameOf(path));
  if (found == names->second.end() || found->second.until <= clock_.Now()) return std::nullopt;
  return found->second.id;
}

// The number of the watch that reports whatever happens to the file; none where something may happen unseen.
std::optional<int> FileCache::WatchDirectoryOf(const std::string& path) {
  if (watch_ == nullptr) return std::nullopt;
  const auto link = files_.LinkStat(path);
  if (!link.ok() || link->kind != sys::FileKind::kRegular || link->links > 1) return std::nullopt;
  const std::string directory(DirectoryOf(path));
  const auto add = [&] { return watch_->AddDirectory(directory, sys::WatchDetail::kEveryChange); };
  const std::scoped_lock lock(mutex_);
  const auto known = watches_.find(directory);
  if (known == watches_.end() && watches_.size() >= config_.directories_max) return std::nullopt;
  // Added again though it is known: another directory may have taken the path.
  Result<int> watch = add();
  if (watch.ok() && known != watches_.end() && known->second != *watch) {
    EndWatch(known->second);  // and with it whatever is watched under this path
    watch = add();
  }
  if (!watch.ok()) return std::nullopt;
  watches_.insert_or_assign(directory, *watch);
  return *watch;
}

void FileCache::Trust(int watch, std::string_view path, const FileId& id, const Asked& asked) {
  const std::scoped_lock lock(mutex_);
  if (changes_ != asked.changes) {
    // One of the events since may have been about this path: what was loaded may be older than its change.
    cache_.Erase(id);
    return;
  }
  if (paths_trusted_ >= config_.paths_max) DistrustAll();
  const auto [entry, is_new] =
      trusted_[watch].insert_or_assign(std::string(NameOf(path)), Trusted{id, asked.at + config_.trusted_for});
  if (is_new) ++paths_trusted_;
}

void FileCache::Distrust(int watch, const std::string& name) {
  const auto names = trusted_.find(watch);
  if (names == trusted_.end()) return;
  const auto found = names->second.find(name);
  if (found == names->second.end()) return;
  cache_.Erase(found->second.id);
  names->second.erase(found);
  --paths_trusted_;
}

void FileCache::DistrustAll() {
  trusted_.clear();
  paths_trusted_ = 0;
}

// What happens from now on in the directory is not seen: what it had, under all its spellings, is read anew.
void FileCache::EndWatch(int watch) {
  ++changes_;  // whoever has asked and not trusted yet asks again
  for (const auto& [directory, number] : watches_) {
    if (number == watch) static_cast<void>(watch_->RemoveDirectory(directory));  // gone is fine
  }
  std::erase_if(watches_, [watch](const auto& entry) { return entry.second == watch; });
  const auto names = trusted_.find(watch);
  if (names == trusted_.end()) return;
  for (const auto& [name, trusted] : names->second) cache_.Erase(trusted.id);
  paths_trusted_ -= names->second.size();
  trusted_.erase(names);
}

void FileCache::EndAllWatches() {
  for (const auto& [directory, number] : watches_) static_cast<void>(watch_->RemoveDirectory(directory));
  watches_.clear();
  DistrustAll();
  cache_.Clear();
}

void FileCache::Apply(const std::vector<sys::WatchEvent>& events) {
  if (events.empty() || watch_ == nullptr) return;
  const std::scoped_lock lock(mutex_);
  ++changes_;
  for (const sys::WatchEvent& event : events) ApplyOne(event);
}

void FileCache::ApplyOne(const sys::WatchEvent& event) {
  // Lost may be that files changed, and that directories are gone: then they are no longer watched.
  if (event.kind == sys::WatchEventKind::kOverflow) return EndAllWatches();
  const auto watch = watches_.find(event.directory);
  if (watch == watches_.end()) return;
  switch (event.kind) {
    case sys::WatchEventKind::kChanged:
    case sys::WatchEventKind::kRemoved:
      return Distrust(watch->second, event.name);
    case sys::WatchEventKind::kDirectoryGone:
      return EndWatch(watch->second);
    case sys::WatchEventKind::kCreatedDirectory:
    case sys::WatchEventKind::kOverflow:
      return;
  }
}

void FileCache::Clear() {
  const std::scoped_lock lock(mutex_);
  DistrustAll();
  cache_.Clear();
}

std::size_t FileCache::paths_trusted() const {
  const std::scoped_lock lock(mutex_);
  return paths_trusted_;
}

}  // namespace attune::cache
