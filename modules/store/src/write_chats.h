#pragma once
// Storing chats and messages; the caller is inside a transaction.

#include "attune/base/result.h"
#include "attune/store/operations.h"
#include "write_scope.h"

namespace attune::store {

Result<ChatId> Apply(WriteScope& scope, const CreateChat& op);
Result<void> Apply(WriteScope& scope, const UpdateChat& op);
Result<MessageId> Apply(WriteScope& scope, const AppendMessage& op);
Result<ImportChatOutcome> Apply(WriteScope& scope, const ImportChat& op);
Result<std::vector<MessageId>> Apply(WriteScope& scope, const DeleteChat& op);

}  // namespace attune::store
