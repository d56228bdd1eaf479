#pragma once
// The results of MCP methods as JSON texts: what the server is, its tools, its resources.
//
// Threads    pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/engine/types.h"
#include "attune/server/operations.h"

namespace attune::server {

inline constexpr std::string_view kPassageUriPrefix = "attune://passage/";

std::string InitializeResult(std::string_view revision, std::string_view server_version);
std::string ToolListResult(bool structured);  // structured: the revision knows output schemas
std::string ResourceListResult(const std::vector<engine::Note>& notes);
std::string ResourceTemplatesResult();
std::string ResourceReadResult(std::string_view uri, const engine::Passage& passage);

// A tool's answer; of "recall" the text is the context itself, of the others it is the JSON.
std::string ToolAnswerResult(const Operation& tool, const Answer& answer, bool structured);
std::string ToolErrorResult(std::string_view message);

}  // namespace attune::server
