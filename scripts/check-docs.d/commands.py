"""Command lines in a fenced block."""

import re
import shlex

from programs import PROGRAMS


class CommandLines:
    """The part of `Checker` that knows the shell."""

    def block(self, page, first, lines):
        pending, start = "", 0
        for number, line in enumerate(lines, first):
            if not pending:
                start = number
            if line.endswith("\\"):
                pending += line[:-1] + " "
                continue
            self.line(page, start, pending + line)
            pending = ""

    def line(self, page, number, text):
        try:
            lexer = shlex.shlex(text, posix=True, punctuation_chars="|;&<>")
            lexer.whitespace_split = True
            tokens = list(lexer)
        except ValueError as error:
            if text.split()[0] in PROGRAMS or text.startswith("scripts/"):
                page.wrong(number, f"the shell does not accept this line: {error}")
            return
        is_command, command = False, []
        for token in tokens + [";"]:
            if re.fullmatch(r"[|;&]+", token):
                is_command = self.command_line(page, number, command) or is_command
                command = []
            else:
                command.append(token)
        if not is_command:
            for name in re.findall(r"\b[A-Z]+[a-z0-9]+[A-Z]\w*\b", text):
                if not self.names.has(name):
                    page.wrong(number, f"nothing in the code is called {name}")

    def command_line(self, page, number, words):
        words = list(words)
        while words and re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        for redirection in ("<", ">", ">>"):
            if redirection in words:
                words = words[: words.index(redirection)]
        if not words:
            return False
        if words[0].startswith("scripts/"):
            self.script_line(page, number, words)
            if words[0] == "scripts/lab" and "--" in words:
                self.command_line(page, number, words[words.index("--") + 1:])
            return True
        if words[0] not in PROGRAMS:
            return False
        problem = self.programs.problem(tuple(words))
        if problem:
            page.wrong(number, f"{' '.join(words)}: {problem}")
        return True

    def script_line(self, page, number, words):
        if not self.tree.has(words[0]):
            return page.wrong(number, f"no file {words[0]}")
        if words[0] not in self.tree.files:
            return
        for word in words[1:]:
            if word == "--":
                break
            # What scripts/test does not know goes to `swift test`.
            if word.startswith("--") and word not in ("--filter", "--help"):
                name = word.split("=")[0]
                if name not in self.script(words[0]) and not self.is_foreign(name):
                    page.wrong(number, f"{words[0]} has no option {name}")
