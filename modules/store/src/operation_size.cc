#include "operation_size.h"

#include <string>
#include <string_view>

#include "attune/base/result.h"

namespace attune::store {
namespace {

// The limit is about the text; what the operation occupies includes its own fields.
template <typename Op>
Result<std::size_t> Limited(std::string_view what, std::size_t text_bytes, Bytes limit) {
  if (text_bytes <= limit.count()) return sizeof(Op) + text_bytes;
  return Error(ErrorCode::kExhausted, "a " + std::string(what) + " of " + std::to_string(text_bytes) +
                                          " bytes is above the limit of " + attune::ToString(limit) +
                                          ": split it, or raise text_bytes_max");
}

std::size_t SizeOfMessage(const ImportedMessage& message) {
  return sizeof(message) + message.external_id.size() + message.parent_external_id.size() + message.content.size() +
         message.metadata_json.size();
}

}  // namespace

Result<std::size_t> SizeOf(const PutSource& op, Bytes limit) {
  return Limited<PutSource>("source", op.name.size() + op.root_path.size() + op.config_json.size(), limit);
}
Result<std::size_t> SizeOf(const RemoveSource& op, Bytes /*limit*/) { return sizeof(op); }
Result<std::size_t> SizeOf(const PutDocuments& op, Bytes /*limit*/) { return sizeof(op); }
Result<std::size_t> SizeOf(const TouchDocuments& op, Bytes /*limit*/) {
  return sizeof(op) + op.documents.size() * sizeof(TouchedDocument);
}
Result<std::size_t> SizeOf(const RemoveDocuments& op, Bytes /*limit*/) {
  std::size_t bytes = sizeof(op);
  for (const std::string& path : op.paths) bytes += sizeof(std::string) + path.size();
  return bytes;
}
Result<std::size_t> SizeOf(const PutNote& op, Bytes limit) {
  return Limited<PutNote>("note", op.text.size() + op.title.size(), limit);
}
Result<std::size_t> SizeOf(const RemoveNote& op, Bytes /*limit*/) { return sizeof(op); }
Result<std::size_t> SizeOf(const CreateChat& op, Bytes limit) {
  return Limited<CreateChat>("chat", op.title.size() + op.metadata_json.size(), limit);
}
Result<std::size_t> SizeOf(const UpdateChat& op, Bytes limit) {
  const std::size_t metadata = op.metadata_json ? op.metadata_json->size() : 0;
  return Limited<UpdateChat>("chat", (op.title ? op.title->size() : 0) + metadata, limit);
}
Result<std::size_t> SizeOf(const AppendMessage& op, Bytes limit) {
  return Limited<AppendMessage>("message", op.content.size() + op.metadata_json.size(), limit);
}
Result<std::size_t> SizeOf(const ImportChat& op, Bytes limit) {
  std::size_t bytes = op.title.size() + op.metadata_json.size();
  for (const ImportedMessage& message : op.messages) bytes += SizeOfMessage(message);
  return Limited<ImportChat>("chat", bytes, limit);
}
Result<std::size_t> SizeOf(const DeleteChat& op, Bytes /*limit*/) { return sizeof(op); }
Result<std::size_t> SizeOf(const PinKnob& op, Bytes limit) {
  return Limited<PinKnob>("knob", op.name.size() + op.value.size(), limit);
}
Result<std::size_t> SizeOf(const UnpinKnob& op, Bytes /*limit*/) { return sizeof(op); }

}  // namespace attune::store
