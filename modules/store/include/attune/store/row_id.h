#pragma once
// RowId<Tag>: the number of a row, typed so that a chat cannot be passed where
// a message is meant. Zero means "none"; rows count from 1 and numbers are never
// reused, not even after the row is gone (the index may still hold them).

#include <compare>
#include <cstdint>

namespace attune::store {

template <typename Tag>
struct RowId {
  std::int64_t value = 0;

  explicit constexpr operator bool() const noexcept { return value != 0; }
  friend constexpr auto operator<=>(RowId, RowId) = default;
};

using SourceId = RowId<struct SourceTag>;
using DocumentId = RowId<struct DocumentTag>;
using NoteId = RowId<struct NoteTag>;
using ChatId = RowId<struct ChatTag>;
using MessageId = RowId<struct MessageTag>;

}  // namespace attune::store
