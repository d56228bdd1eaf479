#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "schema.h"
#include "schema_v1.h"
#include "store_fixture.h"

namespace attune::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What the store does not offer: raw SQL on a file that no store holds.
void RunSql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* message = nullptr;
  ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
  ASSERT_EQ(sqlite3_close(db), SQLITE_OK);
}

std::string Bytes64(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Opening : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> TryOpen(Access access = Access::kReadWrite) {
    return Store::Open({.path = path_, .access = access}, clock_);
  }
  Error Refusal(Access access = Access::kReadWrite) {
    auto opened = TryOpen(access);
    return opened.ok() ? Error(ErrorCode::kNotFound, "it was opened") : opened.error();
  }
  TempFolder folder_;
  std::string path_ = folder_ / "attune.db";
  ManualClock clock_;
};

TEST_F(Opening, CreatesTheDatabaseOnceAndFindsItAgain) {
  const ChatId chat = Must((*TryOpen())->Write(CreateChat{.title = "t"}));
  EXPECT_TRUE(Must((*TryOpen())->ReadChat(chat)).has_value());
  RunSql(path_, "SELECT 1 FROM meta");
}

TEST_F(Opening, AnOldDatabaseIsMigratedWithEverythingInIt) {
  RunSql(path_, kSchemaV1Database);
  const auto store = Must(TryOpen());
  const Status sound = store->Check(CheckDepth::kFull);
  EXPECT_TRUE(sound.ok()) << sound.error().ToString();
  EXPECT_EQ(Must(store->ReadDocument(DocumentId{10}))->text, "first\nsecond");
  EXPECT_EQ(Must(store->ReadPassage(PassageId::Of(PassageKind::kDocument, 101)))->text, "second");
  EXPECT_EQ(Must(store->CountSkipped()).front().reason, "binary");
  EXPECT_THAT(Must(store->ReadNote(NoteId{5}))->tags, ElementsAre("a", "b"));
  const Chat chat = Must(store->FindChat("conv")).value();
  EXPECT_EQ(chat.message_count, 2U);
  EXPECT_FALSE(chat.archived);
  EXPECT_EQ(Must(store->ReadChat(ChatId{8}))->message_count, 0U);
  EXPECT_EQ(Must(store->ReadMessages(chat.id, {})).messages.size(), 2U);
  // New rows go on behind the old ids.
  EXPECT_EQ(Must(store->Write(AppendMessage{.chat = chat.id, .role = "user", .content = "new"})).value, 22);
  Must(store->Write(PinKnob{.name = "a", .value = "b"}));
}

TEST_F(Opening, ReadingAloneDoesNotMigrate) {
  RunSql(path_, kSchemaV1Database);
  const Error refused = Refusal(Access::kReadOnly);
  EXPECT_EQ(refused.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("has schema 1, this program reads 2"));
}

TEST_F(Opening, ANewerDatabaseIsRefusedAndUnchanged) {
  Must(TryOpen());
  RunSql(path_, "PRAGMA user_version = 99");
  const std::string before = Bytes64(path_);
  for (const Access access : {Access::kReadWrite, Access::kReadOnly}) {
    const Error refused = Refusal(access);
    EXPECT_EQ(refused.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.message(), HasSubstr("was written by attune schema 99, this program knows " +
                                             std::to_string(kSchemaVersion) + ": upgrade attune"));
    EXPECT_THAT(refused.message(), HasSubstr(path_));
  }
  EXPECT_EQ(Bytes64(path_), before);
}

TEST_F(Opening, ADatabaseOfAnotherProgramIsRefusedAndUnchanged) {
  RunSql(path_, "CREATE TABLE bookmarks(url TEXT); INSERT INTO bookmarks VALUES ('x')");
  const std::string before = Bytes64(path_);
  const Error refused = Refusal();
  EXPECT_EQ(refused.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("another program"));
  EXPECT_EQ(Bytes64(path_), before);
}

TEST_F(Opening, AFileThatIsNoDatabaseIsRefusedAndUnchanged) {
  for (const std::string& content : {std::string("hello"), std::string(10'000, 'x')}) {
    std::ofstream(path_, std::ios::binary) << content;
    const Error refused = Refusal();
    EXPECT_EQ(refused.code(), ErrorCode::kCorruption) << refused.ToString();
    EXPECT_THAT(refused.message(), HasSubstr("not a SQLite database"));
    EXPECT_THAT(refused.message(), HasSubstr("--data"));
    EXPECT_EQ(Bytes64(path_), content);
  }
}

TEST_F(Opening, AnEmptyFileBecomesADatabase) {
  std::ofstream(path_, std::ios::binary).flush();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(Opening, AFolderThatDoesNotExistIsNamed) {
  path_ = folder_ / "nowhere/attune.db";
  const Error refused = Refusal();
  EXPECT_EQ(refused.code(), ErrorCode::kNotFound) << refused.ToString();
  EXPECT_THAT(refused.message(), HasSubstr("nowhere/attune.db"));
  path_ = folder_.path().string();
  EXPECT_EQ(Refusal().code(), ErrorCode::kUnavailable) << Refusal().ToString();
  path_ = folder_ / "absent.db";
  EXPECT_EQ(Refusal(Access::kReadOnly).code(), ErrorCode::kNotFound);
}

// Permissions do not hold the superuser back, so these run as somebody else.
class WithoutRights : public Opening {
 protected:
  void SetUp() override { ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0); }
  template <typename Body>
  void AsNobody(const Body& body) {
    const uid_t self = ::geteuid();
    if (self == 0) {
      ASSERT_EQ(::seteuid(65534), 0);
    }
    body();
    ASSERT_EQ(::seteuid(self), 0);
  }
};

TEST_F(WithoutRights, AFolderThatCannotBeWrittenIsDenied) {
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  AsNobody([&] {
    const Error refused = Refusal();
    EXPECT_EQ(refused.code(), ErrorCode::kDenied) << refused.ToString();
    EXPECT_THAT(refused.message(), HasSubstr(path_));
    EXPECT_THAT(refused.message(), HasSubstr("--data"));
  });
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
}

TEST_F(WithoutRights, ADatabaseThatCannotBeWrittenIsDeniedAndStaysAsItWas) {
  Must((*TryOpen())->Write(PutNote{.text = "kept"}));
  const std::string before = Bytes64(path_);
  ASSERT_EQ(::chmod(path_.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0555), 0);
  AsNobody([&] { EXPECT_EQ(Refusal().code(), ErrorCode::kDenied) << Refusal().ToString(); });
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  EXPECT_EQ(Bytes64(path_), before);
}

TEST_F(Opening, ForReadingSharesTheDatabaseWithAWriterAndRefusesWrites) {
  const auto writer = Must(TryOpen());
  const ChatId chat = Must(writer->Write(CreateChat{.title = "t"}));
  const auto reader = Must(TryOpen(Access::kReadOnly));
  EXPECT_TRUE(Must(reader->ReadChat(chat)).has_value());
  Must(writer->Write(AppendMessage{.chat = chat, .role = "user", .content = "new"}));
  EXPECT_EQ(Must(reader->ReadMessages(chat, {})).messages.size(), 1U);
  EXPECT_EQ(reader->Write(PutNote{.text = "x"}).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(reader->Submit(PutNote{.text = "x"}, [](const Result<NoteId>&) { FAIL(); }).error().code(),
            ErrorCode::kDenied);
  EXPECT_EQ(reader->Backup(folder_ / "b").error().code(), ErrorCode::kDenied);
  reader->Drain();
  reader->SetCacheLimit(1_MiB);
  EXPECT_EQ(reader->activity().operations, 0U);
}

TEST_F(Opening, AnotherProcessThatWritesIsAConflictNotAHang) {
  auto store = Must(Store::Open({.path = path_, .busy_timeout = std::chrono::milliseconds(20)}, clock_));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto refused = store->Write(PutNote{.text = "x"});
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict) << refused.error().ToString();
  std::vector<NewDocument> documents;
  documents.push_back(MakeDocument("a", 10));
  const auto put = Must(store->Write(PutDocuments{.source = SourceId{1}, .documents = std::move(documents)}));
  EXPECT_EQ(put.front().error().code(), ErrorCode::kConflict);
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_close(other), SQLITE_OK);
  EXPECT_TRUE(store->Write(PutNote{.text = "x"}).ok());
}

TEST_F(Opening, DamageIsFoundAndNamedByTheCheck) {
  {
    const auto store = Must(TryOpen());
    const ChatId chat = Must(store->Write(CreateChat{.title = "t"}));
    for (int i = 0; i < 200; ++i) {
      Must(store->Write(AppendMessage{.chat = chat, .role = "user", .content = std::string(500, 'x')}));
    }
    EXPECT_TRUE(store->Check(CheckDepth::kQuick).ok());
  }
  {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(20 * 4096);
    file << std::string(4096, '\xee');
  }
  auto opened = TryOpen();
  const Status status = opened.ok() ? (*opened)->Check(CheckDepth::kFull) : Status(opened.error());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(status.error().message(), HasSubstr(path_));
  EXPECT_THAT(status.error().message(), HasSubstr("backup"));
}

TEST_F(Opening, BrokenPromisesAreFoundByTheCheck) {
  const std::vector<std::pair<std::string, std::string>> breaches = {
      {"DELETE FROM passages WHERE id = 100", "documents whose passages are missing"},
      {"UPDATE documents SET passage_count = 1 WHERE id = 10", "passages outside the range"},
      {"DELETE FROM contents", "read documents without a text"},
      {"UPDATE chats SET message_count = 7 WHERE id = 7", "wrong number of messages"},
      {"UPDATE chats SET head = 20 WHERE id = 8", "head is not one of their messages"},
      {"UPDATE messages SET chat_id = 99", "messages"},
  };
  for (const auto& [sql, complaint] : breaches) {
    std::filesystem::remove(path_);
    RunSql(path_, kSchemaV1Database);
    Must(TryOpen());
    RunSql(path_, sql);
    const Status status = Must(TryOpen())->Check(CheckDepth::kFull);
    ASSERT_FALSE(status.ok()) << sql;
    EXPECT_EQ(status.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(status.error().message(), HasSubstr(complaint));
  }
}

TEST_F(Opening, ADamagedTextIsAnErrorThatNamesTheDocumentAndTheOthersGoOn) {
  RunSql(path_, kSchemaV1Database);
  Must(TryOpen());
  for (const std::string damage : {"x''", "x'07aabb'", "x'01ffff'", "x'0068'"}) {
    RunSql(path_, "UPDATE contents SET text = " + damage);
    const auto store = Must(TryOpen());
    const auto passage = store->ReadPassage(PassageId::Of(PassageKind::kDocument, 101));
    ASSERT_FALSE(passage.ok()) << damage;
    EXPECT_EQ(passage.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(passage.error().message(), HasSubstr("'a.cc'"));
    EXPECT_EQ(Must(store->ReadPassage(PassageId::Of(NoteId{5})))->text, "old note");
  }
}

TEST_F(Opening, AConfigurationThatMakesNoSenseIsNamed) {
  const auto field = [&](const StoreConfig& config) {
    const Status status = Validate(config);
    return status.ok() ? std::string("valid") : status.error().message();
  };
  EXPECT_EQ(field({.path = path_}), "valid");
  EXPECT_THAT(field({}), HasSubstr("path"));
  EXPECT_THAT(field({.path = std::string("a\0b", 3)}), HasSubstr("path"));
  EXPECT_THAT(field({.path = path_, .readers = 0}), HasSubstr("readers"));
  EXPECT_THAT(field({.path = path_, .readers = 65}), HasSubstr("readers"));
  EXPECT_THAT(field({.path = path_, .group_wait = Duration(-1)}), HasSubstr("group_wait"));
  EXPECT_THAT(field({.path = path_, .group_operations_max = 0}), HasSubstr("group_operations_max"));
  EXPECT_THAT(field({.path = path_, .bulk_step_max = 9_MiB}), HasSubstr("bulk_step_max"));
  EXPECT_THAT(field({.path = path_, .queue_operations_max = 0}), HasSubstr("queue_operations_max"));
  EXPECT_THAT(field({.path = path_, .text_bytes_max = 2_GiB}), HasSubstr("text_bytes_max"));
  EXPECT_THAT(field({.path = path_, .wal_checkpoint = 1_KiB}), HasSubstr("wal_checkpoint"));
  EXPECT_THAT(field({.path = path_, .wal_max = 1_MiB}), HasSubstr("wal_max"));
  EXPECT_THAT(field({.path = path_, .busy_timeout = Duration(-1)}), HasSubstr("busy_timeout"));
  EXPECT_FALSE(Store::Open({}, clock_).ok());
}

TEST_F(Opening, DurabilityIsParsedAndPrinted) {
  for (const auto* text : {"full", "normal", "off"}) EXPECT_EQ(ToString(Must(ParseDurability(text))), text);
  EXPECT_THAT(ParseDurability("fsync").error().message(), HasSubstr("full, normal or off"));
}

}  // namespace
}  // namespace attune::store
