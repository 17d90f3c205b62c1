"""The repository: its files, and where it is."""

import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def git(*arguments):
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


class Tree:
    """Files and folders that are committed or are about to be."""

    def __init__(self):
        self.files = {f for f in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines() if os.path.exists(os.path.join(ROOT, f))}
        self.folders = set()
        for file in self.files:
            folder = os.path.dirname(file)
            while folder:
                self.folders.add(folder)
                folder = os.path.dirname(folder)
        self.top = {folder for folder in self.folders if "/" not in folder}
        self.names = {os.path.basename(file) for file in self.files}

    def has(self, path):
        path = path.rstrip("/")
        if "*" not in path:
            return path in self.files or path in self.folders
        pattern = re.compile(re.escape(path).replace(r"\*", "[^/]*"))
        return any(pattern.fullmatch(known) for known in self.files | self.folders)

    def pages(self):
        single = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "protocol/WIRE.md"}
        return sorted(
            file for file in self.files if file in single
            or file.endswith(".md") and file.split("/")[0] in ("docs", "Tests", "Fuzz"))
