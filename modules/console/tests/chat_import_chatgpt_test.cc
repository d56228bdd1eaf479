#include <gtest/gtest.h>

#include "chat_importing.h"

namespace attune::console {
namespace {

// A question that was edited once, below the hidden system message that every export has.
constexpr std::string_view kBranched = R"([{
  "title": "Bread", "create_time": 1700000000.25, "update_time": 1700000900.5, "default_model_slug": "gpt-4o",
  "conversation_id": "conv-1", "current_node": "a2", "is_archived": false, "moderation_results": [],
  "mapping": {
    "root": {"id": "root", "message": null, "parent": null, "children": ["sys"]},
    "sys": {"id": "sys", "parent": "root", "children": ["q1", "q2"], "message": {"id": "sys",
      "author": {"role": "system", "name": null, "metadata": {}}, "create_time": null,
      "content": {"content_type": "text", "parts": [""]}, "weight": 0.0,
      "metadata": {"is_visually_hidden_from_conversation": true}}},
    "q1": {"id": "q1", "parent": "sys", "children": ["a1"], "message": {"id": "q1",
      "author": {"role": "user"}, "create_time": 1700000001.0,
      "content": {"content_type": "text", "parts": ["How long does dough rise?"]}, "weight": 1.0, "metadata": {}}},
    "a1": {"id": "a1", "parent": "q1", "children": [], "message": {"id": "a1",
      "author": {"role": "assistant"}, "create_time": 1700000002.0,
      "content": {"content_type": "text", "parts": ["About an hour."]}, "metadata": {"model_slug": "gpt-4"}}},
    "q2": {"id": "q2", "parent": "sys", "children": ["a2"], "message": {"id": "q2",
      "author": {"role": "user"}, "create_time": 1700000003.0,
      "content": {"content_type": "text", "parts": ["How long does rye dough rise?"]}, "metadata": {}}},
    "a2": {"id": "a2", "parent": "q2", "children": [], "message": {"id": "a2",
      "author": {"role": "assistant"}, "create_time": 1700000004.125,
      "content": {"content_type": "text", "parts": ["Two hours."]}, "recipient": "all",
      "metadata": {"model_slug": "gpt-4o"}}}
  }}])";

TEST(ImportChatGpt, KeepsEveryBranchAndShowsTheCurrentOne) {
  const Imported imported = Import(kBranched);
  EXPECT_EQ(imported.report.format, "chatgpt");
  ASSERT_EQ(imported.chats.size(), 1U);
  const Chat& chat = imported.chats[0];
  EXPECT_EQ(chat.external_id, "conv-1");
  EXPECT_EQ(chat.title, "Bread");
  EXPECT_EQ(chat.origin, "chatgpt");
  EXPECT_EQ(chat.model, "gpt-4o");
  EXPECT_EQ(chat.created_at->time_since_epoch().count(), 1700000000250);
  EXPECT_EQ(chat.updated_at->time_since_epoch().count(), 1700000900500);
  EXPECT_EQ(chat.messages.size(), 4U);
  EXPECT_EQ(Shown(chat), "user: How long does rye dough rise? | assistant: Two hours.");
  const ChatMessage* old = FindMessage(chat, "About an hour.");
  ASSERT_NE(old, nullptr);
  EXPECT_EQ(old->model, "gpt-4");
  EXPECT_EQ(chat.messages[*old->parent].content, "How long does dough rise?");
  EXPECT_EQ(imported.report.messages, 4U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kHiddenMessage), 1U);
  EXPECT_TRUE(imported.problems.empty());
}

TEST(ImportChatGpt, TheSameTextGivesTheSameChat) { EXPECT_EQ(Import(kBranched).chats, Import(kBranched).chats); }

std::string WithContent(std::string_view content, std::string_view role = "assistant") {
  return R"([{"title": "t", "id": "c", "mapping": {"n": {"message": {"author": {"role": ")" + std::string(role) +
         R"("}, "content": )" + std::string(content) + R"(}, "parent": null}}}])";
}

std::string ContentOf(std::string_view content) {
  const Imported imported = Import(WithContent(content));
  return imported.chats.empty() ? "(none)" : imported.chats[0].messages.at(0).content;
}

TEST(ImportChatGpt, ReadsTheTypesOfContent) {
  EXPECT_EQ(ContentOf(R"({"content_type": "text", "parts": ["one", "", "two"]})"), "one\n\ntwo");
  EXPECT_EQ(ContentOf(R"({"content_type": "code", "language": "python", "text": "import os"})"),
            "```python\nimport os\n```");
  EXPECT_EQ(ContentOf(R"({"content_type": "code", "language": "unknown", "text": "a ``` b"})"), "````\na ``` b\n````");
  EXPECT_EQ(ContentOf(R"({"content_type": "execution_output", "text": "1\n"})"), "```\n1\n```");
  EXPECT_EQ(ContentOf(R"({"content_type": "multimodal_text", "parts": [
      {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-7", "width": 4}, "What is this?",
      {"content_type": "audio_transcription", "text": "spoken words"}]})"),
            "[image: file-service://file-7]\n\nWhat is this?\n\nspoken words");
  EXPECT_EQ(
      ContentOf(R"({"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "First weigh it."}]})"),
      "Plan\n\nFirst weigh it.");
  EXPECT_EQ(ContentOf(R"({"content_type": "reasoning_recap", "content": "Thought for 3 seconds"})"),
            "Thought for 3 seconds");
  EXPECT_EQ(
      ContentOf(
          R"({"content_type": "tether_quote", "title": "Site", "text": "a quote", "url": "https://example.org"})"),
      "Site\n\na quote\n\nhttps://example.org");
  EXPECT_EQ(ContentOf(R"({"content_type": "system_error", "name": "Timeout", "text": "no answer"})"),
            "Timeout\n\nno answer");
  EXPECT_EQ(ContentOf(R"({"content_type": "from the future", "text": "still readable"})"), "still readable");
}

TEST(ImportChatGpt, KeepsMessagesOfToolsWithTheirName) {
  const Imported imported = Import(
      R"([{"id": "c", "mapping": {"n": {"message": {"author": {"role": "tool", "name": "browser"},
          "content": {"content_type": "text", "parts": ["found"]}, "recipient": "assistant"}}}}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  const ChatMessage& message = imported.chats[0].messages.at(0);
  EXPECT_EQ(message.role, "tool");
  EXPECT_EQ(message.metadata.Find("name")->AsString(), "browser");
  EXPECT_EQ(message.metadata.Find("recipient")->AsString(), "assistant");
}

TEST(ImportChatGpt, ATreeThatIsKnottedIsUntied) {
  const Imported imported = Import(R"([{"id": "c", "current_node": "z", "mapping": {
      "x": {"parent": "y", "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["x"]}}},
      "y": {"parent": "x", "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["y"]}}},
      "z": {"parent": "gone", "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["z"]}}},
      "w": 5, "v": {"message": "not an object"}, "u": {"message": {"author": 1, "content": 2}}}}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].messages.size(), 3U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: z");
  EXPECT_EQ(imported.report.links_repaired, 2U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kBrokenMessage), 2U);
}

TEST(ImportChatGpt, ParentsAreFoundFromTheirChildrenAsWell) {
  const Imported imported = Import(R"([{"id": "c", "mapping": {
      "x": {"children": ["y"], "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["x"]}}},
      "y": {"children": [], "message": {"author": {"role": "user"}, "content": {"content_type": "text", "parts": ["y"]}}}}}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(Shown(imported.chats[0]), "user: x | user: y");
}

TEST(ImportChatGpt, HalfAnEmojiDoesNotLoseTheChat) {
  const Imported imported =
      Import(WithContent(R"({"content_type": "text", "parts": ["cut \ud83d here, whole \ud83d\ude00, \\ud83d"]})"));
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.chats[0].messages.at(0).content, "cut \xEF\xBF\xBD here, whole \xF0\x9F\x98\x80, \\ud83d");
  EXPECT_EQ(imported.report.characters_repaired, 1U);
}

}  // namespace
}  // namespace attune::console
