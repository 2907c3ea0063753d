"""Object stores: obstore's own in memory, and a server that speaks as much of S3 as an export needs and keeps a journal."""

from __future__ import annotations

import hashlib
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

import pytest

from chainlog.errors import CheckpointError, ConflictError, ExportError, MissingExtraError, StoreError
from chainlog.forensics.exporting import export_log
from chainlog.proof.export import export_tiles
from chainlog.proof.export_objects import ObjectTarget, object_target
from tests.builders import small_log
from tests.exports import ORIGIN, ListSource
from tests.signers import signer
from tests.tlog_client import Client

obstore = pytest.importorskip("obstore", reason="the extra `export` is not installed")

ROWS = [i.to_bytes(2, "big") for i in range(700)]


@pytest.fixture
def target() -> ObjectTarget:
    return ObjectTarget(obstore.store.MemoryStore(), name="memory")


def content(target: ObjectTarget) -> dict[str, bytes]:
    store = target._store
    paths = [found["path"] for batch in obstore.list(store) for found in batch]
    return {path: bytes(obstore.get(store, path).bytes()) for path in paths}


def test_it_is_written_in_steps(target):
    for size in (5, 256, 700):
        assert export_tiles(ListSource(ROWS[:size]), target).size == size
        reader = Client(content(target).get, origin=ORIGIN, public_key=signer("log").public_key)
        assert reader.prove(size - 1) == ROWS[size - 1]
    assert export_tiles(ListSource(ROWS[:700]), target).files == 0
    assert not [path for path in content(target) if path.startswith("tile/entries/000.p")]


def test_what_stands_there_is_never_written_over(target):
    export_tiles(ListSource(ROWS[:300]), target)
    before = content(target)
    with pytest.raises(CheckpointError, match="300 records, the log 299"):
        export_tiles(ListSource(ROWS[:299]), target)
    with pytest.raises(ExportError):
        export_tiles(ListSource(ROWS[:301], origin=f"draft.tree/{'cd' * 32}"), target)
    assert content(target) == before
    obstore.put(target._store, "tile/entries/001.p/50", b"other")
    with pytest.raises(ExportError, match=r"memory/tile/entries/001\.p/50"):
        export_tiles(ListSource(ROWS[:306]), target)
    assert content(target)["checkpoint"] == before["checkpoint"]


def test_a_checkpoint_that_somebody_else_wrote_meanwhile(target):
    standing = target.read_checkpoint()
    assert standing is None
    target.put_checkpoint(b"one", standing=None)
    with pytest.raises(ConflictError):
        target.put_checkpoint(b"two", standing=None)
    standing = target.read_checkpoint()
    target.put_checkpoint(b"two", standing=standing)
    with pytest.raises(ConflictError):
        target.put_checkpoint(b"three", standing=standing)
    assert content(target) == {"checkpoint": b"two"}


# --- S3 ----------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """One bucket. PUT honours If-None-Match and If-Match; deleting can be forbidden."""

    objects: ClassVar[dict[str, bytes]] = {}
    journal: ClassVar[list[tuple[str, str, str]]] = []
    deleting = True

    def log_message(self, *_):
        pass

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/bucket").lstrip("/")

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    @staticmethod
    def _tag(data: bytes) -> str:
        return f'"{hashlib.md5(data).hexdigest()}"'

    def do_PUT(self):
        data, key = self.rfile.read(int(self.headers["Content-Length"])), self._key()
        condition = next((name for name in ("If-None-Match", "If-Match") if self.headers[name]), "")
        self.journal.append(("PUT", key, condition))
        standing = self.objects.get(key)
        if condition == "If-None-Match" and standing is not None:
            return self._answer(412)
        if condition == "If-Match" and (standing is None or self._tag(standing) != self.headers[condition]):
            return self._answer(412)
        self.objects[key] = data
        return self._answer(200, ETag=self._tag(data))

    def do_GET(self):
        key, query = self._key(), parse_qs(urlsplit(self.path).query)
        if not key:
            prefix = query.get("prefix", [""])[0]
            found = [
                f"<Contents><Key>{escape(name)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                f"<ETag>{escape(self._tag(data))}</ETag><Size>{len(data)}</Size></Contents>"
                for name, data in sorted(self.objects.items())
                if name.startswith(prefix)
            ]
            body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{''.join(found)}</ListBucketResult>"
            return self._answer(200, body.encode(), Content_Type="application/xml")
        data = self.objects.get(key)
        if data is None:
            return self._answer(404)
        return self._answer(200, data, ETag=self._tag(data), Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        """DeleteObjects."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self.deleting:
            return self._answer(403)
        keys = [unescape(key) for key in re.findall("<Key>(.*?)</Key>", body)]
        for key in keys:
            self.objects.pop(key)
        deleted = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode(), Content_Type="application/xml")


@pytest.fixture
def s3() -> Iterator[type[Handler]]:
    handler = type("Bucket", (Handler,), {"objects": {}, "journal": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def options(s3: type[Handler]) -> dict[str, str]:
    return {
        "endpoint": s3.url, "region": "x", "access_key_id": "a", "secret_access_key": "b", "allow_http": "true",
    }  # fmt: skip


@pytest.mark.parametrize("deleting", [True, False])
def test_s3_with_conditions_on_every_write(s3, deleting):
    s3.deleting = deleting
    log = small_log(persons=["p/L"])
    for count in (0, 260):
        for number in range(count):
            log.enrol(f"p/{number}")
        done = export_log(log.handle, "s3://bucket/our/log", options=options(s3))
        assert done.size == 2 + count
    puts = [(key, condition) for method, key, condition in s3.journal if method == "PUT"]
    assert all(key.startswith("our/log/") for key, _ in puts)
    assert [condition for key, condition in puts if key == "our/log/checkpoint"] == ["If-None-Match", "If-Match"]
    assert {condition for key, condition in puts if key != "our/log/checkpoint"} == {"If-None-Match"}
    assert ("our/log/tile/0/000.p/2" in s3.objects) is not deleting

    def fetch(path):
        return s3.objects.get(f"our/log/{path}")

    reader = Client(fetch, origin=log.handle.origin, public_key=signer("log").public_key)
    with log.store.snapshot() as snapshot:
        for index in (0, 1, 255, 256, 261):
            assert reader.prove(index) == snapshot.record(index)


def test_a_store_that_can_t_be_reached(s3):
    with pytest.raises(StoreError):
        object_target("s3://bucket/x", {**options(s3), "endpoint": "http://127.0.0.1:1"}).read_checkpoint()


def test_an_url_that_is_none():
    for url in ("nosuch://x", "s3://", "http://[", "file:///x", "memory:///"):
        with pytest.raises(ExportError):
            object_target(url)
    with pytest.raises(ExportError):
        object_target("s3://bucket", {"nosuch": "x"})


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingExtraError, match=r"chainlog-custody\[export\]"):
        object_target("s3://bucket")
