#!/usr/bin/env python3
"""The index is a copy of what the database knows: damaged or gone, it is rebuilt, with a message."""
import random
import shutil

import attune_process
from attune_process import ProcessTest, unique_word

FILES = 60


class DamagedIndex(ProcessTest):
    def setUp(self):
        super().setUp()
        for number in range(FILES):
            self.home.write(f"{number}.md", f"# {unique_word(number)}\n" + "text to fill a segment\n" * 200)
        attune = self.up()
        attune.wait_read()
        self.note = attune.post("/v1/notes", {"text": "the vault holds qzzwnote"})["id"]
        self.assertStops(attune)

    def segments(self):
        """The files of the index, the manifest apart."""
        files = [path for path in (self.home.data / "index").rglob("*") if path.is_file()]
        return sorted(path for path in files if "MANIFEST" not in path.name.upper() and path.stat().st_size > 0)

    def assert_everything_found(self, attune):
        for number in range(FILES):
            hits = attune.wait_found(unique_word(number))
            self.assertEqual({hit["path"] for hit in hits}, {f"{number}.md"})
        self.assertEqual(attune.wait_found("qzzwnote")[0]["id"], self.note)

    def damage_and_check(self, damage, message):
        damage()
        with self.up() as attune:
            self.assert_everything_found(attune)
            self.assertRegex(attune.stderr, message)
            self.assertStops(attune)
        with self.up() as attune:  # and once repaired, it stays repaired, without a word
            self.assert_everything_found(attune)
            self.assertNotRegex(attune.stderr, message)
            self.assertStops(attune)

    def test_a_flipped_byte_is_found_by_its_checksum_and_everything_stays_found(self):
        chance = random.Random(7)
        self.assertTrue(self.segments())

        def flip():
            for path in self.segments():
                content = bytearray(path.read_bytes())
                content[chance.randrange(len(content))] ^= 0x40
                path.write_bytes(content)
        self.damage_and_check(flip, "index repaired")

    def test_a_torn_segment_is_rebuilt(self):
        def tear():
            for path in self.segments():
                with open(path, "r+b") as file:
                    file.truncate(path.stat().st_size * 2 // 3)
        self.damage_and_check(tear, "index repaired")

    def test_an_empty_segment_is_rebuilt(self):
        self.damage_and_check(lambda: [path.write_bytes(b"") for path in self.segments()], "index repaired")

    def test_a_manifest_of_garbage_is_rebuilt(self):
        def scribble():
            for path in (self.home.data / "index").iterdir():
                if path.is_file() and path not in self.segments():
                    path.write_bytes(b"\x00garbage\xff" * 50)
        self.damage_and_check(scribble, "index repaired|adding passages to the index")

    def test_a_deleted_index_is_rebuilt(self):
        self.damage_and_check(lambda: shutil.rmtree(self.home.data / "index"), "adding passages to the index")


if __name__ == "__main__":
    attune_process.main()
