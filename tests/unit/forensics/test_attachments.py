"""A file is held against what a record says of it, as it was opened."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from chainlog.errors import UsageError, VerificationError
from chainlog.forensics import plain_file
from chainlog.forensics.attachments import check_attachment


class Named(NamedTuple):
    name: str
    size: int
    sha256: bytes


def of(data: bytes, name: str = "回执.txt") -> Named:
    return Named(name, len(data), sha256(data).digest())


def test_content_counts_and_not_the_name(tmp_path):
    (tmp_path / "file").write_bytes(b"received")
    assert check_attachment(tmp_path / "file", [of(b"returned"), of(b"received", "b"), of(b"")]) == "b"
    for others in ([of(b"returned")], [of(b"receive")], []):
        with pytest.raises(VerificationError) as caught:
            check_attachment(tmp_path / "file", others)
        assert not caught.value.text("zh").isascii()


def test_what_is_no_plain_file_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_bytes(b"received")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("link", "fifo", ".", "nowhere"):
        with pytest.raises(UsageError):
            check_attachment(tmp_path / name, [of(b"received")])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_another_file_put_under_the_name_meanwhile_is_not_waited_for(tmp_path, monkeypatch):
    """Looked at as a plain file, and a FIFO when it is opened: nobody ever writes into it."""
    file = tmp_path / "file"
    file.write_bytes(b"received")
    real = os.open

    def slow(path, flags, *rest):
        file.unlink()
        os.mkfifo(file)
        assert flags & os.O_NONBLOCK
        return real(path, flags, *rest)

    monkeypatch.setattr(plain_file.os, "open", slow)
    with pytest.raises(UsageError):
        check_attachment(file, [of(b"received")])


def test_a_file_that_grows_is_not_read_to_its_end(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"received")
    read = []

    class Attachments(list[Named]):
        def __iter__(self):
            # Between the look at its size and reading it.
            if not read:
                file.write_bytes(b"received" * 1_000)
            read.append(1)
            return super().__iter__()

    with pytest.raises(VerificationError):
        check_attachment(file, Attachments([of(b"received")]))
