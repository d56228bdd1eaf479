#include "attune/store/store.h"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/base/result.h"
#include "backup.h"
#include "check.h"
#include "database.h"
#include "job.h"
#include "operation_size.h"
#include "packer_pool.h"
#include "read_chats.h"
#include "read_documents.h"
#include "read_passages.h"
#include "reader_pool.h"
#include "writer.h"

namespace attune::store {
namespace {

constexpr std::size_t kStampsPerBatch = 1024;   // a snapshot of about a millisecond
constexpr std::size_t kMessagesPerBatch = 256;  // the same
constexpr Bytes kCacheMin = 64_KiB;             // of one connection: SQLite needs about ten pages to work

// What the writer thread hands to a caller who waits.
template <typename T>
class Handoff {
 public:
  void Put(T value) {
    const std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    ready_.notify_one();  // under the lock: the waiter destroys this object as soon as it can
  }
  T Take() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return value_.has_value(); });
    ATTUNE_CHECK(value_.has_value(), "that is what was waited for");
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<T> value_;
};

template <typename Op>
constexpr Writer::Lane kLaneOf = Writer::Lane::kSmall;
template <>
constexpr Writer::Lane kLaneOf<PutDocuments> = Writer::Lane::kBulk;
template <>
constexpr Writer::Lane kLaneOf<TouchDocuments> = Writer::Lane::kBulk;
template <>
constexpr Writer::Lane kLaneOf<RemoveDocuments> = Writer::Lane::kBulk;
template <>
constexpr Writer::Lane kLaneOf<RemoveSource> = Writer::Lane::kBulk;
template <>
constexpr Writer::Lane kLaneOf<ImportChat> = Writer::Lane::kBulk;

}  // namespace

class Store::Impl {
 public:
  Impl(StoreConfig config, const Clock& clock, std::unique_ptr<Connection> connection)
      : config_(std::move(config)),
        readers_(ReaderOptions(config_), config_.readers, config_.text_bytes_max),
        cache_limit_(config_.writer_cache + config_.reader_cache * config_.readers) {
    if (connection != nullptr) writer_ = std::make_unique<Writer>(std::move(connection), config_, clock);
  }

  template <typename Op>
  Status Enqueue(Op op, Writer::WhenFull when_full, std::function<void(Result<typename Op::Outcome>)> done) {
    if (writer_ == nullptr) {
      return Error(ErrorCode::kDenied, "'" + config_.path + "' was opened for reading only");
    }
    ATTUNE_ASSIGN_OR_RETURN(const std::size_t bytes, SizeOf(op, config_.text_bytes_max));
    return writer_->Enqueue(MakeJob(std::move(op), bytes, std::move(done)), kLaneOf<Op>, when_full);
  }

  Status Backup(const std::string& path);
  void SetCacheLimit(Bytes limit);

  StoreConfig config_;
  PackerPool packers_;
  mutable ReaderPool readers_;      // reading is const; lending a connection is not
  std::unique_ptr<Writer> writer_;  // null: opened for reading
  std::mutex cache_mutex_;          // one change of the limit at a time; taken before any other lock
  Bytes cache_limit_;               // guarded by cache_mutex_

 private:
  template <typename Op>
  std::unique_ptr<Job> MakeJob(Op op, std::size_t bytes, std::function<void(Result<typename Op::Outcome>)> done) {
    return std::make_unique<OperationJob<Op>>(std::move(op), bytes, std::move(done));
  }
  std::unique_ptr<Job> MakeJob(PutDocuments op, std::size_t bytes,
                               std::function<void(Result<PutDocuments::Outcome>)> done);
  std::unique_ptr<Job> MakeJob(RemoveDocuments op, std::size_t bytes,
                               std::function<void(Result<RemoveDocuments::Outcome>)> done) {
    return std::make_unique<RemoveDocumentsJob>(std::move(op), bytes, std::move(done));
  }
  std::unique_ptr<Job> MakeJob(const RemoveSource& op, std::size_t bytes,
                               std::function<void(Result<RemoveSource::Outcome>)> done) {
    return std::make_unique<RemoveSourceJob>(op, bytes, std::move(done));
  }
};

std::unique_ptr<Job> Store::Impl::MakeJob(PutDocuments op, std::size_t /*unpacked*/,
                                          std::function<void(Result<PutDocuments::Outcome>)> done) {
  std::vector<Result<PreparedDocument>> prepared;
  prepared.reserve(op.documents.size());
  const PackerPool::Lease packer(packers_);
  std::size_t bytes = 0;
  for (NewDocument& document : op.documents) {
    prepared.push_back(PrepareDocument(std::move(document), *packer, config_.text_bytes_max));
    if (prepared.back().ok()) bytes += prepared.back()->bytes();
  }
  return std::make_unique<PutDocumentsJob>(op.source, std::move(prepared), bytes, std::move(done));
}

Status Store::Impl::Backup(const std::string& path) {
  if (writer_ == nullptr) {
    return Error(ErrorCode::kDenied,
                 "'" + config_.path + "' was opened for reading only; open it for writing to back it up");
  }
  ATTUNE_CHECK(!writer_->on_writer_thread(), "the writer cannot wait for itself");
  Handoff<Status> handoff;
  auto job =
      std::make_unique<BackupJob>(path, config_.vfs, [&handoff](Status status) { handoff.Put(std::move(status)); });
  ATTUNE_RETURN_IF_ERROR(writer_->Enqueue(std::move(job), Writer::Lane::kBulk, Writer::WhenFull::kWait));
  return handoff.Take();
}

// Half for the writer, the rest for the readers in equal parts.
void Store::Impl::SetCacheLimit(Bytes limit) {
  const std::lock_guard lock(cache_mutex_);
  cache_limit_ = limit;
  const std::uint64_t for_writer = writer_ != nullptr ? limit.count() / 2 : 0;
  readers_.SetCache(std::max(kCacheMin, Bytes((limit.count() - for_writer) / config_.readers)));
  if (writer_ == nullptr) return;
  const Bytes cache = std::max(kCacheMin, Bytes(for_writer));
  writer_->RunBetween([cache](Connection& connection) { connection.SetCache(cache); });
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::Open(StoreConfig config, const Clock& clock) {
  ATTUNE_RETURN_IF_ERROR(Validate(config));
  std::unique_ptr<Connection> writing;
  if (config.access == Access::kReadWrite) {
    ATTUNE_ASSIGN_OR_RETURN(writing, OpenForWriting(config, clock.WallNow()));
  } else {
    ATTUNE_RETURN_IF_ERROR(ProbeForReading(config));
  }
  return std::unique_ptr<Store>(new Store(std::make_unique<Impl>(std::move(config), clock, std::move(writing))));
}

template <typename Op>
Result<typename Op::Outcome> Store::Write(Op op) {
  ATTUNE_CHECK(impl_->writer_ == nullptr || !impl_->writer_->on_writer_thread(), "Write inside a Submit callback");
  using Outcome = Result<typename Op::Outcome>;
  Handoff<Outcome> handoff;
  const Status accepted = impl_->Enqueue(std::move(op), Writer::WhenFull::kWait,
                                         [&handoff](Outcome outcome) { handoff.Put(std::move(outcome)); });
  if (!accepted.ok()) return accepted.error();
  return handoff.Take();
}

template <typename Op>
Status Store::Submit(Op op, std::function<void(Result<typename Op::Outcome>)> done) {
  return impl_->Enqueue(std::move(op), Writer::WhenFull::kFail, std::move(done));
}

#define ATTUNE_STORE_OPERATION_(Op)                            \
  template Result<Op::Outcome> Store::Write<Op>(Op operation); \
  template Status Store::Submit<Op>(Op operation, std::function<void(Result<Op::Outcome>)> done)
ATTUNE_STORE_OPERATION_(PutSource);
ATTUNE_STORE_OPERATION_(RemoveSource);
ATTUNE_STORE_OPERATION_(PutDocuments);
ATTUNE_STORE_OPERATION_(TouchDocuments);
ATTUNE_STORE_OPERATION_(RemoveDocuments);
ATTUNE_STORE_OPERATION_(PutNote);
ATTUNE_STORE_OPERATION_(RemoveNote);
ATTUNE_STORE_OPERATION_(CreateChat);
ATTUNE_STORE_OPERATION_(UpdateChat);
ATTUNE_STORE_OPERATION_(AppendMessage);
ATTUNE_STORE_OPERATION_(ImportChat);
ATTUNE_STORE_OPERATION_(DeleteChat);
ATTUNE_STORE_OPERATION_(PinKnob);
ATTUNE_STORE_OPERATION_(UnpinKnob);
#undef ATTUNE_STORE_OPERATION_

void Store::Drain() {
  if (impl_->writer_ != nullptr) impl_->writer_->Drain();
}

Result<std::vector<Source>> Store::ListSources() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ListSources(lease.connection());
}

Result<std::optional<Source>> Store::FindSource(std::string_view name) const {
  ATTUNE_ASSIGN_OR_RETURN(std::vector<Source> sources, ListSources());  // a handful
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const Source& s) { return s.name == name; });
  return found == sources.end() ? std::optional<Source>() : std::optional(std::move(*found));
}

Result<std::optional<DocumentInfo>> Store::ReadDocumentInfo(DocumentId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadDocumentInfo(lease.connection(), id);
}

Result<std::optional<DocumentInfo>> Store::FindDocument(SourceId source, std::string_view path) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::FindDocument(lease.connection(), source, path);
}

Result<std::optional<Document>> Store::ReadDocument(DocumentId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadDocument(*lease, id);
}

Result<std::vector<Passage>> Store::ReadPassages(DocumentId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadPassages(lease.connection(), id);
}

Result<std::optional<PageWords>> Store::ReadPageWords(DocumentId id, std::uint32_t page) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadPageWords(lease.connection(), id, page);
}

Status Store::ForEachDocument(SourceId source, const std::function<void(const DocumentStamp&)>& visit) const {
  std::vector<OwnedStamp> batch;
  DocumentId after;
  do {
    {
      ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
      ATTUNE_ASSIGN_OR_RETURN(batch, ReadStamps(lease.connection(), source, after, kStampsPerBatch));
    }
    for (const OwnedStamp& stamp : batch) {
      after = stamp.id;
      visit({.id = stamp.id,
             .path = stamp.path,
             .size = stamp.size,
             .modified_ns = stamp.modified_ns,
             .content_hash = stamp.content_hash,
             .skip_reason = stamp.skip_reason});
    }
  } while (batch.size() == kStampsPerBatch);
  return OkStatus();
}

Result<SourceCounts> Store::CountSource(SourceId source) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::CountSource(lease.connection(), source);
}

Result<std::vector<SkipCount>> Store::CountSkipped(SourceId source, std::size_t examples_max) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::CountSkipped(lease.connection(), source, examples_max);
}

Result<std::optional<PassageText>> Store::ReadPassage(PassageId id) const {
  ATTUNE_ASSIGN_OR_RETURN(std::vector<PassageText> texts, ReadPassageTexts({&id, 1}));
  return texts.empty() ? std::optional<PassageText>() : std::optional(std::move(texts.front()));
}

Result<std::vector<PassageText>> Store::ReadPassageTexts(std::span<const PassageId> ids) const {
  std::vector<PassageText> texts;
  texts.reserve(ids.size());
  const Status status = ForEachLoaded(ids, [&](const LoadedPassage& loaded) {
    texts.push_back(ToPassageText(loaded));
    return true;
  });
  if (!status.ok()) return status.error();
  return texts;
}

Result<std::vector<PassageId>> Store::LivePassageIds(PassageKind kind) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::LivePassageIds(lease.connection(), kind);
}

Status Store::ForEachIndexable(std::span<const PassageId> ids,
                               const std::function<bool(const Indexable&)>& visit) const {
  return ForEachLoaded(ids, [&](const LoadedPassage& loaded) { return visit(ToIndexable(loaded)); });
}

Status Store::ForEachIndexableAfter(PassageKind kind, std::int64_t after_row,
                                    const std::function<bool(const Indexable&)>& visit) const {
  constexpr std::size_t kIdsPerBatch = 4096;
  bool stopped = false;
  std::vector<PassageId> ids;
  do {
    {
      ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
      ATTUNE_ASSIGN_OR_RETURN(ids, NextPassageIds(lease.connection(), kind, after_row, kIdsPerBatch));
    }
    if (!ids.empty()) after_row = ids.back().row();
    ATTUNE_RETURN_IF_ERROR(ForEachLoaded(ids, [&](const LoadedPassage& loaded) {
      stopped = !visit(ToIndexable(loaded));
      return !stopped;
    }));
  } while (!stopped && !ids.empty());  // until nothing follows: the walk also meets what is stored meanwhile
  return OkStatus();
}

Status Store::ForEachLoaded(std::span<const PassageId> ids,
                            const std::function<bool(const LoadedPassage&)>& visit) const {
  PassageLoader loader;
  while (!ids.empty()) {
    std::vector<LoadedPassage> batch;
    {
      ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
      std::size_t consumed = 0;
      ATTUNE_ASSIGN_OR_RETURN(batch, loader.Load(*lease, ids, consumed));
      ids = ids.subspan(consumed);
      ATTUNE_RETURN_IF_ERROR(PassageLoader::Unpack(*lease, batch));
    }
    for (const LoadedPassage& loaded : batch) {
      if (!visit(loaded)) return OkStatus();
    }
  }
  return OkStatus();
}

Result<std::optional<Note>> Store::ReadNote(NoteId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadNote(lease.connection(), id);
}

Result<std::vector<Note>> Store::ListNotes(const NoteListQuery& query) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ListNotes(lease.connection(), query);
}

Result<std::vector<Chat>> Store::ListChats(const ChatListQuery& query) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ListChats(lease.connection(), query);
}

Result<std::optional<Chat>> Store::ReadChat(ChatId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadChat(lease.connection(), id);
}

Result<std::optional<Chat>> Store::FindChat(std::string_view external_id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::FindChat(lease.connection(), external_id);
}

Result<std::optional<Message>> Store::ReadMessage(MessageId id) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadMessage(lease.connection(), id);
}

Result<MessagePage> Store::ReadMessages(ChatId chat, const MessagesQuery& query) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return ReadMessagePage(lease.connection(), chat, query);
}

Status Store::ForEachMessage(ChatId chat, const std::function<bool(const Message&)>& visit) const {
  std::vector<Message> batch;
  MessageId after;
  do {
    {
      ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
      ATTUNE_ASSIGN_OR_RETURN(batch, NextMessages(lease.connection(), chat, after, kMessagesPerBatch));
    }
    for (const Message& message : batch) {
      after = message.id;
      if (!visit(message)) return OkStatus();
    }
  } while (batch.size() == kMessagesPerBatch);
  return OkStatus();
}

Result<std::vector<KnobPin>> Store::ReadKnobPins() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return store::ReadKnobPins(lease.connection());
}

Result<StoreCounts> Store::Count() const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return CountRows(lease.connection());
}

Status Store::Check(CheckDepth depth) const {
  ATTUNE_ASSIGN_OR_RETURN(const auto lease, impl_->readers_.Acquire());
  return CheckDatabase(lease.connection(), depth);
}

Status Store::Backup(const std::string& path) { return impl_->Backup(path); }

Bytes Store::bytes() const noexcept {
  Bytes sum = impl_->readers_.bytes() + impl_->packers_.bytes();
  if (impl_->writer_ != nullptr) sum = sum + impl_->writer_->bytes();
  return sum;
}

void Store::SetCacheLimit(Bytes limit) { impl_->SetCacheLimit(limit); }

Bytes Store::Shrink(Bytes target) {
  Bytes limit;
  {
    const std::lock_guard lock(impl_->cache_mutex_);
    limit = impl_->cache_limit_;
  }
  if (target < limit) impl_->SetCacheLimit(target);
  return bytes();
}

StoreActivity Store::activity() const {
  return impl_->writer_ != nullptr ? impl_->writer_->activity() : StoreActivity{};
}

const StoreConfig& Store::config() const noexcept { return impl_->config_; }

}  // namespace attune::store
