#include <gtest/gtest.h>

#include "chat_importing.h"

namespace attune::console {
namespace {

constexpr std::string_view kExport = R"([{
  "uuid": "u-1", "name": "Garden", "summary": "About roses", "created_at": "2024-05-01T10:00:00.000000Z",
  "updated_at": "2024-05-01T11:00:00.000000Z", "account": {"uuid": "acc"},
  "chat_messages": [
    {"uuid": "m-1", "sender": "human", "text": "When do I cut roses?", "created_at": "2024-05-01T10:00:01.5Z",
     "content": [{"type": "text", "text": "When do I cut roses?"}],
     "attachments": [{"file_name": "notes.txt", "file_type": "txt", "extracted_content": "Last year: March."}],
     "files": [{"file_name": "rose.jpg"}]},
    {"uuid": "m-2", "sender": "assistant", "text": "ignored when there are blocks", "created_at": "2024-05-01T10:00:02Z",
     "content": [
       {"type": "thinking", "thinking": "They mean pruning."},
       {"type": "tool_use", "name": "calendar", "input": {"month": 3}},
       {"type": "tool_result", "name": "calendar", "content": [{"type": "text", "text": "frost until the 20th"}]},
       {"type": "text", "text": "After the last frost."}], "attachments": [], "files": []},
    {"uuid": "m-3", "sender": "human", "text": "", "content": [], "attachments": [], "files": []},
    {"uuid": "m-4", "sender": "human", "text": "Thanks", "attachments": [], "files": []}
  ]}])";

TEST(ImportClaude, ReadsBlocksAttachmentsAndTools) {
  const Imported imported = Import(kExport);
  EXPECT_EQ(imported.report.format, "claude");
  ASSERT_EQ(imported.chats.size(), 1U);
  const Chat& chat = imported.chats[0];
  EXPECT_EQ(chat.external_id, "u-1");
  EXPECT_EQ(chat.title, "Garden");
  EXPECT_EQ(chat.metadata.Find("summary")->AsString(), "About roses");
  ASSERT_EQ(chat.messages.size(), 3U);
  EXPECT_EQ(chat.messages[0].role, "user");
  EXPECT_EQ(chat.messages[0].content,
            "When do I cut roses?\n\n[attachment: notes.txt]\nLast year: March.\n\n[attachment: rose.jpg]");
  EXPECT_EQ(chat.messages[0].created_at->time_since_epoch().count(), 1714557601500);
  EXPECT_EQ(chat.messages[1].content,
            "[tool use: calendar]\n```json\n{\"month\":3}\n```\n\n[tool result: calendar]\nfrost until the 20th\n\n"
            "After the last frost.");
  EXPECT_EQ(chat.messages[1].metadata.Find("thinking")->AsString(), "They mean pruning.");
  EXPECT_EQ(chat.messages[2].content, "Thanks");
  EXPECT_EQ(chat.messages[2].parent, 1U);  // behind the empty message, so behind its parent
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kEmptyMessage), 1U);
}

TEST(ImportClaude, ParentsAndTheCurrentLeafMakeATree) {
  const Imported imported = Import(R"([{"uuid": "u", "name": "t", "current_leaf_message_uuid": "b", "chat_messages": [
    {"uuid": "a", "sender": "human", "text": "question", "parent_message_uuid": "00000000-0000-4000-8000-000000000000"},
    {"uuid": "b", "sender": "assistant", "text": "first try", "parent_message_uuid": "a"},
    {"uuid": "c", "sender": "assistant", "text": "second try", "parent_message_uuid": "a"}]}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].messages.size(), 3U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: question | assistant: first try");
  EXPECT_EQ(imported.chats[0].messages[2].parent, 0U);
}

TEST(ImportClaude, MessagesThatAreBrokenOrRepeatedAreToldAndTheRestStays) {
  const Imported imported = Import(R"([{"uuid": "u", "chat_messages": [5, {"uuid": "a", "text": "nobody said this"},
    {"uuid": "b", "sender": "human", "text": "kept"}, {"uuid": "b", "sender": "human", "text": "again"}]}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: kept");
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kBrokenMessage), 2U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kDuplicateMessage), 1U);
  ASSERT_EQ(imported.problems.size(), 3U);
  EXPECT_NE(imported.problems[2].error.message().find("'b'"), std::string::npos);
}

}  // namespace
}  // namespace attune::console
