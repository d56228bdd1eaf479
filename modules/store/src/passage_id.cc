#include "attune/store/passage_id.h"

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include "attune/base/result.h"

namespace attune::store {
namespace {

constexpr std::string_view kLetters = "pnm";  // by PassageKind

Error Malformed(std::string_view text) {
  constexpr std::size_t kShown = 40;  // enough to recognise it in a message
  return Error(ErrorCode::kInvalidArgument,
               "'" + std::string(text.substr(0, kShown)) +
                   "' is not a passage id: expected p123 (document), n7 (note) or m42 (message)");
}

}  // namespace

std::string ToString(PassageId id) {
  if (!id) return "none";
  return kLetters[static_cast<std::size_t>(id.kind())] + std::to_string(id.row());
}

Result<PassageId> ParsePassageId(std::string_view text) {
  if (text.size() < 2 || text[1] < '1' || text[1] > '9') return Malformed(text);
  const std::size_t kind = kLetters.find(text[0]);
  if (kind == std::string_view::npos) return Malformed(text);
  std::int64_t row = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), row);
  if (error != std::errc() || end != text.data() + text.size() || row > PassageId::kRowMax) return Malformed(text);
  return PassageId::Of(static_cast<PassageKind>(kind), row);
}

}  // namespace attune::store
