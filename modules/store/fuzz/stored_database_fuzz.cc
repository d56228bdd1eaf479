// Hostile values in the columns that the store decodes: packed texts, ranges, hashes, page words. Reading
// them is an error or a value, never a crash, and never more memory than the limit.
#include <sqlite3.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/base/clock.h"
#include "attune/store/store.h"

namespace {

using attune::store::DocumentId;
using attune::store::PassageId;
using attune::store::PassageKind;
using attune::store::Store;

// One store for all inputs, and a second connection that writes past it.
class HostileDatabase {
 public:
  HostileDatabase() {
    path_ = (std::filesystem::temp_directory_path() / ("attune-hostile-" + std::to_string(::getpid()))).string();
    Remove();
    auto opened = Store::Open(
        {.path = path_, .durability = attune::store::Durability::kOff, .text_bytes_max = attune::Bytes(1U << 20U)},
        attune::SystemClock());
    ATTUNE_CHECK(opened.ok(), "a new store opens");
    store_ = *std::move(opened);
    const auto source = store_->Write(attune::store::PutSource{.name = "s"});
    std::vector<attune::store::NewDocument> documents(1);
    documents[0].path = "f";
    documents[0].text = "some text";
    documents[0].passages = {{.byte_begin = 0, .byte_end = 4}, {.byte_begin = 4, .byte_end = 9}};
    documents[0].page_words = {{.page = 1}};
    ATTUNE_CHECK(store_->Write(attune::store::PutDocuments{.source = *source, .documents = std::move(documents)}).ok(),
                 "");
    ATTUNE_CHECK(sqlite3_open(path_.c_str(), &db_) == SQLITE_OK, "a second connection");
    sqlite3_exec(db_, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
  }
  ~HostileDatabase() {
    sqlite3_close(db_);
    store_.reset();
    Remove();
  }
  HostileDatabase(const HostileDatabase&) = delete;
  HostileDatabase& operator=(const HostileDatabase&) = delete;

  void Write(const char* sql, std::string_view blob, std::int64_t number) {
    sqlite3_stmt* statement = nullptr;
    ATTUNE_CHECK(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
    sqlite3_bind_blob64(statement, 1, blob.data(), blob.size(), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, number);
    ATTUNE_CHECK(sqlite3_step(statement) == SQLITE_DONE, sql);
    sqlite3_finalize(statement);
  }
  void ReadEverything() const {
    static_cast<void>(store_->ReadDocument(DocumentId{1}));
    static_cast<void>(store_->ReadPassages(DocumentId{1}));
    static_cast<void>(store_->ReadPageWords(DocumentId{1}, 1));
    static_cast<void>(store_->ReadPassage(PassageId::Of(PassageKind::kDocument, 2)));
    static_cast<void>(store_->LivePassageIds(PassageKind::kDocument));
    static_cast<void>(store_->ForEachIndexableAfter(
        PassageKind::kDocument, 0, [](const attune::store::Indexable& item) { return !item.text.empty(); }));
  }

 private:
  void Remove() const {
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  }
  std::string path_;
  std::unique_ptr<Store> store_;
  sqlite3* db_ = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static HostileDatabase database;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::int64_t number = 0;
  for (std::size_t i = 0; i < size && i < 8; ++i) {
    number = static_cast<std::int64_t>((static_cast<std::uint64_t>(number) << 8U) | data[i]);
  }
  database.Write(
      "UPDATE contents SET text = CASE ?2 % 3 WHEN 0 THEN ?1 WHEN 1 THEN CAST(x'01' || ?1 AS BLOB) "
      "ELSE CAST(x'0128b52ffd' || ?1 AS BLOB) END",
      bytes, number);
  database.Write("UPDATE passages SET byte_end = ?2, byte_begin = length(?1), page = ?2 WHERE id = 2", bytes, number);
  database.Write("UPDATE documents SET content_hash = ?1, passage_count = min(?2, 100), line_count = ?2, kind = ?2",
                 bytes, number);
  database.Write("UPDATE page_words SET words = CAST(x'01' || ?1 AS BLOB) WHERE page < ?2 OR 1", bytes, number);
  database.ReadEverything();
  return 0;
}
