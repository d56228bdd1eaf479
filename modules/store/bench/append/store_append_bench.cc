// Durable appends: this store against SQLite with one fsynced commit per message, on the same disk, in
// the same run, interleaved, with the same schema. Beside both a raw write and fdatasync, because a durable append
// cannot be better understood than the disk below it.
//
//   store_append_bench [--rounds=5] [--seconds=1] [--writers=64] [--folder=DIR] [--corpus=/usr/include]
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "attune/base/check.h"
#include "attune/store/fault_disk.h"
#include "attune/store/store.h"

namespace {

using attune::Result;
using attune::Status;
using attune::store::AppendMessage;
using attune::store::ChatId;
using attune::store::CreateChat;
using attune::store::FaultDisk;
using attune::store::MessageId;
using attune::store::NewDocument;
using attune::store::PutDocuments;
using attune::store::PutSource;
using attune::store::Store;
using Timer = std::chrono::steady_clock;

struct Options {
  int rounds = 5;
  double seconds = 1.0;
  int writers = 64;
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  std::filesystem::path corpus = "/usr/include";
};

template <typename T>
T Must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().ToString().c_str());
    std::exit(1);
  }
  return *std::move(result);
}

double SecondsSince(Timer::time_point begin) { return std::chrono::duration<double>(Timer::now() - begin).count(); }

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

const std::string& MessageText() {
  static const std::string text(400, 'm');
  return text;
}

// Runs `body(thread)` on many threads until time is up; returns how many calls a second were made, and adds how long
// each took (in microseconds).
double RunThreads(int threads, double seconds, const std::function<void(int)>& body, std::vector<double>& latencies) {
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::uint64_t count = 0;
  std::vector<std::thread> pool;
  const auto begin = Timer::now();
  for (int t = 0; t < threads; ++t) {
    pool.emplace_back([&, t] {
      std::vector<double> own;
      while (!stop.load(std::memory_order_relaxed)) {
        const auto start = Timer::now();
        body(t);
        own.push_back(SecondsSince(start) * 1e6);
      }
      const std::lock_guard lock(mutex);
      count += own.size();
      latencies.insert(latencies.end(), own.begin(), own.end());
    });
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop.store(true);
  for (std::thread& thread : pool) thread.join();
  return static_cast<double>(count) / SecondsSince(begin);
}

// --- What is compared ---

class Contestant {
 public:
  explicit Contestant(std::string name) : name_(std::move(name)) {}
  virtual ~Contestant() = default;
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual double Run(double seconds) = 0;  // messages per second

  void Round(double seconds) { rates_.push_back(Run(seconds)); }
  const std::string& name() const { return name_; }
  double median() const { return Median(rates_); }
  double lowest() const { return *std::min_element(rates_.begin(), rates_.end()); }
  double highest() const { return *std::max_element(rates_.begin(), rates_.end()); }
  std::vector<double>& latencies() { return latencies_; }

 private:
  std::string name_;
  std::vector<double> rates_;
  std::vector<double> latencies_;
};

class RawDisk final : public Contestant {
 public:
  RawDisk(const std::filesystem::path& folder, std::chrono::milliseconds extra)
      : Contestant("raw write + fdatasync, 1 thread"),
        fd_(::open((folder / "raw").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        extra_(extra) {}
  ~RawDisk() override { ::close(fd_); }
  double Run(double seconds) override {
    return RunThreads(
        1, seconds,
        [this](int) {
          ATTUNE_CHECK(::write(fd_, MessageText().data(), MessageText().size()) > 0, "the disk takes 400 bytes");
          ATTUNE_CHECK(::fdatasync(fd_) == 0, "and syncs them");
          if (extra_.count() > 0) std::this_thread::sleep_for(extra_);
        },
        latencies());
  }

 private:
  int fd_;
  std::chrono::milliseconds extra_;
};

// The statements of AppendMessage, one transaction and one sync each, on one connection behind a mutex: in WAL mode
// there is one writer at a time anyway, and this spares SQLite's busy handler its sleeping.
class SqliteCommitPerMessage final : public Contestant {
 public:
  SqliteCommitPerMessage(const std::string& path, const std::string& vfs, int writers)
      : Contestant("SQLite, a commit per message, " + std::to_string(writers) + " threads"), writers_(writers) {
    {
      const auto store = Must(Store::Open({.path = path, .vfs = vfs}, attune::SystemClock()));  // the schema
      chat_ = Must(store->Write(CreateChat{.title = "bench"}));
    }
    const char* name = vfs.empty() ? nullptr : vfs.c_str();
    ATTUNE_CHECK(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE, name) == SQLITE_OK, "the database opens");
    sqlite3_exec(
        db_,
        "PRAGMA synchronous = FULL; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF",
        nullptr, nullptr, nullptr);
    begin_ = Prepare("BEGIN IMMEDIATE");
    head_ = Prepare("SELECT head FROM chats WHERE id = ?");
    insert_ = Prepare(
        "INSERT INTO messages(chat_id, parent_id, role, content, model, created_at, metadata) VALUES (?, ?, 'user', ?, "
        "'', ?, '')");
    update_ = Prepare(
        "UPDATE chats SET head = ?, message_count = message_count + 1, updated_at = MAX(updated_at, ?) WHERE id = ?");
    commit_ = Prepare("COMMIT");
  }
  ~SqliteCommitPerMessage() override {
    for (sqlite3_stmt* statement : {begin_, head_, insert_, update_, commit_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  double Run(double seconds) override {
    return RunThreads(writers_, seconds, [this](int) { Append(); }, latencies());
  }

 private:
  sqlite3_stmt* Prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    ATTUNE_CHECK(sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) == SQLITE_OK, sql);
    return statement;
  }
  static void Step(sqlite3_stmt* statement) {
    ATTUNE_CHECK(sqlite3_step(statement) == SQLITE_DONE, sqlite3_sql(statement));
    sqlite3_reset(statement);
  }
  void Append() {
    const std::lock_guard lock(mutex_);
    const auto now = attune::SystemClock().WallNow().time_since_epoch().count();
    Step(begin_);
    sqlite3_bind_int64(head_, 1, chat_.value);
    ATTUNE_CHECK(sqlite3_step(head_) == SQLITE_ROW, "the chat is there");
    const sqlite3_int64 head = sqlite3_column_int64(head_, 0);
    sqlite3_reset(head_);
    sqlite3_bind_int64(insert_, 1, chat_.value);
    if (head != 0) sqlite3_bind_int64(insert_, 2, head);
    sqlite3_bind_text(insert_, 3, MessageText().data(), static_cast<int>(MessageText().size()), SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 4, now);
    Step(insert_);
    sqlite3_bind_int64(update_, 1, sqlite3_last_insert_rowid(db_));
    sqlite3_bind_int64(update_, 2, now);
    sqlite3_bind_int64(update_, 3, chat_.value);
    Step(update_);
    Step(commit_);
  }

  int writers_;
  std::mutex mutex_;
  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* head_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* update_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  ChatId chat_;
};

class BlockingWrites final : public Contestant {
 public:
  BlockingWrites(const std::string& path, const std::string& vfs, int writers)
      : Contestant("attune Write, " + std::to_string(writers) + " threads"),
        writers_(writers),
        store_(Must(Store::Open({.path = path, .vfs = vfs}, attune::SystemClock()))),
        chat_(Must(store_->Write(CreateChat{.title = "bench"}))) {}
  double Run(double seconds) override {
    return RunThreads(
        writers_, seconds,
        [this](int) { Must(store_->Write(AppendMessage{.chat = chat_, .role = "user", .content = MessageText()})); },
        latencies());
  }

 private:
  int writers_;
  std::unique_ptr<Store> store_;
  ChatId chat_;
};

// Keeps as many appends in flight as there are writers in the other rows.
class AsyncWrites final : public Contestant {
 public:
  AsyncWrites(const std::string& path, const std::string& vfs, int in_flight)
      : Contestant("attune Submit, " + std::to_string(in_flight) + " in flight"),
        in_flight_max_(in_flight),
        store_(Must(Store::Open({.path = path, .vfs = vfs}, attune::SystemClock()))),
        chat_(Must(store_->Write(CreateChat{.title = "bench"}))) {}
  double Run(double seconds) override {
    const auto begin = Timer::now();
    stop_.store(false);
    for (int i = 0; i < in_flight_max_; ++i) SubmitOne();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stop_.store(true);
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [&] { return in_flight_ == 0; });
    return static_cast<double>(std::exchange(finished_, 0)) / SecondsSince(begin);
  }

 private:
  void SubmitOne() {
    {
      const std::lock_guard lock(mutex_);
      ++in_flight_;
    }
    const auto start = Timer::now();
    const Status accepted = store_->Submit(AppendMessage{.chat = chat_, .role = "user", .content = MessageText()},
                                           [this, start](const Result<MessageId>& outcome) {
                                             ATTUNE_CHECK(outcome.ok(), "every message is stored");
                                             Finish(start);
                                           });
    ATTUNE_CHECK(accepted.ok(), "fewer are in flight than the queue takes");
  }
  void Finish(Timer::time_point start) {
    latencies().push_back(SecondsSince(start) * 1e6);  // the writer thread only
    if (!stop_.load(std::memory_order_relaxed)) SubmitOne();
    const std::lock_guard lock(mutex_);
    ++finished_;
    if (--in_flight_ == 0) idle_.notify_one();
  }

  int in_flight_max_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable idle_;
  int in_flight_ = 0;           // guarded by mutex_
  std::uint64_t finished_ = 0;  // guarded by mutex_
  std::unique_ptr<Store> store_;
  ChatId chat_;
};

void CompareAppends(const Options& options, std::chrono::milliseconds sync_time) {
  const std::filesystem::path folder = options.folder / ("attune-append-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  {
    FaultDisk disk("slow-disk");
    disk.SetSyncTime(sync_time);
    const std::string vfs = sync_time.count() > 0 ? disk.name() : "";
    RawDisk raw(folder, sync_time);
    SqliteCommitPerMessage sqlite((folder / "sqlite.db").string(), vfs, options.writers);
    BlockingWrites blocking((folder / "blocking.db").string(), vfs, options.writers);
    AsyncWrites async((folder / "async.db").string(), vfs, options.writers);
    const std::vector<Contestant*> all = {&raw, &sqlite, &blocking, &async};
    for (int round = 0; round < options.rounds; ++round) {
      for (Contestant* contestant : all) contestant->Round(options.seconds);
    }
    std::printf("%-44s %10s %18s %9s %9s %8s\n", "durable appends of 400 bytes", "median/s", "lowest..highest",
                "p50 us", "p99 us", "ratio");
    for (Contestant* contestant : all) {
      std::sort(contestant->latencies().begin(), contestant->latencies().end());
      std::printf("%-44s %10.0f %8.0f..%-8.0f %9.0f %9.0f %7.1fx\n", contestant->name().c_str(), contestant->median(),
                  contestant->lowest(), contestant->highest(), Percentile(contestant->latencies(), 0.5),
                  Percentile(contestant->latencies(), 0.99), contestant->median() / sqlite.median());
    }
    std::printf("fsync p50 of this disk%s: %.0f us (the first row)\n\n", sync_time.count() > 0 ? " with the wait" : "",
                Percentile(raw.latencies(), 0.5));
  }
  std::filesystem::remove_all(folder);
}

// --- Documents ---

std::vector<NewDocument> ReadCorpus(const std::filesystem::path& root, std::size_t bytes_max) {
  std::vector<NewDocument> documents;
  std::size_t bytes = 0;
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator it(root, ignored), end; it != end && bytes < bytes_max;
       it.increment(ignored)) {
    if (!it->is_regular_file(ignored) || it->file_size(ignored) > (1U << 20U)) continue;
    std::ifstream in(it->path(), std::ios::binary);
    NewDocument document{.path = it->path().string(), .kind = attune::store::DocumentKind::kCode};
    document.text.assign(std::istreambuf_iterator<char>(in), {});
    document.size = document.text.size();
    document.content_hash = attune::ContentHash(document.text);
    constexpr std::size_t kPassageBytes = 1'500;  // about forty lines
    for (std::size_t at = 0; at < document.text.size(); at += kPassageBytes) {
      document.passages.push_back({.byte_begin = at,
                                   .byte_end = std::min(document.text.size(), at + kPassageBytes),
                                   .symbol = "name",
                                   .symbol_kind = "function"});
    }
    bytes += document.text.size();
    documents.push_back(std::move(document));
  }
  return documents;
}

std::vector<std::vector<NewDocument>> SplitIntoBatches(const std::vector<NewDocument>& corpus) {
  constexpr std::size_t kBatch = 64;
  std::vector<std::vector<NewDocument>> batches;
  for (std::size_t at = 0; at < corpus.size(); at += kBatch) {
    batches.emplace_back(corpus.begin() + static_cast<std::ptrdiff_t>(at),
                         corpus.begin() + static_cast<std::ptrdiff_t>(std::min(corpus.size(), at + kBatch)));
  }
  return batches;
}

void MeasureIngestion(const Options& options) {
  const std::filesystem::path folder = options.folder / ("attune-ingest-" + std::to_string(::getpid()));
  const auto corpus = ReadCorpus(options.corpus, static_cast<std::size_t>(options.seconds * 64e6));
  double bytes = 0;
  std::size_t passages = 0;
  for (const NewDocument& document : corpus) {
    bytes += static_cast<double>(document.text.size());
    passages += document.passages.size();
  }
  std::printf("documents of %s: %zu files, %.1f MB, %zu passages\n", options.corpus.c_str(), corpus.size(), bytes / 1e6,
              passages);
  for (const bool with_chats : {false, true}) {
    std::filesystem::create_directories(folder);
    const auto store = Must(Store::Open({.path = (folder / "attune.db").string()}, attune::SystemClock()));
    const auto source = Must(store->Write(PutSource{.name = "corpus"}));
    const ChatId chat = Must(store->Write(CreateChat{.title = "meanwhile"}));
    std::vector<double> latencies;
    std::atomic<bool> stop{false};
    std::thread talker([&] {
      while (with_chats && !stop.load()) {
        const auto start = Timer::now();
        Must(store->Write(AppendMessage{.chat = chat, .role = "user", .content = MessageText()}));
        latencies.push_back(SecondsSince(start) * 1e6);
      }
    });
    auto batches = SplitIntoBatches(corpus);
    const auto begin = Timer::now();
    for (auto& batch : batches) Must(store->Write(PutDocuments{.source = source, .documents = std::move(batch)}));
    const double seconds = SecondsSince(begin);
    stop.store(true);
    talker.join();
    std::printf("%-44s %7.1f MB/s", with_chats ? "ingestion, 1 thread, beside a chat" : "ingestion, 1 thread",
                bytes / 1e6 / seconds);
    std::sort(latencies.begin(), latencies.end());
    if (with_chats) {
      std::printf("   appends meanwhile: %zu, p50 %.0f us, p99 %.0f us, longest %.0f us", latencies.size(),
                  Percentile(latencies, 0.5), Percentile(latencies, 0.99), Percentile(latencies, 1.0));
    }
    std::printf("\n");
    std::filesystem::remove_all(folder);
  }
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string value(argument.substr(std::min(argument.size(), argument.find('=') + 1)));
    if (argument.starts_with("--rounds=")) {
      options.rounds = std::max(1, std::atoi(value.c_str()));
    } else if (argument.starts_with("--seconds=")) {
      options.seconds = std::atof(value.c_str());
    } else if (argument.starts_with("--writers=")) {
      options.writers = std::max(1, std::atoi(value.c_str()));
    } else if (argument.starts_with("--folder=")) {
      options.folder = value;
    } else if (argument.starts_with("--corpus=")) {
      options.corpus = value;
    } else {
      std::fprintf(stderr, "unknown argument %s\n", argv[i]);
      std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  std::printf("SQLite %s, %d rounds of %.1f s, interleaved\n\n", sqlite3_libversion(), options.rounds, options.seconds);
  std::printf("this disk\n");
  CompareAppends(options, std::chrono::milliseconds(0));
  std::printf("a disk whose sync takes 4 ms more\n");
  CompareAppends(options, std::chrono::milliseconds(4));
  MeasureIngestion(options);
}
