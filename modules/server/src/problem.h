#pragma once
// Problem documents (RFC 9457): every answer that is no success looks like this.
//
//   {"type":"urn:attune:problem:not-found","title":"Not Found","status":404,"detail":"..."}
//
// Threads    pure functions.

#include <string>

#include "attune/base/clock.h"
#include "attune/base/result.h"
#include "attune/server/http_message.h"

namespace attune::server {

struct Problem {
  int status = 500;
  std::string detail = {};
  std::string remedy = {};  // what a person can do, if there is more to say
  std::string field = {};   // the parameter that is wrong
  Duration retry_after{};   // of a 503; at least one second is said in the header
};

HttpResponse ProblemResponse(const Problem& problem);

// What an error of the engine means to a client.
Problem ProblemFrom(const Error& error, Duration retry_after);

}  // namespace attune::server
