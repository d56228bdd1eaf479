#pragma once
// Imports a text and keeps everything that the visitor was told.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "attune/console/chat_import.h"

namespace attune::console {

struct Imported {
  std::vector<Chat> chats;
  std::vector<ChatProblem> problems;
  ChatImportReport report;
};

inline ChatVisitor CollectInto(Imported& imported) {
  ChatVisitor visitor;
  visitor.on_chat = [&imported](Chat&& chat) {
    const Status whole = CheckChat(chat);
    EXPECT_TRUE(whole.ok()) << whole.error().message();
    imported.chats.push_back(std::move(chat));
    return OkStatus();
  };
  visitor.on_problem = [&imported](const ChatProblem& problem) { imported.problems.push_back(problem); };
  return visitor;
}

inline Imported Import(std::string_view text, const ChatImportOptions& options = {.source_name = "test.json"}) {
  Imported imported;
  auto report = ImportChats(ChunksOf(text), options, CollectInto(imported));
  EXPECT_TRUE(report.ok()) << report.error().message();
  if (report.ok()) imported.report = *std::move(report);
  EXPECT_EQ(imported.report.chats, imported.chats.size());
  return imported;
}

// "user: hello | assistant: hi", along the current branch.
inline std::string Shown(const Chat& chat) {
  std::string text;
  for (const std::size_t i : CurrentBranch(chat)) {
    if (!text.empty()) text += " | ";
    text += chat.messages[i].role + ": " + chat.messages[i].content;
  }
  return text;
}

inline const ChatMessage* FindMessage(const Chat& chat, std::string_view content) {
  const auto found = std::find_if(chat.messages.begin(), chat.messages.end(),
                                  [&](const ChatMessage& message) { return message.content == content; });
  return found == chat.messages.end() ? nullptr : &*found;
}

}  // namespace attune::console
