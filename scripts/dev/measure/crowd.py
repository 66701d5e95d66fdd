"""Lines about what goes on at the same time: events that pour in, and neighbours."""

import collections
import json
import signal
import tempfile

from . import size
from .line import Aim, Findings, Line, figure
from .program import Failed, Program


def lines(rig):
    return [Watches(rig.new), Neighbour(rig.big)]


class Watches(Line):
    """Storms of changes, and what of them is reported."""

    PATH, ZNODES = "/storm", 3000
    # Changes a second, and changes in all.
    STORMS = [(20_000, 200_000), (50_000, 300_000), (0, 500_000)]
    ASKED = STORMS[0][0]

    def __init__(self, server):
        super().__init__(
            "watches", f"{self.ZNODES:,} persistent watches under a storm of changes",
            "A raw program sets the znodes in turn, in transactions of a hundred or more, and notes the zxid "
            "of each. Every event must come, once, and for each znode in the order of the writes; `watch -R` "
            "must keep the order of all. `zkx watch` takes one path: the single watches are held by a "
            "program over zkx's own store (`library.rs`), `zkx watch -R` sees the same from one recursive "
            "watch. The lag is from the write leaving to the event arriving, by the clock, in whole "
            "milliseconds. What the server reaches when it is given all it takes is the rate at which it "
            "gives way.", [server],
            aims=[Aim("none missed, at any rate", lambda facts: most(facts, "missed", 0)),
                  Aim("none out of order, at any rate", lambda facts: most(facts, "disordered", 0)),
                  Aim(f"less than one core at {self.ASKED:,} a second",
                      lambda facts: most(facts[:2], "cores", 0.999)),
                  Aim(f"the server does send {self.ASKED:,} a second",
                      lambda facts: (f"{facts[0]['rate']:,.0f}", facts[0]["rate"] > 0.98 * self.ASKED))])

    def measure(self):
        server, = self.servers
        server.once(self.PATH, self.plant)
        facts = []
        for rate, changes in self.STORMS:
            facts.append(self.storm(
                "`watch -R`", rate, changes, ordered=True, command=[
                    word for word in server.zkx("-o", "ndjson", "watch", "-R", "-n", changes, self.PATH)
                    if word != "--quiet"]))
            facts.append(self.storm(
                f"{self.ZNODES:,} watches", rate, changes, ordered=False,
                command=server.library("watch", self.PATH, self.ZNODES, changes)))
        rows = [[fact["who"], f"{fact['asked']:,}" if fact["asked"] else "all it takes",
                 f"{fact['rate']:,.0f}", f"{fact['events']:,}", f"{fact['missed']:,}",
                 f"{fact['disordered']:,}", f"{fact['cores']:.2f}", *(f"{lag:,}" for lag in fact["lag"]),
                 figure(fact["peak"])] for fact in facts]
        return Findings(["", "asked a second", "reached", "events", "missed", "out of order", "cores",
                         "lag ms: median", "99 %", "max", "peak MiB"], rows, facts)

    def plant(self):
        server, = self.servers
        server.empty(self.PATH)
        Program(server.raw("create", self.PATH, self.ZNODES, 1)).finish()

    def storm(self, who, rate, changes, ordered, command):
        server, = self.servers
        with tempfile.TemporaryFile() as events, tempfile.TemporaryFile() as log:
            watcher = Program(command, events)
            watcher.wait_for("watching")
            Program(server.raw("storm", self.PATH, self.ZNODES, changes, rate), log).finish()
            if not watcher.ended(seconds=30):
                # Some are missing, and it waits for them: how many will show.
                watcher.terminate()
            usage = watcher.finish(accept=(0, 143, -signal.SIGTERM))
            log.seek(0)
            *transactions, seconds = log.read().decode().splitlines()
            events.seek(0)
            found = [json.loads(line) for line in events]
        written = self.written([tuple(map(int, line.split())) for line in transactions])
        missed, disordered, lag = compare(written, found, ordered)
        return {"who": who, "asked": rate, "rate": changes / float(seconds), "events": len(found),
                "missed": missed, "disordered": disordered, "cores": usage.cpu / float(seconds),
                "lag": lag, "peak": usage.peak}

    def written(self, transactions):
        """Each change: znode, zxid and time."""
        changes = []
        for zxid, count, time in transactions:
            for _ in range(count):
                changes.append((f"{self.PATH}/n{len(changes) % self.ZNODES}", zxid, time))
        return changes


def compare(written, found, ordered):
    """How many changes were missed, how many events came at the wrong place, and how late they came."""
    wanted, got = collections.defaultdict(list), collections.defaultdict(list)
    for path, zxid, _ in written:
        wanted[path].append(zxid)
    for event in found:
        got[event.get("path")].append(event.get("zxid"))
    counts = collections.Counter((path, zxid) for path, zxid, _ in written)
    counts.subtract((event.get("path"), event.get("zxid")) for event in found)
    missed = sum(count for count in counts.values() if count > 0)
    # What nobody wrote, and what came twice, is at the wrong place too.
    disordered = sum(-count for count in counts.values() if count < 0)
    disordered += sum(a > b for zxids in got.values() for a, b in zip(zxids, zxids[1:]))
    if ordered:
        places = {(path, zxid): place for place, (path, zxid, _) in enumerate(written)}
        order = [places.get((event.get("path"), event.get("zxid")), -1) for event in found]
        disordered += sum(a > b for a, b in zip(order, order[1:]))
    times = {(path, zxid): time for path, zxid, time in written}
    lags = sorted(event["time"] - times.get((event.get("path"), event.get("zxid")), event["time"])
                  for event in found) or [0]
    return missed, disordered, [lags[(len(lags) - 1) * part // 100] for part in (50, 99, 100)]


def most(facts, what, limit):
    value = max(fact[what] for fact in facts)
    return f"{value:.2f}" if isinstance(value, float) else f"{value:,}", value <= limit


class Neighbour(Line):
    """What a second client notices of a walk."""

    SECONDS = 10

    def __init__(self, server):
        super().__init__(
            "neighbour", "latency of a second client's `get` during walks of 1,000,000 znodes",
            "A raw client asks for one znode a thousand times a second while another walks, over and over, "
            f"for {self.SECONDS} seconds. A long wait counts as if a request had been due each millisecond "
            "of it. Server, walker and neighbour share the cores of one machine, so that a part of what is "
            "seen here is the walker's processor time, which on other machines is the walker's alone.",
            [server])
        self.walks = {
            "nobody walks": None,
            "zkx `ls -R`": server.zkx("ls", "-R", size.FOREST),
            "zkx `ls -l -R`": server.zkx("ls", "-l", "-R", size.FOREST),
            "zkx `--gentle ls -l -R`": server.zkx("--gentle", "ls", "-l", "-R", size.FOREST),
            "raw multiRead": server.raw("walk", size.FOREST),
            "kazoo async": server.kazoo("walk", size.FOREST),
        }

    def measure(self):
        server, = self.servers
        size.grow(server)
        facts, rows = {}, []
        for name, command in self.walks.items():
            (requests, *latencies), walks = self.disturb(server, command)
            facts[name] = latencies
            took = figure(sum(walks) / len(walks)) if walks else f"> {self.SECONDS}" if command else ""
            rows.append([name, took, f"{requests:,}", *(figure(micros / 1000) for micros in latencies)])
        return Findings(["", "one walk takes s", "requests", "median ms", "99 % ms", "max ms"], rows, facts)

    def disturb(self, server, command):
        """What the neighbour says, and how long each walk took that came to its end."""
        walks = []
        with tempfile.TemporaryFile() as said:
            ping = Program(server.raw("ping", size.FOREST, self.SECONDS), said)
            while command and not ping.ended():
                walk = Program(command)
                while not walk.ended(seconds=0.05) and not ping.ended():
                    pass
                if not walk.ended():
                    walk.kill()
                else:
                    walks.append(walk.finish().seconds)
            ping.finish()
            said.seek(0)
            answer = said.read().decode().split()
        if len(answer) != 4:
            raise Failed("the neighbour says nothing")
        return list(map(int, answer)), walks
