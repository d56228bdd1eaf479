// Whatever a lock file holds, it can be taken, and says afterwards who took it.
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/sys/file_lock.h"
#include "attune/sys/file_system.h"

namespace {

// One file for all inputs: in memory if the machine has such a folder.
const std::string& LockPath() {
  static const std::string path = [] {
    std::string pattern = "/dev/shm/attune-lock-fuzz-XXXXXX";
    int fd = ::mkstemp(pattern.data());
    if (fd < 0) {
      pattern = "/tmp/attune-lock-fuzz-XXXXXX";
      fd = ::mkstemp(pattern.data());
    }
    ATTUNE_CHECK(fd >= 0, "some folder for temporary files");
    ::close(fd);
    return pattern;
  }();
  return path;
}

struct RemoveAtEnd {
  RemoveAtEnd() { static_cast<void>(LockPath()); }  // made before, so gone after
  RemoveAtEnd(const RemoveAtEnd&) = delete;
  RemoveAtEnd& operator=(const RemoveAtEnd&) = delete;
  ~RemoveAtEnd() { ::unlink(LockPath().c_str()); }
};

void Overwrite(std::string_view bytes) {
  ATTUNE_CHECK(::truncate(LockPath().c_str(), 0) == 0, "the file is ours");
  ATTUNE_CHECK(attune::sys::RealFileSystem().WriteAtomically(LockPath(), bytes).ok(), "the file is ours");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const RemoveAtEnd cleanup;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Overwrite(text);
  const auto before = attune::sys::FileLock::ReadHolder(LockPath());
  ATTUNE_CHECK(before.ok() && !before->has_value(), "content is no lock");
  const auto lock = attune::sys::FileLock::Acquire(LockPath(), "fuzz");
  ATTUNE_CHECK(lock.ok(), "nobody holds it");
  const auto holder = attune::sys::FileLock::ReadHolder(LockPath());
  ATTUNE_CHECK(holder.ok() && holder->has_value() && (*holder)->note == "fuzz", "it is us");
  return 0;
}
