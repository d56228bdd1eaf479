#pragma once
// Text to read: real files copied from this machine until there are enough bytes,
// each with its directory, so that names and sizes are those of real trees.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"

namespace attune::bench {

// Where a Debian machine has text: headers, documentation, interpreters' libraries.
std::vector<std::filesystem::path> DefaultCorpusRoots();

struct CorpusSize {
  std::uint64_t files = 0;
  Bytes bytes;
};

// Copies text files of at most 1 MiB below `roots` into `target` until `wanted` is reached. When the roots hold
// less, copies are made again under another name, with a word of their own in each line, so that nothing is equal.
Result<CorpusSize> CopyCorpus(const std::vector<std::filesystem::path>& roots, const std::filesystem::path& target,
                              Bytes wanted, std::uint64_t files_max);

}  // namespace attune::bench
