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

}  // namespace

void SkipTally::Add(std::string_view reason, std::string_view path) {
  Entry& entry = entries_[std::string(reason)];
  ++entry.files;
  if (entry.examples.size() < kExamplesMax) entry.examples.push_back(console::ToPathText(path));
}

void SkipTally::AddCount(std::string_view reason, std::uint64_t files) {
  if (files > 0) entries_[std::string(reason)].files += files;
}

void SkipTally::Remove(std::string_view reason) {
  const auto entry = entries_.find(reason);
  if (entry != entries_.end() && entry->second.files > 0) --entry->second.files;
}

std::vector<SkipCount> SkipTally::Counts() const {
  std::vector<SkipCount> counts;
  for (const auto& [reason, entry] : entries_) {
    if (entry.files == 0) continue;
    counts.push_back({.reason = reason, .files = entry.files, .remedy = RemedyFor(reason), .examples = entry.examples});
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

void Source::ReplaceSkips(SkipTally tally) {
  const std::scoped_lock lock(mutex_);
  skips_ = std::move(tally);
}

void Source::CountSkip(std::string_view path, std::string_view reason, std::string_view before) {
  const std::scoped_lock lock(mutex_);
  if (!before.empty()) skips_.Remove(before);
  if (!reason.empty()) skips_.Add(reason, path);
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
  status.documents = documents;
  status.passages = passages;
  const std::scoped_lock lock(mutex_);
  status.state = state_;
  status.watch = watch_;
  status.skipped = skips_.Counts();
  return status;
}

}  // namespace attune::engine
