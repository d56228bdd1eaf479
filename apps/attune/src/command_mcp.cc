// attune mcp: the Model Context Protocol on standard input and output. With a server on the data
// folder every message goes through it; without one the folder is opened here and served to
// others, so that a second assistant and the other commands go on. Whoever serves may end at any
// time; the next message finds out who does now.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "attune/server/mcp.h"
#include "attune/server/mcp_relay.h"
#include "attune/server/mcp_stdio.h"
#include "attune/sys/signal_wait.h"
#include "command_context.h"
#include "session.h"

namespace attune::app {
namespace {

using Send = std::function<void(std::string)>;

// One assistant's conversation, wherever the data folder is open.
class Conversation {
 public:
  explicit Conversation(const CommandContext& context) : context_(context) {}

  // Finds out who has the data folder. An open conversation goes on there.
  Status Connect();
  void Receive(std::string_view message, Send done);

 private:
  Status Serve();

  const CommandContext& context_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<server::McpSession> here_;  // the folder is open in this process
  server::McpRelay relay_;                    // it is not
};

Status Conversation::Connect() {
  session_.reset();  // before the folder is opened again
  ATTUNE_ASSIGN_OR_RETURN(session_, Session::Open(context_));
  if (session_->engine() != nullptr) return Serve();
  ATTUNE_ASSIGN_OR_RETURN(std::string token, TokenOf(context_.settings));
  relay_.Connect(session_->address(), std::move(token));
  return OkStatus();
}

Status Conversation::Serve() {
  if (const Status served = session_->Serve(); !served.ok()) {
    std::fprintf(stderr, "attune: other commands have to wait until this one ends: %s\n",
                 served.error().message().c_str());
  }
  session_->WaitUntilSearchable();
  here_ = std::make_unique<server::McpSession>(*session_->engine());
  // What the client began elsewhere goes on here.
  if (!relay_.opening().empty()) here_->Receive(relay_.opening(), [](const std::string&) {});
  return OkStatus();
}

void Conversation::Receive(std::string_view message, Send done) {
  if (here_) return here_->Receive(message, std::move(done));
  const std::string text(message);
  Result<std::string> reply = relay_.Exchange(text);
  if (!reply.ok() && reply.error().code() == ErrorCode::kUnavailable) {
    if (const Status connected = Connect(); !connected.ok()) {
      return done(server::McpRefusal(text, connected.error().message()));
    }
    if (here_) return here_->Receive(text, std::move(done));
    reply = relay_.Exchange(text);
  }
  done(reply.ok() ? *std::move(reply) : server::McpRefusal(text, reply.error().message()));
}

}  // namespace

Status RunMcp(const CommandContext& context) {
  ATTUNE_ASSIGN_OR_RETURN(const auto signals, sys::SignalWait::Create());
  Conversation conversation(context);
  ATTUNE_RETURN_IF_ERROR(conversation.Connect());
  std::stop_source stop;
  std::thread waiter([&] {
    signals->Wait();
    stop.request_stop();
  });
  const Status outcome = server::ServeMcpStdio(
      [&conversation](std::string_view message, Send done) { conversation.Receive(message, std::move(done)); },
      {.input = STDIN_FILENO, .output = STDOUT_FILENO}, stop.get_token());
  signals->Trigger(SIGTERM);
  waiter.join();
  return outcome;
}

}  // namespace attune::app
