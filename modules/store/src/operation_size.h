#pragma once
// How many bytes an operation occupies while it waits; kExhausted when one of its texts is above the limit.

#include <cstddef>

#include "attune/base/bytes.h"
#include "attune/base/result.h"
#include "attune/store/operations.h"

namespace attune::store {

Result<std::size_t> SizeOf(const PutSource& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const RemoveSource& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const PutDocuments& op, Bytes text_bytes_max);  // documents are limited one by one, later
Result<std::size_t> SizeOf(const TouchDocuments& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const RemoveDocuments& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const PutNote& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const RemoveNote& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const CreateChat& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const UpdateChat& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const AppendMessage& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const ImportChat& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const DeleteChat& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const PinKnob& op, Bytes text_bytes_max);
Result<std::size_t> SizeOf(const UnpinKnob& op, Bytes text_bytes_max);

}  // namespace attune::store
