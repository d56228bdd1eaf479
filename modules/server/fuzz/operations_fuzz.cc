// Arguments of every operation: from a query string and from a JSON body. What is accepted
// holds only names that the operation knows.
#include <cstdint>
#include <string_view>

#include "attune/base/check.h"
#include "attune/server/operations.h"
#include "attune/server/url.h"
#include "attune/state/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = server::ParseTarget("/?" + std::string(text));
  const auto body = state::ParseJson(text, {.depth_max = 64});
  for (const server::Operation& operation : server::Operations()) {
    std::size_t in_path = 0;
    for (const server::Parameter& parameter : operation.parameters) {
      in_path += parameter.place == server::Place::kPath ? 1U : 0U;
    }
    const std::vector<std::string> path_values(in_path, std::string(text));
    for (const auto& query : {target.ok() ? target->query : std::vector<server::QueryField>()}) {
      const auto checked =
          server::CheckHttpArguments(operation, path_values, query, body.ok() ? *body : state::Value());
      if (const auto* wrong = std::get_if<server::ArgumentError>(&checked)) {
        ATTUNE_CHECK(!wrong->detail.empty(), "an error says what is wrong");
      } else {
        ATTUNE_CHECK(std::get<state::Value>(checked).AsObject()->size() <= operation.parameters.size(),
                     "nothing unknown is passed on");
      }
    }
  }
  return 0;
}
