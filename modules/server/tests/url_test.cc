#include "attune/server/url.h"

#include <gtest/gtest.h>

namespace attune::server {
namespace {

TEST(Url, SegmentsAndQueryAreDecoded) {
  const auto target = ParseTarget("/v1/sources/my%20project?q=a%20b&source=x&source=y+z&empty=&bare");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, "/v1/sources/my%20project");
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "sources", "my project"}));
  ASSERT_EQ(target->query.size(), 5U);
  EXPECT_EQ(target->query[0].value, "a b");
  EXPECT_EQ(target->query[2].value, "y z");
  EXPECT_EQ(target->query[4].name, "bare");
}

TEST(Url, APlusIsASpaceInAQueryOnly) {
  EXPECT_EQ(*PercentDecode("a+b"), "a+b");
  EXPECT_EQ(*PercentDecode("a+b", true), "a b");
}

TEST(Url, AnEncodedSlashStaysInsideItsSegment) {
  const auto target = ParseTarget("/v1/sources/a%2Fb");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->segments.back(), "a/b");
  EXPECT_EQ(target->segments.size(), 3U);
}

TEST(Url, DotSegmentsAreRefusedHoweverTheyAreWritten) {
  for (const char* text : {"/..", "/a/../b", "/%2e%2e/etc/passwd", "/a/%2E%2e", "/.", "/a/./b"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
}

TEST(Url, BrokenEscapesNameTheirPlace) {
  for (const char* text : {"%", "%4", "%zz", "abc%g1"}) {
    const auto decoded = PercentDecode(text);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_NE(decoded.error().message().find("two hexadecimal digits"), std::string::npos);
  }
  EXPECT_EQ(*PercentDecode("%41"), "A");
}

TEST(Url, InvalidUtf8AndControlCharactersAreRefused) {
  for (const char* text : {"%ff", "%c0%af", "%ed%a0%80", "%f4%90%80%80", "%e2%82", "%00", "%1b", "%0a"}) {
    EXPECT_FALSE(PercentDecode(text).ok()) << text;
  }
  EXPECT_EQ(*PercentDecode("%C3%A4"), "\xC3\xA4");
  EXPECT_EQ(*PercentDecode("two%0Alines", true), "two\nlines");
}

TEST(Url, EncodingAndDecodingAreInverse) {
  std::string all;
  for (int c = 1; c < 128; ++c) {
    if (c >= 32 && c != 127) all.push_back(static_cast<char>(c));
  }
  all += "\xC3\xA4\xE2\x82\xAC";
  EXPECT_EQ(*PercentDecode(PercentEncode(all)), all);
}

TEST(Url, OnlyTheOriginFormIsUnderstood) {
  for (const char* text : {"", "*", "http://x/", "v1/search", "?q=1"}) EXPECT_FALSE(ParseTarget(text).ok()) << text;
}

TEST(Url, TooManyQueryFieldsAreRefused) {
  std::string text = "/?a=1";
  for (std::size_t i = 1; i < kQueryFieldsMax; ++i) text += "&a=1";
  EXPECT_TRUE(ParseTarget(text).ok());
  EXPECT_FALSE(ParseTarget(text + "&a=1").ok());
}

TEST(Url, ATrailingSlashIsASegmentOfItsOwn) {
  EXPECT_EQ(ParseTarget("/")->segments.size(), 0U);
  EXPECT_EQ(ParseTarget("/v1/search/")->segments.size(), 3U);
}

TEST(ServerUrl, PartsAreAsWritten) {
  const auto whole = ParseServerUrl("http://[::1]:7420/v1/search?q=x");
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->authority, "[::1]:7420");
  EXPECT_EQ(whole->host, "::1");
  EXPECT_EQ(whole->port, 7420);
  EXPECT_EQ(whole->target, "/v1/search?q=x");
  const auto short_form = ParseServerUrl("http://box.local?q=x");
  ASSERT_TRUE(short_form.ok());
  EXPECT_EQ(short_form->host, "box.local");
  EXPECT_EQ(short_form->port, 80);
  EXPECT_EQ(short_form->target, "/?q=x");
}

}  // namespace
}  // namespace attune::server
