"""The parts of `scripts/dev/bench`.

`program` starts commands and counts what they use, `rig` knows servers and contenders, `line` is one
comparison with its aims, `report` writes BENCH.md. The lines themselves are in `speed`, `size` and `crowd`.
Beside them are the programs that the lines need: `ceiling`, `library.rs` and `peers.py`.
"""
