#include "http_uri_key.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace attune::cache {
namespace {

TEST(HttpUriKeyTest, ResourcesHaveOneKeyHoweverTheyAreWritten) {
  const std::vector<std::pair<std::string, std::string>> keys = {
      {"HTTPS://API.Example:443/Things?Q=A#top", "https://api.example/Things?Q=A"},
      {"http://a:80", "http://a/"},
      {"http://a:/", "http://a/"},
      {"http://a:443/", "http://a:443/"},
      {"https://Me@A/", "https://Me@a/"},
      {"http://[::1]:80/x", "http://[::1]/x"},
      {"http://[::1]/x", "http://[::1]/x"},
      {"https://a/b/./c/../d", "https://a/b/d"},
      {"https://a/b/..", "https://a/"},
      {"https://a/../../b/.", "https://a/b/"},
      {"https://a//b", "https://a//b"},
      {"https://a/%7eada/%2e%2e/%c3%a4%2f?%41=%3d", "https://a/%C3%A4%2F?A=%3D"},
      {"https://a/%zz/%41", "https://a/%zz/%41"},
      {"https://a?", "https://a/?"},
      {"/x/../y", "/y"},
      {"/x/..//y", "/.//y"},
      {"things", "things"},
      {"", ""},
  };
  for (const auto& [uri, key] : keys) EXPECT_EQ(HttpUriKey(uri), key) << uri;
}

// RFC 3986 5.4, without the fragments, and without what is on another origin.
TEST(HttpUriKeyTest, ResolvesReferencesAsTheStandardShows) {
  const std::vector<std::pair<std::string, std::string>> examples = {
      {"g", "b/c/g"},
      {"./g", "b/c/g"},
      {"g/", "b/c/g/"},
      {"/g", "g"},
      {"?y", "b/c/d;p?y"},
      {"g?y", "b/c/g?y"},
      {"#s", "b/c/d;p?q"},
      {"g#s", "b/c/g"},
      {"g?y#s", "b/c/g?y"},
      {";x", "b/c/;x"},
      {"g;x", "b/c/g;x"},
      {"g;x?y#s", "b/c/g;x?y"},
      {"", "b/c/d;p?q"},
      {".", "b/c/"},
      {"./", "b/c/"},
      {"..", "b/"},
      {"../", "b/"},
      {"../g", "b/g"},
      {"../..", ""},
      {"../../", ""},
      {"../../g", "g"},
      {"../../../g", "g"},
      {"../../../../g", "g"},
      {"/./g", "g"},
      {"/../g", "g"},
      {"g.", "b/c/g."},
      {".g", "b/c/.g"},
      {"g..", "b/c/g.."},
      {"..g", "b/c/..g"},
      {"./../g", "b/g"},
      {"./g/.", "b/c/g/"},
      {"g/./h", "b/c/g/h"},
      {"g/../h", "b/c/h"},
      {"g;x=1/./y", "b/c/g;x=1/y"},
      {"g;x=1/../y", "b/c/y"},
      {"g?y/./x", "b/c/g?y/./x"},
      {"g?y/../x", "b/c/g?y/../x"},
      {"http://A:80/g", "g"},
      {"//a/g", "g"},
  };
  for (const auto& [reference, path] : examples) {
    EXPECT_EQ(SameOriginKey("http://a/b/c/d;p?q", reference), "http://a/" + path) << reference;
  }
  EXPECT_EQ(SameOriginKey("http://a", "g"), "http://a/g");
  EXPECT_EQ(SameOriginKey("/b/c", "../g"), "/g");
}

TEST(HttpUriKeyTest, AnotherSchemeHostOrPortIsAnotherOrigin) {
  for (const char* reference : {"//b/x", "https://a/x", "http://a:8080/x", "ftp://a/x", "g:h", "http:x"}) {
    EXPECT_EQ(SameOriginKey("http://a/x", reference), std::nullopt) << reference;
  }
}

TEST(HttpUriKeyTest, AKeyIsItsOwnKeyWhateverItIsMadeFrom) {
  constexpr std::string_view kLetters = "aB:/.%?#@[]2e4180/.";
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string uri = random() % 2 == 0 ? "http://" : "";
    for (std::size_t left = random() % 12; left > 0; --left) uri.push_back(kLetters[random() % kLetters.size()]);
    const std::string key = HttpUriKey(uri);
    ASSERT_EQ(HttpUriKey(key), key) << uri;
    const auto resolved = SameOriginKey("http://a/b/c", uri);
    if (!resolved.has_value()) continue;
    ASSERT_EQ(SameOriginKey("http://a/b/c", *resolved), resolved) << uri;
  }
}

}  // namespace
}  // namespace attune::cache
