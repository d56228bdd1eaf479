#pragma once
// TextIndex: full-text search over passages. Ranked words (BM25 per field), phrases, prefixes, filters; new passages
// are searchable as soon as they are published; segments are immutable, checksummed and rebuildable.
//
// Ownership  the index owns its files in `directory`; FileSystem and Clock must outlive it. Passages are copied.
// Threads    every member is thread-safe. Searches never wait for writers: they work on an immutable snapshot. Add,
//            Remove, Publish and Flush exclude each other for a short time; Maintain merges beside all of them.
// Cost       Add about 10 ns per byte; Publish of one file's passages well below a millisecond; Search see README.
// Errors     kInvalidArgument (a passage or config that makes no sense), kExhausted (the build buffer's passage
// limits),
//            kDeadline (Search), and what the file system says. A failed write loses nothing that is searchable.
// Not here   durability: the database is the truth. After a crash some passages may be missing and some deleted ones
//            present; Reconcile says which and repairs the rest. Bodies are not stored.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto index, TextIndex::Open(RealFileSystem(), SystemClock(), "data/text", {}));
//   ATTUNE_RETURN_IF_ERROR(index->Add({.id = 7, .source = "home", .path = "net/http.cc", .body = "void parse();"}));
//   ATTUNE_RETURN_IF_ERROR(index->Publish());
//   ATTUNE_ASSIGN_OR_RETURN(const TopK top, index->Search(ParseQuery("parse"), {}, {.limit = 10}));

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/index/query.h"
#include "attune/sys/file_system.h"

namespace attune::index {

// The unit of search. Views are read during Add only.
struct Passage {
  std::uint64_t id = 0;  // opaque; adding an id again replaces the passage at the next Publish
  std::string_view source = {};
  std::string_view path = {};
  std::string_view language = {};
  std::string_view role = {};
  std::uint8_t kind = 0;
  std::int64_t time_ms = 0;
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
  std::string_view symbol = {};
  std::string_view body = {};
  bool prose = false;  // index English stems of the body as well
};

inline constexpr Bytes kBodyBytesMax = 8_MiB;   // a passage is a page, not a book
inline constexpr Bytes kNameBytesMax = 8_KiB;   // path, symbol, source, language, role
inline constexpr std::size_t kLimitMax = 1000;  // hits of one search

// How much a match in a field counts. Each >= 0, at most 16; their sum at most 32, so that a score never overflows.
struct Boosts {
  float body = 1.0F;
  float stem = 0.4F;    // beside the exact word, which counts as body as well
  float symbol = 2.0F;  // the passage defines it
  float path = 0.8F;
};

struct TextIndexConfig {
  // Memory for passages that are being inverted; when it is full they become a segment. Building the segment takes
  // about as much again for a moment. More: fewer segments, less merging.
  Bytes build_bytes_max = 32_MiB;
  // Small segments held in memory; beyond it they are written to disk. More: fewer files, more memory.
  Bytes memory_segments_max = 16_MiB;
  // A merge result of at least this size goes to disk rather than to memory.
  Bytes disk_segment_min = 2_MiB;
  // Merging stops here. More: faster searches, more memory (one such image) while a merge runs.
  Bytes segment_bytes_max = 96_MiB;
  // Segments of similar size that are merged at once. More: less work, slower searches.
  std::size_t merge_fanout = 8;
  // A segment is rewritten when more than this share of it is deleted.
  double deleted_share_max = 0.3;
  Boosts boosts = {};
  float k1 = 1.2F;  // BM25: how fast repeated words stop counting
  float b = 0.75F;  // BM25: how much long bodies are held back, 0 to 1
};

Status Validate(const TextIndexConfig& config);

struct SearchOptions {
  std::size_t limit = 10;                 // 1 to kLimitMax
  TimePoint deadline = TimePoint::max();  // on the index's clock; checked every few microseconds
};

struct ScoreParts {
  float body = 0;
  float stem = 0;
  float symbol = 0;
  float path = 0;
};

struct Hit {
  std::uint64_t id = 0;
  float score = 0;  // sum of the parts
  ScoreParts parts = {};
  std::string path = {};
  std::string source = {};
  std::string language = {};
  std::string role = {};
  std::uint8_t kind = 0;
  std::int64_t time_ms = 0;
  std::uint32_t line_begin = 0;
  std::uint32_t line_end = 0;
};

// A term to highlight, as the index holds it (folded). See snippet.h.
struct HighlightTerm {
  enum class Match : std::uint8_t { kExact, kPrefix, kStem };
  std::string term = {};
  Match match = Match::kExact;
  friend bool operator==(const HighlightTerm&, const HighlightTerm&) = default;
};

struct TopK {
  std::vector<Hit> hits = {};  // best first; equal scores by ascending id
  std::uint64_t matched = 0;   // passages that match; an estimate unless matched_exact
  bool matched_exact = false;
  std::vector<HighlightTerm> terms = {};
  std::vector<std::string> notes = {};  // the query's notes and what Search dropped (terms, prefix expansions)
};

struct TextIndexStatistics {
  std::uint64_t passages_live = 0;
  std::uint64_t passages_stored = 0;    // with those that are deleted and not yet merged away
  std::uint64_t passages_buffered = 0;  // added, not published
  std::size_t segments = 0;
  std::size_t segments_on_disk = 0;
  Bytes disk = {};           // size of the segment files
  std::uint64_t merges = 0;  // since Open
  std::uint64_t terms = 0;   // sum over segments and fields
};

struct MaintainReport {
  Bytes processed = {};  // segment bytes merged or written by this call
  bool more = false;     // call again
};

class TextIndex final {
 public:
  // Creates the directory if needed. Segments that fail their checks, and files that no manifest names, are removed
  // and described in problems(); whatever they held is reported missing by Reconcile.
  static Result<std::unique_ptr<TextIndex>> Open(sys::FileSystem& files, const Clock& clock, std::string directory,
                                                 const TextIndexConfig& config);
  ~TextIndex();
  TextIndex(const TextIndex&) = delete;
  TextIndex& operator=(const TextIndex&) = delete;

  // Buffers the passage; searchable after the next Publish (or at once when the buffer is full and becomes a segment).
  Status Add(const Passage& passage);

  // The passage is in no search that starts after this call. Unknown ids are fine. Also takes back a buffered Add.
  void Remove(std::uint64_t id);

  // Makes everything that was added searchable and hides what it replaces. A search running meanwhile may see neither
  // version of a replaced passage.
  Status Publish();

  // Publishes and writes every in-memory segment to disk.
  Status Flush();

  // A bounded step of background work: merges similar segments, drops deleted passages, writes to disk. Takes about
  // 10 ns per byte of `budget`, plus the file write when a merge completes. One call at a time does the work. After an
  // error the merge begins again at the next call: wait before it.
  Result<MaintainReport> Maintain(Bytes budget);

  // REQUIRES: `live` ascending without duplicates. Deletes every passage that is not in `live` and returns the ids of
  // `live` that the index does not hold (ascending). Publishes first.
  Result<std::vector<std::uint64_t>> Reconcile(std::span<const std::uint64_t> live);

  // kInvalidArgument for a limit out of range, kDeadline when the time ran out; partial results are never returned.
  Result<TopK> Search(const Query& query, const Filters& filters, const SearchOptions& options) const;

  bool Contains(std::uint64_t id) const;  // published and not removed

  // Changes after every change of what a search can answer. An answer may be kept and given again while the version
  // that was read *before* its search is still the current one. One load.
  std::uint64_t version() const noexcept;

  // Anonymous memory held: build buffer, in-memory segments, delete marks, a running merge.
  Bytes bytes() const;
  // Pages of segment files that are resident now; the kernel can take them back.
  Bytes mapped_bytes_resident() const;
  // Gives back about `wanted` of mapped_bytes_resident(): the next searches read them again. Answers how much it was.
  Bytes ReleaseMapped(Bytes wanted);
  // Gives back bytes() as far as it can, by writing to disk what is in memory. Answers how much it was.
  Bytes ReleaseHeld();

  TextIndexStatistics statistics() const;
  // What Open found wrong, one sentence each. Fixed after Open.
  const std::vector<std::string>& problems() const noexcept;

 private:
  class Impl;
  explicit TextIndex(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace attune::index
