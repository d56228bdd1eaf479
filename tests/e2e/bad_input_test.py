#!/usr/bin/env python3
"""Bad input, one test each: a message that names the thing and the remedy, a process that
still answers, and nothing forgotten that was remembered before."""
import json
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import threading
import time

import attune_process
from attune_process import ProcessTest, mounted_tmpfs, until

DEEP = 100_000


class WithMemory(ProcessTest):
    """A running attune that remembers a note and a file; both must outlive whatever a test does."""

    def setUp(self):
        super().setUp()
        self.home.write("kept.md", "# Kept\n\nthe kept file says qkeptfile\n")
        self.attune = self.up()
        self.attune.wait_read()
        self.note = self.attune.post("/v1/notes", {"text": "the kept note says qkeptnote"})["id"]

    def assert_nothing_lost(self):
        self.assertEqual([hit["id"] for hit in self.attune.search("qkeptnote")["hits"]], [self.note])
        self.assertEqual(self.attune.paths("qkeptfile"), ["kept.md"])

    def assert_skipped(self, reason, name):
        """The path is counted under the reason, named, and the remedy is a sentence."""
        def counted():
            skip = self.attune.skips().get(reason)
            return skip if skip and any(name in example for example in skip["examples"]) else None
        skip = until(f"'{name}' to be counted as {reason}", counted, 20)
        self.assertGreater(len(skip["remedy"]), 15)
        self.assert_nothing_lost()


class Files(WithMemory):
    def test_unreadable_file(self):
        if os.geteuid() == 0:
            # Root may read everything, so attune runs here as somebody who may not.
            done = subprocess.run(["setpriv", "--version"], capture_output=True, check=False)
            if done.returncode != 0:
                self.skipTest("root may read every file, and setpriv is not here to become somebody else")
            self.read_as_somebody_else()
        else:
            self.home.write("secret.md", "qsecret").chmod(0)
            self.assert_skipped("unreadable", "secret.md")

    def read_as_somebody_else(self):
        self.assertStops(self.attune)
        self.home.write("secret.md", "qsecret").chmod(0o600)
        subprocess.run(["chown", "-R", "nobody", str(self.home.path)], check=True)
        os.chown(self.home.folder / "secret.md", 0, 0)
        os.chmod(self.home.path, 0o755)
        binary = shutil.copy(self.home.binary, self.home.path / "attune")  # the build may lie where nobody can go
        command = ["setpriv", "--reuid=nobody", "--clear-groups", binary, "up", str(self.home.folder), "--data",
                   str(self.home.data), "--port", "0"]
        self.attune = attune_process.Attune(command, self.home.environment(), self.home.path)
        self.addCleanup(self.attune.kill)
        self.attune.wait_listening()
        self.assert_skipped("unreadable", "secret.md")
        self.assertEqual(self.attune.paths("qsecret"), [])

    def test_invalid_utf8_is_read_as_far_as_it_is_text(self):
        self.home.write("latin.txt", b"the caf\xe9 serves qlatinword\nna\xefve line\n")
        hits = self.attune.wait_found("qlatinword")
        self.assertEqual(hits[0]["path"], "latin.txt")
        json.dumps(hits)  # valid text all the way
        self.assert_nothing_lost()

    def test_claimed_utf16_that_is_none_is_counted_or_read_but_harmless(self):
        self.home.write("broken16.txt", b"\xff\xfe" + b"\x00\xd8" * 301)
        self.home.write("after.md", "qafterbroken")
        self.attune.wait_found("qafterbroken")
        self.attune.wait_read()
        self.assert_nothing_lost()

    def test_a_file_of_4_gigabytes_is_skipped_without_being_read(self):
        with open(self.home.folder / "huge.txt", "wb") as file:
            file.truncate(4 << 30)
        began = time.monotonic()
        self.assert_skipped("too_large", "huge.txt")
        self.assertLess(time.monotonic() - began, 5)
        self.assertLess(self.attune.status()["memory"]["rss_bytes"], 1 << 30)

    def test_a_file_that_grows_while_it_is_read_ends_up_read_to_its_end(self):
        path = self.home.write("growing.log", "begin\n")
        stop = threading.Event()

        def grow():
            with open(path, "a", encoding="utf-8") as file:
                for number in range(3000):
                    if stop.is_set():
                        return
                    file.write(f"line {number} of a log that goes on\n")
                    file.flush()
                file.write("qlastline\n")
        writer = threading.Thread(target=grow)
        writer.start()
        try:
            self.assertEqual({hit["path"] for hit in self.attune.wait_found("qlastline")}, {"growing.log"})
        finally:
            stop.set()
            writer.join()
        self.assert_nothing_lost()

    def test_symbolic_link_loop(self):
        (self.home.folder / "loop").mkdir()
        os.symlink("..", self.home.folder / "loop" / "up")
        os.symlink("itself", self.home.folder / "itself")
        os.symlink("nowhere", self.home.folder / "dangling")
        self.home.write("loop/inside.md", "qinsideloop")
        self.assertEqual([hit["path"] for hit in self.attune.wait_found("qinsideloop")], ["loop/inside.md"])
        self.restart()
        self.assert_skipped("symlink", "itself")
        self.assertEqual(self.attune.paths("qinsideloop"), ["loop/inside.md"])

    def test_fifo_and_device_do_not_block_reading(self):
        os.mkfifo(self.home.folder / "pipe.txt")
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.bind(os.path.relpath(self.home.folder / "socket.txt"))
        if os.geteuid() == 0:
            try:
                os.mknod(self.home.folder / "zero.txt", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
            except OSError as error:
                print(f"no device node can be made here ({error}); the FIFO and the socket are tested", flush=True)
        self.home.write("after.md", "qafterpipe")
        self.attune.wait_found("qafterpipe")
        self.restart()
        self.assert_skipped("not_regular", "pipe.txt")

    def test_names_with_newlines_and_broken_utf8(self):
        self.home.write("two\nlines.md", "qnewlinename")
        broken = os.fsencode(str(self.home.folder)) + b"/caf\xe9.md"
        with open(broken, "wb") as file:
            file.write(b"qbrokenname")
        for word in ("qnewlinename", "qbrokenname"):
            hit = self.attune.wait_found(word)[0]
            passage = self.attune.get(f"/v1/passages/{hit['id']}")
            self.assertIn(word, passage["text"])
        done = self.home.cli("ask", "qnewlinename")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.restart()
        self.assertTrue(self.attune.search("qbrokenname")["hits"])
        os.unlink(broken)
        self.attune.wait_gone("qbrokenname")
        self.assert_nothing_lost()

    def test_a_name_too_long_for_the_system_and_deep_folders(self):
        folder = self.home.folder
        for _ in range(100):
            folder = folder / "deeper"
        folder.mkdir(parents=True)
        (folder / "bottom.md").write_text("qbottom")
        self.home.write("n" * 251 + ".md", "qlongname")
        self.attune.wait_found("qlongname")
        self.attune.wait_read()
        self.assert_nothing_lost()

    def test_a_folder_that_vanishes_keeps_what_is_remembered(self):
        self.assertStops(self.attune)
        self.home.folder.rename(self.home.path / "elsewhere")
        self.attune = self.up(folder=False)
        self.attune.wait_read()
        self.assert_nothing_lost()
        warnings = " ".join(self.attune.status()["warnings"])
        self.assertIn(str(self.home.folder), warnings)
        self.assertIn("remove the source", warnings)

    def restart(self):
        self.assertStops(self.attune)
        self.attune = self.up()
        self.attune.wait_read()


class Exports(WithMemory):
    def conversations(self):
        def chat(number):
            def node(name, parent, role, text):
                return {"id": name, "parent": parent, "children": [],
                        "message": {"id": name, "author": {"role": role}, "create_time": 1_700_000_000 + number,
                                    "content": {"content_type": "text", "parts": [text]}}}
            asked, answered = f"u{number}", f"a{number}"
            mapping = {"root": {"id": "root", "parent": None, "children": [asked], "message": None},
                       asked: node(asked, "root", "user", f"question {attune_process.unique_word(number)}"),
                       answered: node(answered, asked, "assistant", "an answer")}
            mapping[asked]["children"] = [answered]
            return {"id": f"chat{number}", "title": f"Chat {number}", "create_time": 1_700_000_000, "mapping": mapping,
                    "current_node": answered}
        return json.dumps([chat(number) for number in range(20)])

    def test_a_truncated_export_gives_the_chats_before_the_cut(self):
        whole = self.conversations()
        cut = self.home.path / "conversations.json"
        cut.write_text(whole[:len(whole) // 2])
        report = self.home.cli_json("chat", "import", cut)
        self.assertEqual(report["format"], "chatgpt")
        self.assertGreaterEqual(report["chats_added"], 8)
        self.assertLess(report["chats_added"], 20)
        self.assertTrue(report["problems"], report)
        self.assertTrue(self.attune.search(attune_process.unique_word(0))["hits"])
        cut.write_text(whole)  # the whole file later adds only what was missing
        again = self.home.cli_json("chat", "import", cut)
        self.assertEqual(again["chats_added"] + report["chats_added"], 20)
        self.assertEqual(again["problems"], [])
        self.assert_nothing_lost()

    def test_json_nested_100000_deep_as_an_export(self):
        deep = self.home.path / "deep.json"
        deep.write_text('[{"mapping":' + "[" * DEEP + "]" * DEEP + "}]")
        report = self.home.cli_json("chat", "import", deep)
        self.assertEqual(report["chats_added"], 0)
        self.assertRegex(" ".join(report["problems"]), "nest|deep|depth|level")
        deep.write_text("[" * DEEP)
        report = self.home.cli_json("chat", "import", deep)
        self.assertTrue(report["problems"])
        self.assert_nothing_lost()

    def test_exports_that_are_none(self):
        for name, content in (("empty.json", b""), ("picture.json", bytes(range(256)) * 40), ("number.json", b"42"),
                              ("null.json", b"[null,null]")):
            path = self.home.path / name
            path.write_bytes(content)
            with self.subTest(name):
                done = self.home.cli("--json", "chat", "import", path)
                words = done.stderr if done.returncode else " ".join(json.loads(done.stdout)["problems"])
                if name != "empty.json":
                    self.assertGreater(len(words), 10, done)
        missing = self.home.cli("chat", "import", self.home.path / "missing.json")
        self.assertNotEqual(missing.returncode, 0)
        self.assertIn("missing.json", missing.stderr)
        self.assert_nothing_lost()


class Http(WithMemory):
    def raw(self, data, timeout_s=15):
        """What comes back for raw bytes, until the server closes or falls silent."""
        with socket.create_connection((self.attune.host, self.attune.port), timeout=timeout_s) as connection:
            answer = b""
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            try:
                while chunk := connection.recv(65536):
                    answer += chunk
            except OSError:
                pass
            return answer

    def get(self, path=b"/v1/status", headers=b""):
        host = f"{self.attune.host}:{self.attune.port}".encode()
        return self.raw(b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + headers + b"Connection: close\r\n\r\n")

    def assert_problem(self, answer, *statuses):
        """A refusal in the shape that all refusals have."""
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertIn(int(head.split(b" ")[1]), statuses, answer[:300])
        self.assertIn(b"application/problem+json", head)
        problem = json.loads(body)
        self.assertGreater(len(problem["detail"]), 10)
        self.assert_nothing_lost()
        return problem

    def test_garbage(self):
        for garbage in (b"\x00\x01\x02\x03\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
                        b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 5000 + b"x"):
            with self.subTest(garbage[:20]):
                answer = self.raw(garbage)
                self.assertTrue(answer == b"" or re_status(answer) in (400, 408, 431, 505), answer[:200])
                self.assert_nothing_lost()

    def test_bad_content_length(self):
        for length in (b"-1", b"abc", b"99999999999999999999999", b"5, 6", b"0x10"):
            with self.subTest(length):
                answer = self.raw(b"POST /v1/notes HTTP/1.1\r\nHost: localhost:" + str(self.attune.port).encode() +
                                  b"\r\nContent-Type: application/json\r\nContent-Length: " + length + b"\r\n\r\n{}")
                self.assertIn(re_status(answer), (400, 413), answer[:200])
                self.assert_nothing_lost()

    def test_both_lengths_are_refused(self):
        answer = self.raw(b"POST /v1/notes HTTP/1.1\r\nHost: localhost:" + str(self.attune.port).encode() +
                          b"\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.assertEqual(re_status(answer), 400, answer[:200])
        self.assert_nothing_lost()

    def test_huge_headers_and_urls(self):
        self.assert_problem(self.get(headers=b"X-Long: " + b"a" * 200_000 + b"\r\n"), 431)
        self.assert_problem(self.get(path=b"/v1/search?q=" + b"a" * 60_000), 414, 431)

    def test_a_body_over_the_limit(self):
        answer = self.attune.request("POST", "/v1/notes", {"text": "x" * (16 << 20)})
        self.assertIn(answer.status, (400, 413))
        self.assertIn("detail", answer.json())
        self.assert_nothing_lost()

    def test_path_traversal(self):
        for path in (b"/../../../../etc/passwd", b"/assets/..%2f..%2f..%2fetc/passwd", b"/%2e%2e/%2e%2e/etc/passwd",
                     b"//etc/passwd", b"/assets/../../etc/passwd"):
            with self.subTest(path):
                answer = self.get(path)
                self.assertNotIn(b"root:", answer)
                self.assertIn(re_status(answer), (200, 400, 404), answer[:100])
        self.assert_nothing_lost()

    def test_a_web_page_of_another_site_is_refused(self):
        self.assert_problem(self.get(headers=b"Origin: https://evil.example\r\n"), 403)
        self.assert_problem(self.get(headers=b"Sec-Fetch-Site: cross-site\r\n"), 403)
        rebound = self.raw(b"GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        problem = self.assert_problem(rebound, 403, 421)
        self.assertIn("evil.example", problem["detail"])
        self.assertIn("localhost", problem["remedy"])

    def test_json_nested_100000_deep_as_a_body(self):
        for body in ('{"text":' + "[" * DEEP + "]" * DEEP + "}", "[" * DEEP):
            answer = self.attune.request("POST", "/v1/notes", body)
            self.assertEqual(answer.status, 400)
            self.assertRegex(answer.json()["detail"], "nest|deep|depth|level")
        self.assert_nothing_lost()

    def test_wrong_arguments_name_the_field_and_what_is_allowed(self):
        for method, path, body, field in (
                ("GET", "/v1/search?q=a&limit=0", None, "limit"),
                ("GET", "/v1/search?q=a&limt=3", None, "limt"),
                ("GET", "/v1/search", None, "q"),
                ("GET", "/v1/search?q=a&after=yesterday", None, "after"),
                ("POST", "/v1/notes", {"txt": "hello"}, "t"),
                ("POST", "/v1/notes", {"text": 5}, "text"),
                ("POST", "/v1/search", {"query": "a", "kinds": ["poem"]}, "kinds")):
            with self.subTest(path=path, body=body):
                answer = self.attune.request(method, path, body)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(field, answer.json()["detail"])
        for path, status in (("/v1/passages/p999999", 404), ("/v1/passages/what", 400), ("/v1/chats/c999", 404),
                             ("/v1/nothing", 404)):
            answer = self.attune.request("GET", path)
            self.assertEqual(answer.status, status, answer)
        self.assertEqual(self.attune.request("PATCH", "/v1/notes").status, 405)
        self.assert_nothing_lost()

    def test_a_slow_client_does_not_stop_the_others(self):
        slow = [socket.create_connection((self.attune.host, self.attune.port)) for _ in range(50)]
        try:
            for connection in slow:
                connection.sendall(b"GET /v1/status HTTP/1.1\r\nHo")
            for _ in range(20):
                self.assert_nothing_lost()
        finally:
            for connection in slow:
                connection.close()

    def test_mcp_calls_with_wrong_arguments(self):
        def call(name, arguments, session):
            answer = self.attune.request(
                "POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                 "params": {"name": name, "arguments": arguments}},
                {"Accept": "application/json, text/event-stream", **session})
            text = answer.body.decode()
            return json.loads(text[text.index("{"):].split("\n")[0])
        begun = self.attune.request(
            "POST", "/mcp", {"jsonrpc": "2.0", "id": 0, "method": "initialize",
                             "params": {"protocolVersion": "2025-06-18", "capabilities": {},
                                        "clientInfo": {"name": "test", "version": "1"}}},
            {"Accept": "application/json, text/event-stream"})
        self.assertEqual(begun.status, 200, begun)
        session = {"Mcp-Session-Id": begun.headers["Mcp-Session-Id"]} if begun.headers.get("Mcp-Session-Id") else {}
        for name, arguments, said in (("search", {"qery": "x"}, "query"), ("search", {"query": "x", "limit": "many"}, "limit"),
                                      ("remember", {}, "text"), ("chat_append", {"content": "x", "chat": "banana"}, "chat")):
            with self.subTest(name=name, arguments=arguments):
                result = call(name, arguments, session)["result"]
                self.assertTrue(result["isError"])
                self.assertIn(said, result["content"][0]["text"])
        unknown = call("serch", {"query": "x"}, session)
        self.assertIn("search", unknown["error"]["message"])
        self.assert_nothing_lost()


class DataFolder(ProcessTest):
    def prepare(self):
        attune = self.up()
        note = attune.post("/v1/notes", {"text": "the kept note says qkeptnote"})["id"]
        self.assertStops(attune)
        return note

    def refused(self):
        """The message of an `up` that must not start."""
        done = self.home.cli("up", self.home.folder, "--port", "0")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("listening", done.stdout)
        self.assertTrue(done.stderr.startswith("attune: "), done.stderr)
        return done.stderr

    def test_a_database_from_a_newer_version_is_left_alone(self):
        note = self.prepare()
        path = self.home.data / "attune.db"
        database = sqlite3.connect(path)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version + 900}")
        database.commit()
        database.close()
        before = path.read_bytes()
        message = self.refused()
        self.assertIn("attune.db", message)
        self.assertIn(str(version + 900), message)
        self.assertRegex(message, "newer|install|update|upgrade")
        self.assertEqual(path.read_bytes(), before)
        database = sqlite3.connect(path)
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()
        database.close()
        with self.up() as attune:
            self.assertEqual(attune.wait_found("qkeptnote")[0]["id"], note)

    def test_a_file_that_is_no_database_is_left_alone(self):
        self.home.data.mkdir()
        (self.home.data / "attune.db").write_text("these are my memoirs, chapter one\n" * 100)
        message = self.refused()
        self.assertIn("attune.db", message)
        self.assertIn("chapter one", (self.home.data / "attune.db").read_text())

    def test_a_database_of_another_program_is_left_alone(self):
        self.home.data.mkdir()
        database = sqlite3.connect(self.home.data / "attune.db")
        database.execute("CREATE TABLE recipes(name TEXT)")
        database.execute("INSERT INTO recipes VALUES('soup')")
        database.commit()
        database.close()
        self.assertIn("attune.db", self.refused())
        database = sqlite3.connect(self.home.data / "attune.db")
        self.assertEqual(database.execute("SELECT name FROM recipes").fetchall(), [("soup",)])
        database.close()

    def test_a_read_only_data_folder(self):
        note = self.prepare()
        if os.geteuid() == 0:
            self.read_only_mount(note)
            return
        os.chmod(self.home.data, 0o500)
        self.addCleanup(os.chmod, self.home.data, 0o700)
        (self.home.data / "attune.db").chmod(0o400)
        self.assertIn(str(self.home.data), self.refused())

    def read_only_mount(self, note):
        kept = self.home.path / "kept"
        self.home.data.rename(kept)
        with mounted_tmpfs(self.home.data, "64m"):
            shutil.copytree(kept, self.home.data, dirs_exist_ok=True)
            subprocess.run(["mount", "-o", "remount,ro", str(self.home.data)], check=True)
            message = self.refused()
            self.assertIn(str(self.home.data), message)
            self.assertRegex(message, "read-only|--data|writ")
            subprocess.run(["mount", "-o", "remount,rw", str(self.home.data)], check=True)
            with self.up() as attune:
                self.assertEqual(attune.wait_found("qkeptnote")[0]["id"], note)

    def test_a_data_folder_that_cannot_be_made(self):
        done = self.home.cli("up", self.home.folder, "--port", "0", "--data", "/proc/attune", data=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/proc/attune", done.stderr)
        (self.home.path / "data").write_text("a file, not a folder")
        self.assertIn(str(self.home.data), self.refused())

    def test_a_full_disk_loses_nothing_and_goes_on_when_there_is_room(self):
        with mounted_tmpfs(self.home.data, "24m"):
            self.fill_and_free()

    def fill_and_free(self):
        attune = self.up("--memory", "256M")
        note = attune.post("/v1/notes", {"text": "the kept note says qkeptnote"})["id"]
        ballast = self.home.data / "ballast"
        free = shutil.disk_usage(self.home.data).free
        ballast.write_bytes(bytes(free - (3 << 20)))
        kept, refusal = [], None
        for number in range(200):
            word = attune_process.unique_word(number)
            answer = attune.request("POST", "/v1/notes", {"text": f"{word} " + os.urandom(40_000).hex()})
            if answer.status == 201:
                kept.append((word, answer.json()["id"]))
            else:
                refusal = answer
                break
        self.assertIsNotNone(refusal, "a disk of 24 MiB took 16 MiB of notes and more")
        self.assertIn(refusal.status, (500, 503, 507))
        self.assertRegex(refusal.json()["detail"], "space|full|disk")
        for word, identifier in [("qkeptnote", note), *kept[-3:]]:
            self.assertEqual(attune.search(word)["hits"][0]["id"], identifier)
        self.home.write("while_full.md", "qwhilefull\n" + "".join(f"{os.urandom(30).hex()}\n" for _ in range(50_000)))
        warning = until("a warning in the status", lambda: " ".join(attune.status()["warnings"]), 20)
        self.assertRegex(warning, "space|full|disk")
        ballast.unlink()

        def accepted():
            answer = attune.request("POST", "/v1/notes", {"text": "room again for qroomagain"})
            return answer.json()["id"] if answer.status == 201 else None
        later = until("a note to be accepted again", accepted, 20)
        self.home.write("later.md", "qlaterfile")
        attune.wait_found("qlaterfile")
        attune.wait_found("qwhilefull")
        until("the warning to go", lambda: not attune.status()["warnings"], 20)
        self.assertStops(attune)
        with self.up("--memory", "256M") as attune:
            for word, identifier in [("qkeptnote", note), ("qroomagain", later), *kept]:
                self.assertEqual(attune.wait_found(word)[0]["id"], identifier)


def re_status(answer):
    """The status of a raw answer; 0 when there is none."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[0].startswith(b"HTTP/") else 0


if __name__ == "__main__":
    attune_process.main()
