#include "attune/store/fault_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/result.h"

namespace attune::store {
namespace {

struct Event {
  enum class Kind : std::uint8_t { kWrite, kTruncate, kSync, kRemove };
  Kind kind = Kind::kWrite;
  std::string path;
  std::int64_t offset = 0;  // kWrite: where; kTruncate: the new size
  std::string bytes;        // kWrite
};

constexpr std::size_t kSector = 512;  // what a disk writes whole or not at all

}  // namespace

struct FaultDisk::State {
  std::string name;
  Recording recording = Recording::kOff;
  sqlite3_vfs* base = nullptr;
  sqlite3_vfs vfs{};

  mutable std::mutex mutex;
  std::optional<std::uint64_t> free_bytes;   // guarded by mutex
  std::optional<std::uint64_t> good_writes;  // guarded by mutex
  Target failing_syncs = Target::kNone;      // guarded by mutex
  Duration sync_time{0};                     // guarded by mutex
  std::uint64_t syncs = 0;                   // guarded by mutex
  std::vector<Event> events;                 // guarded by mutex

  int AdmitWrite(std::int64_t growth) {
    const std::lock_guard lock(mutex);
    if (good_writes && (*good_writes)-- == 0) {
      good_writes = 0;
      return SQLITE_IOERR_WRITE;
    }
    if (!free_bytes || growth <= 0) return SQLITE_OK;
    if (static_cast<std::uint64_t>(growth) > *free_bytes) return SQLITE_FULL;
    *free_bytes -= static_cast<std::uint64_t>(growth);
    return SQLITE_OK;
  }
  int AdmitSync(std::string_view path) {
    Duration wait{0};
    {
      const std::lock_guard lock(mutex);
      ++syncs;
      const Target target = path.ends_with("-wal") ? Target::kLog : Target::kDatabase;
      if (failing_syncs == Target::kAny || failing_syncs == target) return SQLITE_IOERR_FSYNC;
      wait = sync_time;
    }
    if (wait > Duration::zero()) std::this_thread::sleep_for(wait);
    return SQLITE_OK;
  }
  void Record(Event event) {
    if (recording == Recording::kOff) return;
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
  }
};

namespace {

using State = FaultDisk::State;

// What SQLite allocates for an open file: ours, and behind it the one of the real VFS.
struct ShimFile {
  sqlite3_file base{};
  State* state = nullptr;
  std::string path;  // empty: a temporary file, which no power cut can matter to
};
static_assert(alignof(ShimFile) <= 8, "the real file follows at an address that SQLite aligned for us");
constexpr std::size_t kShimBytes = (sizeof(ShimFile) + 7U) & ~std::size_t{7U};

ShimFile& ShimOf(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* RealOf(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kShimBytes);
}

int FileClose(sqlite3_file* file) {
  const int code = RealOf(file)->pMethods->xClose(RealOf(file));
  ShimOf(file).~ShimFile();
  return code;
}
int FileRead(sqlite3_file* file, void* out, int amount, sqlite3_int64 offset) {
  return RealOf(file)->pMethods->xRead(RealOf(file), out, amount, offset);
}
int FileWrite(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 offset) {
  const ShimFile& shim = ShimOf(file);
  sqlite3_int64 size = 0;
  RealOf(file)->pMethods->xFileSize(RealOf(file), &size);
  int code = shim.state->AdmitWrite(offset + amount - size);
  if (code != SQLITE_OK) return code;
  code = RealOf(file)->pMethods->xWrite(RealOf(file), bytes, amount, offset);
  if (code == SQLITE_OK && !shim.path.empty()) {
    shim.state->Record({.kind = Event::Kind::kWrite,
                        .path = shim.path,
                        .offset = offset,
                        .bytes = std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(amount))});
  }
  return code;
}
int FileTruncate(sqlite3_file* file, sqlite3_int64 size) {
  const ShimFile& shim = ShimOf(file);
  const int code = RealOf(file)->pMethods->xTruncate(RealOf(file), size);
  if (code == SQLITE_OK && !shim.path.empty()) {
    shim.state->Record({.kind = Event::Kind::kTruncate, .path = shim.path, .offset = size, .bytes = {}});
  }
  return code;
}
int FileSync(sqlite3_file* file, int flags) {
  const ShimFile& shim = ShimOf(file);
  int code = shim.state->AdmitSync(shim.path);
  if (code != SQLITE_OK) return code;
  // A recording disk replays syncs from its own record; syncing the real file would only cost time.
  if (shim.state->recording == FaultDisk::Recording::kOff) code = RealOf(file)->pMethods->xSync(RealOf(file), flags);
  if (code == SQLITE_OK && !shim.path.empty()) {
    shim.state->Record({.kind = Event::Kind::kSync, .path = shim.path, .offset = 0, .bytes = {}});
  }
  return code;
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) { return RealOf(file)->pMethods->xFileSize(RealOf(file), size); }
int FileLock(sqlite3_file* file, int level) { return RealOf(file)->pMethods->xLock(RealOf(file), level); }
int FileUnlock(sqlite3_file* file, int level) { return RealOf(file)->pMethods->xUnlock(RealOf(file), level); }
int FileCheckReserved(sqlite3_file* file, int* out) {
  return RealOf(file)->pMethods->xCheckReservedLock(RealOf(file), out);
}
int FileControl(sqlite3_file* file, int op, void* argument) {
  return RealOf(file)->pMethods->xFileControl(RealOf(file), op, argument);
}
int FileSectorSize(sqlite3_file* file) { return RealOf(file)->pMethods->xSectorSize(RealOf(file)); }
int FileCharacteristics(sqlite3_file* file) { return RealOf(file)->pMethods->xDeviceCharacteristics(RealOf(file)); }
int FileShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return RealOf(file)->pMethods->xShmMap(RealOf(file), page, size, extend, out);
}
int FileShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return RealOf(file)->pMethods->xShmLock(RealOf(file), offset, count, flags);
}
void FileShmBarrier(sqlite3_file* file) { RealOf(file)->pMethods->xShmBarrier(RealOf(file)); }
int FileShmUnmap(sqlite3_file* file, int remove) { return RealOf(file)->pMethods->xShmUnmap(RealOf(file), remove); }
int FileFetch(sqlite3_file* file, sqlite3_int64 offset, int amount, void** out) {
  return RealOf(file)->pMethods->xFetch(RealOf(file), offset, amount, out);
}
int FileUnfetch(sqlite3_file* file, sqlite3_int64 offset, void* page) {
  return RealOf(file)->pMethods->xUnfetch(RealOf(file), offset, page);
}

constexpr sqlite3_io_methods kMethods = {3,
                                         FileClose,
                                         FileRead,
                                         FileWrite,
                                         FileTruncate,
                                         FileSync,
                                         FileSize,
                                         FileLock,
                                         FileUnlock,
                                         FileCheckReserved,
                                         FileControl,
                                         FileSectorSize,
                                         FileCharacteristics,
                                         FileShmMap,
                                         FileShmLock,
                                         FileShmBarrier,
                                         FileShmUnmap,
                                         FileFetch,
                                         FileUnfetch};

State& StateOf(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int VfsOpen(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  State& state = StateOf(vfs);
  sqlite3_file* real = RealOf(file);
  file->pMethods = nullptr;  // SQLite closes only what has methods
  const int code = state.base->xOpen(state.base, name, real, flags, out_flags);
  if (code != SQLITE_OK) {
    if (real->pMethods != nullptr) real->pMethods->xClose(real);
    return code;
  }
  auto* shim = new (file) ShimFile;
  shim->base.pMethods = &kMethods;
  shim->state = &state;
  if (name != nullptr) shim->path = name;
  return SQLITE_OK;
}
int VfsDelete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  State& state = StateOf(vfs);
  const int code = state.base->xDelete(state.base, name, sync_directory);
  if (code == SQLITE_OK) state.Record({.kind = Event::Kind::kRemove, .path = name, .offset = 0, .bytes = {}});
  return code;
}
int VfsAccess(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return StateOf(vfs).base->xAccess(StateOf(vfs).base, name, flags, out);
}
int VfsFullPathname(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return StateOf(vfs).base->xFullPathname(StateOf(vfs).base, name, size, out);
}
int VfsRandomness(sqlite3_vfs* vfs, int size, char* out) {
  return StateOf(vfs).base->xRandomness(StateOf(vfs).base, size, out);
}
int VfsSleep(sqlite3_vfs* vfs, int microseconds) { return StateOf(vfs).base->xSleep(StateOf(vfs).base, microseconds); }
int VfsCurrentTime(sqlite3_vfs* vfs, double* out) { return StateOf(vfs).base->xCurrentTime(StateOf(vfs).base, out); }
int VfsLastError(sqlite3_vfs* vfs, int size, char* out) {
  return StateOf(vfs).base->xGetLastError(StateOf(vfs).base, size, out);
}
int VfsCurrentTime64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return StateOf(vfs).base->xCurrentTimeInt64(StateOf(vfs).base, out);
}

// A file as the replay sees it: what is certainly on the disk, and what may be.
struct ReplayedFile {
  std::string bytes;
  bool exists = false;
  bool synced = false;  // since it was created
  std::vector<const Event*> unsynced;

  void Write(std::size_t offset, std::string_view data) {
    exists = true;
    if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size(), '\0');
    bytes.replace(offset, data.size(), data);
  }
  void Apply(const Event& event) {
    const auto offset = static_cast<std::size_t>(event.offset);
    if (event.kind == Event::Kind::kWrite) Write(offset, event.bytes);
    if (event.kind == Event::Kind::kTruncate) bytes.resize(offset, '\0');
    if (event.kind == Event::Kind::kRemove) {
      bytes.clear();
      exists = synced = false;
    }
  }
  void Sync() {
    for (const Event* event : std::exchange(unsynced, {})) Apply(*event);
    exists = true;
    synced = true;
  }
  // The folder was synced: a removal so far is certain.
  void SettleRemoval() {
    const auto removal = std::find_if(unsynced.rbegin(), unsynced.rend(),
                                      [](const Event* event) { return event->kind == Event::Kind::kRemove; });
    if (removal == unsynced.rend()) return;
    std::vector<const Event*> later(removal.base(), unsynced.end());
    *this = ReplayedFile{};
    unsynced = std::move(later);
  }
  // Each sector of the write reaches the disk or does not, in any order.
  void ApplyTorn(const Event& event, std::mt19937_64& random) {
    const auto begin = static_cast<std::size_t>(event.offset);
    const std::size_t end = begin + event.bytes.size();
    for (std::size_t at = begin; at < end;) {
      const std::size_t next = std::min(end, (at / kSector + 1) * kSector);
      if (random() % 2 == 0) Write(at, std::string_view(event.bytes).substr(at - begin, next - at));
      at = next;
    }
  }
  void CutPower(FaultDisk::Unsynced fate, std::mt19937_64& random) {
    for (const Event* event : unsynced) {
      const std::uint64_t dice = fate == FaultDisk::Unsynced::kRandom ? random() % 3 : 0;
      if (fate == FaultDisk::Unsynced::kLost || dice == 1) continue;
      if (dice == 2 && event->kind == Event::Kind::kWrite) {
        ApplyTorn(*event, random);
      } else {
        Apply(*event);
      }
    }
    unsynced.clear();
  }
};

Status WriteWholeFile(const std::string& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  while (fd >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written <= 0) break;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  const int failed = fd < 0 || !bytes.empty() ? errno : 0;
  if (fd >= 0) ::close(fd);
  if (failed == 0) return OkStatus();
  return Error(ErrorCode::kUnavailable, "cannot write '" + path + "': " + std::generic_category().message(failed));
}

}  // namespace

FaultDisk::FaultDisk(std::string name, Recording recording) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.name = std::move(name);
  state.recording = recording;
  state.base = sqlite3_vfs_find(nullptr);
  ATTUNE_CHECK(state.base != nullptr, "SQLite has a default VFS");
  ATTUNE_CHECK(sqlite3_vfs_find(state.name.c_str()) == nullptr, "the name of a FaultDisk is its own");
  state.vfs = sqlite3_vfs{.iVersion = 2,
                          .szOsFile = static_cast<int>(kShimBytes) + state.base->szOsFile,
                          .mxPathname = state.base->mxPathname,
                          .pNext = nullptr,
                          .zName = state.name.c_str(),
                          .pAppData = &state,
                          .xOpen = VfsOpen,
                          .xDelete = VfsDelete,
                          .xAccess = VfsAccess,
                          .xFullPathname = VfsFullPathname,
                          .xDlOpen = nullptr,
                          .xDlError = nullptr,
                          .xDlSym = nullptr,
                          .xDlClose = nullptr,
                          .xRandomness = VfsRandomness,
                          .xSleep = VfsSleep,
                          .xCurrentTime = VfsCurrentTime,
                          .xGetLastError = VfsLastError,
                          .xCurrentTimeInt64 = VfsCurrentTime64,
                          .xSetSystemCall = nullptr,
                          .xGetSystemCall = nullptr,
                          .xNextSystemCall = nullptr};
  ATTUNE_CHECK(sqlite3_vfs_register(&state.vfs, 0) == SQLITE_OK, "memory for a VFS");
}

FaultDisk::~FaultDisk() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& FaultDisk::name() const noexcept { return state_->name; }

void FaultDisk::SetFreeSpace(Bytes free) {
  const std::lock_guard lock(state_->mutex);
  state_->free_bytes = free.count();
}

void FaultDisk::FailWrites(std::uint64_t after) {
  const std::lock_guard lock(state_->mutex);
  state_->good_writes = after;
}

void FaultDisk::FailSyncs(Target target) {
  const std::lock_guard lock(state_->mutex);
  state_->failing_syncs = target;
}

void FaultDisk::SetSyncTime(Duration at_least) {
  const std::lock_guard lock(state_->mutex);
  state_->sync_time = at_least;
}

void FaultDisk::Heal() {
  const std::lock_guard lock(state_->mutex);
  state_->free_bytes.reset();
  state_->good_writes.reset();
  state_->failing_syncs = Target::kNone;
}

std::uint64_t FaultDisk::syncs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->syncs;
}

std::size_t FaultDisk::events() const {
  const std::lock_guard lock(state_->mutex);
  return state_->events.size();
}

Status FaultDisk::WriteCrashImage(std::size_t events, Unsynced unsynced, std::uint64_t seed,
                                  const std::string& folder) const {
  ATTUNE_CHECK(state_->recording == Recording::kOn, "this disk has not been recording");
  std::mt19937_64 random(seed);
  std::map<std::string, ReplayedFile> files;
  {
    const std::lock_guard lock(state_->mutex);
    events = std::min(events, state_->events.size());
    for (std::size_t i = 0; i < events; ++i) {
      const Event& event = state_->events[i];
      ReplayedFile& file = files[event.path];
      if (event.kind != Event::Kind::kSync) {
        file.unsynced.push_back(&event);
        continue;
      }
      // SQLite syncs the folder together with the first sync of a log or a journal.
      if (!file.synced) {
        for (auto& [path, other] : files) other.SettleRemoval();
      }
      file.Sync();
    }
    for (auto& [path, file] : files) file.CutPower(unsynced, random);
  }
  for (const auto& [path, file] : files) {
    if (!file.exists) continue;
    const std::string name = std::filesystem::path(path).filename().string();
    ATTUNE_RETURN_IF_ERROR(WriteWholeFile((std::filesystem::path(folder) / name).string(), file.bytes));
  }
  return OkStatus();
}

}  // namespace attune::store
