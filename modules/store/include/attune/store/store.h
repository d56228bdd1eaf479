#pragma once
// Store: everything that attune remembers, in one SQLite database (WAL).
//
// Ownership  the store owns the database file, one writer thread and a pool of
//            reading connections. Destroying it finishes every accepted write,
//            checkpoints and closes; nobody may be inside a call then.
// Threads    every member is thread-safe. Reads run on the calling thread and
//            never wait for writes; all writes go through the one writer thread.
// Durability kFull (default): Write returns, and Submit's callback runs, after the
//            fsync that covers the operation: it survives kill -9 and power loss.
//            kNormal: after the write-ahead log is written; survives kill -9, a
//            power loss may take back the latest operations, in order. kOff: as
//            kNormal, and a power loss may damage the database.
// Groups     whatever waits when the writer is free shares one transaction and
//            one fsync; every operation has its own savepoint and fails alone.
//            Bulk work (documents, imports, backup) never shares a transaction with small
//            writes and gives way to them after bulk_step_max bytes.
// Snapshots  each read sees one consistent state and a write that returned before
//            the read began. No call keeps a snapshot open while it runs a
//            callback, so readers cannot make the write-ahead log grow.
// Errors     kExhausted (disk full, queue full, too large), kUnavailable (I/O error),
//            kCorruption (not a database, damaged), kDenied (read-only folder),
//            kConflict (another process writes), kInvalidArgument (newer schema, bad
//            argument). The message names the file and the remedy. A failed write
//            changes nothing, and later ones work once the cause is gone.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto store, Store::Open({.path = folder + "/attune.db"}, SystemClock()));
//   ATTUNE_ASSIGN_OR_RETURN(ChatId chat, store->Write(CreateChat{.title = "first"}));
//   ATTUNE_ASSIGN_OR_RETURN(MessageId id, store->Write(AppendMessage{.chat = chat, .role = "user", .content = "hi"}));
//   ATTUNE_ASSIGN_OR_RETURN(MessagePage page, store->ReadMessages(chat, {.limit = 50}));

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/store/operations.h"
#include "attune/store/page_words.h"
#include "attune/store/passage_id.h"
#include "attune/store/records.h"
#include "attune/store/row_id.h"

namespace attune::store {

enum class Durability : std::uint8_t { kFull, kNormal, kOff };
enum class Access : std::uint8_t { kReadWrite, kReadOnly };  // kReadOnly: every write is kDenied, nothing is migrated

std::string_view ToString(Durability durability) noexcept;  // "full", "normal", "off"
Result<Durability> ParseDurability(std::string_view text);  // kInvalidArgument lists the three

struct StoreConfig {
  std::string path{};  // of the database file; its folder must exist
  Access access = Access::kReadWrite;
  Durability durability = Durability::kFull;
  std::size_t readers = 4;  // reading connections; more of them serve more threads, each costs reader_cache
  Duration group_wait{0};   // how long the writer waits for company; 0: what gathered during the last fsync
  std::size_t group_operations_max = 1024;  // small operations per transaction; more delays the first of them
  Bytes bulk_step_max = 1_MiB;              // document bytes before small writes get their turn; about 10 ms of work
  Bytes bulk_transaction_max = 8_MiB;       // the same while nobody waits
  std::size_t queue_operations_max =
      4096;                        // waiting operations of each class; a full queue blocks Write and fails Submit
  Bytes queue_bytes_max = 32_MiB;  // and their bytes; one larger operation is let in when it is alone
  Bytes text_bytes_max = 256_MiB;  // of one document, note, message or imported chat
  Bytes wal_checkpoint = 8_MiB;    // the log is copied into the database above this, and when the writer is idle
  Bytes wal_max =
      512_MiB;  // writes are refused at this length of the log; only stuck readers or a failing disk lead there
  Bytes writer_cache = 8_MiB;  // page cache of the writer; must hold the pages that a transaction changes
  Bytes reader_cache = 2_MiB;  // page cache of each reader
  Duration busy_timeout = std::chrono::seconds(5);  // how long another process may hold the write lock
  std::string vfs{};  // name of a registered SQLite VFS; empty: the default. See fault_disk.h
};
// kInvalidArgument names the field.
Status Validate(const StoreConfig& config);

struct ChatListQuery {
  std::optional<WallTime> before_time{};  // with before: updated_at and id of the last chat of the page before
  ChatId before{};
  std::size_t limit = 50;
  bool archived = false;  // true: archived chats as well
};

struct MessagesQuery {
  MessageId from{};  // start here (it is part of the page) and walk to the root; unset: from the head
  std::size_t limit = 50;
};

struct MessagePage {
  std::vector<Message> messages{};  // oldest first
  MessageId earlier{};              // `from` of the next page; none: the root was reached
};

struct NoteListQuery {
  NoteId before{};  // the last note of the page before
  std::size_t limit = 50;
  bool deleted = false;  // true: deleted ones as well
};

enum class CheckDepth : std::uint8_t { kQuick, kFull };

// What the store did since it was opened.
struct StoreActivity {
  std::uint64_t transactions = 0;  // committed
  std::uint64_t operations = 0;    // committed
  std::uint64_t failures = 0;      // operations that ended with an error
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoint_failures = 0;
  std::size_t queued = 0;   // operations waiting now
  Bytes wal_bytes;          // size of the write-ahead log after the latest commit
  Duration commit_last{0};  // time of the latest COMMIT, fsync included
};

class Store {
 public:
  // Creates the database, migrates an older schema forward, or fails and leaves the file as it was.
  static Result<std::unique_ptr<Store>> Open(StoreConfig config, const Clock& clock);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- Writing. Op is one of the structs in operations.h. ---

  // Blocks until the operation is durable (see Durability) or has failed. Waits for room in the queue.
  // REQUIRES: not called from a Submit callback.
  template <typename Op>
  Result<typename Op::Outcome> Write(Op op);

  // Returns at once. `done` runs exactly once on the writer thread if the Status is
  // ok, and never if it is not (kExhausted: queue full; kDenied: read-only). It must be
  // short, must not block, and may Submit.
  template <typename Op>
  Status Submit(Op op, std::function<void(Result<typename Op::Outcome>)> done);

  // Returns after everything that was accepted before is finished. kUnavailable after a failed commit is reported by
  // the operations, not here.
  void Drain();

  // --- Reading: documents and passages ---

  Result<std::vector<Source>> ListSources() const;
  Result<std::optional<Source>> FindSource(std::string_view name) const;
  Result<std::optional<DocumentInfo>> ReadDocumentInfo(DocumentId id) const;
  Result<std::optional<DocumentInfo>> FindDocument(SourceId source, std::string_view path) const;
  Result<std::optional<Document>> ReadDocument(DocumentId id) const;
  Result<std::vector<Passage>> ReadPassages(DocumentId id) const;  // of one document, in order
  Result<std::optional<PageWords>> ReadPageWords(DocumentId id, std::uint32_t page) const;

  // Every document of a source, skipped ones included, unordered. 10,000 take about 10 ms.
  Status ForEachDocument(SourceId source, const std::function<void(const DocumentStamp&)>& visit) const;
  // Proportional to the documents of the source: 100,000 take about 50 ms.
  Result<SourceCounts> CountSource(SourceId source) const;
  // By reason, most files first, each with up to `examples_max` of its files; all sources when `source` is unset.
  Result<std::vector<SkipCount>> CountSkipped(SourceId source = {}, std::size_t examples_max = 0) const;

  Result<std::optional<PassageText>> ReadPassage(PassageId id) const;
  // For search results: unknown ids are left out, order is kept, each document is unpacked once.
  Result<std::vector<PassageText>> ReadPassageTexts(std::span<const PassageId> ids) const;

  // --- Reading: for the index ---

  // Ascending. 1,000,000 ids take about 0.1 s and 8 MB.
  Result<std::vector<PassageId>> LivePassageIds(PassageKind kind) const;
  // In the order of `ids`; ids that are gone are left out. Return false from `visit` to stop. Ids that ascend are
  // cheapest.
  Status ForEachIndexable(std::span<const PassageId> ids, const std::function<bool(const Indexable&)>& visit) const;
  // Every live passage of the kind with a row above `after_row`, ascending; what is stored during the walk as well.
  Status ForEachIndexableAfter(PassageKind kind, std::int64_t after_row,
                               const std::function<bool(const Indexable&)>& visit) const;

  // --- Reading: notes and chats ---

  Result<std::optional<Note>> ReadNote(NoteId id) const;                  // deleted ones as well
  Result<std::vector<Note>> ListNotes(const NoteListQuery& query) const;  // newest first
  Result<std::vector<Chat>> ListChats(const ChatListQuery& query) const;  // last updated first
  Result<std::optional<Chat>> ReadChat(ChatId id) const;
  Result<std::optional<Chat>> FindChat(std::string_view external_id) const;
  Result<std::optional<Message>> ReadMessage(MessageId id) const;
  // One page along the current branch, from the tail. kNotFound: no such chat, or `from` is not in it.
  Result<MessagePage> ReadMessages(ChatId chat, const MessagesQuery& query) const;
  // All branches, ascending id (a parent comes before its children). Return false to stop.
  Status ForEachMessage(ChatId chat, const std::function<bool(const Message&)>& visit) const;

  // --- The rest ---

  Result<std::vector<KnobPin>> ReadKnobPins() const;
  Result<StoreCounts> Count() const;  // proportional to documents and chats, not to passages and messages

  // kCorruption lists what is wrong. kQuick skips the comparison of indexes with tables. Reads the whole
  // database; the write-ahead log cannot be reset meanwhile.
  Status Check(CheckDepth depth) const;
  // A consistent copy while writes go on. Blocks. kConflict when `path` exists; a failed backup leaves nothing there.
  Status Backup(const std::string& path);

  // Memory: page caches, prepared statements and queued operations, measured every few calls.
  Bytes bytes() const noexcept;
  // Limits the page caches together, at once and until the next call; at least 64 KiB each remain.
  void SetCacheLimit(Bytes limit);
  // SetCacheLimit, downwards only. Returns bytes() afterwards.
  Bytes Shrink(Bytes target);

  StoreActivity activity() const;
  const StoreConfig& config() const noexcept;

 private:
  class Impl;
  Status ForEachLoaded(std::span<const PassageId> ids,
                       const std::function<bool(const struct LoadedPassage&)>& visit) const;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace attune::store
