#include "attune/engine/engine.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "attune/base/duration.h"
#include "attune/engine/data_folder.h"
#include "attune/engine/version.h"
#include "attune/index/text_index.h"
#include "attune/memory/broker.h"
#include "attune/memory/numa.h"
#include "attune/memory/system_memory.h"
#include "attune/state/json_writer.h"
#include "attune/store/store.h"
#include "attune/sys/file_lock.h"
#include "attune/sys/process.h"
#include "attune/sys/thread.h"
#include "attune/vision/recognizer_pool.h"
#include "budget.h"
#include "caches.h"
#include "chat_transfer.h"
#include "conversations.h"
#include "document_reader.h"
#include "event_ring.h"
#include "imports_under_way.h"
#include "index_feed.h"
#include "ingest.h"
#include "memory_shares.h"
#include "part_metrics.h"
#include "pilot.h"
#include "reading.h"
#include "recall.h"
#include "search_desk.h"
#include "yield_gate.h"

namespace attune::engine {
namespace {

constexpr Duration kHousekeepingEvery = std::chrono::milliseconds(100);
constexpr Duration kSampleEvery = std::chrono::seconds(1);

store::Durability ForStore(Durability durability) {
  switch (durability) {
    case Durability::kFull:
      return store::Durability::kFull;
    case Durability::kNormal:
      return store::Durability::kNormal;
    case Durability::kOff:
      break;
  }
  return store::Durability::kOff;
}

std::string LastPart(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// One event for all of its messages, which may be a hundred thousand.
std::string ImportEvent(const ImportReport& report) {
  std::string json;
  state::JsonWriter out(json);
  out.BeginObject();
  out.Key("format").String(report.format);
  out.Key("chats_added").Uint(report.chats_added);
  out.Key("chats_updated").Uint(report.chats_updated);
  out.Key("messages_added").Uint(report.messages_added);
  out.EndObject();
  return json;
}

std::string GlobalExcludes() {
  const char* const config_home = std::getenv("XDG_CONFIG_HOME");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const char* const home = std::getenv("HOME");                    // NOLINT(concurrency-mt-unsafe)
  return console::GlobalExcludesPath(config_home != nullptr ? config_home : "", home != nullptr ? home : "");
}

std::size_t Cores(const EngineConfig& config, const sys::FileSystem& files) {
  return config.cores != 0 ? config.cores : sys::ProcessProbe(files).CpuCount();
}

exec::ExecutorConfig ExecutorFor(std::size_t cores) {
  exec::ExecutorConfig config;
  // Half of the workers never read, so that however much is read, as many searches as
  // there are cores start at once; the kernel gives the cores to them.
  config.workers = 2 * cores;
  config.interactive_reserved = cores;
  config.on_thread_start = [](exec::Lane lane) {
    if (lane == exec::Lane::kBackground) static_cast<void>(sys::LowerThisThreadPriority());
  };
  return config;
}

class EngineInUse final : public Engine {
 public:
  EngineInUse(EngineConfig config, Environment world, sys::FileLock lock, std::unique_ptr<store::Store> store,
              std::unique_ptr<index::TextIndex> index)
      : config_(std::move(config)),
        world_(world),
        cores_(Cores(config_, world.files)),
        folder_(config_.data_dir),
        lock_(std::move(lock)),
        probe_(world.files),
        started_at_(world.clock.Now()),
        pilot_(world.clock, events_, config_, cores_),
        system_memory_(world.files),
        broker_(
            {.limit = config_.memory, .overhead = kProcessOverhead, .marks = {}}, [this] { return ResidentBytes(); },
            [] { malloc_trim(0); },
            {.system_memory = [this] { return system_memory_.Read(); }, .clock = &world_.clock}),
        store_(std::move(store)),
        index_(std::move(index)),
        executor_(world.clock, ExecutorFor(cores_)),
        caches_({.clock = world.clock,
                 .journal = pilot_.journal(),
                 .background =
                     [this](std::function<void()> task) { return Run(exec::Lane::kBackground, std::move(task)); }},
                *store_, config_.memory),
        feed_(*index_, *store_, world.clock, world.log,
              [this](std::span<const store::PassageId> removed) { caches_.passages.Forget(removed); }),
        recognizers_(world.clock, {.recognizers_max = std::max<std::size_t>(1, cores_ / 2), .recognizer = {}}),
        reader_(world.files, config_.ocr ? &recognizers_ : nullptr,
                {.text_file_max = config_.file_max, .paged_file_max = PagedFileMax(config_.memory)}),
        recall_(*index_, *store_, caches_),
        desk_(
            world.clock, recall_,
            [this](std::function<void()> task) { return Run(exec::Lane::kInteractive, std::move(task)); },
            {.promise = config_.p99, .workers = static_cast<std::uint32_t>(cores_)}, registry_),
        conversations_(*store_, feed_, events_, world.clock, caches_.titles, pilot_.registry(),
                       memory::SystemNumaTopology(world.files)),
        imports_(world.clock),
        freshness_(registry_.AddHistogram(
            {"attune_freshness_seconds", "Time from a saved file to its being searchable.", "seconds"})),
        ingest_({.clock = world.clock,
                 .store = *store_,
                 .feed = feed_,
                 .reader = reader_,
                 .memory = broker_,
                 .gate = gate_,
                 .events = events_,
                 .log = world.log,
                 .freshness = freshness_}),
        reading_(
            {.clock = world.clock,
             .files = world.files,
             .store = *store_,
             .feed = feed_,
             .reader = reader_,
             .ingest = ingest_,
             .queue = queue_,
             .log = world.log,
             .run = [this](std::function<void()> task) { return Run(exec::Lane::kBackground, std::move(task)); },
             .tasks_max = [this] { return pilot_.reading_threads(); }},
            {.excluded_directory = config_.data_dir, .global_excludes_path = GlobalExcludes(), .watch = config_.watch}),
        budget_(broker_) {}

  ~EngineInUse() override {
    stop_.request_stop();
    feed_.BeginStop();  // a rebuild of the index may take minutes, and goes on at the next start
    if (housekeeping_.joinable()) housekeeping_.join();
    reading_.Stop();
    store_->Drain();
    executor_.Shutdown(exec::Executor::Pending::kRun);
    feed_.WaitUntilIdle();
    // What is searchable now goes to disk, so that the next start has nothing to repair.
    if (const Status flushed = index_->Flush(); !flushed.ok()) {
      world_.log.Warning("the index is not on disk and will be rebuilt", {{"error", flushed.error().message()}});
    }
  }

  // Separate from the constructor because it can fail.
  Status Prepare() {
    ATTUNE_RETURN_IF_ERROR(RegisterBudget());
    RegisterMetrics();
    AddCacheMetrics(registry_, caches_, callbacks_);
    AddPoolMetrics(registry_, [this] { return conversations_.pool_status(); }, callbacks_);
    AddConsumerMetrics(registry_, broker_, callbacks_);
    ATTUNE_RETURN_IF_ERROR(ApplyPins());
    ATTUNE_RETURN_IF_ERROR(reading_.AdoptStored());
    for (const std::string& root : config_.roots) {
      const auto added = reading_.AddSource(root, "");
      if (!added.ok()) return added.error();
    }
    housekeeping_ = std::thread([this] { KeepHouse(stop_.get_token()); });
    return OkStatus();
  }

  void Start() override { reading_.Start(); }
  void WaitUntilRead(std::stop_token stop) override { reading_.WaitUntilRead(stop); }
  bool ready() const override { return !feed_.repairing(); }
  bool WaitUntilSearchable(TimePoint deadline, std::stop_token stop) override {
    return feed_.WaitUntilRepaired(deadline, stop);
  }

  Result<SearchResponse> Search(const SearchRequest& request) override {
    const TimePoint began = world_.clock.Now();
    ATTUNE_ASSIGN_OR_RETURN(SearchResponse response, recall_.Search(request, TimePoint::max()));
    response.took = world_.clock.Now() - began;
    response.reading = reading_.Progress().active;
    return response;
  }
  void SearchAsync(SearchRequest request, std::function<void(Result<SearchResponse>)> done) override {
    desk_.Ask(std::move(request), [this, done = std::move(done)](Result<SearchResponse> answer) {
      if (answer.ok()) answer->reading = reading_.Progress().active;
      done(std::move(answer));
    });
  }
  Duration retry_after() const override { return desk_.retry_after(); }
  Result<Passage> ReadPassage(std::string_view id) override {
    ATTUNE_ASSIGN_OR_RETURN(Passage passage, recall_.ReadPassage(id));
    for (const SourceStatus& source : reading_.Sources()) {
      if (source.name == passage.where.source) passage.absolute_path = source.root + "/" + passage.where.path;
    }
    return passage;
  }

  void Remember(Note draft, std::function<void(Result<Note>)> done) override {
    conversations_.Remember(std::move(draft), std::move(done));
  }
  void Forget(std::string_view id, std::function<void(Status)> done) override {
    conversations_.Forget(id, std::move(done));
  }
  Result<std::vector<Note>> Notes(std::size_t limit, std::int64_t before) override {
    return conversations_.Notes(limit, before);
  }
  void CreateChat(std::string title, std::string model, std::function<void(Result<ChatSummary>)> done) override {
    conversations_.CreateChat(std::move(title), std::move(model), std::move(done));
  }
  void AppendMessage(std::int64_t chat, MessageDraft draft, std::function<void(Result<Message>)> done) override {
    conversations_.AppendMessage(chat, std::move(draft), std::move(done));
  }
  Result<std::vector<ChatSummary>> Chats(std::size_t limit, std::int64_t before) override {
    return conversations_.Chats(limit, before);
  }
  Result<ChatPage> ReadChat(std::int64_t chat, std::int64_t leaf, std::size_t limit, std::int64_t before) override {
    return conversations_.ReadChat(chat, leaf, limit, before);
  }
  void DeleteChat(std::int64_t chat, std::function<void(Status)> done) override {
    conversations_.DeleteChat(chat, std::move(done));
  }
  Result<ImportReport> ImportChats(const std::string& path, const std::string& name,
                                   const ImportProgress& progress) override {
    const ImportFile file{.files = world_.files, .path = path, .name = name.empty() ? LastPart(path) : name};
    const ImportsUnderWay::Run run = imports_.Begin(file.name);
    const auto report = [&](std::uint64_t done, std::uint64_t total) {
      run.Report(done, total);
      if (progress) progress(done, total);
    };
    ATTUNE_ASSIGN_OR_RETURN(ImportReport imported, engine::ImportChats(file, *store_, feed_, report));
    if (imported.chats_added + imported.chats_updated > 0) events_.Post("import", ImportEvent(imported));
    return imported;
  }
  Result<std::string> ExportChat(std::int64_t chat, std::string_view format) override {
    return engine::ExportChat(*store_, chat, format);
  }

  Result<SourceStatus> AddSource(const std::string& root, std::string name) override {
    ATTUNE_ASSIGN_OR_RETURN(const Source* const source, reading_.AddSource(root, std::move(name)));
    return source->status();
  }
  Status RemoveSource(std::string_view name) override { return reading_.RemoveSource(name); }

  EngineStatus status() const override;
  std::vector<KnobStatus> Knobs() const override { return pilot_.Knobs(); }
  Result<KnobStatus> PinKnob(std::string_view name, std::string_view value) override {
    ATTUNE_ASSIGN_OR_RETURN(KnobStatus knob, pilot_.Pin(name, value));
    ATTUNE_RETURN_IF_ERROR(store_->Write(store::PinKnob{.name = knob.name, .value = knob.value}));
    return knob;
  }
  Result<KnobStatus> UnpinKnob(std::string_view name) override {
    ATTUNE_ASSIGN_OR_RETURN(KnobStatus knob, pilot_.Unpin(name));
    ATTUNE_RETURN_IF_ERROR(store_->Write(store::UnpinKnob{.name = std::string(name)}));
    return knob;
  }
  std::vector<Decision> Decisions(std::size_t limit, std::int64_t before, std::string_view about) const override {
    return pilot_.Decisions(limit, before, about);
  }

  std::vector<Event> EventsSince(std::uint64_t sequence) const override { return events_.Since(sequence); }
  ListenerId AddEventListener(std::function<void()> on_new_event) override {
    return events_.AddListener(std::move(on_new_event));
  }
  void RemoveEventListener(ListenerId id) override { events_.RemoveListener(id); }

  void set_address(std::string address) override {
    const std::scoped_lock lock(mutex_);
    address_ = std::move(address);
    if (const Status noted = lock_.Rewrite(address_.empty() ? "starting" : address_); !noted.ok()) {
      world_.log.Warning("other processes cannot see the address", {{"error", noted.error().message()}});
    }
  }
  const DataFolder& folder() const override { return folder_; }
  metrics::Registry& metrics() override { return registry_; }
  exec::Executor& executor() override { return executor_; }
  const Clock& clock() const override { return world_.clock; }

 private:
  Bytes ResidentBytes() const {
    const auto memory = probe_.Memory();
    return memory.ok() ? memory->resident : Bytes(0);
  }
  bool Run(exec::Lane lane, std::function<void()> task) { return executor_.TrySubmit(lane, std::move(task)).ok(); }

  Status ApplyPins() {
    ATTUNE_ASSIGN_OR_RETURN(const auto pins, store_->ReadKnobPins());
    for (const store::KnobPin& pin : pins) {
      if (const Status applied = pilot_.registry().Pin(pin.name, pin.value, "pin"); !applied.ok()) {
        world_.log.Warning("a pinned knob is left alone", {{"knob", pin.name}, {"error", applied.error().message()}});
      }
    }
    return OkStatus();
  }

  Status RegisterBudget();
  void RegisterMetrics();
  void KeepHouse(const std::stop_token& stop);
  store::StoreCounts Counts() const;
  Bytes SizeOf(const std::string& path) const;  // 0 for a file that is not there
  void MaintainIndex();

  const EngineConfig config_;
  const Environment world_;
  const std::size_t cores_;
  const DataFolder folder_;
  sys::FileLock lock_;
  const sys::ProcessProbe probe_;
  const TimePoint started_at_;
  std::stop_source stop_;
  metrics::Registry registry_;
  EventRing events_;
  Pilot pilot_;
  const memory::SystemMemoryReader system_memory_;
  memory::Broker broker_;
  YieldGate gate_;
  FileQueue queue_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<index::TextIndex> index_;
  exec::Executor executor_;
  Caches caches_;
  IndexFeed feed_;
  vision::RecognizerPool recognizers_;
  DocumentReader reader_;
  Recall recall_;
  SearchDesk desk_;
  Conversations conversations_;
  ImportsUnderWay imports_;
  metrics::Histogram& freshness_;
  Ingest ingest_;
  Reading reading_;
  Budget budget_;
  std::vector<memory::Registration> cache_registrations_;
  std::vector<metrics::Callback> callbacks_;

  std::atomic<bool> maintaining_{false};
  std::atomic<std::uint64_t> mapped_bytes_{0};  // of the index, resident, about 100 ms old
  mutable std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::string address_;  // guarded by mutex_
  mutable std::mutex counts_mutex_;
  mutable std::optional<store::StoreCounts> counts_;  // guarded by counts_mutex_, as is the next
  mutable std::uint64_t counted_operations_ = 0;      // what counts_ is true for
  std::thread housekeeping_;
};

// The benefits are sketches in the unit of what the caches measure, of a folder that is searched about once a second.
// A busy cache has 1e-4 to 1e-2, an idle one 0: it gives before anything that is named here.
Status EngineInUse::RegisterBudget() {
  ATTUNE_RETURN_IF_ERROR(budget_.Register({.name = "index.live",
                                           .bytes = [this] { return index_->bytes(); },
                                           .minimum = Bytes(1U << 20U),
                                           .benefit = 1e-4,  // a MiB written early costs 10 ms of merging, every 100 s
                                           .shrink = [this](Bytes) { return index_->ReleaseHeld(); }}));
  ATTUNE_RETURN_IF_ERROR(
      budget_.Register({.name = "index.mapped",
                        .bytes = [this] { return Bytes(mapped_bytes_.load(std::memory_order_relaxed)); },
                        .minimum = Bytes(0),
                        .benefit = 1e-3,  // a search finds 10 of its 256 pages gone: 0.1 ms each
                        .shrink = [this](Bytes wanted) { return index_->ReleaseMapped(wanted); }}));
  ATTUNE_RETURN_IF_ERROR(budget_.Register({.name = "store",
                                           .bytes = [this] { return store_->bytes(); },
                                           .minimum = Bytes(1U << 20U),
                                           .benefit = 5e-4,  // its 256 pages twice a second from the kernel: 1 us each
                                           .shrink =
                                               [this](Bytes wanted) {
                                                 const Bytes held = store_->bytes();
                                                 const Bytes left =
                                                     store_->Shrink(held > wanted ? held - wanted : Bytes(0));
                                                 return held > left ? held - left : Bytes(0);
                                               }}));
  ATTUNE_RETURN_IF_ERROR(budget_.Register({.name = "recognizers",
                                           .bytes = [this] { return recognizers_.bytes(); },
                                           .minimum = Bytes(0),
                                           .benefit = 1e-5,  // 16 MiB load in 0.1 s, every ten minutes
                                           .shrink = [this](Bytes) { return recognizers_.ReleaseIdle(); }}));
  std::vector<memory::Consumer*> kept = caches_.consumers();
  kept.push_back(&conversations_.pool());
  for (memory::Consumer* const consumer : kept) {
    ATTUNE_ASSIGN_OR_RETURN(memory::Registration registration, broker_.Register(*consumer));
    cache_registrations_.push_back(std::move(registration));
  }
  return budget_.Register({.name = "index.feed",
                           .bytes = [this] { return feed_.bytes(); },
                           .minimum = Bytes(0),
                           .benefit = 1.0,  // it drains by itself; nothing can be given back
                           .shrink = [](Bytes) { return Bytes(0); }});
}

void EngineInUse::RegisterMetrics() {
  const auto gauge = [this](std::string name, std::string help, std::function<double()> read) {
    callbacks_.push_back(registry_.AddGaugeFunction({std::move(name), std::move(help)}, std::move(read)));
  };
  gauge("attune_resident_bytes", "Resident memory of the process.",
        [this] { return static_cast<double>(ResidentBytes().count()); });
  gauge("attune_memory_limit_bytes", "The memory that was stated.",
        [this] { return static_cast<double>(config_.memory.count()); });
  gauge("attune_memory_limit_now_bytes", "What the system allows of the memory that was stated.",
        [this] { return static_cast<double>(broker_.Snapshot().limit_now.count()); });
  gauge("attune_index_passages", "Passages that can be found.",
        [this] { return static_cast<double>(index_->statistics().passages_live); });
  gauge("attune_reading_share", "Share of its time that reading may work.", [this] { return pilot_.reading_share(); });
  gauge("attune_reading_queue_files", "Files that wait to be read.",
        [this] { return static_cast<double>(queue_.depth().files); });
  callbacks_.push_back(registry_.AddCounterFunction({"attune_read_bytes_total", "Bytes of files that were read."},
                                                    [this] { return static_cast<double>(ingest_.bytes_done()); }));
  callbacks_.push_back(registry_.AddCounterFunction({"attune_read_files_total", "Files that were read."},
                                                    [this] { return static_cast<double>(ingest_.files_done()); }));
  callbacks_.push_back(
      registry_.AddCounterFunction({"attune_store_commits_total", "Transactions of the database."},
                                   [this] { return static_cast<double>(store_->activity().transactions); }));
  callbacks_.push_back(
      registry_.AddCounterFunction({"attune_store_operations_total", "Operations that were committed."},
                                   [this] { return static_cast<double>(store_->activity().operations); }));
}

void EngineInUse::KeepHouse(const std::stop_token& stop) {
  sys::SetThreadName("housekeeping");
  TimePoint sampled_at = world_.clock.Now();
  while (!stop.stop_requested()) {
    const TimePoint now = world_.clock.Now();
    // Asking the kernel page by page is too slow for every reservation.
    mapped_bytes_.store(index_->mapped_bytes_resident().count(), std::memory_order_relaxed);
    broker_.Maintain(now);
    desk_.Advance(now);
    const metrics::HistogramSnapshot recent = desk_.last_second();
    pilot_.Step({.now = now,
                 .p99_seconds = std::chrono::duration<double>(recent.DurationQuantile(0.99)).count(),
                 .completions = recent.count(),
                 .in_flight = desk_.in_flight(),
                 .arrivals_per_second = static_cast<double>(recent.count())});
    gate_.set_share(pilot_.reading_share());
    MaintainIndex();
    if (now - sampled_at >= kSampleEvery) {
      sampled_at = now;
      reading_.Sample();
      caches_.Maintain();
      conversations_.Trim(now);
      world_.log.ReportRepeated();
    }
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, kHousekeepingEvery, [] { return false; });
  }
}

Bytes EngineInUse::SizeOf(const std::string& path) const {
  const auto file = world_.files.Stat(path);
  return Bytes(file.ok() ? file->size : 0);
}

store::StoreCounts EngineInUse::Counts() const {
  const std::uint64_t operations = store_->activity().operations;
  const std::scoped_lock lock(counts_mutex_);
  if (counts_ && operations == counted_operations_) return *counts_;
  if (auto counts = store_->Count(); counts.ok()) {
    counts_ = *counts;
    counted_operations_ = operations;
  }
  return counts_.value_or(store::StoreCounts{});
}

void EngineInUse::MaintainIndex() {
  if (maintaining_.exchange(true)) return;
  const bool accepted = Run(exec::Lane::kBackground, [this] {
    const TimePoint began = world_.clock.Now();
    const auto report = index_->Maintain(pilot_.maintain_bytes());
    if (!report.ok()) {
      world_.log.Warning("the index cannot be merged", {{"error", report.error().message()}});
    }
    gate_.Pass(world_.clock.Now() - began, stop_.get_token());
    const bool again = report.ok() && report->more && !stop_.get_token().stop_requested();
    maintaining_ = false;
    if (again) MaintainIndex();
  });
  if (!accepted) maintaining_ = false;
}

EngineStatus EngineInUse::status() const {
  EngineStatus status;
  status.version = kVersion;
  status.data_dir = config_.data_dir;
  status.name = config_.name.empty() ? LastPart(config_.data_dir) : config_.name;
  status.pid = ::getpid();
  status.uptime = world_.clock.Now() - started_at_;
  status.ready = ready();
  status.reading = reading_.Progress();
  status.reading.share = pilot_.reading_share();
  status.sources = reading_.Sources();
  status.imports = imports_.Snapshot();
  status.search = desk_.latency();

  const memory::BrokerSnapshot budget = broker_.Snapshot();
  status.memory = {.limit = budget.limit,
                   .rss = ResidentBytes(),
                   .rss_peak = budget.measured_peak,
                   .reserved = budget.reserved,
                   .limit_now = budget.limit_now,
                   .consumers = {}};
  for (const memory::ConsumerUse& use : budget.consumers) {
    status.memory.consumers.push_back({.name = use.name,
                                       .bytes = use.bytes,
                                       .minimum = use.bytes_min,
                                       .benefit = use.marginal_benefit,
                                       .shrunk_total = use.shrunk_total,
                                       .target = use.target});
  }
  status.caches = caches_.Statuses();
  for (CacheStatus& cache : status.caches) {
    const auto consumer = std::ranges::find(budget.consumers, "cache." + cache.name, &memory::ConsumerUse::name);
    if (consumer != budget.consumers.end()) cache.target = consumer->target;
  }
  status.pools = {conversations_.pool_status()};
  const index::TextIndexStatistics index = index_->statistics();
  status.index = {.passages = index.passages_live,
                  .terms = index.terms,
                  .segments = index.segments,
                  .on_disk = index.disk,
                  .in_memory = index_->bytes()};
  const store::StoreActivity activity = store_->activity();
  const store::StoreCounts counts = Counts();
  {
    const std::scoped_lock lock(mutex_);
    status.address = address_;
    status.store = {.documents = counts.documents,
                    .passages = counts.passages,
                    .notes = counts.notes,
                    .chats = counts.chats,
                    .messages = counts.messages,
                    .on_disk = SizeOf(folder_.database_path()) + SizeOf(folder_.database_path() + "-wal"),
                    .durability = std::string(store::ToString(ForStore(config_.durability))),
                    .commits = activity.transactions,
                    .operations = activity.operations};
  }
  for (const SourceStatus& source : status.sources) {
    if (source.state == "gone") {
      status.warnings.push_back(
          "The folder of source '" + source.name + "' (" + source.root +
          ") cannot be read; what is remembered of it stays. Mount it again, or remove the source " +
          HowToRemove(source.name) + ".");
    }
  }
  if (feed_.repairing())
    status.warnings.emplace_back("The index is being completed from the database; searches find more by the moment.");
  if (const std::string trouble = ingest_.trouble(); !trouble.empty()) {
    status.warnings.push_back("What was read last could not be stored: " + trouble);
  }
  return status;
}

// The data folder cannot be had: why, and what to do.
Error Unusable(const Error& error, const std::string& data_dir) {
  if (error.code() == ErrorCode::kConflict) {
    return {ErrorCode::kConflict, "the data folder is in use: " + error.message() +
                                      ". Ask that one, stop it, or give another folder with --data (not " + data_dir +
                                      ")"};
  }
  return {error.code(), "the data folder " + data_dir + " cannot be written: " + error.message() +
                            ". Make it writable, or give another folder with --data DIR"};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(EngineConfig config, Environment world) {
  ATTUNE_RETURN_IF_ERROR(Validate(config));
  const DataFolder folder(config.data_dir);
  const Status made = world.files.CreateDirectories(folder.temporary_directory());  // the data folder as well
  if (!made.ok()) return Unusable(made.error(), config.data_dir);
  auto lock = sys::FileLock::Acquire(folder.lock_path(), "starting");
  if (!lock.ok()) return Unusable(lock.error(), config.data_dir);

  ATTUNE_ASSIGN_OR_RETURN(
      auto store,
      store::Store::Open(StoreShare(config.memory, folder.database_path(), ForStore(config.durability)), world.clock));
  ATTUNE_ASSIGN_OR_RETURN(auto index, index::TextIndex::Open(world.files, world.clock, folder.index_directory(),
                                                             IndexShare(config.memory)));
  auto engine =
      std::make_unique<EngineInUse>(std::move(config), world, *std::move(lock), std::move(store), std::move(index));
  ATTUNE_RETURN_IF_ERROR(engine->Prepare());
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace attune::engine
