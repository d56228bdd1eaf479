#pragma once
// Storing notes and knob pins; the caller is inside a transaction.

#include <string>
#include <string_view>
#include <vector>

#include "attune/base/result.h"
#include "attune/store/operations.h"
#include "write_scope.h"

namespace attune::store {

Result<NoteId> Apply(WriteScope& scope, const PutNote& op);
Result<bool> Apply(WriteScope& scope, const RemoveNote& op);
Result<void> Apply(WriteScope& scope, const PinKnob& op);
Result<bool> Apply(WriteScope& scope, const UnpinKnob& op);

// Tags as one column: a line each.
Result<std::string> JoinTags(const std::vector<std::string>& tags);
std::vector<std::string> SplitTags(std::string_view lines);

}  // namespace attune::store
