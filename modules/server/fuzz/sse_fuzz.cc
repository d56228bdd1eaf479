// Event streams: the events do not depend on how the bytes were cut.
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/server/sse.h"

namespace {

std::string Events(std::string_view text, std::size_t step) {
  attune::server::SseParser parser(64);
  std::string all;
  const auto add = [&](const attune::server::ServerSentEvent& event) {
    all += event.id + '|' + event.type + '|' + event.data + '\n';
    return true;
  };
  for (std::size_t i = 0; i < text.size(); i += step) parser.Feed(text.substr(i, step), add);
  return all + std::to_string(parser.dropped());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = "data: " + std::string(reinterpret_cast<const char*>(data), size) + "\n\n";
  ATTUNE_CHECK(Events(text, 1) == Events(text, text.size()), "cutting changes nothing");
  return 0;
}
