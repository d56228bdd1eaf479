#pragma once
// PassageId: the one number by which search, the index and the API name
// anything that can be found: a passage of a document, a note, a chat message.
//
//   value = (row id << 2) | kind
//
//   PassageId id = PassageId::Of(NoteId{7});
//   ToString(id)                   // "n7"
//   ParsePassageId("m42")->row()   // 42
//
// Ids are never reused: the row ids come from AUTOINCREMENT tables. A replaced
// document gets new passage ids, so an index entry of an old id is simply dead.
// Ids of one kind ascend in the order in which things were stored.
//
// Threads    pure values and functions.
// Errors     ParsePassageId: kInvalidArgument names the text and shows valid ones.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attune/base/result.h"
#include "attune/store/row_id.h"

namespace attune::store {

enum class PassageKind : std::uint8_t { kDocument = 0, kNote = 1, kMessage = 2 };

class PassageId {
 public:
  static constexpr unsigned kKindBits = 2;
  static constexpr std::int64_t kRowMax = (std::int64_t{1} << 61U) - 1;  // row << 2 stays within a signed 64-bit column

  constexpr PassageId() = default;  // none
  // REQUIRES: 0 < row <= kRowMax.
  static constexpr PassageId Of(PassageKind kind, std::int64_t row) {
    ATTUNE_CHECK(row > 0 && row <= kRowMax, "a passage id is made of a row id");
    return PassageId((static_cast<std::uint64_t>(row) << kKindBits) | static_cast<std::uint64_t>(kind));
  }
  static constexpr PassageId Of(NoteId note) { return Of(PassageKind::kNote, note.value); }
  static constexpr PassageId Of(MessageId message) { return Of(PassageKind::kMessage, message.value); }
  // A number that came from outside (an index segment). REQUIRES: IsValid(value).
  static constexpr PassageId FromValue(std::uint64_t value) {
    ATTUNE_CHECK(IsValid(value), "not a passage id");
    return PassageId(value);
  }
  static constexpr bool IsValid(std::uint64_t value) noexcept {
    const std::uint64_t row = value >> kKindBits;
    return row > 0 && row <= static_cast<std::uint64_t>(kRowMax) && (value & 3U) <= 2U;
  }

  constexpr std::uint64_t value() const noexcept { return value_; }
  constexpr PassageKind kind() const noexcept { return static_cast<PassageKind>(value_ & 3U); }
  constexpr std::int64_t row() const noexcept { return static_cast<std::int64_t>(value_ >> kKindBits); }
  explicit constexpr operator bool() const noexcept { return value_ != 0; }

  friend constexpr auto operator<=>(PassageId, PassageId) = default;

 private:
  explicit constexpr PassageId(std::uint64_t value) : value_(value) {}
  std::uint64_t value_ = 0;
};

// "p123" a passage of a document, "n7" a note, "m42" a message; "none" for PassageId().
std::string ToString(PassageId id);
// Accepts exactly what ToString prints for a real id: no sign, no leading zero, no space.
Result<PassageId> ParsePassageId(std::string_view text);

// The passages of one document: consecutive rows, in the order of the text.
struct PassageRange {
  std::int64_t first_row = 0;  // 0 when count is 0
  std::uint32_t count = 0;

  constexpr bool empty() const noexcept { return count == 0; }
  constexpr std::size_t size() const noexcept { return count; }
  // REQUIRES: i < size().
  constexpr PassageId operator[](std::size_t i) const {
    ATTUNE_CHECK(i < count, "passage range index");
    return PassageId::Of(PassageKind::kDocument, first_row + static_cast<std::int64_t>(i));
  }
  friend constexpr bool operator==(const PassageRange&, const PassageRange&) = default;
};

}  // namespace attune::store
