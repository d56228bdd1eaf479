#include "check.h"

#include <array>
#include <cstddef>
#include <string>

#include "attune/base/result.h"

namespace attune::store {
namespace {

constexpr std::size_t kShown = 10;  // complaints in the message; more say nothing new

struct Promise {
  const char* breach;
  const char* sql;  // counts the breaches
};
constexpr std::array kPromises = {
    Promise{"passages outside the range of their document",
            "SELECT (SELECT COUNT(*) FROM passages) - (SELECT COUNT(*) FROM documents AS d JOIN passages AS p "
            "ON p.id BETWEEN d.passage_first AND d.passage_first + d.passage_count - 1 AND p.document_id = d.id)"},
    Promise{"documents whose passages are missing",
            "SELECT COUNT(*) FROM documents AS d WHERE passage_count != (SELECT COUNT(*) FROM passages "
            "WHERE id BETWEEN d.passage_first AND d.passage_first + d.passage_count - 1)"},
    Promise{
        "read documents without a text",
        "SELECT COUNT(*) FROM documents WHERE skip_reason IS NULL AND id NOT IN (SELECT document_id FROM contents)"},
    Promise{
        "chats with a wrong number of messages",
        "SELECT COUNT(*) FROM chats AS c WHERE message_count != (SELECT COUNT(*) FROM messages WHERE chat_id = c.id)"},
    Promise{"chats whose head is not one of their messages",
            "SELECT COUNT(*) FROM chats AS c WHERE head IS NOT NULL AND "
            "NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.id = c.head AND m.chat_id = c.id)"},
};

Status AddPragmaComplaints(Connection& connection, const char* pragma, std::string& complaints) {
  Query query(connection, pragma);
  for (std::size_t shown = 0; query.Next() && shown < kShown; ++shown) {
    if (query.Text(0) == "ok") continue;
    complaints.append("; ").append(query.Text(0));
  }
  return query.status();
}

Status AddBreaches(Connection& connection, std::string& complaints) {
  for (const Promise& promise : kPromises) {
    ATTUNE_ASSIGN_OR_RETURN(const std::int64_t breaches, connection.QueryInt(promise.sql));
    if (breaches != 0) complaints.append("; ").append(std::to_string(breaches)).append(" ").append(promise.breach);
  }
  return OkStatus();
}

}  // namespace

Status CheckDatabase(Connection& connection, CheckDepth depth) {
  std::string complaints;
  ATTUNE_ASSIGN_OR_RETURN(const Snapshot snapshot, Snapshot::Begin(connection));
  const char* pragma = depth == CheckDepth::kFull ? "PRAGMA integrity_check" : "PRAGMA quick_check";
  ATTUNE_RETURN_IF_ERROR(AddPragmaComplaints(connection, pragma, complaints));
  if (complaints.empty()) {  // on damaged pages the rest would only stumble
    ATTUNE_RETURN_IF_ERROR(AddPragmaComplaints(connection, "PRAGMA foreign_key_check", complaints));
    ATTUNE_RETURN_IF_ERROR(AddBreaches(connection, complaints));
  }
  if (complaints.empty()) return OkStatus();
  return Error(ErrorCode::kCorruption, "'" + connection.path() + "' is damaged" + complaints +
                                           "; restore a backup, or move the file away to start anew");
}

}  // namespace attune::store
