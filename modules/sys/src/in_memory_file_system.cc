#include "attune/sys/in_memory_file_system.h"

#include <cerrno>
#include <utility>

#include "attune/sys/errno.h"

namespace attune::sys {
namespace {

constexpr int kSymlinksMax = 40;  // as the kernel has it

// What comes after the last '/'.
std::string_view LastName(std::string_view canonical) { return canonical.substr(canonical.find_last_of('/') + 1); }

std::string ParentOf(const std::string& canonical) {
  const std::size_t slash = canonical.find_last_of('/');
  return slash == 0 ? "/" : canonical.substr(0, slash);
}

std::string Join(const std::string& directory, std::string_view name) {
  std::string path = directory == "/" ? "" : directory;
  return path.append("/").append(name);
}

std::string_view TakeName(std::string_view& rest) {
  const std::size_t start = std::min(rest.find_first_not_of('/'), rest.size());
  rest.remove_prefix(start);
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end);
  return name;
}

class CopiedFile final : public MappedFile {
 public:
  explicit CopiedFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view bytes() const noexcept override { return bytes_; }
  void ReleasePages() const noexcept override {}
  Bytes ResidentBytes() const noexcept override { return Bytes(bytes_.size()); }

 private:
  const std::string bytes_;
};

}  // namespace

struct InMemoryFileSystem::Node {
  FileKind kind = FileKind::kRegular;
  std::string bytes;         // of a symlink, its target
  std::string bytes_synced;  // what a power cut leaves of them
  std::int64_t modified_ns = 0;
  std::uint64_t inode = 0;
};

InMemoryFileSystem::InMemoryFileSystem(const Clock& clock) : clock_(clock) {
  const std::scoped_lock lock(mutex_);
  visible_["/"] = durable_["/"] = NewNode(FileKind::kDirectory);
}
InMemoryFileSystem::~InMemoryFileSystem() = default;

std::shared_ptr<InMemoryFileSystem::Node> InMemoryFileSystem::NewNode(FileKind kind) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->inode = inode_next_++;
  node->modified_ns = std::chrono::nanoseconds(clock_.WallNow().time_since_epoch()).count();
  return node;
}

// The canonical path: absolute, without ".", ".." and symlinks. Every directory on the
// way must exist; the last name need not.
Result<std::string> InMemoryFileSystem::Resolve(const std::string& path, bool follow_last) const {
  if (path.empty()) return FromErrno(ENOENT, "find", path);
  std::string at = "/";
  std::string rest_storage = path;
  std::string_view rest = rest_storage;
  int symlinks = 0;
  while (true) {
    const std::string_view name = TakeName(rest);
    if (name.empty()) return at;
    const auto parent = visible_.find(at);
    if (parent == visible_.end()) return FromErrno(ENOENT, "find", path);
    if (parent->second->kind != FileKind::kDirectory) return FromErrno(ENOTDIR, "find", path);
    if (name == ".") continue;
    if (name == "..") {
      at = ParentOf(at);
      continue;
    }
    const std::string next = Join(at, name);
    const auto node = visible_.find(next);
    const bool last = rest.find_first_not_of('/') == std::string_view::npos;
    if (node == visible_.end() || node->second->kind != FileKind::kSymlink || (last && !follow_last)) {
      at = next;
      continue;
    }
    if (++symlinks > kSymlinksMax) return FromErrno(ELOOP, "find", path);
    const std::string& target = node->second->bytes;
    if (target.starts_with('/')) at = "/";
    rest_storage = target + std::string(rest);
    rest = rest_storage;
  }
}

Result<std::shared_ptr<InMemoryFileSystem::Node>> InMemoryFileSystem::Find(const std::string& path,
                                                                           bool follow_last) const {
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, Resolve(path, follow_last));
  const auto node = visible_.find(canonical);
  if (node == visible_.end()) return FromErrno(ENOENT, "find", path);
  return node->second;
}

Result<std::string> InMemoryFileSystem::ResolveForWriting(const std::string& path) const {
  ATTUNE_ASSIGN_OR_RETURN(std::string canonical, Resolve(path, false));
  const auto parent = visible_.find(ParentOf(canonical));
  if (parent == visible_.end()) return FromErrno(ENOENT, "write", path);
  if (parent->second->kind != FileKind::kDirectory) return FromErrno(ENOTDIR, "write", path);
  const auto node = visible_.find(canonical);
  if (node != visible_.end() && node->second->kind == FileKind::kDirectory) return FromErrno(EISDIR, "write", path);
  return canonical;
}

Result<std::string> InMemoryFileSystem::Read(const std::string& path, Bytes size_max) const {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const auto node, Find(path, true));
  if (node->kind != FileKind::kRegular) {
    return Error(ErrorCode::kInvalidArgument, DescribePath("read", path) + " is not a regular file");
  }
  if (node->bytes.size() > size_max.count()) {
    return Error(ErrorCode::kExhausted,
                 DescribePath("read", path) + ": larger than the limit of " + ToString(size_max));
  }
  return node->bytes;
}

Result<std::unique_ptr<MappedFile>> InMemoryFileSystem::Map(const std::string& path) const {
  ATTUNE_ASSIGN_OR_RETURN(std::string bytes, Read(path, Bytes(UINT64_MAX)));
  return std::unique_ptr<MappedFile>(std::make_unique<CopiedFile>(std::move(bytes)));
}

Status InMemoryFileSystem::WriteAtomically(const std::string& path, std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, ResolveForWriting(path));
  auto node = NewNode(FileKind::kRegular);
  node->bytes = node->bytes_synced = std::string(bytes);
  visible_[canonical] = std::move(node);
  SyncNames(ParentOf(canonical));
  return OkStatus();
}

Status InMemoryFileSystem::WriteUnsynced(const std::string& path, std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const std::string followed, Resolve(path, true));
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, ResolveForWriting(followed));
  std::shared_ptr<Node>& node = visible_[canonical];
  if (node == nullptr) node = NewNode(FileKind::kRegular);
  node->bytes = std::string(bytes);
  node->modified_ns = std::chrono::nanoseconds(clock_.WallNow().time_since_epoch()).count();
  return OkStatus();
}

Status InMemoryFileSystem::SyncFile(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const auto node, Find(path, true));
  node->bytes_synced = node->bytes;
  return OkStatus();
}

Status InMemoryFileSystem::SyncDirectory(const std::string& directory) {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, Resolve(directory, true));
  const auto node = visible_.find(canonical);
  if (node == visible_.end()) return FromErrno(ENOENT, "sync", directory);
  if (node->second->kind != FileKind::kDirectory) return FromErrno(ENOTDIR, "sync", directory);
  SyncNames(canonical);
  return OkStatus();
}

void InMemoryFileSystem::SyncNames(const std::string& canonical_directory) {
  std::erase_if(durable_, [&](const auto& entry) {
    return entry.first != "/" && ParentOf(entry.first) == canonical_directory && !visible_.contains(entry.first);
  });
  for (const auto& [path, node] : visible_) {
    if (path != "/" && ParentOf(path) == canonical_directory) durable_[path] = node;
  }
}

void InMemoryFileSystem::DropUnsynced() {
  const std::scoped_lock lock(mutex_);
  visible_ = durable_;
  for (auto& [path, node] : visible_) {
    if (node->kind == FileKind::kRegular) node->bytes = node->bytes_synced;
  }
}

Status InMemoryFileSystem::Remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, Resolve(path, false));
  const auto node = visible_.find(canonical);
  if (node == visible_.end()) return FromErrno(ENOENT, "remove", path);
  if (canonical == "/") return FromErrno(EBUSY, "remove", path);
  const auto below = visible_.lower_bound(canonical + "/");
  if (below != visible_.end() && below->first.starts_with(canonical + "/")) {
    return FromErrno(ENOTEMPTY, "remove", path);
  }
  visible_.erase(node);
  return OkStatus();
}

Status InMemoryFileSystem::CreateDirectories(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  std::string done = "/";
  std::string_view rest = path;
  for (std::string_view name = TakeName(rest); !name.empty(); name = TakeName(rest)) {
    ATTUNE_ASSIGN_OR_RETURN(std::string next, Resolve(Join(done, name), false));
    std::shared_ptr<Node>& node = visible_[next];
    if (node == nullptr) {
      node = durable_[next] = NewNode(FileKind::kDirectory);
    } else if (node->kind != FileKind::kDirectory) {
      Result<std::string> target = Resolve(next, true);  // a symlink to a directory will do
      const auto found = target.ok() ? visible_.find(*target) : visible_.end();
      if (found == visible_.end() || found->second->kind != FileKind::kDirectory) {
        return Error(ErrorCode::kConflict, DescribePath("create directory", path) + ": '" + next + "' is in the way");
      }
      next = *std::move(target);
    }
    done = next;
  }
  return OkStatus();
}

Result<std::vector<DirectoryEntry>> InMemoryFileSystem::List(const std::string& directory) const {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const std::string canonical, Resolve(directory, true));
  const auto node = visible_.find(canonical);
  if (node == visible_.end()) return FromErrno(ENOENT, "list", directory);
  if (node->second->kind != FileKind::kDirectory) return FromErrno(ENOTDIR, "list", directory);
  std::vector<DirectoryEntry> entries;
  for (const auto& [path, entry] : visible_) {
    if (path == "/" || ParentOf(path) != canonical) continue;
    entries.push_back({.name = std::string(LastName(path)), .kind = entry->kind});
  }
  return entries;
}

Result<FileInfo> InMemoryFileSystem::InfoOf(const std::string& path, bool follow_last) const {
  const std::scoped_lock lock(mutex_);
  ATTUNE_ASSIGN_OR_RETURN(const auto node, Find(path, follow_last));
  return FileInfo{.kind = node->kind,
                  .size = node->bytes.size(),
                  .modified_ns = node->modified_ns,
                  .device = 1,
                  .inode = node->inode};
}

Result<FileInfo> InMemoryFileSystem::Stat(const std::string& path) const { return InfoOf(path, true); }
Result<FileInfo> InMemoryFileSystem::LinkStat(const std::string& path) const { return InfoOf(path, false); }

void InMemoryFileSystem::AddSymlink(const std::string& path, const std::string& target) {
  const std::scoped_lock lock(mutex_);
  AddNode(path, FileKind::kSymlink)->bytes = target;
}

void InMemoryFileSystem::AddSpecial(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  AddNode(path, FileKind::kOther);
}

std::shared_ptr<InMemoryFileSystem::Node> InMemoryFileSystem::AddNode(const std::string& path, FileKind kind) {
  std::string at = "/";
  std::string_view rest = path;
  for (std::string_view name = TakeName(rest); !name.empty(); name = TakeName(rest)) {
    at = Join(at, name);
    std::shared_ptr<Node>& node = visible_[at];
    const bool last = rest.find_first_not_of('/') == std::string_view::npos;
    if (node == nullptr || last) node = durable_[at] = NewNode(last ? kind : FileKind::kDirectory);
  }
  return visible_[at];
}

}  // namespace attune::sys
