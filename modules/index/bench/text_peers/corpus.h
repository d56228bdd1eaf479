#pragma once
// Corpus: the text files below some directories, cut into passages, and queries made of its words.

#include <cstdint>
#include <string>
#include <vector>

namespace text_peers {

struct Chunk {
  std::uint64_t id = 0;
  std::string path;
  std::string language;
  std::string body;
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  bool prose = false;
};

struct Corpus {
  std::vector<Chunk> chunks;
  std::uint64_t bytes = 0;  // of the bodies
  std::uint64_t files = 0;
};

// Directories of this machine that usually hold much text.
std::vector<std::string> DefaultDirectories();

// Regular text files (no NUL byte, at most 1 MiB) in sorted order until there are bytes_max, 40 lines a passage.
Corpus ReadCorpus(const std::vector<std::string>& directories, std::uint64_t bytes_max);

// `count` queries of two to four words that occur together in some passage, lower-case ASCII letters only, so that
// every engine sees the same terms. The same corpus gives the same queries.
std::vector<std::vector<std::string>> MakeQueries(const Corpus& corpus, std::size_t count);

}  // namespace text_peers
