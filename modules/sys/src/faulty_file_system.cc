#include "attune/sys/faulty_file_system.h"

#include <cerrno>
#include <utility>

#include "attune/sys/errno.h"

namespace attune::sys {

Error DiskFullError(std::string_view path) { return FromErrno(ENOSPC, "write", path); }
Error IoError(std::string_view path) { return FromErrno(EIO, "read", path); }

FaultyFileSystem::FaultyFileSystem(FileSystem& base) : base_(base) {}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::FailNext(FileOperation operation, Error error, std::size_t after_n) {
  const std::scoped_lock lock(mutex_);
  plans_[static_cast<std::size_t>(operation)].next.push_back({after_n, std::move(error)});
}

void FaultyFileSystem::FailAlways(FileOperation operation, Error error) {
  const std::scoped_lock lock(mutex_);
  plans_[static_cast<std::size_t>(operation)].always = std::move(error);
}

void FaultyFileSystem::ShortenNextWrite(std::size_t size) {
  const std::scoped_lock lock(mutex_);
  write_size_kept_ = size;
}

void FaultyFileSystem::ShortenNextRead(std::size_t size) {
  const std::scoped_lock lock(mutex_);
  read_damage_.size_kept = size;
}

void FaultyFileSystem::FlipBitInNextRead(std::size_t offset) {
  const std::scoped_lock lock(mutex_);
  read_damage_.offset_flipped = offset;
}

void FaultyFileSystem::LimitSpace(Bytes space) {
  const std::scoped_lock lock(mutex_);
  space_left_ = space;
}

void FaultyFileSystem::Heal() {
  const std::scoped_lock lock(mutex_);
  for (Plan& plan : plans_) {
    plan.next.clear();
    plan.always.reset();
  }
  read_damage_ = {};
  write_size_kept_.reset();
  space_left_.reset();
}

std::size_t FaultyFileSystem::calls(FileOperation operation) const {
  const std::scoped_lock lock(mutex_);
  return plans_[static_cast<std::size_t>(operation)].calls;
}

Status FaultyFileSystem::Enter(FileOperation operation) const {
  const std::scoped_lock lock(mutex_);
  Plan& plan = plans_[static_cast<std::size_t>(operation)];
  ++plan.calls;
  if (plan.always) return *plan.always;
  if (plan.next.empty()) return OkStatus();
  if (plan.next.front().calls_before > 0) {
    --plan.next.front().calls_before;
    return OkStatus();
  }
  Error error = std::move(plan.next.front().error);
  plan.next.pop_front();
  return error;
}

Status FaultyFileSystem::ReserveSpace(const std::string& path, std::size_t size) {
  const std::scoped_lock lock(mutex_);
  if (!space_left_) return OkStatus();
  if (Bytes(size) > *space_left_) return DiskFullError(path);
  *space_left_ = *space_left_ - Bytes(size);
  return OkStatus();
}

Result<std::string> FaultyFileSystem::Read(const std::string& path, Bytes size_max) const {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kRead));
  ATTUNE_ASSIGN_OR_RETURN(std::string bytes, base_.Read(path, size_max));
  ReadDamage damage;
  {
    const std::scoped_lock lock(mutex_);
    damage = std::exchange(read_damage_, {});
  }
  if (damage.size_kept && *damage.size_kept < bytes.size()) bytes.resize(*damage.size_kept);
  if (damage.offset_flipped && *damage.offset_flipped < bytes.size()) {
    bytes[*damage.offset_flipped] = static_cast<char>(bytes[*damage.offset_flipped] ^ 1);
  }
  return bytes;
}

Result<std::unique_ptr<MappedFile>> FaultyFileSystem::Map(const std::string& path) const {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kMap));
  return base_.Map(path);
}

Status FaultyFileSystem::WriteAtomically(const std::string& path, std::string_view bytes) {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kWrite));
  ATTUNE_RETURN_IF_ERROR(ReserveSpace(path, bytes.size()));
  {
    const std::scoped_lock lock(mutex_);
    if (write_size_kept_) bytes = bytes.substr(0, *write_size_kept_);
    write_size_kept_.reset();
  }
  return base_.WriteAtomically(path, bytes);
}

Status FaultyFileSystem::Remove(const std::string& path) {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kRemove));
  return base_.Remove(path);
}

Status FaultyFileSystem::CreateDirectories(const std::string& path) {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kCreateDirectories));
  return base_.CreateDirectories(path);
}

Result<std::vector<DirectoryEntry>> FaultyFileSystem::List(const std::string& directory) const {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kList));
  return base_.List(directory);
}

Result<FileInfo> FaultyFileSystem::Stat(const std::string& path) const {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kStat));
  return base_.Stat(path);
}

Result<FileInfo> FaultyFileSystem::LinkStat(const std::string& path) const {
  ATTUNE_RETURN_IF_ERROR(Enter(FileOperation::kStat));
  return base_.LinkStat(path);
}

}  // namespace attune::sys
