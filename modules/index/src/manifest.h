#pragma once
// Manifest: which segment files make up the index. Replaced atomically after the files it names are complete, so a
// crash during a merge leaves either the inputs or the result, never both.
//
// A text file, one line per segment, closed by a checksum:
//
//   attune-text-index 1
//   segment 00000000000000a3.seg
//   crc32c 5f0c11aa

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"

namespace attune::index {

inline constexpr std::string_view kManifestName = "manifest";
inline constexpr std::size_t kManifestSegmentsMax = 4096;

std::string SegmentFileName(std::uint64_t number);
// The number in a name of that form.
std::optional<std::uint64_t> SegmentFileNumber(std::string_view name);

std::string FormatManifest(const std::vector<std::string>& names);
// kCorruption for anything that FormatManifest does not write.
Result<std::vector<std::string>> ParseManifest(std::string_view text);

}  // namespace attune::index
