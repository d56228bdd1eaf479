#pragma once
// Server-sent events as text: written by the server, parsed by the client.
//
//   FormatEvent({.id = "7", .type = "note", .data = "{}"})   // "id: 7\nevent: note\ndata: {}\n\n"
//
// Threads    FormatEvent is pure; a parser belongs to one thread.
// Cost       one pass over the text.
// Errors     none: by the standard every text is a stream. A line or an event longer than
//            size_max is dropped whole, and counted.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace attune::server {

struct ServerSentEvent {
  std::string id = {};    // empty: none was given
  std::string type = {};  // empty means "message"
  std::string data = {};
};

// Line ends inside `data` become several data lines; `id` and `type` must not contain any.
std::string FormatEvent(const ServerSentEvent& event);

class SseParser {
 public:
  explicit SseParser(std::size_t size_max = 16 << 20) : size_max_(size_max) {}

  // `on_event` answers whether to go on; false ends the parsing of these bytes.
  bool Feed(std::string_view bytes, const std::function<bool(const ServerSentEvent&)>& on_event);
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  bool TakeLine(std::string_view line, const std::function<bool(const ServerSentEvent&)>& on_event);

  std::size_t size_max_;
  std::string line_;
  ServerSentEvent event_;
  bool has_data_ = false;
  bool too_long_ = false;      // the event being read is dropped
  bool after_return_ = false;  // a '\n' now belongs to the '\r' before
  std::uint64_t dropped_ = 0;
};

}  // namespace attune::server
