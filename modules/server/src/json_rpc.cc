#include "json_rpc.h"

#include "attune/state/fields.h"
#include "attune/state/json_writer.h"

namespace attune::server {

using state::Value;

namespace {

RpcFault Fault(Value id, std::string message) {
  return {std::move(id), {RpcError::kInvalidRequest, std::move(message)}};
}

bool IsId(const Value& id) { return id.AsString().has_value() || id.is_number(); }

}  // namespace

std::variant<RpcMessage, RpcFault> ReadRpcMessage(const Value& value) {
  if (value.AsObject() == nullptr) {
    return Fault({}, "a message must be a JSON object, found " + state::DescribeFound(value));
  }
  const Value* id = value.Find("id");
  const bool has_id = id != nullptr && IsId(*id);
  const Value echoed = has_id ? *id : Value();
  const Value* version = value.Find("jsonrpc");
  if (version == nullptr || version->AsString() != "2.0") return Fault(echoed, "field 'jsonrpc' must be \"2.0\"");
  RpcMessage message;
  const Value* method = value.Find("method");
  if (method == nullptr) {
    if (value.Find("result") == nullptr && value.Find("error") == nullptr) {
      return Fault(echoed, "field 'method' is missing");
    }
    message.kind = RpcMessage::Kind::kResponse;
    return message;
  }
  const auto name = method->AsString();
  if (!name) return Fault(echoed, "field 'method' must be a string, found " + state::DescribeFound(*method));
  if (id != nullptr && !has_id) {
    return Fault({}, "field 'id' must be a string or a number, found " + state::DescribeFound(*id));
  }
  message.kind = has_id ? RpcMessage::Kind::kRequest : RpcMessage::Kind::kNotification;
  message.id = echoed;
  message.method = *name;
  if (const Value* parameters = value.Find("params")) {
    if (parameters->AsObject() == nullptr) {
      return Fault(echoed, "field 'params' must be an object, found " + state::DescribeFound(*parameters));
    }
    message.parameters = *parameters;
  }
  return message;
}

std::string RpcResultText(const Value& id, std::string_view result_json) {
  std::string text;
  text.reserve(result_json.size() + 64);
  state::JsonWriter json(text);
  json.BeginObject().Key("jsonrpc").String("2.0").Key("id").Write(id).Key("result").Raw(result_json).EndObject();
  return text;
}

std::string RpcErrorText(const Value& id, const RpcError& error) {
  std::string text;
  state::JsonWriter json(text);
  json.BeginObject().Key("jsonrpc").String("2.0").Key("id").Write(id);
  json.Key("error").BeginObject().Key("code").Int(error.code).Key("message").String(error.message).EndObject();
  json.EndObject();
  return text;
}

}  // namespace attune::server
