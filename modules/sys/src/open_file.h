#pragma once
// Opening a file that holds bytes, and nothing else.

#include <sys/stat.h>

#include <string>

#include "attune/base/result.h"
#include "attune/sys/file_system.h"
#include "file_descriptor.h"

namespace attune::sys {

// kInvalidArgument for what the kernel would silently cut short: a path with a NUL.
Status CheckPath(const std::string& path);

FileKind KindOfMode(mode_t mode) noexcept;
// "a directory", "a FIFO, socket or device"
const char* KindText(FileKind kind) noexcept;

struct OpenFile {
  FileDescriptor fd;
  struct stat info;
};
// A regular file, open for reading. It is looked at before it is opened, because
// opening alone does something to a FIFO or a device, and again afterwards,
// because it may have been replaced in between.
Result<OpenFile> OpenRegular(const std::string& path);

}  // namespace attune::sys
