"""A page, as prose and fenced blocks."""

import functools
import re

from tree import read


class Page:
    def __init__(self, path):
        self.path = path
        self.lines = read(path).splitlines()
        self.problems = []

    def wrong(self, line, text):
        self.problems.append(f"{self.path}:{line}: {text}")

    @functools.cached_property
    def parts(self):
        """Prose lines as (number, text); fenced blocks as (number of the first line, language, lines)."""
        prose, blocks, fence = [], [], None
        for number, line in enumerate(self.lines, 1):
            mark = re.match(r"\s*```(\w*)", line)
            if fence is None and mark:
                fence = (number + 1, mark[1], [])
            elif fence is not None and mark:
                blocks.append(fence)
                fence = None
            elif fence is not None:
                fence[2].append(line)
            else:
                prose.append((number, line))
        if fence is not None:
            self.wrong(fence[0] - 1, "this block is not closed")
        return prose, blocks

    @functools.cached_property
    def paragraphs(self):
        """Prose as (number of the first line, text), so that a link or `code` may go over a line's end."""
        result, last = [], None
        for number, line in self.parts[0]:
            if not line.strip():
                last = None
            elif last is None or number != last + 1 or re.match(r"\s*([-*|#>]|\d+\.)\s?", line):
                result.append([number, line])
                last = number
            else:
                result[-1][1] += "\n" + line
                last = number
        return result


def anchors(path):
    """Anchors of a page's headings, as GitHub makes them."""
    seen, result = {}, set()
    for _, line in Page(path).parts[0]:
        heading = re.match(r"#{1,6}\s+(.*)", line)
        if not heading:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        result.add(slug if count == 0 else f"{slug}-{count}")
    return result
