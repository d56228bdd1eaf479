#pragma once
// What the engine is asked and what it answers: plain values, no behaviour.
// The command line, HTTP and MCP all speak in these.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"

namespace attune::engine {

// ---- search ---------------------------------------------------------------------

struct SearchRequest {
  std::string query{};                   // syntax: docs/guide/search.md
  std::size_t limit = 10;                // 1..100
  std::vector<std::string> sources{};    // names; empty means all, as for the rest
  std::vector<std::string> languages{};  // "cpp", "python", "markdown", ...
  std::vector<std::string> paths{};      // globs: "src/**/*.h"
  std::vector<std::string> roles{};      // of chat messages: "user", "assistant", ...
  std::vector<std::string> kinds{};      // "code", "prose", "page", "note", "message"
  std::optional<WallTime> after{};
  std::optional<WallTime> before{};
  bool snippets = true;  // false answers without reading texts
};

struct ByteRange {  // [begin, end) in bytes
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// How a score came about; the parts add up to it.
struct ScoreParts {
  float body = 0;
  float stem = 0;
  float symbol = 0;
  float path = 0;
};

struct SearchHit {
  std::string id{};      // "p123" passage, "n7" note, "m42" message: opens /v1/passages/{id}
  std::string kind{};    // "code", "prose", "page", "note", "message"
  std::string source{};  // name of the source
  std::string path{};    // relative to the source; of a message: the title of its chat
  std::string language{};
  std::string symbol{};          // "Store::Open", a heading, empty
  std::string role{};            // messages only
  std::int64_t chat = 0;         // messages only: the chat that it belongs to
  std::uint32_t line_begin = 0;  // 1-based, inclusive; 0 where lines have no meaning
  std::uint32_t line_end = 0;
  std::uint32_t page = 0;               // 1-based page of a PDF or scan, else 0
  WallTime time{};                      // last change of the document, or when it was said
  std::string snippet{};                // valid UTF-8
  std::uint32_t snippet_line = 0;       // line number of the snippet's first line
  std::vector<ByteRange> highlights{};  // in `snippet`
  float score = 0;
  ScoreParts parts;
};

struct SearchResponse {
  std::vector<SearchHit> hits{};  // best first
  std::uint64_t matched = 0;      // how many matched, at least
  bool matched_is_exact = true;
  std::vector<std::string> notes{};  // what was ignored or cut, in words
  Duration took{};
  bool reading = false;  // sources are still being read: more may come
};

// ---- passages ---------------------------------------------------------------------

struct WordBox {  // of a recognised page, in pixels of the page image
  std::string text{};
  float confidence = 0;  // 0..1
  std::uint32_t left = 0, top = 0, right = 0, bottom = 0;
};

struct Passage {
  SearchHit where{};            // snippet, score and parts are empty
  std::string title{};          // of the document or chat
  std::string text{};           // the passage, UTF-8
  std::string absolute_path{};  // empty for notes and messages
  std::string before{};         // up to 20 lines above and below, for reading on
  std::string after{};
  std::vector<WordBox> words{};  // pages only
};

// ---- notes --------------------------------------------------------------------------

struct Note {
  std::int64_t id = 0;
  std::string title{};
  std::string text{};
  std::vector<std::string> tags{};
  WallTime created{};
};

// ---- chats --------------------------------------------------------------------------

struct ChatSummary {
  std::int64_t id = 0;
  std::string title{};
  std::string origin{};  // "attune", "chatgpt", "claude", "jsonl", ...
  std::string model{};
  WallTime created{};
  WallTime updated{};
  std::uint64_t messages = 0;
  std::uint64_t branches = 0;  // leaves of the tree
};

struct Message {
  std::int64_t id = 0;
  std::int64_t parent = 0;  // 0: a root
  std::string role{};
  std::string content{};
  std::string model{};
  WallTime created{};
  std::string metadata_json{};  // "{}" when there is none
};

struct ChatPage {
  ChatSummary chat{};
  std::vector<Message> messages{};  // oldest first
  std::int64_t next_before = 0;     // pass as `before` for the page above; 0: this is the first
};

struct MessageDraft {
  std::int64_t parent = 0;  // 0: below the chat's newest message
  std::string role = "user";
  std::string content{};
  std::string model{};
  std::string metadata_json = "{}";
};

struct ImportReport {
  std::string format{};  // "chatgpt", "claude", "jsonl", "attune", "torq"
  std::uint64_t chats_added = 0, chats_updated = 0, chats_unchanged = 0, messages_added = 0;
  std::vector<std::string> problems{};  // the first 100; the rest went on
  std::uint64_t problems_count = 0;
};

// ---- sources and status ---------------------------------------------------------------

struct SkipCount {
  std::string reason{};  // "binary", "too large", ...
  std::uint64_t files = 0;
  std::string remedy{};
  std::vector<std::string> examples{};  // at most 5, printable: "path", or "path: what decided it"
};

struct SourceStatus {
  std::int64_t id = 0;
  std::string name{};
  std::string root{};
  std::string state{};  // "waiting", "listing", "reading", "watching", "rescanning", "gone"
  std::uint64_t files_found = 0, files_read = 0, files_unchanged = 0, files_pending = 0, files_removed = 0;
  Bytes bytes_read{};
  std::uint64_t documents = 0, passages = 0;
  std::vector<SkipCount> skipped{};
  std::string watch{};  // "inotify", "rescan every 10s: ...why", "off"
};

struct ReadingStatus {
  bool active = false;
  std::uint64_t files_done = 0, files_total = 0;
  std::uint64_t bytes_done = 0, bytes_total = 0;
  double bytes_per_second = 0;  // over the last seconds
  std::optional<Duration> remaining{};
  std::string current{};  // path being read, printable
  double share = 1.0;     // of the machine that reading may take now
};

struct MemoryConsumer {
  std::string name{};
  Bytes bytes{}, minimum{};
  double benefit = 0;
  Bytes shrunk_total{};
  std::optional<Bytes> target{};  // how far it may grow now, of those that follow the broker
};

struct LatencyStatus {  // of searches, over the last 60 s
  std::uint64_t count = 0;
  Duration p50{}, p95{}, p99{}, max{};
  std::uint64_t rejected = 0;  // since the start: answered 503 in time instead of late
  Duration promised{};
};

struct CacheStatus {
  std::string name{};    // "search.answers"
  std::string policy{};  // in force now: "s3-fifo"
  std::uint64_t entries = 0, entries_max = 0;
  Bytes bytes{}, bytes_max{};
  std::optional<Bytes> target{};  // what the broker grants it now; none before its first round
  std::uint64_t hits = 0, misses = 0, insertions = 0, evictions = 0, expirations = 0, refused = 0;  // since the start
  std::uint64_t loads = 0, loads_failed = 0, loads_joined = 0;  // joined: lookups that waited for a load of another
  std::optional<Duration> load_time_mean{};
  std::uint64_t policy_changes = 0;
  std::uint64_t bypassed = 0;  // requests that went past it because it would not have paid
  bool bypassing = false;      // now
};

struct PoolStatus {
  std::string name{};
  std::uint64_t in_use = 0, idle = 0, capacity = 0;
  Bytes bytes{};
  std::uint64_t acquired = 0, reused = 0;  // since the start
};

struct MemoryStatus {
  Bytes limit{}, rss{}, rss_peak{}, reserved{};
  Bytes limit_now{};  // what the system allows of the limit
  std::vector<MemoryConsumer> consumers{};
};

struct IndexStatus {
  std::uint64_t passages = 0, terms = 0, segments = 0;
  Bytes on_disk{}, in_memory{};
};

struct StoreStatus {
  std::uint64_t documents = 0, passages = 0, notes = 0, chats = 0, messages = 0;
  Bytes on_disk{};
  std::string durability{};
  std::uint64_t commits = 0, operations = 0;  // since the start
};

struct ImportStatus {  // of chats, under way
  std::string name{};  // of the file
  std::uint64_t bytes_done = 0, bytes_total = 0;
  Duration running{};
};

struct EngineStatus {
  std::string version{}, data_dir{}, name{};
  std::int64_t pid = 0;
  std::string address{};  // "http://127.0.0.1:7420", empty when nothing listens
  Duration uptime{};
  bool ready = false;
  ReadingStatus reading{};
  std::vector<SourceStatus> sources{};
  std::vector<ImportStatus> imports{};
  LatencyStatus search{};
  MemoryStatus memory{};
  std::vector<CacheStatus> caches{};
  std::vector<PoolStatus> pools{};
  IndexStatus index{};
  StoreStatus store{};
  std::vector<std::string> warnings{};  // what a person should know, with the remedy
};

// ---- knobs ------------------------------------------------------------------------------

struct KnobStatus {
  std::string name{}, value{}, default_value{}, unit{}, domain{}, applies{}, help{};
  bool pinned = false;
  std::string changed_by{};  // "default", "configuration", "pin", or the controller's name
};

// A knob was turned, a cache changed its policy or stood aside: by a controller, or by a person.
struct Decision {
  std::int64_t id = 0;  // from 1 since the start
  WallTime time{};
  std::string what{};  // "ingest.share", "cache.answers.policy"
  std::string from{}, to{};
  std::string by{};                                      // "yield", "policy selector", "pin"
  std::vector<std::pair<std::string, double>> inputs{};  // what was seen
  std::string reason{};                                  // one sentence
};

// ---- events -------------------------------------------------------------------------------

// One event of the live feed; `json` is the complete data line.
struct Event {
  std::uint64_t sequence = 0;
  std::string type{};  // "status", "document", "removed", "message", "note", "import", "knob", "warning"
  std::string json{};
};

}  // namespace attune::engine
