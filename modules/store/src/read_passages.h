#pragma once
// Reading passages of all kinds: for search results and for the index.
//
// A batch is loaded inside one snapshot (rows and packed texts) and unpacked after it, so
// that no snapshot is open while texts are unpacked or callbacks run.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attune/base/result.h"
#include "attune/store/passage_id.h"
#include "attune/store/records.h"
#include "reader_pool.h"

namespace attune::store {

// A document that some passages of a batch belong to.
struct LoadedDocument {
  DocumentInfo info;
  std::string source_name;
  std::string packed;
  std::string text;        // a prefix, at least as long as wanted; filled by Unpack
  std::size_t wanted = 0;  // end of the last passage that was loaded
};

struct LoadedPassage {
  PassageId id;
  std::shared_ptr<LoadedDocument> document;  // null for notes and messages
  Passage passage;
  ChatId chat;
  std::string role;
  std::string title;
  std::string own_text;  // of notes and messages
  WallTime time;

  std::string_view text() const;  // REQUIRES: Unpack was called
};

class PassageLoader {
 public:
  // Loads the first of `ids`, as many as fit into one batch, and says in `consumed` how many it looked at.
  Result<std::vector<LoadedPassage>> Load(Reader& reader, std::span<const PassageId> ids, std::size_t& consumed);
  // Makes text() valid. kCorruption names the document.
  static Status Unpack(Reader& reader, std::span<const LoadedPassage> passages);

 private:
  Result<bool> LoadOne(Reader& reader, PassageId id, LoadedPassage& out);
  Result<bool> LoadDocumentPassage(Reader& reader, LoadedPassage& out);
  Result<std::shared_ptr<LoadedDocument>> DocumentOf(Reader& reader, DocumentId id, std::int64_t row);
  void KeepLastDocument();

  std::unordered_map<std::int64_t, std::shared_ptr<LoadedDocument>> documents_;  // of the batch
  std::shared_ptr<LoadedDocument> last_document_;  // it often goes on in the next batch, already unpacked
  std::size_t loaded_bytes_ = 0;                   // of the batch
};

PassageText ToPassageText(const LoadedPassage& loaded);
Indexable ToIndexable(const LoadedPassage& loaded);

Result<std::vector<PassageId>> LivePassageIds(Connection& connection, PassageKind kind);
// The next `limit` ids of the kind above the row.
Result<std::vector<PassageId>> NextPassageIds(Connection& connection, PassageKind kind, std::int64_t after_row,
                                              std::size_t limit);

}  // namespace attune::store
