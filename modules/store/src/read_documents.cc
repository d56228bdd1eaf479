#include "read_documents.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/result.h"
#include "hash_bytes.h"

namespace attune::store {
namespace {

template <typename Enum>
Enum EnumOf(std::int64_t number, Enum largest) {
  const bool known = number >= 0 && number <= static_cast<std::int64_t>(largest);
  return known ? static_cast<Enum>(number) : Enum{};
}

DocumentInfo InfoOf(const Query& row) {
  return DocumentInfo{.id = {row.Int(0)},
                      .source = {row.Int(1)},
                      .path = row.String(2),
                      .language = row.String(3),
                      .kind = EnumOf(row.Int(4), DocumentKind::kData),
                      .size = row.Count(5),
                      .modified_ns = row.Int(6),
                      .content_hash = HashFromBytes(row.Text(7)),
                      .title = row.String(8),
                      .line_count = row.Small(9),
                      .passages = {row.Int(10), row.Small(11)},
                      .read_at = row.Time(12),
                      .skip_reason = row.String(13)};
}

Result<std::optional<DocumentInfo>> TakeInfo(Query& query) {
  std::optional<DocumentInfo> info;
  if (query.Next()) info = InfoOf(query);
  ATTUNE_RETURN_IF_ERROR(query.status());
  return info;
}

Result<std::string> ReadText(Reader& reader, const DocumentInfo& info) {
  Query query(*reader.connection, "SELECT text FROM contents WHERE document_id = ?");
  if (!query.Bind(info.id.value).Next()) {
    ATTUNE_RETURN_IF_ERROR(query.status());
    return std::string();  // a skipped file
  }
  auto text = reader.unpacker.Unpack(query.Text(0), SIZE_MAX, reader.text_bytes_max);
  if (text.ok()) return text;
  return Error(text.error().code(), "document '" + info.path + "': " + text.error().message());
}

Result<std::vector<SkippedFile>> ReadSkipped(Connection& connection, SourceId source, std::string_view reason,
                                             std::size_t limit) {
  Query query(connection,
              "SELECT path, title FROM documents WHERE skip_reason = ?1 AND (?2 = 0 OR source_id = ?2) LIMIT ?3");
  query.Bind(reason, source.value, static_cast<std::uint64_t>(limit));
  std::vector<SkippedFile> files;
  while (query.Next()) files.push_back({.path = query.String(0), .detail = query.String(1)});
  ATTUNE_RETURN_IF_ERROR(query.status());
  return files;
}

}  // namespace

Result<std::vector<Source>> ListSources(Connection& connection) {
  Query query(connection, "SELECT id, name, root_path, kind, added_at, last_read_at, config FROM sources ORDER BY id");
  std::vector<Source> sources;
  while (query.Next()) {
    sources.push_back(Source{.id = {query.Int(0)},
                             .name = query.String(1),
                             .root_path = query.String(2),
                             .kind = EnumOf(query.Int(3), SourceKind::kNotes),
                             .added_at = query.Time(4),
                             .last_read_at = query.IsNull(5) ? std::nullopt : std::optional(query.Time(5)),
                             .config_json = query.String(6)});
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return sources;
}

Result<std::optional<DocumentInfo>> ReadDocumentInfo(Connection& connection, DocumentId id) {
  Query query(connection,
              "SELECT id, source_id, path, language, kind, size, modified_ns, content_hash, title, line_count, "
              "passage_first, passage_count, read_at, skip_reason FROM documents WHERE id = ?");
  return TakeInfo(query.Bind(id.value));
}

Result<std::optional<DocumentInfo>> FindDocument(Connection& connection, SourceId source, std::string_view path) {
  Query query(connection,
              "SELECT id, source_id, path, language, kind, size, modified_ns, content_hash, title, line_count, "
              "passage_first, passage_count, read_at, skip_reason FROM documents WHERE source_id = ? AND path = ?");
  return TakeInfo(query.Bind(source.value, Blob{path}));
}

Result<std::optional<Document>> ReadDocument(Reader& reader, DocumentId id) {
  ATTUNE_ASSIGN_OR_RETURN(const Snapshot snapshot, Snapshot::Begin(*reader.connection));
  ATTUNE_ASSIGN_OR_RETURN(auto info, ReadDocumentInfo(*reader.connection, id));
  if (!info) return std::optional<Document>();
  ATTUNE_ASSIGN_OR_RETURN(std::string text, ReadText(reader, *info));
  return std::optional(Document{.info = *std::move(info), .text = std::move(text)});
}

Result<std::vector<Passage>> ReadPassages(Connection& connection, DocumentId id) {
  Query query(connection,
              "SELECT p.id, p.line_begin, p.line_end, p.byte_begin, p.byte_end, p.symbol, p.symbol_kind, p.page "
              "FROM documents AS d JOIN passages AS p "
              "ON p.id BETWEEN d.passage_first AND d.passage_first + d.passage_count - 1 WHERE d.id = ? ORDER BY p.id");
  query.Bind(id.value);
  std::vector<Passage> passages;
  while (query.Next()) {
    if (query.Int(0) <= 0 || query.Int(0) > PassageId::kRowMax) continue;  // no row of ours has such an id
    passages.push_back(Passage{.id = PassageId::Of(PassageKind::kDocument, query.Int(0)),
                               .document = id,
                               .line_begin = query.Small(1),
                               .line_end = query.Small(2),
                               .byte_begin = query.Count(3),
                               .byte_end = query.Count(4),
                               .symbol = query.String(5),
                               .symbol_kind = query.String(6),
                               .page = query.Small(7)});
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return passages;
}

Result<std::optional<PageWords>> ReadPageWords(Connection& connection, DocumentId id, std::uint32_t page) {
  Query query(connection, "SELECT words FROM page_words WHERE document_id = ? AND page = ?");
  if (!query.Bind(id.value, page).Next()) {
    ATTUNE_RETURN_IF_ERROR(query.status());
    return std::optional<PageWords>();
  }
  ATTUNE_ASSIGN_OR_RETURN(PageWords words, UnpackPageWords(page, query.Text(0)));
  return std::optional(std::move(words));
}

Result<std::vector<OwnedStamp>> ReadStamps(Connection& connection, SourceId source, DocumentId after,
                                           std::size_t limit) {
  Query query(
      connection,
      "SELECT id, path, size, modified_ns, content_hash, skip_reason FROM documents "
      "WHERE id > ? AND +source_id = ? ORDER BY id LIMIT ?");  // + : in the order of the table, not of the index
  query.Bind(after.value, source.value, static_cast<std::uint64_t>(limit));
  std::vector<OwnedStamp> stamps;
  while (query.Next()) {
    stamps.push_back(OwnedStamp{.id = {query.Int(0)},
                                .path = query.String(1),
                                .size = query.Count(2),
                                .modified_ns = query.Int(3),
                                .content_hash = HashFromBytes(query.Text(4)),
                                .skip_reason = query.String(5)});
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return stamps;
}

Result<SourceCounts> CountSource(Connection& connection, SourceId source) {
  Query query(connection,
              "SELECT COUNT(*) - COUNT(skip_reason), COALESCE(SUM(passage_count), 0) FROM documents "
              "WHERE source_id = ?");
  SourceCounts counts;
  if (query.Bind(source.value).Next()) counts = {.documents = query.Count(0), .passages = query.Count(1)};
  ATTUNE_RETURN_IF_ERROR(query.status());
  return counts;
}

Result<std::vector<SkipCount>> CountSkipped(Connection& connection, SourceId source, std::size_t examples_max) {
  Query query(connection,
              "SELECT skip_reason, COUNT(*), SUM(size) FROM documents "
              "WHERE skip_reason IS NOT NULL AND (?1 = 0 OR source_id = ?1) GROUP BY skip_reason ORDER BY 2 DESC, 1");
  query.Bind(source.value);
  std::vector<SkipCount> counts;
  while (query.Next()) {
    counts.push_back(
        SkipCount{.reason = query.String(0), .files = query.Count(1), .bytes = query.Count(2), .examples = {}});
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  if (examples_max == 0) return counts;
  for (SkipCount& count : counts) {
    ATTUNE_ASSIGN_OR_RETURN(count.examples, ReadSkipped(connection, source, count.reason, examples_max));
  }
  return counts;
}

Result<StoreCounts> CountRows(Connection& connection) {
  // Sums over documents and chats stand for counts of passages and messages, which are far more rows.
  Query query(connection,
              "SELECT (SELECT COUNT(*) FROM sources), "
              "(SELECT COUNT(*) FROM documents WHERE skip_reason IS NOT NULL), "
              "(SELECT COUNT(*) FROM notes WHERE deleted = 0), "
              "(SELECT COUNT(*) FROM chats), (SELECT SUM(message_count) FROM chats), "
              "COUNT(*), SUM(passage_count), SUM(CASE WHEN skip_reason IS NULL THEN size ELSE 0 END) FROM documents");
  StoreCounts counts;
  if (query.Next()) {
    counts = StoreCounts{.sources = query.Count(0),
                         .documents = query.Count(5) - query.Count(1),
                         .skipped = query.Count(1),
                         .passages = query.Count(6),
                         .notes = query.Count(2),
                         .chats = query.Count(3),
                         .messages = query.Count(4),
                         .document_bytes = Bytes(query.Count(7))};
  }
  ATTUNE_RETURN_IF_ERROR(query.status());
  return counts;
}

}  // namespace attune::store
