#include <sqlite3.h>

#include <cstdlib>
#include <iostream>

#include "engine.h"

namespace text_peers {
namespace {

class Fts5 final : public Engine {
 public:
  ~Fts5() override {
    sqlite3_finalize(query_);
    sqlite3_close(database_);
  }
  std::string name() const override { return "sqlite fts5"; }

  void Index(const Corpus& corpus, const std::string& directory) override {
    Check(sqlite3_open((directory + "/fts.db").c_str(), &database_));
    Run("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; PRAGMA secure_delete=OFF;");
    Run("CREATE VIRTUAL TABLE passages USING fts5(path, body, content='', tokenize='unicode61')");
    Run("BEGIN");
    sqlite3_stmt* insert = nullptr;
    Check(sqlite3_prepare_v2(database_, "INSERT INTO passages(rowid, path, body) VALUES(?1, ?2, ?3)", -1, &insert,
                             nullptr));
    for (const Chunk& chunk : corpus.chunks) {
      Check(sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(chunk.id)));
      Check(sqlite3_bind_text(insert, 2, chunk.path.data(), static_cast<int>(chunk.path.size()), nullptr));
      Check(sqlite3_bind_text(insert, 3, chunk.body.data(), static_cast<int>(chunk.body.size()), nullptr));
      if (sqlite3_step(insert) != SQLITE_DONE) {
        Fail();
      }
      sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    Run("COMMIT");
  }

  void Prepare() override {
    Run("INSERT INTO passages(passages) VALUES('optimize')");
    Check(sqlite3_prepare_v2(database_, "SELECT rowid FROM passages WHERE passages MATCH ?1 ORDER BY rank LIMIT 10", -1,
                             &query_, nullptr));
  }

  std::size_t Query(const std::vector<std::string>& words) override {
    std::string text;
    for (const std::string& word : words) {
      text += (text.empty() ? "\"" : " OR \"") + word + "\"";
    }
    Check(sqlite3_bind_text(query_, 1, text.data(), static_cast<int>(text.size()), nullptr));
    std::size_t hits = 0;
    while (sqlite3_step(query_) == SQLITE_ROW) {
      ++hits;
    }
    sqlite3_reset(query_);
    return hits;
  }

 private:
  void Check(int code) {
    if (code != SQLITE_OK) {
      Fail();
    }
  }
  void Run(const char* sql) { Check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }
  [[noreturn]] void Fail() {
    std::cerr << "sqlite: " << sqlite3_errmsg(database_) << "\n";
    std::exit(1);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* query_ = nullptr;
};

}  // namespace

std::unique_ptr<Engine> MakeFts5() { return std::make_unique<Fts5>(); }

}  // namespace text_peers
