#pragma once
// A folder of its own for each test, gone afterwards, and a store in it.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "attune/store/store.h"

namespace attune::store {

// The value, or the end of the test with the error in its message.
template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().ToString());
  return *std::move(result);
}
inline void Must(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().ToString());
}

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "attune-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    path_ = pattern;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// `lines` lines of code-like text, one passage per ten lines.
inline NewDocument MakeDocument(const std::string& path, std::size_t lines, const std::string& word = "alpha") {
  NewDocument document{.path = path, .language = "cpp", .kind = DocumentKind::kCode, .modified_ns = 1'000'000'007};
  for (std::size_t line = 0; line < lines; ++line) {
    const std::size_t begin = document.text.size();
    document.text +=
        "int " + word + std::to_string(line) + "(int value) { return value + " + std::to_string(line) + "; }\n";
    if (line % 10 == 0) {
      document.passages.push_back({.line_begin = static_cast<std::uint32_t>(line + 1),
                                   .line_end = static_cast<std::uint32_t>(line + 1),
                                   .byte_begin = begin,
                                   .byte_end = document.text.size(),
                                   .symbol = word + std::to_string(line),
                                   .symbol_kind = "function"});
    }
  }
  document.size = document.text.size();
  document.line_count = static_cast<std::uint32_t>(lines);
  document.content_hash = ContentHash(document.text);
  return document;
}

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  // Everything that a test did must have left a sound database.
  void TearDown() override {
    if (store_ == nullptr) return;
    const Status sound = store_->Check(CheckDepth::kFull);
    EXPECT_TRUE(sound.ok()) << sound.error().ToString();
  }

  virtual StoreConfig Config() const { return {.path = folder_ / "attune.db"}; }
  void Open() { store_ = Must(Store::Open(Config(), clock_)); }
  void Close() { store_.reset(); }
  void Reopen() {
    Close();
    Open();
  }

  SourceId PutFolder(const std::string& name = "code") {
    return Must(store_->Write(PutSource{.name = name, .root_path = "/home/me/" + name}));
  }
  std::vector<Result<StoredDocument>> Put(SourceId source, std::vector<NewDocument> documents) {
    return Must(store_->Write(PutDocuments{.source = source, .documents = std::move(documents)}));
  }
  StoredDocument PutOne(SourceId source, NewDocument document) {
    std::vector<NewDocument> documents;
    documents.push_back(std::move(document));
    return Must(std::move(Put(source, std::move(documents)).front()));
  }
  ChatId NewChat(const std::string& title = "chat") { return Must(store_->Write(CreateChat{.title = title})); }
  MessageId Say(ChatId chat, const std::string& content, MessageId parent = {}) {
    return Must(store_->Write(AppendMessage{.chat = chat, .parent = parent, .role = "user", .content = content}));
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
};

}  // namespace attune::store
