#pragma once
// FakeEngine: the engine's interface over a few maps, for tests of what stands in front of it.
//
//   FakeEngine engine;
//   engine.HoldSearches();                 // answers wait …
//   engine.ReleaseSearches();              // … until now, on this thread
//
// Threads    as the interface demands; the knobs of the fake itself are thread-safe as well.

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "attune/engine/engine.h"

namespace attune::server {

class FakeEngine final : public engine::Engine {
 public:
  explicit FakeEngine(const Clock& clock = SystemClock())
      : clock_(clock), executor_(clock, {.workers = 2, .interactive_reserved = 1, .blocking_max = 4}) {}
  ~FakeEngine() override { executor_.Shutdown(exec::Executor::Pending::kRun); }

  // ---- what tests turn
  void HoldSearches() { holding_ = true; }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void ReleaseSearches() {
    holding_ = false;
    std::vector<std::function<void()>> answers;
    {
      const std::lock_guard lock(mutex_);
      answers.swap(held_);
    }
    for (const auto& answer : answers) answer();
  }
  void FailSearchesWith(std::optional<Error> error) {
    const std::lock_guard lock(mutex_);
    search_error_ = std::move(error);
  }
  void set_ready(bool ready) { ready_ = ready; }
  void set_snippet(std::string snippet) {
    const std::lock_guard lock(mutex_);
    snippet_ = std::move(snippet);
  }
  engine::SearchRequest last_search() const {
    const std::lock_guard lock(mutex_);
    return last_search_;
  }
  std::string last_import() const {  // the content of the file
    const std::lock_guard lock(mutex_);
    return last_import_;
  }
  std::string last_import_path() const {
    const std::lock_guard lock(mutex_);
    return last_import_path_;
  }
  std::string address() const {
    const std::lock_guard lock(mutex_);
    return address_;
  }
  void Post(std::string type, std::string json) {
    std::vector<std::function<void()>> listeners;
    {
      const std::lock_guard lock(mutex_);
      events_.push_back({++sequence_, std::move(type), std::move(json)});
      if (events_.size() > kEventsKept) events_.erase(events_.begin());
    }
    // Under this lock a listener is called, so that removing one waits for it.
    const std::lock_guard lock(listener_mutex_);
    for (const auto& [id, listener] : listeners_) listener();
  }
  static constexpr std::size_t kEventsKept = 1024;

  // ---- the interface
  void Start() override {}
  void WaitUntilRead(std::stop_token /*stop*/) override {}
  bool ready() const override { return ready_; }

  Result<engine::SearchResponse> Search(const engine::SearchRequest& request) override {
    const std::lock_guard lock(mutex_);
    last_search_ = request;
    if (search_error_) return *search_error_;
    return Found(request);
  }
  void SearchAsync(engine::SearchRequest request, std::function<void(Result<engine::SearchResponse>)> done) override {
    if (holding_) {
      const std::lock_guard lock(mutex_);
      held_.push_back([this, request = std::move(request), done = std::move(done)] { done(Search(request)); });
      return;
    }
    auto work = [this, request = std::move(request), done] { done(Search(request)); };
    auto refused = [done](const Error& why) { done(why); };
    exec::Task task(std::move(work), refused);
    if (attune::Status status = executor_.TrySubmit(exec::Lane::kInteractive, std::move(task)); !status.ok()) {
      refused(status.error());
    }
  }
  Duration retry_after() const override { return std::chrono::milliseconds(1500); }

  Result<engine::Passage> ReadPassage(std::string_view id) override {
    if (id == "p1" || id == "p2") {
      engine::Passage passage;
      passage.where = Hit(id == "p1" ? 1 : 2);
      passage.title = "store.cc";
      passage.text = id == "p1" ? "first line\nsecond line\n" : std::string(4000, 'x');
      passage.absolute_path = "/home/me/project/src/store.cc";
      passage.words.push_back({"first", 0.5F, 1, 2, 3, 4});
      return passage;
    }
    if (id == "broken") return Error(ErrorCode::kCorruption, "segment 7 fails its checksum");
    return Error(ErrorCode::kNotFound, "there is no passage '" + std::string(id) + "'");
  }

  void Remember(engine::Note draft, std::function<void(Result<engine::Note>)> done) override {
    {
      const std::lock_guard lock(mutex_);
      draft.id = ++last_note_;
      draft.created = clock_.WallNow();
      notes_[draft.id] = draft;
    }
    Post("note", "{\"id\":\"n" + std::to_string(draft.id) + "\"}");
    done(std::move(draft));
  }
  void Forget(std::string_view id, std::function<void(attune::Status)> done) override {
    const std::unique_lock lock(mutex_);
    const bool removed = id.starts_with('n') && notes_.erase(std::stoll(std::string(id.substr(1)))) > 0;
    done(removed ? OkStatus() : attune::Status(Error(ErrorCode::kNotFound, "there is no " + std::string(id))));
  }
  Result<std::vector<engine::Note>> Notes(std::size_t limit, std::int64_t before) override {
    const std::lock_guard lock(mutex_);
    std::vector<engine::Note> notes;
    for (auto it = notes_.rbegin(); it != notes_.rend() && notes.size() < limit; ++it) {
      if (before == 0 || it->first < before) notes.push_back(it->second);
    }
    return notes;
  }

  void CreateChat(std::string title, std::string model,
                  std::function<void(Result<engine::ChatSummary>)> done) override {
    engine::ChatSummary chat;
    {
      const std::lock_guard lock(mutex_);
      chat.id = static_cast<std::int64_t>(chats_.size()) + 1;
      chat.title = std::move(title);
      chat.model = std::move(model);
      chat.origin = "attune";
      chat.created = clock_.WallNow();
      chats_[chat.id] = {chat, {}};
    }
    done(std::move(chat));
  }
  void AppendMessage(std::int64_t chat, engine::MessageDraft draft,
                     std::function<void(Result<engine::Message>)> done) override {
    std::unique_lock lock(mutex_);
    const auto found = chats_.find(chat);
    if (found == chats_.end()) {
      lock.unlock();
      return done(Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(chat)));
    }
    auto& messages = found->second.second;
    engine::Message message;
    message.id = ++last_message_;
    message.parent = draft.parent != 0 ? draft.parent : (messages.empty() ? 0 : messages.back().id);
    message.role = draft.role;
    message.content = draft.content;
    message.model = draft.model;
    message.created = clock_.WallNow();
    message.metadata_json = draft.metadata_json;
    messages.push_back(message);
    lock.unlock();
    done(std::move(message));
  }
  Result<std::vector<engine::ChatSummary>> Chats(std::size_t limit, std::int64_t before) override {
    const std::lock_guard lock(mutex_);
    std::vector<engine::ChatSummary> chats;
    for (auto it = chats_.rbegin(); it != chats_.rend() && chats.size() < limit; ++it) {
      if (before == 0 || it->first < before) chats.push_back(it->second.first);
    }
    return chats;
  }
  Result<engine::ChatPage> ReadChat(std::int64_t chat, std::int64_t /*leaf*/, std::size_t limit,
                                    std::int64_t /*before*/) override {
    const std::lock_guard lock(mutex_);
    const auto found = chats_.find(chat);
    if (found == chats_.end()) return Error(ErrorCode::kNotFound, "there is no chat c" + std::to_string(chat));
    engine::ChatPage page;
    page.chat = found->second.first;
    page.messages = found->second.second;
    if (page.messages.size() > limit) {
      page.messages.erase(page.messages.begin(), page.messages.end() - static_cast<std::ptrdiff_t>(limit));
      page.next_before = page.messages.front().id;
    }
    return page;
  }
  void DeleteChat(std::int64_t chat, std::function<void(attune::Status)> done) override {
    std::unique_lock lock(mutex_);
    const bool removed = chats_.erase(chat) > 0;
    lock.unlock();
    done(removed ? OkStatus() : attune::Status(Error(ErrorCode::kNotFound, "there is no such chat")));
  }
  Result<engine::ImportReport> ImportChats(const std::string& path, const std::string& /*name*/,
                                           const engine::ImportProgress&) override {
    Result<std::string> text = sys::RealFileSystem().Read(path, 1_GiB);
    if (!text.ok()) return std::move(text).error();
    const std::lock_guard lock(mutex_);
    last_import_ = *std::move(text);
    last_import_path_ = path;
    engine::ImportReport report;
    report.format = "jsonl";
    report.messages_added = last_import_.size();
    return report;
  }
  static constexpr std::int64_t kChatsMax = 100;  // more than a test makes
  Result<std::string> ExportChat(std::int64_t chat, std::string_view format) override {
    if (chat < 1 || chat > kChatsMax) return Error(ErrorCode::kNotFound, "there is no such chat");
    return "chat " + std::to_string(chat) + " as " + std::string(format) + "\n";
  }

  Result<engine::SourceStatus> AddSource(const std::string& root, std::string name) override {
    engine::SourceStatus source;
    source.id = 1;
    source.root = root;
    source.name = name.empty() ? "project" : std::move(name);
    source.state = "reading";
    source.skipped.push_back({"binary", 3, "nothing to do", {"a.bin"}});
    const std::lock_guard lock(mutex_);
    sources_.push_back(source);
    return source;
  }
  attune::Status RemoveSource(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto removed = std::erase_if(sources_, [&](const auto& source) { return source.name == name; });
    if (removed == 0) return Error(ErrorCode::kNotFound, "there is no source '" + std::string(name) + "'");
    return OkStatus();
  }

  engine::EngineStatus status() const override {
    engine::EngineStatus status;
    status.version = "0.1.0";
    status.name = "fake";
    status.ready = ready_;
    status.reading.remaining = std::chrono::seconds(3);
    status.memory.consumers.push_back({"index", 10_MiB, 1_MiB, 0.5, 0_B, std::nullopt});
    status.memory.consumers.push_back({"cache.answers", 2_MiB, 1_MiB, 0.5, 0_B, 3_MiB});
    status.caches.push_back({.name = "answers",
                             .policy = "lirs",
                             .target = 3_MiB,
                             .loads = 7,
                             .load_time_mean = std::chrono::microseconds(1500)});
    const std::lock_guard lock(mutex_);
    status.address = address_;
    status.sources = sources_;
    return status;
  }
  std::vector<engine::KnobStatus> Knobs() const override {
    const std::lock_guard lock(mutex_);
    return {knob_};
  }
  Result<engine::KnobStatus> PinKnob(std::string_view name, std::string_view value) override {
    const std::lock_guard lock(mutex_);
    if (name != knob_.name) return Error(ErrorCode::kNotFound, "there is no knob '" + std::string(name) + "'");
    knob_.value = value;
    knob_.pinned = true;
    knob_.changed_by = "pin";
    return knob_;
  }
  Result<engine::KnobStatus> UnpinKnob(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    if (name != knob_.name) return Error(ErrorCode::kNotFound, "there is no knob '" + std::string(name) + "'");
    knob_.pinned = false;
    return knob_;
  }

  // 60 decisions, of which every third is about a cache.
  std::vector<engine::Decision> Decisions(std::size_t limit, std::int64_t before,
                                          std::string_view about) const override {
    std::vector<engine::Decision> decisions;
    for (std::int64_t id = 60; id > 0 && decisions.size() < limit; --id) {
      engine::Decision decision{.id = id,
                                .time = WallTime(std::chrono::milliseconds(1'700'000'000'000 + id)),
                                .what = id % 3 == 0 ? "cache.answers.policy" : "ingest.share",
                                .from = "a",
                                .to = "b",
                                .by = "somebody",
                                .inputs = {{"p99_ms", 71.5}},
                                .reason = "it was time"};
      if ((before == 0 || id < before) && decision.what.starts_with(about)) decisions.push_back(std::move(decision));
    }
    return decisions;
  }

  std::vector<engine::Event> EventsSince(std::uint64_t sequence) const override {
    const std::lock_guard lock(mutex_);
    std::vector<engine::Event> events;
    for (const engine::Event& event : events_) {
      if (event.sequence > sequence) events.push_back(event);
    }
    return events;
  }
  ListenerId AddEventListener(std::function<void()> on_new_event) override {
    const std::lock_guard lock(listener_mutex_);
    listeners_[++last_listener_] = std::move(on_new_event);
    return last_listener_;
  }
  void RemoveEventListener(ListenerId id) override {
    const std::lock_guard lock(listener_mutex_);
    listeners_.erase(id);
  }

  void set_address(std::string address) override {
    const std::lock_guard lock(mutex_);
    address_ = std::move(address);
  }
  const engine::DataFolder& folder() const override { return folder_; }
  metrics::Registry& metrics() override { return metrics_; }
  exec::Executor& executor() override { return executor_; }
  const Clock& clock() const override { return clock_; }

 private:
  engine::SearchHit Hit(int number) const {
    engine::SearchHit hit;
    hit.id = "p" + std::to_string(number);
    hit.kind = "code";
    hit.source = "project";
    hit.path = "src/store.cc";
    hit.language = "cpp";
    hit.symbol = "Store::Open";
    hit.line_begin = static_cast<std::uint32_t>(number * 100);
    hit.line_end = hit.line_begin + 1;
    hit.time = WallTime(std::chrono::milliseconds(1'700'000'000'123));
    hit.snippet = snippet_;
    hit.highlights = {{6, 10}};
    hit.score = 1.5F;
    hit.parts = {1, 0.25F, 0.25F, 0};
    return hit;
  }
  engine::SearchResponse Found(const engine::SearchRequest& request) const {
    engine::SearchResponse response;
    for (int i = 1; i <= 2 && static_cast<std::size_t>(i) <= request.limit; ++i) response.hits.push_back(Hit(i));
    response.matched = 2;
    response.took = std::chrono::microseconds(1250);
    return response;
  }

  const Clock& clock_;
  engine::DataFolder folder_{"/nonexistent"};
  metrics::Registry metrics_;
  std::atomic<bool> holding_{false};
  std::atomic<bool> ready_{true};
  mutable std::mutex mutex_;  // guards what follows up to the listeners
  std::string snippet_ = "open( file )";
  std::optional<Error> search_error_;
  std::vector<std::function<void()>> held_;
  engine::SearchRequest last_search_;
  std::string last_import_;
  std::string last_import_path_;
  std::string address_;
  std::map<std::int64_t, engine::Note> notes_;
  std::map<std::int64_t, std::pair<engine::ChatSummary, std::vector<engine::Message>>> chats_;
  std::int64_t last_note_ = 0;
  std::int64_t last_message_ = 0;
  std::vector<engine::SourceStatus> sources_;
  engine::KnobStatus knob_{"ingest.threads",     "2",   "2",      "number", "1 to 64", "at once",
                           "Threads that read.", false, "default"};
  std::vector<engine::Event> events_;
  std::uint64_t sequence_ = 0;
  std::mutex listener_mutex_;
  std::map<ListenerId, std::function<void()>> listeners_;  // guarded by listener_mutex_
  ListenerId last_listener_ = 0;
  exec::Executor executor_;  // last: its threads use all of the above
};

}  // namespace attune::server
