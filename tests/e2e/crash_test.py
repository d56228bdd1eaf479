#!/usr/bin/env python3
"""Kills attune at random points of its work and looks whether it kept its word.

    crash_test.py ATTUNE_BINARY [--points 200] [--seed N]

Several clients remember notes and extend chats while files appear, change and are read;
then SIGKILL. After the next start
  - every write that was acknowledged in the last round is there, read back by its id,
  - a sample of all rounds is found by a word that no other text has,
  - every file that was found before is found again.
The database left by every kill is checked by SQLite's own integrity_check (on a copy, so
that attune itself has to recover). Every 25th round, and at the end, everything that was
ever acknowledged is compared with all that is stored, and at the end searched for too.
The seed is printed; the same seed kills after the same delays.
"""
import argparse
import http.client
import os
import random
import shutil
import sqlite3
import sys
import threading
import time

from attune_process import Home, unique_word

CLIENTS = 3
FILES_MAX = 400        # the folder stays small, so that a start stays fast
WORK_MAX_S = 0.12      # a round works up to this long before it is killed
STARTING_SHARE = 0.15  # of the rounds are killed while they start
SAMPLE = 6             # older writes looked up in every round
FULL_EVERY = 25        # rounds between two complete comparisons


class Ledger:
    """What attune has promised. Words are unique; every text is derived from its word."""

    def __init__(self):
        self.notes = {}     # id -> word
        self.messages = {}  # id -> (chat, word)
        self.chats = {}     # id -> title
        self.files = {}     # path -> word, once it was found by a search
        self.recent = []    # ids acknowledged in this round
        self.lock = threading.Lock()

    def note(self, note, word):
        with self.lock:
            self.notes[note] = word
            self.recent.append(note)

    def message(self, message, chat, word):
        with self.lock:
            self.messages[message] = (chat, word)
            self.recent.append(message)

    def word_of(self, identifier):
        return self.notes[identifier] if identifier[0] == "n" else self.messages[identifier][1]


def note_text(word):
    return f"note {word} keeps a fact"


def message_text(word):
    return f"said {word} in passing\n" + "and went on " * 5


def file_text(word):
    return f"# {word}\n\n" + "".join(f"Line {number} of {word}.\n" for number in range(40))


class Client(threading.Thread):
    """Writes until the connection breaks; what was acknowledged goes into the ledger."""

    def __init__(self, attune, ledger, point, client):
        super().__init__(daemon=True)
        self.attune, self.ledger, self.numbers = attune, ledger, (point, client)
        self.failure = None
        self.start()

    def run(self):
        try:
            self.write_until_killed()
        except (OSError, http.client.HTTPException):
            pass  # killed, as intended
        except Exception as failure:  # pylint: disable=broad-except  # shown by the main thread
            self.failure = failure

    def write_until_killed(self):
        title = f"chat {unique_word(*self.numbers)}"
        chat = self.attune.post("/v1/chats", {"title": title})["id"]
        with self.ledger.lock:
            self.ledger.chats[chat] = title
        for number in range(10_000):
            word = unique_word(*self.numbers, number)
            if number % 3 == 0:
                note = self.attune.post("/v1/notes", {"text": note_text(word)})
                self.ledger.note(note["id"], word)
            else:
                message = self.attune.post(f"/v1/chats/{chat}/messages", {"content": message_text(word)})
                self.ledger.message(message["id"], chat, word)


class FileWriter(threading.Thread):
    """Adds files, rewrites one, and notes which of the added ones a search has found."""

    def __init__(self, attune, home, ledger, names, random_source):
        super().__init__(daemon=True)
        self.attune, self.home, self.ledger, self.names, self.random = attune, home, ledger, names, random_source
        self.failure = None
        self.start()

    def run(self):
        try:
            for path, word in self.names:
                self.home.write(path, file_text(word))
                self.home.write("changing.md", file_text("changing") * self.random.randint(1, 20))
                self.attune.wait_found(word)
                self.ledger.files[path] = word
        except (OSError, http.client.HTTPException):
            pass  # killed, as intended
        except Exception as failure:  # pylint: disable=broad-except  # shown by the main thread
            self.failure = failure


class CrashTest:
    def __init__(self, home, points, seed):
        self.home, self.points = home, points
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.all_files = {}  # path -> word, every file on disk
        self.starts = []     # seconds from the start of a process to its first answer

    def run(self):
        for number in range(40):
            self.add_file(f"base/{number}.md", unique_word(0, number))
        for point in range(1, self.points + 1):
            self.one_round(point)
            if point % FULL_EVERY == 0:
                print(f"{point:4} kills: {len(self.ledger.notes)} notes, {len(self.ledger.messages)} messages, "
                      f"{len(self.ledger.files)} files found again", flush=True)
        self.last_round()

    def add_file(self, path, word):
        self.all_files[path] = word
        self.home.write(path, file_text(word))

    def one_round(self, point):
        attune = self.start()
        if attune is None:
            self.check_database(point)
            return
        try:
            self.check_recent(attune)
            self.check_sample(attune)
            if point % FULL_EVERY == 0:
                self.check_everything_stored(attune)
            self.ledger.recent.clear()
            workers = self.start_work(attune, point)
            time.sleep(self.random.uniform(0, WORK_MAX_S))
        finally:
            attune.kill()
        for worker in workers:
            worker.join()
            if worker.failure is not None:
                raise AssertionError(f"round {point}: a client got a wrong answer") from worker.failure
        self.check_database(point)

    def start(self):
        """A listening attune, or None when this start was killed on its way."""
        began = time.monotonic()
        attune = self.home.start("--memory", "256M", "--cores", "2", "--ocr", "off")
        if self.random.random() < STARTING_SHARE:
            typical = sorted(self.starts)[len(self.starts) // 2] if self.starts else 0.1
            time.sleep(self.random.uniform(0, typical))
            attune.kill()
            return None
        attune.wait_listening()
        self.starts.append(time.monotonic() - began)
        return attune

    def start_work(self, attune, point):
        names = []
        while len(self.all_files) < FILES_MAX and len(names) < 2:
            path, word = f"round{point}/{len(names)}.md", unique_word(point, 100 + len(names))
            self.all_files[path] = word
            names.append((path, word))
        clients = [Client(attune, self.ledger, point, number) for number in range(CLIENTS)]
        return clients + [FileWriter(attune, self.home, self.ledger, names, self.random)]

    def check_recent(self, attune):
        for identifier in self.ledger.recent:
            self.check_stored(attune, identifier)
        for identifier in self.ledger.recent[-SAMPLE:]:
            self.check_found(attune, identifier)

    def check_sample(self, attune):
        known = [*self.ledger.notes, *self.ledger.messages]
        for identifier in self.random.sample(known, min(SAMPLE, len(known))):
            self.check_stored(attune, identifier)
            self.check_found(attune, identifier)
        for path in self.random.sample(sorted(self.ledger.files), min(SAMPLE, len(self.ledger.files))):
            self.check_file(attune, path)

    def check_stored(self, attune, identifier):
        word = self.ledger.word_of(identifier)
        expected = note_text(word) if identifier[0] == "n" else message_text(word)
        text = attune.get(f"/v1/passages/{identifier}")["text"]
        if text != expected:
            raise AssertionError(f"{identifier} was acknowledged as {expected!r} and is now {text!r}")

    def check_found(self, attune, identifier):
        hits = attune.wait_found(self.ledger.word_of(identifier), timeout_s=30)
        if [hit["id"] for hit in hits] != [identifier]:
            raise AssertionError(f"{self.ledger.word_of(identifier)} is in {identifier} alone, found {hits}")

    def check_file(self, attune, path):
        hits = attune.wait_found(self.all_files[path], timeout_s=30)
        if {hit["path"] for hit in hits} != {path}:
            raise AssertionError(f"{self.all_files[path]} is in {path} alone, found {hits}")

    def check_database(self, point):
        copy = self.home.path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("attune.db", "attune.db-wal"):
            if (self.home.data / name).exists():
                shutil.copyfile(self.home.data / name, copy / name)
        if not (copy / "attune.db").exists():
            return
        database = sqlite3.connect(copy / "attune.db")
        try:
            verdict = database.execute("PRAGMA integrity_check").fetchall()
            orphans = database.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            database.close()
        if verdict != [("ok",)] or orphans:
            raise AssertionError(f"after kill {point} the database is damaged: {verdict[:5]} {orphans[:5]}")

    def check_everything_stored(self, attune):
        notes = {note["id"]: note["text"] for note in pages(attune, "/v1/notes", "notes")}
        chats = {chat["id"]: chat["title"] for chat in pages(attune, "/v1/chats", "chats")}
        for note, word in self.ledger.notes.items():
            if notes.get(note) != note_text(word):
                raise AssertionError(f"note {note} is now {notes.get(note)!r}")
        for chat, title in self.ledger.chats.items():
            if chats.get(chat) != title:
                raise AssertionError(f"chat {chat} is now {chats.get(chat)!r}")
        stored = {}
        for chat in self.ledger.chats:
            page = attune.get(f"/v1/chats/{chat}", limit=500)
            stored.update((message["id"], message["content"]) for message in page["messages"])
        for message, (chat, word) in self.ledger.messages.items():
            if stored.get(message) != message_text(word):
                raise AssertionError(f"message {message} of {chat} is now {stored.get(message)!r}")

    def last_round(self):
        """Everything once more, by search too, and that a clean stop and start changes nothing."""
        for _ in range(2):
            with self.home.up("--memory", "256M", "--ocr", "off") as attune:
                attune.wait_read()
                self.check_everything_stored(attune)
                self.check_everything_found(attune)
                if attune.stop() != 0:
                    raise AssertionError("the stop after all kills was not clean: " + attune.stderr)
            self.check_database("the last")

    def check_everything_found(self, attune):
        for path in self.all_files:
            if (self.home.folder / path).exists():
                self.check_file(attune, path)
        for identifier in [*self.ledger.notes, *self.ledger.messages]:
            self.check_found(attune, identifier)


def pages(attune, path, key):
    """All entries of a listing that is read page by page."""
    entries, before = [], None
    while True:
        page = attune.get(path, limit=200, **({"before": before} if before else {}))[key]
        entries += page
        if len(page) < 200:
            return entries
        before = page[-1]["id"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binary")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"{options.points} kills, seed {seed}", flush=True)
    home = Home(os.path.abspath(options.binary))
    began = time.monotonic()
    test = CrashTest(home, options.points, seed)
    try:
        test.run()
    except BaseException:
        print(f"the folder is kept: {home.path}", file=sys.stderr)
        raise
    home.remove()
    starts = sorted(test.starts)
    print(f"ok: {options.points} kills, {len(test.ledger.notes)} notes and {len(test.ledger.messages)} messages "
          f"acknowledged and kept, {len(test.ledger.files)} files found again; start p50 "
          f"{starts[len(starts) // 2] * 1e3:.0f} ms, max {starts[-1] * 1e3:.0f} ms; "
          f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
