"""Lines about how much memory work takes, and how soon its answer begins."""

import statistics
import subprocess

from . import program
from .line import Aim, Contender, Findings, Line, Race, figure, in_turn, median, peak

MILLION = 1_000_000
# The tree of a million: 1,000 directories of 1,000 znodes.
FOREST, PARENTS = "/million", 1000
SIZE = 100
# As long as the names of what is found a hundred thousand times in one directory.
NAME = 59
MOST = 64


def grow(server):
    """A million znodes."""
    server.once(FOREST, lambda: server.plant(FOREST, MILLION, SIZE, PARENTS))


def lines(rig):
    return [Wide("wide", rig.new, 100_000, 5, "512m"), Memory(rig.big),
            Wide("wide-million", rig.big, MILLION, 3, "3g", long=True)]


class Memory(Line):
    """Peaks of what walks."""

    COMMANDS = {"tree": ["tree"], "ls -R": ["ls", "-R"],
                "deleteall": ["--yes", "--max-nodes", 2 * MILLION, "deleteall"]}

    def __init__(self, server):
        super().__init__(
            "memory", "peak memory at 100,000 and at 1,000,000 znodes",
            "What does not grow with the tree does not fail when the tree has grown. All output is read as "
            "fast as it comes. Growth is that of the medians: a run that lasts ten times as long has ten times "
            "the occasions for all its buffers to be full at once.", [server],
            aims=[Aim("a million takes at most 10 % more than a tenth of it, each command",
                      lambda facts: worst(facts, growth, 10, "% more"),
                      otherwise="The heap in use is the same at both sizes, 3.8 MB at most (heaptrack); the rest "
                      "is what the allocator cannot give back, and a longer run leaves more of it. One arena "
                      "for both threads, or lower thresholds for giving memory back, lower both alike."),
                  Aim(f"at most {MOST} MB, each command",
                      lambda facts: worst(facts, lambda *peaks: max(map(max, peaks)) * 1.048576, MOST, "MB"))])

    def measure(self):
        server, = self.servers
        facts = {name: [] for name in self.COMMANDS}
        rows = []
        for path, znodes, parents, runs in [("/tenth", MILLION // 10, 100, 7), (FOREST, MILLION, PARENTS, 5)]:
            for name, words in self.COMMANDS.items():
                if name == "deleteall":
                    runs = 2

                def prepare():
                    server.once(path, lambda: server.plant(path, znodes, SIZE, parents))
                    if name == "deleteall":
                        server.grown.discard(path)

                contender = Contender(server.zkx(*words, path), runs, warm=0, prepare=prepare)
                usages = in_turn({name: contender})[name]
                facts[name].append([usage.peak for usage in usages])
                rows.append([f"`{name}`", f"{znodes:,}", figure(median(usages) * 1000),
                             figure(median(usages, "peak")), figure(peak(usages))])
        return Findings(["", "znodes", "median ms", "median peak MiB", "highest"], rows, facts)


def growth(few, many):
    """How much more the median of many is, in per cent."""
    return 100 * (statistics.median(many) / statistics.median(few) - 1)


def worst(facts, measure, most, unit):
    """The worst command, and whether it is good enough."""
    name, value = max(((name, measure(*peaks)) for name, peaks in facts.items()), key=lambda pair: pair[1])
    return f"{value:.1f} {unit} (`{name}`)", value <= most


class Wide(Race):
    """One directory with very many children."""

    def __init__(self, name, server, children, runs, heap, long=False):
        self.path, self.children = f"/{name}", children
        super().__init__(
            name, f"`ls` of one directory with {children:,} children",
            f"Names of {NAME} bytes. The server answers in one reply, and nothing can be shown before it is "
            "in: raw has read it when it ends. zkx sorts the names before it prints the first.", [server],
            long=long, before=self.grow, contenders={
                "zkx": Contender(server.zkx("ls", self.path), runs, marker=b"n----"),
                "raw getChildren": Contender(server.raw("list", self.path), runs),
                "zkCli": Contender(server.zkcli("ls", self.path, heap=heap), 2, warm=0, marker=b"n----")},
            aims=[Aim("the first line as soon as the reply is in: at most 1.5 times raw's time",
                      lambda usages: first_after(usages, 1.5)),
                  Aim("peak memory at most 3 times the reply", self.against_reply)])

    def grow(self):
        server, = self.servers

        def plant():
            server.empty(self.path)
            program.measure(server.raw("create", self.path, self.children, SIZE, NAME))

        server.once(self.path, plant)
        self.reply = int(subprocess.check_output(server.raw("list", self.path), stderr=subprocess.DEVNULL))

    def against_reply(self, usages):
        ours = peak(usages["zkx"]) * (1 << 20)
        return (f"{figure(ours / self.reply)} times {figure(self.reply / (1 << 20))} MiB",
                ours <= 3 * self.reply)


def first_after(usages, times):
    ratio = median(usages["zkx"], "first") / median(usages["raw getChildren"])
    return f"{figure(ratio)} times", ratio <= times
