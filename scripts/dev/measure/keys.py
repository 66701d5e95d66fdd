"""The line about how soon a key is on the screen."""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import tempfile
import termios
import time

from . import size
from .line import Aim, Findings, Line, figure
from .program import Failed
from .rig import quietly


def lines(rig):
    return [Typing(rig.new)]


class Typing(Line):
    """Keys typed at the prompt, one after another, each when the one before is shown."""

    PATH, CHILDREN, KEYS, MOST = "/typed", 100_000, 300, 20

    def __init__(self, server):
        super().__init__(
            "typing", f"from a key to the screen, beside a directory with {self.CHILDREN:,} children",
            "The shell on a terminal of its own. Its names are in the cache, as after a Tab; each key of the path "
            "of a znode in that directory is typed when the one before is on the screen, which has then been "
            "coloured, looked up and hinted at. A Tab is the same with the whole list matched against what is "
            "typed.", [server],
            aims=[Aim(f"the slowest key in a hundred below {self.MOST} ms",
                      lambda facts: (f"{facts['key'][1]:.1f} ms", facts["key"][1] < self.MOST))])

    def measure(self):
        server, = self.servers
        server.once(self.PATH, self.plant)
        with tempfile.TemporaryDirectory() as home:
            shell = Shell(server.zkx(), home)
            try:
                times = self.type(shell)
            finally:
                shell.end()
        rows = [[name, str(len(taken)), *(figure(value * 1000) for value in (
            min(taken), statistics.median(taken), slow(taken), max(taken)))] for name, taken in times.items()]
        facts = {name: (statistics.median(taken) * 1000, slow(taken) * 1000) for name, taken in times.items()}
        return Findings(["", "times", "min ms", "median ms", "99 % ms", "max ms"], rows, facts)

    def plant(self):
        server, = self.servers
        server.empty(self.PATH)
        quietly(server.raw("create", self.PATH, self.CHILDREN, 1, size.NAME))

    def type(self, shell):
        shell.read_until(b"> ")
        line = f"get {self.PATH}/n---"
        shell.key(line, echo=b"n---")
        # The first Tab fetches the list.
        shell.key("\t", echo=None)
        times = {"key": [], "Tab": []}
        while len(times["key"]) < self.KEYS:
            for key in "-" * 20:
                times["key"].append(shell.key(key, echo=b"-"))
            shell.key("\x7f" * 20, echo=None)
            times["Tab"].append(shell.key("\t", echo=None))
        return times


def slow(times):
    return sorted(times)[int(len(times) * 0.99)]


class Shell:
    """zkx on a pseudo-terminal."""

    # Nothing more comes for so long: what a key does is on the screen.
    STILL = 0.3

    def __init__(self, command, home):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, TERM="xterm-256color")
            for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "ZKX_PROFILE", "ZKX_SERVER"):
                os.environ.pop(name, None)
            os.execv(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))

    def read_until(self, text, seconds=10):
        found, until = b"", time.monotonic() + seconds
        while text not in found:
            if not select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
                raise Failed(f"the shell did not show {text!r}: {found[-500:]!r}")
            found += os.read(self.terminal, 65536)

    def key(self, key, echo):
        """Types a key; tells when it was on the screen, or when nothing more came."""
        begun = last = time.monotonic()
        os.write(self.terminal, key.encode())
        if echo:
            self.read_until(echo)
            return time.monotonic() - begun
        while select.select([self.terminal], [], [], self.STILL)[0]:
            os.read(self.terminal, 65536)
            last = time.monotonic()
        return last - begun

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
