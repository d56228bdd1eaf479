// Small pieces of the store. The comparison with SQLite and the raw disk is bench/append.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attune/store/store.h"

namespace attune::store {
namespace {

template <typename T>
T Must(Result<T> result) {
  ATTUNE_CHECK(result.ok(), "the benchmark's own store works");
  return *std::move(result);
}

std::string CodeOf(std::size_t document, std::size_t lines) {
  std::string text;
  for (std::size_t line = 0; line < lines; ++line) {
    text += "static int function_" + std::to_string((document * 31) + line) + "(int value) { return value * " +
            std::to_string(line) + "; }\n";
  }
  return text;
}

NewDocument MakeDocument(std::size_t number, std::size_t lines, std::size_t passages) {
  NewDocument document{.path = "src/folder" + std::to_string(number % 100) + "/file" + std::to_string(number) + ".cc",
                       .language = "cpp",
                       .kind = DocumentKind::kCode,
                       .modified_ns = static_cast<std::int64_t>(number)};
  document.text = CodeOf(number, lines);
  document.size = document.text.size();
  document.content_hash = ContentHash(document.text);
  const std::size_t step = document.text.size() / passages;
  for (std::size_t i = 0; i < passages; ++i) {
    document.passages.push_back(
        {.byte_begin = i * step, .byte_end = (i + 1) * step, .symbol = "function", .symbol_kind = "function"});
  }
  return document;
}

// A folder of 10,000 small files with 10 passages each, and a chat of 10,000 messages; made once.
class Filled {
 public:
  static constexpr std::size_t kDocuments = 10'000;
  static constexpr std::size_t kPassages = 10;
  static constexpr std::size_t kMessages = 10'000;

  Filled() {
    std::filesystem::create_directories(folder_);
    store_ =
        Must(Store::Open({.path = (folder_ / "attune.db").string(), .durability = Durability::kOff}, SystemClock()));
    source_ = Must(store_->Write(PutSource{.name = "code"}));
    for (std::size_t done = 0; done < kDocuments; done += 1'000) {
      std::vector<NewDocument> documents;
      for (std::size_t i = done; i < done + 1'000; ++i) documents.push_back(MakeDocument(i, 20, kPassages));
      Must(store_->Write(PutDocuments{.source = source_, .documents = std::move(documents)}));
    }
    ImportChat chat{.external_id = "long"};
    for (std::size_t i = 0; i < kMessages; ++i) {
      chat.messages.push_back({.external_id = std::to_string(i),
                               .parent_external_id = i == 0 ? "" : std::to_string(i - 1),
                               .role = "user",
                               .content = std::string(400, 'x')});
    }
    chat_ = Must(store_->Write(std::move(chat))).chat;
  }
  ~Filled() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Filled(const Filled&) = delete;
  Filled& operator=(const Filled&) = delete;

  static Filled& Get() {
    static Filled filled;
    return filled;
  }
  Store& store() { return *store_; }
  SourceId source() const { return source_; }
  ChatId chat() const { return chat_; }

 private:
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("attune-store-bench-" + std::to_string(::getpid()));
  std::unique_ptr<Store> store_;
  SourceId source_;
  ChatId chat_;
};

void BM_StampsOf10000Files(benchmark::State& state) {
  Store& store = Filled::Get().store();
  for (auto _ : state) {
    std::size_t seen = 0;
    const Status status = store.ForEachDocument(
        Filled::Get().source(), [&](const DocumentStamp& stamp) { seen += stamp.path.empty() ? 0U : 1U; });
    ATTUNE_CHECK(status.ok() && seen == Filled::kDocuments, "every file is visited");
  }
}
BENCHMARK(BM_StampsOf10000Files)->Unit(benchmark::kMillisecond);

void BM_LivePassageIdsOf100000(benchmark::State& state) {
  for (auto _ : state) {
    const auto ids = Must(Filled::Get().store().LivePassageIds(PassageKind::kDocument));
    ATTUNE_CHECK(ids.size() == Filled::kDocuments * Filled::kPassages, "every passage has an id");
  }
}
BENCHMARK(BM_LivePassageIdsOf100000)->Unit(benchmark::kMillisecond);

void BM_TenSearchResults(benchmark::State& state) {
  Store& store = Filled::Get().store();
  const auto live = Must(store.LivePassageIds(PassageKind::kDocument));
  std::size_t at = 0;
  for (auto _ : state) {
    std::vector<PassageId> ids;
    for (int i = 0; i < 10; ++i) ids.push_back(live[(at += 7'919) % live.size()]);
    benchmark::DoNotOptimize(Must(store.ReadPassageTexts(ids)));
  }
}
BENCHMARK(BM_TenSearchResults)->Unit(benchmark::kMicrosecond);

void BM_LastFiftyMessagesOf10000(benchmark::State& state) {
  for (auto _ : state) {
    const auto page = Must(Filled::Get().store().ReadMessages(Filled::Get().chat(), {.limit = 50}));
    ATTUNE_CHECK(page.messages.size() == 50, "a full page");
  }
}
BENCHMARK(BM_LastFiftyMessagesOf10000)->Unit(benchmark::kMicrosecond);

void BM_IndexableText(benchmark::State& state) {
  std::int64_t bytes = 0;
  for (auto _ : state) {
    const Status status =
        Filled::Get().store().ForEachIndexableAfter(PassageKind::kDocument, 0, [&](const Indexable& item) {
          bytes += static_cast<std::int64_t>(item.text.size());
          return true;
        });
    ATTUNE_CHECK(status.ok(), "the store is sound");
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(BM_IndexableText)->Unit(benchmark::kMillisecond);

void BM_Counts(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Must(Filled::Get().store().Count()));
}
BENCHMARK(BM_Counts)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace attune::store
