"""Compares a page with the code."""

import functools
import os
import re
import shlex

from commands import CommandLines
from declarations import FOREIGN, Declarations
from page import anchors
from programs import PROGRAMS, Programs
from tree import Tree, read

# Options of other programs that a page names alone.
FOREIGN_OPTIONS = {"--help": "every program", "--version": "every program"}


class Checker(CommandLines):
    def __init__(self, folder):
        self.tree = Tree()
        self.names = Declarations(self.tree)
        self.programs = Programs(folder)
        self.anchors = functools.lru_cache(maxsize=None)(anchors)
        self.script = functools.lru_cache(maxsize=None)(read)

    def check(self, page):
        for number, text in page.paragraphs:
            for match in re.finditer(r"`([^`]+)`", text):
                self.code(page, number + text[: match.start()].count("\n"), " ".join(match[1].split()))
            for match in re.finditer(r"\]\(\s*([^)\s]+)\s*\)", re.sub(r"`[^`]*`", lambda m: "x" * len(m[0]), text)):
                self.link(page, number + text[: match.start()].count("\n"), match[1])
        for number, language, lines in page.parts[1]:
            if language in ("", "sh", "bash"):
                self.block(page, number, lines)
        for number, text in page.parts[0]:
            if len(text) > 120 and not text.lstrip().startswith("|") and page.path != "protocol/WIRE.md":
                page.wrong(number, "more than 120 columns")
        if "/life-of-" in page.path:
            self.walk(page)
        return page.problems

    def walk(self, page):
        """A walk through the code goes through each folder once, and names no file twice."""
        files, folders = set(), []
        for number, text in page.parts[0]:
            for target in re.findall(r"\]\((\.\./[^)#]+\.swift)\)", text):
                folder, file = os.path.split(target)
                if file in files:
                    page.wrong(number, f"{file} is here for the second time")
                if folder in folders[:-1]:
                    page.wrong(number, f"{file} goes back to a folder that was left")
                files.add(file)
                if folders[-1:] != [folder]:
                    folders.append(folder)

    def sources(self):
        """Pages that the code, or a text, names."""
        problems = []
        for file in sorted(self.tree.files):
            if not (file.endswith((".swift", ".proto", ".py", ".md")) or file.startswith("scripts/")) or ".pb." in file:
                continue
            for number, line in enumerate(read(file).splitlines(), 1):
                for name in re.findall(r"\b(?:docs|protocol)/[\w/-]+\.md\b", line):
                    if not self.tree.has(name):
                        problems.append(f"{file}:{number}: no page {name}")
        return problems

    def examples(self):
        """Command lines in the programs' help."""
        problems = []
        for command, text in self.programs.discussions.items():
            for line in text.replace("\\\n", " ").splitlines():
                if line.startswith("  ") and line.split() and line.split()[0] in PROGRAMS:
                    problem = self.programs.problem(tuple(shlex.split(line, comments=True)))
                    if problem:
                        problems.append(f"{command} --help: {line.strip()}: {problem}")
        return problems

    # Links

    def link(self, page, line, target):
        if re.match(r"[a-z]+:", target):
            return
        path, _, anchor = target.partition("#")
        full = os.path.normpath(os.path.join(os.path.dirname(page.path), path)) if path else page.path
        if not self.tree.has(full):
            page.wrong(line, f"the link {target} leads to no committed file")
        elif anchor and full.endswith(".md") and anchor not in self.anchors(full):
            page.wrong(line, f"the link {target} leads to no heading of {full}")

    # `code`

    def code(self, page, line, text):
        words = text.split()
        if not words:
            return
        if words[0] in PROGRAMS:
            return self.mention(page, line, words)
        if words[0].startswith("-"):
            for word in words:
                option = re.match(r"--?[A-Za-z][\w-]*", word)
                if option and option[0] not in self.programs.every and not self.is_foreign(option[0]):
                    page.wrong(line, f"no program of ours has the option {option[0]}")
            return
        if words[0].startswith("scripts/"):
            return self.script_line(page, line, words)
        if len(words) == 1:
            self.path(page, line, text)
            self.type(page, line, text)
        elif page.path == "docs/guide/trouble.md":
            self.message(page, line, text)

    def message(self, page, line, text):
        """A message as a user sees it; `...` and capitals stand for what differs."""
        for piece in re.split(r"\.\.\.|\b[A-Z]+\b|\bn\b|[\"#]", text):
            if len(piece.split()) > 1 and piece.strip() not in self.names.text:
                page.wrong(line, f"no message reads: {piece.strip()}")

    def is_foreign(self, option):
        """Options of scripts count: `--no-lab` alone is clear where the page speaks of scripts/test."""
        if option in FOREIGN_OPTIONS:
            return True
        scripts = [f for f in self.tree.files if re.fullmatch(r"scripts/[\w-]+", f)]
        sources = [f for f in self.tree.files if f.startswith("Benchmarks/Sources/Measuring") or f.endswith("/Suite.swift")]
        python = [f for f in self.tree.files if f.startswith("Tests/WireConformance/")]
        return any(re.search(re.escape(option) + r"(?![\w-])", self.script(f)) for f in scripts + python) or any(
            re.search(r"var " + re.escape(option.lstrip("-")) + r"\b", self.script(f)) for f in sources)

    def mention(self, page, line, words):
        command, rest = self.programs.command(words)
        if rest and self.programs.takes_verb(command) and re.fullmatch(r"[a-z]+", rest[0]):
            return page.wrong(line, f"{' '.join(command)} has no verb {rest[0]}")
        known = self.programs.options[tuple(command)]
        for word in rest:
            if word == "--":
                break
            option = re.match(r"--?[A-Za-z][\w-]*", word)
            if option and option[0] not in known and option[0] not in FOREIGN_OPTIONS:
                page.wrong(line, f"{' '.join(command)} has no option {option[0]}")

    def path(self, page, line, text):
        text = re.sub(r":\d+$", "", text)
        if not re.fullmatch(r"[\w.+*-]+(/[\w.+*-]+)*/?", text):
            return
        first = text.split("/")[0]
        if "/" in text.rstrip("/") and first in self.tree.top:
            if not self.tree.has(text):
                page.wrong(line, f"no file or folder {text}")
        elif text.endswith("/") and text[0].isupper():
            if not any(f"/{folder}/".endswith(f"/{text}") for folder in self.tree.folders):
                page.wrong(line, f"no folder {text}")
        elif re.search(r"\.(swift|proto|py|md)$", text):
            beside = os.path.join(os.path.dirname(page.path), text)
            if not self.tree.has(beside) and (os.path.basename(text) not in self.tree.names or "/" in text):
                page.wrong(line, f"no file {text}")

    def type(self, page, line, text):
        field = re.fullmatch(r"([a-z_]+)\.([a-z_]+)", text)
        if field and page.path == "protocol/WIRE.md" and field[1] in self.names.fields and text not in FOREIGN:
            if field[2] not in self.names.fields:
                page.wrong(line, f"no message has the field {field[2]}")
            return
        match = re.fullmatch(r"([A-Z]\w*)((?:\.[a-z]\w*)*)(\+\w+)?(\([\w:]*\))?", text)
        # All capitals: a placeholder, a kernel's constant, an error code.
        if not match or text.endswith(".swift") or not re.search(r"[a-z]", match[1]) or "_" in match[1]:
            return
        if not self.names.has(match[1]):
            return page.wrong(line, f"nothing in the code is called {match[1]}")
        if match[3] and f"{match[1]}{match[3]}.swift" not in self.tree.names:
            page.wrong(line, f"no file {match[1]}{match[3]}.swift")
        for member in match[2].split(".")[1:]:
            if member not in self.names.members.get(match[1], ()) and member != "init":
                page.wrong(line, f"{match[1]} has no member {member}")
