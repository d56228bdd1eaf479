#pragma once
// CommandContext: what every command gets: the settings, where the data is, how to
// print. Made by main after the command line has been parsed.

#include <iosfwd>
#include <string>
#include <vector>

#include "attune/base/result.h"
#include "attune/engine/settings.h"

namespace attune::app {

struct CommandContext {
  engine::Settings settings;  // defaults, files, environment and flags, in that order
  std::string name;           // --name
  bool json = false;          // --json: what a program reads instead of what a person reads
  bool terminal = false;      // standard output is one: colours and progress bars
};

// The data folder of a command that names no folder: --data, --name, the one made for
// this directory or a parent of it, or the only one there is.
Result<std::string> FindDataDir(const CommandContext& context);

// The data folder of `attune up FOLDER…`.
Result<std::string> DataDirFor(const CommandContext& context, const std::string& folder);

// What `attune cache replay` was asked for.
struct ReplayFlags {
  std::vector<std::string> traces;  // replayed one after the other
  std::vector<std::string> sizes;   // in entries
  std::vector<std::string> policies{"all"};
  std::string prefetch = "none";  // none, stride, markov or all
  std::string ids = "opaque";     // or spatial: what a key's neighbours mean
  std::string format;             // of the traces; empty: told from their content
  std::string chart;              // where to write the picture; empty: nowhere
};

// Commands print their own output; an Error ends the program with its message.
Status RunUp(const CommandContext& context, const std::vector<std::string>& folders, bool once);
Status RunMcp(const CommandContext& context);
Status RunCacheReplay(const CommandContext& context, const ReplayFlags& flags);
Status RunChatImport(const CommandContext& context, const std::string& file);

}  // namespace attune::app
