#include "chat_line_gatherer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "chat_fields.h"
#include "chat_timestamp.h"

namespace attune::console {
namespace {

// What a message takes besides its text: its fields, its place in the tree, its id
// in the index. Counted so that a gigabyte of one-letter messages is bounded as well.
constexpr std::size_t kMessageOverhead = 512;

}  // namespace

LineGatherer::OpenChat& LineGatherer::Open(const state::Value& line, std::uint64_t offset, ImportTally& tally) {
  const std::string id(ChatIdOfLine(line));
  if (const auto found = open_.find(id); found != open_.end()) return found->second;
  Chat chat;
  chat.external_id = !id.empty() ? id : DeriveId({"lines", source_name_});
  chat.title = TextField(line, {"chat_title", "title"});
  if (chat.title.empty() && id.empty()) chat.title = source_name_;
  chat.origin = OriginOf(ChatShape::kMessage);
  chat.model = TextField(line, {"model"});
  chat.created_at = ReadTimestamp(line.Find("chat_created_at"));
  // Messages of a continuation may say what earlier ones said; the place in the file tells them apart.
  std::string seed = chat.external_id;
  if (delivered_early_) {
    seed += '@' + std::to_string(offset);
    ++tally.report().chats_continued;
  }
  return open_.emplace(id, OpenChat{ChatDraft(std::move(seed)), std::move(chat), lines_, lines_}).first->second;
}

Status LineGatherer::Add(const state::Value& line, std::uint64_t offset, ImportTally& tally) {
  auto read = ReadLineMessage(line, tally);
  if (!read) return OkStatus();
  ++lines_;
  OpenChat& open = Open(line, offset, tally);
  open.last = lines_;
  const std::size_t before = open.draft.text_bytes();
  const DraftLink link = LinkOf(*read);
  if (!open.draft.Add(std::move(read->message), link)) {
    tally.Skip(ChatSkip::kDuplicateMessage);
    return OkStatus();
  }
  text_bytes_ += open.draft.text_bytes() - before + kMessageOverhead;
  return text_bytes_ > text_bytes_max_ ? DeliverQuietest(tally) : OkStatus();
}

Status LineGatherer::DeliverQuietest(ImportTally& tally) {
  const auto quietest = std::min_element(open_.begin(), open_.end(),
                                         [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  delivered_early_ = true;
  OpenChat open = std::move(quietest->second);
  open_.erase(quietest);
  text_bytes_ -= open.draft.text_bytes() + open.draft.nodes() * kMessageOverhead;
  return DeliverOne(std::move(open), tally);
}

Status LineGatherer::Finish(ImportTally& tally) {
  std::vector<OpenChat> rest;
  rest.reserve(open_.size());
  for (auto& [id, open] : open_) rest.push_back(std::move(open));
  open_.clear();
  std::sort(rest.begin(), rest.end(), [](const OpenChat& a, const OpenChat& b) { return a.began < b.began; });
  for (OpenChat& open : rest) ATTUNE_RETURN_IF_ERROR(DeliverOne(std::move(open), tally));
  return OkStatus();
}

Status LineGatherer::DeliverOne(OpenChat open, ImportTally& tally) {
  std::move(open.draft).Finish({}, open.chat, tally.report());
  for (const ChatMessage& message : open.chat.messages) {
    if (!message.created_at) continue;
    open.chat.created_at = std::min(open.chat.created_at.value_or(*message.created_at), *message.created_at);
    open.chat.updated_at = std::max(open.chat.updated_at.value_or(*message.created_at), *message.created_at);
  }
  return deliver_(std::move(open.chat));
}

}  // namespace attune::console
