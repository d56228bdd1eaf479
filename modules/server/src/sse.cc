#include "attune/server/sse.h"

#include <utility>

namespace attune::server {

std::string FormatEvent(const ServerSentEvent& event) {
  std::string text;
  text.reserve(event.data.size() + 64);
  if (!event.id.empty()) text.append("id: ").append(event.id).append("\n");
  if (!event.type.empty()) text.append("event: ").append(event.type).append("\n");
  std::string_view rest = event.data;
  while (true) {
    const std::size_t end = rest.find('\n');
    text.append("data: ").append(rest.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  text.append("\n");
  return text;
}

bool SseParser::Feed(std::string_view bytes, const std::function<bool(const ServerSentEvent&)>& on_event) {
  for (const char c : bytes) {
    const bool continues_return = std::exchange(after_return_, c == '\r') && c == '\n';
    if (continues_return) continue;
    if (c != '\n' && c != '\r') {
      if (line_.size() + event_.data.size() < size_max_) {
        line_.push_back(c);
      } else {
        too_long_ = true;
      }
      continue;
    }
    const std::string line = std::exchange(line_, {});
    if (!TakeLine(line, on_event)) return false;
  }
  return true;
}

bool SseParser::TakeLine(std::string_view line, const std::function<bool(const ServerSentEvent&)>& on_event) {
  if (line.empty()) {
    const ServerSentEvent event = std::exchange(event_, {});
    const bool complete = std::exchange(has_data_, false);
    if (std::exchange(too_long_, false)) {
      ++dropped_;
      return true;
    }
    return !complete || on_event(event);
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) event_.data.push_back('\n');
    event_.data.append(value);
    has_data_ = true;
  } else if (field == "event") {
    event_.type = value;
  } else if (field == "id") {
    event_.id = value;
  }
  return true;
}

}  // namespace attune::server
