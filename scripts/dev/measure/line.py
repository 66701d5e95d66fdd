"""One comparison: what is measured, against whom, and what zkx is to reach."""

import dataclasses
import statistics
import typing

from . import program


@dataclasses.dataclass
class Aim:
    """What is to be reached; `judge` tells from the facts what was measured and whether it is enough."""

    text: str
    judge: typing.Callable
    # Why it is missed, or may be: printed when it is.
    otherwise: str = ""


@dataclasses.dataclass
class Findings:
    """A table, and what its aims are judged by."""

    head: list
    rows: list
    facts: typing.Any


@dataclasses.dataclass
class Contender:
    """A command to be run several times; `prepare` comes before each run and is not measured."""

    command: list
    runs: int = 5
    # Runs so often beforehand, unmeasured: that fills caches, and compiles what a JVM compiles.
    warm: int = 1
    prepare: typing.Callable = None
    # What the first line of the answer can be told by.
    marker: bytes = b""


class Line:
    """What is measured on `servers`, which are up while it is; `long` ones only when asked for."""

    def __init__(self, name, title, means, servers, aims=(), long=False):
        self.name, self.title, self.means = name, title, means
        self.servers, self.aims, self.long = servers, aims, long

    def measure(self):
        """The findings."""
        raise NotImplementedError


def in_turn(contenders):
    """Runs all contenders in turn, each as often as it should, evenly; tells the usages of each."""
    usages = {name: [] for name in contenders}
    turns = max(contender.runs for contender in contenders.values())
    warm = max(contender.warm for contender in contenders.values())
    for turn in range(1 - warm, turns + 1):
        for name, contender in contenders.items():
            due = turn * contender.runs // turns > (turn - 1) * contender.runs // turns
            if not (due if turn > 0 else turn > -contender.warm):
                continue
            if contender.prepare:
                contender.prepare()
            usage = program.measure(contender.command, contender.marker)
            if turn > 0:
                usages[name].append(usage)
    return usages


def median(usages, what="seconds"):
    return statistics.median(getattr(usage, what) for usage in usages)


def peak(usages):
    return max(usage.peak for usage in usages)


def spread(usages, what="seconds"):
    """Minimum, median and maximum in milliseconds."""
    values = [getattr(usage, what) * 1000 for usage in usages]
    return [figure(min(values)), figure(statistics.median(values)), figure(max(values))]


def figure(number):
    """As many digits as mean something."""
    digits = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:,.{digits}f}"


class Race(Line):
    """All contenders do the same work, and the time is what counts."""

    def __init__(self, *args, contenders, before=None, **more):
        super().__init__(*args, **more)
        self.contenders, self.before = contenders, before

    def measure(self):
        if self.before:
            self.before()
        usages = in_turn(self.contenders)
        return Findings(*self.table(usages), usages)

    def table(self, usages):
        firsts = any(contender.marker for contender in self.contenders.values())
        head = ["", "runs", "min ms", "median ms", "max ms", "× zkx", "peak MiB"]
        if firsts:
            head[2:2] = ["first line ms"]
        ours = median(usages["zkx"])
        rows = []
        for name, contender in self.contenders.items():
            runs = usages[name]
            row = [name, str(len(runs)), *spread(runs), figure(median(runs) / ours), figure(peak(runs))]
            if firsts:
                row[2:2] = [figure(median(runs, "first") * 1000) if contender.marker else ""]
            rows.append(row)
        return head, rows


def faster(than, times, otherwise=""):
    """At least so many times as fast as another."""
    def judge(usages):
        ratio = median(usages[than]) / median(usages["zkx"])
        return f"{figure(ratio)} times", ratio >= times
    return Aim(f"at least {times} times as fast as {than}", judge, otherwise)


def within(of, times, otherwise=""):
    """At most so many times as long as another."""
    def judge(usages):
        ratio = median(usages["zkx"]) / median(usages[of])
        return f"{figure(ratio)} times", ratio <= times
    return Aim(f"at most {times} times as long as {of}", judge, otherwise)


def share(of, percent, otherwise=""):
    """At least so much of the speed of another."""
    def judge(usages):
        reached = 100 * median(usages[of]) / median(usages["zkx"])
        return f"{reached:.0f} %", reached >= percent
    return Aim(f"at least {percent} % of the speed of {of}", judge, otherwise)
