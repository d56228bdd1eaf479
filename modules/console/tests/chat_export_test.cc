#include "attune/console/chat_export.h"

#include <gtest/gtest.h>

#include <random>

#include "chat_importing.h"

namespace attune::console {
namespace {

Chat Branched() {
  Chat chat;
  chat.external_id = "c-1";
  chat.title = "Two answers";
  chat.origin = "chatgpt";
  chat.model = "m";
  chat.created_at = WallTime(std::chrono::milliseconds(1714566896789));
  chat.updated_at = WallTime(std::chrono::milliseconds(1714566999000));
  chat.metadata = state::Object{{"pinned", true}, {"ratio", 0.25}};
  const auto add = [&](std::string id, std::optional<std::size_t> parent, std::string role, std::string content) {
    ChatMessage message;
    message.external_id = std::move(id);
    message.parent = parent;
    message.role = std::move(role);
    message.content = std::move(content);
    chat.messages.push_back(std::move(message));
  };
  add("1", {}, "user", "What is a \"quine\"?\n\tTabs, \xE2\x82\xAC and \x01.");
  add("2", 0, "assistant", "A program that prints itself.");
  add("3", 0, "assistant", "A kind of fruit.");
  add("4", 1, "user", "Thanks");
  add("5", {}, "user", "Another start");
  chat.messages[1].model = "m-2";
  chat.messages[1].created_at = WallTime(std::chrono::milliseconds(1714566900001));
  chat.messages[1].metadata = state::Object{{"thinking", "quines"}};
  chat.head = 3;
  return chat;
}

std::string Written(ChatFileFormat format, const Chat& chat) {
  std::string out;
  WriteChat(format, chat, out);
  return out;
}

TEST(WriteChat, AttuneFormatGivesBackTheSameChat) {
  const std::string text = Written(ChatFileFormat::kAttune, Branched());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const Imported imported = Import(text);
  EXPECT_EQ(imported.report.format, "attune");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0], Branched());
}

TEST(WriteChat, AttuneFormatGivesBackRandomTrees) {
  std::mt19937_64 random(13);
  std::string text;
  std::vector<Chat> chats;
  for (int i = 0; i < 100; ++i) {
    Chat chat;
    chat.external_id = "chat" + std::to_string(i);
    const std::uint64_t count = random() % 12;
    for (std::uint64_t m = 0; m < count; ++m) {
      ChatMessage message;
      message.external_id = std::to_string(m);
      message.role = "user";
      message.content = std::string(random() % 40, static_cast<char>('a' + m));
      if (m > 0 && random() % 5 != 0) message.parent = random() % m;
      chat.messages.push_back(std::move(message));
    }
    if (count > 0) chat.head = random() % count;
    chat.origin = "test";
    WriteChat(ChatFileFormat::kAttune, chat, text);
    chats.push_back(std::move(chat));
  }
  EXPECT_EQ(Import(text).chats, chats);
}

TEST(WriteChat, JsonLinesKeepTheTree) {
  Chat chat = Branched();
  chat.head = 4;  // what the lines do not say; a reader takes the last
  const Imported imported = Import(Written(ChatFileFormat::kJsonLines, chat), {.source_name = "x.jsonl"});
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].external_id, chat.external_id);
  EXPECT_EQ(imported.chats[0].title, chat.title);
  EXPECT_EQ(imported.chats[0].messages, chat.messages);
  EXPECT_EQ(imported.chats[0].head, chat.head);
}

TEST(WriteChat, ChatGptFormatKeepsTreeTextAndTimes) {
  const Chat chat = Branched();
  const Imported imported = Import("[" + Written(ChatFileFormat::kChatGpt, chat) + "]");
  EXPECT_EQ(imported.report.format, "chatgpt");
  ASSERT_EQ(imported.chats.size(), 1U);
  const Chat& again = imported.chats[0];
  EXPECT_EQ(again.external_id, chat.external_id);
  EXPECT_EQ(again.created_at, chat.created_at);
  EXPECT_EQ(Shown(again), Shown(chat));
  ASSERT_EQ(again.messages.size(), chat.messages.size());
  for (std::size_t i = 0; i < chat.messages.size(); ++i) {
    EXPECT_EQ(again.messages[i].external_id, chat.messages[i].external_id);
    EXPECT_EQ(again.messages[i].parent, chat.messages[i].parent);
    EXPECT_EQ(again.messages[i].content, chat.messages[i].content);
    EXPECT_EQ(again.messages[i].created_at, chat.messages[i].created_at);
  }
}

TEST(WriteChat, MarkdownShowsTheCurrentBranchFirstAndThenTheOthers) {
  const std::string text = Written(ChatFileFormat::kMarkdown, Branched());
  EXPECT_TRUE(text.starts_with("# Two answers\n\n- origin: chatgpt\n- model: m\n- created: 2024-05-01 12:34:56 UTC\n"));
  const auto at = [&](std::string_view part) { return text.find(part); };
  EXPECT_LT(at("### 1 · user"),
            at("### 2 · assistant (m-2) · 2024-05-01 12:35:00 UTC\n\nA program that prints itself."));
  EXPECT_LT(at("### 4 · user\n\nThanks"), at("## Branch 2, from 1\n\n### 3 · assistant\n\nA kind of fruit."));
  EXPECT_LT(at("A kind of fruit."), at("## Branch 3, from the start\n\n### 5 · user\n\nAnother start"));
  EXPECT_NE(at("Another start"), std::string::npos);
}

TEST(WriteChat, AnEmptyChatCanBeWritten) {
  Chat chat;
  chat.external_id = "empty";
  for (const auto format : {ChatFileFormat::kAttune, ChatFileFormat::kMarkdown, ChatFileFormat::kChatGpt}) {
    EXPECT_FALSE(Written(format, chat).empty());
  }
  EXPECT_EQ(Import(Written(ChatFileFormat::kAttune, chat)).chats.size(), 1U);
}

TEST(ParseChatFileFormat, KnowsItsNames) {
  EXPECT_TRUE(ParseChatFileFormat("markdown").ok());
  const auto unknown = ParseChatFileFormat("docx");
  ASSERT_FALSE(unknown.ok());
  EXPECT_NE(unknown.error().message().find("markdown"), std::string::npos);
}

}  // namespace
}  // namespace attune::console
