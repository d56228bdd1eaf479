#pragma once

#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::sys {

// The directory that holds `path`: "/a/b" -> "/a", "/a" -> "/", "a" -> ".".
std::string ParentDirectory(const std::string& path);

// Makes the names in `directory` survive a power cut.
Status SyncDirectory(const std::string& directory);

// FileSystem::WriteAtomically of the real one.
Status WriteFileAtomically(const std::string& path, std::string_view bytes);

}  // namespace attune::sys
