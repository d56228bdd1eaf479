// The engine on real folders: what is written is found, what is gone is gone, and
// what was remembered is there after a restart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "attune/metrics/prometheus.h"
#include "engine_fixture.h"

namespace attune::engine {
namespace {

using namespace attune::literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(EngineTest, WhatIsInAFolderIsFoundWithItsLines) {
  Write("src/pool.cc", "// Buffers.\n#include <vector>\n\nint AcquireBuffer(int size) {\n  return size;\n}\n");
  Write("README.md", "# Handbook\n\nHow the buffers are acquired.\n");
  Open(Config());
  Read();
  const auto answer = engine_->Search({.query = "AcquireBuffer"});
  ASSERT_TRUE(answer.ok()) << answer.error().message();
  ASSERT_FALSE(answer->hits.empty());
  const SearchHit& hit = answer->hits[0];
  EXPECT_EQ(hit.path, "src/pool.cc");
  EXPECT_EQ(hit.language, "cpp");
  EXPECT_EQ(hit.symbol, "AcquireBuffer");
  EXPECT_GE(hit.line_end, 4U);
  EXPECT_GT(hit.parts.symbol, 0);
  EXPECT_NEAR(hit.score, hit.parts.body + hit.parts.stem + hit.parts.symbol + hit.parts.path, 1e-3);
  const auto is_the_name = [&](const ByteRange& mark) {
    return hit.snippet.substr(mark.begin, mark.end - mark.begin) == "AcquireBuffer";
  };
  EXPECT_TRUE(std::ranges::any_of(hit.highlights, is_the_name)) << hit.snippet;
  EXPECT_EQ(Paths("acquire kind:prose"), std::vector<std::string>{"README.md"}) << "the stem of acquired";
}

TEST_F(EngineTest, APassageOpensWithWhatStandsAroundIt) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += "int function_" + std::to_string(i) + "() {\n  return " + std::to_string(i) + ";\n}\n\n";
  Write("a.cc", text);
  Open(Config());
  Read();
  const auto answer = engine_->Search({.query = "function_10"});
  ASSERT_TRUE(answer.ok() && !answer->hits.empty());
  const auto passage = engine_->ReadPassage(answer->hits[0].id);
  ASSERT_TRUE(passage.ok()) << passage.error().message();
  EXPECT_NE(passage->text.find("function_10"), std::string::npos);
  EXPECT_EQ(passage->absolute_path, (base_ / "project" / "a.cc").string());
  const std::size_t begin = text.find(passage->text);
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(text.substr(begin - passage->before.size(), passage->before.size()), passage->before);
  EXPECT_EQ(text.substr(begin + passage->text.size(), passage->after.size()), passage->after);
  EXPECT_FALSE(engine_->ReadPassage("p999999").ok());
  EXPECT_EQ(engine_->ReadPassage("rubbish").error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(EngineTest, AnUnchangedFolderIsNotReadAgain) {
  for (int i = 0; i < 20; ++i) Write("f" + std::to_string(i) + ".txt", "text number " + std::to_string(i));
  Open(Config());
  Read();
  EXPECT_EQ(engine_->status().sources[0].files_read, 20U);
  Open(Config());
  Read();
  const SourceStatus source = engine_->status().sources[0];
  EXPECT_EQ(source.files_read, 0U);
  EXPECT_EQ(source.files_unchanged, 20U);
  EXPECT_EQ(Paths("number").size(), 20U);
}

TEST_F(EngineTest, TheCountsOfASourceAreThoseOfTheStoreWhateverHappenedMeanwhile) {
  const std::string text = "int first() {\n  return 1;\n}\n\nint second() {\n  return 2;\n}\n";
  for (const char* name : {"stays.cc", "edited.cc", "removed.cc", "binary.cc"}) Write(name, text);
  Write("skipped.bin", std::string(100, '\0'));
  const auto expect = [&](std::uint64_t documents, std::uint64_t skipped, const char* when) {
    const EngineStatus status = engine_->status();
    const SourceStatus& source = status.sources.at(0);
    EXPECT_EQ(source.documents, documents) << when;
    EXPECT_EQ(source.documents, status.store.documents) << when;
    EXPECT_EQ(source.passages, status.store.passages) << when;
    std::uint64_t files = 0;
    for (const SkipCount& skip : source.skipped) files += skip.files;
    EXPECT_EQ(files, skipped) << when;
  };
  Open(Config());
  Read();
  expect(4, 1, "read for the first time");
  EXPECT_GE(engine_->status().sources[0].passages, 4U);

  engine_.reset();
  Write("edited.cc", text + "\nint third() {\n  return 3;\n}\n");
  Write("added.cc", text);
  Write("binary.cc", std::string(200, '\0'));
  Write("skipped.bin", std::string(300, '\0'));
  fs::remove(base_ / "project" / "removed.cc");
  Open(Config());
  expect(4, 1, "before anything is read, as of a look at the status without a server");
  Read();
  expect(3, 2, "changed while nobody watched");
  Open(Config());
  Read();
  expect(3, 2, "nothing changed");
  fs::remove(base_ / "project" / "skipped.bin");
  EXPECT_TRUE(WaitFor([&] { return engine_->status().sources[0].files_removed == 1; }));
  expect(3, 1, "a skipped file was removed");
}

TEST_F(EngineTest, ATouchedFileKeepsItsPassages) {
  Write("a.txt", "the same words");
  Open(Config());
  Read();
  const auto before = engine_->Search({.query = "words"});
  ASSERT_TRUE(before.ok() && !before->hits.empty());
  engine_.reset();
  fs::last_write_time(base_ / "project" / "a.txt", fs::file_time_type::clock::now() + std::chrono::hours(1));
  Open(Config());
  Read();
  const auto after = engine_->Search({.query = "words"});
  ASSERT_TRUE(after.ok() && !after->hits.empty());
  EXPECT_EQ(after->hits[0].id, before->hits[0].id);
  EXPECT_EQ(engine_->status().sources[0].files_read, 0U);
}

TEST_F(EngineTest, ManyTouchedFilesCostAFewCommits) {
  constexpr int kFiles = 300;
  for (int i = 0; i < kFiles; ++i) Write("f" + std::to_string(i) + ".txt", "text number " + std::to_string(i));
  Open(Config());
  Read();
  engine_.reset();
  const auto later = fs::file_time_type::clock::now() + std::chrono::hours(1);
  for (const auto& file : fs::directory_iterator(base_ / "project")) fs::last_write_time(file, later);
  Open(Config());
  Read();
  EXPECT_LE(engine_->status().store.commits, 10U) << "as after a branch switch";
  EXPECT_EQ(engine_->status().sources[0].files_read, 0U);
  Open(Config());
  Read();
  EXPECT_EQ(engine_->status().sources[0].files_unchanged, static_cast<std::uint64_t>(kFiles)) << "the stamps are known";
}

TEST_F(EngineTest, SavedCreatedAndDeletedFilesAreFollowed) {
  Write("old.txt", "antelope");
  Open(Config());
  Read();
  Write("old.txt", "buffalo");
  EXPECT_TRUE(WaitFor([&] { return Paths("antelope").empty() && Paths("buffalo").size() == 1; }));
  Write("new/deep/file.txt", "caribou");
  EXPECT_TRUE(WaitFor([&] { return Paths("caribou").size() == 1; }));
  fs::remove(base_ / "project" / "old.txt");
  EXPECT_TRUE(WaitFor([&] { return Paths("buffalo").empty(); }));
  fs::remove_all(base_ / "project" / "new");
  EXPECT_TRUE(WaitFor([&] { return Paths("caribou").empty(); }));
}

TEST_F(EngineTest, IgnoredFilesAreLeftOutAlsoWhenTheRuleComesLater) {
  Write("keep.txt", "gazelle");
  Write("drop.log", "gazelle");
  Write(".gitignore", "nothing\n");
  Open(Config());
  Read();
  EXPECT_EQ(Paths("gazelle").size(), 2U);
  Write(".gitignore", "*.log\n");
  EXPECT_TRUE(WaitFor([&] { return Paths("gazelle") == std::vector<std::string>{"keep.txt"}; }));
}

TEST_F(EngineTest, WhatIsNotReadIsCountedByReason) {
  Write("image.bin", std::string("\0\1\2\3\0\0", 6) + std::string(100, '\0'));
  Write("empty.txt", "");
  Write("large.txt", std::string(2 << 20, 'x'));
  Write("scan.png", "\x89PNG\r\n\x1a\n and so on");
  EngineConfig config = Config();
  config.file_max = 1_MiB;
  Open(config);
  Read();
  std::map<std::string, std::uint64_t> reasons;
  std::map<std::string, std::string> words;
  const SourceStatus source = engine_->status().sources[0];
  for (const SkipCount& skip : source.skipped) {
    reasons[skip.reason] = skip.files;
    ASSERT_EQ(skip.examples.size(), 1U) << skip.reason;
    words[skip.reason] = skip.examples[0] + " | " + skip.remedy;
  }
  EXPECT_EQ(reasons["binary"], 1U);
  EXPECT_EQ(reasons["empty"], 1U);
  EXPECT_EQ(reasons["too_large"], 1U);
  EXPECT_EQ(reasons["recognition_off"], 1U);
  // Each names the file, the value that decided it, and what a person can do.
  EXPECT_THAT(words["too_large"], AllOf(StartsWith("large.txt: "), HasSubstr("1MiB"), HasSubstr("--file-max")));
  EXPECT_THAT(words["recognition_off"], AllOf(StartsWith("scan.png: "), HasSubstr("--ocr on")));
  EXPECT_THAT(words["binary"], AllOf(StartsWith("image.bin: holds bytes"), HasSubstr("Convert it")));

  config.file_max = 8_MiB;
  Open(config);
  Read();
  EXPECT_TRUE(std::ranges::none_of(engine_->status().sources[0].skipped, [](const SkipCount& skip) {
    return skip.reason == "too_large";
  })) << "a raised limit reads what it left out";
}

TEST_F(EngineTest, AChangedFileReservesWhatItsReadingTakes) {
  EngineConfig config = Config();
  config.memory = 128_MiB;
  config.file_max = 64_MiB;
  Open(config);
  Read();
  Write("large.txt", std::string(40 << 20, '\n') + "okapi\n");
  EXPECT_TRUE(WaitFor([&] { return !engine_->status().sources[0].skipped.empty(); }));
  const SourceStatus source = engine_->status().sources[0];
  ASSERT_EQ(source.skipped.size(), 1U);
  EXPECT_THAT(source.skipped[0].examples, testing::ElementsAre(HasSubstr("needs more memory than allowed")));
}

TEST_F(EngineTest, NotesAndMessagesAreFoundWhenTheyAreAnswered) {
  Open(Config());
  auto [remembered, note] = Reply<Note>();
  engine_->Remember({.text = "the spare key hangs behind the door", .tags = {"house"}}, remembered);
  const auto stored = note.get();
  ASSERT_TRUE(stored.ok()) << stored.error().message();
  ASSERT_EQ(engine_->Search({.query = "spare keys"})->hits.size(), 1U);

  auto [created, chat_future] = Reply<ChatSummary>();
  engine_->CreateChat("travel", "none", created);
  const auto chat = chat_future.get();
  ASSERT_TRUE(chat.ok());
  auto [appended, message_future] = Reply<Message>();
  engine_->AppendMessage(chat->id, {.role = "user", .content = "when leaves the ferry to Visby"}, appended);
  ASSERT_TRUE(message_future.get().ok());
  const auto found = engine_->Search({.query = "ferry role:user"});
  ASSERT_EQ(found->hits.size(), 1U);
  EXPECT_EQ(found->hits[0].chat, chat->id);
  EXPECT_EQ(found->hits[0].path, "travel");

  auto forgotten = std::make_shared<std::promise<Status>>();
  engine_->Forget("n" + std::to_string(stored->id),
                  [forgotten](Status done) { forgotten->set_value(std::move(done)); });
  EXPECT_TRUE(forgotten->get_future().get().ok());
  EXPECT_TRUE(Paths("spare").empty());
}

TEST_F(EngineTest, ARepeatedSearchIsAnsweredFromTheCacheUntilSomethingChanges) {
  Write("a.md", "# Ferries\n\nThe ferry leaves at noon.\n");
  Open(Config());
  Read();
  const auto hits = [&] { return StatusOf(engine_->status().caches, "answers").hits; };
  const std::vector<std::string> first = Paths("ferry");
  ASSERT_EQ(first, std::vector<std::string>{"a.md"});
  const std::uint64_t before = hits();
  EXPECT_EQ(Paths("ferry"), first);
  EXPECT_EQ(hits(), before + 1);
  Paths("ferry kind:prose");
  EXPECT_EQ(hits(), before + 1) << "another search";

  Write("b.md", "# Boats\n\nAnother ferry.\n");
  EXPECT_TRUE(WaitFor([&] { return Paths("ferry").size() == 2; }));
  fs::remove(base_ / "project" / "a.md");
  EXPECT_TRUE(WaitFor([&] { return Paths("ferry") == std::vector<std::string>{"b.md"}; }));
}

TEST_F(EngineTest, TextsThatWereShownAreNotUnpackedAgain) {
  Write("a.cc", "int alpha() {\n  return 1;\n}\n\nint beta() {\n  return alpha();\n}\n");
  Open(Config());
  Read();
  const auto cache = [&](const std::string& name) { return StatusOf(engine_->status().caches, name); };
  const auto answer = engine_->Search({.query = "alpha"});
  ASSERT_TRUE(answer.ok() && !answer->hits.empty());
  const std::uint64_t shown = cache("passages").hits;
  ASSERT_TRUE(engine_->Search({.query = "alpha", .limit = 5}).ok());
  EXPECT_GT(cache("passages").hits, shown);

  const auto opened = engine_->ReadPassage(answer->hits[0].id);
  const auto again = engine_->ReadPassage(answer->hits[0].id);
  ASSERT_TRUE(opened.ok() && again.ok());
  EXPECT_EQ(again->before, opened->before);
  EXPECT_EQ(again->after, opened->after);
  EXPECT_GE(cache("files").hits, 1U);

  // Another version of the file: the same document, other passages.
  Write("a.cc", "int gamma_rays() {\n  return 2;\n}\n\nint delta() {\n  return 3;\n}\n");
  ASSERT_TRUE(WaitFor([&] { return !Paths("gamma_rays").empty(); }));
  const auto changed = engine_->ReadPassage(engine_->Search({.query = "gamma_rays"})->hits[0].id);
  ASSERT_TRUE(changed.ok());
  EXPECT_NE((changed->text + changed->after).find("delta"), std::string::npos) << changed->after;
  EXPECT_EQ((changed->before + changed->after).find("alpha"), std::string::npos) << "of the older version";
}

TEST_F(EngineTest, MessagesOnTheirWayUsePlacesAgain) {
  EngineConfig config = Config();
  config.durability = Durability::kOff;
  Open(config);
  auto [created, chat_future] = Reply<ChatSummary>();
  engine_->CreateChat("travel", "none", created);
  const auto chat = chat_future.get();
  ASSERT_TRUE(chat.ok());
  for (int i = 0; i < 600; ++i) {
    auto [appended, message] = Reply<Message>();
    engine_->AppendMessage(chat->id, {.role = "user", .content = "number " + std::to_string(i)}, appended);
    ASSERT_TRUE(message.get().ok());
  }
  auto [refused, answer] = Reply<Message>();
  engine_->AppendMessage(999, {.role = "user", .content = "to nobody"}, refused);
  EXPECT_FALSE(answer.get().ok());
  const PoolStatus pool = engine_->status().pools.at(0);
  EXPECT_EQ(pool.in_use, 0U);
  EXPECT_GE(pool.acquired, 600U);
  EXPECT_GT(pool.reused, 300U) << "places come back from another thread, some at a time";
}

// A message that could not be stored leaves nothing in the place that waits for the next one.
TEST_F(EngineTest, ARefusedMessageIsForgottenByThePool) {
  EngineConfig config = Config();
  config.durability = Durability::kOff;
  Open(config);
  auto [created, chat_future] = Reply<ChatSummary>();
  engine_->CreateChat("travel", "none", created);
  const auto chat = chat_future.get();
  ASSERT_TRUE(chat.ok());
  const auto heap = [] {
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const std::size_t before = heap();
  constexpr std::int64_t kNoSuchMessage = 12'345;
  std::vector<std::future<Result<Message>>> answers;
  for (int i = 0; i < 32; ++i) {
    auto [done, answer] = Reply<Message>();
    engine_->AppendMessage(chat->id, {.parent = kNoSuchMessage, .role = "user", .content = std::string(1'000'000, 'x')},
                           std::move(done));
    answers.push_back(std::move(answer));
  }
  for (auto& answer : answers) EXPECT_FALSE(answer.get().ok());
  ASSERT_TRUE(WaitFor([&] { return engine_->status().pools.at(0).in_use == 0; }));
  EXPECT_TRUE(WaitFor([&] { return heap() < before + 8'000'000; })) << heap() - before << " of 32 MB stay";
}

TEST_F(EngineTest, ThePoolOfMessagesObeysItsKnobs) {
  Open(Config());
  std::vector<std::string> names;
  for (const KnobStatus& knob : engine_->Knobs()) names.push_back(knob.name);
  for (const char* name :
       {"memory.messages.capacity_initial", "memory.messages.capacity_max", "memory.messages.trim_interval"}) {
    EXPECT_NE(std::ranges::find(names, name), names.end()) << name;
  }
  ASSERT_TRUE(engine_->PinKnob("memory.messages.capacity_max", "100").ok());
  EXPECT_EQ(engine_->status().pools.at(0).capacity, 100U);
  ASSERT_TRUE(engine_->PinKnob("memory.messages.trim_interval", "5s").ok());
  ASSERT_TRUE(engine_->PinKnob("memory.messages.capacity_initial", "10").ok());
  Open(Config());
  EXPECT_EQ(engine_->status().pools.at(0).capacity, 100U) << "pinned over a restart";
}

TEST_F(EngineTest, CachesPoolsAndConsumersAreMeasured) {
  Write("a.txt", "okapi");
  Open(Config());
  Read();
  EXPECT_EQ(Paths("okapi").size(), 1U);
  const std::string text = metrics::WritePrometheus(engine_->metrics());
  const auto expect = [&](const std::string& sample) {
    EXPECT_NE(text.find('\n' + sample + ' '), std::string::npos) << sample;
  };
  for (const std::string name : {"answers", "passages", "files", "titles"}) {
    const std::string cache = "{cache=\"" + name + "\"}";
    for (const char* metric : {"hits_total", "misses_total", "expirations_total", "bypassed_total", "bytes",
                               "bytes_max", "entries", "loads_total", "loads_failed_total", "loads_joined_total",
                               "load_seconds_total", "insertions_total", "policy_changes_total"}) {
      expect("attune_cache_" + std::string(metric) + cache);
    }
    for (const std::string reason : {"entries", "bytes", "shrink"}) {
      expect("attune_cache_evictions_total{cache=\"" + name + "\",reason=\"" + reason + "\"}");
    }
    for (const std::string reason : {"too large", "pinned"}) {
      expect("attune_cache_refusals_total{cache=\"" + name + "\",reason=\"" + reason + "\"}");
    }
    expect("attune_memory_consumer_bytes{consumer=\"cache." + name + "\"}");
  }
  EXPECT_TRUE(WaitFor([&] {  // the first round of the broker
    return metrics::WritePrometheus(engine_->metrics())
               .find("\nattune_memory_target_bytes{consumer=\"cache.answers\"} ") != std::string::npos;
  }));
  expect("attune_memory_limit_now_bytes");
  for (const char* metric : {"leased", "idle", "bytes", "acquired_total", "reused_total"}) {
    expect("attune_pool_" + std::string(metric) + "{pool=\"messages\"}");
  }
  for (const std::string consumer : {"pool.messages", "index.live", "index.mapped", "store", "recognizers"}) {
    expect("attune_memory_consumer_bytes{consumer=\"" + consumer + "\"}");
    expect("attune_memory_shrunk_bytes_total{consumer=\"" + consumer + "\"}");
  }
}

// What was just written lies in the log beside the database until a checkpoint.
TEST_F(EngineTest, StatusCountsTheLogOfTheDatabaseAsWell) {
  Write("a.txt", "okapi");
  Open(Config());
  Read();
  const fs::path database = base_ / "data" / "attune.db";
  EXPECT_TRUE(WaitFor([&] {
    const std::uintmax_t log = fs::file_size(database.string() + "-wal");
    return log > 0 && engine_->status().store.on_disk == Bytes(fs::file_size(database) + log);
  }));
}

TEST_F(EngineTest, StatusSaysWhatCachesLoadAndMayHold) {
  Write("a.txt", "okapi");
  Open(Config());
  Read();
  EXPECT_EQ(Paths("okapi").size(), 1U);
  const auto of = [&](std::string_view name) {
    const EngineStatus status = engine_->status();
    return *std::ranges::find(status.caches, name, &CacheStatus::name);
  };
  ASSERT_TRUE(WaitFor([&] { return of("answers").target.has_value(); })) << "the first round of the broker";
  const CacheStatus answers = of("answers");
  EXPECT_GE(answers.loads, 1U);
  EXPECT_EQ(answers.loads_failed, 0U);
  EXPECT_GE(answers.insertions, 1U);
  ASSERT_TRUE(answers.load_time_mean.has_value());
  EXPECT_GT(*answers.load_time_mean, Duration(0));
  EXPECT_FALSE(of("titles").load_time_mean.has_value()) << "there is no chat whose title was asked for";
  const EngineStatus status = engine_->status();
  EXPECT_GT(status.memory.limit_now, Bytes(0));
  EXPECT_LE(status.memory.limit_now, status.memory.limit);
}

TEST_F(EngineTest, WhatIsDecidedCanBeRead) {
  Open(Config());
  ASSERT_TRUE(engine_->PinKnob("ingest.threads", "3").ok());
  ASSERT_TRUE(engine_->UnpinKnob("ingest.threads").ok());
  EXPECT_FALSE(engine_->PinKnob("ingest.thread", "3").ok());
  const auto decisions = engine_->Decisions(10, 0, "ingest.threads");
  ASSERT_EQ(decisions.size(), 2U) << "newest first, and what was refused is no decision";
  EXPECT_EQ(decisions[0].by, "unpin");
  EXPECT_EQ(decisions[0].from, "3");
  EXPECT_EQ(decisions[1].by, "pin");
  EXPECT_EQ(decisions[1].to, "3");
  EXPECT_LT(decisions[1].id, decisions[0].id);
  EXPECT_LE(decisions[1].time, decisions[0].time);
  EXPECT_GT(decisions[1].time, SystemClock().WallNow() - std::chrono::minutes(10));
  const auto older = engine_->Decisions(10, decisions[0].id, "ingest.threads");
  ASSERT_EQ(older.size(), 1U);
  EXPECT_EQ(older[0].id, decisions[1].id);
  EXPECT_TRUE(engine_->Decisions(10, 0, "cache.nothing").empty());
}

TEST_F(EngineTest, AChatThatIsDeletedTakesNoMoreMessages) {
  Open(Config());
  auto [created, chat_future] = Reply<ChatSummary>();
  engine_->CreateChat("travel", "none", created);
  const auto chat = chat_future.get();
  ASSERT_TRUE(chat.ok());
  const auto append = [&] {
    auto [done, answer] = Reply<Message>();
    engine_->AppendMessage(chat->id, {.role = "user", .content = "hello"}, done);
    return answer.get();
  };
  ASSERT_TRUE(append().ok());
  ASSERT_TRUE(append().ok());
  EXPECT_GE(StatusOf(engine_->status().caches, "titles").hits, 1U);
  auto deleted = std::make_shared<std::promise<Status>>();
  engine_->DeleteChat(chat->id, [deleted](Status done) { deleted->set_value(std::move(done)); });
  ASSERT_TRUE(deleted->get_future().get().ok());
  const auto refused = append();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(refused.error().message().find("c" + std::to_string(chat->id)), std::string::npos);
}

TEST_F(EngineTest, EverythingIsThereAfterARestartAlsoWithoutTheIndex) {
  Write("a.txt", "okapi");
  Open(Config());
  Read();
  auto [remembered, note] = Reply<Note>();
  engine_->Remember({.text = "quetzal"}, remembered);
  ASSERT_TRUE(note.get().ok());
  for (const bool lose_index : {false, true}) {
    engine_.reset();
    if (lose_index) fs::remove_all(base_ / "data" / "index");
    Open(Config());
    Read();
    EXPECT_EQ(Paths("okapi").size(), 1U) << lose_index;
    EXPECT_EQ(Paths("quetzal").size(), 1U) << lose_index;
  }
}

TEST_F(EngineTest, WhoAsksOnceWaitsForAnIndexThatIsBeingCompleted) {
  Write("a.txt", "okapi");
  Open(Config());
  Read();
  engine_.reset();
  fs::remove_all(base_ / "data" / "index");
  Open(Config());
  EXPECT_TRUE(engine_->WaitUntilSearchable(TimePoint::max(), {}));
  EXPECT_TRUE(engine_->ready());
  EXPECT_TRUE(engine_->status().ready);
  EXPECT_EQ(Paths("okapi").size(), 1U) << "nothing was read again";
}

TEST_F(EngineTest, ATruncatedExportIsImportedUpToTheCutAndNamed) {
  Write("export.json",
        R"([{"id":"one","messages":[{"role":"user","content":"the ferry to Visby"}]},{"id":"two","mess)");
  Open(Config());
  const auto report = engine_->ImportChats((base_ / "project" / "export.json").string(), "", {});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->chats_added, 1U);
  ASSERT_EQ(report->problems.size(), 1U);
  EXPECT_THAT(report->problems[0], AllOf(StartsWith("'export.json': "), HasSubstr("export it again")));
}

TEST_F(EngineTest, ASecondEngineOnTheSameFolderIsToldWhoHoldsIt) {
  Open(Config());
  engine_->set_address("http://127.0.0.1:7421");
  // An open-file-description lock conflicts within one process as well.
  const auto second = Engine::Open(Config(), {SystemClock(), sys::RealFileSystem(), log_});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kConflict);
  EXPECT_NE(second.error().message().find("http://127.0.0.1:7421"), std::string::npos) << second.error().message();
}

TEST_F(EngineTest, APinnedKnobStaysPinnedOverARestart) {
  Open(Config());
  const auto pinned = engine_->PinKnob("ingest.threads", "1");
  ASSERT_TRUE(pinned.ok()) << pinned.error().message();
  EXPECT_TRUE(pinned->pinned);
  const auto wrong = engine_->PinKnob("ingest.thread", "1");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message().find("ingest.threads"), std::string::npos);
  Open(Config());
  const auto knobs = engine_->Knobs();
  const auto knob = std::ranges::find(knobs, "ingest.threads", &KnobStatus::name);
  ASSERT_NE(knob, knobs.end());
  EXPECT_TRUE(knob->pinned);
  EXPECT_EQ(knob->value, "1");
}

TEST_F(EngineTest, ARemovedSourceIsForgottenAndAMissingFolderIsNot) {
  Write("a.txt", "narwhal");
  Open(Config());
  Read();
  engine_.reset();
  fs::rename(base_ / "project", base_ / "elsewhere");
  EngineConfig config = Config();
  config.roots.clear();
  Open(config);
  Read();
  EXPECT_EQ(engine_->status().sources[0].state, "gone");
  EXPECT_THAT(engine_->status().warnings, testing::Contains(HasSubstr("DELETE /v1/sources/project")));
  EXPECT_EQ(Paths("narwhal").size(), 1U) << "a disk that is not mounted today";
  ASSERT_TRUE(engine_->RemoveSource("project").ok());
  EXPECT_TRUE(WaitFor([&] { return Paths("narwhal").empty(); }));
  EXPECT_EQ(engine_->RemoveSource("project").error().code(), ErrorCode::kNotFound);
}

TEST_F(EngineTest, ASourceThatIsRemovedWhileItsFilesAreStoredLeavesNothingInTheIndex) {
  Write("a.txt", "narwhal");
  Open(Config());
  // The event comes between the writing into the store and the posting to the index.
  std::atomic<bool> once{true};
  const auto listener = engine_->AddEventListener([&] {
    const auto events = engine_->EventsSince(0);
    const bool stored = std::ranges::any_of(events, [](const Event& event) { return event.type == "document"; });
    if (!stored || !once.exchange(false)) return;
    EXPECT_TRUE(engine_->RemoveSource("project").ok());
  });
  Read();
  EXPECT_FALSE(once);
  EXPECT_EQ(engine_->status().index.passages, 0U);
  EXPECT_EQ(engine_->status().store.documents, 0U);
  engine_->RemoveEventListener(listener);
}

TEST_F(EngineTest, AFolderInsideOrAroundASourceIsRefusedWithTheWayOut) {
  Write("docs/a.txt", "narwhal");
  const std::string project = (base_ / "project").string();
  Open(Config());
  const auto inside = engine_->AddSource(project + "/docs", "");
  ASSERT_FALSE(inside.ok());
  EXPECT_EQ(inside.error().code(), ErrorCode::kConflict);
  EXPECT_NE(inside.error().message().find("'project' (" + project + ")"), std::string::npos)
      << inside.error().message();
  const auto around = engine_->AddSource(base_.string(), "");
  ASSERT_FALSE(around.ok());
  EXPECT_EQ(around.error().code(), ErrorCode::kConflict);
  EXPECT_NE(around.error().message().find("DELETE /v1/sources/project"), std::string::npos) << around.error().message();

  fs::create_directories(base_ / "project-2");
  EXPECT_TRUE(engine_->AddSource(project + "-2", "").ok()) << "a longer name is no folder inside";
  EXPECT_TRUE(engine_->AddSource(project + "/", "").ok()) << "the same folder is the same source";
  EXPECT_EQ(engine_->status().sources.size(), 2U);
  engine_.reset();

  EngineConfig config = Config();
  config.data_dir = (base_ / "other-data").string();
  config.roots = {project, project + "/docs"};
  EXPECT_EQ(Engine::Open(config, {SystemClock(), sys::RealFileSystem(), log_}).error().code(), ErrorCode::kConflict);
}

TEST_F(EngineTest, BadRequestsNameTheField) {
  Open(Config());
  EXPECT_NE(engine_->Search({.query = "x", .limit = 0}).error().message().find("limit is 0"), std::string::npos);
  EXPECT_NE(engine_->Search({.query = "x", .kinds = {"poem"}}).error().message().find("poem"), std::string::npos);
}

}  // namespace
}  // namespace attune::engine
