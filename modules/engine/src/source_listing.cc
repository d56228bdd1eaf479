#include "source_listing.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace attune::engine {
namespace {

struct Known {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::string skip_reason;
};
using KnownFiles = std::unordered_map<std::string, Known>;

Result<KnownFiles> ReadKnown(const Source& source, const store::Store& store) {
  KnownFiles known;
  ATTUNE_RETURN_IF_ERROR(store.ForEachDocument(source.id(), [&](const store::DocumentStamp& stamp) {
    known.emplace(
        stamp.path,
        Known{.size = stamp.size, .modified_ns = stamp.modified_ns, .skip_reason = std::string(stamp.skip_reason)});
  }));
  return known;
}

class Comparison final : public console::WalkVisitor {
 public:
  Comparison(KnownFiles known, const Source& source, const DocumentReader& reader,
             const std::function<void(const std::string&)>& on_directory, const std::stop_token& stop)
      : known_(std::move(known)), source_(source), reader_(reader), on_directory_(on_directory), stop_(stop) {}

  bool OnDirectory(std::string_view path) override {
    if (on_directory_) on_directory_(path.empty() ? source_.root() : source_.AbsolutePath(path));
    return !stop_.stop_requested();
  }

  bool OnFile(const console::WalkedFile& file) override {
    ++listing_.found;
    const auto known = known_.find(std::string(file.path));
    if (known != known_.end() && IsUnchanged(file, known->second)) {
      ++listing_.unchanged;
    } else {
      listing_.to_read.push_back({.path = std::string(file.path), .size = file.info.size});
    }
    if (known != known_.end()) known_.erase(known);
    return !stop_.stop_requested();
  }

  bool OnSkip(const console::WalkSkip& skip) override {
    listing_.skips.Add(console::ToString(skip.reason), skip.path, skip.detail);
    if (skip.reason == console::SkipReason::kUnreadable) listing_.unreadable.emplace_back(skip.path);
    return !stop_.stop_requested();
  }

  SourceListing Finish(const console::WalkSummary& summary) {
    listing_.skips.AddCount(console::ToString(console::SkipReason::kIgnored),
                            summary.skipped_by(console::SkipReason::kIgnored));
    std::sort(listing_.unreadable.begin(), listing_.unreadable.end());
    for (auto& [path, known] : known_) {
      if (!IsOutOfSight(path)) listing_.to_read.push_back({.path = path, .size = 0, .left_out = true});
    }
    return std::move(listing_);
  }

 private:
  // The walk could not look at the path, or into a directory above it.
  bool IsOutOfSight(const std::string& path) const {
    const auto& unreadable = listing_.unreadable;
    for (std::size_t end = path.find('/'); !unreadable.empty(); end = path.find('/', end + 1)) {
      if (std::binary_search(unreadable.begin(), unreadable.end(), path.substr(0, end))) return true;
      if (end == std::string::npos) break;
    }
    return false;
  }

  bool IsUnchanged(const console::WalkedFile& file, const Known& known) const {
    if (file.info.size != known.size || file.info.modified_ns != known.modified_ns) return false;
    return known.skip_reason.empty() || !reader_.MayReadNow(file.path, file.info.size, known.skip_reason);
  }

  KnownFiles known_;
  const Source& source_;
  const DocumentReader& reader_;
  const std::function<void(const std::string&)>& on_directory_;
  const std::stop_token& stop_;
  SourceListing listing_;
};

}  // namespace

Status CountStored(Source& source, const store::Store& store) {
  ATTUNE_ASSIGN_OR_RETURN(const auto counts, store.CountSource(source.id()));
  ATTUNE_ASSIGN_OR_RETURN(const auto skipped, store.CountSkipped(source.id(), SkipTally::kExamplesMax));
  source.TakeCounts(counts, skipped);
  return OkStatus();
}

Result<SourceListing> ListSource(Source& source, const store::Store& store, const DocumentReader& reader,
                                 const std::function<void(const std::string&)>& on_directory,
                                 const std::stop_token& stop) {
  ATTUNE_ASSIGN_OR_RETURN(KnownFiles known, ReadKnown(source, store));
  Comparison comparison(std::move(known), source, reader, on_directory, stop);
  const std::scoped_lock lock(source.walk_mutex());
  ATTUNE_ASSIGN_OR_RETURN(const console::WalkSummary summary, source.walker().Walk(comparison));
  return comparison.Finish(summary);
}

}  // namespace attune::engine
