#include "index_feed.h"

#include <algorithm>
#include <utility>

#include "attune/sys/thread.h"
#include "kinds.h"

namespace attune::engine {
namespace {

std::uint64_t TextBytes(const IndexUpdate& update) {
  std::uint64_t bytes = 0;
  for (const IndexPassage& passage : update.added) bytes += passage.body.size() + passage.path.size();
  return bytes;
}

index::Passage View(const IndexPassage& passage) {
  return {.id = passage.id.value(),
          .source = passage.source,
          .path = passage.path,
          .language = passage.language,
          .role = passage.role,
          .kind = passage.kind,
          .time_ms = passage.time_ms,
          .line_begin = passage.line_begin,
          .line_end = passage.line_end,
          .symbol = passage.symbol,
          .body = passage.body,
          .prose = passage.prose};
}

bool IsProse(HitKind kind) {
  return kind == HitKind::kProse || kind == HitKind::kPage || kind == HitKind::kNote || kind == HitKind::kMessage;
}

// The ids of all three kinds, ascending as the index wants them.
Result<std::vector<std::uint64_t>> LiveIds(const store::Store& store) {
  std::vector<std::uint64_t> live;
  for (const auto kind : {store::PassageKind::kDocument, store::PassageKind::kNote, store::PassageKind::kMessage}) {
    ATTUNE_ASSIGN_OR_RETURN(const auto ids, store.LivePassageIds(kind));
    const auto middle = static_cast<std::ptrdiff_t>(live.size());
    for (const store::PassageId id : ids) live.push_back(id.value());
    std::inplace_merge(live.begin(), live.begin() + middle, live.end());
  }
  return live;
}

}  // namespace

IndexPassage ToIndexPassage(const store::Indexable& stored) {
  HitKind kind = KindOf(stored.document_kind);
  if (stored.id.kind() == store::PassageKind::kNote) kind = HitKind::kNote;
  if (stored.id.kind() == store::PassageKind::kMessage) kind = HitKind::kMessage;
  const bool is_document = stored.id.kind() == store::PassageKind::kDocument;
  return {.id = stored.id,
          .source = is_document ? std::string(stored.source_name) : std::string(NameOf(kind)) + "s",
          .path = std::string(is_document ? stored.path : stored.title),
          .language = std::string(stored.language),
          .role = std::string(stored.role),
          .symbol = std::string(is_document ? stored.symbol : std::string_view()),
          .body = std::string(stored.text),
          .kind = static_cast<std::uint8_t>(kind),
          .time_ms = stored.time.time_since_epoch().count(),
          .line_begin = stored.line_begin,
          .line_end = stored.line_end,
          .prose = IsProse(kind)};
}

IndexFeed::IndexFeed(index::TextIndex& index, store::Store& store, const Clock& clock, metrics::Logger& log,
                     OnRemoved on_removed)
    : index_(index),
      store_(store),
      clock_(clock),
      log_(log),
      on_removed_(std::move(on_removed)),
      // What the store holds before anybody posts: what is stored later comes as a post and is not missing.
      thread_([this, live = LiveIds(store)] { Run(live); }) {}

IndexFeed::~IndexFeed() {
  BeginStop();
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  room_.notify_all();
  thread_.join();
}

void IndexFeed::Post(IndexUpdate update) {
  const std::uint64_t bytes = TextBytes(update);
  std::unique_lock lock(mutex_);
  if (!update.urgent) {
    room_.wait(lock, [&] { return waiting_bytes_ == 0 || waiting_bytes_ + bytes <= kWaitingBytesMax.count(); });
  }
  waiting_bytes_ += bytes;
  urgent_ += update.urgent ? 1 : 0;
  waiting_.push_back(std::move(update));
  posted_.notify_one();
}

void IndexFeed::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return waiting_.empty() && !working_; });
}

bool IndexFeed::repairing() const {
  const std::scoped_lock lock(mutex_);
  return repairing_;
}

bool IndexFeed::WaitUntilRepaired(TimePoint deadline, const std::stop_token& stop) const {
  constexpr Duration kLookMax = std::chrono::milliseconds(50);  // at a clock that others turn
  std::unique_lock lock(mutex_);
  while (repairing_ && !repair_given_up_ && !stop.stop_requested()) {
    const Duration left = deadline - clock_.Now();
    if (left <= Duration::zero()) return false;
    repaired_.wait_for(lock, stop, std::min(left, kLookMax), [this] { return !repairing_ || repair_given_up_; });
  }
  return !repairing_;
}

void IndexFeed::BeginStop() {
  const std::scoped_lock lock(mutex_);
  repair_given_up_ = true;
  repaired_.notify_all();
}

bool IndexFeed::repair_given_up() const {
  const std::scoped_lock lock(mutex_);
  return repair_given_up_;
}

Bytes IndexFeed::bytes() const {
  const std::scoped_lock lock(mutex_);
  return Bytes(waiting_bytes_);
}

void IndexFeed::Run(const Result<std::vector<std::uint64_t>>& live) {
  sys::SetThreadName("index");
  Repair(live);
  std::unique_lock lock(mutex_);
  repairing_ = repair_given_up_;  // one that was cut short has not come to its end
  repaired_.notify_all();
  for (;;) {
    if (waiting_.empty() && unpublished_) {
      // Somebody may be about to post the next batch; wait for it, but not for long.
      const Duration left = published_at_ + kBulkPublishEvery - clock_.Now();
      if (urgent_ == 0 && answers_.empty() && !stopping_ && left > Duration::zero()) {
        posted_.wait_for(lock, std::min(left, Duration(std::chrono::milliseconds(50))));
        if (!waiting_.empty()) continue;
      }
      lock.unlock();
      PublishAndAnswer();
      lock.lock();
      continue;
    }
    if (waiting_.empty()) {
      working_ = false;
      idle_.notify_all();
      if (stopping_) return;
      posted_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      working_ = true;
      continue;
    }
    IndexUpdate update = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= TextBytes(update);
    urgent_ -= update.urgent ? 1 : 0;
    room_.notify_all();
    const bool more_urgent = urgent_ > 0;
    lock.unlock();
    Apply(update);
    if (update.searchable) answers_.push_back(std::move(update.searchable));
    const bool due = clock_.Now() - published_at_ >= kBulkPublishEvery;
    if ((update.urgent && !more_urgent) || due) PublishAndAnswer();
    lock.lock();
  }
}

void IndexFeed::Apply(const IndexUpdate& update) {
  for (const IndexPassage& passage : update.added) {
    if (const Status added = index_.Add(View(passage)); !added.ok()) {
      log_.Warning("a passage cannot be indexed",
                   {{"id", store::ToString(passage.id)}, {"path", passage.path}, {"error", added.error().message()}});
    }
  }
  on_removed_(update.removed);
  for (const store::PassageId id : update.removed) index_.Remove(id.value());
  unpublished_ = true;
}

void IndexFeed::PublishAndAnswer() {
  if (const Status published = index_.Publish(); !published.ok()) {
    log_.Error("the index cannot publish new passages", {{"error", published.error().message()}});
  }
  unpublished_ = false;
  published_at_ = clock_.Now();
  for (const auto& answer : std::exchange(answers_, {})) answer();
}

void IndexFeed::Repair(const Result<std::vector<std::uint64_t>>& live) {
  for (const std::string& problem : index_.problems()) log_.Warning("index repaired", {{"problem", problem}});
  if (!live.ok()) {
    log_.Error("the index cannot be compared with the database", {{"error", live.error().message()}});
    return;
  }
  const auto missing = index_.Reconcile(*live);
  if (!missing.ok()) {
    log_.Error("the index cannot be compared with the database", {{"error", missing.error().message()}});
    return;
  }
  if (missing->empty() || repair_given_up()) return;
  log_.Info("adding passages to the index that it does not hold", {{"passages", missing->size()}});
  if (const Status added = AddAgain(*missing); !added.ok()) {
    log_.Error("the index cannot be rebuilt from the database", {{"error", added.error().message()}});
  }
}

Status IndexFeed::AddAgain(const std::vector<std::uint64_t>& missing) {
  // In steps, so that a large rebuild becomes searchable bit by bit and can be stopped.
  constexpr std::size_t kStep = 4096;
  for (std::size_t begin = 0; begin < missing.size(); begin += kStep) {
    std::vector<store::PassageId> ids;
    for (std::size_t i = begin; i < std::min(missing.size(), begin + kStep); ++i) {
      ids.push_back(store::PassageId::FromValue(missing[i]));
    }
    ATTUNE_RETURN_IF_ERROR(store_.ForEachIndexable(ids, [this](const store::Indexable& stored) {
      Apply({.added = {ToIndexPassage(stored)}, .removed = {}, .urgent = false, .searchable = {}});
      return !repair_given_up();
    }));
    PublishAndAnswer();
    if (repair_given_up()) return OkStatus();
  }
  return OkStatus();
}

}  // namespace attune::engine
