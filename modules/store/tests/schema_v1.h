#pragma once
// A database as schema 1 left it. Never edited: it is what old folders hold.

namespace attune::store {

constexpr const char* kSchemaV1Database = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1635021934;
PRAGMA user_version = 1;
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('created_by', 'attune 0.0.9'), ('created_at', '1690000000000');
CREATE TABLE sources(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, root_path BLOB NOT NULL, kind INTEGER NOT NULL,
  added_at INTEGER NOT NULL, last_read_at INTEGER, config TEXT NOT NULL) STRICT;
INSERT INTO sources VALUES (3, 'code', x'2f6f6c64', 0, 1690000000000, NULL, '{}');
CREATE TABLE documents(
  id INTEGER PRIMARY KEY AUTOINCREMENT, source_id INTEGER NOT NULL REFERENCES sources(id), path BLOB NOT NULL,
  language TEXT NOT NULL, kind INTEGER NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
  content_hash BLOB NOT NULL, title TEXT NOT NULL, line_count INTEGER NOT NULL, passage_first INTEGER NOT NULL,
  passage_count INTEGER NOT NULL, read_at INTEGER NOT NULL, skip_reason TEXT, UNIQUE(source_id, path)) STRICT;
INSERT INTO documents VALUES
  (10, 3, x'612e6363', 'cpp', 1, 11, 5, x'000102030405060708090a0b0c0d0e0f', 'old', 2, 100, 2, 1690000000000, NULL),
  (11, 3, x'622e62696e', '', 0, 99, 6, x'00000000000000000000000000000000', '', 0, 0, 0, 1690000000000, 'binary');
CREATE TABLE contents(document_id INTEGER PRIMARY KEY REFERENCES documents(id), text BLOB NOT NULL) STRICT;
INSERT INTO contents VALUES (10, x'0066697273740a7365636f6e64');
CREATE TABLE passages(
  id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents(id),
  line_begin INTEGER NOT NULL, line_end INTEGER NOT NULL, byte_begin INTEGER NOT NULL, byte_end INTEGER NOT NULL,
  symbol TEXT, symbol_kind TEXT, page INTEGER NOT NULL) STRICT;
INSERT INTO passages VALUES (100, 10, 1, 1, 0, 6, NULL, NULL, 0), (101, 10, 2, 2, 6, 12, 'second', 'function', 0);
CREATE TABLE notes(
  id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, title TEXT NOT NULL, tags TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, deleted INTEGER NOT NULL) STRICT;
INSERT INTO notes VALUES (5, 'old note', 'title', 'a' || char(10) || 'b', 1690000000000, 1690000000001, 0);
CREATE TABLE chats(
  id INTEGER PRIMARY KEY AUTOINCREMENT, external_id TEXT UNIQUE, title TEXT NOT NULL, origin TEXT NOT NULL,
  model TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, head INTEGER,
  metadata TEXT NOT NULL) STRICT;
CREATE INDEX chats_by_update ON chats(updated_at);
INSERT INTO chats VALUES (7, 'conv', 'old chat', 'chatgpt', 'm', 1690000000000, 1690000000002, 21, '{}'),
                         (8, NULL, 'empty', '', '', 1690000000000, 1690000000000, NULL, '');
CREATE TABLE messages(
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat_id INTEGER NOT NULL REFERENCES chats(id),
  parent_id INTEGER REFERENCES messages(id), external_id TEXT, role TEXT NOT NULL, content TEXT NOT NULL,
  model TEXT NOT NULL, created_at INTEGER NOT NULL, metadata TEXT NOT NULL, tokens INTEGER) STRICT;
CREATE INDEX messages_by_chat ON messages(chat_id);
CREATE UNIQUE INDEX messages_by_external_id ON messages(chat_id, external_id) WHERE external_id IS NOT NULL;
INSERT INTO messages VALUES (20, 7, NULL, 'x', 'user', 'hello', '', 1690000000000, '', NULL),
                            (21, 7, 20, 'y', 'assistant', 'hi', 'm', 1690000000002, '', 3);
)sql";

}  // namespace attune::store
