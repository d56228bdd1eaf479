#pragma once
// Operations: everything that can be asked of an engine from outside, as one table.
// HTTP routes, the OpenAPI document, MCP tools and the command line's in-process mode are
// all made from it, so that none of them can say something else than the others.
//
//   const Operation* search = FindOperation("search");
//   Invoke(engine, *search, state::Object{{"query", "group commit"}}, [](Result<Answer> answer) { ... });
//
// Ownership  the table lives as long as the program; arguments are copied.
// Threads    every function is thread-safe. `done` is called exactly once, possibly on a thread
//            of the engine and possibly before the call returns.
// Cost       checking arguments is one pass. What blocks in the engine runs on its executor.
// Errors     kInvalidArgument names the parameter, the value and what is allowed, and for an
//            unknown name the nearest one; else what the engine says.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/server/http_message.h"
#include "attune/server/url.h"
#include "attune/state/value.h"

namespace attune::engine {
class Engine;
}

namespace attune::server {

// Where HTTP carries a parameter. Everywhere else all of them are members of one object.
enum class Place : std::uint8_t { kPath, kQuery, kBody };

enum class Shape : std::uint8_t {
  kText,
  kInteger,
  kBoolean,
  kTextList,  // in a query: the parameter several times
  kTime,      // RFC 3339; the operation gets milliseconds since the epoch
  kId,        // "n7" or 7; the operation gets 7
  kScalar,    // a text, number or boolean; the operation gets its text
  kObject,    // any JSON object
};

struct Parameter {
  std::string_view name = {};
  Place place = Place::kBody;
  Shape shape = Shape::kText;
  std::string_view help = {};
  bool required = false;
  std::int64_t min = 0;  // of an integer: its value; of a text: its bytes; of a list: its items
  std::int64_t max = 4096;
  std::string_view default_json = {};  // "10"; empty: absent stays absent
  char id_prefix = 0;                  // of kId
  std::string_view field = {};         // how the operation calls it, if not by `name`
  std::span<const std::string_view> choices = {};
};

enum class BodyKind : std::uint8_t { kNone, kJson, kUpload };

struct Answer {
  int status = 200;
  std::string body = {};
  std::string content_type = "application/json";
  std::string file_name = {};  // not empty: a browser saves it under this name
};
using Done = std::function<void(Result<Answer>)>;

struct Operation {
  std::string_view name = {};  // "search"; the OpenAPI operationId
  Method method = Method::kGet;
  std::string_view path = {};     // "/v1/chats/{id}"; empty: not reachable over HTTP by itself
  std::string_view summary = {};  // one sentence
  std::span<const Parameter> parameters = {};
  BodyKind body = BodyKind::kNone;
  int success = 200;
  std::string_view answer = {};  // a type of schema.h; empty: not JSON
  std::string_view tool = {};    // name as an MCP tool; empty: none
  std::string_view tool_help = {};
  bool open = false;  // answers without a token
  // Null for what is a conversation rather than an answer (events, MCP); the API serves those.
  void (*run)(engine::Engine& engine, const state::Value& arguments, Done done) = nullptr;
};

std::span<const Operation> Operations();
const Operation* FindOperation(std::string_view name);  // null when there is none
const Operation* FindTool(std::string_view tool);       // likewise

// What is wrong with the arguments of a call.
struct ArgumentError {
  std::string field;
  std::string detail;
};

// Typed arguments, checked, with defaults filled in and the names that `run` knows.
std::variant<state::Value, ArgumentError> CheckArguments(const Operation& operation, const state::Value& object);

// The same from the parts of an HTTP request: the values of the path's parameters in their
// order, the query, and the body (null when there is none).
std::variant<state::Value, ArgumentError> CheckHttpArguments(const Operation& operation,
                                                             const std::vector<std::string>& path_values,
                                                             const std::vector<QueryField>& query,
                                                             const state::Value& body);

// Checks and runs. REQUIRES: operation.run.
void Invoke(engine::Engine& engine, const Operation& operation, const state::Value& object, Done done);

// "chat import" takes a file; over HTTP it comes as the body, for all others this argument names it.
inline constexpr std::string_view kUploadPathField = "path";

}  // namespace attune::server
