#!/usr/bin/env python3
"""The documents point at what exists, and the tree keeps its house rules.
Usage: check_docs.py SOURCE_DIR

- Every relative link of a Markdown file leads to a file of the tree, its #anchor to a heading.
- Every path in `backticks` below a folder of the tree exists; globs match something.
- Every module, and the folders that ask for one, has a README.md.
- No file is longer than 1000 lines, lock files apart.
- No unfinished-work markers, and no paths of the machine that something was written on.
"""
import pathlib
import re
import subprocess
import sys
import urllib.parse

LINES_MAX = 1000
LONG_BY_NATURE = {"package-lock.json"}
README_WANTED = ["bench", "tests/browser", "tests/e2e", "web"]
MARKERS = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + "X)\b|/wo" + "rk/(main|shared)|/tmp/att" + "une/")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def files_of(root):
    """What is or would be committed."""
    done = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True,
                          check=False)
    if done.returncode == 0:
        names = done.stdout.decode(errors="replace").split("\0")
        return [root / name for name in sorted(set(names)) if name and (root / name).is_file()]
    skipped = {"build", "node_modules", "dist", ".git", "out"}
    return [path for path in sorted(root.rglob("*")) if path.is_file() and not skipped & set(path.parts)]


def anchors_of(text):
    """Headings as the anchors that a page makes of them."""
    anchors = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", FENCE.sub("", text), re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "")).strip().lower()
        anchors.add(plain.replace(" ", "-"))
    return anchors


def check_link(root, page, target):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, anchor = urllib.parse.unquote(target).partition("#")
    file = (root / path[1:] if path.startswith("/") else page.parent / path) if path else page
    if not file.exists():
        return f"the link '{target}' leads nowhere"
    if anchor and file.suffix == ".md" and anchor not in anchors_of(file.read_text()):
        return f"the link '{target}' names no heading of {file.name}"
    return None


def check_code(root, page, code, folders):
    """None when `code` is no path of the tree, or one that exists."""
    path = re.sub(r":\d+(-\d+)?$", "", code.strip()).rstrip("/")
    if not re.fullmatch(r"[\w.*@-]+(/[\w.*@-]+)+", path) or path.split("/")[0] not in folders:
        return None
    found = any(root.glob(path)) or any(page.parent.glob(path)) if "*" in path else (
        (root / path).exists() or (page.parent / path).exists())
    return None if found else f"`{code}` is no path of the tree"


def check_page(root, page, folders):
    text = page.read_text()
    prose = FENCE.sub("", text)
    problems = [check_link(root, page, target) for target in LINK.findall(CODE.sub("", prose))]
    problems += [check_code(root, page, code, folders) for code in CODE.findall(prose)]
    return [problem for problem in problems if problem]


def check_text(path):
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        return []
    problems = []
    lines = text.count("\n")
    if lines > LINES_MAX and path.name not in LONG_BY_NATURE:
        problems.append(f"{lines} lines; {LINES_MAX} at most, split it by subject")
    for number, line in enumerate(text.splitlines(), 1):
        marker = MARKERS.search(line)
        if marker:
            problems.append(f"line {number} holds '{marker.group(0)}'")
    return problems


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = files_of(root)
    folders = {path.relative_to(root).parts[0] for path in files if len(path.relative_to(root).parts) > 1}
    problems = []
    for path in files:
        name = path.relative_to(root)
        found = check_text(path)
        if path.suffix == ".md":
            found += check_page(root, path, folders)
        problems += [f"{name}: {problem}" for problem in found]
    modules = sorted(path.parent.relative_to(root) for path in root.glob("modules/*/CMakeLists.txt"))
    for folder in [*modules, *map(pathlib.Path, README_WANTED)]:
        if not (root / folder / "README.md").exists():
            problems.append(f"{folder}: has no README.md")
    pages = sum(path.suffix == ".md" for path in files)
    print("\n".join(problems) or f"docs: {len(files)} files, {pages} pages, ok")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
