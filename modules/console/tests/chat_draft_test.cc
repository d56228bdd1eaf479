#include "chat_draft.h"

#include <gtest/gtest.h>

#include <random>

namespace attune::console {
namespace {

ChatMessage Said(std::string id, std::string content) {
  ChatMessage message;
  message.external_id = std::move(id);
  message.role = "user";
  message.content = std::move(content);
  return message;
}

DraftLink Behind(std::string parent) { return {DraftLink::Kind::kNamed, std::move(parent)}; }
DraftLink Root() { return {DraftLink::Kind::kRoot, {}}; }

Chat Finished(ChatDraft draft, std::string_view head, ChatImportReport& report) {
  Chat chat;
  chat.external_id = "chat";
  std::move(draft).Finish(head, chat, report);
  const Status whole = CheckChat(chat);
  EXPECT_TRUE(whole.ok()) << whole.error().message();
  return chat;
}

std::string Contents(const Chat& chat) {
  std::string text;
  for (const ChatMessage& message : chat.messages) text += message.content;
  return text;
}

TEST(ChatDraft, MessagesWithoutLinksAreOneLine) {
  ChatDraft draft("seed");
  for (const char* content : {"a", "b", "c"}) draft.Add(Said("", content), {});
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), "", report);
  EXPECT_EQ(CurrentBranch(chat), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(ChatDraft, ParentsThatComeLaterArePutFirst) {
  ChatDraft draft("seed");
  draft.Add(Said("3", "c"), Behind("2"));
  draft.Add(Said("2", "b"), Behind("1"));
  draft.Add(Said("1", "a"), Root());
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), "3", report);
  EXPECT_EQ(Contents(chat), "abc");
  EXPECT_EQ(chat.head, 2U);
  EXPECT_EQ(report.links_repaired, 0U);
}

TEST(ChatDraft, WhatHangsOnAGapHangsOnItsAncestor) {
  ChatDraft draft("seed");
  draft.AddGap("root", Root());
  draft.Add(Said("1", "a"), Behind("root"));
  draft.AddGap("hidden", Behind("1"));
  draft.AddGap("hidden too", Behind("hidden"));
  draft.Add(Said("2", "b"), Behind("hidden too"));
  draft.Add(Said("3", "c"), Behind("hidden"));
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), "hidden too", report);
  EXPECT_EQ(chat.messages[1].parent, 0U);
  EXPECT_EQ(chat.messages[2].parent, 0U);
  EXPECT_EQ(chat.head, 0U);  // the shown node is a gap: its nearest ancestor is shown
}

TEST(ChatDraft, CirclesAndMissingParentsBecomeRoots) {
  ChatDraft draft("seed");
  draft.Add(Said("1", "a"), Behind("2"));
  draft.Add(Said("2", "b"), Behind("1"));
  draft.Add(Said("3", "c"), Behind("3"));
  draft.Add(Said("4", "d"), Behind("nobody"));
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), "", report);
  EXPECT_EQ(chat.messages.size(), 4U);
  EXPECT_EQ(report.links_repaired, 3U);
}

TEST(ChatDraft, ARepeatedIdIsRefusedAndItsFirstOwnerStays) {
  ChatDraft draft("seed");
  EXPECT_TRUE(draft.Add(Said("1", "a"), Root()));
  EXPECT_FALSE(draft.Add(Said("1", "b"), Root()));
  EXPECT_TRUE(draft.Add(Said("2", "c"), Behind("1")));
  ChatImportReport report;
  EXPECT_EQ(Contents(Finished(std::move(draft), "", report)), "ac");
}

TEST(ChatDraft, DerivedIdsStayWhenTheChatGrows) {
  const auto ids = [](int messages) {
    ChatDraft draft("seed");
    for (int i = 0; i < messages; ++i) draft.Add(Said("", "same"), {});
    ChatImportReport report;
    std::vector<std::string> all;
    for (const ChatMessage& message : Finished(std::move(draft), "", report).messages)
      all.push_back(message.external_id);
    return all;
  };
  const auto three = ids(3);
  const auto five = ids(5);
  EXPECT_TRUE(std::equal(three.begin(), three.end(), five.begin()));
}

TEST(ChatDraft, ADerivedIdThatIsTakenMovesOn) {
  ChatDraft first("seed");
  first.Add(Said("", "hello"), Root());
  ChatImportReport report;
  const std::string id = Finished(std::move(first), "", report).messages[0].external_id;
  ChatDraft second("seed");
  second.Add(Said("", "hello"), Root());
  second.Add(Said(id, "impostor"), Root());
  second.Add(Said("", "hello"), Root());
  EXPECT_EQ(Finished(std::move(second), "", report).messages.size(), 3U);
}

TEST(ChatDraft, AnIdWithoutEndIsReplacedByItsHash) {
  ChatDraft draft("seed");
  draft.Add(Said(std::string(100'000, 'x'), "a"), Root());
  draft.Add(Said("2", "b"), Behind(std::string(100'000, 'x')));
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), "", report);
  EXPECT_LT(chat.messages[0].external_id.size(), 100U);
  EXPECT_EQ(chat.messages[1].parent, 0U);
}

TEST(ChatDraft, AChainOfAHundredThousandNeedsNoStack) {
  ChatDraft draft("seed");
  constexpr int kLength = 100'000;
  for (int i = kLength; i > 0; --i)
    draft.Add(Said(std::to_string(i), "x"), i == 1 ? Root() : Behind(std::to_string(i - 1)));
  ChatImportReport report;
  const Chat chat = Finished(std::move(draft), std::to_string(kLength), report);
  EXPECT_EQ(CurrentBranch(chat).size(), static_cast<std::size_t>(kLength));
}

TEST(ChatDraft, AnyLinksGiveAWholeTreeOfAllMessages) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    ChatDraft draft("seed");
    const std::uint64_t count = 1 + random() % 30;
    std::size_t kept = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const DraftLink link = random() % 5 == 0 ? DraftLink{} : Behind(std::to_string(random() % (count + 2)));
      if (random() % 4 == 0) {
        draft.AddGap(std::to_string(i), link);
      } else {
        draft.Add(Said(random() % 6 == 0 ? "" : std::to_string(i), "x"), link);
        ++kept;
      }
      if (random() % 3 == 0) draft.AddChildHint(std::to_string(random() % count), std::to_string(random() % count));
    }
    ChatImportReport report;
    const Chat chat = Finished(std::move(draft), std::to_string(random() % count), report);
    EXPECT_EQ(chat.messages.size(), kept);
  }
}

}  // namespace
}  // namespace attune::console
