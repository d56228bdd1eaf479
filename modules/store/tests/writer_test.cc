#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "attune/store/fault_disk.h"
#include "store_fixture.h"

namespace attune::store {
namespace {

using ::testing::HasSubstr;

class Writing : public StoreTest {};

TEST_F(Writing, ManyThreadsShareTransactions) {
  constexpr int kThreads = 16;
  constexpr int kMessages = 50;
  std::vector<ChatId> chats;
  for (int i = 0; i < kThreads; ++i) chats.push_back(NewChat());
  store_->Drain();
  const auto before = store_->activity();
  std::vector<std::thread> threads;
  std::latch start(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      for (int i = 0; i < kMessages; ++i) Say(chats[static_cast<std::size_t>(t)], std::to_string(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  store_->Drain();
  const auto after = store_->activity();
  EXPECT_EQ(after.operations - before.operations, static_cast<std::uint64_t>(kThreads * kMessages));
  EXPECT_LT(after.transactions - before.transactions, after.operations - before.operations);
  EXPECT_EQ(after.failures, 0U);
  EXPECT_EQ(after.queued, 0U);
  for (const ChatId chat : chats) {
    const auto page = Must(store_->ReadMessages(chat, {.limit = 100}));
    ASSERT_EQ(page.messages.size(), static_cast<std::size_t>(kMessages));
    for (int i = 0; i < kMessages; ++i)
      EXPECT_EQ(page.messages[static_cast<std::size_t>(i)].content, std::to_string(i));
  }
}

TEST_F(Writing, OneFailingOperationOfAGroupFailsAlone) {
  const ChatId chat = NewChat();
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  for (int i = 0; i < 200; ++i) {
    const ChatId target = i % 3 == 0 ? ChatId{999} : chat;
    Must(store_->Submit(AppendMessage{.chat = target, .role = "user", .content = "x"},
                        [&](const Result<MessageId>& outcome) {
                          ++(outcome.ok() ? good : bad);
                          EXPECT_TRUE(outcome.ok() || outcome.error().code() == ErrorCode::kNotFound);
                        }));
  }
  store_->Drain();
  EXPECT_EQ(good, 133);
  EXPECT_EQ(bad, 67);
  EXPECT_EQ(Must(store_->Count()).messages, 133U);
  EXPECT_EQ(store_->activity().failures, 67U);
}

TEST_F(Writing, CallbacksComeInTheOrderOfAcceptanceAndMaySubmit) {
  const ChatId chat = NewChat();
  std::vector<int> order;  // only the writer thread writes it, Drain orders it before our reads
  for (int i = 0; i < 100; ++i) {
    Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "x"}, [&, i](const Result<MessageId>&) {
      order.push_back(i);
      if (i == 50) Must(store_->Submit(PutNote{.text = "from a callback"}, [](const Result<NoteId>&) {}));
    }));
  }
  store_->Drain();
  store_->Drain();  // the note was accepted while the first one waited
  EXPECT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(Must(store_->Count()).notes, 1U);
}

TEST_F(Writing, ClosingFinishesWhatWasAccepted) {
  const ChatId chat = NewChat();
  std::atomic<int> finished{0};
  for (int i = 0; i < 500; ++i) {
    Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "x"},
                        [&](const Result<MessageId>& outcome) { finished += outcome.ok() ? 1 : 0; }));
  }
  const SourceId source = PutFolder();
  std::vector<NewDocument> documents;
  for (int i = 0; i < 100; ++i) documents.push_back(MakeDocument("f" + std::to_string(i), 50));
  Must(store_->Submit(PutDocuments{.source = source, .documents = std::move(documents)},
                      [&](const Result<PutDocuments::Outcome>& outcome) { finished += outcome.ok() ? 1 : 0; }));
  Close();
  EXPECT_EQ(finished, 501);
  Open();
  EXPECT_EQ(Must(store_->Count()).messages, 500U);
  EXPECT_EQ(Must(store_->Count()).documents, 100U);
}

TEST_F(Writing, ReadersSeeWhatWasAcknowledgedAndNeverHalfADocument) {
  const SourceId source = PutFolder();
  const StoredDocument first = PutOne(source, MakeDocument("a.cc", 100, "v0x"));
  std::atomic<int> acknowledged{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 6; ++i) {  // more than there are connections
    readers.emplace_back([&] {
      while (!stop.load()) {
        const int at_least = acknowledged.load();
        const Document document = Must(store_->ReadDocument(first.id)).value();
        const int version = std::stoi(document.text.substr(document.text.find('v') + 1));
        EXPECT_GE(version, at_least);
        EXPECT_EQ(document.text, MakeDocument("a.cc", 100, "v" + std::to_string(version) + "x").text);
      }
    });
  }
  for (int version = 1; version <= 60; ++version) {
    PutOne(source, MakeDocument("a.cc", 100, "v" + std::to_string(version) + "x"));
    acknowledged.store(version);
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
}

TEST_F(Writing, MemoryIsReportedAndShrinks) {
  const SourceId source = PutFolder();
  for (int i = 0; i < 40; ++i) {
    NewDocument document{.path = "f" + std::to_string(i)};
    for (int j = 0; j < 30'000; ++j) document.text.push_back(static_cast<char>('a' + (j * j + i) % 26));
    PutOne(source, std::move(document));
  }
  Must(store_->Check(CheckDepth::kQuick));
  const Bytes before = store_->bytes();
  EXPECT_GT(before, 256_KiB);
  const Bytes after = store_->Shrink(256_KiB);
  EXPECT_LT(after, before);
  Must(store_->Check(CheckDepth::kQuick));
  PutOne(source, MakeDocument("more", 1'000));
  EXPECT_EQ(store_->Shrink(64_MiB), store_->bytes());  // never upwards
  store_->SetCacheLimit(8_MiB);
  PutOne(source, MakeDocument("still works", 1'000));
}

TEST_F(Writing, TheLogIsCopiedWhenItIsLongAndGivesItsSpaceBack) {
  const SourceId source = PutFolder();
  for (int i = 0; i < 30; ++i) {
    NewDocument noise{.path = "n"};
    std::uint64_t state = static_cast<std::uint64_t>(i) + 1;
    while (noise.text.size() < 2'000'000) {
      state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      noise.text.push_back(static_cast<char>(state >> 56U));
    }
    PutOne(source, std::move(noise));
  }
  EXPECT_GT(store_->activity().checkpoints, 3U);
  EXPECT_LT(store_->activity().wal_bytes, 32_MiB);
  Close();
  EXPECT_EQ(std::filesystem::file_size(folder_ / "attune.db-wal"), 0U);
  Open();
}

TEST_F(Writing, ABackupIsACompleteStoreWhileWritesGoOn) {
  const SourceId source = PutFolder();
  for (int i = 0; i < 20; ++i) PutOne(source, MakeDocument("f" + std::to_string(i), 2'000, "w" + std::to_string(i)));
  const ChatId chat = NewChat();
  std::atomic<bool> stop{false};
  std::thread talker([&] {
    while (!stop.load()) Say(chat, "meanwhile");
  });
  const std::string copy = folder_ / "copy.db";
  const Status status = store_->Backup(copy);
  stop.store(true);
  talker.join();
  Must(status);
  EXPECT_FALSE(std::filesystem::exists(copy + ".partial"));
  const auto backup = Must(Store::Open({.path = copy}, clock_));
  EXPECT_TRUE(backup->Check(CheckDepth::kFull).ok());
  EXPECT_EQ(Must(backup->Count()).documents, 20U);
  EXPECT_EQ(Must(backup->ReadDocument(DocumentId{7}))->text, Must(store_->ReadDocument(DocumentId{7}))->text);
  const Status again = store_->Backup(copy);
  EXPECT_EQ(again.error().code(), ErrorCode::kConflict);
  const Status nowhere = store_->Backup(folder_ / "no/such/folder/copy.db");
  EXPECT_EQ(nowhere.error().code(), ErrorCode::kNotFound) << nowhere.error().ToString();
}

// A disk on which every sync takes its time, so that operations pile up behind the one that is being synced.
class Queueing : public StoreTest {
 protected:
  StoreConfig Config() const override {
    return {.path = folder_ / "attune.db",
            .bulk_step_max = 64_KiB,
            .bulk_transaction_max = 64_MiB,
            .queue_operations_max = 8,
            .vfs = disk_.name()};
  }
  void TearDown() override {
    StoreTest::TearDown();
    Close();
  }
  FaultDisk disk_{"slow-" + std::to_string(::getpid())};
};

TEST_F(Queueing, AFullQueueRefusesSubmitAndHoldsWriteUntilThereIsRoom) {
  const ChatId chat = NewChat();
  std::mutex gate;
  std::unique_lock closed(gate);
  std::atomic<int> finished{0};
  std::latch writer_is_held(1);
  Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "first"}, [&](const Result<MessageId>&) {
    writer_is_held.count_down();
    const std::lock_guard wait(gate);  // a callback must not do this; here it makes the queue fill up
    ++finished;
  }));
  writer_is_held.wait();
  Status refused = OkStatus();
  int accepted = 0;
  while (refused.ok()) {
    refused = store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "x"},
                             [&](const Result<MessageId>&) { ++finished; });
    accepted += refused.ok() ? 1 : 0;
  }
  EXPECT_EQ(accepted, 8);
  EXPECT_EQ(refused.error().code(), ErrorCode::kExhausted);
  EXPECT_THAT(refused.error().message(), HasSubstr("queue"));
  std::thread blocked([&] { Say(chat, "waits for room"); });
  closed.unlock();
  blocked.join();
  store_->Drain();
  EXPECT_EQ(finished, 9);
  EXPECT_EQ(Must(store_->Count()).messages, 10U);
}

TEST_F(Queueing, DocumentsGiveWayToMessages) {
  const SourceId source = PutFolder();
  const ChatId chat = NewChat();
  std::vector<NewDocument> documents;
  std::uint64_t state = 1;
  for (int i = 0; i < 100; ++i) {
    NewDocument noise{.path = "n" + std::to_string(i)};
    while (noise.text.size() < 40'000) {
      state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      noise.text.push_back(static_cast<char>(state >> 56U));
    }
    documents.push_back(std::move(noise));
  }
  std::mutex gate;
  std::unique_lock closed(gate);
  Must(store_->Submit(PutNote{.text = "holds the writer"},
                      [&](const Result<NoteId>&) { const std::lock_guard wait(gate); }));
  std::atomic<bool> done{false};
  Must(store_->Submit(PutDocuments{.source = source, .documents = std::move(documents)},
                      [&](const Result<PutDocuments::Outcome>& outcome) {
                        EXPECT_EQ(outcome->size(), 100U);
                        done.store(true);
                      }));
  // From here a message always waits: the callback of each one submits the next.
  std::atomic<int> messages{0};
  std::function<void(const Result<MessageId>&)> say_again = [&](const Result<MessageId>&) {
    ++messages;
    if (done.load()) return;
    Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "between"}, say_again));
  };
  Must(store_->Submit(AppendMessage{.chat = chat, .role = "user", .content = "between"}, say_again));
  closed.unlock();
  while (!done.load()) store_->Drain();
  store_->Drain();
  // Two documents reach bulk_step_max, so that a message gets its turn after every two.
  EXPECT_GE(messages, 49);
  EXPECT_EQ(Must(store_->Count()).documents, 100U);
}

TEST_F(Queueing, GroupWaitGathersCompany) {
  Close();
  StoreConfig config = Config();
  config.group_wait = std::chrono::milliseconds(50);
  config.group_operations_max = 5;
  store_ = Must(Store::Open(config, clock_));
  const auto before = store_->activity().transactions;
  for (int i = 0; i < 5; ++i) Must(store_->Submit(PutNote{.text = "x"}, [](const Result<NoteId>&) {}));
  store_->Drain();
  EXPECT_EQ(store_->activity().transactions - before, 1U);
}

}  // namespace
}  // namespace attune::store
