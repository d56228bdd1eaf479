// Live events: the feed by itself, the text format, and both over a socket.

#include <gmock/gmock.h>

#include <thread>

#include "attune/server/event_feed.h"
#include "attune/server/sse.h"
#include "server_fixture.h"

namespace attune::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<ServerSentEvent> Parse(std::string_view text, std::size_t step = SIZE_MAX) {
  std::vector<ServerSentEvent> events;
  SseParser parser;
  const auto take = [&](const ServerSentEvent& event) {
    events.push_back(event);
    return true;
  };
  for (std::size_t i = 0; i < text.size(); i += std::min(step, text.size() - i)) {
    EXPECT_TRUE(parser.Feed(text.substr(i, step), take));
  }
  return events;
}

TEST(Sse, WhatIsFormattedIsParsedInPiecesOfAnySize) {
  const std::string text = FormatEvent({.id = "7", .type = "note", .data = "{\"a\":\n 1}\n"}) + ": ping\n\n" +
                           FormatEvent({.data = ""}) + FormatEvent({.type = "x", .data = "y"});
  for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{3}, text.size()}) {
    const auto events = Parse(text, step);
    ASSERT_EQ(events.size(), 3U) << step;
    EXPECT_EQ(events[0].id, "7");
    EXPECT_EQ(events[0].type, "note");
    EXPECT_EQ(events[0].data, "{\"a\":\n 1}\n");
    EXPECT_EQ(events[1].data, "");
    EXPECT_EQ(events[2].type, "x");
  }
}

TEST(Sse, LineEndsMayBeOfAnyKind) {
  for (const char* text : {"data: a\ndata:b\n\n", "data: a\r\ndata:b\r\n\r\n", "data: a\rdata:b\r\r"}) {
    const auto events = Parse(text, 1);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].data, "a\nb");
  }
}

TEST(Sse, WhatHasNoDataIsNoEvent) { EXPECT_TRUE(Parse("event: x\nid: 1\n\nretry: 5\n\n").empty()); }

TEST(Sse, AnOverlongEventIsDroppedAndCounted) {
  SseParser parser(10);
  int events = 0;
  const auto count = [&](const ServerSentEvent&) {
    ++events;
    return true;
  };
  parser.Feed("data: 0123456789012345\n\ndata: ok\n\n", count);
  EXPECT_EQ(events, 1);
  EXPECT_EQ(parser.dropped(), 1U);
}

class Feed : public ::testing::Test {
 protected:
  FakeEngine engine_;
  EventFeed feed_{engine_, {.clients_max = 2, .status_period = std::chrono::hours(1)}};
};

TEST_F(Feed, AReaderGetsTheStatusAtOnceAndThenWhatHappens) {
  engine_.Post("note", R"({"id":"n1"})");
  const auto stream = *feed_.Open(std::nullopt);
  const std::string first = stream->Take();
  EXPECT_THAT(first, HasSubstr("retry: "));
  EXPECT_THAT(first, HasSubstr("event: status\ndata: {\"version\":\"0.1.0\""));
  EXPECT_THAT(first, Not(HasSubstr("n1")));  // it happened before
  EXPECT_EQ(stream->Take(), "");
  engine_.Post("note", R"({"id":"n2"})");
  EXPECT_EQ(stream->Take(), "id: 2\nevent: note\ndata: {\"id\":\"n2\"}\n\n");
}

TEST_F(Feed, ABurstIsOneWakeUp) {
  const auto stream = *feed_.Open(std::nullopt);
  stream->Take();
  int woken = 0;
  stream->OnReady([&] { ++woken; });
  for (int i = 0; i < 100; ++i) engine_.Post("document", "{}");
  EXPECT_EQ(woken, 1);
  const auto events = Parse(stream->Take());
  EXPECT_EQ(events.size(), 100U);
  engine_.Post("document", "{}");
  EXPECT_EQ(woken, 2);
  stream->OnReady({});
  engine_.Post("document", "{}");
  EXPECT_EQ(woken, 2);
}

TEST_F(Feed, AReconnectingReaderGetsWhatItMissed) {
  for (int i = 1; i <= 5; ++i) engine_.Post("note", std::to_string(i));
  const auto events = Parse((*feed_.Open(3))->Take());
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].type, "status");
  EXPECT_EQ(events[0].id, "");
  EXPECT_EQ(events[1].id, "4");
  EXPECT_EQ(events[2].id, "5");
}

TEST_F(Feed, WhatIsNoLongerKeptIsSaidToBeMissed) {
  for (std::size_t i = 0; i < FakeEngine::kEventsKept + 10; ++i) engine_.Post("note", "{}");
  const auto events = Parse((*feed_.Open(3))->Take());
  EXPECT_EQ(events[1].type, "warning");
  EXPECT_THAT(events[1].data, HasSubstr("7 events were missed"));
  EXPECT_EQ(events[2].id, "11");
}

TEST_F(Feed, AnIdOfAnEarlierRunIsSaidToBeMissed) {
  engine_.Post("note", "{}");
  EXPECT_THAT((*feed_.Open(99))->Take(), HasSubstr("missed"));
}

TEST_F(Feed, AReaderThatFallsBehindIsToldAndDropped) {
  const auto stream = *feed_.Open(std::nullopt);
  stream->Take();
  for (std::size_t i = 0; i < FakeEngine::kEventsKept + 1; ++i) engine_.Post("note", "{}");
  EXPECT_THAT(stream->Take(), HasSubstr(": this client reads too slowly and missed 1 events"));
  EXPECT_TRUE(stream->finished());
  EXPECT_EQ(stream->Take(), "");
}

TEST_F(Feed, APieceIsBounded) {
  const auto stream = *feed_.Open(std::nullopt);
  stream->Take();
  const std::string data(20'000, 'x');
  for (int i = 0; i < 100; ++i) engine_.Post("note", data);
  std::size_t events = 0;
  while (events < 100) {
    const std::string piece = stream->Take();
    EXPECT_LE(piece.size(), std::size_t{64 << 10} + 21'000);
    events += Parse(piece).size();
  }
}

TEST_F(Feed, OnlyTheNewestStatusIsSentToALateReader) {
  const auto stream = *feed_.Open(std::nullopt);
  for (int i = 0; i < 10; ++i) feed_.SendStatus();
  EXPECT_EQ(Parse(stream->Take()).size(), 1U);
}

TEST_F(Feed, ReadersHaveALimitAndLeaveRoomWhenTheyGo) {
  auto first = *feed_.Open(std::nullopt);
  auto second = *feed_.Open(std::nullopt);
  EXPECT_EQ(feed_.Open(std::nullopt).error().code(), ErrorCode::kExhausted);
  first.reset();
  EXPECT_TRUE(feed_.Open(std::nullopt).ok());
}

TEST(FeedEnd, StreamsEndWithTheFeed) {
  FakeEngine engine;
  auto feed = std::make_unique<EventFeed>(engine);
  const auto stream = *feed->Open(std::nullopt);
  bool woken = false;
  stream->Take();
  stream->OnReady([&] { woken = true; });
  feed.reset();
  EXPECT_TRUE(woken);
  EXPECT_TRUE(stream->finished());
}

class Events : public ServerTest {};

TEST_F(Events, ArriveOverTheSocketAndResumeByLastEventId) {
  StartServer();
  std::vector<std::string> seen;
  ClientRequest request{.url = server_->address() + "/v1/events"};
  const auto until = [&](const char* last) {
    return [&seen, last, this](const ServerSentEvent& event) {
      if (event.type == "status") {
        if (seen.empty()) Post("/v1/notes", R"({"text":"a"})");  // now that somebody listens
        return true;
      }
      seen.push_back(event.type + " " + event.id + " " + event.data);
      return seen.back() != last;
    };
  };
  ASSERT_TRUE(FollowEvents(request, until(R"(note 1 {"id":"n1"})"), {}).ok());
  Post("/v1/notes", R"({"text":"b"})");
  request.headers = {{"Last-Event-ID", "1"}};
  ASSERT_TRUE(FollowEvents(request, until(R"(note 2 {"id":"n2"})"), {}).ok());
  EXPECT_THAT(seen, ElementsAre(R"(note 1 {"id":"n1"})", R"(note 2 {"id":"n2"})"));
}

TEST_F(Events, StatusComesAgainAndAgain) {
  StartServer({.events = {.status_period = std::chrono::milliseconds(5)}});
  int count = 0;
  const auto status =
      FollowEvents({.url = server_->address() + "/v1/events"},
                   [&](const ServerSentEvent& event) { return event.type != "status" || ++count < 3; }, {});
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(count, 3);
}

TEST_F(Events, StoppingTheServerEndsTheStream) {
  StartServer();
  RawConnection connection(server_->port());
  connection.Send(Request("GET /v1/events"));
  connection.ReadUntil("event: status");
  server_->Stop();
  EXPECT_THAT(connection.ReadAll(), ::testing::EndsWith("0\r\n\r\n"));
}

TEST_F(Events, AStopRequestEndsTheClient) {
  StartServer();
  std::stop_source stop;
  const auto status = FollowEvents(
      {.url = server_->address() + "/v1/events"},
      [&](const ServerSentEvent&) {
        stop.request_stop();
        return true;
      },
      stop.get_token());
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
}

TEST_F(Events, TooManyReadersAreA503) {
  StartServer({.events = {.clients_max = 1}});
  RawConnection connection(server_->port());
  connection.Send(Request("GET /v1/events"));
  connection.ReadUntil("event: status");
  EXPECT_EQ(Get("/v1/events").status, 503);
}

TEST_F(Events, ASilentStreamIsKeptAliveByComments) {
  ManualClock clock;
  FakeEngine engine(clock);
  auto server = Server::Start(engine, log_, {.upload_dir = "/tmp", .events = {.status_period = std::chrono::hours(1)}});
  ASSERT_TRUE(server.ok());
  RawConnection connection((*server)->port());
  connection.Send("GET /v1/events HTTP/1.1\r\nHost: localhost:" + std::to_string((*server)->port()) + "\r\n\r\n");
  connection.ReadUntil("event: status");
  std::jthread time([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      clock.Advance(std::chrono::milliseconds(100));
      std::this_thread::yield();
    }
  });
  EXPECT_NE(connection.ReadUntil(": ping\n\n"), "");
}

}  // namespace
}  // namespace attune::server
