from __future__ import annotations

import functools
import os
import stat
import threading

import pytest

from chainlog.errors import ChainlogError, CheckpointError, FormatError, LimitError, PinError, TextError
from chainlog.limits import PIN_FILE_BYTES_MAX
from chainlog.proof.pin import check_follows, decode_pin, make_pin
from chainlog.proof.pin_file import advance_pin, read_pin, write_new_pin
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.signers import signer

LOG_ID = bytes(range(32))


@functools.cache
def pin(size=4, root=b"r", *, log_id=LOG_ID, name="draft.test", key="log", map_checked=None, verified_by="chainlog 1"):
    origin = f"{name}/{log_id.hex()}"
    note = sign_checkpoint(Checkpoint(origin, size, root * 32), signer=signer(key))
    return make_pin(note, log_key=signer(key).public_key, map_checked=map_checked, verified_by=verified_by)


def test_round_trip():
    for one in (pin(), pin(map_checked=(3, bytes(32))), pin(2**53 - 1, verified_by="")):
        assert decode_pin(one.encoded()) == one
    assert pin().log_id == LOG_ID
    assert (pin().checkpoint.size, pin().checkpoint.root) == (4, b"r" * 32)


def test_every_changed_byte_is_refused():
    data = pin(map_checked=(3, bytes(32))).encoded()
    seen = 0
    for place in range(len(data)):
        for flip in (1, 0x20, 0x80):
            changed = bytearray(data)
            changed[place] ^= flip
            try:
                found = decode_pin(bytes(changed))
            except ChainlogError:
                continue
            # What the verifier says of himself is signed by nobody.
            assert found.note == pin().note
            assert (found.map, found.verified_by) != ((3, bytes(32)), "chainlog 1")
            seen += 1
    assert seen
    for place in range(len(data)):
        with pytest.raises(FormatError):
            decode_pin(data[:place])
    with pytest.raises(FormatError):
        decode_pin(data + b"\0")
    with pytest.raises(LimitError):
        decode_pin(data + bytes(PIN_FILE_BYTES_MAX))


def test_heads_that_are_none():
    with pytest.raises(CheckpointError):
        make_pin(pin().note, log_key=signer("p/A1").public_key)
    with pytest.raises(FormatError):
        make_pin(b"nothing", log_key=signer("log").public_key)
    other = pin()._replace(log_id=bytes(32))
    with pytest.raises(FormatError):
        decode_pin(other.encoded())
    with pytest.raises(FormatError) as caught:
        decode_pin(b"nothing")
    assert caught.value.fields["path"].startswith("$.pin")


@pytest.mark.parametrize("name", ["chainlog\n1", "chainlog\u202e1", "chainlog\x1b[2J", "e\u0301"])
def test_who_verified_is_text_that_can_be_shown(name):
    with pytest.raises(TextError):
        decode_pin(pin(verified_by=name).encoded())


def test_never_backwards():
    check_follows(pin(5, b"s"), pin())
    check_follows(pin(), pin())
    check_follows(pin(5, key="new"), pin(map_checked=None))
    for new, old in (
        (pin(3), pin()),
        (pin(4, b"s"), pin()),
        (pin(5, log_id=bytes(32)), pin()),
        (pin(5), pin(map_checked=(3, bytes(32)))),
        (pin(5, map_checked=(2, bytes(32))), pin(map_checked=(3, bytes(32)))),
    ):
        with pytest.raises(FormatError):
            check_follows(new, old)


# --- files --------------------------------------------------------------------------------------


def test_a_file_is_made_once_and_moved_forward(tmp_path):
    path = tmp_path / "pin"
    assert read_pin(path) is None
    with pytest.raises(PinError):
        advance_pin(path, pin())
    write_new_pin(path, pin())
    assert read_pin(path) == pin()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(PinError):
        write_new_pin(path, pin(5))
    assert advance_pin(path, pin(6)) is True
    assert advance_pin(path, pin(6)) is False
    # Somebody else moved it on meanwhile.
    assert advance_pin(path, pin(5)) is False
    assert read_pin(path) == pin(6)
    # A pin of another log is refused whichever is the larger.
    for bad in (pin(6, b"s"), pin(9, log_id=bytes(32)), pin(3, log_id=bytes(32))):
        with pytest.raises(PinError):
            advance_pin(path, bad)
    assert read_pin(path) == pin(6)
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_hold_no_pin(tmp_path):
    (tmp_path / "text").write_text("a pin?")
    with pytest.raises(FormatError, match="not a pin"):
        read_pin(tmp_path / "text")
    (tmp_path / "large").write_bytes(bytes(PIN_FILE_BYTES_MAX + 1))
    with pytest.raises(LimitError):
        read_pin(tmp_path / "large")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "text")
    for name in (".", "fifo", "link", "text/below"):
        with pytest.raises(PinError):
            read_pin(tmp_path / name)
    for name in ("none/pin", "link"):
        with pytest.raises(PinError):
            write_new_pin(tmp_path / name, pin())


def test_verifiers_at_the_same_time_never_move_it_back(tmp_path):
    path = tmp_path / "pin"
    write_new_pin(path, pin(1))
    heads = [pin(size) for size in range(2, 42)]

    def move(which):
        for one in which:
            advance_pin(path, one)

    threads = [threading.Thread(target=move, args=(part,)) for part in (heads[::2], heads[1::2], heads[::-3])]
    for thread in threads:
        thread.start()
    seen = 0
    while any(thread.is_alive() for thread in threads):
        now = read_pin(path).checkpoint.size
        assert now >= seen
        seen = now
    for thread in threads:
        thread.join()
    assert read_pin(path) == pin(41)
    assert list(tmp_path.iterdir()) == [path]
