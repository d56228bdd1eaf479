#pragma once
// Queries as people might ask them of a folder: words that stand in its files, common ones more often,
// alone, side by side and from different places, some as phrases and prefixes. A seed gives the
// same ones again. All are distinct but for a stated share that repeats a recent one.
//
// Threads    const and thread-safe once made.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "attune/base/result.h"

namespace attune::bench {

struct QueriesConfig {
  std::size_t count = 100'000;  // 500 seconds at 200 a second; then they begin again
  double repeated = 0.1;        // people come back to a question
  std::uint64_t seed = 1;
};

class Queries {
 public:
  // kNotFound when the folder has too few words.
  static Result<Queries> Draw(const std::filesystem::path& folder, const QueriesConfig& config);

  // Percent-encoded, for the URL.
  const std::string& at(std::uint64_t number) const { return encoded_[number % encoded_.size()]; }
  std::size_t distinct_among(std::uint64_t first) const;  // of the first so many

 private:
  std::vector<std::string> encoded_;
};

}  // namespace attune::bench
