#include "queries.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <random>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace attune::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesSampled = 2000;
constexpr std::size_t kBytesOfEach = 4096;
constexpr std::size_t kWordsMin = 100;     // fewer cannot make queries that differ
constexpr std::size_t kLettersMin = 3;     // shorter ones are "if" and "of"
constexpr std::size_t kLettersMax = 24;    // longer ones are no words
constexpr std::size_t kRecent = 200;       // what people come back to
constexpr std::size_t kAttemptsMax = 100;  // for one that is not there yet

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void AddWords(std::string_view text, std::vector<std::string>& words) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    while (at < text.size() && IsLetter(text[at])) ++at;
    const std::size_t size = at - begin;
    // The first and the last may be cut.
    if (size >= kLettersMin && size <= kLettersMax && begin > 0 && at < text.size()) {
      words.emplace_back(text.substr(begin, size));
    }
    if (size == 0) ++at;
  }
}

// Words in the order in which they stand, from places all over the folder.
std::vector<std::string> Sample(const fs::path& folder, std::mt19937_64& chance) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());  // the file system's order is nobody's seed
  std::shuffle(files.begin(), files.end(), chance);
  if (files.size() > kFilesSampled) files.resize(kFilesSampled);
  std::vector<std::string> words;
  for (const fs::path& path : files) {
    const std::uint64_t size = fs::file_size(path, error);
    std::ifstream in(path, std::ios::binary);
    const std::uint64_t last = size > kBytesOfEach ? size - kBytesOfEach : 0;
    in.seekg(static_cast<std::streamoff>(std::uniform_int_distribution<std::uint64_t>(0, last)(chance)));
    std::string piece(kBytesOfEach, '\0');
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    AddWords(std::string_view(piece).substr(0, static_cast<std::size_t>(in.gcount())), words);
  }
  return words;
}

std::string Encoded(std::string_view query) {
  std::string encoded;
  for (const char c : query) encoded += c == ' ' ? "%20" : c == '"' ? "%22" : std::string(1, c);
  return encoded;
}

std::string OneQuery(const std::vector<std::string>& words, std::mt19937_64& chance) {
  const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(chance); };
  // Shares of a hundred, as one sees in logs of code and document search: mostly one to three words.
  static constexpr std::array<int, 4> kCountUpTo = {30, 70, 90, 100};
  const int kind = static_cast<int>(below(100));
  const std::size_t place = below(words.size() - kCountUpTo.size());
  if (kind < 5) return '"' + words[place] + ' ' + words[place + 1] + '"';
  if (kind < 10) return words[place].substr(0, kLettersMin + 1) + '*';
  const auto* const count = std::ranges::upper_bound(kCountUpTo, static_cast<int>(below(100)));
  const bool neighbours = below(2) == 0;
  std::string query = words[place];
  for (std::size_t i = 1; i <= static_cast<std::size_t>(count - kCountUpTo.begin()); ++i) {
    query += ' ' + words[neighbours ? place + i : below(words.size())];
  }
  return query;
}

}  // namespace

Result<Queries> Queries::Draw(const fs::path& folder, const QueriesConfig& config) {
  std::mt19937_64 chance(config.seed);
  const std::vector<std::string> words = Sample(folder, chance);
  if (words.size() < kWordsMin) {
    return Error(ErrorCode::kNotFound, "'" + folder.string() + "' has too few words to ask for");
  }
  Queries queries;
  std::unordered_set<std::string> seen;
  std::bernoulli_distribution repeats(config.repeated);
  while (queries.encoded_.size() < config.count) {
    const std::size_t made = queries.encoded_.size();
    if (made > 0 && repeats(chance)) {
      const std::size_t back = std::uniform_int_distribution<std::size_t>(1, std::min(made, kRecent))(chance);
      queries.encoded_.push_back(queries.encoded_[made - back]);
      continue;
    }
    std::string query;
    for (std::size_t attempt = 0; attempt < kAttemptsMax && (query.empty() || seen.contains(query)); ++attempt) {
      query = Encoded(OneQuery(words, chance));
    }
    seen.insert(query);
    queries.encoded_.push_back(std::move(query));
  }
  return queries;
}

std::size_t Queries::distinct_among(std::uint64_t first) const {
  const auto end = encoded_.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(first, encoded_.size()));
  return std::unordered_set<std::string>(encoded_.begin(), end).size();
}

}  // namespace attune::bench
