"""Starts commands, and tells how long they took and what they used."""

import ctypes
import dataclasses
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36
# Says that it is there, waits for the word, and leaves the command to us.
LAUNCH = 'echo >&0; read go; "$@" & echo $! >&0'
CHUNK = 1 << 20


@dataclasses.dataclass
class Usage:
    """What a command that has ended took."""

    seconds: float
    cpu: float
    peak: float  # MiB
    first: float  # seconds until the marker was read, if it was


class Failed(Exception):
    """A command did not do what it was started for."""


class Program:
    """A command under way.

    Linux counts the memory of whoever starts a program into its peak: 15 MiB, were it Python. So a shell
    of one megabyte starts it and leaves, and the kernel hands the orphan to us, with its own figures.
    """

    alive = set()

    def __init__(self, command, stdout=subprocess.DEVNULL):
        self.command = command
        self.errors = tempfile.TemporaryFile()
        ours, theirs = socket.socketpair()
        with theirs:
            shell = subprocess.Popen(["sh", "-c", LAUNCH, "sh", *map(str, command)], stdin=theirs,
                                     stdout=stdout, stderr=self.errors)
        with ours, ours.makefile() as words:
            words.readline()
            self.begun = time.monotonic()
            ours.sendall(b"go\n")
            self.pid = int(words.readline())
        self.alive.add(self)
        self.output = shell.stdout
        shell.wait()

    def read(self, marker=b""):
        """Reads the output and throws it away; tells when `marker` was in it first."""
        first, tail = None, b""
        with self.output:
            while chunk := os.read(self.output.fileno(), CHUNK):
                if first is None and marker in (tail := tail[-len(marker):] + chunk):
                    first = time.monotonic() - self.begun
        return first

    def said(self):
        """What it wrote to standard error so far."""
        return os.pread(self.errors.fileno(), CHUNK, 0).decode(errors="replace")

    def wait_for(self, word, seconds=30):
        """Waits until it has said `word`."""
        until = time.monotonic() + seconds
        while word not in self.said():
            if time.monotonic() > until or self.ended():
                self.kill()
                raise Failed(f"{shlex.join(map(str, self.command))}\n{self.said()}it did not say `{word}`")
            time.sleep(0.01)

    def ended(self, seconds=0):
        """Whether it ends within this time."""
        process = os.pidfd_open(self.pid)
        try:
            return bool(select.select([process], [], [], seconds)[0])
        finally:
            os.close(process)

    def finish(self, first=None, accept=(0,)):
        """Waits for its end, which must be a good one."""
        _, status, usage = os.wait4(self.pid, 0)
        seconds = time.monotonic() - self.begun
        self.alive.discard(self)
        code = os.waitstatus_to_exitcode(status)
        if code not in accept:
            raise Failed(f"{shlex.join(map(str, self.command))}\n{self.said()}exit {code}")
        self.errors.close()
        return Usage(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, first)

    def terminate(self):
        """Asks it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self):
        """Ends it, whatever it is doing."""
        if self in self.alive:
            os.kill(self.pid, signal.SIGKILL)
            os.wait4(self.pid, 0)
            self.alive.discard(self)


def adopt():
    """Lets orphans become children of this process."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not sys.platform.startswith("linux") or libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("the bench needs Linux: elsewhere it cannot tell the memory of what it starts")


def measure(command, marker=b""):
    """Runs a command to its end."""
    program = Program(command, subprocess.PIPE)
    usage = program.finish(program.read(marker))
    if marker and usage.first is None:
        raise Failed(f"{shlex.join(map(str, command))}\nthere is no `{marker.decode()}` in its answer")
    return usage


def kill_all():
    """Ends what was left behind by an interruption."""
    for program in list(Program.alive):
        program.kill()
