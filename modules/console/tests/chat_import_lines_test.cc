#include <gtest/gtest.h>

#include "chat_importing.h"

namespace attune::console {
namespace {

const ChatImportOptions kLines{.source_name = "log.jsonl"};

TEST(ImportLines, AMessageALineIsOneChat) {
  const Imported imported = Import(
      "{\"role\": \"user\", \"content\": \"hi\", \"timestamp\": \"2024-05-01T10:00:00Z\"}\n"
      "\n"
      "{\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": \"hello\"}], \"model\": \"m-1\"}\n",
      kLines);
  EXPECT_EQ(imported.report.format, "jsonl");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: hi | assistant: hello");
  EXPECT_EQ(imported.chats[0].title, "log.jsonl");
  EXPECT_EQ(imported.chats[0].messages[1].model, "m-1");
  EXPECT_EQ(imported.chats[0].created_at->time_since_epoch().count(), 1714557600000);
}

TEST(ImportLines, ChatsMayBeInterleaved) {
  const Imported imported = Import(
      R"({"chat_id": "a", "role": "user", "content": "1"}
{"chat_id": "b", "role": "user", "content": "2"}
{"chat_id": "a", "role": "assistant", "content": "3"}
{"chat_id": "b", "role": "assistant", "content": "4"})",
      kLines);
  ASSERT_EQ(imported.chats.size(), 2U);
  EXPECT_EQ(imported.chats[0].external_id, "a");
  EXPECT_EQ(Shown(imported.chats[0]), "user: 1 | assistant: 3");
  EXPECT_EQ(Shown(imported.chats[1]), "user: 2 | assistant: 4");
  EXPECT_EQ(imported.chats[0].title, "1");
}

TEST(ImportLines, ParentsMakeBranches) {
  const Imported imported = Import(
      R"({"id": "1", "parent_id": null, "role": "user", "content": "q"}
{"id": "2", "parent_id": "1", "role": "assistant", "content": "a"}
{"id": "3", "parent_id": "1", "role": "assistant", "content": "b"})",
      kLines);
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].messages[2].parent, 0U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: q | assistant: b");
}

TEST(ImportLines, AFileThatGrewFindsItsMessagesAgain) {
  const std::string two = "{\"role\":\"user\",\"content\":\"ok\"}\n{\"role\":\"user\",\"content\":\"ok\"}\n";
  const Imported before = Import(two, kLines);
  const Imported after = Import(two + "{\"role\":\"user\",\"content\":\"ok\"}\n", kLines);
  ASSERT_EQ(before.chats.size(), 1U);
  ASSERT_EQ(after.chats.size(), 1U);
  EXPECT_EQ(after.chats[0].external_id, before.chats[0].external_id);
  EXPECT_EQ(after.chats[0].messages[0], before.chats[0].messages[0]);
  EXPECT_EQ(after.chats[0].messages[1], before.chats[0].messages[1]);
  const Imported elsewhere = Import(two, {.source_name = "other.jsonl"});
  EXPECT_NE(elsewhere.chats[0].external_id, before.chats[0].external_id);
}

TEST(ImportLines, AListOfMessagesALineIsAChatALine) {
  const Imported imported = Import(
      R"({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a river"}, {"role": "assistant", "content": "Elbe"}]}
{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name a lake"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "map", "arguments": "{\"kind\":\"lake\"}"}}]}, {"role": "tool", "content": "Ammersee", "tool_call_id": "t1"}]}
{"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "hey"}]})",
      kLines);
  ASSERT_EQ(imported.chats.size(), 3U);
  EXPECT_EQ(Shown(imported.chats[0]), "system: Be brief. | user: Name a river | assistant: Elbe");
  EXPECT_EQ(imported.chats[0].title, "Name a river");
  EXPECT_EQ(imported.chats[1].messages[2].content, "[tool use: map]\n```json\n{\"kind\":\"lake\"}\n```");
  EXPECT_EQ(imported.chats[1].messages[3].metadata.Find("tool_call_id")->AsString(), "t1");
  EXPECT_EQ(Shown(imported.chats[2]), "user: hi | assistant: hey");
  EXPECT_NE(imported.chats[0].external_id, imported.chats[1].external_id);
}

TEST(ImportLines, RecordsThatWrapAMessageAreRead) {
  const Imported imported = Import(
      R"({"type":"user","sessionId":"s","uuid":"1","parentUuid":null,"timestamp":"2025-01-01T00:00:00Z","message":{"role":"user","content":"fix it"}}
{"type":"assistant","sessionId":"s","uuid":"2","parentUuid":"1","message":{"role":"assistant","model":"m","content":[{"type":"text","text":"fixed"}]}}
{"type":"summary","summary":"not a message"})",
      kLines);
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].external_id, "s");
  EXPECT_EQ(Shown(imported.chats[0]), "user: fix it | assistant: fixed");
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kNotAChat), 1U);
}

TEST(ImportLines, ABrokenLineSpoilsNoOther) {
  const Imported imported = Import(
      "{\"role\": \"user\", \"content\": \n{\"role\": \"user\", \"content\": \"kept\"}\n\xff\xfe\n[1, 2]\n"
      "{\"role\": \"user\", \"content\": \"kept too\"}",
      kLines);
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: kept | user: kept too");
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kBrokenJson), 2U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kNotAChat), 1U);
  ASSERT_EQ(imported.problems.size(), 3U);
  EXPECT_EQ(imported.problems[0].element, 0U);
  EXPECT_EQ(imported.problems[1].element, 2U);
  EXPECT_NE(imported.problems[1].error.message().find("at byte "), std::string::npos);
}

TEST(ImportLines, OpenChatsBeyondTheBoundAreDeliveredEarlyAndContinued) {
  std::string text;
  for (int round = 0; round < 2; ++round) {
    for (int chat = 0; chat < 10; ++chat) {
      text += R"({"chat_id": "c)" + std::to_string(chat) + R"(", "role": "user", "content": ")" +
              std::string(2000, 'x') + "\"}\n";
    }
  }
  const Imported imported = Import(text, {.source_name = "log.jsonl", .chat_bytes_max = Bytes(12'000)});
  EXPECT_GT(imported.report.chats_continued, 0U);
  EXPECT_EQ(imported.report.messages, 20U);
  std::vector<std::string> ids;
  for (const Chat& chat : imported.chats) {
    for (const ChatMessage& message : chat.messages) ids.push_back(chat.external_id + "/" + message.external_id);
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());  // a continuation repeats no id
}

}  // namespace
}  // namespace attune::console
