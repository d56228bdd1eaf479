#pragma once
// AccessPolicy: who may ask. Three checks, in this order:
//
//   Host      must name this server. A web page whose name suddenly resolves to 127.0.0.1
//             (DNS rebinding) still sends its own name here.
//   Origin    of anything below /v1 and /mcp, and of everything that changes something, must be
//             this server or absent; so must Sec-Fetch-Site. Other pages cannot ask.
//   token     when there is one: "Authorization: Bearer TOKEN", compared in constant time.
//
// Threads    const and thread-safe.
// Cost       header look-ups and comparisons; no allocation unless it refuses.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attune/server/http_message.h"
#include "problem.h"

namespace attune::server {

struct AccessRules {
  std::string address = {};  // the server's own, "127.0.0.1"
  std::uint16_t port = 0;
  std::vector<std::string> hosts_allowed = {};  // further names: "box.local" (any port) or "box.local:8080"
  std::string token = {};                       // empty: none is asked for
};

enum class Guard : std::uint8_t {
  kOpen,  // nothing is checked: probes ask by address and know no token
  kPage,  // Host alone: the files of the page hold no data, and the page asks for the token
  kFull,
};

class AccessPolicy {
 public:
  explicit AccessPolicy(AccessRules rules);

  // Nothing when the request may go on.
  std::optional<Problem> Check(const HttpRequest& request, Guard guard) const;

 private:
  bool IsOwnHost(std::string_view host) const;
  bool HasToken(const HttpRequest& request) const;

  AccessRules rules_;
  bool loopback_;
};

// "127.0.0.1", "::1" and their like. `address` is an IP address.
bool IsLoopback(std::string_view address) noexcept;

// Takes as long for a wrong first byte as for a wrong last one.
bool EqualInConstantTime(std::string_view a, std::string_view b) noexcept;

}  // namespace attune::server
