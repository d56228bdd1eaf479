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

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// How a path of `directory` was given to Read.
std::string PathOf(const sys::WatchEvent& event) {
  if (event.directory == ".") return event.name;
  return event.directory == "/" ? "/" + event.name : event.directory + "/" + event.name;
}

FileId IdOf(const sys::FileInfo& info) {
  return {.device = info.device, .inode = info.inode, .modified_ns = info.modified_ns, .size = info.size};
}

}  // namespace

Status Validate(const FileCacheConfig& config) {
  if (config.file_bytes_max == Bytes(0)) {
    return Error(ErrorCode::kInvalidArgument, "file_bytes_max is 0; no file could be read");
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
    : config_(std::move(config)), files_(files), watch_(watch), cache_(clock, ConfigOf(config_), std::move(hooks)) {
  ATTUNE_CHECK(Validate(config_).ok(), "invalid FileCacheConfig");
}

Result<FileContentsPtr> FileCache::Read(const std::string& path) {
  if (const auto trusted = TrustedId(path)) {
    if (auto contents = cache_.Get(*trusted)) return *std::move(contents);
  }
  // Watched first, asked afterwards: whatever changes in between is reported.
  const bool watched = WatchDirectoryOf(path);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::uint64_t changes = 0;
    {
      const std::scoped_lock lock(mutex_);
      changes = changes_;
    }
    ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, files_.Stat(path));
    const FileId id = IdOf(info);
    Result<FileContentsPtr> contents = cache_.GetOrLoad(id, [this, path, id] { return Load(path, id); });
    if (!contents.ok() && contents.error().code() == ErrorCode::kConflict) continue;
    if (contents.ok() && watched) Trust(path, id, changes);
    return contents;
  }
  return Error(ErrorCode::kUnavailable, "file '" + path + "' changes whenever it is read");
}

// kConflict when the file is no longer the one that `id` names.
Result<FileContentsPtr> FileCache::Load(const std::string& path, const FileId& id) const {
  ATTUNE_ASSIGN_OR_RETURN(FileContentsPtr contents, Open(path, id.size));
  ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo after, files_.Stat(path));
  if (IdOf(after) != id || contents->bytes().size() != id.size) {
    return Error(ErrorCode::kConflict, "file '" + path + "' changed while it was read");
  }
  return contents;
}

Result<FileContentsPtr> FileCache::Open(const std::string& path, std::uint64_t size) const {
  if (Bytes(size) > config_.file_bytes_max) {
    return Error(ErrorCode::kExhausted, "file '" + path + "' has " + std::to_string(size) + " bytes, more than " +
                                            attune::ToString(config_.file_bytes_max));
  }
  if (Bytes(size) >= config_.mapped_from) {
    ATTUNE_ASSIGN_OR_RETURN(std::unique_ptr<sys::MappedFile> mapped, files_.Map(path));
    return std::make_shared<const FileContents>(std::move(mapped));
  }
  ATTUNE_ASSIGN_OR_RETURN(std::string copied, files_.Read(path, config_.file_bytes_max));
  return std::make_shared<const FileContents>(std::move(copied));
}

std::optional<FileId> FileCache::TrustedId(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = trusted_.find(path);
  return found == trusted_.end() ? std::nullopt : std::optional(found->second);
}

bool FileCache::WatchDirectoryOf(const std::string& path) {
  if (watch_ == nullptr) return false;
  const auto link = files_.LinkStat(path);
  if (!link.ok() || link->kind != sys::FileKind::kRegular) return false;
  const std::scoped_lock lock(mutex_);
  const std::string directory = DirectoryOf(path);
  if (directories_.contains(directory)) return true;
  if (directories_.size() >= config_.directories_max || !watch_->AddDirectory(directory).ok()) return false;
  directories_.insert(directory);
  return true;
}

void FileCache::Trust(const std::string& path, const FileId& id, std::uint64_t changes_before) {
  const std::scoped_lock lock(mutex_);
  // An event that came since the stat may have been about this path, or have ended the watch.
  if (changes_ != changes_before || trusted_.size() >= config_.paths_max) return;
  trusted_.insert_or_assign(path, id);
}

void FileCache::Distrust(const std::string& path) {
  const auto found = trusted_.find(path);
  if (found == trusted_.end()) return;
  cache_.Erase(found->second);
  trusted_.erase(found);
}

void FileCache::Apply(const std::vector<sys::WatchEvent>& events) {
  if (events.empty()) return;
  const std::scoped_lock lock(mutex_);
  ++changes_;
  for (const sys::WatchEvent& event : events) {
    switch (event.kind) {
      case sys::WatchEventKind::kChanged:
      case sys::WatchEventKind::kRemoved:
        Distrust(PathOf(event));
        break;
      case sys::WatchEventKind::kCreatedDirectory:
        break;
      case sys::WatchEventKind::kDirectoryGone:
        directories_.erase(event.directory);
        std::erase_if(trusted_, [&](const auto& entry) { return DirectoryOf(entry.first) == event.directory; });
        break;
      case sys::WatchEventKind::kOverflow:
        trusted_.clear();
        break;
    }
  }
}

void FileCache::Clear() {
  const std::scoped_lock lock(mutex_);
  trusted_.clear();
  cache_.Clear();
}

std::size_t FileCache::paths_trusted() const {
  const std::scoped_lock lock(mutex_);
  return trusted_.size();
}

}  // namespace attune::cache
