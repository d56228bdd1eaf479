#pragma once
// What the store hands out: plain values, copied out of the database and
// independent of it. Strings are bytes; text is expected to be UTF-8 but paths are
// whatever the file system says. Lines count from 1, line_end is included; bytes
// count from 0, byte_end is excluded.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/hash.h"
#include "attune/store/passage_id.h"
#include "attune/store/row_id.h"

namespace attune::store {

// The numbers of the enumerations below are stored; docs/formats/database.md lists them.
enum class SourceKind : std::uint8_t { kFolder = 0, kChat = 1, kNotes = 2 };
enum class DocumentKind : std::uint8_t { kOther = 0, kCode = 1, kProse = 2, kPage = 3, kData = 4 };
std::string_view ToString(SourceKind kind) noexcept;    // "folder", "chat", "notes"
std::string_view ToString(DocumentKind kind) noexcept;  // "other", "code", "prose", "page", "data"

struct Source {
  SourceId id{};
  std::string name{};  // unique
  std::string root_path{};
  SourceKind kind = SourceKind::kFolder;
  WallTime added_at{};
  std::optional<WallTime> last_read_at{};
  std::string config_json{};
};

// A file that was read, or one that was skipped: then skip_reason says why and
// there is no text and no passage.
struct DocumentInfo {
  DocumentId id{};
  SourceId source{};
  std::string path{};  // relative to the root of the source, unique within it
  std::string language{};
  DocumentKind kind = DocumentKind::kOther;
  std::uint64_t size = 0;        // of the file, bytes
  std::int64_t modified_ns = 0;  // since the epoch, as the file system keeps it
  Hash128 content_hash{};
  std::string title{};
  std::uint32_t line_count = 0;
  PassageRange passages{};
  WallTime read_at{};
  std::string skip_reason{};  // empty: it was read
};

struct Document {
  DocumentInfo info{};
  std::string text{};
};

// The part of a document row that decides whether the file must be read again.
// The views are valid during the callback only.
struct DocumentStamp {
  DocumentId id{};
  std::string_view path{};
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  Hash128 content_hash{};
  std::string_view skip_reason{};
};

struct Passage {
  PassageId id{};
  DocumentId document{};
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  std::uint64_t byte_begin = 0;
  std::uint64_t byte_end = 0;
  std::string symbol{};       // "Parser::Next"; empty when the passage defines nothing
  std::string symbol_kind{};  // "function", "heading", …
  std::uint32_t page = 0;     // 0: not paged
};

// A search result as a person wants to see it. Which fields are set depends on id.kind().
struct PassageText {
  PassageId id{};
  SourceId source{};          // document passages
  std::string source_name{};  // document passages
  DocumentId document{};      // document passages
  std::string path{};         // document passages
  std::string language{};     // document passages
  DocumentKind document_kind = DocumentKind::kOther;
  ChatId chat{};        // messages
  std::string role{};   // messages
  std::string title{};  // of the document, the note or the chat
  WallTime time{};      // file modified, note updated, message created
  Passage passage{};    // document passages: lines, bytes, symbol, page
  std::string text{};   // of the passage alone
};

// What the text index needs of one passage. The views are valid during the callback only.
struct Indexable {
  PassageId id{};
  SourceId source{};  // none for notes and messages
  std::string_view source_name{};
  DocumentId document{};
  DocumentKind document_kind = DocumentKind::kOther;
  ChatId chat{};
  std::string_view path{};
  std::string_view language{};
  std::string_view role{};
  std::string_view title{};
  std::string_view symbol{};
  std::string_view symbol_kind{};
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  WallTime time{};
  std::string_view text{};
};

struct Note {
  NoteId id{};
  std::string text{};
  std::string title{};
  std::vector<std::string> tags{};
  WallTime created_at{};
  WallTime updated_at{};
  bool deleted = false;
};

struct Chat {
  ChatId id{};
  std::string external_id{};  // empty: was not imported
  std::string title{};
  std::string origin{};  // "chatgpt", "claude", "mcp", …
  std::string model{};
  WallTime created_at{};
  WallTime updated_at{};
  MessageId head{};                 // the leaf of the current branch; none while the chat is empty
  std::uint64_t message_count = 0;  // on all branches
  std::string metadata_json{};
  bool archived = false;
  std::uint64_t branch_count = 0;  // leaves of the tree
};

struct Message {
  MessageId id{};
  ChatId chat{};
  MessageId parent{};  // none: a root
  std::string external_id{};
  std::string role{};  // "user", "assistant", "system", "tool"
  std::string content{};
  std::string model{};
  WallTime created_at{};
  std::string metadata_json{};
  std::optional<std::uint32_t> tokens{};
};

// Of one source.
struct SourceCounts {
  std::uint64_t documents = 0;  // read
  std::uint64_t passages = 0;
};

struct SkippedFile {
  std::string path{};
  std::string detail{};  // the title of its row
};

struct SkipCount {
  std::string reason{};
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<SkippedFile> examples{};
};

struct KnobPin {
  std::string name{};
  std::string value{};
};

struct StoreCounts {
  std::uint64_t sources = 0;
  std::uint64_t documents = 0;  // read
  std::uint64_t skipped = 0;
  std::uint64_t passages = 0;
  std::uint64_t notes = 0;  // not deleted
  std::uint64_t chats = 0;
  std::uint64_t messages = 0;
  Bytes document_bytes{};  // size of the files that were read
};

}  // namespace attune::store
