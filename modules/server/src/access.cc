#include "access.h"

#include <algorithm>
#include <array>

#include "attune/base/ascii.h"

namespace attune::server {
namespace {

struct HostPort {
  std::string_view name;  // with the brackets of an IPv6 address
  std::string_view port;  // empty: none
};

HostPort SplitHost(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return {host, {}};
  return {host.substr(0, colon), host.substr(colon + 1)};
}

bool IsIpLiteral(std::string_view name) {
  if (name.starts_with('[')) return true;
  return !name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos;
}

// The origin of a page is scheme://host:port; ours has the host that the request itself names.
bool IsSameOrigin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && EqualsIgnoringCase(origin.substr(scheme.size()), host)) return true;
  }
  return false;
}

}  // namespace

bool IsLoopback(std::string_view address) noexcept {
  return address.starts_with("127.") || address == "::1" || address == "0:0:0:0:0:0:0:1";
}

bool EqualInConstantTime(std::string_view a, std::string_view b) noexcept {
  // The length is no secret; what stands in it is.
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other));
  }
  return difference == 0;
}

AccessPolicy::AccessPolicy(AccessRules rules) : rules_(std::move(rules)), loopback_(IsLoopback(rules_.address)) {}

bool AccessPolicy::IsOwnHost(std::string_view host) const {
  const auto [name, port] = SplitHost(host);
  for (const std::string& allowed : rules_.hosts_allowed) {
    const auto [allowed_name, allowed_port] = SplitHost(allowed);
    if (EqualsIgnoringCase(name, allowed_name) && (allowed_port.empty() || allowed_port == port)) return true;
  }
  if (port != std::to_string(rules_.port) && !(port.empty() && rules_.port == 80)) return false;
  static constexpr std::array<std::string_view, 3> kOwnNames{"localhost", "127.0.0.1", "[::1]"};
  if (std::ranges::any_of(kOwnNames, [&](std::string_view own) { return EqualsIgnoringCase(name, own); })) return true;
  const bool bracketed = rules_.address.find(':') != std::string::npos;
  if (name == (bracketed ? "[" + rules_.address + "]" : rules_.address)) return true;
  // Rebinding needs a name; whoever has the address of a machine on the network may use it.
  return !loopback_ && IsIpLiteral(name);
}

bool AccessPolicy::HasToken(const HttpRequest& request) const {
  constexpr std::string_view kScheme = "bearer ";
  const std::string* header = request.Find("Authorization");
  if (header == nullptr || header->size() < kScheme.size()) return false;
  const std::string_view given(*header);
  return EqualsIgnoringCase(given.substr(0, kScheme.size()), kScheme) &&
         EqualInConstantTime(given.substr(kScheme.size()), rules_.token);
}

std::optional<Problem> AccessPolicy::Check(const HttpRequest& request, Guard guard) const {
  if (request.Count("Host") > 1) return Problem{.status = 400, .detail = "the request has more than one Host header"};
  const std::string* host = request.Find("Host");
  if (guard == Guard::kOpen) return std::nullopt;
  if (host == nullptr || host->empty()) return Problem{.status = 400, .detail = "the request has no Host header"};
  if (!IsOwnHost(*host)) {
    return Problem{.status = 421,
                   .detail = "this server does not answer under the name '" + host->substr(0, 128) + "'",
                   .remedy = "use http://localhost:" + std::to_string(rules_.port)};
  }
  if (guard == Guard::kPage) return std::nullopt;
  const std::string* origin = request.Find("Origin");
  const std::string* site = request.Find("Sec-Fetch-Site");
  if ((origin != nullptr && !IsSameOrigin(*origin, *host)) ||
      (site != nullptr && *site != "same-origin" && *site != "none")) {
    return Problem{.status = 403,
                   .detail = "a page of another origin must not ask this server",
                   .remedy = "open the page that this server itself offers"};
  }
  if (!rules_.token.empty() && !HasToken(request)) {
    return Problem{
        .status = 401,
        .detail = "the token is missing or wrong",
        .remedy = "send the header 'Authorization: Bearer TOKEN' with the token that the server was started with"};
  }
  return std::nullopt;
}

}  // namespace attune::server
