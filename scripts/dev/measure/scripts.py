"""Lines about batch scripts: many steps, and a large tree."""

import atexit
import pathlib
import shutil
import tempfile

from .line import Aim, Contender, Race, peak, within

CREATES, NODES, PARENT = 100_000, 20_000, "/bench-scripts"
MOST = 64


def lines(rig):
    return [Steps(rig.new), Tree(rig.new)]


class Work(Race):
    """A script beside kazoo, which creates the same znodes in transactions."""

    def __init__(self, name, title, means, server, znodes, aims):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="zkx-bench-"))
        atexit.register(shutil.rmtree, self.home, ignore_errors=True)
        empty = lambda: server.empty(PARENT)
        script = self.home / "script.yaml"
        run = server.zkx("-o", "ndjson", "run", script)
        super().__init__(name, title, means, [server], before=lambda: self.write(script, znodes), contenders={
            "zkx": Contender([*run, "--journal", self.home / "runs"], 3, prepare=empty),
            "zkx without a journal": Contender([*run, "--journal", "off"], 3, prepare=empty),
            "kazoo": Contender(server.kazoo("bulk", PARENT, znodes, 1), 3, prepare=empty)},
            aims=[*aims, Aim(f"at most {MOST} MB",
                             lambda usages: (f"{peak(usages['zkx']) * 1.048576:.1f} MB",
                                             peak(usages["zkx"]) * 1.048576 <= MOST))])

    def write(self, script, znodes):
        script.write_text(f"zkx: 1\nguard: {{max_changes: {znodes + 10}}}\n" + self.steps(znodes))


class Steps(Work):
    """One write a step, each of them told and journalled."""

    def __init__(self, server):
        super().__init__(
            "script-steps", f"a script that creates {CREATES:,} znodes, a step each",
            "One loop, whose writes zkx gathers into transactions of up to 512; each step writes down what it "
            "intends and what came of it, has its stat looked up, and is told. kazoo sends transactions of 500 creates.",
            server, CREATES, [])

    def steps(self, znodes):
        return (f"steps:\n  - for_each: {{range: [1, {znodes}]}}\n"
                f"    create: {{path: '{PARENT}/n${{ item }}', data: x}}\n")


class Tree(Work):
    """All in one declared tree, which goes out in transactions."""

    def __init__(self, server):
        super().__init__(
            "script-tree", f"`apply` of a tree of {NODES:,} znodes",
            "zkx reads what is there, plans, and creates in transactions, each guarded; kazoo creates in "
            "transactions of 500 without looking.", server, NODES, [within("kazoo", 1.5)])

    def steps(self, znodes):
        nodes = "".join(f"        n{n}: x\n" for n in range(znodes))
        return f"steps:\n  - apply:\n      root: {PARENT}\n      nodes:\n{nodes}"
