"""Lines about the ensemble in memory, as `zkx server` gives it to other programs."""

import pathlib
import statistics
import subprocess
import time

from . import size, speed
from .line import Aim, Contender, Findings, Line, figure, in_turn
from .rig import ZKX, Server, quietly


def lines(rig):
    return [Speed(rig), Memory(rig)]


class Own(Server):
    """`zkx server`, for whoever takes a ZooKeeper."""

    def __init__(self, port):
        super().__init__("zkx", port, "")

    def start(self):
        self.process = subprocess.Popen([ZKX, "--quiet", "server", "--port", str(self.port)],
                                        stdin=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while "Mode:" not in self.ask("srvr") and time.monotonic() < until:
            time.sleep(0.05)

    def memory(self):
        """Bytes that it has in memory."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


class Speed(Line):
    """The same raw programs, on both."""

    def __init__(self, rig):
        self.rig = rig
        super().__init__(
            "embedded-speed", f"`zkx server` beside {rig.new.version}, with the same raw client",
            "Operations a second, the median of five runs. Neither waits for a disk.", [rig.new],
            aims=[Aim("no slower than the real server at anything",
                      lambda facts: (f"{min(facts.values()):.2f} times at worst", min(facts.values()) >= 1),
                      otherwise="What matters to a server for tests is that nobody waits for it.")])

    def measure(self):
        real, own = self.rig.new, Own(self.rig.port + 8)
        own.start()
        try:
            found = {server: self.rates(server) for server in (own, real)}
        finally:
            own.stop()
        facts = {name: found[own][name] / found[real][name] for name in found[own]}
        rows = [[name, f"{found[own][name]:,.0f}", f"{found[real][name]:,.0f}", figure(ratio)]
                for name, ratio in facts.items()]
        return Findings(["", "zkx server", self.rig.new.version, "ratio"], rows, facts)

    def rates(self, server):
        speed.grow(server)
        path, znodes = "/bench-embedded", speed.ZNODES
        work = {
            "`getData`, one at a time": (5_000, server.raw("repeat", speed.TREE, 5_000, 1)),
            "`getData`, 256 in flight": (30_000, server.raw("repeat", speed.TREE, 30_000, 256)),
            "`multiRead` of 500, 4 in flight": (znodes, server.raw("walk", speed.TREE)),
            "creates in multis of 500": (znodes, server.raw("create", path, znodes, speed.SIZE)),
        }
        usages = in_turn({
            name: Contender(command, 5, prepare=(lambda: server.empty(path)) if path in command else None)
            for name, (_, command) in work.items()})
        return {name: count / statistics.median(usage.seconds for usage in usages[name])
                for name, (count, _) in work.items()}


class Memory(Line):
    """How much of it a znode takes."""

    # Five million of them fit into a gigabyte.
    MOST = 200

    def __init__(self, rig):
        self.rig = rig
        super().__init__(
            "embedded-memory", "what a znode takes in `zkx server`",
            f"Resident memory, less what an empty server has, by znode: {size.SIZE} bytes of data each, a "
            "thousand to a directory, created over the wire in transactions.", [],
            aims=[Aim(f"at most {self.MOST} bytes at a million",
                      lambda facts: (f"{facts[size.MILLION]:.0f} bytes", facts[size.MILLION] <= self.MOST))])

    def measure(self):
        facts, rows = {}, []
        for znodes in (size.MILLION // 10, size.MILLION):
            own = Own(self.rig.port + 8)
            own.start()
            try:
                empty = own.memory()
                quietly(own.raw("plant", "/tree", znodes, size.SIZE, znodes // 1000))
                full = own.memory()
            finally:
                own.stop()
            facts[znodes] = (full - empty) / znodes
            rows.append([f"{znodes:,}", figure(full / (1 << 20)), f"{facts[znodes]:.0f}"])
        return Findings(["znodes", "MiB in all", "bytes a znode"], rows, facts)
