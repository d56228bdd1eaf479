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

std::vector<std::string> Contents(const MessagePage& page) {
  std::vector<std::string> contents;
  for (const Message& message : page.messages) contents.push_back(message.content);
  return contents;
}

class Chats : public StoreTest {
 protected:
  std::vector<std::string> HeadPath(ChatId chat) {
    return Contents(Must(store_->ReadMessages(chat, {.limit = 1'000})));
  }
};

TEST_F(Chats, MessagesFollowTheHead) {
  const ChatId chat = NewChat("first");
  EXPECT_THAT(HeadPath(chat), IsEmpty());
  const MessageId one = Say(chat, "one");
  clock_.Advance(std::chrono::seconds(3));
  const MessageId two = Must(store_->Write(AppendMessage{.chat = chat,
                                                         .role = "assistant",
                                                         .content = std::string("t\0wo", 4),
                                                         .model = "m1",
                                                         .metadata_json = "{\"a\":1}",
                                                         .tokens = 0}));
  const Message message = Must(store_->ReadMessage(two)).value();
  EXPECT_EQ(message.parent, one);
  EXPECT_EQ(message.content, std::string("t\0wo", 4));
  EXPECT_EQ(message.role, "assistant");
  EXPECT_EQ(message.model, "m1");
  EXPECT_EQ(message.metadata_json, "{\"a\":1}");
  EXPECT_EQ(message.tokens, 0U);
  EXPECT_FALSE(Must(store_->ReadMessage(one))->tokens.has_value());
  const Chat read = Must(store_->ReadChat(chat)).value();
  EXPECT_EQ(read.title, "first");
  EXPECT_EQ(read.head, two);
  EXPECT_EQ(read.message_count, 2U);
  EXPECT_EQ(read.updated_at, clock_.WallNow());
  EXPECT_LT(read.created_at, read.updated_at);
}

TEST_F(Chats, AMessageBehindAnOlderOneOpensABranchAndBothAreKept) {
  const ChatId chat = NewChat();
  const MessageId question = Say(chat, "question");
  const MessageId answer = Say(chat, "answer");
  Say(chat, "edited answer", question);
  EXPECT_THAT(HeadPath(chat), ElementsAre("question", "edited answer"));
  Must(store_->Write(UpdateChat{.chat = chat, .head = answer}));
  EXPECT_THAT(HeadPath(chat), ElementsAre("question", "answer"));
  Say(chat, "thanks");
  EXPECT_THAT(HeadPath(chat), ElementsAre("question", "answer", "thanks"));
  std::vector<std::string> tree;
  Must(store_->ForEachMessage(chat, [&](const Message& message) {
    tree.push_back(message.content);
    return true;
  }));
  EXPECT_THAT(tree, ElementsAre("question", "answer", "edited answer", "thanks"));
}

TEST_F(Chats, AreReadPageByPageFromTheTail) {
  const ChatId chat = NewChat();
  for (int i = 0; i < 10; ++i) Say(chat, std::to_string(i));
  const MessagePage last = Must(store_->ReadMessages(chat, {.limit = 4}));
  EXPECT_THAT(Contents(last), ElementsAre("6", "7", "8", "9"));
  const MessagePage middle = Must(store_->ReadMessages(chat, {.from = last.earlier, .limit = 4}));
  EXPECT_THAT(Contents(middle), ElementsAre("2", "3", "4", "5"));
  const MessagePage first = Must(store_->ReadMessages(chat, {.from = middle.earlier, .limit = 4}));
  EXPECT_THAT(Contents(first), ElementsAre("0", "1"));
  EXPECT_FALSE(first.earlier);
  EXPECT_THAT(Must(store_->ReadMessages(chat, {.limit = 10})).earlier, MessageId{});
  EXPECT_THAT(Contents(Must(store_->ReadMessages(chat, {.limit = 0}))), IsEmpty());
}

TEST_F(Chats, UnknownThingsAreNamed) {
  const ChatId chat = NewChat();
  const ChatId other = NewChat();
  const MessageId there = Say(other, "there");
  const auto no_chat = store_->Write(AppendMessage{.chat = ChatId{99}, .role = "user"});
  EXPECT_EQ(no_chat.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(no_chat.error().message(), HasSubstr("99"));
  EXPECT_EQ(store_->Write(AppendMessage{.chat = chat, .parent = there, .role = "user"}).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(store_->Write(UpdateChat{.chat = chat, .head = there}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Write(UpdateChat{.chat = ChatId{99}, .title = "x"}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->Write(DeleteChat{.chat = ChatId{99}}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->ReadMessages(ChatId{99}, {}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->ReadMessages(chat, {.from = there}).error().code(), ErrorCode::kNotFound);
  EXPECT_FALSE(Must(store_->ReadChat(ChatId{99})).has_value());
  EXPECT_FALSE(Must(store_->FindChat("nobody")).has_value());
  EXPECT_FALSE(Must(store_->ReadMessage(MessageId{99})).has_value());
  EXPECT_EQ(Must(store_->ReadChat(chat))->message_count, 0U);
}

TEST_F(Chats, AnAppendWithAnExternalIdIsIdempotent) {
  const ChatId chat = NewChat();
  const AppendMessage append{.chat = chat, .external_id = "x1", .role = "user", .content = "once"};
  const MessageId first = Must(store_->Write(append));
  Say(chat, "later");
  EXPECT_EQ(Must(store_->Write(append)), first);
  EXPECT_THAT(HeadPath(chat), ElementsAre("once", "later"));
}

TEST_F(Chats, AreListedByTheirLastUpdatePageByPage) {
  std::vector<ChatId> chats;
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(std::chrono::seconds(i == 2 ? 0 : 1));  // two chats of the same millisecond
    chats.push_back(NewChat(std::to_string(i)));
  }
  clock_.Advance(std::chrono::seconds(1));
  Say(chats[0], "bump");
  const auto titles = [](const std::vector<Chat>& list) {
    std::vector<std::string> result;
    for (const Chat& chat : list) result.push_back(chat.title);
    return result;
  };
  const auto first = Must(store_->ListChats({.limit = 3}));
  EXPECT_THAT(titles(first), ElementsAre("0", "4", "3"));
  const auto second =
      Must(store_->ListChats({.before_time = first.back().updated_at, .before = first.back().id, .limit = 1}));
  EXPECT_THAT(titles(second), ElementsAre("2"));
  const auto third =
      Must(store_->ListChats({.before_time = second.back().updated_at, .before = second.back().id, .limit = 9}));
  EXPECT_THAT(titles(third), ElementsAre("1"));

  Must(store_->Write(UpdateChat{.chat = chats[4], .archived = true}));
  EXPECT_EQ(Must(store_->ListChats({})).size(), 4U);
  EXPECT_EQ(Must(store_->ListChats({.archived = true})).size(), 5U);
  Must(store_->Write(UpdateChat{.chat = chats[4], .title = "four", .metadata_json = "{}"}));
  EXPECT_TRUE(Must(store_->ReadChat(chats[4]))->archived);
  EXPECT_EQ(Must(store_->ReadChat(chats[4]))->title, "four");
}

ImportChat ThreeMessages() {
  return {.external_id = "conv-1",
          .title = "imported",
          .origin = "chatgpt",
          .created_at = WallTime(std::chrono::milliseconds(1'000)),
          .messages = {{.external_id = "a",
                        .role = "user",
                        .content = "hello",
                        .created_at = WallTime(std::chrono::milliseconds(1'000))},
                       {.external_id = "b",
                        .parent_external_id = "a",
                        .role = "assistant",
                        .content = "hi",
                        .created_at = WallTime(std::chrono::milliseconds(2'000))},
                       {.external_id = "c",
                        .parent_external_id = "a",
                        .role = "assistant",
                        .content = "hey",
                        .created_at = WallTime(std::chrono::milliseconds(3'000))}}};
}

TEST_F(Chats, ImportingTwiceAddsNothingTheSecondTime) {
  const auto first = Must(store_->Write(ThreeMessages()));
  EXPECT_TRUE(first.created);
  EXPECT_EQ(first.added.size(), 3U);
  EXPECT_EQ(first.unchanged, 0U);
  const auto second = Must(store_->Write(ThreeMessages()));
  EXPECT_FALSE(second.created);
  EXPECT_EQ(second.chat, first.chat);
  EXPECT_TRUE(second.added.empty());
  EXPECT_EQ(second.unchanged, 3U);
  EXPECT_EQ(Must(store_->Count()).messages, 3U);
  const Chat chat = Must(store_->FindChat("conv-1")).value();
  EXPECT_EQ(chat.updated_at, WallTime(std::chrono::milliseconds(3'000)));
  EXPECT_THAT(HeadPath(chat.id), ElementsAre("hello", "hey"));
}

TEST_F(Chats, ImportingAgainAddsOnlyWhatIsNewAndKeepsLocalMessages) {
  const ChatId chat = Must(store_->Write(ThreeMessages())).chat;
  Say(chat, "local");
  ImportChat longer = ThreeMessages();
  longer.messages.push_back({.external_id = "d", .parent_external_id = "b", .role = "user", .content = "more"});
  longer.head_external_id = "d";
  const auto outcome = Must(store_->Write(longer));
  EXPECT_EQ(outcome.added.size(), 1U);
  EXPECT_EQ(outcome.unchanged, 3U);
  EXPECT_THAT(HeadPath(chat), ElementsAre("hello", "hi", "more"));
  EXPECT_EQ(Must(store_->ReadChat(chat))->message_count, 5U);
}

TEST_F(Chats, ABadImportChangesNothing) {
  ImportChat orphan = ThreeMessages();
  orphan.messages[2].parent_external_id = "missing";
  const auto refused = store_->Write(orphan);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("missing"));
  ImportChat nameless = ThreeMessages();
  nameless.messages[1].external_id = "";
  EXPECT_EQ(store_->Write(nameless).error().code(), ErrorCode::kInvalidArgument);
  ImportChat headless = ThreeMessages();
  headless.head_external_id = "nowhere";
  EXPECT_EQ(store_->Write(headless).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Write(ImportChat{}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Must(store_->Count()).chats, 0U);
  EXPECT_EQ(Must(store_->Count()).messages, 0U);
}

TEST_F(Chats, AnExternalIdIsTakenOnce) {
  const ChatId first = Must(store_->Write(CreateChat{.external_id = "e"}));
  EXPECT_EQ(store_->Write(CreateChat{.external_id = "e"}).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Must(store_->FindChat("e"))->id, first);
  EXPECT_EQ(Must(store_->Write(ImportChat{.external_id = "e"})).chat, first);
}

TEST_F(Chats, DeletingRemovesTheMessagesAndNamesThem) {
  const ChatId chat = NewChat();
  const MessageId one = Say(chat, "one");
  const MessageId two = Say(chat, "two");
  const ChatId other = NewChat();
  Say(other, "stays");
  EXPECT_THAT(Must(store_->Write(DeleteChat{.chat = chat})), ElementsAre(one, two));
  EXPECT_FALSE(Must(store_->ReadChat(chat)).has_value());
  EXPECT_FALSE(Must(store_->ReadPassage(PassageId::Of(one))).has_value());
  EXPECT_EQ(Must(store_->Count()).messages, 1U);
}

TEST_F(Chats, EverythingIsThereAfterReopening) {
  const ChatId chat = NewChat("kept");
  for (int i = 0; i < 300; ++i) Say(chat, std::to_string(i));
  Reopen();
  const MessagePage page = Must(store_->ReadMessages(chat, {.limit = 400}));
  ASSERT_EQ(page.messages.size(), 300U);
  EXPECT_EQ(page.messages.front().content, "0");
  EXPECT_EQ(page.messages.back().content, "299");
}

class Notes : public StoreTest {};

TEST_F(Notes, AreStoredChangedRemovedAndListed) {
  const NoteId one = Must(store_->Write(PutNote{.text = "buy milk", .title = "shopping", .tags = {"home", "to do"}}));
  clock_.Advance(std::chrono::seconds(1));
  const NoteId two = Must(store_->Write(PutNote{.text = "two"}));
  const Note note = Must(store_->ReadNote(one)).value();
  EXPECT_EQ(note.text, "buy milk");
  EXPECT_THAT(note.tags, ElementsAre("home", "to do"));
  EXPECT_THAT(Must(store_->ReadNote(two))->tags, IsEmpty());

  EXPECT_EQ(Must(store_->Write(PutNote{.id = one, .text = "buy bread"})), one);
  const Note changed = Must(store_->ReadNote(one)).value();
  EXPECT_EQ(changed.text, "buy bread");
  EXPECT_EQ(changed.created_at, note.created_at);
  EXPECT_GT(changed.updated_at, note.updated_at);

  EXPECT_TRUE(Must(store_->Write(RemoveNote{.id = one})));
  EXPECT_FALSE(Must(store_->Write(RemoveNote{.id = one})));
  EXPECT_TRUE(Must(store_->ReadNote(one))->deleted);
  EXPECT_EQ(Must(store_->ListNotes({})).size(), 1U);
  EXPECT_EQ(Must(store_->ListNotes({.deleted = true})).size(), 2U);
  EXPECT_EQ(Must(store_->ListNotes({.before = two, .deleted = true})).size(), 1U);
  EXPECT_EQ(Must(store_->Count()).notes, 1U);
  EXPECT_THAT(Must(store_->LivePassageIds(PassageKind::kNote)), ElementsAre(PassageId::Of(two)));

  Must(store_->Write(PutNote{.id = one, .text = "again"}));
  EXPECT_FALSE(Must(store_->ReadNote(one))->deleted);
  EXPECT_EQ(store_->Write(PutNote{.id = NoteId{99}, .text = "x"}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store_->Write(PutNote{.text = "x", .tags = {"a\nb"}}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Write(PutNote{.text = "x", .tags = {""}}).error().code(), ErrorCode::kInvalidArgument);
}

class KnobPins : public StoreTest {};

TEST_F(KnobPins, AreKeptByName) {
  Must(store_->Write(PinKnob{.name = "store.batch", .value = "5"}));
  Must(store_->Write(PinKnob{.name = "exec.threads", .value = "2"}));
  Must(store_->Write(PinKnob{.name = "store.batch", .value = "7"}));
  Reopen();
  const auto pins = Must(store_->ReadKnobPins());
  ASSERT_EQ(pins.size(), 2U);
  EXPECT_EQ(pins[0].name, "exec.threads");
  EXPECT_EQ(pins[1].value, "7");
  EXPECT_TRUE(Must(store_->Write(UnpinKnob{.name = "store.batch"})));
  EXPECT_FALSE(Must(store_->Write(UnpinKnob{.name = "store.batch"})));
  EXPECT_FALSE(store_->Write(PinKnob{}).ok());
}

}  // namespace
}  // namespace attune::store
