"""Write schemas/vectors/*.json from fixed seeds and times.

    python tools/gen_vectors.py [--check]

With --check nothing is written, and the exit status is 1 where a file differs. schemas/vectors/README.md says how the
files are used; what each case expects is written by hand in the modules `vectors_…`, not taken from the package.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import (  # noqa: E402
    vector_schema,
    vectors_admit,
    vectors_bundle,
    vectors_bytes,
    vectors_event,
    vectors_false_map,
    vectors_files,
    vectors_log,
    vectors_proofs,
    vectors_record,
    vectors_tree,
)
from tools.gen_format import write  # noqa: E402
from tools.vector_case import Document, dumped  # noqa: E402

FOLDER = "schemas/vectors"

FAMILIES: Final[Mapping[str, Callable[[], Document]]] = {
    "canonical": vectors_bytes.canonical,
    "text": vectors_bytes.text,
    "fold": vectors_bytes.fold,
    "event": vectors_event.events,
    "record": vectors_record.records,
    "signature": vectors_record.signatures,
    "draft": vectors_files.drafts,
    "keyfile": vectors_files.key_files,
    "tree": vectors_tree.tree,
    "checkpoint": vectors_tree.checkpoint,
    "batch": vectors_proofs.batches,
    "receipt": vectors_proofs.receipts,
    "pin": vectors_proofs.pins,
    "conflict": vectors_proofs.conflicts,
    "falsemap": vectors_false_map.false_maps,
    "map": vectors_tree.completeness_map,
    "digest": vectors_tree.digests,
    "bundle": vectors_bundle.bundles,
    "admit": vectors_admit.admissions,
    "log": vectors_log.logs,
}


def contents() -> Iterator[tuple[str, str]]:
    """(path, content) of every file that this program writes."""
    for family, make in FAMILIES.items():
        yield f"{FOLDER}/{family}.json", dumped(make())
    yield f"{FOLDER}/schema.json", json.dumps(vector_schema.schema(), ensure_ascii=False, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Run. Exit status."""
    check = argv[1:] == ["--check"]
    if argv[1:] and not check:
        print(__doc__, file=sys.stderr)
        return 2
    different = write(contents(), check=check)
    for path in different:
        print(f"{'differs' if check else 'written'}: {path}")
    return 1 if check and different else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
