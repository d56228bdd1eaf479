// Times, response heads, gzip and the files of the page.

#include <gmock/gmock.h>

#include <random>

#include "attune/server/assets.h"
#include "gzip.h"
#include "response_text.h"
#include "time_text.h"
#include "utf8.h"

namespace attune::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

WallTime At(std::int64_t milliseconds) { return WallTime(std::chrono::milliseconds(milliseconds)); }

TEST(TimeText, PrintsAndParsesTheSameMoment) {
  for (const std::int64_t moment : {std::int64_t{1'700'000'000'123}, std::int64_t{0}, std::int64_t{951'782'400'000},
                                    std::int64_t{-1}, std::int64_t{253'402'300'799'999}}) {
    EXPECT_EQ(ParseTime(FormatTime(At(moment)))->time_since_epoch().count(), moment);
  }
  EXPECT_EQ(FormatTime(At(1'700'000'000'123)), "2023-11-14T22:13:20.123Z");
}

TEST(TimeText, AcceptsTheFormsThatPeopleWrite) {
  const std::int64_t moment = 1'763'692'200'000;
  for (const char* text : {"2025-11-21T02:30:00Z", "2025-11-21T02:30Z", "2025-11-21 02:30:00z",
                           "2025-11-21T03:30:00+01:00", "2025-11-20T21:30:00.000000-05:00"}) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time.ok()) << text;
    EXPECT_EQ(time->time_since_epoch().count(), moment) << text;
  }
  EXPECT_EQ(ParseTime("1970-01-02")->time_since_epoch(), std::chrono::hours(24));
  EXPECT_EQ(ParseTime("1970-01-01T00:00:00.1239Z")->time_since_epoch().count(), 123);
}

TEST(TimeText, RefusesTheRestAndShowsAGoodOne) {
  for (const char* text :
       {"", "now", "2025", "2025-13-01", "2025-02-29", "2025-1-1", "2025-11-21T", "2025-11-21T25:00Z",
        "2025-11-21T02:60Z", "2025-11-21T02:30", "2025-11-21T02:30:00", "2025-11-21T02:30:00.Z",
        "2025-11-21T02:30:00Zx", "2025-11-21T02:30:00+1:00", "2025-11-21T02:30:00+24:00", "-025-11-21"}) {
    const auto time = ParseTime(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_THAT(time.error().message(), HasSubstr("2026-11-21"));
  }
}

TEST(ResponseText, HeadersCannotBeInjected) {
  HttpResponse response{.status = 200, .content_type = "text/plain\r\nSet-Cookie: a=b"};
  response.headers.push_back({"X-Good", "1"});
  response.headers.push_back({"X-Bad", "1\nSet-Cookie: a=b"});
  response.headers.push_back({"X-Bad\r\nSet-Cookie", "a=b"});
  const std::string head = RenderHead(response, {});
  EXPECT_THAT(head, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(head, HasSubstr("X-Good: 1\r\n"));
}

TEST(ResponseText, BodilessStatusesHaveNoLength) {
  for (const int status : {204, 304}) {
    EXPECT_THAT(RenderHead({.status = status}, {}), Not(HasSubstr("Content-Length")));
  }
  EXPECT_THAT(RenderHead({.status = 200}, {}), HasSubstr("Content-Length: 0\r\n"));
}

TEST(ResponseText, DatesAndChunksAreAsTheStandardsHaveThem) {
  EXPECT_EQ(HttpDate(At(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(Chunk(std::string(26, 'x')), "1a\r\n" + std::string(26, 'x') + "\r\n");
  EXPECT_THAT(RenderHead({.status = 200}, {.framing = BodyFraming::kChunked}), HasSubstr("Transfer-Encoding: chunked"));
}

TEST(Gzip, WhatIsPackedUnpacks) {
  std::mt19937_64 random(7);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{300'000}}) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; i += 3) text[i] = static_cast<char>(random());
    const auto packed = Gzip(text);
    ASSERT_TRUE(packed);
    EXPECT_EQ(Gunzip(*packed, size + 1), text);
  }
}

TEST(Gzip, BombsAndGarbageAreRefused) {
  const auto bomb = Gzip(std::string(1 << 20, '\0'));
  EXPECT_FALSE(Gunzip(*bomb, 1000));
  EXPECT_FALSE(Gunzip("no gzip at all", 1000));
  EXPECT_FALSE(Gunzip(bomb->substr(0, bomb->size() / 2), 2 << 20));
  EXPECT_FALSE(Gunzip("", 1000));
}

TEST(Gzip, AcceptEncodingIsUnderstood) {
  for (const char* header : {"gzip", "GZIP", "br, gzip", "deflate;q=1, gzip ; q=0.5", "*"}) {
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  }
  for (const char* header : {"", "br", "gzip;q=0", "gzip; q=0.000", "identity", "gzipped"}) {
    EXPECT_FALSE(AcceptsGzip(header)) << header;
  }
}

TEST(Utf8, PrefixesDoNotCutCharacters) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto prefix = Utf8Prefix(text, size);
    EXPECT_LE(prefix.size(), size);
    EXPECT_TRUE(IsValidUtf8(prefix));
    EXPECT_GE(prefix.size() + 3, size);
  }
}

TEST(Assets, ThereIsAPageAndEveryFileIsWhole) {
  ASSERT_NE(FindAsset("/"), nullptr);
  EXPECT_EQ(FindAsset("/index.html"), FindAsset("/"));
  EXPECT_EQ(FindAsset("/nothing"), nullptr);
  EXPECT_EQ(FindAsset(""), nullptr);
  for (const Asset& asset : Assets()) {
    EXPECT_THAT(asset.path, StartsWith("/"));
    EXPECT_THAT(asset.etag, StartsWith("\""));
    EXPECT_FALSE(asset.content_type.empty());
    EXPECT_FALSE(asset.bytes.empty()) << asset.path;
    if (asset.gzipped) {
      EXPECT_TRUE(Gunzip(asset.bytes, 64 << 20)) << asset.path;
    }
    EXPECT_EQ(asset.immutable, asset.path.starts_with("/assets/")) << asset.path;
  }
}

}  // namespace
}  // namespace attune::server
