#pragma once
// McpRelay: carries the messages of one client to the /mcp of a server, wherever that is now. The
// client speaks over a pipe and knows neither of sessions that end when they are idle nor of servers
// that start again, so the relay begins those anew with the client's own "initialize".
//
//   McpRelay relay;
//   relay.Connect("http://127.0.0.1:7420", token);
//   ATTUNE_ASSIGN_OR_RETURN(const std::string reply, relay.Exchange(line));   // empty: nothing to say
//
// Threads    one call at a time.
// Cost       a connection for each message, about 100 us on loopback; one more message where a
//            session begins again.
// Errors     kUnavailable when nobody listens or the session has ended there: the message was not
//            taken. Find out who serves now (another server may have the port), Connect, and
//            give it again. All else is a reply: what a server says other than JSON-RPC, or a
//            connection that broke, becomes an error of the request. A message that may have
//            been carried out is never sent twice.

#include <string>
#include <vector>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/server/client.h"

namespace attune::server {

class McpRelay {
 public:
  explicit McpRelay(Duration answer_within = std::chrono::minutes(2)) : answer_within_(answer_within) {}

  void Connect(std::string address, std::string token);
  Result<std::string> Exchange(const std::string& message);

  const std::string& opening() const noexcept { return opening_; }  // the client's "initialize"; empty before

 private:
  struct Delivery {
    ClientResponse response;
    std::string trouble;  // not empty: the connection broke on the way
  };

  Result<Delivery> Post(const std::string& message) const;
  Result<std::string> BeginAgain();  // what went wrong; empty when the session stands

  const Duration answer_within_;
  std::string address_;
  std::string token_;
  std::string session_;  // as the server names it; empty: none is open
  std::string opening_;
};

}  // namespace attune::server
