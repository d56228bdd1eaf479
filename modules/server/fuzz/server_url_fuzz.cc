// Addresses of servers: an accepted one is the sum of its parts, and none of them carries a line end into
// the request.
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/check.h"
#include "attune/server/url.h"

namespace {

void Parse(const std::string& text) {
  const auto url = attune::server::ParseServerUrl(text);
  if (!url.ok()) return;
  ATTUNE_CHECK(text.starts_with("http://" + url->authority), "the authority is as written");
  ATTUNE_CHECK(url->target.starts_with('/') && text.ends_with(url->target == "/" ? "" : url->target.substr(1)),
               "the target is as written");
  ATTUNE_CHECK(url->authority.find(url->host) != std::string::npos && !url->host.empty(), "so is the host");
  ATTUNE_CHECK(url->port > 0, "a port");
  for (const std::string* part : {&url->authority, &url->target}) {
    ATTUNE_CHECK(part->find_first_of("\r\n ") == std::string::npos, "one line, no blanks");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Parse(text);
  Parse("http://" + text);
  Parse("http://[" + text + "]:80/");
  Parse("http://host:" + text);
  return 0;
}
