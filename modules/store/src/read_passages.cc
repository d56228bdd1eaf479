#include "read_passages.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/result.h"
#include "read_documents.h"

namespace attune::store {
namespace {

constexpr std::size_t kBatchRows = 256;                     // a snapshot of at most a few milliseconds
constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;  // and of memory; one larger document is a batch alone

WallTime TimeOfFile(std::int64_t modified_ns) {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(modified_ns)));
}

// The ids in the first column; rows that no id can name are not ours.
Status TakeIds(Query& query, PassageKind kind, std::vector<PassageId>& ids) {
  while (query.Next()) {
    const std::int64_t row = query.Int(0);
    if (row > 0 && row <= PassageId::kRowMax) ids.push_back(PassageId::Of(kind, row));
  }
  return query.status();
}

Result<bool> LoadNote(Reader& reader, LoadedPassage& out) {
  Query query(*reader.connection, "SELECT title, text, updated_at FROM notes WHERE id = ? AND deleted = 0");
  const bool found = query.Bind(out.id.row()).Next();
  if (found) {
    out.title = query.String(0);
    out.own_text = query.String(1);
    out.time = query.Time(2);
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found;
}

Result<bool> LoadMessage(Reader& reader, LoadedPassage& out) {
  Query query(*reader.connection,
              "SELECT c.title, m.content, m.created_at, m.chat_id, m.role "
              "FROM messages AS m JOIN chats AS c ON c.id = m.chat_id WHERE m.id = ?");
  const bool found = query.Bind(out.id.row()).Next();
  if (found) {
    out.title = query.String(0);
    out.own_text = query.String(1);
    out.time = query.Time(2);
    out.chat = ChatId{query.Int(3)};
    out.role = query.String(4);
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found;
}

}  // namespace

std::string_view LoadedPassage::text() const {
  if (document == nullptr) return own_text;
  return std::string_view(document->text).substr(passage.byte_begin, passage.byte_end - passage.byte_begin);
}

Result<std::vector<LoadedPassage>> PassageLoader::Load(Reader& reader, std::span<const PassageId> ids,
                                                       std::size_t& consumed) {
  consumed = 0;
  loaded_bytes_ = 0;
  KeepLastDocument();
  std::vector<LoadedPassage> loaded;
  ATTUNE_ASSIGN_OR_RETURN(const Snapshot snapshot, Snapshot::Begin(*reader.connection));
  while (consumed < ids.size() && consumed < kBatchRows && loaded_bytes_ < kBatchBytes) {
    LoadedPassage passage;
    ATTUNE_ASSIGN_OR_RETURN(const bool found, LoadOne(reader, ids[consumed++], passage));
    if (!found) continue;
    loaded_bytes_ += passage.own_text.size();
    loaded.push_back(std::move(passage));
  }
  return loaded;
}

Result<bool> PassageLoader::LoadOne(Reader& reader, PassageId id, LoadedPassage& out) {
  out.id = id;
  if (!id) return false;
  switch (id.kind()) {
    case PassageKind::kDocument:
      return LoadDocumentPassage(reader, out);
    case PassageKind::kNote:
      return LoadNote(reader, out);
    case PassageKind::kMessage:
      return LoadMessage(reader, out);
  }
  return false;
}

Result<bool> PassageLoader::LoadDocumentPassage(Reader& reader, LoadedPassage& out) {
  Query query(*reader.connection,
              "SELECT document_id, line_begin, line_end, byte_begin, byte_end, symbol, symbol_kind, page "
              "FROM passages WHERE id = ?");
  if (!query.Bind(out.id.row()).Next()) {
    ATTUNE_RETURN_IF_ERROR(query.status());
    return false;
  }
  out.passage = Passage{.id = out.id,
                        .document = {query.Int(0)},
                        .line_begin = query.Small(1),
                        .line_end = query.Small(2),
                        .byte_begin = query.Count(3),
                        .byte_end = query.Count(4),
                        .symbol = query.String(5),
                        .symbol_kind = query.String(6),
                        .page = query.Small(7)};
  ATTUNE_ASSIGN_OR_RETURN(out.document, DocumentOf(reader, out.passage.document, out.id.row()));
  if (out.document == nullptr) return false;
  out.document->wanted = std::max<std::size_t>(out.document->wanted, out.passage.byte_end);
  out.title = out.document->info.title;
  out.time = TimeOfFile(out.document->info.modified_ns);
  return true;
}

void PassageLoader::KeepLastDocument() {
  const std::shared_ptr<LoadedDocument> last = std::move(last_document_);
  documents_.clear();
  if (last != nullptr) documents_.emplace(last->info.id.value, last);
}

// Null when there is none. A document kept from the batch before may have been replaced meanwhile. Passage rows
// are never reused, so it is the right one exactly if the row is in its range.
Result<std::shared_ptr<LoadedDocument>> PassageLoader::DocumentOf(Reader& reader, DocumentId id, std::int64_t row) {
  const auto cached = documents_.find(id.value);
  if (cached != documents_.end()) {
    const PassageRange& range = cached->second->info.passages;
    if (row >= range.first_row && row - range.first_row < static_cast<std::int64_t>(range.count)) {
      last_document_ = cached->second;
      return cached->second;
    }
  }
  ATTUNE_ASSIGN_OR_RETURN(auto info, ReadDocumentInfo(*reader.connection, id));
  if (!info) return std::shared_ptr<LoadedDocument>();
  Query query(*reader.connection,
              "SELECT c.text, s.name FROM contents AS c JOIN sources AS s ON s.id = ?2 WHERE c.document_id = ?1");
  auto document = std::make_shared<LoadedDocument>();
  if (query.Bind(id.value, info->source.value).Next()) {
    document->packed = query.String(0);
    document->source_name = query.String(1);
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  document->info = *std::move(info);
  loaded_bytes_ += document->packed.size();
  documents_.insert_or_assign(id.value, document);
  last_document_ = document;
  return document;
}

Status PassageLoader::Unpack(Reader& reader, std::span<const LoadedPassage> passages) {
  for (const LoadedPassage& passage : passages) {
    if (passage.document == nullptr) continue;
    LoadedDocument& document = *passage.document;
    if (document.text.size() < document.wanted) {
      auto text = reader.unpacker.Unpack(document.packed, document.wanted, reader.text_bytes_max);
      if (!text.ok()) {
        return Error(text.error().code(), "document '" + document.info.path + "': " + text.error().message());
      }
      document.text = *std::move(text);
    }
    if (passage.passage.byte_end > document.text.size() || passage.passage.byte_begin > passage.passage.byte_end) {
      return Error(ErrorCode::kCorruption, "passage " + attune::store::ToString(passage.id) +
                                               " lies outside document '" + document.info.path +
                                               "'; read the file again");
    }
  }
  return OkStatus();
}

PassageText ToPassageText(const LoadedPassage& loaded) {
  PassageText result{.id = loaded.id,
                     .chat = loaded.chat,
                     .role = loaded.role,
                     .title = loaded.title,
                     .time = loaded.time,
                     .passage = loaded.passage,
                     .text = std::string(loaded.text())};
  if (loaded.document != nullptr) {
    const DocumentInfo& info = loaded.document->info;
    result.source = info.source;
    result.source_name = loaded.document->source_name;
    result.document = info.id;
    result.path = info.path;
    result.language = info.language;
    result.document_kind = info.kind;
  }
  return result;
}

Indexable ToIndexable(const LoadedPassage& loaded) {
  Indexable result{.id = loaded.id,
                   .chat = loaded.chat,
                   .role = loaded.role,
                   .title = loaded.title,
                   .symbol = loaded.passage.symbol,
                   .symbol_kind = loaded.passage.symbol_kind,
                   .line_begin = loaded.passage.line_begin,
                   .line_end = loaded.passage.line_end,
                   .time = loaded.time,
                   .text = loaded.text()};
  if (loaded.document != nullptr) {
    const DocumentInfo& info = loaded.document->info;
    result.source = info.source;
    result.source_name = loaded.document->source_name;
    result.document = info.id;
    result.document_kind = info.kind;
    result.path = info.path;
    result.language = info.language;
  }
  return result;
}

Result<std::vector<PassageId>> LivePassageIds(Connection& connection, PassageKind kind) {
  std::vector<PassageId> ids;
  if (kind == PassageKind::kDocument) {
    // From the ranges in the documents: far fewer rows than passages.
    Query query(connection, "SELECT passage_first, passage_count FROM documents WHERE passage_count > 0");
    while (query.Next()) {
      const PassageRange range{query.Int(0), query.Small(1)};
      if (range.first_row <= 0 || range.first_row > PassageId::kRowMax - range.count) continue;  // no range of ours
      for (std::size_t i = 0; i < range.size(); ++i) ids.push_back(range[i]);
    }
    ATTUNE_RETURN_IF_ERROR(query.status());
  } else if (kind == PassageKind::kNote) {
    Query query(connection, "SELECT id FROM notes WHERE deleted = 0");
    ATTUNE_RETURN_IF_ERROR(TakeIds(query, kind, ids));
  } else {
    // The index holds nothing but ids; the table would drag all contents through the page cache.
    Query query(connection, "SELECT id FROM messages INDEXED BY messages_by_chat");
    ATTUNE_RETURN_IF_ERROR(TakeIds(query, kind, ids));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<std::vector<PassageId>> NextPassageIds(Connection& connection, PassageKind kind, std::int64_t after_row,
                                              std::size_t limit) {
  constexpr const char* kDocuments = "SELECT id FROM passages WHERE id > ? ORDER BY id LIMIT ?";
  constexpr const char* kNotes = "SELECT id FROM notes WHERE id > ? AND deleted = 0 ORDER BY id LIMIT ?";
  constexpr const char* kMessages = "SELECT id FROM messages WHERE id > ? ORDER BY id LIMIT ?";
  const char* sql = kind == PassageKind::kDocument ? kDocuments : kind == PassageKind::kNote ? kNotes : kMessages;
  Query query(connection, sql);
  query.Bind(after_row, static_cast<std::uint64_t>(limit));
  std::vector<PassageId> ids;
  ATTUNE_RETURN_IF_ERROR(TakeIds(query, kind, ids));
  return ids;
}

}  // namespace attune::store
