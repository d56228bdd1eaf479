#!/usr/bin/env python3
"""The command line as a user has it: every command, with and without a server."""
import fcntl
import http.client
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree

import attune_process
from attune_process import Home, ProcessTest, unique_word, until

COMMANDS = [["up"], ["ask"], ["remember"], ["forget"], ["chat"], ["chat", "import"], ["chat", "list"], ["chat", "show"],
            ["chat", "export"], ["status"], ["journal"], ["knobs"], ["knobs", "pin"], ["knobs", "unpin"], ["config"], ["mcp"],
            ["version"], ["completion"], ["cache"], ["cache", "replay"]]

STORE_CC = """// Keeps what it is told.
class Store {
 public:
  // Writers wait here for the group commit.
  int CommitGroup(int writers);
};

int Store::CommitGroup(int writers) { return writers; }
"""


class Help(ProcessTest):
    def test_every_command_has_help_with_an_example_of_itself(self):
        for command in COMMANDS:
            with self.subTest(" ".join(command)):
                done = self.home.cli(*command, "--help", data=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                example = done.stdout.split("Example:")[1]
                self.assertIn(f"attune {' '.join(command)}", example)

    def test_help_and_guide_say_what_an_exit_status_means(self):
        shown = self.home.cli("--help", data=False).stdout.split("Exit status:")[1]
        meanings = dict(re.findall(r"^  (\d)  (\w+)", shown, re.M))
        guide = pathlib.Path(__file__).parents[2] / "docs/guide/configuration.md"
        rows = dict(re.findall(r"^\| (\d) \| .*?\| (\w+)", guide.read_text(), re.M))
        self.assertEqual(list(meanings), list("0123456"))
        self.assertEqual(list(rows), list("0123456"))

    def test_mistakes_say_what_is_right_and_end_with_2(self):
        for arguments, said in ((["up", "--memroy", "2G"], "memory"), (["asc", "hello"], "ask"), ([], "up"),
                                (["chat"], "import"), (["status", "--nonsense"], "--nonsense"),
                                (["up", "--memory", "much"], "much"), (["up", "--memory", "1M"], "128"),
                                (["up", "--p99", "soon"], "soon"), (["completion", "tcsh"], "bash"),
                                (["up", "--durability", "half"], "normal"), (["up", "/no/such/folder"], "/no/such/folder")):
            with self.subTest(" ".join(arguments)):
                done = self.home.cli(*arguments, data=bool(arguments))
                self.assertEqual(done.returncode, 2, done)
                self.assertIn(said, done.stderr)

    def test_an_address_that_others_reach_wants_a_token(self):
        done = self.home.cli("up", "--address", "0.0.0.0", "--port", "0")
        self.assertEqual(done.returncode, 6, done)
        self.assertIn("--token-file", done.stderr)

    def test_nothing_remembered_yet_says_how_to_begin(self):
        for ask in ("ask", "search"):  # one command
            done = self.home.cli(ask, "status", data=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("attune up", done.stderr)

    # Words before the one that is completed, its beginning, what is offered, what is not.
    COMPLETIONS = [(["sta"], {"status"}, {"up"}), (["chat", "im"], {"import"}, {"up"}),
                   (["up", "--mem"], {"--memory"}, set()), (["up", "--o"], {"--once", "--ocr"}, {"--title"}),
                   (["chat", "export", "--"], {"--format", "--json", "--data"}, {"--once", "--memory"}),
                   (["--json", "ask", "--"], {"--lang", "--kind", "--limit"}, {"--port", "--format"}),
                   (["cache", "replay", "--p"], {"--policy", "--prefetch"}, {"--port"})]

    def complete(self, shell, words):
        """What the shell offers for the last of the words, by its own script."""
        script = self.home.path / "script"
        script.write_text(self.home.cli("completion", shell, data=False).stdout)
        line = " ".join(["attune", *words])
        program = {
            "bash": f"source {script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words)}; _attune\nprintf '%s\\n' ${{COMPREPLY[@]}}",
            # The parts of zsh that draw are replaced; they get the names of the arrays.
            "zsh": f"compdef() {{}}; _files() {{}}; _describe() {{ local name=${{@[-1]}}; print -rl -- ${{${{(P)name}}%%:*}} }}\nsource {script}\n"
                   f"words=({line}); CURRENT={len(words) + 1}; PREFIX='{words[-1]}'; _attune",
            "fish": f"source {script}\ncomplete -C '{line}' | string replace -r '\\t.*' ''",
        }[shell]
        done = subprocess.run([shell, *(["-f"] if shell == "zsh" else []), "-c", program], capture_output=True, text=True,
                              check=False, env=self.home.environment(), timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {word for word in done.stdout.split() if word.startswith(words[-1])}

    def test_completion_offers_what_fits_and_nothing_else(self):
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell) is None:
                print(f"{shell} is not installed here: its completion is checked by its words alone", flush=True)
                script = self.home.cli("completion", shell, data=False).stdout
                for words in ("chat import", "memory", "format", "Read folders, watch them"):
                    self.assertIn(words, script)
                continue
            for words, offered, not_offered in self.COMPLETIONS:
                with self.subTest(f"{shell}: {words}"):
                    found = self.complete(shell, words)
                    self.assertLessEqual(offered, found)
                    self.assertFalse(not_offered & found, found)

    def test_version(self):
        self.assertRegex(self.home.cli("version", data=False).stdout, r"^attune \d+\.\d+\.\d+")
        self.assertRegex(self.home.cli_json("version", data=False)["version"], r"^\d+\.\d+\.\d+")


class Progress(ProcessTest):
    def setUp(self):
        super().setUp()
        # Enough, and slowly enough, that a rate is known before it is over, on a fast machine as well.
        for number in range(160):
            self.home.write(f"{number}.txt", "".join(f"{unique_word(number, line)} stands in a line\n" for line in range(10_000)))
        self.slow = self.home.path / "slow.toml"
        self.slow.write_text("cores = 1\n[knobs]\n\"ingest.share\" = 0.1\n")

    def test_on_a_terminal_a_line_shows_how_far_how_fast_and_how_long_still(self):
        terminal, child_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([self.home.binary, "up", self.home.folder, "--once", "--data", self.home.data,
                                    "--config", self.slow], stdin=subprocess.DEVNULL, stdout=child_end, stderr=child_end,
                                   env=self.home.environment(), cwd=self.home.path)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        os.close(child_end)
        shown = ""

        def line():
            nonlocal shown
            if select.select([terminal], [], [], 1)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")
            return re.search(r"\[=*>? *\] \d+%  \d+/\d+ files  [\d.]+ MB/s  \S+ left", shown)
        until("a line with rate and remaining time", line)
        process.terminate()
        self.assertEqual(process.wait(attune_process.WAIT_S), 1)

    def test_elsewhere_there_is_no_such_line(self):
        done = self.home.cli("up", self.home.folder, "--once", "--config", self.slow, timeout_s=2 * attune_process.WAIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        for text in (done.stdout, done.stderr):
            self.assertNotRegex(text, r"\r|\x1b|\d+%  | left$")


class Json(ProcessTest):
    """With --json every command answers a program: JSON on standard output, errors as JSON on standard error."""

    def test_every_command_answers_json(self):
        self.home.write("a.md", "# Group commit\n")
        trace = self.home.path / "requests.trace"
        trace.write_text("1\n2\n1\n")
        talk = self.home.path / "talk.jsonl"
        talk.write_text(json.dumps({"role": "user", "content": "hello"}) + "\n")
        initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}}
        done = {}
        for words, given in ((["up", self.home.folder, "--once"], None), (["ask", "commit"], None),
                             (["remember", "hello"], None), (["forget", "n1"], None), (["chat", "import", talk], None),
                             (["chat", "list"], None), (["chat", "show", "c1"], None), (["chat", "export", "c1"], None),
                             (["status"], None), (["journal"], None), (["knobs"], None),
                             (["knobs", "pin", "ingest.threads=1"], None),
                             (["knobs", "unpin", "ingest.threads"], None), (["config"], None),
                             (["mcp"], json.dumps(initialize) + "\n"), (["version"], None), (["completion", "zsh"], None),
                             (["cache", "replay", trace, "--size", "2"], None)):
            name = " ".join(map(str, words[:2] if words[0] in ("chat", "cache", "knobs") else words[:1]))
            with self.subTest(name):
                ran = self.home.cli("--json", *words, input=given)
                self.assertEqual((ran.returncode, ran.stderr), (0, ""))
                done[name.replace(" ingest.threads", "")] = json.loads(ran.stdout)
        self.assertEqual(set(done), {" ".join(command) for command in COMMANDS} - {"chat", "cache"})
        self.assertEqual(done["forget"], {"forgotten": "n1"})
        self.assertEqual(done["config"]["durability"], "full")
        self.assertEqual(done["chat export"]["format"], "attune.chat")
        self.assertIn("compdef", done["completion"]["script"])
        wrapped = self.home.cli_json("chat", "export", "c1", "--format", "markdown")
        self.assertEqual((wrapped["format"], "hello" in wrapped["text"]), ("markdown", True))

    def test_every_command_fails_in_json(self):
        missing = str(self.home.path / "missing")
        for words, code, status in ((["up", missing], "INVALID_ARGUMENT", 2), (["ask", "x"], "NOT_FOUND", 3),
                                    (["remember", "x"], "NOT_FOUND", 3), (["forget", "n1"], "NOT_FOUND", 3),
                                    (["chat"], "INVALID_ARGUMENT", 2), (["chat", "import", missing], "NOT_FOUND", 3),
                                    (["chat", "list"], "NOT_FOUND", 3), (["chat", "show", "c1"], "NOT_FOUND", 3),
                                    (["chat", "export", "c1"], "NOT_FOUND", 3), (["status"], "NOT_FOUND", 3),
                                    (["journal"], "NOT_FOUND", 3), (["knobs"], "NOT_FOUND", 3), (["knobs", "pin", "x"], "INVALID_ARGUMENT", 2),
                                    (["knobs", "unpin", "x"], "NOT_FOUND", 3),
                                    (["config", "--config", missing], "NOT_FOUND", 3), (["mcp"], "NOT_FOUND", 3),
                                    (["version", "--nonsense"], "INVALID_ARGUMENT", 2),
                                    (["completion", "tcsh"], "INVALID_ARGUMENT", 2), (["cache"], "INVALID_ARGUMENT", 2),
                                    (["cache", "replay", missing, "--size", "2"], "NOT_FOUND", 3)):
            with self.subTest(" ".join(words)):
                ran = self.home.cli("--json", *words)
                self.assertEqual(ran.stdout, "")
                error = json.loads(ran.stderr)["error"]
                self.assertEqual((error["code"], ran.returncode), (code, status), error)
                self.assertTrue(error["message"])

    def test_a_server_tells_what_happens_in_lines_of_json(self):
        self.home.write("a.md", "# Group commit\n")
        with self.up("--json") as attune:
            attune.wait_read()
            until("the line about the reading", lambda: len(attune.output) > 1)
            self.assertStops(attune)
        events = [json.loads(line) for line in attune.output]
        self.assertEqual([event["event"] for event in events], ["listening", "read", "stopping"])
        self.assertEqual(events[0]["address"], f"http://{attune.host}:{attune.port}")
        self.assertEqual(events[1]["files"], 1)


class Settings(ProcessTest):
    def test_the_default_file_loads_back_and_changes_nothing(self):
        printed = self.home.cli("config", "--print-default", data=False).stdout
        path = self.home.path / "attune.toml"
        path.write_text(printed)
        again = self.home.cli("config", "--config", path, data=False)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(again.stdout, printed)

    def test_flags_win_over_variables_and_variables_over_files(self):
        path = self.home.path / "attune.toml"
        path.write_text('memory = "1G"\np99 = "20ms"\nfile_max = "1M"\n[knobs]\n"ingest.threads" = 1\n')
        shown = self.home.cli("config", "--config", path, "--p99", "30ms", data=False,
                              environment={"ATTUNE_P99": "25ms", "ATTUNE_FILE_MAX": "2M"}).stdout
        settings = dict(re.findall(r'^(\w+) = ["\'](.*)["\']$', shown, re.M))
        self.assertEqual((settings["memory"], settings["p99"], settings["file_max"]), ("1GiB", "30ms", "2MiB"))

    def test_mistakes_name_their_place_and_the_nearest_key(self):
        path = self.home.path / "attune.toml"
        for text, words in (('memroy = "1G"\n', ["attune.toml:1", "memroy", "memory"]),
                            ('\np99 = "fast"\n', ["attune.toml:2", "p99", "fast"]),
                            ("port = = 1\n", ["attune.toml:1"])):
            path.write_text(text)
            done = self.home.cli("config", "--config", path, data=False)
            self.assertEqual(done.returncode, 2)
            for word in words:
                self.assertIn(word, done.stderr)
        done = self.home.cli("config", data=False, environment={"ATTUNE_MEMORY": "lots"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("ATTUNE_MEMORY", done.stderr)

    def test_a_pinned_knob_survives_a_restart_and_an_unknown_one_is_suggested(self):
        with self.up() as attune:
            self.assertEqual(self.home.cli("knobs", "pin", "ingest.threads=1").returncode, 0)
            self.assertStops(attune)
        with self.up() as attune:
            knobs = {knob["name"]: knob for knob in self.home.cli_json("knobs")["knobs"]}
            self.assertEqual((knobs["ingest.threads"]["value"], knobs["ingest.threads"]["pinned"]), ("1", True))
            unknown = self.home.cli("knobs", "pin", "ingest.thread=1")
            self.assertNotEqual(unknown.returncode, 0)
            self.assertIn("ingest.threads", unknown.stderr)
            beyond = self.home.cli("knobs", "pin", "ingest.threads=4000")
            self.assertEqual(beyond.returncode, 2)
            self.assertIn("64", beyond.stderr)
            self.assertEqual(self.home.cli("knobs", "unpin", "ingest.threads").returncode, 0)
            (decision,) = self.home.cli_json("journal", "--about", "ingest.threads")["decisions"]
            self.assertEqual((decision["from"], decision["by"], decision["inputs"]), ("1", "unpin", {}))
            self.assertRegex(self.home.cli("journal", "--about", "ingest.threads").stdout,
                             rf"(?m)^{decision['id']} .* ingest.threads +1 .* unpin +a person gave it back$")
            self.assertEqual(self.home.cli_json("journal", "--about", "ingest.threads", "--before", decision["id"]),
                             {"decisions": []})
            self.assertIn("Nothing of this was decided", self.home.cli("journal", "--about", "nothing").stdout)
            self.assertStops(attune)
        with self.up() as attune:
            self.assertFalse({k["name"]: k for k in attune.get("/v1/knobs")["knobs"]}["ingest.threads"]["pinned"])

    def test_a_token_is_wanted_when_one_is_set(self):
        token = self.home.path / "token"
        token.write_text("correct-horse-battery-staple\n")
        token.chmod(0o600)
        with self.up("--token-file", token) as attune:
            self.assertEqual(attune.request("GET", "/v1/status").status, 401)
            allowed = attune.request("GET", "/v1/status", headers={"Authorization": "Bearer correct-horse-battery-staple"})
            self.assertEqual(allowed.status, 200)
            self.assertEqual(self.home.cli("status").returncode, 6)
            self.assertEqual(self.home.cli("status", "--token-file", token).returncode, 0)


class CacheReplay(ProcessTest):
    def replay(self, keys, *flags):
        trace = self.home.path / "requests.trace"
        trace.write_text("".join(f"{key}\n" for key in keys))
        return self.home.cli_json("cache", "replay", trace, *flags, data=False)

    def test_a_tiny_trace_has_the_hits_that_one_counts_by_hand(self):
        # Two entries, * is a hit. LRU: 1 2 1* 3 1* 2 1*; FIFO: 1 2 1* 3 1 2 1*. The optimum has to take in 3 as well.
        answer = self.replay([1, 2, 1, 3, 1, 2, 1], "--size", "2", "--policy", "lru,fifo")
        (size,) = answer["sizes"]
        self.assertEqual((answer["requests"], size["entries"]), (7, 2))
        self.assertEqual({row["policy"]: row["hits"] for row in size["policies"]}, {"lru": 3, "fifo": 2})
        self.assertEqual(size["optimum_hits"], 3)
        self.assertAlmostEqual(size["policies"][0]["hit_ratio"], 3 / 7)
        self.assertEqual(size["prefetch"], [])

    def test_prefetching_turns_the_misses_of_a_scan_into_hits(self):
        scan = range(1000, 3000)
        (size,) = self.replay(scan, "--size", "100", "--policy", "sieve,auto", "--prefetch", "all", "--ids", "spatial")["sizes"]
        self.assertEqual([row["policy"] for row in size["prefetch"]], ["lru", "sieve"])
        for row in size["prefetch"]:
            self.assertEqual(row["hit_ratio_without"], 0)
            self.assertGreater(row["hit_ratio"], 0.9)
            self.assertAlmostEqual(row["hit_ratio"], row["used"] / 2000)  # nothing else can have hit
            self.assertAlmostEqual(row["precision"], row["used"] / row["issued"])
            self.assertAlmostEqual(row["issued_per_request"], row["issued"] / 2000)
        (size,) = self.replay(scan, "--size", "100", "--policy", "lru", "--prefetch", "all")["sizes"]
        self.assertEqual(size["prefetch"][0]["hit_ratio"], 0)  # opaque keys have no neighbours

    def test_the_table_shows_the_same_numbers(self):
        trace = self.home.path / "requests.trace"
        trace.write_text("1\n2\n1\n3\n1\n2\n1\n")
        shown = self.home.cli("cache", "replay", trace, "--size", "2", "--policy", "fifo", "--prefetch", "markov",
                              data=False).stdout
        policies, prefetching = shown.split("with prefetch")
        self.assertRegex(policies, r"(?m)^fifo +28\.57 % +66\.67 % ")
        self.assertRegex(prefetching, r"(?m)^lru +42\.86 % +42\.86 % +0\.000 ")
        self.assertRegex(prefetching, r"(?m)^fifo +28\.57 % +28\.57 % +0\.000 ")

    def test_mistakes_name_what_there_is(self):
        trace = self.home.path / "requests.trace"
        trace.write_text("1\n")
        for flags, said in ((["--prefetch", "psychic"], "markov"), (["--ids", "numbers"], "opaque"),
                            (["--prefetch", "stride"], "--ids spatial"), (["--policy", "belady"], "lirs"),
                            (["--chart", str(self.home.path)], "is a folder"),
                            *((["--size", size], f"--size '{size}' is not a whole number of entries from 1 to ")
                              for size in ("-1", "2.5", "0", "1e3", "99999999999999999999"))):
            with self.subTest(" ".join(flags)):
                done = self.home.cli("cache", "replay", trace, "--size", "2", *flags, data=False)
                self.assertEqual(done.returncode, 2, done)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_how_a_trace_was_read_is_said(self):
        trace = self.home.path / "requests.trace"
        trace.write_text("1\n\n2\n*\n1\n")
        shown = self.home.cli("cache", "replay", trace, "--size", "2", "--policy", "lru", data=False).stdout
        self.assertIn(f"{trace}: 3 requests, read as text, 2 lines skipped", shown)
        answer = self.home.cli_json("cache", "replay", trace, trace, "--size", "2", "--policy", "lru", data=False)
        self.assertEqual(answer["sources"],
                         [{"path": str(trace), "format": "text", "requests": 3, "lines_skipped": 2}])
        trace.write_text("1\n2\nx\n3\n")  # eight bytes, as a binary key has
        done = self.home.cli("cache", "replay", trace, "--size", "2", data=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("line 3 (byte 4) is 'x', not a decimal key", done.stderr)
        trace.write_bytes(bytes(13))
        done = self.home.cli("cache", "replay", trace, "--size", "2", data=False)
        self.assertIn("a record of 8 (u64); --format text, u64, u32 or oracle-general reads it as that", done.stderr)

    def test_a_chart_that_cannot_be_written_is_said_before_the_replay(self):
        trace = self.home.path / "requests.trace"
        trace.write_text("1\n")
        done = self.home.cli("cache", "replay", trace, "--size", "2", "--chart", self.home.path / "no" / "chart.svg",
                             data=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertIn("chart.svg cannot be written", done.stderr)

    def test_a_chart_is_xml_whatever_the_trace_is_called(self):
        trace = os.fsencode(self.home.path) + b"/day\xff<1>&.trace"
        pathlib.Path(os.fsdecode(trace)).write_text("1\n2\n1\n")
        chart = self.home.path / "chart.svg"
        done = self.home.cli("cache", "replay", os.fsdecode(trace), "--size", "2", "--policy", "lru", "--json", "--chart",
                             chart, data=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        (title,) = xml.etree.ElementTree.parse(chart).getroot().iter("{http://www.w3.org/2000/svg}title")
        self.assertEqual(title.text, "day\ufffd<1>&.trace")
        self.assertEqual(list(self.home.path.glob("*.part")), [])


class Asking(ProcessTest):
    def setUp(self):
        super().setUp()
        self.home.write("src/store.cc", STORE_CC)
        self.home.write("docs/guide.md", "# Guide\n\nGroup commit shares one sync.\n\n## Recovery\n\nNothing is lost.\n")

    def test_with_and_without_a_server_the_hits_are_the_same(self):
        def hits():
            found = self.home.cli_json("ask", "group commit")["hits"]
            return [(hit["id"], hit["path"], hit["line_begin"], hit["snippet"]) for hit in found]
        with self.up() as attune:
            attune.wait_read()
            served = hits()
            shown = self.home.cli("ask", "group", "commit", "--lang", "cpp")
            self.assertIn("src/store.cc", shown.stdout)
            self.assertNotIn("guide.md", shown.stdout)
            self.assertStops(attune)
        self.assertEqual({path for _, path, _, _ in served}, {"src/store.cc", "docs/guide.md"})
        self.assertEqual(hits(), served)

    def test_notes_and_status_with_and_without_a_server(self):
        with self.up() as attune:
            attune.wait_read()
            first = self.home.cli_json("remember", "the staging key is qstagingkey", "--title", "Keys", "--tag", "ops")
            self.assertEqual((first["title"], first["tags"]), ("Keys", ["ops"]))
            for _ in range(2):
                self.assertEqual(attune.search("qstagingkey")["hits"][0]["id"], first["id"])
            status = self.home.cli_json("status")
            self.assertEqual(status["pid"], attune.process.pid)
            answers = next(cache for cache in status["caches"] if cache["name"] == "answers")
            self.assertGreaterEqual(answers["hits"], 1, "the second search asked the same")
            metrics = attune.request("GET", "/metrics").body.decode()
            self.assertIn('attune_cache_hits_total{cache="answers"}', metrics)
            self.assertRegex(metrics, r'(?m)^attune_cache_loads_total\{cache="answers"\} [1-9]')
            self.assertGreaterEqual(answers["loads"], 1)
            self.assertGreater(answers["load_mean_ms"], 0)
            self.assertIn('attune_pool_leased{pool="messages"}', metrics)
            text = self.home.cli("status").stdout
            for name in ("cache", "answers", "passages", "files", "titles", "pool", "messages"):
                self.assertRegex(text, rf"(?m)^{name} ", "a row for each cache and pool")
            self.assertRegex(text, r"(?m)^answers +\S+ +\d+ +\S+ MB +\S+ MB +\d+% +\d+ +[1-9]\d* +\S+ ms *$")
            self.assertStops(attune)
        second = self.home.cli("remember", "without", "a", "server", "qalone")
        identifier = re.search(r"remembered as (n\d+)", second.stdout).group(1)
        self.assertEqual(self.home.cli_json("ask", "qalone")["hits"][0]["id"], identifier)
        self.assertEqual(self.home.cli_json("status")["store"]["notes"], 2)
        for output in (self.home.cli("status").stdout, self.home.cli("knobs").stdout, self.home.cli("chat", "list").stdout):
            self.assertGreater(len(output), 10)
        self.assertEqual(self.home.cli("forget", identifier).returncode, 0)
        self.assertEqual(self.home.cli_json("ask", "qalone")["hits"], [])
        gone = self.home.cli("forget", identifier)
        self.assertEqual(gone.returncode, 3)
        self.assertIn(identifier, gone.stderr)

    def test_a_source_is_forgotten_by_its_name_with_and_without_a_server(self):
        other = self.home.path / "n1"  # a name that looks like the id of a note
        other.mkdir()
        (other / "b.md").write_text("# qotherfolder\n")
        with self.up(other) as attune:
            attune.wait_found("qotherfolder")
            name = self.home.cli_json("status")["sources"][0]["name"]
            self.assertEqual(self.home.cli("forget", name).returncode, 0)
            attune.wait_gone("CommitGroup")
            self.assertStops(attune)
        self.assertEqual([source["name"] for source in self.home.cli_json("status")["sources"]], ["n1"])
        self.assertEqual(self.home.cli("forget", "n1").returncode, 3)  # no such note, and the folder stays
        self.assertEqual(len(self.home.cli_json("ask", "qotherfolder")["hits"]), 1)
        self.assertEqual(self.home.cli("forget", "--source", "n1").returncode, 0)
        self.assertEqual(self.home.cli_json("ask", "qotherfolder")["hits"], [])
        self.assertEqual(self.home.cli_json("status")["sources"], [])
        self.assertTrue((other / "b.md").exists())
        unknown = self.home.cli("forget", "no-such-folder")
        self.assertEqual(unknown.returncode, 3)
        self.assertIn("neither a note", unknown.stderr)

    def test_after_a_kill_the_first_question_finds_everything(self):
        lines = self.home.path / "talk.jsonl"
        lines.write_text("".join(json.dumps({"role": "user", "content": f"{unique_word(number)} is {number}"}) + "\n"
                                 for number in range(20_000)))
        with self.up() as attune:
            attune.wait_read()
            self.home.cli_json("chat", "import", lines)
            note = attune.post("/v1/notes", {"text": "the vault holds qkillednote"})["id"]
            attune.kill()
        self.assertEqual([hit["id"] for hit in self.home.cli_json("ask", "qkillednote")["hits"]], [note])
        self.assertEqual(len(self.home.cli_json("ask", unique_word(19_999))["hits"]), 1)

    def test_one_question_is_answered_whatever_latency_is_promised(self):
        # A millisecond is what no cold index keeps, let alone on a busy machine.
        for promise in ({}, {"ATTUNE_P99": "1ms"}):
            with self.subTest(promise):
                self.assertEqual(self.home.cli("up", self.home.folder, "--once", patient=False).returncode, 0)
                for query in ("group commit", "recovery", "writers", "nothing*"):
                    done = self.home.cli("ask", query, patient=False, environment=promise)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_busy_server_is_asked_again_when_it_says(self):
        self.home.data.mkdir()
        (self.home.data / "attune.db").touch()
        asked = []

        class Busy(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                busy = len(asked) < 3
                body = json.dumps({"detail": "busy", "retry_after_ms": 20} if busy else {"hits": [], "matched": 0})
                self.send_response(503 if busy else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server, open(self.home.data / "lock", "w") as lock:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            # What a process that serves holds and writes; the lock of struct flock on Linux.
            fcntl.fcntl(lock, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            lock.write(f"{os.getpid()} http://127.0.0.1:{server.server_port}\n")
            lock.flush()
            self.assertEqual(self.home.cli_json("ask", "anything")["hits"], [])
            self.assertEqual(len(asked), 3)
            asked.clear()  # what changes something is not asked twice
            self.assertEqual(self.home.cli("remember", "anything").returncode, 5)
            self.assertEqual(len(asked), 1)
            server.shutdown()

    def test_up_once_reads_reports_and_ends(self):
        self.home.write("picture.bin", bytes(range(256)) * 16)
        done = self.home.cli("up", self.home.folder, "--once", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        status = json.loads(done.stdout)
        self.assertEqual(status["store"]["documents"], 2)
        self.assertEqual([skip["reason"] for skip in status["sources"][0]["skipped"]], ["binary"])
        shown = self.home.cli("up", self.home.folder, "--once")
        self.assertRegex(shown.stderr, r"read \d+ files")
        self.assertIn("remembered", shown.stdout)
        self.assertIn("picture.bin", shown.stdout)
        self.assertEqual(self.home.cli_json("ask", "CommitGroup")["hits"][0]["path"], "src/store.cc")

    def test_a_second_up_says_who_holds_the_folder(self):
        with self.up() as attune:
            second = self.home.cli("up", self.home.folder, "--port", "0")
            self.assertEqual(second.returncode, 4)
            self.assertIn(str(attune.process.pid), second.stderr)
            self.assertIn(f"http://{attune.host}:{attune.port}", second.stderr)
            self.assertEqual(attune.status()["pid"], attune.process.pid)

    def test_sigterm_and_sigint_end_it_cleanly_and_soon(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            attune = self.up()
            began = time.monotonic()
            attune.process.send_signal(number)
            self.assertEqual(attune.wait_exit(), 0, attune.stderr)
            self.assertLess(time.monotonic() - began, 10)
            self.assertIn("stopping", attune.output)

    def test_a_command_finds_the_data_of_the_folder_it_runs_in(self):
        environment = self.home.environment()
        run = lambda *words, cwd: subprocess.run([self.home.binary, *map(str, words)], capture_output=True, text=True,
                                                 env=environment, cwd=cwd, timeout=60, check=False)
        done = run("up", self.home.folder, "--once", cwd=self.home.path)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = run("--json", "ask", "recovery", cwd=self.home.folder / "docs")
        self.assertEqual(json.loads(found.stdout)["hits"][0]["path"], "docs/guide.md")


class Watching(ProcessTest):
    def test_a_touched_file_and_a_switched_branch_cost_no_new_passages(self):
        texts = {f"{number}.md": f"# {unique_word(number)}\n\ntext of {number}\n" for number in range(30)}
        other = {name: text + "on the other branch\n" for name, text in texts.items()}
        for name, text in texts.items():
            self.home.write(name, text)
        with self.up() as attune:
            attune.wait_read()
            before = {hit["id"] for number in range(30) for hit in attune.search(unique_word(number))["hits"]}
            for name in texts:
                os.utime(self.home.folder / name)
            for number, (name, text) in enumerate(other.items()):  # there and back again before anybody looks
                if number % 2:
                    self.home.write(name, text)
                    self.home.write(name, texts[name])
            self.home.write("marker.md", "qmarker")
            attune.wait_found("qmarker")
            attune.wait_read()
            after = {hit["id"] for number in range(30) for hit in attune.search(unique_word(number))["hits"]}
            self.assertEqual(len(after), 30)
            self.assertGreaterEqual(len(before & after), 15, "the touched files keep their passages")
            touched = {hit["id"] for number in range(0, 30, 2) for hit in attune.search(unique_word(number))["hits"]}
            self.assertLessEqual(touched, before)
            self.assertStops(attune)
        for name in texts:
            os.utime(self.home.folder / name)
        with self.up() as attune:
            attune.wait_read()
            again = {hit["id"] for number in range(30) for hit in attune.search(unique_word(number))["hits"]}
            self.assertEqual(again, after)

    def test_new_files_are_found_deleted_and_renamed_ones_are_gone(self):
        with self.up() as attune:
            attune.wait_read()
            times = []
            for number in range(20):
                word = unique_word(number)
                began = time.monotonic()
                self.home.write(f"new{number}.md", f"{word}\n")
                attune.wait_found(word, timeout_s=20)
                times.append(time.monotonic() - began)
            print(f"a new file was found after {statistics.median(times) * 1e3:.0f} ms (median of 20, asked every "
                  f"{attune_process.POLL_S * 1e3:.0f} ms), {max(times) * 1e3:.0f} ms at most", flush=True)
            self.assertLess(statistics.median(times), 2)
            (self.home.folder / "new0.md").unlink()
            attune.wait_gone(unique_word(0), timeout_s=20)
            (self.home.folder / "new1.md").rename(self.home.folder / "moved.md")
            until("the new name", lambda: attune.paths(unique_word(1)) == ["moved.md"], 20)
            self.home.write("new2.md", "something else altogether\n")
            attune.wait_gone(unique_word(2), timeout_s=20)
            self.home.write("sub/dir/deep.md", "qdeepfile")
            attune.wait_found("qdeepfile", timeout_s=20)
            os.rename(self.home.folder / "sub", self.home.folder / "other")
            until("the moved folder", lambda: attune.paths("qdeepfile") == ["other/dir/deep.md"], 20)

    def test_changes_while_it_was_away_are_noticed(self):
        self.home.write("stays.md", "qstays")
        self.home.write("goes.md", "qgoes")
        self.home.write("changes.md", "qbefore")
        with self.up() as attune:
            attune.wait_read()
            self.assertStops(attune)
        (self.home.folder / "goes.md").unlink()
        self.home.write("changes.md", "qafterwards")
        self.home.write("comes.md", "qcomes")
        with self.up() as attune:
            attune.wait_read()
            self.assertEqual([attune.paths(word) for word in ("qstays", "qgoes", "qbefore", "qafterwards", "qcomes")],
                             [["stays.md"], [], [], ["changes.md"], ["comes.md"]])
            self.assertEqual(attune.status()["sources"][0]["files_unchanged"], 1)

    def test_ignore_rules_nest_and_follow_changes(self):
        self.home.write(".gitignore", "*.log\nbuild/\n")
        self.home.write("sub/.gitignore", "!keep.log\nsecret.md\n")
        self.home.write(".attuneignore", "private/\n")
        for name in ("a.log", "sub/keep.log", "sub/other.log", "build/out.md", "sub/secret.md", "private/diary.md", "b.md"):
            self.home.write(name, f"qignoretest in {name}\n")
        with self.up() as attune:
            attune.wait_read()
            self.assertEqual(sorted(attune.paths("qignoretest")), ["b.md", "sub/keep.log"])
            self.assertGreaterEqual(attune.skips()["ignored"]["files"], 5)
            self.home.write("sub/secret2.log", "qignoretest later")
            self.home.write(".gitignore", "build/\n")
            until("a.log to be read, now that no rule names it", lambda: "a.log" in attune.paths("qignoretest"), 30)


class Chats(ProcessTest):
    CHATGPT = [{"id": "one", "conversation_id": "one", "title": "Wallaby questions", "create_time": 1_700_000_000.5,
                "update_time": 1_700_000_020, "current_node": "a2",
                "mapping": {"root": {"id": "root", "parent": None, "children": ["u1"], "message": None},
                            "u1": {"id": "u1", "parent": "root", "children": ["a1", "a2"],
                                   "message": {"id": "u1", "author": {"role": "user"}, "create_time": 1_700_000_000,
                                               "content": {"content_type": "text", "parts": ["What is a qwallaby?"]}}},
                            "a1": {"id": "a1", "parent": "u1", "children": [],
                                   "message": {"id": "a1", "author": {"role": "assistant"}, "create_time": 1_700_000_010,
                                               "content": {"content_type": "text", "parts": ["A first qanswer."]}}},
                            "a2": {"id": "a2", "parent": "u1", "children": [],
                                   "message": {"id": "a2", "author": {"role": "assistant"}, "create_time": 1_700_000_020,
                                               "content": {"content_type": "text", "parts": ["A small qkangaroo."]}}}}}]
    CLAUDE = [{"uuid": "c-1", "name": "Emu facts", "created_at": "2024-03-01T10:00:00.000000Z",
               "updated_at": "2024-03-01T10:01:00.000000Z", "account": {"uuid": "me"},
               "chat_messages": [{"uuid": "m-1", "sender": "human", "text": "How fast is a qemu?",
                                  "content": [{"type": "text", "text": "How fast is a qemu?"}],
                                  "created_at": "2024-03-01T10:00:00.000000Z", "attachments": [], "files": []},
                                 {"uuid": "m-2", "sender": "assistant", "text": "Fifty kilometres an hour.",
                                  "content": [{"type": "text", "text": "Fifty kilometres an hour."}],
                                  "created_at": "2024-03-01T10:01:00.000000Z", "attachments": [], "files": []}]}]
    LINES = [{"role": "user", "content": "Where do qwombats live?"}, {"role": "assistant", "content": "In burrows."}]

    def fixtures(self):
        def write(name, text):
            path = self.home.path / name
            path.write_text(text)
            return path
        return [(write("conversations.json", json.dumps(self.CHATGPT)), "chatgpt", "qwallaby", 3),
                (write("claude.json", json.dumps(self.CLAUDE)), "claude", "qemu", 2),
                (write("talk.jsonl", "".join(json.dumps(line) + "\n" for line in self.LINES)), "jsonl", "qwombats", 2)]

    def import_twice(self):
        for path, origin, word, messages in self.fixtures():
            with self.subTest(origin):
                report = self.home.cli_json("chat", "import", path)
                self.assertEqual((report["format"], report["chats_added"], report["messages_added"], report["problems"]),
                                 (origin, 1, messages, []))
                again = self.home.cli_json("chat", "import", path)
                self.assertEqual((again["chats_added"], again["chats_unchanged"], again["messages_added"]), (0, 1, 0))
                hits = self.home.cli_json("ask", word, "--kind", "message")["hits"]
                self.assertEqual([(hit["kind"], hit["role"]) for hit in hits], [("message", "user")])

    def test_imports_through_a_server(self):
        with self.up():
            self.import_twice()
            chats = self.home.cli_json("chat", "list")["chats"]
            self.assertEqual({chat["origin"] for chat in chats}, {"chatgpt", "claude", "jsonl"})
            wallaby = next(chat for chat in chats if chat["origin"] == "chatgpt")
            self.assertEqual((wallaby["title"], wallaby["messages"], wallaby["branches"]), ("Wallaby questions", 3, 2))
            shown = self.home.cli("chat", "show", wallaby["id"]).stdout
            self.assertIn("qkangaroo", shown)
            self.assertNotIn("first qanswer", shown)

    def test_whoever_follows_the_events_hears_of_an_import(self):
        path, origin, _, messages = self.fixtures()[0]
        with self.up() as attune:
            stream = http.client.HTTPConnection(attune.host, attune.port, timeout=attune_process.WAIT_S)
            self.addCleanup(stream.close)
            stream.request("GET", "/v1/events")
            lines = stream.getresponse()
            self.home.cli_json("chat", "import", path)
            # A status comes every second, so that reading a line never waits for long.
            until("the event of the import", lambda: lines.readline() == b"event: import\n")
            data = until("its data", lambda: lines.readline())
            self.assertEqual(json.loads(data[5:]), {"format": origin, "chats_added": 1, "chats_updated": 0,
                                                    "messages_added": messages})

    def test_imports_without_a_server(self):
        self.assertEqual(self.home.cli("up", self.home.folder, "--once").returncode, 0)
        self.import_twice()

    def test_a_growing_export_adds_only_what_is_new(self):
        self.assertEqual(self.home.cli("up", self.home.folder, "--once").returncode, 0)
        path, *_ = self.fixtures()[0]
        self.home.cli_json("chat", "import", path)
        longer = json.loads(path.read_text())
        mapping = longer[0]["mapping"]
        mapping["a2"]["children"] = ["u3"]
        mapping["u3"] = json.loads(json.dumps(mapping["u1"]).replace('"u1"', '"u3"').replace("qwallaby", "qquokka"))
        mapping["u3"].update(parent="a2", children=[])
        longer[0].update(current_node="u3", update_time=1_700_000_099)
        path.write_text(json.dumps(longer))
        report = self.home.cli_json("chat", "import", path)
        self.assertEqual((report["chats_added"], report["chats_updated"], report["messages_added"]), (0, 1, 1))
        self.assertEqual(len(self.home.cli_json("ask", "qquokka")["hits"]), 1)

    def test_an_export_imports_elsewhere_as_it_was(self):
        self.assertEqual(self.home.cli("up", self.home.folder, "--once").returncode, 0)
        path, *_ = self.fixtures()[0]
        self.home.cli_json("chat", "import", path)
        chat = self.home.cli_json("chat", "list")["chats"][0]
        exports = {form: self.home.cli("chat", "export", chat["id"], "--format", form) for form in ("json", "jsonl", "markdown")}
        for done in exports.values():
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("qkangaroo", done.stdout)
        lines = [json.loads(line) for line in exports["jsonl"].stdout.splitlines()]
        self.assertTrue(all("role" in line and "content" in line for line in lines), lines)
        other = Home(self.home.binary)
        self.addCleanup(other.remove)
        self.assertEqual(other.cli("up", other.folder, "--once").returncode, 0)
        copy = other.path / "copy.json"
        copy.write_text(exports["json"].stdout)
        report = other.cli_json("chat", "import", copy)
        self.assertEqual((report["format"], report["chats_added"], report["messages_added"]), ("attune", 1, 3))
        there = other.cli_json("chat", "list")["chats"][0]
        same = ("title", "created", "updated", "messages", "branches")
        self.assertEqual([there[key] for key in same], [chat[key] for key in same])
        again = other.cli("chat", "export", there["id"], "--format", "json")
        self.assertEqual(json.loads(again.stdout), json.loads(exports["json"].stdout))

    def test_forgetting_a_chat_forgets_its_messages(self):
        self.assertEqual(self.home.cli("up", self.home.folder, "--once").returncode, 0)
        path, *_ = self.fixtures()[1]
        self.home.cli_json("chat", "import", path)
        chat = self.home.cli_json("chat", "list")["chats"][0]["id"]
        self.assertEqual(self.home.cli("forget", chat).returncode, 0)
        self.assertEqual(self.home.cli_json("ask", "qemu")["hits"], [])
        self.assertEqual(self.home.cli_json("chat", "list")["chats"], [])


if __name__ == "__main__":
    attune_process.main()
