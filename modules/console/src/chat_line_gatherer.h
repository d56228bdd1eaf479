#pragma once
// LineGatherer: chats of a file that has a message a line. Lines of one chat need not
// stand together, so chats stay open until the end of the input, as long as their
// text fits a bound; then the one that has been quiet longest is delivered early.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "attune/base/result.h"
#include "chat_draft.h"
#include "chat_readers.h"

namespace attune::console {

class LineGatherer {
 public:
  using Deliver = std::function<Status(Chat&& chat)>;

  LineGatherer(std::string source_name, std::size_t text_bytes_max, Deliver deliver)
      : source_name_(std::move(source_name)), text_bytes_max_(text_bytes_max), deliver_(std::move(deliver)) {}

  // `offset` of the line in the input. Errors: those of `deliver`.
  Status Add(const state::Value& line, std::uint64_t offset, ImportTally& tally);

  // Delivers what is open, in the order in which the chats began.
  Status Finish(ImportTally& tally);

 private:
  struct OpenChat {
    ChatDraft draft;
    Chat chat;
    std::uint64_t began = 0;  // order of the first lines
    std::uint64_t last = 0;   // and of the last ones
  };

  OpenChat& Open(const state::Value& line, std::uint64_t offset, ImportTally& tally);
  Status DeliverQuietest(ImportTally& tally);
  Status DeliverOne(OpenChat open, ImportTally& tally);

  std::string source_name_;
  std::size_t text_bytes_max_;
  Deliver deliver_;
  std::unordered_map<std::string, OpenChat> open_;  // by the chat's id in the file
  std::size_t text_bytes_ = 0;
  std::uint64_t lines_ = 0;
  bool delivered_early_ = false;
};

}  // namespace attune::console
