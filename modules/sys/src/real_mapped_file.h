#pragma once

#include <memory>
#include <string>

#include "attune/sys/file_system.h"

namespace attune::sys {

Result<std::unique_ptr<MappedFile>> MapRegular(const std::string& path);

}  // namespace attune::sys
