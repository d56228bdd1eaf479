#pragma once
// Storing and removing documents, one at a time; the caller is inside a transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/store/operations.h"
#include "text_codec.h"
#include "write_scope.h"

namespace attune::store {

// A document that has been checked and packed, off the writer thread.
struct PreparedDocument {
  NewDocument fields;       // without text and page_words
  std::string packed_text;  // empty: skipped
  std::vector<std::pair<std::uint32_t, std::string>> packed_pages;
  std::size_t bytes() const;
};
Result<PreparedDocument> PrepareDocument(NewDocument document, TextPacker& packer, Bytes text_bytes_max);

Result<StoredDocument> ApplyPutDocument(WriteScope& scope, SourceId source, const PreparedDocument& document);
Result<RemovedDocument> ApplyRemoveDocument(WriteScope& scope, SourceId source, const std::string& path);
// Removes some documents of the source; nullopt when none was left.
Result<std::optional<PassageRange>> ApplyRemoveAnyDocument(WriteScope& scope, SourceId source);

Result<SourceId> Apply(WriteScope& scope, const PutSource& op);
Result<std::uint64_t> Apply(WriteScope& scope, const TouchDocuments& op);
Status ApplyRemoveSourceRow(WriteScope& scope, SourceId source);  // REQUIRES: no document is left

}  // namespace attune::store
