#include "corpus.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string_view>
#include <system_error>

namespace text_peers {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileBytesMax = 1U << 20U;
constexpr std::uint32_t kLinesPerChunk = 40;
constexpr std::size_t kChunkBytesMax = 8192;  // also where lines are very long

std::string LanguageOf(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension.empty() ? "text" : extension.substr(1);
}

bool IsProse(const std::string& language) {
  return language == "md" || language == "txt" || language == "rst" || language == "text" || language == "html";
}

void AddFile(const fs::path& path, const std::string& text, Corpus& corpus) {
  ++corpus.files;
  std::size_t at = 0;
  std::uint32_t line = 0;
  while (at < text.size()) {
    Chunk chunk;
    chunk.id = corpus.chunks.size() + 1;
    chunk.path = path.string();
    chunk.language = LanguageOf(path);
    chunk.prose = IsProse(chunk.language);
    chunk.line_begin = line;
    std::size_t end = at;
    for (std::uint32_t lines = 0; lines < kLinesPerChunk && end < text.size() && end - at < kChunkBytesMax; ++lines) {
      const std::size_t newline = text.find('\n', end);
      end = newline == std::string::npos ? text.size() : newline + 1;
      ++line;
    }
    chunk.line_end = line;
    chunk.body = text.substr(at, end - at);
    corpus.bytes += chunk.body.size();
    corpus.chunks.push_back(std::move(chunk));
    at = end;
  }
}

std::vector<fs::path> FilesBelow(const std::string& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && !at->is_symlink(ignored) && at->file_size(ignored) <= kFileBytesMax) {
      files.push_back(at->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> PlainWords(const std::string& body) {
  std::set<std::string> words;
  std::string word;
  bool plain = true;
  for (const char c : body + " ") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool other = (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (letter || other) {
      word += static_cast<char>(letter ? c | 0x20 : c);
      plain = plain && letter;
      continue;
    }
    if (plain && word.size() >= 3 && word.size() <= 20) {
      words.insert(word);
    }
    word.clear();
    plain = true;
  }
  return {words.begin(), words.end()};
}

}  // namespace

std::vector<std::string> DefaultDirectories() {
  return {"/usr/include",        "/usr/share/perl",       "/usr/share/doc",   "/usr/lib/python3",
          "/usr/lib/python3.11", "/usr/lib/node_modules", "/usr/share/nodejs"};
}

Corpus ReadCorpus(const std::vector<std::string>& directories, std::uint64_t bytes_max) {
  Corpus corpus;
  for (const std::string& directory : directories) {
    for (const fs::path& path : FilesBelow(directory)) {
      if (corpus.bytes >= bytes_max) {
        return corpus;
      }
      std::ifstream file(path, std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find('\0') == std::string::npos) {
        AddFile(path, text, corpus);
      }
    }
  }
  return corpus;
}

std::vector<std::vector<std::string>> MakeQueries(const Corpus& corpus, std::size_t count) {
  std::mt19937_64 random(20261121);
  std::vector<std::vector<std::string>> queries;
  for (std::size_t tries = 0; queries.size() < count && tries < count * 100 && !corpus.chunks.empty(); ++tries) {
    std::vector<std::string> words = PlainWords(corpus.chunks[random() % corpus.chunks.size()].body);
    const std::size_t wanted = 2 + random() % 3;
    if (words.size() < wanted) {
      continue;
    }
    std::shuffle(words.begin(), words.end(), random);
    words.resize(wanted);
    queries.push_back(std::move(words));
  }
  return queries;
}

}  // namespace text_peers
