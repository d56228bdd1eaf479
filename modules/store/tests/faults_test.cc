#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "attune/store/fault_disk.h"
#include "store_fixture.h"

namespace attune::store {
namespace {

using ::testing::HasSubstr;

class OnFaultyDisk : public StoreTest {
 protected:
  StoreConfig Config() const override {
    return {.path = folder_ / "attune.db", .wal_checkpoint = 64_KiB, .vfs = disk_.name()};
  }
  void TearDown() override {
    disk_.Heal();
    StoreTest::TearDown();
    Close();
  }
  // Every commit syncs the log; the first of these messages makes a checkpoint due, which syncs the database.
  void FailOneCheckpoint(ChatId chat) {
    disk_.FailSyncs(FaultDisk::Target::kDatabase);
    Say(chat, std::string(100'000, 'x'));
    Say(chat, "behind the checkpoint");
    EXPECT_EQ(store_->activity().checkpoint_failures, 1U);
    disk_.Heal();
  }
  FaultDisk disk_{"faulty-" + std::to_string(::getpid())};
};

TEST_F(OnFaultyDisk, AFullDiskFailsTheWriteKeepsWhatIsStoredAndWorksAgainAfterwards) {
  const ChatId chat = NewChat();
  const MessageId before = Say(chat, "before");
  disk_.SetFreeSpace(0_B);
  const std::string large(300'000, 'x');
  const auto refused = store_->Write(AppendMessage{.chat = chat, .role = "user", .content = large});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted) << refused.error().ToString();
  EXPECT_THAT(refused.error().message(), HasSubstr(folder_ / "attune.db"));
  EXPECT_THAT(refused.error().message(), HasSubstr("free some space"));
  EXPECT_EQ(Must(store_->ReadMessage(before))->content, "before");
  disk_.Heal();
  EXPECT_EQ(Must(store_->ReadMessage(Say(chat, large)))->parent, before);
  Reopen();
  EXPECT_EQ(Must(store_->Count()).messages, 2U);
}

TEST_F(OnFaultyDisk, AFullDiskFailsDocumentsOneByOne) {
  const SourceId source = PutFolder();
  PutOne(source, MakeDocument("kept.cc", 100));
  disk_.SetFreeSpace(40_KiB);
  std::vector<NewDocument> documents;
  std::mt19937_64 random(3);
  for (int i = 0; i < 4; ++i) {
    NewDocument noise{.path = "n" + std::to_string(i)};
    while (noise.text.size() < 3'000'000) noise.text.push_back(static_cast<char>(random()));
    documents.push_back(std::move(noise));
  }
  const auto outcome = Put(source, std::move(documents));
  for (const auto& document : outcome) {
    ASSERT_FALSE(document.ok());
    EXPECT_EQ(document.error().code(), ErrorCode::kExhausted);
  }
  EXPECT_TRUE(Must(store_->FindDocument(source, "kept.cc")).has_value());
  disk_.Heal();
  PutOne(source, MakeDocument("n0", 100));
  EXPECT_EQ(Must(store_->Count()).documents, 2U);
}

TEST_F(OnFaultyDisk, OneTooLargeMessageDoesNotTakeItsGroupWithIt) {
  const ChatId chat = NewChat();
  Say(chat, "first");
  disk_.SetSyncTime(std::chrono::milliseconds(20));  // so that the others gather behind the first one
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  const auto count = [&](const Result<MessageId>& outcome) { ++(outcome.ok() ? good : bad); };
  disk_.SetFreeSpace(200_KiB);
  Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "holds the writer"}, count));
  for (int i = 0; i < 5; ++i)
    Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "small"}, count));
  Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = std::string(3'000'000, 'x')}, count));
  for (int i = 0; i < 5; ++i)
    Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "small"}, count));
  store_->Drain();
  EXPECT_EQ(good, 11);
  EXPECT_EQ(bad, 1);
  EXPECT_EQ(Must(store_->Count()).messages, 12U);
}

TEST_F(OnFaultyDisk, AnErrorOfTheDiskIsUnavailableAndNothingIsAcknowledged) {
  const ChatId chat = NewChat();
  Say(chat, "before");
  disk_.FailSyncs();
  const auto unsynced = store_->Write(AppendMessage{.chat = chat, .role = "user", .content = "lost"});
  ASSERT_FALSE(unsynced.ok());
  EXPECT_EQ(unsynced.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(unsynced.error().message(), HasSubstr("input/output error"));
  disk_.Heal();
  disk_.FailWrites();
  EXPECT_EQ(store_->Write(PutNote{.text = "x"}).error().code(), ErrorCode::kUnavailable);
  disk_.Heal();
  Say(chat, "after");
  Reopen();
  std::string all;
  Must(store_->ForEachMessage(chat, [&](const Message& message) {
    all += message.content + ";";
    return true;
  }));
  EXPECT_EQ(all, "before;after;");
}

TEST_F(OnFaultyDisk, AfterAFailedSyncOfTheDatabaseTheLogKeepsEverythingUntilTheNextOpen) {
  const ChatId chat = NewChat();
  Say(chat, "one");
  FailOneCheckpoint(chat);
  const auto checkpoints = store_->activity().checkpoints;
  for (int i = 0; i < 20; ++i) Say(chat, std::string(100'000, 'y'));
  EXPECT_EQ(store_->activity().checkpoints, checkpoints);
  const std::uint64_t stored = Must(store_->Count()).messages;
  Reopen();
  EXPECT_EQ(Must(store_->Count()).messages, stored);
  Say(chat, std::string(200'000, 'z'));
  Say(chat, "behind the checkpoint");
  EXPECT_GT(store_->activity().checkpoints, 0U);
}

TEST_F(OnFaultyDisk, ALogThatStartedAgainIsCopiedByItsNewLength) {
  const ChatId chat = NewChat();
  Say(chat, std::string(100'000, 'x'));
  Say(chat, "behind the checkpoint");
  std::uint64_t checkpoints = store_->activity().checkpoints;
  Say(chat, std::string(100'000, 'x'));
  while (store_->activity().checkpoints == checkpoints) std::this_thread::yield();  // it follows the acknowledgement
  const std::uint64_t copied = store_->activity().wal_bytes.count();
  checkpoints = store_->activity().checkpoints;
  Say(chat, std::string(copied, 'y'));  // longer than the log that it replaces, by less than a checkpoint's worth
  EXPECT_LT(store_->activity().wal_bytes.count(), copied + (64_KiB).count());
  Say(chat, "behind the checkpoint");
  EXPECT_GT(store_->activity().checkpoints, checkpoints);
}

TEST_F(OnFaultyDisk, AWriteErrorAtAnyMomentLosesNothing) {
  const ChatId chat = NewChat();
  std::vector<std::string> acknowledged;
  for (std::uint64_t after = 0; after < 40; ++after) {
    disk_.FailWrites(after);
    for (int i = 0; i < 5; ++i) {
      const std::string text = std::to_string(after) + "/" + std::to_string(i) + std::string(3'000, 'x');
      if (store_->Write(AppendMessage{.chat = chat, .role = "user", .content = text}).ok())
        acknowledged.push_back(text);
    }
    disk_.Heal();
  }
  Reopen();
  std::vector<std::string> stored;
  Must(store_->ForEachMessage(chat, [&](const Message& message) {
    stored.push_back(message.content);
    return true;
  }));
  EXPECT_EQ(stored, acknowledged);
  EXPECT_GT(acknowledged.size(), 20U);
}

class ShortLog : public OnFaultyDisk {
  StoreConfig Config() const override {
    StoreConfig config = OnFaultyDisk::Config();
    config.wal_max = 256_KiB;
    return config;
  }
};

TEST_F(ShortLog, AtItsBoundWritesAreRefusedWithARemedyAndReadsGoOn) {
  const ChatId chat = NewChat();
  FailOneCheckpoint(chat);
  Status status = OkStatus();
  for (int i = 0; i < 20 && status.ok(); ++i) {
    const auto said = store_->Write(AppendMessage{.chat = chat, .role = "user", .content = std::string(100'000, 'y')});
    if (!said.ok()) status = said.error();
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(status.error().message(), HasSubstr("start attune again"));
  const std::uint64_t stored = Must(store_->Count()).messages;
  Reopen();
  EXPECT_EQ(Must(store_->Count()).messages, stored);
  Say(chat, "works");
}

// --- Power cuts ---

struct Acknowledged {
  std::size_t event = 0;  // of the record, at the moment of the acknowledgement
  PassageId id;
  std::string text;
};

// Messages, notes and replaced documents from three threads on a recording disk, with checkpoints in between.
class PowerCut : public ::testing::Test {
 protected:
  void Run(Durability durability) {
    const StoreConfig config{
        .path = source_ / "attune.db", .durability = durability, .wal_checkpoint = 64_KiB, .vfs = disk_.name()};
    auto store = Must(Store::Open(config, clock_));
    const ChatId chat = Must(store->Write(CreateChat{.title = "talk"}));
    folder_id_ = Must(store->Write(PutSource{.name = "code"}));
    Note({disk_.events(), PassageId(), ""});
    std::vector<std::thread> threads;
    threads.emplace_back([&] { Talk(*store, chat); });
    threads.emplace_back([&] { TakeNotes(*store); });
    threads.emplace_back([&] { Edit(*store); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(store->activity().checkpoints, 0U);
  }
  void Talk(Store& store, ChatId chat) {
    for (int i = 0; i < 60; ++i) {
      const std::string text = "message " + std::to_string(i) + std::string(static_cast<std::size_t>(i * 40), '.');
      const MessageId id = Must(store.Write(AppendMessage{.chat = chat, .role = "user", .content = text}));
      Note({disk_.events(), PassageId::Of(id), text});
    }
  }
  void TakeNotes(Store& store) {
    for (int i = 0; i < 30; ++i) {
      const std::string text = "note " + std::to_string(i);
      const NoteId id = Must(store.Write(PutNote{.text = text}));
      Note({disk_.events(), PassageId::Of(id), text});
    }
  }
  void Edit(Store& store) {
    for (int i = 0; i < 15; ++i) {
      std::vector<NewDocument> documents;
      documents.push_back(MakeDocument("a.cc", 200, "v" + std::to_string(i) + "x"));
      const auto outcome = Must(store.Write(PutDocuments{.source = folder_id_, .documents = std::move(documents)}));
      Must(outcome.front());
      const std::lock_guard lock(mutex_);
      versions_.push_back(disk_.events());
    }
  }
  void Note(Acknowledged entry) {
    const std::lock_guard lock(mutex_);
    acknowledged_.push_back(std::move(entry));
  }

  // Opens what is left after the cut and returns how many acknowledged operations are missing.
  std::size_t MissingAfter(std::size_t events, FaultDisk::Unsynced unsynced, std::uint64_t seed) {
    const TempFolder image;
    Must(disk_.WriteCrashImage(events, unsynced, seed, image.path().string()));
    auto opened = Store::Open({.path = image / "attune.db", .durability = Durability::kOff}, clock_);
    const bool was_created = !acknowledged_.empty() && acknowledged_.front().event <= events;
    if (!opened.ok()) {
      EXPECT_FALSE(was_created) << opened.error().ToString() << " after " << events << " events, seed " << seed;
      return 0;
    }
    const Status sound = (*opened)->Check(CheckDepth::kFull);
    EXPECT_TRUE(sound.ok()) << sound.error().ToString() << " after " << events << " events, seed " << seed;
    return CountMissing(**opened, events);
  }
  std::size_t CountMissing(const Store& store, std::size_t events) {
    std::size_t missing = 0;
    for (const Acknowledged& entry : acknowledged_) {
      if (entry.event > events || !entry.id) continue;
      const auto read = Must(store.ReadPassage(entry.id));
      if (!read || read->text != entry.text) ++missing;
    }
    std::size_t version = 0;  // acknowledged so far
    while (version < versions_.size() && versions_[version] <= events) ++version;
    const auto document = Must(store.FindDocument(folder_id_, "a.cc"));
    if (version == 0) return missing;
    if (!document) return missing + 1;
    const std::string text = Must(store.ReadDocument(document->id))->text;
    const int stored = std::stoi(text.substr(text.find('v') + 1));
    if (stored + 1 < static_cast<int>(version)) ++missing;
    return missing;
  }

  TempFolder source_;
  ManualClock clock_;
  FaultDisk disk_{"recorder-" + std::to_string(::getpid()), FaultDisk::Recording::kOn};
  SourceId folder_id_;
  std::mutex mutex_;
  std::vector<Acknowledged> acknowledged_;
  std::vector<std::size_t> versions_;
};

TEST_F(PowerCut, AtAnyMomentKeepsEveryAcknowledgedOperationInFullMode) {
  Run(Durability::kFull);
  const std::size_t events = disk_.events();
  ASSERT_GT(events, 500U);
  std::mt19937_64 random(2'026);
  constexpr std::size_t kCuts = 150;
  for (std::size_t cut = 0; cut < kCuts; ++cut) {
    const std::size_t at = (events * cut / kCuts) + (random() % (events / kCuts + 1));
    for (const auto unsynced : {FaultDisk::Unsynced::kLost, FaultDisk::Unsynced::kRandom}) {
      EXPECT_EQ(MissingAfter(at, unsynced, cut), 0U) << "after " << at << " of " << events << " events, seed " << cut;
    }
  }
  EXPECT_EQ(MissingAfter(events, FaultDisk::Unsynced::kKept, 0), 0U);
}

// The same test must be able to fail: without syncs, lost writes are lost messages.
TEST_F(PowerCut, LosesMessagesWhenNothingIsSynced) {
  Run(Durability::kOff);
  std::size_t missing = 0;
  const TempFolder image;
  Must(disk_.WriteCrashImage(disk_.events(), FaultDisk::Unsynced::kLost, 0, image.path().string()));
  EXPECT_TRUE(std::filesystem::is_empty(image.path()));
  for (const Acknowledged& entry : acknowledged_) missing += entry.id ? 1U : 0U;
  EXPECT_EQ(missing, 90U);
}

TEST_F(PowerCut, InNormalModeLosesOnlyTheLatestAndDamagesNothing) {
  Run(Durability::kNormal);
  const std::size_t events = disk_.events();
  for (std::size_t cut = 1; cut <= 40; ++cut) {
    const TempFolder image;
    Must(disk_.WriteCrashImage(events * cut / 40, FaultDisk::Unsynced::kRandom, cut, image.path().string()));
    auto opened = Store::Open({.path = image / "attune.db"}, clock_);
    if (!opened.ok()) continue;  // the creation itself had not reached the disk
    EXPECT_TRUE((*opened)->Check(CheckDepth::kFull).ok());
    bool gap = false;
    Must((*opened)->ForEachMessage(ChatId{1}, [&](const Message& message) {
      gap = gap || message.id.value != (message.parent.value + 1);
      return true;
    }));
    EXPECT_FALSE(gap) << "the messages that are left are the first ones";
  }
}

}  // namespace
}  // namespace attune::store
