#include "source.h"

#include <algorithm>

#include "attune/console/path_text.h"

namespace attune::engine {
namespace {

std::string RemedyFor(std::string_view reason) {
  for (std::size_t number = 0; number < console::kSkipReasonCount; ++number) {
    const auto candidate = static_cast<console::SkipReason>(number);
    if (console::ToString(candidate) == reason) return std::string(console::Remedy(candidate));
  }
  return "";
}

// "docs/scan.png: an image, and recognition is switched off"
std::string Words(const std::string& path, const std::string& detail) {
  const std::string shown = console::ToPathText(path);
  return detail.empty() ? shown : shown + ": " + console::ToPathText(detail);
}

}  // namespace

std::string HowToRemove(const std::string& name) { return "on the page, or with DELETE /v1/sources/" + name; }

void SkipTally::Add(std::string_view reason, std::string_view path, std::string_view detail) {
  Entry& entry = entries_[std::string(reason)];
  ++entry.files;
  if (entry.examples.size() < kExamplesMax) entry.examples.push_back({std::string(path), std::string(detail)});
}

void SkipTally::AddCount(std::string_view reason, std::uint64_t files) {
  if (files > 0) entries_[std::string(reason)].files += files;
}

void SkipTally::Add(const store::SkipCount& stored) {
  AddCount(stored.reason, stored.files);
  std::vector<Example>& examples = entries_[stored.reason].examples;
  for (const store::SkippedFile& file : stored.examples) {
    if (examples.size() < kExamplesMax) examples.push_back({file.path, file.detail});
  }
}

void SkipTally::Add(const SkipTally& other) {
  for (const auto& [reason, entry] : other.entries_) {
    Entry& mine = entries_[reason];
    mine.files += entry.files;
    for (const Example& example : entry.examples) {
      if (mine.examples.size() < kExamplesMax) mine.examples.push_back(example);
    }
  }
}

void SkipTally::Remove(std::string_view reason, std::string_view path) {
  const auto found = entries_.find(reason);
  if (found == entries_.end() || found->second.files == 0) return;
  --found->second.files;
  std::erase_if(found->second.examples, [&](const Example& example) { return example.path == path; });
}

std::vector<SkipCount> SkipTally::Counts() const {
  std::vector<SkipCount> counts;
  for (const auto& [reason, entry] : entries_) {
    if (entry.files == 0) continue;
    counts.push_back({.reason = reason, .files = entry.files, .remedy = RemedyFor(reason), .examples = {}});
    for (const Example& example : entry.examples) counts.back().examples.push_back(Words(example.path, example.detail));
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const SkipCount& a, const SkipCount& b) { return a.files > b.files; });
  return counts;
}

std::string Source::AbsolutePath(std::string_view path) const {
  std::string absolute = root();
  if (absolute.back() != '/') absolute += '/';
  return absolute.append(path);
}

void Source::set_state(std::string_view state) {
  const std::scoped_lock lock(mutex_);
  state_ = state;
}

void Source::set_watch(std::string words) {
  const std::scoped_lock lock(mutex_);
  watch_ = std::move(words);
}

void Source::TakeListing(SkipTally walk_skips, std::vector<std::string> unreadable) {
  const std::scoped_lock lock(mutex_);
  walk_skips_ = std::move(walk_skips);
  kept_skips_ = SkipTally();
  unreadable_.clear();
  for (std::string& path : unreadable) {
    if (unreadable_.size() < kUnreadableMax) unreadable_.emplace(std::move(path), false);
  }
}

void Source::TakeCounts(const store::SourceCounts& counts, const std::vector<store::SkipCount>& skipped) {
  SkipTally tally;
  for (const store::SkipCount& count : skipped) tally.Add(count);
  const std::scoped_lock lock(mutex_);
  documents_ = counts.documents;
  passages_ = counts.passages;
  stored_skips_ = std::move(tally);
}

void Source::CountStored(const store::NewDocument& document, const store::StoredDocument& stored) {
  const std::scoped_lock lock(mutex_);
  if (!stored.is_new) Uncount(document.path, stored.skip_reason_before, stored.removed);
  passages_ += stored.added.size();
  if (document.skip_reason.empty()) {
    ++documents_;
  } else {
    stored_skips_.Add(document.skip_reason, document.path, document.title);
  }
}

void Source::CountRemoved(std::string_view path, const store::RemovedDocument& row) {
  const std::scoped_lock lock(mutex_);
  if (row.existed) Uncount(path, row.skip_reason, row.passages);
}

void Source::NoteUnreadable(std::string_view path, std::string_view detail, bool kept) {
  const std::scoped_lock lock(mutex_);
  if (unreadable_.contains(path)) return;
  if (unreadable_.size() < kUnreadableMax) unreadable_.emplace(path, kept);
  if (kept) kept_skips_.Add(console::ToString(console::SkipReason::kUnreadable), path, detail);
}

void Source::NoteReadable(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  const auto found = unreadable_.find(path);
  if (found == unreadable_.end()) return;
  if (found->second) kept_skips_.Remove(console::ToString(console::SkipReason::kUnreadable), path);
  unreadable_.erase(found);
}

std::vector<std::string> Source::unreadable() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, kept] : unreadable_) paths.push_back(path);
  return paths;
}

void Source::Uncount(std::string_view path, std::string_view skip_reason, const store::PassageRange& passages) {
  passages_ -= std::min<std::uint64_t>(passages_, passages.size());
  if (!skip_reason.empty()) {
    stored_skips_.Remove(skip_reason, path);
  } else if (documents_ > 0) {
    --documents_;
  }
}

SourceStatus Source::status() const {
  SourceStatus status;
  status.id = id_.value;
  status.name = name_;
  status.root = root();
  status.files_found = files_found;
  status.files_read = files_read;
  status.files_unchanged = files_unchanged;
  status.files_removed = files_removed;
  const std::uint64_t done = files_done;
  status.files_pending = files_queued - std::min<std::uint64_t>(done, files_queued);
  status.bytes_read = Bytes(bytes_read);
  const std::scoped_lock lock(mutex_);
  status.documents = documents_;
  status.passages = passages_;
  status.state = state_;
  status.watch = watch_;
  SkipTally skips = walk_skips_;
  skips.Add(stored_skips_);
  skips.Add(kept_skips_);
  status.skipped = skips.Counts();
  return status;
}

}  // namespace attune::engine
