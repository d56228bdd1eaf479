#pragma once
// What can be written: one struct per operation, each with the Outcome that
// Store::Write returns for it.
//
// An operation is all or nothing, with two exceptions that say so: PutDocuments,
// RemoveDocuments and RemoveSource are all or nothing *per document*, so that a
// long batch does not hold up the small writes.
//
// Times that are left unset are taken from the store's clock.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/hash.h"
#include "attune/base/result.h"
#include "attune/store/page_words.h"
#include "attune/store/passage_id.h"
#include "attune/store/records.h"
#include "attune/store/row_id.h"

namespace attune::store {

// Adds the source, or changes the one of this name.
struct PutSource {
  using Outcome = SourceId;
  std::string name{};
  std::string root_path{};
  SourceKind kind = SourceKind::kFolder;
  std::optional<WallTime> last_read_at{};  // unset: keeps what is stored
  std::string config_json{};
};

struct NewPassage {
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  std::uint64_t byte_begin = 0;
  std::uint64_t byte_end = 0;  // <= size of the text, >= byte_begin
  std::string symbol{};
  std::string symbol_kind{};
  std::uint32_t page = 0;
};

// A file as it was read, or (skip_reason set) the note that it was not.
struct NewDocument {
  std::string path{};
  std::string language{};
  DocumentKind kind = DocumentKind::kOther;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  Hash128 content_hash{};
  std::string title{};
  std::uint32_t line_count = 0;
  std::string text{};
  std::string skip_reason{};  // with one, text, passages and page_words must be empty
  std::vector<NewPassage> passages{};
  std::vector<PageWords> page_words{};
};

struct StoredDocument {
  DocumentId id{};
  PassageRange added{};
  PassageRange removed{};            // what the document had before
  bool is_new = false;               // there was no row of this path
  std::string skip_reason_before{};  // of the row that was there; empty: it had been read
};

// Stores or replaces documents of one source by path; a replaced document keeps its
// id and gets new passages. The texts are compressed on the calling thread.
struct PutDocuments {
  // In the order of `documents`; one that fails has its own error and the others are stored.
  using Outcome = std::vector<Result<StoredDocument>>;
  SourceId source{};
  std::vector<NewDocument> documents{};
};

// A file that was touched while its bytes stayed the same.
struct TouchedDocument {
  DocumentId id{};
  Hash128 content_hash{};  // of the bytes that were looked at; a row that has others by now is left alone
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
};

// Only the stamps change, passages stay. Many in one operation: a branch switch touches thousands.
struct TouchDocuments {
  using Outcome = std::uint64_t;  // how many rows changed
  std::vector<TouchedDocument> documents{};
};

struct RemovedDocument {
  bool existed = false;
  std::string skip_reason{};  // empty: it had been read
  PassageRange passages{};
};

struct RemoveDocuments {
  using Outcome = std::vector<RemovedDocument>;  // in the order of `paths`
  SourceId source{};
  std::vector<std::string> paths{};  // unknown ones are ignored
};

// The source and all its documents. Interrupted half-way, the source is still
// there with the documents that were not reached; run it again.
struct RemoveSource {
  using Outcome = std::vector<PassageRange>;  // removed passages, per document that had any
  SourceId source{};
};

// A new note (id unset), or a new content for an existing one, which is then not deleted any more.
struct PutNote {
  using Outcome = NoteId;  // kNotFound when id is set and unknown
  NoteId id{};
  std::string text{};
  std::string title{};
  std::vector<std::string> tags{};  // without line breaks
  std::optional<WallTime> created_at{};
};

struct RemoveNote {
  using Outcome = bool;  // false: unknown or deleted before
  NoteId id{};
};

struct CreateChat {
  using Outcome = ChatId;  // kConflict when external_id is taken
  std::string external_id{};
  std::string title{};
  std::string origin{};
  std::string model{};
  std::optional<WallTime> created_at{};
  std::string metadata_json{};
};

// Changes the fields that are set.
struct UpdateChat {
  using Outcome = void;  // kNotFound; kInvalidArgument when head belongs to another chat
  ChatId chat{};
  std::optional<std::string> title{};
  std::optional<std::string> metadata_json{};
  std::optional<bool> archived{};
  std::optional<MessageId> head{};  // switches the branch
};

// One message behind `parent`, or behind the head when parent is unset. It becomes the head.
struct AppendMessage {
  using Outcome = MessageId;  // kNotFound: no such chat, or no such parent in it
  ChatId chat{};
  MessageId parent{};
  std::string external_id{};  // stored before: Outcome is that message, nothing changes
  std::string role{};
  std::string content{};
  std::string model{};
  std::optional<WallTime> created_at{};
  std::string metadata_json{};
  std::optional<std::uint32_t> tokens{};
};

struct ImportedMessage {
  std::string external_id{};         // not empty, unique within the chat
  std::string parent_external_id{};  // empty: a root. Comes before its children
  std::string role{};
  std::string content{};
  std::string model{};
  std::optional<WallTime> created_at{};
  std::string metadata_json{};
  std::optional<std::uint32_t> tokens{};
};

struct ImportChatOutcome {
  ChatId chat{};
  bool created = false;  // false: the chat was there
  std::vector<MessageId> added{};
  std::uint64_t unchanged = 0;  // messages that were there
};

// A whole chat, by external ids: importing it again adds only messages that are new.
struct ImportChat {
  using Outcome = ImportChatOutcome;
  std::string external_id{};  // not empty
  std::string title{};
  std::string origin{};
  std::string model{};
  std::optional<WallTime> created_at{};
  std::optional<WallTime> updated_at{};
  std::string metadata_json{};
  std::string head_external_id{};  // empty: the last of `messages`. Followed only when something was added
  std::vector<ImportedMessage> messages{};
};

struct DeleteChat {
  using Outcome = std::vector<MessageId>;  // what it had; kNotFound
  ChatId chat{};
};

struct PinKnob {
  using Outcome = void;
  std::string name{};
  std::string value{};
};

struct UnpinKnob {
  using Outcome = bool;  // false: was not pinned
  std::string name{};
};

}  // namespace attune::store
