#pragma once
// FileLock: exclusive possession of a folder by one process, with a note that
// says who has it. An advisory lock on an open file description (F_OFD_SETLK): the
// kernel releases it when the process ends, however it ends.
//
//   ATTUNE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(data + "/lock", "starting"));
//   ATTUNE_RETURN_IF_ERROR(lock.Rewrite("http://127.0.0.1:7007"));
//   // a second process: CONFLICT: '/data/lock' is held by process 4711 (http://127.0.0.1:7007)
//
// Content    one line, "PID NOTE\n". The file stays after release, empty: removing
//            it would let two processes lock two different files of one name.
// Ownership  movable; releases on destruction. Children made by fork share it.
// Threads    acquire anywhere; one FileLock belongs to one thread at a time.
// Errors     kConflict names the holder; kInvalidArgument for a note with a
//            newline or above kNoteSizeMax; kDenied, kExhausted, ... as open says.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::sys {

struct LockHolder {
  std::int64_t pid = 0;  // 0: not readable; the lock is held nevertheless
  std::string note;
};

class FileLock {
 public:
  static constexpr std::size_t kNoteSizeMax = 1024;  // one address or reason, and one short read for readers

  static Result<FileLock> Acquire(const std::string& path, std::string_view note);
  // Who holds the lock now; nullopt if nobody does. Takes no lock itself.
  static Result<std::optional<LockHolder>> ReadHolder(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

  // Replaces the note; readers see the old line or the new one.
  Status Rewrite(std::string_view note);

 private:
  FileLock(int fd, std::string path) noexcept;
  void Release() noexcept;

  int fd_ = -1;
  std::string path_;
};

}  // namespace attune::sys
