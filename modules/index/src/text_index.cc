#include "attune/index/text_index.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <ranges>
#include <unordered_set>
#include <utility>

#include "manifest.h"
#include "search.h"
#include "segment.h"
#include "segment_builder.h"
#include "segment_merge.h"

namespace attune::index {
namespace {

// A merge looks at no more inputs at once; each needs a cursor per term.
constexpr std::size_t kMergeInputsMax = 64;
// Publishing more small segments than this merges them at once, so that searches never visit hundreds.
constexpr std::size_t kMemorySegmentsMax = 24;
constexpr Bytes kManifestBytesMax = 1_MiB;
// Segments are of similar size when the largest is at most this many times the smallest.
constexpr double kTierRatio = 8.0;

Error Invalid(const std::string& what) { return {ErrorCode::kInvalidArgument, what}; }

bool SetAside(ErrorCode code) {
  return code == ErrorCode::kCorruption || code == ErrorCode::kNotFound || code == ErrorCode::kInvalidArgument;
}

// The size of a segment without its deleted share.
double LiveBytes(const Segment& segment) {
  const double live = segment.passages() == 0 ? 0.0
                                              : 1.0 - static_cast<double>(segment.deleted_count()) /
                                                          static_cast<double>(segment.passages());
  return live * static_cast<double>(segment.image().size());
}

bool ByGeneration(const std::shared_ptr<Segment>& a, const std::shared_ptr<Segment>& b) {
  return a->generation() < b->generation();
}

}  // namespace

Status Validate(const TextIndexConfig& config) {
  const auto invalid_boost = [](float boost) { return !(boost >= 0.0F && boost <= 16.0F); };
  const Boosts& boosts = config.boosts;
  if (invalid_boost(boosts.body) || invalid_boost(boosts.stem) || invalid_boost(boosts.symbol) ||
      invalid_boost(boosts.path) || !(boosts.body + boosts.stem + boosts.symbol + boosts.path <= 32.0F)) {
    return Invalid("boosts: each must be between 0 and 16, their sum at most 32");
  }
  if (!(config.k1 >= 0.0F && config.k1 <= 3.0F)) {
    return Invalid("k1 is " + std::to_string(config.k1) + ", it must be between 0 and 3");
  }
  if (!(config.b >= 0.0F && config.b <= 1.0F)) {
    return Invalid("b is " + std::to_string(config.b) + ", it must be between 0 and 1");
  }
  if (config.build_bytes_max < 64_KiB || config.build_bytes_max > 1_GiB) {
    return Invalid("build_bytes_max is " + ToString(config.build_bytes_max) + ", it must be between 64KiB and 1GiB");
  }
  if (config.segment_bytes_max < 1_MiB || config.segment_bytes_max > 1_GiB) {
    return Invalid("segment_bytes_max is " + ToString(config.segment_bytes_max) + ", it must be between 1MiB and 1GiB");
  }
  if (config.merge_fanout < 2 || config.merge_fanout > kMergeInputsMax) {
    return Invalid("merge_fanout is " + std::to_string(config.merge_fanout) + ", it must be between 2 and " +
                   std::to_string(kMergeInputsMax));
  }
  if (!(config.deleted_share_max > 0.0 && config.deleted_share_max <= 1.0)) {
    return Invalid("deleted_share_max must be above 0 and at most 1");
  }
  return OkStatus();
}

// Locks are taken in the order maintain_mutex_, writer_mutex_, snapshot_mutex_.
class TextIndex::Impl {
 public:
  Impl(sys::FileSystem& files, const Clock& clock, std::string directory, const TextIndexConfig& config)
      : files_(files), clock_(clock), directory_(std::move(directory)), config_(config) {}

  Status Load();

  Status Add(const Passage& passage);
  void Remove(std::uint64_t id);
  Status Publish() {
    const std::lock_guard lock(writer_mutex_);
    return PublishLocked();
  }
  Status Flush();
  Result<MaintainReport> Maintain(Bytes budget);
  Result<std::vector<std::uint64_t>> Reconcile(std::span<const std::uint64_t> live);
  Result<TopK> Search(const Query& query, const Filters& filters, const SearchOptions& options) const {
    return RunSearch(*snapshot(), {query, filters, options, config_}, clock_);
  }
  bool Contains(std::uint64_t id) const;
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  Bytes bytes() const;
  Bytes mapped_bytes_resident() const;
  Bytes ReleaseMapped(Bytes wanted);
  Bytes ReleaseHeld();
  TextIndexStatistics statistics() const;
  const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  std::shared_ptr<const Segments> snapshot() const {
    const std::lock_guard lock(snapshot_mutex_);
    return snapshot_;
  }
  void Swap(Segments segments) {
    std::sort(segments.begin(), segments.end(), ByGeneration);
    auto next = std::make_shared<const Segments>(std::move(segments));
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_.swap(next);
  }
  // After a change, so that whoever reads the new version searches what it stands for.
  void NextVersion() noexcept { version_.fetch_add(1, std::memory_order_release); }
  std::string PathOf(std::string_view name) const { return directory_ + "/" + std::string(name); }

  Result<std::vector<std::string>> ReadManifest(const std::vector<std::string>& present);
  Status LoadSegment(const std::string& name, Segments& segments);
  Result<std::shared_ptr<Segment>> OpenFile(const std::string& name, Segment::Origin origin) const;
  void RemoveFile(const std::string& name);
  static void DeleteOlderDuplicates(const Segments& segments);

  // All REQUIRE writer_mutex_.
  Status PublishLocked();
  Status AddSegment(std::shared_ptr<Segment> segment, const std::vector<std::uint64_t>& ids);
  Status Replace(const Segments& inputs, std::shared_ptr<Segment> output);
  Status WriteManifest(const Segments& segments);
  Segments MemorySegments() const;
  Status MergeMemorySegments(bool to_disk);
  void UpdateBuilderBytes(std::uint64_t factor) {
    buffered_.store(builder_.passages(), std::memory_order_relaxed);
    builder_bytes_.store(builder_.bytes_held() * factor, std::memory_order_relaxed);
  }

  // Opens an image in memory, or writes it to a file and opens that.
  Result<std::shared_ptr<Segment>> Store(std::string image, bool to_disk);
  Segments ChooseMerge() const;
  Status FinishMerge();

  sys::FileSystem& files_;
  const Clock& clock_;
  const std::string directory_;
  const TextIndexConfig config_;
  std::vector<std::string> problems_;  // written by Load only

  std::mutex maintain_mutex_;
  std::unique_ptr<SegmentMerge> merge_;  // guarded by maintain_mutex_

  std::mutex writer_mutex_;
  SegmentBuilder builder_;                      // guarded by writer_mutex_
  std::unordered_set<const Segment*> merging_;  // inputs of merge_; guarded by writer_mutex_
  std::uint64_t next_generation_ = 1;           // guarded by writer_mutex_

  std::atomic<std::uint64_t> version_{1};
  mutable std::mutex snapshot_mutex_;
  std::shared_ptr<const Segments> snapshot_ = std::make_shared<const Segments>();  // guarded by snapshot_mutex_

  std::atomic<std::uint64_t> next_file_{1};
  // Statistics: relaxed, they order nothing.
  std::atomic<std::uint64_t> builder_bytes_{0};
  std::atomic<std::uint64_t> buffered_{0};
  std::atomic<std::uint64_t> merge_bytes_{0};
  std::atomic<std::uint64_t> merges_{0};
};

Status TextIndex::Impl::Load() {
  ATTUNE_RETURN_IF_ERROR(files_.CreateDirectories(directory_));
  ATTUNE_ASSIGN_OR_RETURN(const std::vector<sys::DirectoryEntry> entries, files_.List(directory_));
  std::vector<std::string> present;
  for (const sys::DirectoryEntry& entry : entries) {
    if (const auto number = SegmentFileNumber(entry.name)) {
      present.push_back(entry.name);
      next_file_.store(std::max(next_file_.load(std::memory_order_relaxed), *number + 1), std::memory_order_relaxed);
    }
  }
  std::sort(present.begin(), present.end());
  ATTUNE_ASSIGN_OR_RETURN(const std::vector<std::string> named, ReadManifest(present));
  Segments segments;
  for (const std::string& name : named) {
    ATTUNE_RETURN_IF_ERROR(LoadSegment(name, segments));
  }
  for (const std::string& name : present) {
    if (std::find(named.begin(), named.end(), name) == named.end()) {
      problems_.push_back("text segment '" + PathOf(name) + "' is not in the manifest; removed");
      RemoveFile(name);
    }
  }
  std::sort(segments.begin(), segments.end(), ByGeneration);
  for (const auto& segment : segments) {
    next_generation_ = std::max(next_generation_, segment->generation() + 1);
  }
  DeleteOlderDuplicates(segments);
  Swap(std::move(segments));
  // What was found wrong is told once: the next Open finds a manifest of what is here. On a disk that takes no writes
  // it is found again, which loses nothing.
  if (!problems_.empty()) {
    static_cast<void>(WriteManifest(*snapshot()));
  }
  return OkStatus();
}

// Without a readable manifest every segment file counts; duplicates are resolved by generation.
Result<std::vector<std::string>> TextIndex::Impl::ReadManifest(const std::vector<std::string>& present) {
  const auto text = files_.Read(PathOf(kManifestName), kManifestBytesMax);
  if (!text.ok() && text.error().code() == ErrorCode::kNotFound && present.empty()) {
    return std::vector<std::string>();
  }
  if (!text.ok() && text.error().code() != ErrorCode::kNotFound) {
    return text.error();
  }
  auto names = text.ok()
                   ? ParseManifest(*text)
                   : Result<std::vector<std::string>>(Error(ErrorCode::kNotFound, "text index manifest is missing"));
  if (!names.ok()) {
    problems_.push_back(names.error().message() + "; all " + std::to_string(present.size()) + " segments found in '" +
                        directory_ + "' are used");
    return present;
  }
  return names;
}

Status TextIndex::Impl::LoadSegment(const std::string& name, Segments& segments) {
  auto segment = OpenFile(name, Segment::Origin::kForeign);
  if (segment.ok()) {
    segments.push_back(*std::move(segment));
    return OkStatus();
  }
  if (!SetAside(segment.error().code())) {
    return segment.error();
  }
  problems_.push_back("text segment '" + PathOf(name) +
                      "' cannot be used and is removed: " + segment.error().message());
  RemoveFile(name);
  return OkStatus();
}

Result<std::shared_ptr<Segment>> TextIndex::Impl::OpenFile(const std::string& name, Segment::Origin origin) const {
  ATTUNE_ASSIGN_OR_RETURN(const sys::FileInfo info, files_.Stat(PathOf(name)));
  if (info.size == 0) {
    return Error(ErrorCode::kCorruption, "the file is empty");  // and cannot be mapped
  }
  ATTUNE_ASSIGN_OR_RETURN(std::unique_ptr<sys::MappedFile> file, files_.Map(PathOf(name)));
  return Segment::FromFile(std::move(file), name, origin);
}

void TextIndex::Impl::RemoveFile(const std::string& name) {
  // A file that stays is not in the manifest and removed at the next Open.
  static_cast<void>(files_.Remove(PathOf(name)));
}

void TextIndex::Impl::DeleteOlderDuplicates(const Segments& segments) {
  if (segments.size() < 2) {
    return;
  }
  std::unordered_set<std::uint64_t> seen;
  for (const auto& segment : std::ranges::reverse_view(segments)) {
    for (std::uint32_t doc = 0; doc < segment->passages(); ++doc) {
      if (!seen.insert(segment->id(doc)).second) {
        segment->Delete(doc);
      }
    }
  }
}

Status TextIndex::Impl::Add(const Passage& passage) {
  if (passage.body.size() > kBodyBytesMax.count()) {
    return Invalid("passage " + std::to_string(passage.id) + " has a body of " + std::to_string(passage.body.size()) +
                   " bytes, the limit is " + ToString(kBodyBytesMax));
  }
  for (const std::string_view name : {passage.path, passage.symbol, passage.source, passage.language, passage.role}) {
    if (name.size() > kNameBytesMax.count()) {
      return Invalid("passage " + std::to_string(passage.id) + " has a name of " + std::to_string(name.size()) +
                     " bytes, the limit is " + ToString(kNameBytesMax));
    }
  }
  const std::lock_guard lock(writer_mutex_);
  builder_.Add(passage);
  UpdateBuilderBytes(1);
  if (builder_.full() || builder_.bytes() >= config_.build_bytes_max.count()) {
    return PublishLocked();
  }
  return OkStatus();
}

void TextIndex::Impl::Remove(std::uint64_t id) {
  const std::lock_guard lock(writer_mutex_);
  builder_.Remove(id);
  UpdateBuilderBytes(1);
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  bool removed = false;
  for (const auto& segment : *segments) {
    if (const auto doc = segment->FindId(id)) {
      removed = segment->Delete(*doc) || removed;
    }
  }
  if (removed) NextVersion();
}

Status TextIndex::Impl::PublishLocked() {
  if (builder_.passages() == 0) {
    return OkStatus();
  }
  const std::vector<std::uint64_t> ids = builder_.Ids();
  UpdateBuilderBytes(2);
  std::string image = builder_.Build(next_generation_++);
  UpdateBuilderBytes(1);
  const bool to_disk = image.size() >= config_.disk_segment_min.count();
  ATTUNE_ASSIGN_OR_RETURN(std::shared_ptr<Segment> segment, Store(std::move(image), to_disk));
  const bool on_disk = segment->on_disk();
  ATTUNE_RETURN_IF_ERROR(AddSegment(std::move(segment), ids));
  if (on_disk) {
    return OkStatus();
  }
  const Segments small = MemorySegments();
  std::uint64_t bytes = 0;
  for (const auto& one : small) {
    bytes += one->memory_bytes();
  }
  if (bytes > config_.memory_segments_max.count()) {
    return MergeMemorySegments(true);
  }
  return small.size() > kMemorySegmentsMax ? MergeMemorySegments(false) : OkStatus();
}

// Hides what the segment replaces and shows the segment.
Status TextIndex::Impl::AddSegment(std::shared_ptr<Segment> segment, const std::vector<std::uint64_t>& ids) {
  Segments segments = *snapshot();
  for (const auto& older : segments) {
    const std::uint64_t lowest = older->id(older->by_id(0));
    const std::uint64_t highest = older->id(older->by_id(older->passages() - 1));
    for (const std::uint64_t id : ids) {
      if (id < lowest || id > highest) {
        continue;
      }
      if (const auto doc = older->FindId(id)) {
        older->Delete(*doc);
      }
    }
  }
  const bool on_disk = segment->on_disk();
  segments.push_back(std::move(segment));
  Swap(segments);
  NextVersion();
  return on_disk ? WriteManifest(segments) : OkStatus();
}

Result<std::shared_ptr<Segment>> TextIndex::Impl::Store(std::string image, bool to_disk) {
  if (to_disk) {
    const std::string name = SegmentFileName(next_file_.fetch_add(1, std::memory_order_relaxed));
    if (const Status written = files_.WriteAtomically(PathOf(name), image); written.ok()) {
      auto segment = OpenFile(name, Segment::Origin::kOwn);
      if (segment.ok()) {
        return segment;
      }
    }
    // The image stays searchable in memory; the next merge or Flush writes it again.
  }
  return Segment::FromImage(std::move(image), Segment::Origin::kOwn);
}

Status TextIndex::Impl::WriteManifest(const Segments& segments) {
  std::vector<std::string> names;
  for (const auto& segment : segments) {
    if (segment->on_disk()) {
      names.push_back(segment->name());
    }
  }
  return files_.WriteAtomically(PathOf(kManifestName), FormatManifest(names));
}

// Puts `output` (none when everything was deleted) in the place of `inputs`, whose files go.
Status TextIndex::Impl::Replace(const Segments& inputs, std::shared_ptr<Segment> output) {
  Segments segments = *snapshot();
  bool files_change = output != nullptr && output->on_disk();
  for (const auto& input : inputs) {
    std::erase(segments, input);
    files_change = files_change || input->on_disk();
  }
  if (output != nullptr) {
    segments.push_back(std::move(output));
  }
  Swap(segments);
  merges_.fetch_add(1, std::memory_order_relaxed);
  if (!files_change) {
    return OkStatus();
  }
  ATTUNE_RETURN_IF_ERROR(WriteManifest(*snapshot()));
  for (const auto& input : inputs) {
    if (input->on_disk()) {
      RemoveFile(input->name());
    }
  }
  return OkStatus();
}

Segments TextIndex::Impl::MemorySegments() const {
  Segments segments = *snapshot();
  std::erase_if(segments, [&](const auto& segment) { return segment->on_disk() || merging_.contains(segment.get()); });
  return segments;
}

Status TextIndex::Impl::MergeMemorySegments(bool to_disk) {
  const Segments inputs = MemorySegments();
  if (inputs.empty()) {
    return OkStatus();
  }
  SegmentMerge merge(inputs);
  while (!merge.done()) {
    merge.Step(~std::uint64_t{0});
  }
  std::string image = merge.TakeImage();
  std::shared_ptr<Segment> output;
  if (!image.empty()) {
    ATTUNE_ASSIGN_OR_RETURN(output, Store(std::move(image), to_disk));
  }
  const bool written = output == nullptr || output->on_disk() || !to_disk;
  ATTUNE_RETURN_IF_ERROR(Replace(inputs, std::move(output)));
  return written ? OkStatus()
                 : Status(Error(ErrorCode::kUnavailable,
                                "text segments could not be written to '" + directory_ + "'; they stay in memory"));
}

Status TextIndex::Impl::Flush() {
  const std::lock_guard maintain_lock(maintain_mutex_);
  const std::lock_guard lock(writer_mutex_);
  merge_.reset();  // its inputs may be in memory
  merging_.clear();
  merge_bytes_.store(0, std::memory_order_relaxed);
  ATTUNE_RETURN_IF_ERROR(PublishLocked());
  return MergeMemorySegments(true);
}

// Segments with many deleted passages first; then a tier of similar sizes that is full.
Segments TextIndex::Impl::ChooseMerge() const {
  Segments segments = *snapshot();
  std::sort(segments.begin(), segments.end(),
            [](const auto& a, const auto& b) { return LiveBytes(*a) < LiveBytes(*b); });
  for (const auto& segment : segments) {
    if (static_cast<double>(segment->deleted_count()) >
        config_.deleted_share_max * static_cast<double>(segment->passages())) {
      return {segment};
    }
  }
  const auto bytes_max = static_cast<double>(config_.segment_bytes_max.count());
  for (std::size_t first = 0; first < segments.size(); ++first) {
    const double smallest = std::max(LiveBytes(*segments[first]), 65536.0);  // tiny ones are all alike
    double sum = 0;
    std::size_t end = first;
    while (end < segments.size() && end - first < kMergeInputsMax &&
           LiveBytes(*segments[end]) <= smallest * kTierRatio && sum + LiveBytes(*segments[end]) <= bytes_max) {
      sum += LiveBytes(*segments[end++]);
    }
    if (end - first >= config_.merge_fanout) {
      Segments inputs(segments.begin() + static_cast<std::ptrdiff_t>(first),
                      segments.begin() + static_cast<std::ptrdiff_t>(end));
      std::sort(inputs.begin(), inputs.end(), ByGeneration);
      return inputs;
    }
  }
  return {};
}

Result<MaintainReport> TextIndex::Impl::Maintain(Bytes budget) {
  const std::lock_guard maintain_lock(maintain_mutex_);
  MaintainReport report;
  if (merge_ == nullptr) {
    Segments inputs;
    {
      const std::lock_guard lock(writer_mutex_);
      inputs = ChooseMerge();
      for (const auto& input : inputs) {
        merging_.insert(input.get());
      }
    }
    if (inputs.empty()) {
      return report;
    }
    merge_ = std::make_unique<SegmentMerge>(std::move(inputs));
  }
  report.processed = Bytes(merge_->done() ? 0 : merge_->Step(budget.count()));
  merge_bytes_.store(merge_->bytes(), std::memory_order_relaxed);
  report.more = true;
  if (merge_->done()) {
    ATTUNE_RETURN_IF_ERROR(FinishMerge());
    const std::lock_guard lock(writer_mutex_);
    report.more = !ChooseMerge().empty();
  }
  return report;
}

Status TextIndex::Impl::FinishMerge() {
  const std::unique_ptr<SegmentMerge> merge = std::move(merge_);
  merge_bytes_.store(0, std::memory_order_relaxed);
  std::string image = merge->TakeImage();
  const bool from_disk =
      std::any_of(merge->inputs().begin(), merge->inputs().end(), [](const auto& input) { return input->on_disk(); });
  const bool to_disk = from_disk || image.size() >= config_.disk_segment_min.count();
  Result<std::shared_ptr<Segment>> output = std::shared_ptr<Segment>();
  if (!image.empty()) {
    output = Store(std::move(image), to_disk);
  }
  const std::lock_guard lock(writer_mutex_);
  merging_.clear();
  if (!output.ok()) {
    return output.error();
  }
  if (*output != nullptr && from_disk && !(*output)->on_disk()) {
    return Error(ErrorCode::kUnavailable,
                 "a merged text segment could not be written to '" + directory_ + "'; its inputs stay in use");
  }
  if (*output != nullptr) {
    merge->CarryDeletes(**output);
  }
  return Replace(merge->inputs(), *output);
}

Result<std::vector<std::uint64_t>> TextIndex::Impl::Reconcile(std::span<const std::uint64_t> live) {
  if (std::adjacent_find(live.begin(), live.end(), std::greater_equal<>()) != live.end()) {
    return Invalid("the live ids must ascend without duplicates");
  }
  const std::lock_guard lock(writer_mutex_);
  ATTUNE_RETURN_IF_ERROR(PublishLocked());
  std::vector<bool> held(live.size(), false);
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  for (const auto& segment : *segments) {
    auto at = live.begin();
    for (std::uint32_t rank = 0; rank < segment->passages(); ++rank) {
      const std::uint32_t doc = segment->by_id(rank);
      if (segment->deleted(doc)) {
        continue;
      }
      const std::uint64_t id = segment->id(doc);
      at = std::lower_bound(at, live.end(), id);
      if (at != live.end() && *at == id) {
        held[static_cast<std::size_t>(at - live.begin())] = true;
      } else {
        segment->Delete(doc);
      }
    }
  }
  NextVersion();
  std::vector<std::uint64_t> missing;
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (!held[i]) {
      missing.push_back(live[i]);
    }
  }
  return missing;
}

bool TextIndex::Impl::Contains(std::uint64_t id) const {
  const auto segments = snapshot();
  return std::any_of(segments->begin(), segments->end(), [&](const auto& segment) {
    const auto doc = segment->FindId(id);
    return doc && !segment->deleted(*doc);
  });
}

Bytes TextIndex::Impl::bytes() const {
  std::uint64_t total = builder_bytes_.load(std::memory_order_relaxed) + merge_bytes_.load(std::memory_order_relaxed);
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  for (const auto& segment : *segments) {
    total += segment->memory_bytes();
  }
  return Bytes(total);
}

Bytes TextIndex::Impl::mapped_bytes_resident() const {
  Bytes total;
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  for (const auto& segment : *segments) {
    if (segment->on_disk()) {
      total = total + segment->file()->ResidentBytes();
    }
  }
  return total;
}

Bytes TextIndex::Impl::ReleaseMapped(Bytes wanted) {
  Bytes freed;
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  for (const auto& segment : *segments) {
    if (segment->on_disk() && freed < wanted) {
      freed = freed + segment->file()->ResidentBytes();
      segment->file()->ReleasePages();
    }
  }
  return freed;
}

Bytes TextIndex::Impl::ReleaseHeld() {
  const Bytes before = bytes();
  static_cast<void>(Flush());  // what cannot be written stays in memory and is not counted as freed
  const Bytes after = bytes();
  return before > after ? before - after : Bytes();
}

TextIndexStatistics TextIndex::Impl::statistics() const {
  TextIndexStatistics statistics;
  statistics.passages_buffered = buffered_.load(std::memory_order_relaxed);
  statistics.merges = merges_.load(std::memory_order_relaxed);
  const auto segments = snapshot();  // named: a temporary would end before the loop begins
  for (const auto& segment : *segments) {
    ++statistics.segments;
    statistics.passages_stored += segment->passages();
    statistics.passages_live += segment->passages() - segment->deleted_count();
    for (std::size_t f = 0; f < kFields; ++f) {
      statistics.terms += segment->terms(static_cast<Field>(f));
    }
    if (segment->on_disk()) {
      ++statistics.segments_on_disk;
      statistics.disk = statistics.disk + Bytes(segment->image().size());
    }
  }
  return statistics;
}

TextIndex::TextIndex(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TextIndex::~TextIndex() = default;

Result<std::unique_ptr<TextIndex>> TextIndex::Open(sys::FileSystem& files, const Clock& clock, std::string directory,
                                                   const TextIndexConfig& config) {
  ATTUNE_RETURN_IF_ERROR(Validate(config));
  auto impl = std::make_unique<Impl>(files, clock, std::move(directory), config);
  ATTUNE_RETURN_IF_ERROR(impl->Load());
  return std::unique_ptr<TextIndex>(new TextIndex(std::move(impl)));
}

Status TextIndex::Add(const Passage& passage) { return impl_->Add(passage); }
void TextIndex::Remove(std::uint64_t id) { impl_->Remove(id); }
Status TextIndex::Publish() { return impl_->Publish(); }
Status TextIndex::Flush() { return impl_->Flush(); }
Result<MaintainReport> TextIndex::Maintain(Bytes budget) { return impl_->Maintain(budget); }
Result<std::vector<std::uint64_t>> TextIndex::Reconcile(std::span<const std::uint64_t> live) {
  return impl_->Reconcile(live);
}
Result<TopK> TextIndex::Search(const Query& query, const Filters& filters, const SearchOptions& options) const {
  return impl_->Search(query, filters, options);
}
bool TextIndex::Contains(std::uint64_t id) const { return impl_->Contains(id); }
std::uint64_t TextIndex::version() const noexcept { return impl_->version(); }
Bytes TextIndex::bytes() const { return impl_->bytes(); }
Bytes TextIndex::mapped_bytes_resident() const { return impl_->mapped_bytes_resident(); }
Bytes TextIndex::ReleaseMapped(Bytes wanted) { return impl_->ReleaseMapped(wanted); }
Bytes TextIndex::ReleaseHeld() { return impl_->ReleaseHeld(); }
TextIndexStatistics TextIndex::statistics() const { return impl_->statistics(); }
const std::vector<std::string>& TextIndex::problems() const noexcept { return impl_->problems(); }

}  // namespace attune::index
