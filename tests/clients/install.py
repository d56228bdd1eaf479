#!/usr/bin/env python3
"""Installs the clients of package-lock.json into node_modules, once per lock file.

A stamp beside the packages keeps the lock's hash: with it unchanged nothing runs, so that
the tests work offline after the first time.
"""
import hashlib
import pathlib
import shutil
import subprocess
import sys

folder = pathlib.Path(__file__).resolve().parent
lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
stamp = folder / "node_modules" / ".lock-hash"
if stamp.exists() and stamp.read_text() == lock:
    sys.exit(0)
npm = shutil.which("npm")
if npm is None:
    sys.exit("npm is missing; install it with: apt-get install npm")
subprocess.run([npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"], cwd=folder, check=True)
stamp.write_text(lock)
