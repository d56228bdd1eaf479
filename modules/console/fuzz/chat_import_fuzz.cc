// Any bytes, and any damage to a valid export, give whole chats or a told problem;
// what was imported is imported again from its lossless export, unchanged.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/check.h"
#include "attune/console/chat_export.h"
#include "attune/console/chat_import.h"

namespace {

using attune::OkStatus;
using namespace attune::console;  // NOLINT(google-build-using-namespace): a target of one module

constexpr std::string_view kExports[] = {
    R"([{"id":"c","current_node":"b","mapping":{"a":{"message":{"author":{"role":"user"},"create_time":1.5,"content":{"content_type":"text","parts":["x"]}},"parent":null,"children":["b"]},"b":{"message":{"author":{"role":"tool"},"content":{"content_type":"code","text":"y"}},"parent":"a"}}}])",
    R"([{"uuid":"u","name":"n","created_at":"2024-05-01T10:00:00Z","chat_messages":[{"uuid":"m","sender":"human","text":"x","content":[{"type":"tool_use","name":"t","input":{"k":1}}],"attachments":[{"file_name":"f","extracted_content":"e"}]},{"sender":"assistant","text":"y"}]}])",
    "{\"chat_id\":\"c\",\"id\":\"1\",\"parent_id\":null,\"role\":\"user\",\"content\":\"x\"}\n{\"chat_id\":\"c\","
    "\"parent_id\":\"1\",\"role\":\"assistant\",\"content\":\"\\ud83d\"}\n",
    R"({"id":"t","last_accessed":"2024-01-01T00:00:00","messages":[{"id":"1","type":"user","content":"x","metadata":{"a":1}},{"type":"error","content":"y"}]})",
    R"({"format":"attune.chat","id":"c","head_id":"2","messages":[{"id":"1","role":"user","content":"x"},{"id":"2","parent_id":"1","role":"tool","content":"y","metadata":{"a":[1]}}]})",
};

std::vector<Chat> Import(std::string_view text) {
  std::vector<Chat> chats;
  ChatVisitor visitor;
  visitor.on_chat = [&](Chat&& chat) {
    ATTUNE_CHECK(CheckChat(chat).ok(), "an imported chat keeps its promises");
    chats.push_back(std::move(chat));
    return OkStatus();
  };
  const auto report =
      ImportChats(ChunksOf(text), {.source_name = "fuzz", .chat_bytes_max = attune::Bytes(1 << 16)}, visitor);
  ATTUNE_CHECK(!report.ok() || report->chats == chats.size(), "the report counts what was delivered");
  return chats;
}

void Check(std::string_view text) {
  const std::vector<Chat> chats = Import(text);
  std::string written;
  for (const Chat& chat : chats) {
    WriteChat(ChatFileFormat::kAttune, chat, written);
    std::string others;
    WriteChat(ChatFileFormat::kMarkdown, chat, others);
    WriteChat(ChatFileFormat::kChatGpt, chat, others);
  }
  ATTUNE_CHECK(Import(written) == chats, "the lossless export gives back every chat");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Check(std::string_view(reinterpret_cast<const char*>(data), size));
  if (size == 0) return 0;
  std::string text(kExports[data[0] % std::size(kExports)]);
  for (std::size_t i = 1; i + 2 < size; i += 3) {
    text[(data[i] * 256U + data[i + 1]) % text.size()] = static_cast<char>(data[i + 2]);
  }
  Check(text);
  return 0;
}
