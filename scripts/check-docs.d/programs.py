"""What the built programs accept."""

import functools
import json
import os
import re
import subprocess
import sys

PROGRAMS = ["fleetrace", "fleetrace-agent", "fleetrace-controller"]
UNKNOWN_OPTION = "--option-that-no-program-has"


class Programs:
    """What the built programs accept."""

    def __init__(self, folder):
        self.folder = folder
        self.options, self.discussions = {}, {}
        for program in PROGRAMS:
            path = os.path.join(folder, program)
            if not os.path.exists(path):
                sys.exit(f"check-docs: {path} is not built (swift build)")
            dump = subprocess.run([path, "--experimental-dump-help"], check=True, capture_output=True).stdout
            self.collect([program], json.loads(dump)["command"])
        self.every = set().union(*self.options.values())

    def collect(self, words, command):
        own = set()
        for argument in command.get("arguments", []):
            for name in argument.get("names") or []:
                own.add(("--" if name["kind"] == "long" else "-") + name["name"])
        self.options[tuple(words)] = own
        self.discussions[" ".join(words)] = command.get("discussion", "")
        for child in command.get("subcommands", []):
            self.collect(words + [child["commandName"]], child)

    def command(self, words):
        """The longest command that the words name, and what follows it."""
        if words[:2] == ["fleetrace", "controller"]:
            words = ["fleetrace-controller", *words[2:]]
        length = 1
        while tuple(words[: length + 1]) in self.options and length < len(words):
            length += 1
        return words[:length], words[length:]

    def takes_verb(self, command):
        return any(len(known) > len(command) and known[: len(command)] == tuple(command) for known in self.options)

    @functools.lru_cache(maxsize=None)
    def problem(self, words):
        """Why the program would not accept this command line, or None."""
        command, rest = self.command(list(words))
        if "--help" in rest or "--version" in rest:
            return None
        before = rest[: rest.index("--")] if "--" in rest else rest
        after = rest[len(before):]
        path = os.path.join(self.folder, command[0])
        # An argument as good as any other stands for what the shell would put in.
        line = [path, *command[1:], *before, UNKNOWN_OPTION, *after]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FLEETRACE_")}
        result = subprocess.run(
            line, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment, timeout=20)
        message = result.stderr.strip() or result.stdout.strip()
        if message.startswith(f"Error: Unknown option '{UNKNOWN_OPTION}'"):
            return None
        reason = re.split(r"\n(?:Help|Usage):", message)[0]
        return " ".join(line.strip() for line in reason.splitlines()) or f"exit status {result.returncode}"
