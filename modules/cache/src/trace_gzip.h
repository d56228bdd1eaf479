#pragma once
// Gunzip: what a gzip file holds, all of its members one after the other.
//
// Threads    free functions without state.
// Errors     kInvalidArgument for bytes that are no complete gzip file, with the place; kExhausted
//            when the content exceeds size_max, so that a small file cannot fill the memory.

#include <string>
#include <string_view>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::cache {

bool LooksLikeGzip(std::string_view bytes) noexcept;

Result<std::string> Gunzip(std::string_view bytes, const std::string& name, Bytes size_max);

}  // namespace attune::cache
