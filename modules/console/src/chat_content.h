#pragma once
// The readable text of one message, from the shapes that exports and programming
// interfaces give it: a string, an array of blocks, or ChatGPT's typed content.
//
// Code stands in fences, everything that is not said by anybody (images, files, tool
// calls) in square brackets, so that both can be found and told apart.

#include <string>

#include "attune/state/value.h"

namespace attune::console {

struct ChatContent {
  std::string text{};
  std::string thinking{};  // what a model wrote for itself; goes to the metadata
};

// Strings are text. Of objects the `type` decides: text, thinking, tool_use, tool_result,
// image and so on; an unknown one gives its "text", if it has that.
ChatContent ReadBlocks(const state::Value& content);

// `content` of a message in ChatGPT's export, by its content_type.
ChatContent ReadChatGptContent(const state::Value& content);

// Behind what is there already, with an empty line between.
void AppendParagraph(std::string& text, std::string_view paragraph);

// Fenced with more backticks than `code` has in a row.
std::string Fenced(std::string_view code, std::string_view language);

}  // namespace attune::console
