#include "attune/console/chat_import.h"

#include <gtest/gtest.h>

#include <random>

#include "attune/sys/in_memory_file_system.h"
#include "chat_importing.h"

namespace attune::console {
namespace {

std::string ClaudeChat(int number) {
  const std::string n = std::to_string(number);
  return R"({"uuid": "u)" + n + R"(", "name": "chat )" + n +
         R"(", "chat_messages": [{"uuid": "m", "sender": "human", "text": "text )" + n + R"("}]})";
}

std::string ClaudeExport(int chats) {
  std::string text = "[";
  for (int i = 0; i < chats; ++i) text += (i > 0 ? ",\n" : "") + ClaudeChat(i);
  return text + "]";
}

TEST(ImportChats, ATruncatedExportDeliversWhatCameBeforeTheCut) {
  const std::string whole = ClaudeExport(5);
  const std::string cut = whole.substr(0, whole.find("chat 3") + 20);
  const Imported imported = Import(cut);
  EXPECT_EQ(imported.chats.size(), 3U);
  ASSERT_TRUE(imported.report.broken_off.has_value());
  EXPECT_EQ(imported.report.broken_off->code(), ErrorCode::kCorruption);
  EXPECT_NE(imported.report.broken_off->message().find("truncated"), std::string::npos);
  EXPECT_FALSE(Import(whole).report.broken_off.has_value());
}

TEST(ImportChats, EveryCutDeliversAPrefix) {
  const std::string whole = ClaudeExport(3);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    const Imported imported = Import(whole.substr(0, length));
    for (std::size_t i = 0; i < imported.chats.size(); ++i)
      EXPECT_EQ(imported.chats[i].external_id, "u" + std::to_string(i));
    EXPECT_TRUE(imported.report.broken_off.has_value()) << length;
  }
}

TEST(ImportChats, NestingWithoutEndIsAnErrorOfOneElementOnly) {
  const std::string deep(100'000, '[');
  const std::string shut(100'000, ']');
  const Imported imported = Import("[" + ClaudeChat(0) + "," + deep + shut + "," + ClaudeChat(1) + "]");
  EXPECT_EQ(imported.chats.size(), 2U);
  EXPECT_FALSE(imported.report.broken_off.has_value());
  ASSERT_EQ(imported.problems.size(), 1U);
  EXPECT_EQ(imported.problems[0].reason, ChatSkip::kBrokenJson);
  EXPECT_EQ(imported.problems[0].element, 1U);
  EXPECT_EQ(imported.problems[0].offset, 2 + ClaudeChat(0).size());
}

TEST(ImportChats, AChatBeyondTheBoundIsSkippedAndTheRestGoesOn) {
  const std::string large =
      R"({"uuid": "big", "chat_messages": [{"sender": "human", "text": ")" + std::string(5000, 'x') + R"("}]})";
  const Imported imported = Import("[" + ClaudeChat(0) + "," + large + "," + ClaudeChat(1) + "]",
                                   {.source_name = "x", .chat_bytes_max = Bytes(1000)});
  EXPECT_EQ(imported.chats.size(), 2U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kTooLarge), 1U);
  ASSERT_EQ(imported.problems.size(), 1U);
  EXPECT_EQ(imported.problems[0].element, 1U);
}

TEST(ImportChats, AnElementThatIsNoChatIsToldWithItsPlace) {
  const Imported imported = Import("[1, {\"a\": 2}, " + ClaudeChat(0) + ", {\"chat_messages\": []}, null]");
  EXPECT_EQ(imported.chats.size(), 1U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kNotAChat), 3U);
  EXPECT_EQ(imported.report.skipped_for(ChatSkip::kEmptyChat), 1U);
  EXPECT_EQ(imported.problems.at(0).offset, 1U);
}

TEST(ImportChats, AFileOfSomethingElseIsRefused) {
  Imported imported;
  const auto report = ImportChats(ChunksOf(R"({"name": "package", "version": 1})"), {.source_name = "package.json"},
                                  CollectInto(imported));
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(report.error().message().find("package.json"), std::string::npos);
}

TEST(ImportChats, AnEmptyExportIsNoError) {
  EXPECT_EQ(Import("[]").report.chats, 0U);
  EXPECT_EQ(Import("").report.chats, 0U);
}

TEST(ImportChats, TheVisitorCanEndIt) {
  ChatVisitor visitor;
  int seen = 0;
  visitor.on_chat = [&](Chat&& /*chat*/) -> Status {
    ++seen;
    return Error(ErrorCode::kCancelled, "enough");
  };
  const std::string text = ClaudeExport(5);
  const auto report = ImportChats(ChunksOf(text), {}, visitor);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(seen, 1);
}

TEST(ImportChats, ASourceThatFailsBreaksOffWithItsError) {
  const std::string text = ClaudeExport(3);
  bool served = false;
  const state::ChunkSource source = [&](std::span<char> buffer) -> Result<std::size_t> {
    if (served) return Error(ErrorCode::kUnavailable, "disk gone");
    served = true;
    const std::size_t count = std::min(buffer.size(), text.find("chat 2"));
    std::copy_n(text.data(), count, buffer.data());
    return count;
  };
  Imported imported;
  const auto report = ImportChats(source, {}, CollectInto(imported));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(imported.chats.size(), 2U);
  ASSERT_TRUE(report->broken_off.has_value());
  EXPECT_EQ(report->broken_off->message(), "disk gone");
}

TEST(ImportChats, ChatsWithoutIdsGetOnesThatStay) {
  const std::string text = R"([{"chat_messages": [{"sender": "human", "text": "a"}, {"sender": "human", "text": "a"}]},
                               {"chat_messages": [{"sender": "human", "text": "b"}]}])";
  const Imported first = Import(text);
  const Imported second = Import(text);
  EXPECT_EQ(first.chats, second.chats);
  ASSERT_EQ(first.chats.size(), 2U);
  EXPECT_NE(first.chats[0].external_id, first.chats[1].external_id);
}

TEST(ImportChats, ATitleIsMadeOfWhatTheUserSaidFirst) {
  const Imported imported = Import(R"([{"uuid": "u", "chat_messages": [{"sender": "assistant", "text": "Hello!"},
      {"sender": "human", "text": "  Wie groß ist der Ärmelkanal an seiner breitesten Stelle, und wie tief ist er dort überhaupt?\nMehr."}]}])");
  ASSERT_EQ(imported.chats.size(), 1U);
  EXPECT_TRUE(imported.chats[0].title.starts_with("Wie groß ist der Ärmelkanal"));
  EXPECT_TRUE(imported.chats[0].title.ends_with("…"));
  EXPECT_LE(imported.chats[0].title.size(), 83U);
}

TEST(ImportChats, ProgressEndsAtTheLastByte) {
  const std::string text = ClaudeExport(10);
  Imported imported;
  ChatVisitor visitor = CollectInto(imported);
  std::uint64_t last = 0;
  visitor.on_progress = [&](std::uint64_t bytes) {
    EXPECT_GE(bytes, last);
    last = bytes;
  };
  ASSERT_TRUE(ImportChats(ChunksOf(text), {}, visitor).ok());
  EXPECT_EQ(last, text.size());
}

constexpr std::string_view kTab = R"({
  "id": "tab-1", "title": "Refactoring", "created_at": "2024-01-02T03:04:05.678901", "last_accessed": "2024-01-02T04:00:00",
  "status": "active", "workspace_path": "/home/me/project", "model": "claude-sonnet-4", "context_state": {},
  "messages": [
    {"id": "1", "type": "user", "content": "rename it", "timestamp": "2024-01-02T03:04:06", "metadata": {"lang": "cpp"},
     "context_matches": [], "tokens": 3, "model": null},
    {"id": "2", "type": "context", "content": "file a.cc", "timestamp": "2024-01-02T03:04:07", "metadata": {}},
    {"id": "3", "type": "assistant", "content": "done", "timestamp": "2024-01-02T03:04:08", "metadata": {}}
  ]
})";

TEST(ImportChats, ReadsATabOfTorqConsole) {
  const Imported imported = Import(kTab);
  EXPECT_EQ(imported.report.format, "torq");
  ASSERT_EQ(imported.chats.size(), 1U);
  const Chat& chat = imported.chats[0];
  EXPECT_EQ(chat.external_id, "tab-1");
  EXPECT_EQ(chat.model, "claude-sonnet-4");
  EXPECT_EQ(Shown(chat), "user: rename it | system: file a.cc | assistant: done");
  EXPECT_EQ(chat.messages[1].metadata.Find("type")->AsString(), "context");
  EXPECT_EQ(chat.messages[0].metadata.Find("tokens")->AsInt(), 3);
  EXPECT_EQ(chat.messages[0].metadata.Find("lang")->AsString(), "cpp");
  EXPECT_EQ(chat.metadata.Find("workspace_path")->AsString(), "/home/me/project");
}

TEST(ImportChatFolder, ReadsTheTabsInOrderAndGoesOnAfterABrokenOne) {
  sys::InMemoryFileSystem files(SystemClock());
  ASSERT_TRUE(files.CreateDirectories("/history/tabs").ok());
  std::string second(kTab);
  second.replace(second.find("tab-1"), 5, "tab-2");
  ASSERT_TRUE(files.WriteAtomically("/history/tabs/a.json", second).ok());
  ASSERT_TRUE(files.WriteAtomically("/history/tabs/b.json", kTab.substr(0, 300)).ok());
  ASSERT_TRUE(files.WriteAtomically("/history/tabs/c.json", kTab).ok());
  ASSERT_TRUE(files.WriteAtomically("/history/tabs/readme.txt", "no").ok());
  ASSERT_TRUE(files.WriteAtomically("/history/index.json", "{}").ok());
  Imported imported;
  const auto report = ImportChatFolder(files, "/history", {}, CollectInto(imported));
  ASSERT_TRUE(report.ok()) << report.error().message();
  ASSERT_EQ(imported.chats.size(), 2U);
  EXPECT_EQ(imported.chats[0].external_id, "tab-2");
  EXPECT_EQ(imported.chats[1].external_id, "tab-1");
  EXPECT_EQ(report->chats, 2U);
  ASSERT_EQ(imported.problems.size(), 1U);
  EXPECT_NE(imported.problems[0].error.message().find("b.json"), std::string::npos);
  EXPECT_FALSE(ImportChatFolder(files, "/nowhere", {}, CollectInto(imported)).ok());
}

TEST(ImportChats, DamageAnywhereLosesNoMoreThanItTouches) {
  const std::string whole = ClaudeExport(20);
  std::mt19937_64 random(9);
  for (int i = 0; i < 500; ++i) {
    std::string text = whole;
    text[random() % text.size()] = static_cast<char>(random());
    Imported imported;
    const auto report = ImportChats(ChunksOf(text), {}, CollectInto(imported));
    if (!report.ok() || report->broken_off) continue;
    EXPECT_GE(imported.chats.size() + report->skipped_for(ChatSkip::kBrokenJson) +
                  report->skipped_for(ChatSkip::kNotAChat) + report->skipped_for(ChatSkip::kEmptyChat),
              18U);
  }
}

TEST(LooksLikeChatExport, KnowsItsFormatsAndNotOtherJson) {
  EXPECT_TRUE(LooksLikeChatExport(ClaudeExport(1)));
  EXPECT_TRUE(LooksLikeChatExport(kTab));
  EXPECT_TRUE(LooksLikeChatExport(R"([{"title": "x", "create_time": 1.0, "mapping": {)"));
  EXPECT_TRUE(LooksLikeChatExport(R"({"role": "user", "content": "hi"})"));
  EXPECT_TRUE(LooksLikeChatExport(R"({"messages": [{"role": "user", "content": "hi"}]})"));
  EXPECT_FALSE(LooksLikeChatExport(R"({"name": "package", "dependencies": {}})"));
  EXPECT_FALSE(LooksLikeChatExport("role content user"));
  EXPECT_FALSE(LooksLikeChatExport(""));
}

}  // namespace
}  // namespace attune::console
