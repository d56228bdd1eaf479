#pragma once
// Headers of the Model Context Protocol over HTTP (revision 2025-06-18, "Streamable HTTP").

#include <string_view>

namespace attune::server {

inline constexpr std::string_view kSessionHeader = "Mcp-Session-Id";
inline constexpr std::string_view kRevisionHeader = "MCP-Protocol-Version";

}  // namespace attune::server
