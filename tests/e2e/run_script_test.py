#!/usr/bin/env python3
"""./run reads this repository unless a folder is named, and takes no flag's value for one."""
import pathlib
import shutil
import subprocess

import attune_process
from attune_process import ProcessTest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class RunScript(ProcessTest):
    def setUp(self):
        super().setUp()
        self.tree = self.home.path / "tree"
        (self.tree / "tools/packages").mkdir(parents=True)
        shutil.copy(REPOSITORY / "run", self.tree / "run")
        for name, script in (("tools/install_packages", ""), ("tools/build", ""),
                             ("build/release/apps/attune/attune", 'printf "%s\\n" "$@"')):
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    def arguments_of(self, *words):
        done = subprocess.run([self.tree / "run", *map(str, words)], capture_output=True, text=True, check=True,
                              cwd=self.home.path, timeout=60)
        return done.stdout.splitlines()

    def test_without_a_folder_it_reads_the_repository(self):
        here, existing = str(self.tree), str(self.home.folder)
        for words in ([], ["--once"], ["--data", existing], ["--once", "--data", existing, "--memory", "1G"],
                      [f"--data={existing}"], ["--json", "--token-file", existing]):
            with self.subTest(words):
                self.assertEqual(self.arguments_of(*words), ["up", here, *words])

    def test_with_a_folder_it_reads_that_one_alone(self):
        folder = str(self.home.folder)
        for words in ([folder], ["--once", folder], ["--data", folder, folder], [folder, "--data", "/no/such"],
                      ["--json", folder], ["/no/such/folder"], ["--help"]):
            with self.subTest(words):
                self.assertEqual(self.arguments_of(*words), ["up", *words])


if __name__ == "__main__":
    attune_process.main()
