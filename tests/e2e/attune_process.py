"""A real attune process on a data folder of its own, and what tests need around it.

    home = Home(binary)                        # a temporary HOME, folder and data folder
    with home.up() as attune:                  # attune up FOLDER --data DATA --port 0
        attune.post("/v1/notes", {"text": "hello"})
        assert attune.search("hello")["hits"]

Nothing here waits for a time to pass: `until` asks again until something is true, and
fails with what it waited for.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

WAIT_S = 60.0  # for a loaded machine or a sanitizer; a healthy run needs a fraction of it
POLL_S = 0.01
# These tests ask what is found, not how soon: a busy machine would refuse searches within the default.
PATIENT = {"ATTUNE_P99": "2s"}
LISTENING = re.compile(r"listening\W.*http://([^\s\"]+):(\d+)")  # as words, or as JSON


def until(what, attempt, timeout_s=WAIT_S):
    """Repeats `attempt` until it answers something true, which is returned."""
    end = time.monotonic() + timeout_s
    while True:
        result = attempt()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(POLL_S)


LETTERS = str.maketrans("0123456789abcdef", "bdfghklmnpqrtvwz")


def unique_word(*numbers):
    """One word of letters for a tuple of numbers: no digits or vowels, so nothing splits or stems it."""
    return "q" + "x".join(f"{number:03x}".translate(LETTERS) for number in numbers)


class Answer:
    """An HTTP answer: status, headers, body as bytes."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Home:
    """A temporary home of one test: home.folder is read, home.data remembers."""

    def __init__(self, binary, base=None):
        self.binary = str(binary)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="attune-e2e-", dir=base)).resolve()
        self.folder = self.path / "folder"
        self.folder.mkdir()
        self.data = self.path / "data"

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTUNE_")}
        kept.update(HOME=str(self.path), XDG_CONFIG_HOME=str(self.path / "config"),
                    XDG_DATA_HOME=str(self.path / "share"), NO_COLOR="1")
        kept.update(more)
        return kept

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def cli(self, *arguments, data=True, patient=True, input=None, environment=None, timeout_s=WAIT_S):
        """Runs one command to its end; `data` adds --data of this home, without `patient` the default p99 holds."""
        command = [self.binary, *map(str, arguments)]
        if data:
            command += ["--data", str(self.data)]
        if data and patient:
            environment = {**PATIENT, **(environment or {})}
        return subprocess.run(command, input=input, capture_output=True, text=True, timeout=timeout_s,
                              env=self.environment(**(environment or {})), cwd=self.path, errors="replace")

    def cli_json(self, *arguments, **options):
        done = self.cli("--json", *arguments, **options)
        if done.returncode != 0:
            raise AssertionError(f"attune {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def start(self, *flags, folder=True, patient=True, environment=None):
        """Starts `attune up` and does not wait for it."""
        command = [self.binary, "up", *([str(self.folder)] if folder else []), "--data", str(self.data), "--port", "0",
                   *map(str, flags)]
        return Attune(command, self.environment(**{**(PATIENT if patient else {}), **(environment or {})}), self.path)

    def up(self, *flags, **options):
        """Starts `attune up` and waits until it listens."""
        attune = self.start(*flags, **options)
        try:
            attune.wait_listening()
        except BaseException:
            attune.kill()
            raise
        return attune

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Attune:
    """One running `attune up`. Threads: requests may come from many, each has its own connection."""

    def __init__(self, command, environment, folder):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment, cwd=folder)
        self.output, self.errors = [], []
        self._listening = threading.Event()
        self.host, self.port = None, None
        self._local = threading.local()
        self._readers = [threading.Thread(target=self._read, args=arguments, daemon=True)
                         for arguments in ((self.process.stdout, self.output), (self.process.stderr, self.errors))]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        for line in stream:
            lines.append(line.decode(errors="replace").rstrip("\n"))
            found = LISTENING.search(lines[-1]) if lines is self.output else None
            if found:
                self.host, self.port = found.group(1), int(found.group(2))
                self._listening.set()
        stream.close()
        self._listening.set()  # the process has ended; whoever waits looks

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    @property
    def stderr(self):
        return "\n".join(self.errors)

    def wait_listening(self, timeout_s=WAIT_S):
        if not self._listening.wait(timeout_s) or self.port is None:
            raise AssertionError(f"attune does not listen (exit {self.process.poll()}): {self.stderr}")

    def wait_exit(self, timeout_s=WAIT_S):
        self.disconnect()
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(timeout_s)
        return code

    def stop(self, timeout_s=WAIT_S):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait_exit(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"attune did not stop within {timeout_s:.0f} s of SIGTERM") from None

    def kill(self):
        self.process.kill()
        return self.wait_exit()

    def connection(self):
        if getattr(self._local, "connection", None) is None:
            self._local.connection = http.client.HTTPConnection(self.host, self.port, timeout=WAIT_S)
            self._local.connection.connect()
            self._local.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._local.connection

    def request(self, method, path, body=None, headers=None):
        """One request on this thread's connection. A lost connection is an OSError or HTTPException."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection = self.connection()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
            if response.will_close:
                self.disconnect()
            return answer
        except (OSError, http.client.HTTPException):
            self.disconnect()
            raise

    def disconnect(self):
        if getattr(self._local, "connection", None) is not None:
            self._local.connection.close()
        self._local.connection = None

    def get(self, path, **query):
        """GET that must succeed, as JSON. Values that are lists are repeated. A server that has no time
        now says when it will, and is asked again then, as by any client."""
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        answer = self.request("GET", path)
        end = time.monotonic() + WAIT_S
        while answer.status == 503 and time.monotonic() < end:
            time.sleep(answer.json()["retry_after_ms"] / 1e3)
            answer = self.request("GET", path)
        if answer.status != 200:
            raise AssertionError(f"GET {path} answered {answer}")
        return answer.json()

    def post(self, path, body, expect=(200, 201)):
        answer = self.request("POST", path, body)
        if answer.status not in expect:
            raise AssertionError(f"POST {path} answered {answer}")
        return answer.json()

    def search(self, query, **filters):
        return self.get("/v1/search", q=query, **filters)

    def paths(self, query, **filters):
        """The paths of the hits of a search."""
        return [hit["path"] for hit in self.search(query, **filters)["hits"]]

    def status(self):
        return self.get("/v1/status")

    def wait_found(self, query, timeout_s=WAIT_S, **filters):
        return until(f"'{query}' to be found", lambda: self.search(query, **filters)["hits"], timeout_s)

    def wait_gone(self, query, timeout_s=WAIT_S, **filters):
        until(f"'{query}' to be gone", lambda: not self.search(query, **filters)["hits"], timeout_s)

    def wait_read(self, timeout_s=WAIT_S):
        """Waits until every folder has been listed and read; the status then."""
        def settled():
            status = self.status()
            states = {source["state"] for source in status["sources"]}
            return status if not status["reading"]["active"] and states <= {"watching", "read", "gone"} else None
        return until("the folders to be read", settled, timeout_s)

    def skips(self):
        """Reason -> entry, over all sources."""
        counts = {}
        for source in self.status()["sources"]:
            for skip in source["skipped"]:
                counts[skip["reason"]] = skip
        return counts


class ProcessTest(unittest.TestCase):
    """A test with a home of its own, removed afterwards."""

    binary = None

    def setUp(self):
        self.home = Home(ProcessTest.binary)
        self.addCleanup(self.home.remove)

    def up(self, *flags, **options):
        attune = self.home.up(*flags, **options)
        self.addCleanup(lambda: attune.process.poll() is None and attune.kill())
        return attune

    def assertStops(self, attune):
        self.assertEqual(attune.stop(), 0, attune.stderr)


@contextlib.contextmanager
def mounted_tmpfs(path, size):
    """A small disk at `path`; skips the test where mounting is not allowed."""
    path.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True,
                          text=True, check=False) if os.geteuid() == 0 else None
    if done is None or done.returncode != 0:
        raise unittest.SkipTest("a small disk cannot be mounted here: " + (done.stderr.strip() if done else "not root"))
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


def main():
    """Runs the tests of the calling file: FILE.py ATTUNE_BINARY [unittest options]."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} ATTUNE_BINARY [unittest options]")
    ProcessTest.binary = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
