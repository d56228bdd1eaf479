#include "ingest.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "attune/console/path_text.h"
#include "attune/state/json_writer.h"
#include "kinds.h"
#include "source_listing.h"

namespace attune::engine {
namespace {

// While a file is read there are its bytes, its decoded text and its passages; then
// the copy for the index. Measured: 3.2 times the file for code.
constexpr std::uint64_t kBytesPerFileByte = 4;
// A recogniser and the picture that it looks at.
constexpr std::uint64_t kPagedBytes = 160ULL << 20U;

// For a file of which `size` bytes are read.
std::uint64_t BytesNeeded(const std::string& path, std::uint64_t size) {
  if (IsPaged(path)) return kPagedBytes + size;
  return std::max<std::uint64_t>(size, 64 * 1024) * kBytesPerFileByte;
}

std::vector<IndexPassage> PassagesForIndex(const Source& source, const store::NewDocument& document) {
  std::vector<IndexPassage> passages;
  passages.reserve(document.passages.size());
  const HitKind kind = KindOf(document.kind);
  for (const store::NewPassage& passage : document.passages) {
    passages.push_back({.id = {},
                        .source = source.name(),
                        .path = document.path,
                        .language = document.language,
                        .role = "",
                        .symbol = passage.symbol,
                        .body = document.text.substr(passage.byte_begin, passage.byte_end - passage.byte_begin),
                        .kind = static_cast<std::uint8_t>(kind),
                        .time_ms = document.modified_ns / 1'000'000,
                        .line_begin = passage.line_begin,
                        .line_end = passage.line_end,
                        .prose = kind == HitKind::kProse || kind == HitKind::kPage});
  }
  return passages;
}

ReadRequest RequestFor(const Source& source, const QueuedFile& file, std::optional<Hash128> known_hash = std::nullopt) {
  return {.absolute_path = source.AbsolutePath(file.path), .path = file.path, .known_hash = known_hash};
}

// A file that is still there and was not met by the walk is one that a rule leaves out.
bool IsIgnoredNow(Source& source, const QueuedFile& file) {
  if (!file.left_out) return false;
  const std::scoped_lock lock(source.walk_mutex());
  return source.walker().IsIgnored(file.path, console::PathKind::kFile);
}

// Why the bytes of the file cannot be had now; none when they can, whatever they are.
std::optional<std::string> Unreadable(const ReadOutcome& outcome) {
  const auto* const document = std::get_if<store::NewDocument>(&outcome);
  if (document == nullptr || document->content_hash != Hash128{}) return std::nullopt;
  if (document->skip_reason != console::ToString(console::SkipReason::kUnreadable)) return std::nullopt;
  return document->title;
}

std::string DocumentEvent(const Source& source, const std::string& path, std::size_t passages) {
  std::string json;
  state::JsonWriter out(json);
  out.BeginObject();
  out.Key("source").String(source.name());
  out.Key("path").String(console::ToPathText(path));
  out.Key("passages").Uint(passages);
  out.EndObject();
  return json;
}

}  // namespace

struct Ingest::Round {
  std::vector<store::NewDocument> documents;
  std::vector<std::string> gone;
  std::vector<store::TouchedDocument> touched;
  std::vector<TimePoint> changed_at;  // when the watch saw what is committed here
  std::uint64_t text_bytes = 0;
};

bool Ingest::Process(const FileBatch& batch, const std::stop_token& stop) {
  Source& source = *batch.source;
  Round round;
  bool complete = true;
  for (const QueuedFile& file : batch.files) {
    if (source.removed || stop.stop_requested()) {
      complete = false;
      break;
    }
    const TimePoint began = world_.clock.Now();
    // The watch does not say how large a file is.
    const std::uint64_t size = world_.reader.BytesToRead(RequestFor(source, file), file.size);
    auto room = world_.memory.Reserve("reading", Bytes(BytesNeeded(file.path, size)), TimePoint::max(), stop);
    if (!room.ok()) {
      if (!stop.stop_requested()) {
        round.documents.push_back(SkippedDocument(
            file.path, {},
            {console::SkipReason::kTooLarge, "needs more memory than allowed: " + room.error().message()}));
      }
      continue;
    }
    complete = ReadOne(source, file, stop, round) && complete;
    if (round.text_bytes >= FileQueue::kBatchBytesMax.count()) Commit(source, round, batch.urgent);
    if (!batch.urgent) world_.gate.Pass(world_.clock.Now() - began, stop);
  }
  Commit(source, round, batch.urgent);
  Gather(std::move(round.touched));
  return complete;
}

void Ingest::Gather(std::vector<store::TouchedDocument> touched) {
  if (touched.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    touched_.insert(touched_.end(), touched.begin(), touched.end());
    if (touched_.size() < kTouchedMax) return;
  }
  StoreTouched();
}

void Ingest::StoreTouched() {
  store::TouchDocuments op;
  {
    const std::scoped_lock lock(mutex_);
    op.documents = std::exchange(touched_, {});
  }
  if (op.documents.empty()) return;
  // Without its new stamp a file is looked at once more by the next listing.
  if (const auto stored = world_.store.Write(std::move(op)); !stored.ok()) {
    world_.log.Warning("the stamps of touched files cannot be stored", {{"error", stored.error().message()}});
  }
}

bool Ingest::ReadOne(Source& source, const QueuedFile& file, const std::stop_token& stop, Round& round) {
  {
    const std::scoped_lock lock(mutex_);
    current_ = console::ToPathText(file.path);
  }
  std::optional<store::DocumentInfo> known;
  if (auto found = world_.store.FindDocument(source.id(), file.path); found.ok()) known = *std::move(found);
  const bool was_read = known && known->skip_reason.empty();
  ReadOutcome outcome =
      IsIgnoredNow(source, file)
          ? ReadOutcome(Vanished{})
          : world_.reader.Read(RequestFor(source, file, was_read ? std::optional(known->content_hash) : std::nullopt),
                               stop);
  if (std::holds_alternative<Interrupted>(outcome)) return false;
  if (const std::optional<std::string> trouble = Unreadable(outcome)) {
    source.NoteUnreadable(file.path, *trouble, was_read);
  } else {
    source.NoteReadable(file.path);
  }
  files_done_.fetch_add(1, std::memory_order_relaxed);
  bytes_done_.fetch_add(file.size, std::memory_order_relaxed);
  if (const auto* same = std::get_if<Unchanged>(&outcome)) {
    const bool stored_already = same->size == known->size && same->modified_ns == known->modified_ns;
    if (!stored_already) round.touched.push_back({known->id, known->content_hash, same->size, same->modified_ns});
    return true;
  }
  if (std::holds_alternative<Vanished>(outcome)) {
    if (known) round.gone.push_back(file.path);
    return true;
  }
  auto& document = std::get<store::NewDocument>(outcome);
  // A permission that was taken away or a disk that fails is no reason to forget what the file said.
  if (was_read && Unreadable(outcome)) return true;
  source.bytes_read += document.text.size();
  round.text_bytes += document.text.size();
  round.documents.push_back(std::move(document));
  if (file.changed_at != TimePoint{}) round.changed_at.push_back(file.changed_at);
  return true;
}

void Ingest::Commit(Source& source, Round& round, bool urgent) {
  Remove(source, round, urgent);
  if (round.documents.empty()) return;
  Round done = std::exchange(round, Round{});
  round.touched = std::move(done.touched);
  IndexUpdate update;
  update.urgent = urgent;
  std::vector<std::vector<IndexPassage>> passages;
  for (const store::NewDocument& document : done.documents) passages.push_back(PassagesForIndex(source, document));
  auto stored = world_.store.Write(store::PutDocuments{.source = source.id(), .documents = done.documents});
  if (!stored.ok()) {
    NoteTrouble(source, stored.error());
    return;
  }
  std::vector<store::PassageId> added;
  bool all_stored = true;
  for (std::size_t i = 0; i < stored->size(); ++i) {
    const auto& one = (*stored)[i];
    if (!one.ok()) {
      if (source.removed) return;  // together with its source
      NoteTrouble(source, one.error());
      all_stored = false;
      continue;
    }
    const store::NewDocument& document = done.documents[i];
    for (std::size_t k = 0; k < one->added.size() && k < passages[i].size(); ++k) {
      passages[i][k].id = one->added[k];
      added.push_back(one->added[k]);
      update.added.push_back(std::move(passages[i][k]));
    }
    for (std::size_t k = 0; k < one->removed.size(); ++k) update.removed.push_back(one->removed[k]);
    if (document.skip_reason.empty()) ++source.files_read;
    source.CountStored(document, *one);
  }
  if (all_stored) {
    const std::scoped_lock lock(mutex_);
    trouble_.clear();
  }
  Announce(source, done.documents);
  update.searchable = [this, changed_at = std::move(done.changed_at)] {
    for (const TimePoint changed : changed_at) world_.freshness.Record(world_.clock.Now() - changed);
  };
  world_.feed.Post(std::move(update));
  // Whoever removed the source between the writing and the posting posted the removal first: it is repeated. A removal
  // that comes later finds everything posted.
  if (source.removed) world_.feed.Post({.added = {}, .removed = std::move(added), .urgent = urgent, .searchable = {}});
}

void Ingest::Remove(Source& source, Round& round, bool urgent) {
  if (round.gone.empty()) return;
  const std::vector<std::string> gone = std::exchange(round.gone, {});
  const auto removed = world_.store.Write(store::RemoveDocuments{.source = source.id(), .paths = gone});
  if (!removed.ok()) {
    NoteTrouble(source, removed.error());
    // Some may be gone all the same; nobody says which.
    static_cast<void>(CountStored(source, world_.store));  // a store that cannot count either has said so above
    return;
  }
  IndexUpdate update;
  update.urgent = urgent;
  for (std::size_t i = 0; i < removed->size(); ++i) {
    const store::RemovedDocument& one = (*removed)[i];
    if (!one.existed) continue;
    for (std::size_t k = 0; k < one.passages.size(); ++k) update.removed.push_back(one.passages[k]);
    source.CountRemoved(gone[i], one);
    ++source.files_removed;
    world_.events.Post("removed", DocumentEvent(source, gone[i], 0));
  }
  world_.feed.Post(std::move(update));
}

void Ingest::Announce(Source& source, const std::vector<store::NewDocument>& documents) {
  // A bulk reading would flood the feed: a few of each batch show what is going on.
  constexpr std::size_t kAnnouncedMax = 8;
  for (std::size_t i = 0; i < std::min(documents.size(), kAnnouncedMax); ++i) {
    if (!documents[i].skip_reason.empty()) continue;
    world_.events.Post("document", DocumentEvent(source, documents[i].path, documents[i].passages.size()));
  }
}

void Ingest::NoteTrouble(Source& source, const Error& error) {
  world_.log.Error("what was read cannot be stored", {{"error", error.message()}});
  // What is wrong with the document itself stays wrong; a disk may have room again.
  if (error.code() != ErrorCode::kInvalidArgument) source.stored_incompletely = true;
  const std::scoped_lock lock(mutex_);
  trouble_ = error.message();
}

std::string Ingest::current_path() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

std::string Ingest::trouble() const {
  const std::scoped_lock lock(mutex_);
  return trouble_;
}

}  // namespace attune::engine
