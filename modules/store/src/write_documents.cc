#include "write_documents.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "attune/base/result.h"
#include "attune/store/page_words.h"
#include "hash_bytes.h"

namespace attune::store {
namespace {

constexpr std::size_t kRowBytes = 128;     // of a document row with its index entry, without the strings
constexpr std::size_t kPassageBytes = 48;  // of a passage row without the strings

Error Invalid(const NewDocument& document, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, "document '" + document.path + "': " + std::string(why));
}

Status CheckDocument(const NewDocument& document, Bytes text_bytes_max) {
  if (document.path.empty()) return Invalid(document, "the path is empty");
  if (document.text.size() > text_bytes_max.count()) {
    return Error(ErrorCode::kExhausted, "document '" + document.path + "': its text of " +
                                            std::to_string(document.text.size()) + " bytes is above the limit of " +
                                            attune::ToString(text_bytes_max));
  }
  const bool skipped = !document.skip_reason.empty();
  if (skipped && (!document.text.empty() || !document.passages.empty() || !document.page_words.empty())) {
    return Invalid(document, "a skipped file has no text, no passages and no page words");
  }
  for (const NewPassage& passage : document.passages) {
    if (passage.byte_begin > passage.byte_end || passage.byte_end > document.text.size()) {
      return Invalid(document, "a passage from byte " + std::to_string(passage.byte_begin) + " to " +
                                   std::to_string(passage.byte_end) + " lies outside the text of " +
                                   std::to_string(document.text.size()) + " bytes");
    }
  }
  return OkStatus();
}

struct Existing {
  DocumentId id;
  PassageRange passages;
  std::string skip_reason;
};

Result<std::optional<Existing>> Find(WriteScope& scope, SourceId source, std::string_view path) {
  Query query(scope.connection,
              "SELECT id, passage_first, passage_count, skip_reason FROM documents WHERE source_id = ? AND path = ?");
  query.Bind(source.value, Blob{path});
  std::optional<Existing> found;
  if (query.Next()) found = Existing{DocumentId{query.Int(0)}, {query.Int(1), query.Small(2)}, query.String(3)};
  ATTUNE_RETURN_IF_ERROR(query.status());
  return found;
}

Status RemovePassages(WriteScope& scope, PassageRange passages) {
  if (passages.empty()) return OkStatus();
  Query query(scope.connection, "DELETE FROM passages WHERE id BETWEEN ? AND ?");
  query.Bind(passages.first_row, passages.first_row + static_cast<std::int64_t>(passages.count) - 1);
  scope.bytes += passages.count * kPassageBytes;
  return query.Run();
}

Status RemovePages(WriteScope& scope, DocumentId id) {
  return Query(scope.connection, "DELETE FROM page_words WHERE document_id = ?").Bind(id.value).Run();
}

Status RemoveDocument(WriteScope& scope, const Existing& document) {
  ATTUNE_RETURN_IF_ERROR(RemovePassages(scope, document.passages));
  ATTUNE_RETURN_IF_ERROR(RemovePages(scope, document.id));
  ATTUNE_RETURN_IF_ERROR(
      Query(scope.connection, "DELETE FROM contents WHERE document_id = ?").Bind(document.id.value).Run());
  scope.bytes += kRowBytes;
  return Query(scope.connection, "DELETE FROM documents WHERE id = ?").Bind(document.id.value).Run();
}

// The row that AUTOINCREMENT gives to the next passage.
Result<std::int64_t> NextPassageRow(WriteScope& scope) {
  Query query(scope.connection, "SELECT seq FROM sqlite_sequence WHERE name = 'passages'");
  const std::int64_t last = query.Next() ? query.Int(0) : 0;
  ATTUNE_RETURN_IF_ERROR(query.status());
  return last + 1;
}

Status InsertPassages(WriteScope& scope, DocumentId id, PassageRange range, const std::vector<NewPassage>& passages) {
  Query query(scope.connection,
              "INSERT INTO passages(id, document_id, line_begin, line_end, byte_begin, byte_end, symbol, symbol_kind, "
              "page) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t row = range.first_row;
  for (const NewPassage& passage : passages) {
    query.Bind(row++, id.value, passage.line_begin, passage.line_end, passage.byte_begin, passage.byte_end,
               TextOrNull{passage.symbol}, TextOrNull{passage.symbol_kind}, passage.page);
    ATTUNE_RETURN_IF_ERROR(query.Run());
    query.Again();
    scope.bytes += kPassageBytes + passage.symbol.size();
  }
  return OkStatus();
}

Result<DocumentId> WriteRow(WriteScope& scope, SourceId source, std::optional<DocumentId> existing, PassageRange range,
                            const NewDocument& document) {
  const std::string hash = HashToBytes(document.content_hash);
  if (existing) {
    Query update(scope.connection,
                 "UPDATE documents SET language = ?, kind = ?, size = ?, modified_ns = ?, content_hash = ?, title = ?, "
                 "line_count = ?, passage_first = ?, passage_count = ?, read_at = ?, skip_reason = ? WHERE id = ?");
    update.Bind(document.language, static_cast<int>(document.kind), document.size, document.modified_ns, Blob{hash},
                document.title, document.line_count, range.first_row, range.count, scope.now,
                TextOrNull{document.skip_reason}, existing->value);
    ATTUNE_RETURN_IF_ERROR(update.Run());
    return *existing;
  }
  Query insert(scope.connection,
               "INSERT INTO documents(source_id, path, language, kind, size, modified_ns, content_hash, title, "
               "line_count, passage_first, passage_count, read_at, skip_reason) "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.Bind(source.value, Blob{document.path}, document.language, static_cast<int>(document.kind), document.size,
              document.modified_ns, Blob{hash}, document.title, document.line_count, range.first_row, range.count,
              scope.now, TextOrNull{document.skip_reason});
  ATTUNE_RETURN_IF_ERROR(insert.Run());
  return DocumentId{scope.connection.last_insert_row()};
}

Status WriteText(WriteScope& scope, DocumentId id, const PreparedDocument& document) {
  scope.bytes += kRowBytes + document.packed_text.size() + document.fields.path.size();
  if (!document.fields.skip_reason.empty()) {
    return Query(scope.connection, "DELETE FROM contents WHERE document_id = ?").Bind(id.value).Run();
  }
  Query query(scope.connection, "INSERT OR REPLACE INTO contents(document_id, text) VALUES (?, ?)");
  return query.Bind(id.value, Blob{document.packed_text}).Run();
}

Status WritePages(WriteScope& scope, DocumentId id, const PreparedDocument& document) {
  for (const auto& [page, words] : document.packed_pages) {
    Query query(scope.connection, "INSERT INTO page_words(document_id, page, words) VALUES (?, ?, ?)");
    ATTUNE_RETURN_IF_ERROR(query.Bind(id.value, page, Blob{words}).Run());
    scope.bytes += words.size();
  }
  return OkStatus();
}

Status ExpectSource(WriteScope& scope, SourceId source) {
  Query query(scope.connection, "SELECT 1 FROM sources WHERE id = ?");
  const bool found = query.Bind(source.value).Next();
  ATTUNE_RETURN_IF_ERROR(query.status());
  if (found) return OkStatus();
  return Error(ErrorCode::kNotFound, "there is no source " + std::to_string(source.value));
}

}  // namespace

std::size_t PreparedDocument::bytes() const {
  std::size_t sum = kRowBytes + packed_text.size() + fields.path.size() + fields.title.size();
  sum += fields.passages.size() * sizeof(NewPassage);
  for (const auto& [page, words] : packed_pages) sum += words.size();
  return sum;
}

Result<PreparedDocument> PrepareDocument(NewDocument document, TextPacker& packer, Bytes text_bytes_max) {
  ATTUNE_RETURN_IF_ERROR(CheckDocument(document, text_bytes_max));
  PreparedDocument prepared;
  if (document.skip_reason.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(prepared.packed_text, packer.Pack(document.text));
  }
  for (const PageWords& page : document.page_words) {
    ATTUNE_ASSIGN_OR_RETURN(std::string words, PackPageWords(page));
    prepared.packed_pages.emplace_back(page.page, std::move(words));
  }
  document.text = std::string();
  document.page_words = std::vector<PageWords>();
  prepared.fields = std::move(document);
  return prepared;
}

Result<StoredDocument> ApplyPutDocument(WriteScope& scope, SourceId source, const PreparedDocument& document) {
  ATTUNE_RETURN_IF_ERROR(ExpectSource(scope, source));
  ATTUNE_ASSIGN_OR_RETURN(const auto existing, Find(scope, source, document.fields.path));
  StoredDocument stored;
  stored.is_new = !existing;
  if (existing) {
    stored.removed = existing->passages;
    stored.skip_reason_before = existing->skip_reason;
    ATTUNE_RETURN_IF_ERROR(RemovePassages(scope, existing->passages));
    ATTUNE_RETURN_IF_ERROR(RemovePages(scope, existing->id));
  }
  if (!document.fields.passages.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(stored.added.first_row, NextPassageRow(scope));
    stored.added.count = static_cast<std::uint32_t>(document.fields.passages.size());
  }
  const auto id = existing ? std::optional(existing->id) : std::nullopt;
  ATTUNE_ASSIGN_OR_RETURN(stored.id, WriteRow(scope, source, id, stored.added, document.fields));
  ATTUNE_RETURN_IF_ERROR(WriteText(scope, stored.id, document));
  ATTUNE_RETURN_IF_ERROR(InsertPassages(scope, stored.id, stored.added, document.fields.passages));
  ATTUNE_RETURN_IF_ERROR(WritePages(scope, stored.id, document));
  return stored;
}

Result<RemovedDocument> ApplyRemoveDocument(WriteScope& scope, SourceId source, const std::string& path) {
  ATTUNE_ASSIGN_OR_RETURN(const auto existing, Find(scope, source, path));
  if (!existing) return RemovedDocument{};
  ATTUNE_RETURN_IF_ERROR(RemoveDocument(scope, *existing));
  return RemovedDocument{.existed = true, .skip_reason = existing->skip_reason, .passages = existing->passages};
}

Result<std::optional<PassageRange>> ApplyRemoveAnyDocument(WriteScope& scope, SourceId source) {
  std::optional<Existing> existing;
  {
    Query query(scope.connection, "SELECT id, passage_first, passage_count FROM documents WHERE source_id = ? LIMIT 1");
    if (query.Bind(source.value).Next()) {
      existing = Existing{DocumentId{query.Int(0)}, {query.Int(1), query.Small(2)}, ""};
    }
    ATTUNE_RETURN_IF_ERROR(query.status());
  }
  if (!existing) return std::optional<PassageRange>();
  ATTUNE_RETURN_IF_ERROR(RemoveDocument(scope, *existing));
  return std::optional(existing->passages);
}

Result<SourceId> Apply(WriteScope& scope, const PutSource& op) {
  if (op.name.empty()) return Error(ErrorCode::kInvalidArgument, "a source needs a name");
  Query query(scope.connection,
              "INSERT INTO sources(name, root_path, kind, added_at, last_read_at, config) VALUES (?1, ?2, ?3, ?4, ?5, "
              "?6) ON CONFLICT(name) DO UPDATE SET root_path = ?2, kind = ?3, "
              "last_read_at = COALESCE(?5, last_read_at), config = ?6 RETURNING id");
  query.Bind(op.name, Blob{op.root_path}, static_cast<int>(op.kind), scope.now, op.last_read_at, op.config_json);
  SourceId id;
  if (query.Next()) id.value = query.Int(0);
  ATTUNE_RETURN_IF_ERROR(query.Run());
  return id;
}

Result<std::uint64_t> Apply(WriteScope& scope, const TouchDocuments& op) {
  Query query(scope.connection, "UPDATE documents SET size = ?, modified_ns = ? WHERE id = ? AND content_hash = ?");
  std::uint64_t changed = 0;
  for (const TouchedDocument& document : op.documents) {
    const std::string hash = HashToBytes(document.content_hash);
    ATTUNE_RETURN_IF_ERROR(query.Bind(document.size, document.modified_ns, document.id.value, Blob{hash}).Run());
    query.Again();
    changed += static_cast<std::uint64_t>(scope.connection.changed_rows());
    scope.bytes += kRowBytes;
  }
  return changed;
}

Status ApplyRemoveSourceRow(WriteScope& scope, SourceId source) {
  ATTUNE_RETURN_IF_ERROR(ExpectSource(scope, source));
  return Query(scope.connection, "DELETE FROM sources WHERE id = ?").Bind(source.value).Run();
}

}  // namespace attune::store
