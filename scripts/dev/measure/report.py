"""BENCH.md: two parts, each written by its own kind of run."""

import datetime
import os
import pathlib
import platform
import subprocess

from .rig import ROOT, VENV

FILE = ROOT / "BENCH.md"
INTRODUCTION = """\
# Measured

`scripts/dev/bench` writes this file, `scripts/dev/bench --long` its last part. All contenders of a line run
in turn, against the same server, on the machine that the server runs on. The ratios hold; the absolute times
drift with the machine and with what else it does, and so do ratios by some ten per cent: an aim that is met
or missed by less than that is neither. The servers write to disk without waiting for it (`forceSync=no`),
because that wait is the same for all. Times are from before the process starts until after its end, and its
output is read through a pipe. Peak memory is the kernel's figure (`ru_maxrss`); nothing below one MiB can be
told. `× zkx` is how many times as long as zkx the others take.
"""
MARK = "<!-- {} run -->"
PARTS = {"short": "The run of every day", "long": "The long run"}


def section(line, findings):
    """A line with its table and its aims."""
    rows = [f"### {line.name}: {line.title}", "", line.means, "", *table(findings.head, findings.rows)]
    verdicts = [(aim, *aim.judge(findings.facts)) for aim in line.aims]
    if verdicts:
        rows += ["", *table(["aim", "measured", ""],
                            [[aim.text, measured, verdict(met)] for aim, measured, met in verdicts])]
    rows += [f"\n{aim.otherwise}" for aim, _, met in verdicts if not met and aim.otherwise]
    return "\n".join(rows), [(line.name, aim.text, measured, met) for aim, measured, met in verdicts]


def verdict(met):
    return "met" if met else "**missed**"


def table(head, rows):
    return ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]


def first(*command, cwd=ROOT):
    """The first line of what a command says."""
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip().split("\n")[0] if done.returncode == 0 else "unknown"


def commit():
    changed = first("git", "status", "--porcelain", "-uno", "--", ".", ":!BENCH.md")
    return first("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else "")


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def circumstances(rig):
    """What was measured, and where; to be asked before the measuring."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    frozen = subprocess.run([VENV / "bin/pip", "freeze"], stdout=subprocess.PIPE, text=True).stdout
    packages = {name: version for name, version in
                (line.split("==") for line in frozen.split() if "==" in line)}
    return [
        ["date", str(datetime.date.today())],
        ["zkx", commit()],
        ["machine", f"{os.cpu_count()} cores ({processor()}), {memory:.0f} GiB, Linux {platform.release()}"],
        ["load before", f"{os.getloadavg()[0]:.1f} (mean of one minute)"],
        ["ZooKeeper", ", ".join(sorted({server.version for server in rig.servers}))],
        ["Java", first("java", "-version").replace('"', "")],
        ["Rust", first("rustc", "--version")],
        ["Python", f"{platform.python_version()}, kazoo {packages.get('kazoo')}, "
                   f"zk-shell {packages.get('zk-shell', packages.get('zk_shell'))}"],
    ]


def write(part, facts, minutes, sections, verdicts):
    """Writes one part and keeps the other."""
    kept = {name: kept_part(name) for name in PARTS}
    text = [f"## {PARTS[part]}", "", *table(["", ""], [*facts, ["took", f"{minutes:.0f} minutes"]])]
    if verdicts:
        text += ["", *table(["line", "aim", "measured", ""], [
            [line, aim, measured, verdict(met)] for line, aim, measured, met in verdicts])]
    kept[part] = "\n".join([*text, "", "\n\n".join(sections)]).strip()
    marked = [f"{MARK.format(name)}\n{kept[name]}" for name in PARTS if kept[name]]
    FILE.write_text("\n\n".join([INTRODUCTION.strip(), *marked]) + "\n")


def kept_part(name):
    """A part as it stands in the file."""
    text = FILE.read_text() if FILE.exists() else ""
    _, _, text = text.partition(MARK.format(name) + "\n")
    for other in PARTS:
        text = text.partition(MARK.format(other))[0]
    return text.strip()
