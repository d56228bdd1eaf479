#pragma once
// Reading sources and documents.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/store/page_words.h"
#include "attune/store/records.h"
#include "attune/store/store.h"
#include "reader_pool.h"

namespace attune::store {

Result<std::vector<Source>> ListSources(Connection& connection);
Result<std::optional<DocumentInfo>> ReadDocumentInfo(Connection& connection, DocumentId id);
Result<std::optional<DocumentInfo>> FindDocument(Connection& connection, SourceId source, std::string_view path);
Result<std::optional<Document>> ReadDocument(Reader& reader, DocumentId id);
Result<std::vector<Passage>> ReadPassages(Connection& connection, DocumentId id);
Result<std::optional<PageWords>> ReadPageWords(Connection& connection, DocumentId id, std::uint32_t page);
Result<SourceCounts> CountSource(Connection& connection, SourceId source);
Result<std::vector<SkipCount>> CountSkipped(Connection& connection, SourceId source, std::size_t examples_max);
Result<StoreCounts> CountRows(Connection& connection);

// A stretch of the documents of a source, in the order of ids, copied out.
struct OwnedStamp {
  DocumentId id;
  std::string path;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  Hash128 content_hash;
  std::string skip_reason;
};
Result<std::vector<OwnedStamp>> ReadStamps(Connection& connection, SourceId source, DocumentId after,
                                           std::size_t limit);

}  // namespace attune::store
