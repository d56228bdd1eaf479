#include "schema.h"

#include <array>
#include <cstdint>
#include <string>

#include "attune/base/result.h"
#include "connection.h"

namespace attune::store {
namespace {

// AUTOINCREMENT everywhere: ids outlive their rows (in the index, in links), so none is given out twice.
// Texts live apart from the documents, so that listing 10,000 documents reads 1 MB and not all texts.
// The passages of a document are consecutive rows: the range in its row replaces an index over the passages.
constexpr const char* kStep1 = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE sources(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  root_path BLOB NOT NULL,
  kind INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  last_read_at INTEGER,
  config TEXT NOT NULL) STRICT;

CREATE TABLE documents(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL REFERENCES sources(id),
  path BLOB NOT NULL,
  language TEXT NOT NULL,
  kind INTEGER NOT NULL,
  size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  content_hash BLOB NOT NULL,
  title TEXT NOT NULL,
  line_count INTEGER NOT NULL,
  passage_first INTEGER NOT NULL,
  passage_count INTEGER NOT NULL,
  read_at INTEGER NOT NULL,
  skip_reason TEXT,
  UNIQUE(source_id, path)) STRICT;

CREATE TABLE contents(
  document_id INTEGER PRIMARY KEY REFERENCES documents(id),
  text BLOB NOT NULL) STRICT;

CREATE TABLE passages(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  document_id INTEGER NOT NULL REFERENCES documents(id),
  line_begin INTEGER NOT NULL,
  line_end INTEGER NOT NULL,
  byte_begin INTEGER NOT NULL,
  byte_end INTEGER NOT NULL,
  symbol TEXT,
  symbol_kind TEXT,
  page INTEGER NOT NULL) STRICT;

CREATE TABLE notes(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  text TEXT NOT NULL,
  title TEXT NOT NULL,
  tags TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted INTEGER NOT NULL) STRICT;

CREATE TABLE chats(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  external_id TEXT UNIQUE,
  title TEXT NOT NULL,
  origin TEXT NOT NULL,
  model TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  head INTEGER,
  metadata TEXT NOT NULL) STRICT;
CREATE INDEX chats_by_update ON chats(updated_at);

CREATE TABLE messages(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  chat_id INTEGER NOT NULL REFERENCES chats(id),
  parent_id INTEGER REFERENCES messages(id),
  external_id TEXT,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  model TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  tokens INTEGER) STRICT;
CREATE INDEX messages_by_chat ON messages(chat_id);
CREATE UNIQUE INDEX messages_by_external_id ON messages(chat_id, external_id) WHERE external_id IS NOT NULL;
)sql";

constexpr const char* kStep2 = R"sql(
CREATE TABLE page_words(
  document_id INTEGER NOT NULL REFERENCES documents(id),
  page INTEGER NOT NULL,
  words BLOB NOT NULL,
  PRIMARY KEY(document_id, page)) STRICT;

CREATE TABLE knob_pins(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE INDEX documents_skipped ON documents(source_id, skip_reason, size) WHERE skip_reason IS NOT NULL;

ALTER TABLE chats ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN message_count INTEGER NOT NULL DEFAULT 0;
UPDATE chats SET message_count = (SELECT COUNT(*) FROM messages WHERE chat_id = chats.id);
)sql";

constexpr std::array kSteps = {kStep1, kStep2};
static_assert(kSteps.size() == kSchemaVersion);

struct Identity {
  std::int64_t application_id = 0;
  std::int64_t version = 0;
  std::int64_t tables = 0;
};

Result<Identity> ReadIdentity(Connection& connection) {
  Identity identity;
  ATTUNE_ASSIGN_OR_RETURN(identity.tables, connection.QueryInt("SELECT COUNT(*) FROM sqlite_schema"));
  ATTUNE_ASSIGN_OR_RETURN(identity.application_id, connection.QueryInt("PRAGMA application_id"));
  ATTUNE_ASSIGN_OR_RETURN(identity.version, connection.QueryInt("PRAGMA user_version"));
  const bool fresh = identity.tables == 0 && identity.application_id == 0 && identity.version == 0;
  if (!fresh && identity.application_id != kApplicationId) {
    return Error(ErrorCode::kInvalidArgument, "'" + connection.path() +
                                                  "' is a SQLite database of another program; "
                                                  "move it away or point --data to another folder");
  }
  if (identity.version > kSchemaVersion) {
    return Error(ErrorCode::kInvalidArgument, "'" + connection.path() + "' was written by attune schema " +
                                                  std::to_string(identity.version) + ", this program knows " +
                                                  std::to_string(kSchemaVersion) + ": upgrade attune");
  }
  return identity;
}

Status RunSteps(Connection& connection, WallTime now) {
  // Asked again inside the transaction: another process may have migrated meanwhile.
  ATTUNE_ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(connection));
  for (std::int64_t step = identity.version; step < kSchemaVersion; ++step) {
    ATTUNE_RETURN_IF_ERROR(connection.Execute(kSteps.at(static_cast<std::size_t>(step))));
  }
  if (identity.version == 0) {
    Query meta(connection, "INSERT INTO meta VALUES ('created_by', ?), ('created_at', ?)");
    const std::string created_at = std::to_string(now.time_since_epoch().count());
    meta.Bind("attune " ATTUNE_VERSION, created_at);
    ATTUNE_RETURN_IF_ERROR(meta.Run());
  }
  const std::string stamp = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
  return connection.Execute(stamp.c_str());
}

}  // namespace

Status ExpectOurs(Connection& connection) {
  ATTUNE_RETURN_IF_ERROR(ReadIdentity(connection));
  return OkStatus();
}

Status MigrateSchema(Connection& connection, WallTime now) {
  ATTUNE_ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(connection));
  if (identity.version == kSchemaVersion) return OkStatus();
  ATTUNE_RETURN_IF_ERROR(connection.Execute("BEGIN IMMEDIATE"));
  Status steps = RunSteps(connection, now);
  if (steps.ok()) steps = connection.Execute("COMMIT");
  if (!steps.ok() && connection.in_transaction()) {
    static_cast<void>(connection.Execute("ROLLBACK"));  // the error that matters is the first one
  }
  return steps;
}

Status ExpectSchema(Connection& connection) {
  ATTUNE_ASSIGN_OR_RETURN(const Identity identity, ReadIdentity(connection));
  if (identity.version == kSchemaVersion) return OkStatus();
  return Error(ErrorCode::kInvalidArgument,
               "'" + connection.path() + "' has schema " + std::to_string(identity.version) + ", this program reads " +
                   std::to_string(kSchemaVersion) + ": open it once for writing (attune up) to bring it forward");
}

}  // namespace attune::store
