"""What the code declares."""

import os
import re

from tree import read

# Names in `code` that look like ours and are not. Each with its reason; keep it short.
FOREIGN = {
    "codec.zstd": "a capability", "session.takeover": "a capability",
    "Manager": "a name that CONTRIBUTING forbids", "Helper": "likewise", "Util": "likewise",
    "String": "Swift", "Int64": "Swift", "Duration": "Swift", "Foundation": "Swift", "FoundationEssentials": "Swift",
    "SwiftProtobuf": "a library", "SwiftPM": "a tool", "ArgumentParser": "a library", "NIO": "a library",
    "ByteBuffer": "SwiftNIO", "EventLoop": "SwiftNIO", "VmRSS": "a line of /proc/PID/status",
    "OpenSSL": "a library", "Linux": "a kernel", "Debian": "a system", "Makefile": "a file's usual name",
}


class Declarations:
    """Names that the code declares: types, modules, members, messages and frames."""

    def __init__(self, tree):
        self.types, self.messages = set(), set()
        self.fields = set()
        # All of the programs' code, for messages.
        self.text = ""
        # By type: what is declared in the files that declare or extend it.
        self.members = {}
        for file in tree.files:
            if file.endswith(".swift") and ".pb." not in file:
                text = read(file)
                if not file.startswith(("Tests/", "Benchmarks/", "Fuzz/")):
                    self.text += text
                self.types.update(re.findall(
                    r"\b(?:struct|class|enum|actor|protocol|typealias|associatedtype)\s+([A-Z]\w*)", text))
                if file.endswith("/FrameTable.swift"):
                    self.messages.update(re.findall(r'name: "(\w+)"', text))
                members = set(re.findall(r"\b(?:func|var|let|case)\s+`?(\w+)", text))
                for cases in re.findall(r"\bcase ([^:\n]*)", text):
                    members.update(re.findall(r"\b[a-z]\w*", cases))
                for name in re.findall(
                        r"\b(?:struct|class|enum|actor|protocol|extension)\s+(?:\w+\.)*([A-Z]\w*)", text):
                    self.members.setdefault(name, set()).update(members)
            elif file.endswith(".proto"):
                text = read(file)
                self.messages.update(re.findall(r"\b(?:message|enum)\s+(\w+)", text))
                self.fields.update(re.findall(r"\b(\w+) = \d+[;, ]", text))
                for name, body in re.findall(r"\b(?:message|enum)\s+(\w+)\s*\{ *\n(.*?)\n\}", text, re.DOTALL):
                    self.members.setdefault(name, set()).update(re.findall(r"(\w+) = \d+", body))
            elif file.endswith(".py"):
                self.types.update(re.findall(r"\bclass (\w+)", read(file)))
        for folder in tree.folders:
            if re.fullmatch(r"[A-Za-z]+/[A-Z]\w+", folder):
                self.types.add(os.path.basename(folder))
        # Fuzz targets are files.
        self.types.update(os.path.basename(f)[:-6] for f in tree.files if f.startswith("Fuzz/Targets/"))

    def has(self, name):
        known = self.types | self.messages
        return name in known or "Wire" + name in known or name.removeprefix("Wire") in self.messages or name in FOREIGN
