// attune mcp: the Model Context Protocol on standard input and output. With a server
// on the data folder every message goes through it; without one the folder is opened here.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

#include "attune/server/client.h"
#include "attune/server/mcp_stdio.h"
#include "attune/sys/signal_wait.h"
#include "command_context.h"
#include "session.h"

namespace attune::app {
namespace {

// Hands every line to the server's /mcp and prints what it answers.
Status Relay(const std::string& address, const std::string& token) {
  std::string session_id;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    server::ClientRequest request;
    request.method = "POST";
    request.url = address + "/mcp";
    request.token = token;
    request.body = line;
    request.headers.push_back({"Accept", "application/json, text/event-stream"});
    if (!session_id.empty()) request.headers.push_back({"Mcp-Session-Id", session_id});
    ATTUNE_ASSIGN_OR_RETURN(const server::ClientResponse response, server::Fetch(request));
    if (const std::string* id = response.Find("Mcp-Session-Id")) session_id = *id;
    if (response.status == 401) return Error(ErrorCode::kDenied, "the server wants a token; give --token-file");
    if (response.body.empty()) continue;
    std::printf("%s\n", response.body.c_str());
    std::fflush(stdout);
  }
  return OkStatus();
}

}  // namespace

Status RunMcp(const CommandContext& context) {
  ATTUNE_ASSIGN_OR_RETURN(const auto session, Session::Open(context));
  if (engine::Engine* const engine = session->engine()) {
    return server::ServeMcpStdio(*engine, {.input = STDIN_FILENO, .output = STDOUT_FILENO}, {});
  }
  ATTUNE_ASSIGN_OR_RETURN(const std::string token, TokenOf(context.settings));
  return Relay(session->address(), token);
}

}  // namespace attune::app
