#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "store_fixture.h"

namespace attune::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Passages : public StoreTest {};

TEST_F(Passages, OfAllKindsAreReadTogetherInTheOrderAsked) {
  const SourceId source = PutFolder("code");
  NewDocument document = MakeDocument("dir/a.cc", 40);
  document.title = "A";
  const StoredDocument stored = PutOne(source, std::move(document));
  const StoredDocument other = PutOne(source, MakeDocument("b.cc", 10, "beta"));
  const NoteId note = Must(store_->Write(PutNote{.text = "remember", .title = "note title"}));
  const ChatId chat = NewChat("chat title");
  const MessageId message = Say(chat, "spoken");

  const std::vector<PassageId> ids = {PassageId::Of(message),     stored.added[3], other.added[0], PassageId::Of(note),
                                      PassageId::Of(NoteId{999}), stored.added[1], PassageId()};
  const auto texts = Must(store_->ReadPassageTexts(ids));
  ASSERT_EQ(texts.size(), 5U);
  EXPECT_EQ(texts[0].text, "spoken");
  EXPECT_EQ(texts[0].role, "user");
  EXPECT_EQ(texts[0].chat, chat);
  EXPECT_EQ(texts[0].title, "chat title");
  EXPECT_EQ(texts[1].id, stored.added[3]);
  EXPECT_THAT(texts[1].text, HasSubstr("alpha30("));
  EXPECT_EQ(texts[1].path, "dir/a.cc");
  EXPECT_EQ(texts[1].source_name, "code");
  EXPECT_EQ(texts[1].language, "cpp");
  EXPECT_EQ(texts[1].document_kind, DocumentKind::kCode);
  EXPECT_EQ(texts[1].passage.line_begin, 31U);
  EXPECT_EQ(texts[1].passage.symbol, "alpha30");
  EXPECT_EQ(texts[1].title, "A");
  EXPECT_EQ(texts[1].time, WallTime(std::chrono::milliseconds(1'000)));
  EXPECT_THAT(texts[2].text, HasSubstr("beta0("));
  EXPECT_EQ(texts[3].text, "remember");
  EXPECT_EQ(texts[3].title, "note title");
  EXPECT_THAT(texts[4].text, HasSubstr("alpha10("));
}

TEST_F(Passages, ThatDoNotExistAreNotThere) {
  EXPECT_FALSE(Must(store_->ReadPassage(PassageId::Of(PassageKind::kDocument, 5))).has_value());
  EXPECT_THAT(Must(store_->ReadPassageTexts({})), IsEmpty());
  for (const auto kind : {PassageKind::kDocument, PassageKind::kNote, PassageKind::kMessage}) {
    EXPECT_THAT(Must(store_->LivePassageIds(kind)), IsEmpty());
  }
}

TEST_F(Passages, LiveIdsAscendAndMatchWhatIsStored) {
  const SourceId source = PutFolder();
  const ChatId chat = NewChat();
  std::vector<PassageId> messages;
  for (int i = 0; i < 30; ++i) {
    PutOne(source, MakeDocument("f" + std::to_string(i % 7), 35));
    messages.push_back(PassageId::Of(Say(i % 2 == 0 ? chat : NewChat(), "x")));
  }
  EXPECT_EQ(Must(store_->LivePassageIds(PassageKind::kMessage)), messages);
  const auto live = Must(store_->LivePassageIds(PassageKind::kDocument));
  EXPECT_EQ(live.size(), 7U * 4U);
  EXPECT_TRUE(std::is_sorted(live.begin(), live.end()));
  EXPECT_EQ(Must(store_->ReadPassageTexts(live)).size(), live.size());
}

TEST_F(Passages, TheIndexGetsEveryLivePassageOnce) {
  const SourceId source = PutFolder();
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    const NewDocument document = MakeDocument("f" + std::to_string(i), 200, "w" + std::to_string(i));
    for (const NewPassage& passage : document.passages) {
      expected += document.text.substr(passage.byte_begin, passage.byte_end - passage.byte_begin);
    }
    PutOne(source, document);
  }
  std::string seen;
  std::vector<PassageId> ids;
  Must(store_->ForEachIndexableAfter(PassageKind::kDocument, 0, [&](const Indexable& item) {
    seen += item.text;
    ids.push_back(item.id);
    EXPECT_EQ(item.source, source);
    EXPECT_EQ(item.source_name, "code");
    EXPECT_EQ(item.language, "cpp");
    EXPECT_EQ(item.symbol_kind, "function");
    return true;
  }));
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(ids, Must(store_->LivePassageIds(PassageKind::kDocument)));

  std::size_t rest = 0;
  Must(store_->ForEachIndexableAfter(PassageKind::kDocument, ids[499].row(), [&](const Indexable& item) {
    EXPECT_EQ(item.id, ids[500 + rest]);
    return ++rest < 100;
  }));
  EXPECT_EQ(rest, 100U);
  std::size_t chosen = 0;
  const std::vector<PassageId> some = {ids[700], ids[3], PassageId::Of(PassageKind::kDocument, 1'000'000)};
  Must(store_->ForEachIndexable(some, [&](const Indexable& item) { return item.id == some[chosen++]; }));
  EXPECT_EQ(chosen, 2U);
}

TEST_F(Passages, NotesAndMessagesAreIndexableAsWell) {
  const NoteId gone = Must(store_->Write(PutNote{.text = "gone"}));
  Must(store_->Write(PutNote{.text = "note", .title = "t"}));
  Must(store_->Write(RemoveNote{.id = gone}));
  const ChatId chat = NewChat("talk");
  Say(chat, "message");
  std::vector<std::string> seen;
  const auto visit = [&](const Indexable& item) {
    seen.push_back(std::string(item.title) + ":" + std::string(item.role) + ":" + std::string(item.text));
    return true;
  };
  Must(store_->ForEachIndexableAfter(PassageKind::kNote, 0, visit));
  Must(store_->ForEachIndexableAfter(PassageKind::kMessage, 0, visit));
  EXPECT_THAT(seen, ElementsAre("t::note", "talk:user:message"));
}

TEST_F(Passages, AreConsistentWhenTheDocumentChangesDuringTheWalk) {
  const SourceId source = PutFolder();
  PutOne(source, MakeDocument("only.cc", 6'000, "old"));  // 600 passages: several batches of one document
  std::size_t seen = 0;
  Must(store_->ForEachIndexableAfter(PassageKind::kDocument, 0, [&](const Indexable& item) {
    if (++seen == 5) PutOne(source, MakeDocument("only.cc", 6'500, "new"));
    EXPECT_EQ(item.text, "int " + std::string(item.symbol) + "(int value) { return value + " +
                             std::string(item.symbol.substr(3)) + "; }\n");
    return true;
  }));
  EXPECT_GT(seen, 650U);
}

}  // namespace
}  // namespace attune::store
