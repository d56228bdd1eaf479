#pragma once
// A small blocking HTTP/1.1 client, for the command line and for tests.
//
//   ATTUNE_ASSIGN_OR_RETURN(const ClientResponse answer,
//                           Fetch({.url = "http://127.0.0.1:7420/v1/search?q=hello"}));
//   if (answer.status == 200) Use(answer.body);
//
// Ownership  nothing outlives a call; each one has a connection of its own.
// Threads    every function may be called from any thread at any time.
// Cost       a connection and a small event loop per call: about 100 us on loopback.
// Errors     kInvalidArgument (a URL that is none, or not http), kUnavailable (nobody listens
//            there, the connection broke), kDeadline (timeout), kExhausted (answer_max), kCorruption
//            (the answer is not HTTP). A status such as 404 is an answer, no error.

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/server/http_message.h"
#include "attune/server/sse.h"

namespace attune::server {

struct ClientRequest {
  std::string method = "GET";
  std::string url = {};  // "http://host[:port]/path?query"
  std::vector<Header> headers = {};
  std::string body = {};
  std::string body_file = {};                     // not empty: sent instead of `body`, in pieces
  std::string content_type = "application/json";  // sent when there is a body
  std::string token = {};                         // sent as a bearer token when not empty
  Duration timeout = std::chrono::seconds(30);    // of the whole exchange; of FollowEvents: of silence
  Bytes answer_max{64ULL << 20U};
  // Called when the server was reached and the request is about to go out: whatever fails later, it may
  // have been carried out.
  std::function<void()> on_reached = {};
};

struct ClientResponse {
  int status = 0;
  std::vector<Header> headers;
  std::string body;

  const std::string* Find(std::string_view name) const noexcept;  // null when absent
};

Result<ClientResponse> Fetch(const ClientRequest& request);

// Follows a text/event-stream until the server ends it (OK), `on_event` answers false (OK)
// or a stop is requested (kCancelled). A status other than 200 is kUnavailable and names it.
Status FollowEvents(const ClientRequest& request, const std::function<bool(const ServerSentEvent&)>& on_event,
                    std::stop_token stop);

}  // namespace attune::server
