#include "chat_content.h"

#include <algorithm>

#include "attune/state/json.h"
#include "chat_fields.h"

namespace attune::console {
namespace {

std::string Marked(std::string_view kind, std::string_view what) {
  std::string text = "[";
  text += kind;
  if (!what.empty()) {
    text += ": ";
    text += what;
  }
  return text + "]";
}

void AppendBlock(const state::Value& block, ChatContent& content);

// The text of a tool's answer: a string or blocks.
std::string NestedText(const state::Value* nested) {
  if (nested == nullptr) return {};
  if (const auto text = nested->AsString()) return std::string(*text);
  ChatContent content;
  if (const state::Array* blocks = nested->AsArray()) {
    for (const state::Value& block : *blocks) {
      // One level is what tools answer with; deeper nesting says nothing more.
      if (block.AsString().has_value() || !TextField(block, {"text"}).empty()) AppendBlock(block, content);
    }
  }
  return content.text;
}

void AppendToolUse(const state::Value& block, ChatContent& content) {
  const state::Value* input = AnyField(block, {"input", "arguments"});
  std::string text = Marked("tool use", TextField(block, {"name"}));
  if (input != nullptr) text += "\n" + Fenced(state::PrintJson(*input), "json");
  AppendParagraph(content.text, text);
}

void AppendToolResult(const state::Value& block, ChatContent& content) {
  std::string text = Marked(FlagField(block, "is_error") ? "tool error" : "tool result", TextField(block, {"name"}));
  if (const std::string answer = NestedText(block.Find("content")); !answer.empty()) text += "\n" + answer;
  AppendParagraph(content.text, text);
}

void AppendBlock(const state::Value& block, ChatContent& content) {
  if (const auto text = block.AsString()) {
    AppendParagraph(content.text, *text);
    return;
  }
  const std::string_view type = TextField(block, {"type", "content_type"});
  if (type == "thinking" || type == "reasoning") {
    AppendParagraph(content.thinking, TextField(block, {"thinking", "text"}));
  } else if (type == "tool_use" || type == "tool_call") {
    AppendToolUse(block, content);
  } else if (type == "tool_result") {
    AppendToolResult(block, content);
  } else if (type.find("image") != std::string_view::npos) {
    AppendParagraph(content.text, Marked("image", TextField(block, {"asset_pointer", "file_name"})));
  } else if (type == "audio_asset_pointer" || type == "real_time_user_audio_video_asset_pointer") {
    AppendParagraph(content.text, Marked("audio", TextField(block, {"asset_pointer"})));
  } else {
    AppendParagraph(content.text, TextField(block, {"text"}));
  }
}

void AppendThoughts(const state::Value& content, ChatContent& out) {
  const state::Value* thoughts = content.Find("thoughts");
  const state::Array* list = thoughts != nullptr ? thoughts->AsArray() : nullptr;
  if (list == nullptr) return;
  for (const state::Value& thought : *list) {
    AppendParagraph(out.text, TextField(thought, {"summary"}));
    AppendParagraph(out.text, TextField(thought, {"content"}));
  }
}

}  // namespace

void AppendParagraph(std::string& text, std::string_view paragraph) {
  if (paragraph.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  if (!text.empty()) text += "\n\n";
  text += paragraph;
}

std::string Fenced(std::string_view code, std::string_view language) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : code) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(std::max<std::size_t>(3, longest + 1), '`');
  std::string text = fence;
  text += language;
  text += '\n';
  text += code;
  if (!code.ends_with('\n')) text += '\n';
  return text + fence;
}

ChatContent ReadBlocks(const state::Value& content) {
  ChatContent out;
  if (const state::Array* blocks = content.AsArray()) {
    for (const state::Value& block : *blocks) AppendBlock(block, out);
  } else {
    AppendBlock(content, out);
  }
  return out;
}

ChatContent ReadChatGptContent(const state::Value& content) {
  const std::string_view type = TextField(content, {"content_type"});
  ChatContent out;
  if (type == "code" || type == "execution_output") {
    std::string_view language = TextField(content, {"language"});
    if (type == "execution_output" || language == "unknown") language = {};
    const std::string_view code = TextField(content, {"text"});
    if (!code.empty()) AppendParagraph(out.text, Fenced(code, language));
  } else if (type == "thoughts") {
    AppendThoughts(content, out);
  } else if (const state::Value* parts = content.Find("parts"); parts != nullptr && parts->AsArray() != nullptr) {
    out = ReadBlocks(*parts);
  } else {
    // tether_quote, tether_browsing_display, system_error, reasoning_recap and what comes after them.
    AppendParagraph(out.text, TextField(content, {"title", "name"}));
    AppendParagraph(out.text, TextField(content, {"text", "content", "result", "summary"}));
    AppendParagraph(out.text, TextField(content, {"url"}));
    AppendParagraph(out.text, TextField(content, {"user_profile"}));
    AppendParagraph(out.text, TextField(content, {"user_instructions"}));
  }
  return out;
}

}  // namespace attune::console
