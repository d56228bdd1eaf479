// Who may ask: the hosts and origins that pass are those of a list that is compared letter by letter.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "../src/access.h"
#include "attune/base/check.h"

namespace {

// Bytes below 64 stand for the pieces that names are made of, so that random input comes close.
std::string Assembled(std::string_view bytes) {
  static constexpr std::array<std::string_view, 14> kPieces = {
      "localhost", "127.0.0.1", "[::1]", ":7420", ":8080", "box.local", "proxy.example",
      "http://",   "https://",  ":",     ".",     "[",     "]",         "LOCALHOST"};
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 64) {
      text += kPieces[byte % kPieces.size()];
    } else {
      text += c;
    }
  }
  return text;
}

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool IsOurs(const std::string& host) {
  return host == "localhost:7420" || host == "127.0.0.1:7420" || host == "[::1]:7420" || host == "box.local" ||
         (host.starts_with("box.local:") && host.find(']') == std::string::npos) || host == "proxy.example:8080";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace attune::server;
  static const AccessPolicy policy(
      {.address = "127.0.0.1", .port = 7420, .hosts_allowed = {"box.local", "proxy.example:8080"}});
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string host = Assembled(bytes.substr(0, size / 2));
  HttpRequest request;
  request.headers.push_back({"Host", host});
  const bool named = !policy.Check(request, Guard::kPage).has_value();
  ATTUNE_CHECK(named == IsOurs(Lower(host)), "our names and no others");
  for (const std::string& origin : {Assembled(bytes.substr(size / 2)), "http://" + host, "https://" + host}) {
    request.headers.resize(1);
    request.headers.push_back({"Origin", origin});
    const bool allowed = !policy.Check(request, Guard::kFull).has_value();
    const bool same = origin.starts_with("http") &&
                      (Lower(origin) == Lower("http://" + host) || Lower(origin) == Lower("https://" + host));
    ATTUNE_CHECK(allowed == (named && same), "the page of this host and no other");
  }
  return 0;
}
