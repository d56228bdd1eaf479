#pragma once
// SqlFingerprint: the same for texts of one statement that differ in spaces, line ends and comments.
//
//   SqlFingerprint("SELECT a -- the key\n  FROM t") == SqlFingerprint("SELECT a FROM t")
//
// Literals, quoted names and the case of letters are part of the statement; values belong into parameters.
// Hints written as comments make no difference.
//
// Doubt      two texts that mean different things to PostgreSQL, MySQL, SQLite, SQL Server, Oracle or the standard have
//            different fingerprints. Where these read a text differently, all from there on is left as it
//            is, spaces and comments too: a backslash in quotes, dollar quotes ($$, $tag$), `--` without
//            a blank behind it, `#`, comments in comments, quotes and comments in `names` and [names].
//
// Threads    a pure function.
// Cost       one copy of the text and a hash of it.

#include <string>
#include <string_view>

#include "attune/base/hash.h"

namespace attune::cache {

Hash128 SqlFingerprint(std::string_view sql);

// The text that is hashed: up to what is in doubt, comments and runs of spaces are one space, and none at both ends.
// Idempotent.
std::string NormaliseSql(std::string_view sql);

}  // namespace attune::cache
