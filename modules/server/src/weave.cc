#include "weave.h"

#include <algorithm>

#include "utf8.h"

namespace attune::server {
namespace {

constexpr std::size_t kWorthCutting = 120;  // bytes; less of a passage says nothing
constexpr std::string_view kCutMark = "\n[cut]";

// "[1] src/store.cc:10-42 (project)": what a reader can cite.
std::string SourceLine(const engine::SearchHit& where, std::size_t number) {
  std::string line = "[" + std::to_string(number) + "] ";
  line += where.path.empty() ? where.id : where.path;
  if (where.line_begin != 0) line += ":" + std::to_string(where.line_begin) + "-" + std::to_string(where.line_end);
  if (where.page != 0) line += " page " + std::to_string(where.page);
  if (!where.role.empty()) line += " " + where.role;
  if (!where.source.empty()) line += " (" + where.source + ")";
  std::ranges::replace(line, '\n', ' ');
  return line + "\n";
}

bool IsInside(const engine::SearchHit& inner, const engine::SearchHit& outer) {
  return inner.line_begin != 0 && inner.source == outer.source && inner.path == outer.path &&
         inner.line_begin >= outer.line_begin && inner.line_end <= outer.line_end;
}

bool IsCovered(const engine::SearchHit& where, const std::vector<Woven>& taken) {
  return std::ranges::any_of(taken, [&](const Woven& woven) {
    return woven.where.id == where.id || (!woven.cut && IsInside(where, woven.where));
  });
}

// At most bytes_max of it, whole lines if there are any.
std::string_view CutAtLine(std::string_view text, std::size_t bytes_max) {
  const std::string_view prefix = Utf8Prefix(text, bytes_max);
  const std::size_t end = prefix.rfind('\n');
  return end == std::string_view::npos || end < prefix.size() / 2 ? prefix : prefix.substr(0, end);
}

}  // namespace

Context Weave(const std::vector<engine::Passage>& passages, const WeaveLimits& limits) {
  const std::size_t budget = limits.tokens_max * kBytesPerToken;
  Context context;
  for (const engine::Passage& passage : passages) {
    if (IsCovered(passage.where, context.sources)) continue;
    std::string head = context.text.empty() ? "" : "\n\n";
    head += SourceLine(passage.where, context.sources.size() + 1);
    const std::size_t used = context.text.size() + head.size();
    const std::size_t room = used < budget ? budget - used : 0;
    if (used + passage.text.size() <= budget) {
      context.text.append(head).append(passage.text);
      context.sources.push_back({passage.where, false});
    } else if (room >= kWorthCutting + kCutMark.size()) {
      context.text.append(head).append(CutAtLine(passage.text, room - kCutMark.size())).append(kCutMark);
      context.sources.push_back({passage.where, true});
    } else {
      ++context.left_out;
    }
  }
  context.tokens_estimated = (context.text.size() + kBytesPerToken - 1) / kBytesPerToken;
  return context;
}

}  // namespace attune::server
