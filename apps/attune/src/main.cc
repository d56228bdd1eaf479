// attune: the command line. Parses, calls the engine or the server that runs, prints.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "attune/engine/version.h"
#include "attune/state/value.h"
#include "attune/sys/file_system.h"
#include "command_context.h"
#include "completion.h"
#include "print.h"
#include "session.h"
#include "suggestion.h"

namespace attune::app {
namespace {

using state::Array;
using state::Object;
using state::Value;

// What a script can tell apart.
int ExitCode(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return 2;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kConflict:
      return 4;
    case ErrorCode::kExhausted:
    case ErrorCode::kDeadline:
    case ErrorCode::kUnavailable:
      return 5;
    case ErrorCode::kDenied:
      return 6;
    default:
      return 1;
  }
}

std::optional<std::string> Environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

Status LoadFile(const std::string& path, bool required, engine::Settings& settings) {
  const auto text = sys::RealFileSystem().Read(path, Bytes(1U << 20U));
  if (text.ok()) return engine::LoadToml(*text, path, settings);
  if (!required && text.error().code() == ErrorCode::kNotFound) return OkStatus();
  return text.error();
}

// Flags as they were given, applied last.
struct Flags {
  std::vector<std::pair<std::string, std::string>> settings;
  std::string config_file;
  std::string name;
  bool json = false;
};

Result<CommandContext> MakeContext(const Flags& flags) {
  CommandContext context;
  const std::string config_home =
      Environment("XDG_CONFIG_HOME").value_or(Environment("HOME").value_or("") + "/.config");
  ATTUNE_RETURN_IF_ERROR(LoadFile(config_home + "/attune/attune.toml", false, context.settings));
  if (!flags.config_file.empty()) ATTUNE_RETURN_IF_ERROR(LoadFile(flags.config_file, true, context.settings));
  ATTUNE_RETURN_IF_ERROR(engine::LoadEnvironment(Environment, context.settings));
  for (const auto& [name, value] : flags.settings) {
    ATTUNE_RETURN_IF_ERROR(engine::ApplySetting(name, value, context.settings));
  }
  context.name = flags.name;
  context.json = flags.json;
  context.terminal = isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
  return context;
}

// Asks one operation and prints its answer, as JSON or for people.
Status Ask(const CommandContext& context, std::string_view operation, const Object& arguments,
           const std::function<void(const Value&)>& print) {
  ATTUNE_ASSIGN_OR_RETURN(const auto session, Session::Open(context));
  ATTUNE_ASSIGN_OR_RETURN(const Value answer, session->Call(operation, arguments));
  if (context.json) {
    PrintAsJson(answer);
  } else {
    print(answer);
  }
  return OkStatus();
}

// "n7" with 'n'.
bool IsId(const std::string& text, char prefix) {
  return text.size() > 1 && text.front() == prefix && text.find_first_not_of("0123456789", 1) == std::string::npos;
}

Status Forget(Session& session, const std::string& id, bool as_source) {
  const bool note = !as_source && IsId(id, 'n');
  const bool chat = !as_source && IsId(id, 'c');
  const char* const operation = note ? "forget_note" : chat ? "delete_chat" : "remove_source";
  const auto done = session.Call(operation, Object{{note || chat ? "id" : "name", id}});
  if (done.ok()) return OkStatus();
  if (note || chat || done.error().code() != ErrorCode::kNotFound) return done.error();
  return Error(ErrorCode::kNotFound, "'" + id + "' is neither a note (n7) nor a chat (c3) nor the name of a source");
}

// Every setting as the file would have it.
Value JsonOf(const engine::Settings& settings) {
  Object object;
  for (const engine::SettingInfo& info : engine::AllSettings()) {
    object.Set(info.name, engine::SettingText(info.name, settings));
  }
  Object knobs;
  for (const auto& [name, value] : settings.pins) knobs.Set(name, value);
  object.Set("knobs", knobs);
  return object;
}

class CommandLine {
 public:
  CommandLine();
  int Run(int argc, char** argv);

 private:
  using Action = std::function<Status(const CommandContext&)>;

  CLI::App* Add(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example,
                Action action);
  void AddSettings(CLI::App& command);
  void AddUp();
  void AddAsk();
  void AddNotes();
  void AddChats();
  void AddSteering();
  void AddCache();
  void AddOthers();

  CLI::App app_{"attune remembers your code, documents, chats and scans, and finds them again.", "attune"};
  Flags flags_;
  Action action_;
  std::vector<std::string> folders_, words_, tags_, languages_, kinds_, paths_, sources_;
  std::string id_, text_, about_, title_, file_, format_, before_, value_, shell_ = "bash";
  std::size_t limit_ = 10;
  bool once_ = false, print_default_ = false, as_source_ = false;
  ReplayFlags replay_;
};

CLI::App* CommandLine::Add(CLI::App& parent, const std::string& name, const std::string& help,
                           const std::string& example, Action action) {
  CLI::App* const command = parent.add_subcommand(name, help);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  // A parent's callback runs after that of its subcommand, which is the one that was meant.
  if (action) {
    command->callback([this, action = std::move(action)] {
      if (!action_) action_ = action;
    });
  }
  return command;
}

void CommandLine::AddSettings(CLI::App& command) {
  for (const engine::SettingInfo& info : engine::AllSettings()) {
    const std::string name(info.name);
    std::string flag = name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    command
        .add_option_function<std::string>(
            "--" + flag, [this, name](const std::string& value) { flags_.settings.emplace_back(name, value); },
            std::string(info.help))
        ->type_name(std::string(info.value_name))
        ->group("Settings");
  }
}

void CommandLine::AddUp() {
  CLI::App* const up =
      Add(app_, "up", "Read folders, watch them, and answer until Ctrl-C", "attune up ~/project --memory 2G --p99 50ms",
          [this](const CommandContext& context) { return RunUp(context, folders_, once_); });
  up->add_option("DIR", folders_, "Folders to read; without one, those of the last time");
  up->add_flag("--once", once_, "Read, print the report, and end");
}

void CommandLine::AddAsk() {
  CLI::App* const ask = Add(app_, "ask", "Search what is remembered", "attune ask 'group commit' --lang cpp",
                            [this](const CommandContext& context) {
                              std::string query;
                              for (const std::string& word : words_) query += (query.empty() ? "" : " ") + word;
                              const auto list = [](const std::vector<std::string>& values) {
                                return Value(Array(values.begin(), values.end()));
                              };
                              return Ask(context, "search",
                                         Object{{"query", query},
                                                {"limit", limit_},
                                                {"languages", list(languages_)},
                                                {"kinds", list(kinds_)},
                                                {"paths", list(paths_)},
                                                {"sources", list(sources_)}},
                                         PrintHits);
                            });
  ask->alias("search");
  ask->add_option("QUERY", words_, "Words, \"phrases\", prefix*, +must, -not, symbol:Name, path:src/**")->required();
  ask->add_option("-n,--limit", limit_, "How many hits, 1 to 100");
  ask->add_option("--lang", languages_, "Only these languages");
  ask->add_option("--kind", kinds_, "Only code, prose, page, data, note or message");
  ask->add_option("--path", paths_, "Only paths that match a glob");
  ask->add_option("--source", sources_, "Only these sources");
}

void CommandLine::AddNotes() {
  CLI::App* const remember =
      Add(app_, "remember", "Keep a note", "attune remember 'the staging password is in the vault' --tag ops",
          [this](const CommandContext& context) {
            std::string text;
            for (const std::string& word : words_) text += (text.empty() ? "" : " ") + word;
            return Ask(context, "remember",
                       Object{{"text", text}, {"title", title_}, {"tags", Array(tags_.begin(), tags_.end())}},
                       [](const Value& note) { std::printf("remembered as %s\n", Text(note, "id").c_str()); });
          });
  remember->add_option("TEXT", words_, "What to remember")->required();
  remember->add_option("--title", title_, "A short heading");
  remember->add_option("--tag", tags_, "Words to file it under");

  CLI::App* const forget = Add(app_, "forget", "Remove a note, a chat, or a folder that was read", "attune forget n7",
                               [this](const CommandContext& context) -> Status {
                                 ATTUNE_ASSIGN_OR_RETURN(const auto session, Session::Open(context));
                                 ATTUNE_RETURN_IF_ERROR(Forget(*session, id_, as_source_));
                                 if (context.json) {
                                   PrintAsJson(Object{{"forgotten", id_}});
                                 } else {
                                   std::printf("%s is forgotten\n", id_.c_str());
                                 }
                                 return OkStatus();
                               });
  forget->add_option("ID", id_, "A note (n7), a chat (c3), or a source by its name, as attune status shows them")
      ->required();
  forget->add_flag("--source", as_source_, "ID is the name of a source, though it looks like another");
}

void CommandLine::AddChats() {
  CLI::App* const chat =
      Add(app_, "chat", "Import, list, show and export chats", "attune chat import conversations.json", nullptr);
  chat->require_subcommand(1);
  CLI::App* const import =
      Add(*chat, "import", "Read an export of ChatGPT, Claude, or JSON lines", "attune chat import conversations.json",
          [this](const CommandContext& context) { return RunChatImport(context, file_); });
  import->add_option("FILE", file_, "conversations.json, *.jsonl, or an export of attune")->required();

  CLI::App* const list =
      Add(*chat, "list", "The chats, newest first", "attune chat list -n 20", [this](const CommandContext& context) {
        return Ask(context, "list_chats", Object{{"limit", limit_}}, PrintChats);
      });
  list->add_option("-n,--limit", limit_, "How many, 1 to 200");

  CLI::App* const show =
      Add(*chat, "show", "Read a chat", "attune chat show c3", [this](const CommandContext& context) {
        Object arguments{{"id", id_}, {"limit", 100}};
        if (!before_.empty()) arguments.Set("before", before_);
        return Ask(context, "read_chat", arguments, PrintChat);
      });
  show->add_option("CHAT", id_, "Its id")->required();
  show->add_option("--before", before_, "Messages above this one");

  CLI::App* const write =
      Add(*chat, "export", "Write a chat to standard output", "attune chat export c3 --format jsonl > chat.jsonl",
          [this](const CommandContext& context) -> Status {
            ATTUNE_ASSIGN_OR_RETURN(const auto session, Session::Open(context));
            const std::string format = !format_.empty() ? format_ : context.json ? "json" : "markdown";
            ATTUNE_ASSIGN_OR_RETURN(const std::string text,
                                    session->CallText("export_chat", Object{{"id", id_}, {"format", format}}));
            if (context.json && format != "json") {
              PrintAsJson(Object{{"id", id_}, {"format", format}, {"text", text}});
            } else {
              std::fwrite(text.data(), 1, text.size(), stdout);
            }
            return OkStatus();
          });
  write->add_option("CHAT", id_, "Its id")->required();
  write->add_option("--format", format_, "markdown, jsonl or json (lossless); with --json, json");
}

void CommandLine::AddSteering() {
  Add(app_, "status", "What is read, remembered, promised and kept", "attune status --json",
      [](const CommandContext& context) { return Ask(context, "status", {}, PrintStatus); });

  CLI::App* const journal =
      Add(app_, "journal", "What controllers, caches and people decided since the start, and why, newest first",
          "attune journal --about cache.", [this](const CommandContext& context) {
            Object arguments{{"limit", limit_}, {"about", about_}};
            if (!before_.empty()) arguments.Set("before", before_);
            return Ask(context, "read_journal", arguments, PrintJournal);
          });
  journal->add_option("-n,--limit", limit_, "How many, 1 to 200");
  journal->add_option("--before", before_, "Older than this one (d7)");
  journal->add_option("--about", about_, "Only what begins so: ingest.share, cache.answers, cache.");

  CLI::App* const knobs =
      Add(app_, "knobs", "List what can be turned; pin and unpin it", "attune knobs pin ingest.threads=1",
          [](const CommandContext& context) { return Ask(context, "list_knobs", {}, PrintKnobs); });
  CLI::App* const pin =
      Add(*knobs, "pin", "Fix a knob; the autopilot leaves it alone", "attune knobs pin ingest.threads=1",
          [this](const CommandContext& context) -> Status {
            const std::size_t equals = value_.find('=');
            if (equals == std::string::npos) {
              return Error(ErrorCode::kInvalidArgument, "'" + value_ + "' names no value; write NAME=VALUE");
            }
            return Ask(context, "pin_knob",
                       Object{{"name", value_.substr(0, equals)}, {"value", value_.substr(equals + 1)}},
                       [](const Value& knob) {
                         std::printf("%s is pinned to %s\n", Text(knob, "name").c_str(), Text(knob, "value").c_str());
                       });
          });
  pin->add_option("NAME=VALUE", value_, "Knob and value")->required();
  CLI::App* const unpin =
      Add(*knobs, "unpin", "Give a knob back to the autopilot", "attune knobs unpin ingest.threads",
          [this](const CommandContext& context) {
            return Ask(context, "unpin_knob", Object{{"name", value_}}, [](const Value& knob) {
              std::printf("%s is free again, at %s\n", Text(knob, "name").c_str(), Text(knob, "value").c_str());
            });
          });
  unpin->add_option("NAME", value_, "Knob")->required();
}

void CommandLine::AddCache() {
  CLI::App* const cache = Add(app_, "cache", "Find out which cache policy suits a workload",
                              "attune cache replay disk.trace --size 1000", nullptr);
  cache->require_subcommand(1);
  CLI::App* const replay =
      Add(*cache, "replay", "Replay recorded traces: hit ratio, optimum, time and memory of each policy",
          "attune cache replay disk.trace.gz --size 512,1000 --policy all\n"
          "  attune cache replay day.bin night.bin day.bin --size 10000 --policy auto,lru --json\n"
          "  attune cache replay disk.trace --size 1000 --policy lru --prefetch all --ids spatial\n"
          "  attune cache replay disk.trace --size 1000 --chart hit-ratio.svg",
          [this](const CommandContext& context) { return RunCacheReplay(context, replay_); });
  replay
      ->add_option("TRACE", replay_.traces,
                   "Files of keys, plain or gzip, replayed one after the other; one that comes back has the same keys")
      ->required();
  replay->add_option("--size", replay_.sizes, "Entries that the cache holds; several make several tables")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("ENTRIES")
      ->required();
  replay->add_option("--policy", replay_.policies, "Names of policies, auto (self-choosing), or all")
      ->delimiter(',')
      ->allow_extra_args(false);
  replay->add_option("--prefetch", replay_.prefetch, "Load ahead as well: all, stride, markov, or none")
      ->capture_default_str();
  replay
      ->add_option("--ids", replay_.ids,
                   "spatial where key + 1 lies beside key, as with blocks; opaque where it need not")
      ->capture_default_str();
  replay->add_option("--chart", replay_.chart, "Draw hit ratio against size; one size is drawn from 1/8 to 8 times")
      ->type_name("FILE.svg");
  replay->add_option("--format", replay_.format, "text, u64, u32 or oracle-general instead of what the content shows");
}

void CommandLine::AddOthers() {
  CLI::App* const config =
      Add(app_, "config", "The settings that hold here, or all defaults", "attune config --print-default > attune.toml",
          [this](const CommandContext& context) -> Status {
            const engine::Settings settings = print_default_ ? engine::Settings() : context.settings;
            if (context.json) {
              PrintAsJson(JsonOf(settings));
              return OkStatus();
            }
            const std::string text = engine::PrintToml(settings);
            std::fwrite(text.data(), 1, text.size(), stdout);
            return OkStatus();
          });
  config->add_flag("--print-default", print_default_, "A complete attune.toml with every key and its default");

  Add(app_, "mcp", "Speak the Model Context Protocol on standard input and output", "attune mcp --data ~/notes",
      RunMcp);
  Add(app_, "version", "Print the version", "attune version", [](const CommandContext& context) -> Status {
    if (context.json) {
      PrintAsJson(Object{{"version", std::string(engine::kVersion)}});
    } else {
      std::printf("attune %s\n", engine::kVersion.data());
    }
    return OkStatus();
  });
  CLI::App* const completion = Add(app_, "completion", "Print a completion script for a shell",
                                   "source <(attune completion bash)", [this](const CommandContext& context) -> Status {
                                     ATTUNE_ASSIGN_OR_RETURN(const std::string script, CompletionScript(shell_, app_));
                                     if (context.json) {
                                       PrintAsJson(Object{{"shell", shell_}, {"script", script}});
                                     } else {
                                       std::fwrite(script.data(), 1, script.size(), stdout);
                                     }
                                     return OkStatus();
                                   });
  completion->add_option("SHELL", shell_, "bash, zsh or fish")->required();
}

CommandLine::CommandLine() {
  app_.require_subcommand(1);
  app_.set_help_flag("-h,--help", "Print this help and end");
  app_.add_flag("--json", flags_.json, "Print JSON for programs");
  app_.add_option("--name", flags_.name, "Name of a data folder below your data directory")->type_name("NAME");
  app_.add_option("--config", flags_.config_file, "A configuration file; see attune config --print-default")
      ->type_name("FILE");
  AddSettings(app_);
  app_.footer(
      "Example:\n  attune up ~/project --memory 2G --p99 50ms\n  attune ask 'where is the retry policy'\n\n"
      "Exit status:\n"
      "  0  done\n"
      "  1  failed or was stopped; the message says why\n"
      "  2  wrong use: a command, flag, setting or value that makes no sense\n"
      "  3  not found: no such file, note, chat or data folder\n"
      "  4  in use: another process has the data folder or the port\n"
      "  5  busy, unreachable or at a limit: try again later, or raise the limit\n"
      "  6  not allowed: permissions, or a token is missing");
  AddUp();
  AddAsk();
  AddNotes();
  AddChats();
  AddSteering();
  AddCache();
  AddOthers();
}

int CommandLine::Run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool json = std::ranges::find(words, "--json") != words.end();  // not parsed to its end
    if (error.get_exit_code() == 0) return app_.exit(error);              // --help
    const std::string suggestion = Suggestion(app_, words);
    if (json) {
      PrintError(true, ToString(ErrorCode::kInvalidArgument), std::string(error.what()) + "\n" + suggestion);
    } else {
      static_cast<void>(app_.exit(error));
      std::fprintf(stderr, "%s", suggestion.c_str());
    }
    return 2;
  }
  auto context = MakeContext(flags_);
  Status done = context.ok() ? OkStatus() : Status(context.error());
  if (done.ok()) {
    UseColours(context->terminal && !Environment("NO_COLOR"));
    done = action_(*context);
  }
  if (done.ok()) return 0;
  PrintError(flags_.json, ToString(done.error().code()), done.error().message());
  return ExitCode(done.error());
}

}  // namespace
}  // namespace attune::app

int main(int argc, char** argv) {
  attune::app::CommandLine command_line;
  return command_line.Run(argc, argv);
}
