#include "attune/sys/directory_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "attune/sys/errno.h"
#include "file_descriptor.h"
#include "poll_timeout.h"
#include "wake_event.h"
#include "watch_failed.h"

namespace attune::sys {
namespace {

// No IN_ACCESS, IN_OPEN, IN_CLOSE_NOWRITE: reading costs nothing.
constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF |
                                IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
// Apart, so that a file is reported once, when it is complete, unless every write is asked for.
constexpr std::uint32_t kEveryChangeMask = IN_MODIFY | IN_ATTRIB;

constexpr std::size_t kReadSize = 64UL * 1024;  // 4096 of the smallest events, 240 of the largest
static_assert(kReadSize / sizeof(inotify_event) == 4096, "the bound that the header promises");

// Hard links and symlinks appear without ever being written and closed.
bool AppearsComplete(const std::string& path) noexcept {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return false;  // gone again; that has its own event
  return S_ISLNK(info.st_mode) || (S_ISREG(info.st_mode) && info.st_nlink > 1);
}

class InotifyWatch final : public DirectoryWatch {
 public:
  InotifyWatch(int inotify_fd, int wake_fd) noexcept;
  ~InotifyWatch() override;

  Result<int> AddDirectory(const std::string& path, WatchDetail detail) override;
  Status RemoveDirectory(const std::string& path) override;
  Result<std::vector<WatchEvent>> Poll(Duration timeout) override;
  void Wake() noexcept override;
  std::size_t directories_watched() const override;

 private:
  struct RawEvent {
    int watch;
    std::uint32_t mask;
    std::string_view name;
  };

  void Translate(const RawEvent& raw, std::vector<WatchEvent>& out);
  void Forget(int watch);                                               // REQUIRES: mutex_ held
  void EndTree(const std::string& path, std::vector<WatchEvent>& out);  // REQUIRES: mutex_ held

  const int inotify_fd_;
  const int wake_fd_;
  mutable std::mutex mutex_;
  std::unordered_map<int, std::string> paths_;  // guarded by mutex_; watch -> path
  std::map<std::string, int> watches_;          // guarded by mutex_; ordered, so that a subtree is a range
};

InotifyWatch::InotifyWatch(int inotify_fd, int wake_fd) noexcept : inotify_fd_(inotify_fd), wake_fd_(wake_fd) {}

InotifyWatch::~InotifyWatch() {
  ::close(inotify_fd_);
  ::close(wake_fd_);
}

Result<int> InotifyWatch::AddDirectory(const std::string& path, WatchDetail detail) {
  // Held across the system call, so that Poll cannot meet an event of a watch it does not know yet.
  const std::scoped_lock lock(mutex_);
  const int watch = ::inotify_add_watch(inotify_fd_, path.c_str(),
                                        detail == WatchDetail::kEveryChange ? kMask | kEveryChangeMask : kMask);
  if (watch < 0) return WatchFailed(errno, path);

  if (const auto old = watches_.find(path); old != watches_.end() && old->second != watch) {
    const int replaced = old->second;  // another directory has taken the path
    ::inotify_rm_watch(inotify_fd_, replaced);
    Forget(replaced);
  }
  Forget(watch);  // the same directory under an older path
  paths_[watch] = path;
  watches_[path] = watch;
  return watch;
}

Status InotifyWatch::RemoveDirectory(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  const auto found = watches_.find(path);
  if (found == watches_.end()) return Error(ErrorCode::kNotFound, DescribePath("watch", path) + " does not exist");
  const int watch = found->second;
  ::inotify_rm_watch(inotify_fd_, watch);
  Forget(watch);
  return OkStatus();
}

Result<std::vector<WatchEvent>> InotifyWatch::Poll(Duration timeout) {
  std::array<pollfd, 2> sources{pollfd{inotify_fd_, POLLIN, 0}, pollfd{wake_fd_, POLLIN, 0}};
  if (::poll(sources.data(), sources.size(), PollTimeout(timeout)) < 0 && errno != EINTR) {
    return FromErrno(errno, "poll");
  }
  DrainWake(wake_fd_);

  alignas(inotify_event) std::array<char, kReadSize> buffer;
  const ssize_t got = RetryInterrupted([&] { return ::read(inotify_fd_, buffer.data(), buffer.size()); });
  std::vector<WatchEvent> events;
  if (got < 0) {
    if (errno == EAGAIN) return events;
    return FromErrno(errno, "read inotify");
  }
  for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
    inotify_event raw{};
    std::memcpy(&raw, buffer.data() + at, sizeof(raw));
    const char* const name = buffer.data() + at + sizeof(raw);
    Translate({raw.wd, raw.mask, raw.len == 0 ? std::string_view() : std::string_view(name, ::strnlen(name, raw.len))},
              events);
    at += sizeof(raw) + raw.len;
  }
  return events;
}

void InotifyWatch::Wake() noexcept { SignalWake(wake_fd_); }

std::size_t InotifyWatch::directories_watched() const {
  const std::scoped_lock lock(mutex_);
  return paths_.size();
}

void InotifyWatch::Translate(const RawEvent& raw, std::vector<WatchEvent>& out) {
  const std::scoped_lock lock(mutex_);
  if ((raw.mask & IN_Q_OVERFLOW) != 0) {
    out.push_back({.kind = WatchEventKind::kOverflow, .directory = {}, .name = {}});
    return;
  }
  const auto found = paths_.find(raw.watch);
  if (found == paths_.end()) return;  // of a watch that was removed meanwhile
  const std::string directory = found->second;

  if ((raw.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
    EndTree(directory, out);
    return;
  }
  const bool is_directory = (raw.mask & IN_ISDIR) != 0;
  if (is_directory && (raw.mask & IN_ATTRIB) != 0) return;  // nothing appeared, and no file changed
  const auto report = [&](WatchEventKind kind) {
    out.push_back({.kind = kind, .directory = directory, .name = std::string(raw.name), .is_directory = is_directory});
  };
  const std::string path = directory + (directory.ends_with('/') ? "" : "/") + std::string(raw.name);
  if ((raw.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
    if (is_directory) EndTree(path, out);
    report(WatchEventKind::kRemoved);
  } else if (is_directory) {
    report(WatchEventKind::kCreatedDirectory);  // IN_CREATE and IN_MOVED_TO
  } else if ((raw.mask & IN_CREATE) == 0 || AppearsComplete(path)) {
    report(WatchEventKind::kChanged);
  }
}

void InotifyWatch::Forget(int watch) {
  const auto found = paths_.find(watch);
  if (found == paths_.end()) return;
  watches_.erase(found->second);
  paths_.erase(found);
}

// Ends the watches of `path` and everything below: their paths are wrong from now on.
void InotifyWatch::EndTree(const std::string& path, std::vector<WatchEvent>& out) {
  std::vector<int> ended;
  if (const auto self = watches_.find(path); self != watches_.end()) ended.push_back(self->second);
  const std::string below = path.ends_with('/') ? path : path + "/";
  for (auto at = watches_.upper_bound(below); at != watches_.end() && at->first.starts_with(below); ++at) {
    ended.push_back(at->second);
  }
  for (const int watch : ended) {
    out.push_back(
        {.kind = WatchEventKind::kDirectoryGone, .directory = paths_[watch], .name = {}, .is_directory = true});
    ::inotify_rm_watch(inotify_fd_, watch);  // fails harmlessly if the kernel ended it already
    Forget(watch);
  }
}

}  // namespace

Error WatchFailed(int error_number, const std::string& path) {
  if (error_number != ENOSPC) return FromErrno(error_number, "watch", path);
  return {ErrorCode::kExhausted,
          DescribePath("watch", path) +
              ": the system's limit of watches is reached; raise /proc/sys/fs/inotify/max_user_watches"};
}

Result<std::unique_ptr<DirectoryWatch>> DirectoryWatch::Create() {
  FileDescriptor inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify.valid()) return FromErrno(errno, "inotify_init1");
  FileDescriptor wake(NewWakeEvent());
  if (!wake.valid()) return FromErrno(errno, "eventfd");
  return std::unique_ptr<DirectoryWatch>(std::make_unique<InotifyWatch>(inotify.Release(), wake.Release()));
}

}  // namespace attune::sys
