#pragma once
// Engine: one data folder in use. It reads sources, remembers what they say,
// answers searches and keeps the memory and latency that were promised.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto engine, Engine::Open(config, {SystemClock(), sys::RealFileSystem(), log}));
//   engine->Start();                                  // read and watch config.roots
//   auto answer = engine->Search({.query = "group commit"});
//
// Ownership  owns the store, the index, the executor and every thread; the
//            Environment's members are borrowed and outlive it.
// Threads    every member is thread-safe unless it says otherwise. Callbacks run on
//            the engine's threads and must be short.
// Cost       Search: one index query and one store read. Writes: one group commit.
// Errors     Open: kConflict when another process holds the data folder (the message
//            says who), kDenied, kCorruption, kInvalidArgument. Requests: kExhausted
//            when the latency promise cannot be kept (retry_after says when to come
//            back), kNotFound, kInvalidArgument.
// Shutdown   the destructor stops reading, answers what was accepted, closes the store.

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/engine/config.h"
#include "attune/engine/data_folder.h"
#include "attune/engine/types.h"
#include "attune/exec/executor.h"
#include "attune/metrics/log.h"
#include "attune/metrics/registry.h"
#include "attune/sys/file_system.h"

namespace attune::engine {

// The world, handed in.
struct Environment {
  const Clock& clock;
  sys::FileSystem& files;
  metrics::Logger& log;
};

// Called now and then during a long import, on the importing thread. May be empty.
using ImportProgress = std::function<void(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  // Opens or creates the data folder; nothing is read from the sources yet.
  static Result<std::unique_ptr<Engine>> Open(EngineConfig config, Environment world);
  virtual ~Engine() = default;

  // Begins to read and watch the configured roots. Once.
  virtual void Start() = 0;
  // Returns when every source is read to its end (or stop is requested).
  virtual void WaitUntilRead(std::stop_token stop) = 0;
  // Searches find all that is remembered. False while the index is completed from the database, as after a crash;
  // searches are answered meanwhile, and may miss something.
  virtual bool ready() const = 0;
  // Returns ready() as soon as it is true, and at the deadline of clock(), or when stop is requested, at the latest.
  // For whoever asks once and goes away; a server says ready() instead.
  virtual bool WaitUntilSearchable(TimePoint /*deadline*/, std::stop_token /*stop*/) { return ready(); }

  // ---- recall. The asynchronous form is admitted or refused at once, runs on the
  // interactive lane and answers before its deadline or with an error.
  virtual Result<SearchResponse> Search(const SearchRequest& request) = 0;
  virtual void SearchAsync(SearchRequest request, std::function<void(Result<SearchResponse>)> done) = 0;
  virtual Duration retry_after() const = 0;  // what a refused caller should wait
  virtual Result<Passage> ReadPassage(std::string_view id) = 0;

  // ---- notes and chats. Acknowledged means durable as configured, and searchable.
  virtual void Remember(Note draft, std::function<void(Result<Note>)> done) = 0;
  virtual void Forget(std::string_view id, std::function<void(Status)> done) = 0;  // "n7"; "m42" or "c3" as well
  virtual Result<std::vector<Note>> Notes(std::size_t limit, std::int64_t before) = 0;

  virtual void CreateChat(std::string title, std::string model, std::function<void(Result<ChatSummary>)> done) = 0;
  virtual void AppendMessage(std::int64_t chat, MessageDraft draft, std::function<void(Result<Message>)> done) = 0;
  virtual Result<std::vector<ChatSummary>> Chats(std::size_t limit, std::int64_t before) = 0;  // newest first
  // Along the branch that ends in `leaf` (0: the newest), at most `limit`, above `before`.
  virtual Result<ChatPage> ReadChat(std::int64_t chat, std::int64_t leaf, std::size_t limit, std::int64_t before) = 0;
  virtual void DeleteChat(std::int64_t chat, std::function<void(Status)> done) = 0;
  // Blocking; for the command line and for uploads, on the blocking lane. `name` is what people call the
  // file (empty: the last part of `path`): chats without an id of their own are known again by it.
  // `progress` may be empty.
  virtual Result<ImportReport> ImportChats(const std::string& path, const std::string& name,
                                           const ImportProgress& progress) = 0;
  virtual Result<std::string> ExportChat(
      std::int64_t chat,
      std::string_view format) = 0;  // "markdown", "jsonl", "json" (lossless), "tree" (ids only)

  // ---- sources
  virtual Result<SourceStatus> AddSource(const std::string& root, std::string name) = 0;
  virtual Status RemoveSource(std::string_view name) = 0;

  // ---- being watched and steered
  virtual EngineStatus status() const = 0;
  virtual std::vector<KnobStatus> Knobs() const = 0;
  virtual Result<KnobStatus> PinKnob(std::string_view name, std::string_view value) = 0;
  virtual Result<KnobStatus> UnpinKnob(std::string_view name) = 0;
  // Newest first, below `before` (0: all); with `about`, of knobs and caches whose names begin so. The last 4096 are
  // kept.
  virtual std::vector<Decision> Decisions(std::size_t limit, std::int64_t before, std::string_view about) const = 0;

  // Live feed. Events after `sequence` that are still kept (a ring of 1024), oldest first;
  // the listener is called, on an engine thread, whenever there are new ones.
  virtual std::vector<Event> EventsSince(std::uint64_t sequence) const = 0;
  using ListenerId = std::uint64_t;
  virtual ListenerId AddEventListener(std::function<void()> on_new_event) = 0;
  virtual void RemoveEventListener(ListenerId id) = 0;  // returns when it will not be called again

  virtual void set_address(std::string address) = 0;  // where the server listens; kept for other processes
  virtual const DataFolder& folder() const = 0;
  virtual metrics::Registry& metrics() = 0;
  virtual exec::Executor& executor() = 0;
  virtual const Clock& clock() const = 0;
};

}  // namespace attune::engine
