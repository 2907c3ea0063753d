"""Fuzz one parser by coverage, with atheris (dependency group `fuzz`).

    python -m tests.fuzz.run TARGET --seconds 60 --seed 1 [--corpus DIR] [--found DIR]

New inputs that reach new code are kept in the corpus directory. An input after which another error leaves the parser than may,
is written below *found*, and the exit status is not 0. `--broken` fuzzes a parser that must be caught: the positive control.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def broken(data: bytes) -> None:
    """A parser with a fault behind a length and a byte."""
    if len(data) > 4 and data[0] == 0x63:
        raise KeyError(data)


def main(arguments: list[str]) -> None:
    """Run it. The fuzzer ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--found", type=Path, required=True)
    parser.add_argument("--broken", action="store_true")
    given = parser.parse_args(arguments)

    import atheris

    if given.broken:
        run, seeds = atheris.instrument_func(broken), [b"c"]
    else:
        with atheris.instrument_imports(include=["chainlog"], enable_loader_override=False):
            from tests.fuzz import targets
        run, seeds = (lambda data: targets.try_one(given.target, data)), targets.seeds(given.target)
    given.corpus.mkdir(parents=True, exist_ok=True)
    given.found.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (given.corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup(
        [
            sys.argv[0], f"-max_total_time={given.seconds}", f"-seed={given.seed}", f"-artifact_prefix={given.found}/",
            "-print_final_stats=1", "-verbosity=0", "-max_len=65536", "-rss_limit_mb=2048", "-timeout=30", str(given.corpus),
        ],
        run,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
