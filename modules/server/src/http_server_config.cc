#include <algorithm>

#include "attune/server/http_server.h"

namespace attune::server {

Status Validate(const HttpServerConfig& config) {
  const auto bad = [](std::string what) { return Error(ErrorCode::kInvalidArgument, std::move(what)); };
  if (config.io_threads < 1 || config.io_threads > 64) {
    return bad("io_threads must be 1 to 64, not " + std::to_string(config.io_threads));
  }
  if (config.header_max < 1_KiB || config.header_max > 1_MiB) {
    return bad("header_max must be 1KiB to 1MiB, not " + ToString(config.header_max));
  }
  if (config.url_max > config.header_max) return bad("url_max must not exceed header_max");
  if (config.connections_max < 1) return bad("connections_max must be at least 1");
  if (config.requests_in_flight_max < 1) return bad("requests_in_flight_max must be at least 1");
  const Duration shortest =
      std::min({config.idle_timeout, config.header_timeout, config.body_timeout, config.write_timeout});
  if (shortest < std::chrono::milliseconds(1)) return bad("no timeout may be shorter than 1ms");
  return OkStatus();
}

}  // namespace attune::server
