#include <cstdlib>
#include <iostream>

#include "attune/index/text_index.h"
#include "attune/sys/file_system.h"
#include "engine.h"

namespace text_peers {
namespace {

template <typename T>
T OrExit(attune::Result<T> result) {
  if (!result.ok()) {
    std::cerr << "attune: " << result.error().message() << "\n";
    std::exit(1);
  }
  return *std::move(result);
}

void OrExit(const attune::Status& status) {
  if (!status.ok()) {
    std::cerr << "attune: " << status.error().message() << "\n";
    std::exit(1);
  }
}

class Attune final : public Engine {
 public:
  std::string name() const override { return "attune"; }

  void Index(const Corpus& corpus, const std::string& directory) override {
    index_ =
        OrExit(attune::index::TextIndex::Open(attune::sys::RealFileSystem(), attune::SystemClock(), directory, {}));
    for (const Chunk& chunk : corpus.chunks) {
      OrExit(index_->Add({.id = chunk.id,
                          .source = "bench",
                          .path = chunk.path,
                          .language = chunk.language,
                          .line_begin = chunk.line_begin,
                          .line_end = chunk.line_end,
                          .body = chunk.body,
                          .prose = chunk.prose}));
    }
    OrExit(index_->Flush());
    while (OrExit(index_->Maintain(attune::Bytes(std::uint64_t{4} << 20U))).more) {
    }
  }

  std::size_t Query(const std::vector<std::string>& words) override {
    std::string text;
    for (const std::string& word : words) {
      text += word + " ";
    }
    return OrExit(index_->Search(attune::index::ParseQuery(text), {}, {.limit = 10})).hits.size();
  }

 private:
  std::unique_ptr<attune::index::TextIndex> index_;
};

}  // namespace

std::unique_ptr<Engine> MakeAttune() { return std::make_unique<Attune>(); }

}  // namespace text_peers
