"""The servers that are measured on, and how each contender is called."""

import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

DEV = pathlib.Path(__file__).resolve().parent.parent
ROOT = DEV.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "release"
CACHE = pathlib.Path(os.environ.get("ZKX_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zkx")
VENV = CACHE / "bench-venv"
SERVERS, CEILING, ZKX = DEV / "servers", TARGET / "examples/ceiling", TARGET / "zkx"
# One answer of one million names has more than a client of ZooKeeper's takes by default.
REPLY = 256 << 20


class Server:
    """A fresh ZooKeeper of the bench's own, gone with all its data when it is stopped."""

    def __init__(self, version, port, heap):
        self.version, self.port, self.heap = version, port, heap
        self.address = f"127.0.0.1:{port}"
        self.process = self.directory = None
        self.grown = set()

    def start(self):
        if self.process:
            return
        if self.ask("ruok"):
            sys.exit(f"port {self.port} is taken: choose others with --port")
        CACHE.mkdir(parents=True, exist_ok=True)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=CACHE))
        # What the disk takes for a `sync` is the same for all, and would hide what differs.
        (self.directory / "cfg").write_text(
            f"tickTime=2000\nforceSync=no\nclientPortAddress=127.0.0.1\nclientPort={self.port}\n")
        (self.directory / "jvm").write_text(f"-Xmx{self.heap}\n")
        # In a session of its own, so that Ctrl-C reaches it through `stop` and not before.
        self.process = subprocess.Popen([SERVERS, "serve", self.version, self.directory / "cfg",
                                         self.directory], stdin=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 60
        while "Mode:" not in self.ask("srvr"):
            if self.process.poll() is not None or time.monotonic() > until:
                log = (self.directory / "log").read_text(errors="replace")
                sys.exit(f"ZooKeeper {self.version} does not serve on port {self.port}:\n{log[-2000:]}")
            time.sleep(0.1)

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.process = self.directory = None
        self.grown.clear()

    def ask(self, word):
        """The answer to a word of four letters; nothing when nobody answers."""
        answer = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall(word.encode())
                while chunk := connection.recv(4096):
                    answer += chunk
        except OSError:
            pass
        return answer.decode(errors="replace")

    def plant(self, path, znodes, size=100, parents=100):
        """`znodes` with `size` bytes each, spread below so many parents below `path`."""
        quietly(self.raw("plant", path, znodes, size, parents))

    def empty(self, path):
        """A new `path` without children."""
        subprocess.run(self.zkx("--yes", "--max-nodes", 10 << 20, "deleteall", path),
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        quietly(self.zkx("create", path))

    def once(self, path, plant):
        """Plants `path` unless that was done."""
        if path not in self.grown:
            plant()
            self.grown.add(path)

    def zkx(self, *words):
        return [str(ZKX), "--server", self.address, "--quiet", *map(str, words)]

    def raw(self, *words):
        return [str(CEILING), self.address, *map(str, words)]

    def library(self, *words):
        return [str(TARGET / "examples/library"), self.address, *map(str, words)]

    def kazoo(self, *words):
        return [str(VENV / "bin/python"), str(DEV / "measure/peers.py"), self.address, *map(str, words)]

    def zk_shell(self, words):
        return [str(VENV / "bin/zk-shell"), "--run-once", words, self.address]

    def zkcli(self, *words, heap="256m"):
        """zkCli; the class path of the newest server is in the environment."""
        return ["java", f"-Xmx{heap}", f"-Djute.maxbuffer={REPLY}",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "org.apache.zookeeper.ZooKeeperMain", "-server", self.address, *map(str, words)]

    def behind(self, port):
        """The same server by way of another port."""
        return Server(self.version, port, self.heap)


class Rig:
    """The servers: a new one, an old one, and one for a million znodes."""

    def __init__(self, port):
        self.new = Server("3.9.5", port, "1g")
        self.old = Server("3.4.14", port + 1, "1g")
        self.big = Server("3.9.5", port + 2, "3g")
        self.port = port
        self.servers = [self.new, self.old, self.big]

    def provision(self):
        """Builds zkx and what it is measured with, and fetches what it is compared with."""
        versions = sorted({server.version for server in self.servers})
        quietly([SERVERS, "provision", *versions])
        os.environ["CLASSPATH"] = subprocess.check_output(
            [SERVERS, "classpath", self.new.version], text=True).strip()
        if not (VENV / "bin/zk-shell").exists():
            quietly([sys.executable, "-m", "venv", VENV])
            # zk-shell is from 2023: it needs what Python no longer brings along.
            quietly([VENV / "bin/pip", "install", "--quiet", "kazoo", "zk-shell", "setuptools<81"])
        build = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", "zkx",
                 "--example", "ceiling", "--example", "library"]
        if subprocess.run(build, cwd=ROOT).returncode:
            sys.exit("zkx cannot be built")


def quietly(command):
    """Runs what is not measured; what it says is only of interest when it fails."""
    command = list(map(str, command))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}exit {done.returncode}")
