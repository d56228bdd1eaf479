#pragma once
// Session: a data folder to ask: through the server that has it open, or, when there
// is none, by opening it in this process.
//
//   ATTUNE_ASSIGN_OR_RETURN(auto session, Session::Open(context));
//   ATTUNE_ASSIGN_OR_RETURN(state::Value answer, session->Call("search", {{"query", "hello"}}));
//
// Waiting    whoever has the folder open without a server is just starting or ending, or does
//            one thing: that is waited for, up to kHolderWait. Opened in this process, the first
//            search waits for an index that has to be completed from the database.
// Errors     what the operation says, the same both ways; kConflict when the folder stays in
//            other hands, kUnavailable when the server does not answer.

#include <memory>
#include <string>
#include <string_view>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/engine/engine.h"
#include "attune/server/serve.h"
#include "attune/state/value.h"
#include "command_context.h"

namespace attune::app {

// As long as people wait without asking what is wrong; a start takes a second on a large folder.
inline constexpr Duration kHolderWait = std::chrono::seconds(10);

class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(const CommandContext& context);
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Arguments and answers are those of the operation table (server/operations.h).
  Result<state::Value> Call(std::string_view operation, const state::Object& arguments);
  // The answer as it is: text of an export, JSON of the rest.
  virtual Result<std::string> CallText(std::string_view operation, const state::Object& arguments) = 0;

  // The server's address; empty in this process.
  virtual const std::string& address() const noexcept = 0;
  // In this process only, else null.
  virtual engine::Engine* engine() noexcept = 0;
  // In this process only, else nothing: lets other processes ask as well, on a free port of this
  // machine, for as long as the session lives.
  virtual Status Serve() = 0;
  // Returns when searches find everything that is remembered.
  virtual void WaitUntilSearchable() = 0;

 protected:
  Session() = default;
};

// The token of the settings; empty when no token file is set.
Result<std::string> TokenOf(const engine::Settings& settings);

// A server as the settings want it.
Result<server::ServerConfig> ServerConfigOf(const engine::Settings& settings, const engine::Engine& engine);

}  // namespace attune::app
