#pragma once
// Engine: what the peers have in common. Each indexes the same passages into an empty directory and answers the same
// queries: any of the words, the ten best by BM25.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "corpus.h"

namespace text_peers {

class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  // Indexes everything and leaves it searchable and on disk.
  virtual void Index(const Corpus& corpus, const std::string& directory) = 0;
  // Not timed: whatever makes the engine's queries faster.
  virtual void Prepare() {}
  // The number of hits, at most ten.
  virtual std::size_t Query(const std::vector<std::string>& words) = 0;
};

std::unique_ptr<Engine> MakeAttune();
std::unique_ptr<Engine> MakeXapian(bool positions);
std::unique_ptr<Engine> MakeFts5();

}  // namespace text_peers
