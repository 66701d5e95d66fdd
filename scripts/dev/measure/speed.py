"""Lines about how long work takes."""

from . import size
from .line import Aim, Contender, Findings, Line, Race, faster, figure, in_turn, median, peak, share, within
from .program import Program

# What every server is given: 100 directories of 1,000 znodes with 100 bytes each.
TREE, ZNODES, SIZE = "/bench", 100_000, 100
# What one of these znodes has in a reply beside its data: a header, a length, a stat, its name.
BESIDE_DATA = 90


def grow(server):
    server.once(TREE, lambda: server.plant(TREE, ZNODES, SIZE))


def lines(rig):
    new, old = rig.new, rig.old
    return [
        Ceiling(new),
        Race("cold", "one `get /`, from the start of the process to its exit",
             "What a person waits for one word, and a script each time it calls zkx.", [new], contenders={
                 "zkx": Contender(new.zkx("get", "/"), 51, warm=5),
                 "raw": Contender(new.raw("get", "/"), 51, warm=5),
                 "kazoo": Contender(new.kazoo("get", "/"), 7), "zkCli": Contender(new.zkcli("get", "/"), 7)},
             aims=[faster("zkCli", 100), within("raw", 1.3, "Half of what zkx does more is the renderer's thread and the terminal; the rest is "
                                            "reading the command line.")]),
        Race("walk", f"data and stat of {ZNODES:,} znodes on {new.version} (`ls -l -R`)",
             "How fast a tree can be read as a whole. raw reads in `multiRead`s too, counts, and prints "
             "nothing; zkx also sorts and prints ten megabytes.", [new], before=lambda: grow(new),
             contenders={
                 "zkx": Contender(new.zkx("ls", "-l", "-R", TREE), 15, warm=5),
                 "raw multiRead": Contender(new.raw("walk", TREE), 15, warm=5),
                 "kazoo async": Contender(new.kazoo("walk", TREE), 2, warm=0)},
             aims=[faster("kazoo async", 100), share(
                 "raw multiRead", 80, "The server, zkx and its renderer share two cores here; raw renders "
                 "nothing. On a machine that does nothing else it is 86 to 99 %.")]),
        Race("walk-old", f"the same on {old.version}, which knows no `multiRead`",
             "raw pipelined asks for data and children of each znode; raw lean asks for a leaf's data only, "
             "as zkx does. The other two share the work of raw lean among sessions on the same server.",
             [old], before=lambda: grow(old), contenders={
                 "zkx": Contender(old.zkx("ls", "-l", "-R", TREE), 3),
                 "raw pipelined": Contender(old.raw("walk-singles", TREE), 3, warm=0),
                 "raw lean": Contender(old.raw("walk-lean", TREE, 1), 3, warm=0),
                 "raw lean, 2 sessions": Contender(old.raw("walk-lean", TREE, 2), 3, warm=0),
                 "raw lean, 4 sessions": Contender(old.raw("walk-lean", TREE, 4), 3, warm=0)},
             aims=[faster("raw pipelined", 1.5)]),
        Race("ls", f"`ls -R` of {ZNODES:,} znodes", "The names of a whole tree.", [new],
             before=lambda: grow(new), contenders={
                 "zkx": Contender(new.zkx("ls", "-R", TREE)),
                 "zkCli": Contender(new.zkcli("ls", "-R", TREE), 2, warm=0)},
             aims=[faster("zkCli", 40)]),
        Race("tree", f"`tree` of {ZNODES:,} znodes", "The same, drawn.", [new], before=lambda: grow(new),
             contenders={
                 "zkx": Contender(new.zkx("tree", TREE)),
                 "zk-shell": Contender(new.zk_shell(f"tree {TREE}"), 2, warm=0)},
             aims=[faster("zk-shell", 60)]),
        deleteall(new),
        bulk(new),
        Distance("rtt", rig),
        Distance("rtt-kazoo", rig, long=True),
        million(rig.big),
    ]


def deleteall(server):
    path = "/bench-deleteall"

    def again():
        server.plant(path, ZNODES, SIZE)

    command = ["--yes", "--max-nodes", 2 * ZNODES, "deleteall", path]
    return Race("deleteall", f"`deleteall` of {ZNODES:,} znodes",
                "Planted anew before each run. zkx counts what is there before it deletes.", [server],
                aims=[faster("zkCli", 15)], contenders={
                    "zkx": Contender(server.zkx(*command), prepare=again),
                    "zkCli": Contender(server.zkcli("deleteall", path), 2, warm=0, prepare=again)})


def bulk(server):
    path = "/bench-bulk"

    def contender(call, mode="bulk", runs=5):
        return Contender(call(mode, path, ZNODES, SIZE), runs, prepare=lambda: server.empty(path))

    return Race("bulk", f"{ZNODES:,} creates of {SIZE} bytes in one directory",
                "All send transactions of 500 creates, ten in flight. zkx has no command for it: what is "
                "measured is a program over zkx's own store (`library.rs`), which proves the outcome of each "
                "transaction.", [server], aims=[share("raw multi", 80)], contenders={
                    "zkx": contender(server.library), "raw multi": contender(server.raw, "create"),
                    "kazoo transactions": contender(server.kazoo, runs=3)})


def million(server):
    return Race("walk-million", "data and stat of 1,000,000 znodes (`ls -l -R`)",
                "The same as `walk`, of ten times as many. Kazoo took a quarter of an hour once, and is not "
                "asked again.", [server], long=True,
                before=lambda: size.grow(server), aims=[share(
                    "raw multiRead", 80, "zkx makes a hundred megabytes of lines out of it, on the two cores that "
                    "the server has too; raw counts, and prints nothing.")], contenders={
                    "zkx": Contender(server.zkx("ls", "-l", "-R", size.FOREST), 5),
                    "raw multiRead": Contender(server.raw("walk", size.FOREST), 5)})


class Ceiling(Line):
    """What the server gives at best."""

    def __init__(self, server):
        super().__init__("ceiling", "what the server gives to a raw program, a second",
                         "Prepared frames into a socket, replies out of it, by one session: nothing that any "
                         "client does to the same server can be faster.", [server])

    def measure(self):
        server, = self.servers
        grow(server)
        path = "/bench-ceiling"
        work = {
            "`getData`, one at a time": (5_000, server.raw("repeat", TREE, 5_000, 1)),
            "`getData`, 256 in flight": (30_000, server.raw("repeat", TREE, 30_000, 256)),
            "`multiRead` of 500, 4 in flight": (ZNODES, server.raw("walk", TREE)),
            "creates in multis of 500, 10 in flight": (ZNODES, server.raw("create", path, ZNODES, SIZE)),
        }
        usages = in_turn({
            name: Contender(command, 3, prepare=(lambda: server.empty(path)) if path in command else None)
            for name, (_, command) in work.items()})
        rows = []
        for name, (count, _) in work.items():
            rates = sorted(count / usage.seconds for usage in usages[name])
            rows.append([name, *(f"{rate:,.0f}" for rate in (rates[0], rates[len(rates) // 2], rates[-1]))])
        return Findings(["", "min", "median", "max"], rows, usages)


class Distance(Line):
    """Walks through a proxy that delays."""

    DELAYS = [5, 50]
    FEW = ZNODES // 10
    # As many bytes in all as ten times the znodes have.
    FAT = 10 * (SIZE + BESIDE_DATA) - BESIDE_DATA

    def __init__(self, name, rig, long=False):
        self.rig, self.long = rig, long
        self.trees = {
            f"{self.FEW:,} of {SIZE} bytes": ("/bench-few", SIZE),
            f"{self.FEW:,} of {self.FAT:,} bytes": ("/bench-fat", self.FAT),
            f"{ZNODES:,} of {SIZE} bytes": (TREE, SIZE),
        }
        _, fat, many = self.trees
        more = ", against kazoo on every tree" if long else ""
        super().__init__(
            name, f"walks with 5 and 50 ms of added round trip (`ls -l -R`){more}",
            "What a walk costs from another continent. The second tree has a tenth of the znodes of the "
            "third, and as many bytes. Round trips are what the distance from 5 to 50 ms costs, divided by "
            "that distance.", [rig.new], long=long,
            aims=[
                Aim("ten times the znodes in as many bytes take at most twice the round trips",
                    lambda facts: compare(facts[many, "zkx"], facts[fat, "zkx"], 2)),
                Aim("faster than kazoo at every distance", lambda facts: slowest(facts, self.DELAYS)),
            ])

    def measure(self):
        server = self.rig.new
        grow(server)
        for path, each in list(self.trees.values())[:2]:
            server.once(path, lambda: server.plant(path, self.FEW, each, 10))
        contenders, proxies = {}, []
        try:
            for place, delay in enumerate(self.DELAYS):
                far = server.behind(self.rig.port + 5 + place)
                proxies.append(Program(server.raw("delay", far.port, delay)))
                proxies[-1].wait_for("listening")
                for tree, (path, _) in self.trees.items():
                    contenders[tree, "zkx", delay] = Contender(far.zkx("ls", "-l", "-R", path), 3)
                    if self.long or path == "/bench-few":
                        contenders[tree, "kazoo", delay] = Contender(far.kazoo("walk", path), 2, warm=0)
            usages = in_turn(contenders)
        finally:
            for proxy in proxies:
                proxy.kill()
        facts = {}
        for (tree, who, delay), runs in usages.items():
            facts.setdefault((tree, who), {})[delay] = runs
        return Findings(["", "znodes", "5 ms: median ms", "50 ms: median ms", "round trips", "peak MiB"],
                        [self.row(tree, who, by_delay) for (tree, who), by_delay in facts.items()], facts)

    @staticmethod
    def row(tree, who, by_delay):
        times = [figure(median(runs) * 1000) for runs in by_delay.values()]
        return [who, tree, *times, f"{trips(by_delay):.0f}", figure(max(map(peak, by_delay.values())))]


def trips(by_delay):
    (near, short), (far, long) = sorted((delay, median(runs)) for delay, runs in by_delay.items())
    return max(0, long - short) * 1000 / (far - near)


def compare(ours, other, times):
    ratio = trips(ours) / max(1, trips(other))
    return f"{figure(ratio)} times", ratio <= times


def slowest(facts, delays):
    ratios = [median(facts[tree, who][delay]) / median(facts[tree, "zkx"][delay])
              for tree, who in facts if who == "kazoo" for delay in delays]
    return f"{figure(min(ratios))} to {figure(max(ratios))} times", min(ratios) > 1
