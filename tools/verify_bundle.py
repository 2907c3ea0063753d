#!/usr/bin/env python3
"""An independent verifier of the evidence files of the chainlog format, version 1: one file, offline.

Usage: verify_bundle.py FILE [--log-id HEX|FILE] [--log-key HEX|VKEY]... [--genesis FILE] [--witness VKEY]...
                        [--quorum N] [--json]

It is written from the document FORMAT.md alone and shares no code with the package that makes such files; the numbers
in the comments are sections of that document. It needs the standard library and PyNaCl (Ed25519 by libsodium), no
network and no clock. The first bytes of FILE say what it is, and with that what it means that it "holds":

bundle (17)       Genuine, and there are no remarks.
receipt (6.1)     `log-signed`, or `witnessed`; and if witnesses are named, as many cosigned as --quorum says (if it
                  says nothing: all of them).
conflict (16.2),  The file shows what it says of a log, and the keys that signed are known to be the log's. `proved` is
false map (16.3)  false where it also rests on the word of whoever brings it.
pin (16.1)        It is one, and it is of the log that was given, if one was; what it remembers isn't judged.

For all but pins that takes the log id, which isn't in the file but comes from elsewhere, like every key and record 0.

How it goes. Everything is decoded first, by sections 1 to 4 and the file's own; a fault there means that the file is
not what it says. Then the steps of the file's section are taken in their order, up to the first reason to refuse.

Known limits: nobody is asked, not even who made a time stamp.

Exit status: 0 if the file holds; 1 if it is refused, or holds not or not provably; 2 for wrong usage, which includes
what can't be read; 3 if the bytes are malformed.
"""
from __future__ import annotations

import argparse
import base64
import bisect
import collections
import datetime
import functools
import hashlib
import io
import itertools
import json
import lzma
import operator
import os
import re
import stat
import sys
import unicodedata
from collections import namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import nacl.bindings as sodium
import nacl.exceptions

MAX_INT = 2**53 - 1
ZEROS = bytes(32)
MONTH_US = 31 * 86_400_000_000                                      # section 4, for this and the limits below
MAX_RECORD, MAX_BODY, MAX_TEXT, MAX_NOTE = 65_093, 12_288, 1_024, 131_072
MAX_BUNDLE, MAX_WANTED, MAX_RECORDS, MAX_PROOFS, MAX_OPENINGS, MAX_TOKENS = 16_777_216, 256, 4_096, 4_096, 4_096, 16
MAX_MAP_PROOF, MAX_TOKEN, MAX_PATH = 8_265, 65_536, 256
MAX_RECEIPT, MAX_PIN, MAX_CONFLICT, MAX_FALSE_MAP = 262_144, 135_168, 270_336, 540_672
ROLES = {"proposer", "reviewer", "approver", "giver", "receiver", "reader", "operator", "registrar", "escort",
         "supervisor", "witness", "administrator", "recovery", "log"}                                  # 2.9

class Bad(Exception):
    """Bytes that are not what the format demands; `code` is one of appendix B."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail

class Misuse(Exception):
    """What the caller says can't be: exit status 2."""

def need(condition: bool, detail: str, code: str = "malformed") -> None:
    if not condition:
        raise Bad(code, detail)

class Refused(Exception):
    """The reason for which a file is refused, and the index or subject that it is about."""

    def __init__(self, code: str, place: int | str | None, detail: str) -> None:
        super().__init__(f"{code} at {place}: {detail}")
        self.code, self.place, self.detail = code, place, detail

def demand(condition: bool, code: str, place: int | str | None, detail: str) -> None:
    if not condition:
        raise Refused(code, place, detail)

def is_int(value: Any, low: int = -MAX_INT, high: int = MAX_INT) -> bool:
    return type(value) is int and low <= value <= high          # `type`, for True and False are no integers

def is_bin(value: Any, size: int) -> bool:
    return type(value) is bytes and len(value) == size

def is_array(value: Any, low: int, high: int) -> bool:
    return type(value) is list and low <= len(value) <= high

def hashed(prefix: int, data: bytes) -> bytes:
    """H(p || x) of section 0; the prefixes stand in section 10."""
    return hashlib.sha256(bytes([prefix]) + data).digest()

# ---------------------------------------------------------------------- 1.1 canonical MessagePack

# First byte: the type, how many bytes hold the size (of integers: the value), and the least that may stand there.
WIDE = {0xCC: ("int", 1, 2**7), 0xCD: ("int", 2, 2**8), 0xCE: ("int", 4, 2**16), 0xCF: ("int", 8, 2**32),
        0xD0: ("minus", 1, 33), 0xD1: ("minus", 2, 2**7 + 1), 0xD2: ("minus", 4, 2**15 + 1),
        0xD3: ("minus", 8, 2**31 + 1), 0xC4: ("bin", 1, 0), 0xC5: ("bin", 2, 2**8), 0xC6: ("bin", 4, 2**16),
        0xD9: ("str", 1, 32), 0xDA: ("str", 2, 2**8), 0xDB: ("str", 4, 2**16), 0xDC: ("array", 2, 16),
        0xDD: ("array", 4, 2**16), 0xDE: ("map", 2, 16), 0xDF: ("map", 4, 2**16)}
NARROW = {"int": (0, 128), "str": (0xA0, 32), "array": (0x90, 16), "map": (0x80, 16), "bin": (0, 0)}   # first, below

def decode(data: bytes, depth: int = 8) -> Any:
    """The value, if the bytes are its one canonical encoding and nothing follows it.

    What is made of it is bounded: no record has more values in it than bytes, and a bundle has fewer than 45,000.
    """
    try:
        value, end = take(data, 0, depth, iter(range(MAX_RECORD)))
    except (IndexError, UnicodeDecodeError):
        raise Bad("malformed", "bytes are missing, or a text is not UTF-8") from None
    except StopIteration:
        raise Bad("malformed", "more values than any file has") from None
    need(end == len(data), "bytes are missing or left over")
    return value

def take(data: bytes, at: int, depth: int, budget: Iterator[int]) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends. `depth` is how many arrays and maps may still nest, `budget`
    has an element for every value that may still come.

    A text or bin that runs over the end comes out short; the end that is returned then lies beyond the data.
    """
    next(budget)
    first = data[at]
    at += 1
    if first < 0x80:
        return first, at
    if 0xA0 <= first < 0xC0:
        end = at + first - 0xA0
        return data[at:end].decode(), end
    if first == 0xC4:
        end = at + 1 + data[at]
        return data[at + 1:end], end
    if first < 0xA0:
        kind, size = "map" if first < 0x90 else "array", first & 15
    elif first >= 0xE0:
        return first - 256, at
    elif first in (0xC2, 0xC3):
        return first == 0xC3, at
    else:
        kind, width, least = WIDE.get(first) or ("", 0, 1)
        size = int.from_bytes(data[at:at + width], "big", signed=kind == "minus")
        at += width
        need(least <= abs(size) <= MAX_INT and (size < 0) == (kind == "minus"), "a type or form that doesn't occur")
        if kind == "bin":
            return data[at:at + size], at + size
        if kind == "str":
            return data[at:at + size].decode(), at + size
        if kind in ("int", "minus"):
            return size, at
    need(depth > 0, "nested too deep")
    if kind == "array":
        elements: list[Any] = []
        for _ in range(size):
            value, at = take(data, at, depth - 1, budget)
            elements.append(value)
        return elements, at
    fields: dict[str, Any] = {}
    before = ""
    for _ in range(size):
        key, at = take(data, at, 0, budget)
        need(type(key) is str and key > before and is_key(key), "a map key that is none, or their order")
        fields[key], at = take(data, at, depth - 1, budget)
        before = key
    return fields, at

@functools.lru_cache(maxsize=4096)
def is_key(key: str) -> bool:
    """Rule 5."""
    return re.fullmatch("[a-z0-9_]{1,32}", key) is not None

@functools.lru_cache(maxsize=4096)
def header(kind: str, size: int) -> bytes:
    """What stands before the bytes or elements of a value; an integer is nothing but its header."""
    short, limit = NARROW[kind]
    if -32 <= size < limit:
        return bytes([short + size & 0xFF])
    signed = size < 0
    first, width = next((first, width) for first, (of, width, _) in WIDE.items()
                        if of == ("minus" if signed else kind) and -256**width // 2 <= size < 256**width)
    return bytes([first]) + size.to_bytes(width, "big", signed=signed)

def encode(value: Any) -> bytes:
    """canonical(x)."""
    if type(value) is str:
        data = value.encode()
        return header("str", len(data)) + data
    if type(value) is bytes:
        return header("bin", len(value)) + value
    if type(value) is int:
        return header("int", value)
    if type(value) is list:
        return header("array", len(value)) + b"".join(map(encode, value))
    if type(value) is bool:
        return b"\xc3" if value else b"\xc2"
    return header("map", len(value)) + b"".join(encode(key) + encode(value[key]) for key in sorted(value))

def is_sorted(values: list[Any]) -> bool:
    """*Sorted* of 1.1: ascending strictly by the encoded bytes."""
    encoded = list(map(encode, values)) if len(values) > 1 else []
    return all(map(operator.lt, encoded, encoded[1:]))

# ---------------------------------------------------------------------- 1.2 text, 3.1 and 3.2 subjects

REPERTOIRE_SHA256 = "5dc98cb1a5fc177362e9b5adaba87cd1b87142fba9c0a775f3dd7c16328ce1e9"
REPERTOIRE_XZ = """
/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4CWFCktdABGIBwfhoPbq4wEzfpnJYurwKr3/552KAPkFTQ1vA/3+uyZj1BtbNhFVRUHgsXjC10HYGWr6szgx53
qlIw1ZShWEsRtkfVEJ5fZ0OflR0ExOnYljGbGkrDBKXD8XPNEUEoZ6N3QLPVzCegot3H1b7+mXj6WLVwFirarhP49dV2pLVx3p3YbZkO+bX9IBVLzPWi+C
nma/F3M5GQRB/HdFoL00sfkxJWIEg8zPE27zgtjGGS2Phbdm81H9oBpgLkd7eV1UhRDycn+DaP6xDnNW8LbyJcgHXRzy5j04MP40lhypvMF1XQtKGzjbBx
xI5XEokaEdNeNDGEx2JjM2rUNj2/hVgGasnqm8DGdG1mGLV/0H7YAc4D/JNKeJFb0uu/X4FW/K47MACDvJmYnZ5CTOqf4u3OCEWQl8sl5XTvbKw1/hBZNB
YguzkOCH9RofluC9pqTVGob+NaTDKpcv7MVFMwr/0OmopQpjjhoNgMA1vfpmEfgZzO1jYwWwSyj5X3ocXqbHW8glNultI9+LiEt0WhAqxG3YusUwTiPA9g
6ceKLJjD1wnUFqJR12TKZAMv0GloM7EX69Pup77QZLp5w6N5W6JwkQ8r1PRlMOknVxY9fkdOgO5DR3sm2T9s7G6+YuL1/uXiP0mFuxX6gg46EF9W104ZN6
TVOQ9uotZaQBzDUs+kO4cBWHS2x60QrcX9D78o+GRms2QBQx2NHM1C0sCpwq6vTNsZsrbMO9Nm+aFrUdC9zWZA3P+9DSbe5EZ9qX+BANpMsb5xK8i5Oc25
zWaNw9LAQmcWva2x6upEezpV4oiF7K+ZFqBXx3CjxehMFRSDgYM9rQ5BYWMFnqz4KD6P14MVC16xkNv2+ywFpxW2mIA9NZGwhWGbepTqayd/e0a1PtO9Ix
ZxOiFyi+q4b4S/N4KaQbMy3Fw6c6zGXCr0+/x+C5vG44cC6AXodnjvCflksahbz8YvahCruLYN86qEf4Xke3iWZ2YsFU41QKhYnYKhhvujkN/Z5TNWIwUB
jtYM/aim8mStDq0cUzYKUn/VmIkFyQnbf0Wqy3zVWd+VFxbfS7luInmb9FbEfBtdXzr52uIMuwaXtwYB8ZyCfF99o6222/teWsdUBbSkP7hCUUac7bMyKL
ZoTpxcJMM1CoFX7AVC/H5Ivom9H42P1LAqC0tE+ybNRCwkiYJSvD+YTlCgPn1x8mtX3GtheiF7lNOJD4QbWvJbxqr3dbWTTAqDgTNaotEHDo85h8cmCEo/
IhL1eCrGUDq6gfZNTytjx9b47MU3K3EHQz/WQbU53I5fHzN0uCNSAPByQXH4VYngS2WQgSf9SEBtMokyy663yQ5hBxwCU+TieFp/KMcXir/+BoZH2nze/c
YSYvwsi0vVljnkaWFCY3P/KwmQQs/JroisnHr5vGeGcjg4+ayhpvxawjiUcQDWqllQBZ4VGsIT+Kdwqk05Ybw5y744cOIOnO4xHqRI+21X6AnN4GBwIM9y
Blr3SgW/wWnpWokMtxaWhsU8AW1W0RhLk7BeJVNHMlu62vVfHX23V3OnRxmR59XzDuwlOR/SCcPOagR+TMiow3AUC/HoCDGE77pXxfuwk2Y/iR5CG72YVw
6UfrU7hb1Mqf0ynV4bIyEViHCIs/AVDaK/l1oczvzlyN7Ga1hNBaKQfZPZr5gumBeBt++SnZ6saOVvkRWwNlWWWmYcWuA++ej8CDljQA2MDTfvpQzM1NaG
43FcuyqTQKMKksNn5SKIirvMq52T+Yc7FKzPcbb4Ad7IBxj1U1qon760/N07ixMwSro98GGwyMYl77jAVcowDQYqDEyLow6iX9Eh7Le6B2JoLsva/8ecp2
vU8Fhm7ejTX+qMv6K44Y2YmbfBWm7ZNEjTJNOyabNFD6ZsO1J/fX6ieWcEtb4adDLgLtBrmrchezDrpZB7FQS2TcMhuFBJH4ZqB1rwtZPIZ3+6HhnuDI3b
3F+ql++kj7HhilZ0wDwFIgJQNp9DUjPSNX4h0ZZkb4GN/25VhbDt5Zjon2HHgYYpcsqPqtnQvmPt2SnPP7cVCaKddbTQPtWXjIwYVZgIj5Q6Qm7BKCUBl4
F+r3QszGzyzNojNixg20yh/263gx/QBfF7CGm9jmBL7fvTQ22GfMoIX3n5sL2qWprH7K9Kr78iZ2TJF9TlBgBGE912Odm6ySZcpfTp17ajxIfo0vI3828m
OAjigbUGGnkhFkEzt4ZkZ7oQEl1eG+r00RfIxL2td1onbjFwVdah/q0hsO5n7EyEREfHWXWxy/GDyr4GKNtLp5jogKU/DiREV+E0xWhE9lQNvBxtapLynX
aIUvy0bsOX7Sqco8CR3OFmQmI9M/AMEq76TeRWfs5eP8fquKYGsd3Gr8WynrVAE2n8Iy5cGzA3FA2ruwpS2lzaCSTtvY0ISXI97zSi6zCfOwrZMcbPFFom
pfXhxi2VLFDPatzUXfoD88COyxm/vIKAwd7ccDG1XOzOo4Dp8C93vhKprFES5hfgzo0qyU0fr7z3OGOb+nwq97XHgkCtxLfxs+MMb54pTc5SJB8L/+IuDU
btG4EWZ/amLLf/HYnNezRhPxtuABO4jKYWe2MNJNo3TyL/q9JXbvo/hDeVTqbicJcQirkYGdR7mjsffnMJfEHPRyKlmtUcQSbYSwtd7/L16ZcGBTUADySf
X4wuCxKV3RLH+GHfzhIc3O28xmwpLMOQOPh7rg4obc8J34cEnrxjGZvB7wE7iR/6WoyG0VIh4UAiQxalTA0c+hAKfJKhnX/bUsiKJ7LfVHYUBm4JdSvQHn
uc1ahzO31vJ8s7FWcM+iQCgf1F1TqsIWrDdMWCNId6K/WD7zZkJfrLVSSw4gqlF+TAx6ps7SpiQ47X4vqLJ/LxKCeGFGR+12LZgbP+SYU/xYy4GhajaM00
orzKOOW+6jKNSgRSiiTVBH2IytyU50LVzctPHtP7yhpALszIehcwjdYX6o9szvSqhn3b11Fk9ge0EQilW6N1D2MiZrG2nv2zwHvy1UBEQq4kViImH3NWft
NvsWhogHmB48Na4BHVd0seI8C5H8UocAckC1nnZh4N9k4naA77Pq5AW+pUvQedcgAeYjvDGXeyRUZKX/UULl8e4G8H9F/aSyzbLJ6qKJt2M8i8UJ68y2U2
sYbVAeZwgtx2Irj8lXIaYi9eTmEFgu9CctlFe1YizNZ3lzDJ3RjEl0WZWNx1UJTnF5bjPtXNBpfDrjAlo+EXNqtowqIM4rY0418i9CUxxRx2+hvMEo1pjz
hzWXhx7HjfCjmneLu1D/RkF7JBvZ/w9+A0Sfr6iTdndf9BMhDNMAUHnWVz9RHSCTHTgQMMW0pGsp2ZeDqJ7oJlpI/dxgA2ESaNJqghmvzUHEvqiLMjM9R6
cnMMTrzYpkST8m22thKSws1A2kojYQv0HP/Xa3wh3FGkn79BAKfkpHMb4MIxKZ0b8ZeYyDVxoB7f86YhvnkjH3cavxNUuLKe7vZP1qaP8+Hvy4pQ3M4e65
5Cd7k539Icc43QAAAG4Md6pPc4rOAAHnFIZLAABjRYnpscRn+wIAAAAABFla
"""

def load_repertoire() -> re.Pattern[str]:
    """The file repertoire.txt, embedded as it is, as the pattern of a text that has no other code points."""
    data = lzma.decompress(base64.b64decode(REPERTOIRE_XZ))
    if hashlib.sha256(data).hexdigest() != REPERTOIRE_SHA256:
        raise SystemExit("the embedded repertoire is not that of FORMAT.md")
    lines = [line.split("..") for line in data.decode().splitlines() if line and not line.startswith("#")]
    return re.compile("[" + "".join(f"\\U{int(a, 16):08x}-\\U{int(b, 16):08x}" for a, b in lines) + "]*")

REPERTOIRE = load_repertoire()
WHITE_SPACE = re.compile("[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]")
BRACKETS = {ord(c): "〔" for c in "([{【〖〔〘〚❲⟦⟬⦅⦗"} | {ord(c): "〕" for c in ")]}】〗〕〙〛❳⟧⟭⦆⦘"}
CAPITALS = {ord(c): c.upper() for c in "abcdefghijklmnopqrstuvwxyz"}
SUBJECT = re.compile("[cdpliuw](/[^/]+)+|s/(admins|log|map|policy)|k/[0-9A-F]{64}")

@functools.lru_cache(maxsize=65_536)
def is_text(text: str, multiline: bool = False) -> bool:
    """1.2; `multiline` is the rule of the field `note`. NFC is stable for all code points of the repertoire."""
    plain = text.replace("\n", "").replace("\t", "") if multiline else text
    return REPERTOIRE.fullmatch(plain) is not None and unicodedata.is_normalized("NFC", text)

def fold(text: str) -> str:
    """3.1, step by step."""
    text = unicodedata.normalize("NFKC", text)
    text = WHITE_SPACE.sub("", text)
    text = text.translate(BRACKETS)
    before, slash, after = text.partition("/")
    if slash and before != "s":
        text = before + slash + after.translate(CAPITALS)
    text = unicodedata.normalize("NFKC", text)
    return re.sub("〕0+(?=[0-9])", "〕", text)

@functools.lru_cache(maxsize=65_536)
def subject_fault(text: str) -> str:
    """3.2: the code that a text deserves which is no subject, or nothing."""
    if len(text.encode()) > 120 or not is_text(text):
        return "malformed"
    return "" if SUBJECT.fullmatch(text) and fold(text) == text else "not-folded"

def need_subject(value: Any, prefixes: str, what: str) -> None:
    """`value` is a subject with one of the prefixes (3.3, last paragraph)."""
    need(type(value) is str, f"{what} is no text")
    fault = subject_fault(value)
    need(not fault, f"{what} is no subject", fault)
    need(value[0] in prefixes, f"{what} is a subject of another prefix")

def key_subject(key: bytes) -> str:
    return "k/" + key.hex().upper()

# ---------------------------------------------------------------------- appendix A, transcribed

# A field is `name type`, with `?` behind the name if it may be absent. `[t]` is a list of 0 to 256, `[t] a-b` of a to
# b; `[t, u]` an array of exactly these; `one of` an enumeration; every other word a type of A.1.
TYPE_TABLE = """
level = one of 绝密 机密 秘密 内部 无密 未标
form = one of document material drawing periodical cipher_telegram audio_video optical_disc floppy hard_disk usb_stick
    memory_card computer laptop office_machine volume register_book exam_paper draft other
channel = one of by_hand confidential_post confidential_traffic exchange classified_network coded meeting phone
    ordinary_post courier freight internet email fax messaging
phase = one of in_stock in_transit in_circulation on_loan held out in_repair recalled pending_destruction
    destruction_approved sent_for_destruction missing issued_out returned_to_issuer archived destroyed lost
step = one of proposed reviewed approved checked rejected completed
condition = one of intact missing_pages damaged altered unbound
Cover = map wrapped bool; level level; number str; addressee Text
Document = map title Text; type? str; issuer U; level level; doc_no? Text; term? str; issue_date? date; tier? str;
    classifier? U; classification? one of original derived; derived_from? [D]; copies? count; pages? count; series?
    str; owner? U; urgency? one of urgent soon ordinary; no_copy? bool; no_record? bool; return_required? bool;
    return_due? date
Extra = map label str; document? D; copy_no? str
Item = map carrier C; form form; document? D; copy_no? str; pages? count
ListItem = map carrier C; reason? one of no_longer_needed scrapped meeting leaver declassified_unpublished copy other
OpeningItem = map carrier C; form form; level level; phase phase; row count; document? D; copy_no? str; pages? count;
    term? str; holder? P; place? W
Policy = map profile str; version str; effective_at time; parameters [[str, [str] 0-64]] 0-512; refuse [str];
    document_no? str
Scope = map persons? [P]; posts? [str] 0-64; units? [U]
attachment = map name Text; size count; sha256 hash
holiday = [str, date, date]
log elsewhere = [hash, count, hash]
part = map number count; of count; whole hash
record elsewhere = [hash, count, hash, subject]
recovery = map keys [[P, key]] 2-7; threshold count
source = map cells hash; sha256 hash; sheet str; row count
"""
# A.2.
COMMON = """
place? W; late_reason? Text; source? source; stated? [[str, Text]] 1-32; copies_unnumbered? count; attachments?
    [attachment] 1-16; note? Text
"""
# A.3: kind | subjects | moves | fields. Kinds below the line `registry` are registry events (5.4).
KIND_TABLE = """
created.received | c+ d* | c | level level; items [Item]; sender U; channel channel; listed count; found count; seal
    one of intact broken none; delivery_no? str; obtained_at? time; origin_record? record elsewhere
created.produced | c+ d | c | level level; items [Item]; device? C; licence_no? str; distribution? [P/U]; spoiled?
    count
created.equipment | c | c | level level; form form; number str; register str; serial count; unit U; term? str; model?
    str; serial_no? str; capacity? str; purpose? Text; network? one of standalone classified internal internet;
    protected? bool; no_copy? bool
created.entered | c+ d* | c | level level; items [Item]; reason one of byproduct volume book exam discovered other;
    term? str
created.opening | c+ d* | c | items [OpeningItem]
registered.document | d+ c* | - | register str; serial count; document? Document; items? [Item]
registered.void | u | - | register str; serial count; reason Text
marked | c+ | c | text str; position one of top_left top_right cover label title other
transferred.circulate | c+ l? | c list | mode one of face_to_face left_on_desk exchange_box other; folder_no? str;
    due? time
transferred.lend | c+ | c | purpose Text; depth one of read excerpt copy take_away; due? time; pages? count;
    introduction_no? str
transferred.hold | c+ | c | reason Text; due? time
transferred.take_out | c+ | c | destination W; reason Text; due? time; measures? [str] 0-16
transferred.dispatch | c+ d* | c | to U; channel channel; cover? Cover; post_no? str
transferred.receipt | c+ l? | c list | found count; receipt_no? str
transferred.hand_over | c+ l? | c list | reason one of leaving reassignment interdepartmental passing_on gift
    dissolution; to? U; part? part
transferred.store | c+ | c |
transferred.repair | c+ | c | to U; data one of removed erased kept; agreement_no? str
transferred.send_to_destruction | c+ l | c list | to U; receipt_no? str
transferred.archive | c+ d* | c | volume C; file_no str; copy_no? str; pages? count; forms? [str] 0-64
returned.to_keeper | c+ l? d* | c list | reason one of reading loan take_out meeting recall; pages? count; condition?
    condition
returned.from_repair | c+ | c | work? Text; before? Text; after? Text
returned.to_issuer | c+ d* l? | c list | to U; receipt_no? str; part? part
copied.made | c+ d* | c | method one of copy print photograph scan burn backup excerpt compile; parents [C] 0-224;
    items [Item]; level level; device? C; stamped? bool; purpose? Text; term? str; extent? Text; due? time; document?
    Document
copied.stored | c+ d* | - | what Text; level level; form_no? str; device? C; documents? [D]
destroyed.carriers | c+ d* l? | c list | method one of pulp shred burn crush smelt degauss disintegrate delete format
    sell give_away discard; unit? U; device? C; part? part
destroyed.byproducts | d | - | count count; what Text
destroyed.contents | c+ | c | method one of erase overwrite degauss remove_disk delete format; certificate_no? str
listed.added | l c* u? | l | purpose one of destroy clear recall hand_over inventory; items [ListItem]; total count;
    part? part; due? time
listed.withdrawn | l c+ | l | reason Text
decided.classify | d+ or c+ | d | step step; by? U; level level; term? str; basis? Text; special_basis? Text;
    classification? one of original derived; scope? Scope
decided.reclassify | d+ or c+ | d | step step; by? U; change one of raised lowered extended shortened declassified;
    level level; term? str; ground? one of harm_changed reach_changed harmless beneficial expired terms_met;
    authority_doc? str
decided.scope | d+ | d | step step; by? U; change one of set extended; scope Scope
decided.route | d+ | - | step step; by? U; recipients? [P/U]; slip_no? str; slip_header? Text
decided.permit | c+ or d+ or l or u | list | step step; by? U; act one of make make_outside copy excerpt lend take_out
    read_outside consult store_content repair destroy transfer archive publish open system_change waive_return abroad;
    purpose? Text; form_no? str; count? count; until? time; where? W; to? [P/U]; depth? one of read excerpt copy
    take_away; whole? hash
accessed.read | c+ or d+ | - | how one of read consult heard; out_at? time
accessed.connected | c2 | - | device C
accessed.entered | w | - | out_at? time
checked.count | d or l | - | expected count; actual count; copy_nos? [str] 0-1000
checked.inventory | l c* d* u or l c* d* w | - | occasion one of regular holiday handover special; found [C]; extra?
    [Extra] 0-64; holder? P; part? part
checked.carrier | c+ | - | reason one of return take_out repair other; passed bool; pages? count; condition? condition
checked.inspection | u or d+ or c+ | - | topic one of full special self classification secrecy_term day_end accounts;
    findings? Text
checked.fetch | u | - | station U; count count; vehicle? str; back_at? time
reported.incident | i? c* d* | c | what one of missing found lost discrepancy leak breach fault change; discovered_at?
    time; happened_at? time; expected? count; actual? count; to? [P/U]
reported.upward | i+ | - | to [P/U] 1-256; report_no? str
reported.handled | i+ | - | step one of remedied investigation_opened investigation_closed rectification_ordered
    rectified; due? time; outcome? Text
notified.sent | c* or d+ or l or u | - | topic one of collect recall level_change urge no_record departure other; to
    [P/U]; channel channel; letter_no? str; due? time; names_title? bool; text_sha256? hash
notified.filed | c+ or u | - | to U; what one of equipment_register classification_report disposal_report statistics;
    period? str; figures? [[str, count]] 0-64
notified.published | d+ or c+ or u | - | how one of website archive_opened press; site? str
corrected.field | target | c l | field str; old json; new json; reason Text
corrected.void | target | c l | reason Text
countersigned | target | - | reason? Text
registry
declared.unit | u | - | unit U; name Text; type one of own section superior peer subordinate authority exchange
    printer repairer destroyer shop other; parent? U; tier? str; authority? level; max_level? level; designated? [one
    of print repair destroy] 0-3; licence_no? str; agreement_no? str; abroad? bool; valid_from? date; valid_to? date
declared.place | w | - | place W; name Text; type one of secure_room confidential_office reading_room archive
    archive_store print_room compliant_office office meeting_room print_site repair_site destruction_site exchange
    other_unit public home abroad shop iron_cabinet coded_cabinet safe; unit? U; inside? W; max_level? level; mixed?
    bool; licence_no? str; valid_from? date; valid_to? date
declared.person | none | registry | person P; name Text; unit U
declared.calendar | s/log | registry | year count; holidays [holiday] 0-64; workdays [date] 0-64; authority_doc? str
declared.meeting | l | - | list L; starts_at time; ends_at time; attendees [P]
appointed.post | d? l? | registry | person P; post str; over U/W/D/L; valid_from date; valid_to? date; document_no?
    str
appointed.level | none | registry | person P; what one of clearance authority; level level; valid_from date; valid_to?
    date; document_no? str
appointed.credential | none | registry | person P; what one of certificate undertaking training cooling_off;
    valid_from date; valid_to? date; document_no? str
dismissed | d? l? | registry | person P
departed | none | registry | person P; reason Text
enrolled | none | registry | person P; key key; proof signature
revoked | none | registry | person P; key key; reason one of retired lost compromised; doubt_from? count
administered | s/admins | registry | administrators [[P, key]] 2-8; threshold count
log_key_changed | s/log | registry | old key; new key; proof signature; lost? bool
log_opened | s/admins s/log s/policy | registry | name str; title? Text; log_key key; administrators [[P, key]] 2-8;
    threshold count; recovery? recovery; unit U; utc_offset_minutes int; policy Policy; nonce hash; previous? log
    elsewhere
policy_adopted | s/policy | registry | profile str; version str; effective_at time; parameters [[str, [str] 0-64]]
    0-512; refuse [str]; document_no? str
index_committed | s/map | registry | map_root hash; size count; subjects count
erased | target | - | path str; reason Text
recovered | s/log | registry | lost_from count; known_size count; known_root hash; reason Text
format_adopted | s/log | registry | version count
log_closed | s/log | registry | successor str
"""
Check = Callable[[Any, list[str], str], None]       # of a value; with the event's subjects, and the field's name

# Alternatives of subjects, each a list like ["c+", "d*"]; what it moves; the check of its body; whether `items` may not
# be absent; whether it is a registry event.
Kind = namedtuple("Kind", "rows moves check every_item registry")

def table_lines(table: str) -> list[str]:
    """The entries of a table; a line that begins with a space goes on with the line before."""
    return re.sub("\n +", " ", table.strip()).split("\n")

def split_fields(text: str) -> dict[str, str]:
    """name, with its `?` -> type."""
    return dict(entry.split(" ", 1) for entry in text.split("; ")) if text else {}

def check_of_type(text: str, types: dict[str, Check]) -> Check:
    """The check that a value is of the type, which is written as in the tables."""
    if text in types:
        return types[text]
    if text.startswith("map "):
        return check_of_fields(split_fields(text[4:]), types)
    if text.startswith("["):
        return check_of_list(text, types)
    if text in ("C", "D", "L"):
        return functools.partial(check_position, text.lower() + "/")
    if text in ("P", "U", "W", "P/U", "U/W/D/L", "subject"):
        prefixes = "cdpliuw" if text == "subject" else text.lower().replace("/", "")
        return lambda value, subjects, name: need_subject(value, prefixes, name)
    codes = text[7:].split(" ") if text.startswith("one of ") else []
    fits = PLAIN[text] if not codes else lambda value: type(value) is str and value in codes

    def check_plain(value: Any, subjects: list[str], name: str) -> None:
        if not fits(value):
            raise Bad("malformed", f"{name} is not of its type")
    return check_plain

def is_string(value: Any, multiline: bool = False) -> bool:
    return type(value) is str and is_text(value, multiline) and 1 <= len(value.encode()) <= MAX_TEXT

def is_sealed(value: Any) -> bool:
    """Section 8."""
    return type(value) is dict and list(value) == ["sealed"] and is_bin(value["sealed"], 32)

def is_date(text: str) -> bool:
    """2.11."""
    try:
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False

PLAIN: dict[str, Callable[[Any], bool]] = {
    "Text": lambda value: is_string(value) or is_sealed(value),
    "Note": lambda value: is_string(value, True) or is_sealed(value),
    "str": lambda value: is_string(value) and len(value) <= 256,
    "json": is_string,
    "date": lambda value: is_string(value) and is_date(value),
    "int": is_int,
    "time": is_int,
    "count": lambda value: is_int(value, 0),
    "bool": lambda value: type(value) is bool,
    "hash": lambda value: is_bin(value, 32),
    "signature": lambda value: is_bin(value, 64),
    "key": lambda value: is_array(value, 2, 2) and is_int(value[0], 1, 1) and is_bin(value[1], 32),
}

def check_position(prefix: str, value: Any, subjects: list[str], name: str) -> None:
    """3.3 point 4."""
    need(is_int(value, 0), "a position that is none")
    fits = value < len(subjects) and subjects[value].startswith(prefix)
    need(fits, "a position of another thing", "subjects-mismatch")

def check_of_list(text: str, types: dict[str, Check]) -> Check:
    """`[t, u]` has exactly these elements, `[t] a-b` a to b of one type."""
    inner, _, bounds = text[1:].rpartition("]")
    first, comma, others = inner.partition(", ")
    if comma and not inner.startswith("["):
        checks = [check_of_type(part, types) for part in ([first, others] if "[" in others else inner.split(", "))]
        low = high = len(checks)
    else:
        low, high = map(int, (bounds.strip() or "0-256").split("-"))
        checks = [check_of_type(inner, types)] * high

    def check_list(value: Any, subjects: list[str], name: str) -> None:
        need(is_array(value, low, high), "a list of another length, or none")
        for check, element in zip(checks, value, strict=False):
            check(element, subjects, name)
    return check_list

def check_of_fields(fields: dict[str, str], types: dict[str, Check]) -> Check:
    checks = {name.rstrip("?"): check_of_type(text, types) for name, text in fields.items()}
    required = {name for name in fields if not name.endswith("?")}

    def check_map(value: Any, subjects: list[str], name: str) -> None:
        if type(value) is not dict or not required <= value.keys() <= checks.keys():
            raise Bad("malformed", f"{name} is no map, lacks a field, or has an unknown one")
        for key, element in value.items():
            checks[key](element, subjects, key)
    return check_map

def load_kinds() -> dict[str, Kind]:
    types: dict[str, Check] = {}
    for line in table_lines(TYPE_TABLE):
        name, _, text = line.partition(" = ")
        types[name] = check_of_type(text, types)
    common = split_fields(table_lines(COMMON)[0]) | {"note?": "Note"}       # 1.2: it may hold newlines and tabs
    kinds: dict[str, Kind] = {}
    ordinary, _, registry = KIND_TABLE.partition("registry\n")
    for line in table_lines(ordinary) + table_lines(registry):
        name, rows, moves, text = (part.strip() for part in line.split("|"))
        own = split_fields(text)
        fields = {key: of for key, of in common.items() if key.rstrip("?") not in own} | own
        alternatives = [row.split() for row in rows.split(" or ")] if rows != "none" else [[]]
        kinds[name] = Kind(alternatives, moves.split(), check_of_fields(fields, types), "items" in own,
                           f"\n{name} |" in "\n" + registry)
    return kinds

KINDS = load_kinds()
TARGET = [["target"]]

# ---------------------------------------------------------------------- 2.2, 2.9, 3.3 events

EventParts = namedtuple("EventParts", "kind id occurred subjects people refs expires body raw spec")

class Event(EventParts):
    """The elements of 2.2, its bytes, and its Kind: None if that is unknown."""
    __slots__ = ()

    def tools(self) -> set[int]:
        """3.3 point 7: the positions of tools, containers, originals."""
        body = self.body
        named = {body[name] for name in ("device", "volume") if name in body} | set(body.get("parents", []))
        return named - {item["carrier"] for item in body.get("items", [])} if named else named

    def moves(self) -> set[str]:
        """2.12: what the event moves."""
        if self.spec is None or "copies_unnumbered" in self.body:
            return set()
        if "registry" in self.spec.moves:
            moved = {subject for subject in self.subjects if subject.startswith("s/")}
            return moved | ({self.body["person"]} if "person" in self.body else set())
        if self.kind == "reported.incident" and self.body["what"] not in ("missing", "found", "lost"):
            return set()
        tools = self.tools()
        return {subject for position, subject in enumerate(self.subjects)
                if subject[0] in self.spec.moves and position not in tools}

    def guards(self) -> set[str]:
        lists = self.spec is not None and "list" in self.spec.moves
        return self.moves() | {subject for subject in self.subjects if lists and subject.startswith("l/")}

    def pairs(self) -> list[tuple[str, bytes]]:
        """(person, public key) of `administrators`, then of `recovery`."""
        recovery = self.body.get("recovery", {}).get("keys", [])
        return [(person, key[1]) for person, key in self.body.get("administrators", []) + recovery]

KIND_FORM = re.compile("[a-z_]+(\\.[a-z_]+)?(/[0-9]{1,2})?")

def parse_event(raw: bytes) -> Event:
    parts = decode(raw, 9)              # 1.1 rule 6: the body, at depth 2, is counted by itself
    need(is_array(parts, 8, 8), "an event has eight elements")
    kind, event_id, occurred, subjects, people, refs, expires, body = parts
    need(type(kind) is str and len(kind) <= 64 and KIND_FORM.fullmatch(kind) is not None, "the kind has not its form")
    spec = KINDS.get(kind)
    need(is_bin(event_id, 16) and is_int(expires, 0) and type(body) is dict, "id, expires_at_us or body")
    need(occurred == [] or is_array(occurred, 2, 2) and is_int(occurred[0]) and is_int(occurred[1], 0), "occurred")
    check_subjects(subjects, 256 if spec is None or spec.rows == TARGET else 240)
    check_people(kind, people, spec is not None)
    need(is_array(refs, 0, 16), "more than 16 references")
    for ref in refs:
        need(is_array(ref, 2, 2) and is_bin(ref[0], 16) and is_bin(ref[1], 32), "a reference that is none")
    need(is_sorted(refs) and len({ref[0] for ref in refs}) == len(refs), "references out of order or twice")
    need(len(raw) <= MAX_BODY or len(encode(body)) <= MAX_BODY, "the body is too long")
    event = Event(kind, event_id, occurred, subjects, people, refs, expires, body, raw, spec)
    persons = {person for _, person, _ in people if person != "s/log"}
    if spec is None:
        need(persons <= set(subjects), "a person is no subject", "subjects-mismatch")
        check_texts(body, True)
    else:
        spec.check(body, subjects, "body")
        if spec.rows == TARGET:         # point 6; the act referred to is looked up in 17.7
            need(len(refs) == 1 and persons <= set(subjects), "one act, and its persons", "subjects-mismatch")
        else:
            check_which_subjects(event, spec, persons)
    return event

def check_texts(value: Any, top: bool = False, multiline: bool = False) -> None:
    """Section 11: in the body of an unknown kind, only form and texts are judged."""
    if type(value) is str:
        need(is_text(value, multiline) and len(value.encode()) <= MAX_TEXT, "a text of the body is none")
    for element in value if type(value) is list else []:
        check_texts(element)
    for name, element in value.items() if type(value) is dict else []:
        check_texts(element, False, top and name == "note")

def check_subjects(subjects: Any, most: int) -> None:
    """3.2, and the limits of 3.3."""
    need(is_array(subjects, 1, most), "too many subjects, or none")
    for subject in subjects:
        need(type(subject) is str, "a subject is no text")
        fault = subject_fault(subject)
        need(not fault, "a subject against section 3.2", fault)
    need(is_sorted(subjects), "subjects out of order or twice")
    need(len(subjects) <= 224 or sum(s[0] != "p" for s in subjects) <= 224, "more than 224 subjects not persons")

def check_people(kind: str, people: Any, known: bool) -> None:
    """2.9."""
    need(is_array(people, 1, 32), "1 to 32 people")
    for entry in people:
        need(is_array(entry, 3, 3) and is_role(entry[0]) and is_int(entry[2], 0, 2), "an entry of people")
        role, person, signs = entry
        need(not known or role in ROLES, "a role that is not on the list")
        if role == "log" or person == "s/log":
            need(entry == ["log", "s/log", 1], "the log stands only as [log, s/log, 1]")
            need(not known or kind in ("log_opened", "log_key_changed", "index_committed"), "the log out of place")
        else:
            need_subject(person, "p", "a person")
    need(is_sorted(people), "people out of order")
    need(len({(role, person) for role, person, _ in people}) == len(people), "a person twice in one role")
    need(sum(signs for _, _, signs in people) <= 16, "more than 16 signatures")
    need(kind != "index_committed" or people == [["log", "s/log", 1]], "in index_committed the log stands alone")

def is_role(role: Any) -> bool:
    return type(role) is str and (role in ROLES or re.fullmatch("[a-z_]{1,24}", role) is not None)

def check_which_subjects(event: Event, spec: Kind, persons: set[str]) -> None:
    """3.3; point 4 was checked with the fields."""
    def fits(condition: bool, point: str) -> None:
        need(condition, f"3.3 point {point}", "subjects-mismatch")

    body, subjects, pairs = event.body, event.subjects, event.pairs()
    persons |= {person for person, _ in pairs} | ({body["person"]} if "person" in body else set())
    keys = {key for _, key in pairs} | {body[name][1] for name in ("key", "old", "new", "log_key") if name in body}
    fits({s for s in subjects if s[0] == "p"} == persons, "1: persons")
    fits({s for s in subjects if s[0] == "k"} == {key_subject(key) for key in keys}, "2: keys")
    others = [s for s in subjects if s[0] not in "pk"]
    unnumbered = "copies_unnumbered" in body
    prefixes = tuple(s if s[0] == "s" else s[0] for s in others)
    fits(fits_a_row(event.kind, prefixes, unnumbered), "3: no row of appendix A fits")
    about = {"declared.unit": "unit", "declared.place": "place", "appointed.post": "over"}.get(event.kind)
    if about:
        taken = any(body[about][0] == token[0] for row in spec.rows for token in row)
        fits(others == ([body[about]] if taken else []), f"5: not about `{about}`")
    carriers, tools = {p for p, s in enumerate(subjects) if s[0] == "c"}, event.tools()
    items = [item["carrier"] for item in body.get("items", [])]
    fits(len(set(items)) == len(items), "7: two items for one carrier")
    if unnumbered:
        fits(carriers == tools, "3: not only tools beside copies that aren't numbered")
    else:
        fits(not spec.every_item or carriers - tools == set(items), "7: a carrier without item")
        demanded = "c" in spec.moves and all({"c", "c+", "c2"} & set(row) for row in spec.rows)
        fits(not demanded or carriers > tools, "7: nothing but tools")

COUNTS = {"": (1, 1), "2": (2, 2), "?": (0, 1), "*": (0, 256), "+": (1, 256)}

@functools.lru_cache(maxsize=4096)
def fits_a_row(kind: str, prefixes: tuple[str, ...], unnumbered: bool) -> bool:
    """3.3 point 3. Of subjects of the log itself, `prefixes` has the whole."""
    found = collections.Counter(prefixes)
    for row in KINDS[kind].rows:
        bounds = {token: (1, 1) if token[0] == "s" else COUNTS[token[1:]] for token in row}
        bounds = {token if token[0] == "s" else token[0]: count for token, count in bounds.items()}
        if unnumbered and "c" in bounds:
            bounds |= {"c": (0, 256), "d": (1, 256)}
        if found.keys() <= bounds.keys() and all(low <= found[of] <= high for of, (low, high) in bounds.items()):
            return True
    return False

# ---------------------------------------------------------------------- 2.1 records

Record = namedtuple("Record", "index time prev base links event signatures hash")

def parse_record(raw: bytes) -> Record:
    """A record by sections 1 to 4; Bad says what is wrong with it."""
    need(len(raw) <= MAX_RECORD, "a record that is too long")
    parts = decode(raw)
    need(is_array(parts, 8, 8) and is_int(parts[0], 1, 1), "a record has eight elements, the first 1")
    _, index, time, prev, base, links, event_bytes, signatures = parts
    need(is_int(index, 0) and is_int(time, 0) and is_bin(prev, 32), "index, recorded_at_us or prev_hash")
    need(is_array(base, 2, 2) and is_int(base[0], 0) and is_bin(base[1], 32), "the base is none")
    need(type(links) is list and type(event_bytes) is bytes, "links or event")
    for link in links:
        need(is_array(link, 3, 3) and is_int(link[0], 0) and is_int(link[1], 0) and is_bin(link[2], 32), "a link")
    need(is_array(signatures, 1, 16), "1 to 16 signatures")
    for entry in signatures:
        need(is_array(entry, 4, 4) and is_role(entry[0]) and is_bin(entry[1], 32) and is_int(entry[2], 0)
             and is_bin(entry[3], 64), "a signature is none")
    need(is_sorted(signatures), "signatures out of order")
    need(len({(role, key) for role, key, _, _ in signatures}) == len(signatures), "a key twice in one role")
    event = parse_event(event_bytes)
    need(len(links) == len(event.subjects), "not one link for each subject")
    return Record(index, time, prev, base, links, event, signatures, hashed(0, raw))

# ---------------------------------------------------------------------- 2.3 statements, 2.4 signatures

def event_statement(log_id: bytes, base: list[Any], role: str, signed_at: int, event: bytes) -> bytes:
    return encode(["chainlog/v1/event", log_id, base, role, signed_at, event])

def enrol_statement(log_id: bytes, person: str, key: bytes) -> bytes:
    return encode(["chainlog/v1/enrol", log_id, person, 1, key])

def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    """2.4: the rule of crypto_sign_open."""
    if len(key) != 32 or len(signature) != 64:
        return False
    try:
        sodium.crypto_sign_open(signature + message, key)
    except (nacl.exceptions.CryptoError, ValueError):
        return False
    return True

def is_fit_key(key: bytes) -> bool:
    """2.4, last paragraph: a point of the main subgroup."""
    return sodium.crypto_core_ed25519_is_valid_point(key)

# A point plus the point of order 2. A libsodium that takes it for valid is too old for 2.4.
if is_fit_key(bytes.fromhex("13e8f92932d69803aed10577c468e09bd0230258f8101e1d35140658eea7ee80")):
    raise SystemExit("libsodium is older than 30 December 2025: it can't check keys as section 2.4 demands")

# ---------------------------------------------------------------------- 6 checkpoints

# `text` is what is signed; `signatures` are pairs of a name, and key id with signature.
Checkpoint = namedtuple("Checkpoint", "origin size root text signatures")

def canonical_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Bad("malformed", "no base64") from None
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data

def parse_checkpoint(note: bytes) -> Checkpoint:
    """Section 6, as a C2SP signed note; nothing is verified here."""
    need(len(note) <= MAX_NOTE, "a note that is too long")
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise Bad("malformed", "a note that is not UTF-8") from None
    need(all(c >= " " or c == "\n" for c in whole), "a control character in a note")
    text, blank, tail = whole.partition("\n\n")
    lines = text.split("\n")
    need(bool(blank) and whole.endswith("\n") and len(lines) == 3 and lines[0] != "",
         "three lines, a blank one, a newline at the end")
    need(re.fullmatch("[1-9][0-9]{0,15}", lines[1]) is not None and int(lines[1]) <= MAX_INT, "the size")
    root = canonical_base64(lines[2])
    need(len(root) == 32, "the root hasn't 32 bytes")
    matches = [re.fullmatch("— ([^\\s+]+) ([A-Za-z0-9+/]+=*)", line) for line in tail[:-1].split("\n")]
    need(all(matches) and len(matches) <= 100, "a signature line that is none, or more than 100")
    signatures = [(match[1], canonical_base64(match[2])) for match in matches if match]
    need(all(len(data) > 4 for _, data in signatures), "a signature line without a signature")
    return Checkpoint(lines[0], int(lines[1]), root, (text + "\n").encode(), signatures)

def parse_own_checkpoint(note: Any) -> Checkpoint:
    """The same, with the origin that section 6 gives to the checkpoints of a log."""
    need(type(note) is bytes, "a checkpoint that is no bin")
    point = parse_checkpoint(note)
    need(re.fullmatch("[a-z0-9.-]{1,64}/[0-9a-f]{64}", point.origin) is not None, "the origin of the checkpoint")
    return point

def log_of(point: Checkpoint) -> bytes:
    """The log id in the origin, whose form was checked."""
    return bytes.fromhex(point.origin[-64:])

LOG_KEY, COSIGNATURE = 1, 4                                     # the types of signature in a C2SP signed note

def key_id(name: str, key: bytes, of: int = LOG_KEY) -> bytes:
    return hashlib.sha256(name.encode() + bytes([10, of]) + key).digest()[:4]

def parse_verifier_key(text: str, of: int) -> tuple[str, bytes]:
    """Name and public key of `name+key id+base64 of type and key`, as C2SP signed-note writes it."""
    match = re.fullmatch("([^\\s+]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/]+=*)", text)
    need(match is not None, "not a verifier key: name+key id+base64")
    name, digits, encoded = match.groups() if match else ("", "", "")
    data = canonical_base64(encoded)
    need(len(data) == 33 and data[0] == of, f"a verifier key of another type than {of:02x}")
    need(key_id(name, data[1:], of).hex() == digits, "a verifier key whose key id is that of another")
    return name, data[1:]

NOT_SIGNED = "not signed by the log key in force"

def checkpoint_fault(point: Checkpoint, origin: str, key: bytes | None) -> str:
    """Why the checkpoint does not count for this log and log key, or nothing."""
    if point.origin != origin:
        return "its origin is another"
    own = [data for name, data in point.signatures if key and name == origin and data[:4] == key_id(origin, key)]
    if not own:
        return NOT_SIGNED
    return "" if all(verifies(key or b"", point.text, data[4:]) for data in own) else "a signature that isn't true"

def signed_by(point: Checkpoint, key: bytes) -> bool:
    """Whether the key signed the checkpoint as a log key. A line that says so and isn't true refuses it."""
    fault = checkpoint_fault(point, point.origin, key)
    demand(fault in ("", NOT_SIGNED), "checkpoint", None, fault)
    return not fault

def cosigned(point: Checkpoint, witnesses: dict[bytes, str], log_keys: set[bytes]) -> list[dict[str, Any]]:
    """tlog-cosignature v1.0.1: which of the witnesses, key -> name, cosigned, and the latest time that each gives.

    A line with name and key id of one of them that isn't true refuses the checkpoint.
    """
    if witnesses.keys() & log_keys:
        raise Misuse("a witness whose key is the log's")
    times: dict[bytes, int] = {}
    known = {(name, key_id(name, key, COSIGNATURE)): key for key, name in witnesses.items()}
    for name, data in point.signatures:
        key = known.get((name, data[:4]))
        if key is None:
            continue
        time = int.from_bytes(data[4:12], "big")
        text = f"cosignature/v1\ntime {time}\n".encode() + point.text
        demand(len(data) == 76 and verifies(key, text, data[12:]), "checkpoint", None, f"the cosignature of {name}")
        times[key] = max(time, times.get(key, time))
    return [{"name": witnesses[key], "time_s": time} for key, time in times.items()]

def unasked(point: Checkpoint, witnesses: dict[bytes, str]) -> list[str]:
    """The names on further signature lines, of witnesses that nobody asked for."""
    asked = {(name, key_id(name, key, COSIGNATURE)) for key, name in witnesses.items()}
    return sorted({name for name, data in point.signatures if name != point.origin and (name, data[:4]) not in asked})

# ---------------------------------------------------------------------- 6.1 proofs and receipts

Receipt = namedtuple("Receipt", "index record path checkpoint")

# What the caller knows. Log keys: key -> the origin that a verifier key names, or None. `genesis`: record 0, or None.
# Witnesses: key -> name; `quorum`: of how many of them a cosignature is asked for.
Known = namedtuple("Known", "log_id keys genesis witnesses quorum")

def above(node: bytes, sibling: bytes, index: int, last: int) -> tuple[bytes, bool, int, int]:
    """A step of RFC 9162, 2.1.3.2 and 2.1.4.2: the node above, whether the sibling stood left of it, and where it is.

    `index` and `last` are the node's place on its level, and that of the level's last node.
    """
    left = index & 1 == 1 or index == last
    if left:
        while index and not index & 1:                          # a node without a sibling on its right is its parent
            index, last = index >> 1, last >> 1
    return hashed(1, sibling + node if left else node + sibling), left, index >> 1, last >> 1

def inclusion_root(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes | None:
    """The root that the inclusion proof leads to; None if it isn't one for this index and size."""
    node, last = leaf, size - 1
    for sibling in path if index < size else []:
        if last == 0:
            return None
        node, _, index, last = above(node, sibling, index, last)
    return node if index <= last == 0 else None

def is_beginning(size: int, root: bytes, new_size: int, new_root: bytes, path: list[bytes]) -> bool:
    """Whether the consistency proof leads from the one root to the other, 0 < size <= new_size."""
    if size == new_size:
        return not path and root == new_root
    index, last = size - 1, new_size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    hashes = [root, *path] if index == 0 else list(path)        # a whole subtree, which is the older tree, is left out
    if not hashes:
        return False
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        older = hashed(1, sibling + old)
        new, left, index, last = above(new, sibling, index, last)
        old = older if left else old
    return last == 0 and old == root and new == new_root

def parse_receipt(data: Any) -> Receipt:
    """6.1, what a receipt looks like."""
    need(type(data) is bytes and len(data) <= MAX_RECEIPT, "no bytes, or longer than a receipt may be")
    head, blank, note = data.partition(b"\n\n")
    need(bool(blank) and head.isascii(), "no blank line before the checkpoint, or no ASCII above it")
    lines = head.decode().split("\n")
    need(len(lines) > 1 and lines[0] == "c2sp.org/tlog-proof@v1", "not a tlog-proof of version 1")
    record = lines.pop(1)[6:] if lines[1].startswith("extra ") else ""
    need(len(lines) > 1 and re.fullmatch("index (0|[1-9][0-9]{0,15})", lines[1]) is not None, "not a line with the index")
    index, path = int(lines[1][6:]), [canonical_base64(line) for line in lines[2:]]
    need(index <= MAX_INT and all(len(entry) == 32 for entry in path), "an index or a hash that can't be")
    point = parse_own_checkpoint(note)
    demand(bool(record), "receipt", None, "a tlog-proof without a record")
    return Receipt(index, parse_record(canonical_base64(record)), path, point)

def check_receipt(receipt: Receipt, log_id: bytes) -> None:
    """6.1, steps 1 to 4."""
    record, point, index = receipt.record, receipt.checkpoint, receipt.index
    demand(record.index == index, "receipt", index, f"the record is record {record.index}")
    demand(index > 0 or record.hash == log_id, "wrong-log", 0, "it is record 0 of another log")
    need(index > 0 or record.event.kind == "log_opened", "record 0 opens no log")
    demand(log_of(point) == log_id, "wrong-log", index, "the checkpoint is of another log")
    root = inclusion_root(index, point.size, record.hash, receipt.path)
    demand(root == point.root, "proof", index, "it doesn't lead to the root")
    for role, key, signed_at, signature in record.signatures:
        statement = event_statement(log_id if index else ZEROS, record.base, role, signed_at, record.event.raw)
        demand(verifies(key, statement, signature), "bad-signature", index, f"{role}, {key.hex()}")

def first_log_key(known: Known, *records: Record) -> dict[bytes, str]:
    """The log key of record 0, if that is known or among the records, which are of this log; with the origin."""
    found: dict[bytes, str] = {}
    for record in filter(None, (known.genesis, *records)):
        if record.index == 0 and record.event.kind == "log_opened":
            found[record.event.body["log_key"][1]] = f"{record.event.body['name']}/{record.hash.hex()}"
    return found

def verify_receipt(receipt: Receipt, known: Known) -> dict[str, Any]:
    record, point = receipt.record, receipt.checkpoint
    check_receipt(receipt, known.log_id or log_of(point))
    first = first_log_key(known, record)
    signed = [key for key in {**first, **known.keys} if signed_by(point, key)]
    for origin in (*first.values(), *filter(None, known.keys.values())):
        demand(point.origin == origin, "checkpoint", None, f"its origin isn't {origin}")
    demand(known.keys.keys() <= set(signed), "checkpoint", None, NOT_SIGNED)
    witnesses = cosigned(point, known.witnesses, {*first, *known.keys})
    enough = len(witnesses) >= known.quorum
    witnessed = bool(known.witnesses) and enough
    trusted = known.log_id is not None
    reached = "witnessed" if witnessed else "log-signed" if signed else "keys-unproven"
    trust = reached if trusted else "keys-unproven"
    others = unasked(point, known.witnesses)
    return {
        "file": "receipt", "holds": trust != "keys-unproven" and enough, "log_id": log_of(point).hex(),
        "origin": point.origin, "trust": trust, "index": record.index, "record_hash": record.hash.hex(),
        "kind": record.event.kind, "event_id": record.event.id.hex(), "size": point.size, "root": point.root.hex(),
        "log_key": signed[-1].hex() if signed else None, "witnesses": witnesses,
        "not_checked": not_checked(
            (True, "keys", "whose the keys are that signed the record"),
            (True, "later records", f"what the log holds beyond {point.size} records, and whether it was cut back"),
            (not trusted, "log id", NO_LOG_ID),
            (not signed, "log key", "no known log key signed the checkpoint"),
            (bool(signed) and not known.keys, "log key", "that of record 0; a later change of it is not excluded"),
            (not enough, "witnesses", f"{known.quorum} cosignatures were asked for"),
            (bool(others), "cosignatures", "further signature lines: " + ", ".join(others)),
        ),
    }

NO_LOG_ID = "none was given: whoever made the file may have made the log"

def not_checked(*rows: tuple[bool, str, str]) -> list[dict[str, str]]:
    """Those of the rows that apply."""
    return [{"what": what, "reason": why} for applies, what, why in rows if applies]

# ---------------------------------------------------------------------- 7 the completeness map

def leads_to(root: bytes, path: bytes, proof: bytes, present: tuple[int, bytes] | None) -> bool:
    """Whether the map proof leads to the root. `present` is the count and the last record hash of the path's entry;
    None asks for a proof of absence."""
    depth = proof[0] if proof else 0
    start = 1 + (depth + 7) // 8
    if depth < 16 or len(proof) < start:
        return False
    bitmap = int.from_bytes(proof[1:start], "little")       # bit i says whether the sibling at depth i + 1 isn't zeros
    stop = start + 32 * bitmap.bit_count()
    siblings = [proof[at:at + 32] for at in range(start, stop, 32)]
    end = proof[stop:]
    if bitmap >> depth or len(proof) < stop or ZEROS in siblings:
        return False
    if present:
        node = hashed(5, path + present[0].to_bytes(8, "big") + present[1])
        fits = not end
    elif end:
        shared = 256 - (int.from_bytes(path, "big") ^ int.from_bytes(end[:32], "big")).bit_length()
        node = hashed(5, end)
        fits = len(end) == 72 and depth <= shared < 256 and any(end[32:40])
    else:
        node = ZEROS
        fits = depth == 16 or bitmap >> depth - 1 == 1
    for bit in reversed(range(depth)):
        sibling = siblings.pop() if bitmap >> bit & 1 else ZEROS
        pair = sibling + node if path[bit // 8] << bit % 8 & 128 else node + sibling
        node = ZEROS if bit < 16 and pair == ZEROS + ZEROS else hashed(6, pair)
    return fits and node == root

# ---------------------------------------------------------------------- 8 sealed values

def value_at(body: Any, path: str) -> Any:
    """What stands at this place in the body, or None."""
    for part in path.split("."):
        if type(body) is list:
            number = int(part) if re.fullmatch("0|[1-9][0-9]{0,4}", part) else len(body)
            body = body[number] if number < len(body) else None
        else:
            body = body.get(part) if type(body) is dict else None
    return body

def holds_seal(value: Any) -> bool:
    if type(value) is dict:
        return is_sealed(value) or any(map(holds_seal, value.values()))
    return type(value) is list and any(map(holds_seal, value))

# ---------------------------------------------------------------------- 16.1 pins

Pin = namedtuple("Pin", "log_id log_key maps verified_by checkpoint")

def parse_pin(data: bytes) -> Pin:
    parts = decode_file(data, "pin", 6, MAX_PIN)
    _, log_id, log_key, maps, verified_by, note = parts
    need(is_bin(log_id, 32) and is_bin(log_key, 32), "log id or log key")
    need(is_array(maps, 0, 1), "more than one map")
    need(all(is_array(entry, 2, 2) and is_int(entry[0], 0) and is_bin(entry[1], 32) for entry in maps), "the map")
    need(type(verified_by) is str and len(verified_by) <= 120 and (not verified_by or is_text(verified_by)), "who verified")
    point = parse_own_checkpoint(note)
    need(all(size <= point.size for size, _ in maps), "a map of more records than the checkpoint has")
    need(log_of(point) == log_id, "the checkpoint is of another log")
    return Pin(log_id, log_key, maps, verified_by, point)

def verify_pin(pin: Pin, known: Known) -> dict[str, Any]:
    point = pin.checkpoint
    demand(known.log_id in (None, pin.log_id), "wrong-log", None, f"the pin is of log {pin.log_id.hex()}")
    demand(signed_by(point, pin.log_key), "checkpoint", None, "not signed by the key of the pin")
    others = unasked(point, {})
    return {
        "file": "pin", "holds": True, "log_id": pin.log_id.hex(), "origin": point.origin, "size": point.size,
        "root": point.root.hex(), "log_key": pin.log_key.hex(),
        "map": {"size": pin.maps[0][0], "map_root": pin.maps[0][1].hex()} if pin.maps else None,
        "verified_by": pin.verified_by,
        "not_checked": not_checked(
            (True, "what it remembers", "whoever can write the file can change it; keep it where nobody else can"),
            (not pin.verified_by, "records", "no program verified those below the size"),
            (bool(others), "cosignatures", "further signature lines: " + ", ".join(others)),
        ),
    }

def decode_file(data: bytes, name: str, elements: int, most: int) -> list[Any]:
    """The elements of a file of section 16."""
    need(len(data) <= most, f"longer than a {name} may be")
    parts = decode(data)
    need(is_array(parts, elements, elements) and parts[0] == f"chainlog/v1/{name}", f"not a {name} of version 1")
    return list(parts)

# ---------------------------------------------------------------------- 16.2 evidence of a conflict

Conflict = namedtuple("Conflict", "kind old new root path")     # two heads, each a Checkpoint and the key beside it

def parse_signed(pair: Any, parse: Callable[[Any], Any]) -> tuple[Any, bytes]:
    """Something signed, and the log key that is said to have signed it."""
    need(is_array(pair, 2, 2) and is_bin(pair[1], 32), "not something signed, with a key beside it")
    return parse(pair[0]), pair[1]

def parse_conflict(data: bytes) -> Conflict:
    _, kind, old, new, root, path = decode_file(data, "conflict", 6, MAX_CONFLICT)
    need(kind in ("fork", "rollback", "recreated"), "a kind of conflict that there isn't")
    need(is_bin(root, 32 if kind == "fork" else 0), "earlier_root")
    need(is_array(path, 0, MAX_CONFLICT if kind == "fork" else 0) and all(is_bin(entry, 32) for entry in path), "path")
    return Conflict(kind, parse_signed(old, parse_own_checkpoint), parse_signed(new, parse_own_checkpoint), root, path)

def verify_conflict(conflict: Conflict, known: Known) -> dict[str, Any]:
    kind, heads = conflict.kind, (conflict.old, conflict.new)
    old, new = conflict.old[0], conflict.new[0]
    demand(known.log_id in (None, log_of(old)), "no-conflict", None, "the first head is of another log")
    for point, key in heads:
        demand(signed_by(point, key), "checkpoint", None, f"the head of {point.size} isn't signed by the key beside it")
    if kind == "recreated":
        again = old.origin[:-64] == new.origin[:-64] and log_of(old) != log_of(new)
        demand(again, "no-conflict", None, "not two logs of one name")
    else:
        demand(old.origin == new.origin, "no-conflict", None, "the heads are of two logs")
        demand(kind == "fork" or new.size < old.size, "no-conflict", None, "the second head isn't the smaller one")
    if kind == "fork":
        small, large = sorted((old, new), key=lambda point: point.size)
        demand(conflict.root != small.root, "no-conflict", None, "the one is the beginning of the other")
        beginning = is_beginning(small.size, conflict.root, large.size, large.root, conflict.path)
        demand(beginning, "proof", None, "it doesn't lead to the root of the larger head")
    log_keys = {*known.keys, *first_log_key(known)}
    keys_known = conflict.old[1] in log_keys and (kind == "recreated" or conflict.new[1] in log_keys)
    return {
        "file": "conflict", "holds": keys_known and known.log_id is not None, "log_id": log_of(old).hex(),
        "origin": old.origin, "kind": kind, "proved": kind == "fork", "keys_known": keys_known,
        "heads": [{"origin": point.origin, "size": point.size, "root": point.root.hex(), "log_key": key.hex(),
                   "key_known": key in log_keys} for point, key in heads],
        "not_checked": not_checked(
            (known.log_id is None, "log id", NO_LOG_ID),
            (not keys_known, "log keys", KEYS_UNKNOWN),
            (kind != "fork", "order", "that the second head was shown after the first, somebody says"),
        ),
    }

KEYS_UNKNOWN = "a key that isn't known to be the log's: anybody can have made and used it"

# ---------------------------------------------------------------------- 16.3 evidence of a false map

FalseMap = namedtuple("FalseMap", "commitment shown subject count last proof")      # two pairs of a Receipt and a key

def parse_false_map(data: bytes) -> FalseMap:
    _, commitment, shown, subject, count, last, proof = decode_file(data, "false-map", 7, MAX_FALSE_MAP)
    need_subject(subject, "cdpliuwks", "what the map is said to be false about")
    need(is_int(count, 0) and is_bin(last, 32) and (count == 0) == (last == ZEROS), "count or last_hash")
    need(type(proof) is bytes and 1 <= len(proof) <= MAX_MAP_PROOF, "the map proof")
    return FalseMap(parse_signed(commitment, parse_receipt), parse_signed(shown, parse_receipt), subject, count, last,
                    proof)

def verify_false_map(found: FalseMap, known: Known) -> dict[str, Any]:
    (first, first_key), (second, second_key) = found.commitment, found.shown
    log_id = known.log_id or log_of(first.checkpoint)
    for receipt, key in (found.commitment, found.shown):                                            # step 1
        check_receipt(receipt, log_id)
        demand(signed_by(receipt.checkpoint, key), "checkpoint", receipt.index, "not signed by the key beside it")
        for origin in first_log_key(known, second.record).values():
            demand(receipt.checkpoint.origin == origin, "wrong-log", receipt.index, f"its origin isn't {origin}")
    commitment, shown = first.record, second.record
    body, subject, count = commitment.event.body, found.subject, found.count
    fits = commitment.event.kind == "index_committed" and shown.index < body["size"] <= commitment.index
    demand(fits, "no-conflict", commitment.index, "not a commitment that covers the second record")         # step 2
    demand(subject in shown.event.subjects, "no-conflict", shown.index, f"it doesn't name {subject}")       # step 3
    position = link_of(shown, subject)[0]
    path = hashed(4, log_id + subject.encode())
    leads = leads_to(body["map_root"], path, found.proof, (count, found.last) if count else None)           # step 4
    demand(leads, "map-proof", subject, f"the map doesn't say that {count} records name it, and which is the last")
    false = position >= count or position == count - 1 and found.last != shown.hash                         # step 5
    demand(false, "no-conflict", subject, "the map may know the record")
    log_keys = {*known.keys, *first_log_key(known, shown)}
    keys_known = {first_key, second_key} <= log_keys
    return {
        "file": "false-map", "holds": keys_known and known.log_id is not None, "log_id": log_id.hex(),
        "origin": first.checkpoint.origin, "proved": True, "keys_known": keys_known, "subject": subject,
        "map": {"index": commitment.index, "size": body["size"], "map_root": body["map_root"].hex(), "count": count,
                "last_hash": found.last.hex(), "log_key": first_key.hex(), "key_known": first_key in log_keys},
        "record": {"index": shown.index, "record_hash": shown.hash.hex(), "position": position,
                   "log_key": second_key.hex(), "key_known": second_key in log_keys},
        "not_checked": not_checked(
            (known.log_id is None, "log id", NO_LOG_ID),
            (not keys_known, "log keys", KEYS_UNKNOWN),
            (True, "which", "whether the map is false, or the log was forked between the two checkpoints"),
        ),
    }

# ---------------------------------------------------------------------- 17.1 the file

Bundle = namedtuple("Bundle", "checkpoint wanted records proof committed map_proofs openings tokens")
Opening = namedtuple("Opening", "event_id path salt text")

def parse_bundle(data: bytes) -> Bundle:
    """17.1. Whatever is wrong here (Bad) means that the bytes are no bundle."""
    need(len(data) <= MAX_BUNDLE, "longer than a bundle may be")
    parts = decode(data)
    need(is_array(parts, 9, 9) and type(parts[0]) is str, "a bundle has nine elements, the first a text")
    need(parts[0] == "chainlog/v1/bundle", f"not a bundle of version 1, but {parts[0]!r}")
    _, note, wanted, rows, proof, committed, map_proofs, openings, tokens = parts
    need(type(note) is bytes, "the checkpoint")
    need(is_array(wanted, 1, MAX_WANTED) and is_array(rows, 1, MAX_RECORDS), "wanted or records: too many, or none")
    for subject in wanted:
        need_subject(subject, "cdpliuw", "what is wanted")
    need(is_sorted(wanted), "wanted out of order or twice")
    need(all(type(raw) is bytes for raw in rows), "a record that is no bin")
    records = [parse_record(raw) for raw in rows]
    need(all(a.index < b.index for a, b in zip(records, records[1:], strict=False)), "records out of order or twice")
    need(records[0].index == 0 and records[0].event.kind == "log_opened", "the first record isn't record 0, log_opened")
    need(re.fullmatch("[a-z0-9.-]{1,64}", records[0].event.body["name"]) is not None, "the name of the log")
    need(type(proof) is bytes and len(proof) % 32 == 0, "the proof isn't hashes")
    need(is_array(committed, 0, 1) and all(is_int(index, 0) for index in committed), "committed")
    need(is_array(map_proofs, 0, MAX_PROOFS) and bool(map_proofs) == bool(committed), "map proofs: too many, or none")
    for entry in map_proofs:
        need(is_array(entry, 2, 2) and type(entry[1]) is bytes and 0 < len(entry[1]) <= MAX_MAP_PROOF, "a map proof")
        need_subject(entry[0], "cdpliuwks", "what a map proof is about")
    need(is_sorted(map_proofs) and len({subject for subject, _ in map_proofs}) == len(map_proofs),
         "map proofs out of order, or two of one subject")
    need(is_array(openings, 0, MAX_OPENINGS), "too many openings")
    for entry in openings:
        need(is_array(entry, 4, 4) and is_bin(entry[0], 16) and is_bin(entry[2], 32), "an opening")
        _, path, _, text = entry
        need(type(path) is str and 1 <= len(path.encode()) <= MAX_PATH, "the path of an opening")
        need(is_string(text, path == "note"), "the text of an opening")
    need(is_sorted(openings) and len({(entry[0], entry[1]) for entry in openings}) == len(openings),
         "openings out of order, or two of one value")
    need(is_array(tokens, 0, MAX_TOKENS), "too many tokens")
    need(all(type(token) is bytes and 0 < len(token) <= MAX_TOKEN for token in tokens), "a token is none, or too long")
    need(is_sorted(tokens), "tokens out of order or twice")
    return Bundle(parse_checkpoint(note), wanted, records, proof, committed[0] if committed else None,
                  dict(map_proofs), [Opening(*entry) for entry in openings], tokens)

# ---------------------------------------------------------------------- 17.2 what is here

class Run:
    """The acts about a subject that follow each other, up to the newest, without one between that isn't here."""

    def __init__(self, edge: list[Any]) -> None:
        self.edge, self.newest, self.movers = edge, -1, list[int]()         # the link of the first; its movers

class Here:
    """The records that are here; and, while these are gone through, what could not be checked."""

    def __init__(self, records: list[Record]) -> None:
        self.log_id = records[0].hash
        self.records = {record.index: record for record in records}         # ascending
        self.ids: dict[bytes, Record] = {}
        self.naming: dict[str, list[int]] = {}                              # subject -> indexes, ascending
        self.moves: dict[int, set[str]] = {}
        self.runs: dict[str, Run] = {}                                      # subject -> what 2.12 asks of it
        self.skipped: dict[str, str] = {}
        for record in records:
            event = record.event
            demand(event.id not in self.ids, "duplicate", record.index, "an event id that stands in two records")
            self.ids[event.id] = record
            self.moves[record.index] = event.moves()
            for subject in event.subjects:
                self.naming.setdefault(subject, []).append(record.index)

    def skip(self, what: str, why: str) -> None:
        self.skipped.setdefault(what, why)

def link_of(record: Record, subject: str) -> list[Any]:
    """[position, prev_index, prev_record_hash] (2.6)."""
    link: list[Any] = record.links[record.event.subjects.index(subject)]
    return link

# ---------------------------------------------------------------------- 17.3 batch proof

def batch_root(size: int, leaves: dict[int, bytes], proof: list[bytes]) -> bytes | None:
    """6.1: the root that the proof leads to. None if hashes are missing or left over, or an index isn't below size."""
    indexes, hashes = sorted(leaves), iter(proof)

    def root(low: int, high: int, first: int, last: int) -> bytes:
        """Over the leaves low … high - 1, among which are indexes[first:last]."""
        if first == last:
            return next(hashes)
        if high - low == 1:
            return leaves[low]
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        cut = bisect.bisect_left(indexes, middle, first, last)
        left = root(low, middle, first, cut)
        return hashed(1, left + root(middle, high, cut, last))

    try:
        found = root(0, size, 0, len(indexes)) if indexes[-1] < size else None
    except StopIteration:
        return None
    return found if next(hashes, None) is None else None

# ---------------------------------------------------------------------- 17.4 what is demanded

OWN = ("s/admins", "s/log", "s/policy")

def asked_keys(record: Record) -> set[str]:
    """The keys k/… that a record asks for."""
    keys = {key for _, key, _, _ in record.signatures} if record.index else set()
    if record.event.kind == "revoked":
        keys.add(record.event.body["key"][1])
    return {key_subject(key) for key in keys}

def check_demanded(here: Here, wanted: list[str], committed: int | None) -> set[str]:
    """Returns K, the keys that the demanded records ask for."""
    demanded: set[int] = set()
    keys: set[str] = set()
    waiting = [0] + ([committed] if committed is not None else [])
    for subject in (*wanted, *OWN):
        waiting += here.naming.get(subject, [])
    while waiting:
        index = waiting.pop()
        if index in demanded:
            continue
        demanded.add(index)
        record = here.records[index]
        waiting += [here.ids[ref_id].index for ref_id, _ in record.event.refs if ref_id in here.ids]
        for key in asked_keys(record) - keys:
            keys.add(key)
            waiting += here.naming.get(key, [])
    for index in here.records:
        demand(index in demanded, "undemanded", index, "nothing asks for this record")
    return keys

# ---------------------------------------------------------------------- 17.5 the map

def check_map(here: Here, bundle: Bundle, keys: set[str]) -> int:
    """Returns E."""
    if bundle.committed is None:
        return 0
    body = here.records[bundle.committed].event.body
    for subject in sorted(keys.union(OWN)):
        demand(subject in bundle.map_proofs, "incomplete", subject, "its map proof isn't here")
    for subject, proof in bundle.map_proofs.items():
        demand(subject in keys or subject in OWN or subject in bundle.wanted, "undemanded", subject,
               "nothing asks for this map proof")
        known = [index for index in here.naming.get(subject, []) if index < body["size"]]
        entry = (len(known), here.records[known[-1]].hash) if known else None
        path = hashed(4, here.log_id + subject.encode())
        demand(leads_to(body["map_root"], path, proof, entry), "map-proof", subject,
               f"the map doesn't say that {len(known)} records name it, and which is the last")
    known_to: int = body["size"]
    while known_to in here.records:
        known_to += 1
    return min(known_to, int(bundle.checkpoint.size))

# ---------------------------------------------------------------------- 17.6 links

def check_links(here: Here, whole: set[str]) -> None:
    last: dict[str, list[Any]] = {}                 # subject -> what the link of the next record should be
    for index, record in here.records.items():
        for subject, link in zip(record.event.subjects, record.links, strict=True):
            before = last.get(subject, [0, 0, ZEROS])
            count, newest, _ = link
            if link != before:
                skipped = newest - before[1] if before[0] else newest + 1       # indexes that lie in the gap
                gap = count > before[0] and newest < index and newest not in here.records \
                    and skipped >= count - before[0]
                demand(gap, "stale-link", index, f"the link of {subject}")
                demand(subject not in whole, "incomplete", index, f"records about {subject} are skipped")
            last[subject] = [count + 1, index, record.hash]

def check_hashes(here: Here) -> None:
    """What the records say of the hash of one index agrees."""
    hashes = {index: record.hash for index, record in here.records.items()}
    for index, record in here.records.items():
        base, base_hash = record.base
        stated = [("altered", index - 1, record.prev)] if index else []
        stated += [("wrong-base" if base else "wrong-log", base, base_hash)] if base < index else []
        stated += [("stale-link", link[1], link[2]) for link in record.links if link[0]]
        for code, at, value in stated:
            demand(hashes.setdefault(at, value) == value, code, index, f"it gives record {at} another hash")

# ---------------------------------------------------------------------- 5 authority

PURPOSES = ("administrator", "recovery", "log")                 # every other role is signed with a person's key

Brought = namedtuple("Brought", "key holder purpose")          # a key that an event brings (5.2)

class Authority:
    """What the records folded so far give (section 5)."""

    def __init__(self) -> None:
        self.keys: dict[bytes, Brought] = {}
        self.ended: set[bytes] = set()
        self.admins: dict[str, bytes] = {}                      # the administration in force
        self.threshold = self.recovery_threshold = 0
        self.log_key = b""                                      # the one in force
        self.closed = False
        self.mapped = -1                                        # size of the last index_committed
        self.doubts: dict[bytes, tuple[int, int]] = {}          # key -> doubt_from, index of the revocation

    def brought(self, event: Event) -> list[Brought]:
        """5.2, the table."""
        body, pairs = event.body, event.pairs()
        if event.kind == "enrolled":
            return [Brought(body["key"][1], body["person"], "person")]
        if event.kind == "log_key_changed":
            return [Brought(body["new"][1], "s/log", "log")]
        if event.kind == "administered":
            return [Brought(key, person, "administrator") for person, key in pairs if self.admins.get(person) != key]
        if event.kind != "log_opened":
            return []
        purposes = ["administrator"] * len(body["administrators"]) + ["recovery"] * 7
        brings = [Brought(key, person, purpose) for (person, key), purpose in zip(pairs, purposes, strict=False)]
        return [*brings, Brought(body["log_key"][1], "s/log", "log")]

    def standing(self, role: str, key: bytes, brings: list[Brought]) -> tuple[str, str]:
        """5.3: whose key it is, and the code that a signature with it in this role deserves, or nothing."""
        purpose = role if role in PURPOSES else "person"
        at_once = [new for new in brings if new.key == key and new.purpose in PURPOSES]
        known = at_once[0] if at_once else self.keys.get(key)
        if known is None or known.purpose != purpose:
            return "", "unknown-key"
        listed = purpose != "administrator" or self.admins.get(known.holder) == key
        return known.holder, "" if at_once or listed and key not in self.ended else "revoked-key"

    def fold(self, index: int, event: Event) -> None:
        if event.spec is None or not event.spec.registry:
            return
        body = event.body
        for new in self.brought(event):
            self.keys[new.key] = new
        if event.kind in ("log_opened", "administered"):
            self.admins = {person: key[1] for person, key in body["administrators"]}
            self.threshold = body["threshold"]
        if event.kind == "log_opened":
            self.recovery_threshold = body.get("recovery", {}).get("threshold", 0)
            self.log_key = body["log_key"][1]
        elif event.kind == "revoked":
            self.ended.add(body["key"][1])
            if "doubt_from" in body:
                self.doubts[body["key"][1]] = body["doubt_from"], index
        elif event.kind == "log_key_changed":
            self.ended.add(body["old"][1])
            self.log_key = body["new"][1]
        elif event.kind == "log_closed":
            self.closed = True
        elif event.kind == "index_committed":
            self.mapped = body["size"]

def administration_fault(body: dict[str, Any], recovery: bool) -> str:
    """5.1: the numbers, also of `administered`."""
    people = {person for person, _ in body["administrators"]}
    highest = len(people) - (0 if recovery else 1)
    fits = len(people) == len(body["administrators"]) and 2 <= body["threshold"] <= highest
    return "" if fits else "a person twice, or a threshold that can't be"

def genesis_fault(body: dict[str, Any]) -> str:
    """5.1."""
    if not re.fullmatch("draft\\.[a-z0-9.-]{0,58}", body["name"]) or not is_int(body["utc_offset_minutes"], -840, 840):
        return "the name of the log, or utc_offset_minutes"
    if "recovery" in body:
        people = {person for person, _ in body["recovery"]["keys"]}
        if len(people) < len(body["recovery"]["keys"]) or not 2 <= body["recovery"]["threshold"] <= len(people):
            return "the recovery keys"
    return "nothing in it can be sealed" if holds_seal(body) else administration_fault(body, "recovery" in body)

def policy_fits(policy: dict[str, Any]) -> bool:
    """5.6."""
    names = [name for name, _ in policy["parameters"]]
    supervisors = [values[0] for name, values in policy["parameters"] if name == "min.supervisors" and values]
    return is_sorted(names) and all(values for _, values in policy["parameters"]) and is_sorted(policy["refuse"]) \
        and all(value in list("2345678") for value in supervisors)

# ---------------------------------------------------------------------- 17.7 every record

Finding = namedtuple("Finding", "code index subject detail")

def check_records(here: Here) -> tuple[Authority, list[Finding]]:
    """What the records give, and the remarks about them, ordered by index."""
    state, findings = Authority(), []
    for index, record in here.records.items():
        findings += check_record(here, state, record)
        state.fold(index, record.event)
    return state, sorted(findings + doubtful(here, state), key=lambda finding: finding.index)

def check_record(here: Here, state: Authority, record: Record) -> list[Finding]:
    """Section 12: the record may stand after those below it. Returns the remarks about it."""
    index, event = record.index, record.event
    demand((event.kind == "log_opened") == (index == 0), "malformed", index, "log_opened stands at 0 and nowhere else")
    demand(index > 0 or record.prev == ZEROS, "altered", index, "prev_hash of record 0 is zeros")
    demand(not state.closed, "closed", index, "the log was closed before")
    check_base(here, record)
    check_expiry(record)
    check_references(here, record)
    check_stale(here, record)
    signed = check_signatures(here, state, record)
    if event.spec is None:
        here.skip("unknown kinds", "what their bodies mean, move, bring and end isn't known")
        return [Finding("unknown-kind", index, event.kind, "a kind that isn't in appendix A")]
    if event.kind not in ("log_opened", "administered", "log_key_changed", "revoked"):              # 2.9
        demand(all(role != "recovery" for role, _, _ in signed), "foreign-signature", index, "by a recovery key")
    if not event.spec.registry:
        return []
    check_registry(here, state, record)
    enough = is_enough(state, event, signed)
    demand(enough != "", "below-threshold", index, "fewer signed than 5.4 demands, or others")
    return [Finding(enough, index, "", "by recovery keys alone")] if enough == "break-glass" else []

def check_base(here: Here, record: Record) -> None:
    """2.5; that its hash is the one of the record there was asked in 17.6."""
    index, base = record.index, record.base[0]
    if index == 0:
        return demand(record.base == [0, ZEROS], "wrong-base", 0, "the base of record 0 is [0, zeros]")
    demand(base < index, "wrong-base", index, "the base doesn't lie below it")
    if base not in here.records and base != index - 1:
        here.skip("bases", "a record that signers named as their base isn't here")
    return None

def check_expiry(record: Record) -> None:
    """2.8."""
    index, expires = record.index, record.event.expires
    without = record.event.kind in ("log_opened", "index_committed")
    demand((expires == 0) == without, "expired", index, "a time limit where there is none, or none where there is one")
    first = min(record.time, *(signed_at for _, _, signed_at, _ in record.signatures))
    demand(expires <= first + MONTH_US, "expired", index, "the time limit is more than 31 days off")
    demand(without or record.time <= expires, "expired", index, "recorded after the time limit")

def check_references(here: Here, record: Record) -> None:
    """2.7, 3.3 point 6; and the path of `erased` (section 8)."""
    index, event, target = record.index, record.event, None
    for ref_id, ref_hash in event.refs:
        found = here.ids.get(ref_id)
        if found is None:
            here.skip("references", "an act that a record refers to isn't here")
            continue
        demand(found.index < index and hashed(3, found.event.raw) == ref_hash, "bad-ref", index, ref_id.hex())
        target = found.event
    if target and event.spec is not None and event.spec.rows == TARGET:
        subjects = {*target.subjects, *(person for _, person, _ in event.people)}
        demand(set(event.subjects) == subjects, "subjects-mismatch", index, "not those of the act referred to")
        demand(event.kind != "erased" or is_sealed(value_at(target.body, event.body["path"])), "bad-ref", index,
               "no sealed value stands at that path")

def check_stale(here: Here, record: Record) -> None:
    """2.12, going back to the first record that isn't here. The links were checked (17.6).

    Only acts that moved the subject are looked at: each is answered by one of the 16 references, or ends it.
    """
    index, event, (base, _) = record.index, record.event, record.base
    for subject, link in zip(event.subjects, record.links, strict=True):
        if link[0] == 0 or subject not in here.runs or here.runs[subject].newest != link[1]:
            here.runs[subject] = Run(link)
    answered = {ref_id for ref_id, _ in event.refs}
    for subject in sorted(event.guards()) if event.spec is not None and base < index - 1 else []:
        run = here.runs[subject]
        for earlier in itertools.takewhile(lambda mover: mover > base, reversed(run.movers)):
            answers = here.records[earlier].event.id in answered
            demand(answers, "stale-draft", index, f"{subject} was moved by record {earlier}")
        if run.edge[0] and run.edge[1] > base:
            here.skip("movers", "whether an act in between moved what a record guards: it isn't here")
    for subject in event.subjects:
        here.runs[subject].newest = index
        if subject in here.moves[index]:
            here.runs[subject].movers.append(index)

def check_signatures(here: Here, state: Authority, record: Record) -> set[tuple[str, str, bytes]]:
    """2.9. Returns role, person and key of each signature."""
    index, event = record.index, record.event
    wanted = {(role, person): signs for role, person, signs in event.people if signs}
    demand(bool(wanted), "unsigned", index, "nobody is named to sign")
    log_id, brings, signed = here.log_id if index else ZEROS, state.brought(event), set()
    for role, key, signed_at, signature in record.signatures:
        statement = event_statement(log_id, record.base, role, signed_at, event.raw)
        demand(verifies(key, statement, signature), "bad-signature", index, f"{role}, {key.hex()}")
        holder, code = state.standing(role, key, brings)
        demand(not code, code, index, f"{role}, {key.hex()}")
        demand((role, holder) in wanted, "foreign-signature", index, f"{holder} isn't named to sign as {role}")
        signed.add((role, holder, key))
    have = collections.Counter((role, person) for role, person, _ in signed)
    for pair, signs in wanted.items():
        demand(have[pair] >= signs, "missing-signature", index, "{}: {}".format(*pair))
        demand(have[pair] <= signs, "foreign-signature", index, "{}: {}, once too often".format(*pair))
    return signed

def check_registry(here: Here, state: Authority, record: Record) -> None:
    """5.1, 5.2, 5.4 to 5.6, but for who signs."""
    index, event, kind, body = record.index, record.event, record.event.kind, record.event.body
    brings, fault = state.brought(event), ""
    for new in brings:
        demand(link_of(record, key_subject(new.key))[0] == 0, "key-reused", index, f"{new.key.hex()} was named before")
        demand(is_fit_key(new.key), "bad-key", index, f"{new.key.hex()} is no point of the main subgroup")
        statement = enrol_statement(here.log_id, new.holder, new.key)
        demand("proof" not in body or verifies(new.key, statement, body["proof"]), "bad-key", index, "the proof")
    if kind == "log_opened":
        demand(len({new.key for new in brings}) == len(brings), "key-reused", index, "a key stands in two places")
        fault = genesis_fault(body)
    elif kind == "administered":
        repeated = len({key for _, key in event.pairs()}) < len(event.pairs())
        fault = "a key twice" if repeated else administration_fault(body, state.recovery_threshold > 0)
    elif kind == "revoked":
        fault = "doubt_from lies above the record" if body.get("doubt_from", 0) > index else ""
        known = state.keys.get(body["key"][1])
        demand(known is not None and known.holder == body["person"], "unknown-key", index, "not that person's key")
        demand(body["key"][1] not in state.ended, "revoked-key", index, "the key was revoked before")
    elif kind == "log_key_changed":
        demand(body["old"][1] == state.log_key, "unknown-key", index, "`old` isn't the log key in force")
    elif kind == "index_committed":
        fault = "" if state.mapped < body["size"] <= index else "not above the size before, or above its own index"
        before = here.records.get(link_of(record, "s/map")[1]) if link_of(record, "s/map")[0] else record
        if before is None:
            here.skip("map", "the `index_committed` before one isn't here, so its size isn't compared")
    if kind in ("log_opened", "policy_adopted"):
        demand(policy_fits(body.get("policy", body)), "bad-policy", index, "the policy is not well formed")
    demand(not fault, "malformed", index, fault)

def is_enough(state: Authority, event: Event, signed: set[tuple[str, str, bytes]]) -> str:
    """5.4: "enough", "break-glass" if by recovery keys alone, or nothing."""
    body, kind = event.body, event.kind
    by_role: dict[str, set[str]] = collections.defaultdict(set)
    for role, person, _ in signed:
        by_role[role].add(person)
    voters = {p for role, p, key in signed if role == "administrator" and state.admins.get(p) == key}
    if kind == "log_opened":
        return "enough" if signed >= {(new.purpose, new.holder, new.key) for new in state.brought(event)} else ""
    if kind == "index_committed":
        return "enough" if by_role["log"] else ""
    if kind == "erased":
        return "enough" if any(a != b for a in by_role["registrar"] for b in by_role["approver"]) else ""
    if kind.startswith("declared."):
        return "enough" if voters else ""
    if kind == "enrolled" or kind.startswith("appointed."):
        voters.discard(body["person"])                                              # who gains doesn't count
    if kind == "administered" and not signed >= {("administrator", p, key) for p, key in event.pairs()}:
        return ""
    if kind == "log_key_changed" and not body.get("lost") and ("log", "s/log", state.log_key) not in signed:
        return ""
    alone = kind == "revoked" and "doubt_from" not in body and body["person"] in by_role["operator"]
    if len(voters) >= state.threshold or alone:
        return "enough"
    recovered = kind in ("administered", "log_key_changed", "revoked") and \
        0 < state.recovery_threshold <= len(by_role["recovery"])
    return "break-glass" if recovered else ""

def doubtful(here: Here, state: Authority) -> list[Finding]:
    """14.10 step 25."""
    found: dict[int, set[str]] = {}                 # index -> persons
    for index, record in here.records.items():
        signers = {key for _, key, _, _ in record.signatures}
        doubts = [(key, state.doubts[key]) for key in signers if key in state.doubts]
        doubted = {key for key, (start, end) in doubts if start <= index <= end}
        if doubted:
            found[index] = {state.keys[key].holder for key in doubted}
        if record.event.kind == "countersigned" and signers - doubted:
            for ref_id, _ in record.event.refs:
                found.pop(here.ids[ref_id].index if ref_id in here.ids else -1, None)
    return [Finding("doubtful", index, person, "signed with a key that was declared doubtful")
            for index, persons in found.items() for person in sorted(persons)]

# ---------------------------------------------------------------------- 17.2 steps 11 and 12, openings and tokens

def check_openings(here: Here, openings: list[Opening]) -> None:
    for event_id, path, salt, text in openings:
        record, place = here.ids.get(event_id), f"{event_id.hex()} {path}"
        sealed = value_at(record.event.body, path) if record else None
        demand(is_sealed(sealed), "undemanded", place, "no record here holds a sealed value there")
        written = len(path.encode()).to_bytes(2, "big") + path.encode() + salt + text.encode()
        opened = {"sealed": hashed(2, here.log_id + event_id + written)}
        demand(sealed == opened, "seal", place, "it doesn't open")

def check_tokens(tokens: list[bytes], text: bytes) -> None:
    digests = [hashlib.new(name, text).digest() for name in ("sha256", "sha384", "sha512")]
    for token in tokens:
        demand(any(digest in token for digest in digests), "undemanded", None, "a token of something else")

# ---------------------------------------------------------------------- 17.2 the whole, 17.8 the answer

def verify(bundle: Bundle, given: bytes | None, witnesses: dict[bytes, str] | None = None) -> dict[str, Any]:
    """The steps of 17.2. The answer is the object of 17.8; raises Refused. Witnesses: key -> name."""
    here, point, committed = Here(bundle.records), bundle.checkpoint, bundle.committed              # step 1
    demand(given in (None, here.log_id), "wrong-log", 0, f"the bundle is of log {here.log_id.hex()}")
    origin = f"{bundle.records[0].event.body['name']}/{here.log_id.hex()}"
    demand(point.origin == origin, "checkpoint", None, "its origin is another")
    if committed is not None:                                                                       # step 4
        known = committed in here.records and here.records[committed].event.kind == "index_committed"
        demand(known, "incomplete", committed, "no `index_committed` with that index is here")
    hashes = [bundle.proof[at:at + 32] for at in range(0, len(bundle.proof), 32)]
    leaves = {index: record.hash for index, record in here.records.items()}
    demand(batch_root(point.size, leaves, hashes) == point.root, "proof", None, "it doesn't lead to the root")
    keys = check_demanded(here, bundle.wanted, committed)
    known_to = check_map(here, bundle, keys)
    whole = {*OWN, *keys, *(bundle.map_proofs.keys() & set(bundle.wanted))}
    check_links(here, whole)
    check_hashes(here)
    state, findings = check_records(here)
    fault = checkpoint_fault(point, origin, state.log_key)
    demand(not fault, "checkpoint", None, fault)
    check_openings(here, bundle.openings)
    check_tokens(bundle.tokens, point.text)
    log_keys = {key for key, brought in state.keys.items() if brought.purpose == "log"}
    cosignatures = cosigned(point, witnesses or {}, log_keys)                                       # step 13
    for subject in bundle.wanted:                                                                   # 17.8
        demand(subject in whole or subject in here.naming, "incomplete", subject, "neither a record nor a proof")
    if len(cosignatures) < len(witnesses or {}):
        here.skipped["witnesses"] = "not all that were named have cosigned"
    found = answer(bundle, here, given, known_to, whole, findings, unasked(point, witnesses or {}))
    return found | {"witnesses": cosignatures}

def answer(bundle: Bundle, here: Here, given: bytes | None, known_to: int, whole: set[str],
           findings: list[Finding], others: list[str]) -> dict[str, Any]:
    """17.8; `others` are the names on signature lines that nobody asked for."""
    point, last, mapped = bundle.checkpoint, bundle.records[-1], bundle.committed is not None
    tail = [record for record in bundle.records if record.index > known_to]
    proven = mapped and all(role == "log" for record in tail for role, _, _, _ in record.signatures)
    complete = all(subject in whole for subject in bundle.wanted)
    naming = {subject: here.naming.get(subject, []) for subject in bundle.wanted}
    authenticity = "untrusted" if given is None else "genuine" if proven else "keys-unproven"
    name_unchecked(bundle, here, given is not None, proven, known_to, others)
    return {
        "log_id": here.log_id.hex(),
        "origin": point.origin,
        "authenticity": authenticity,
        "completeness": "selection" if not complete else "complete" if known_to == point.size else "complete-to",
        "complete_to": known_to if complete else None,
        "as_of": {"size": point.size, "root": point.root.hex(), "committed": bundle.committed, "index": last.index,
                  "recorded_at": local_time(last.time, bundle.records[0].event.body["utc_offset_minutes"])},
        "subjects": [{"subject": subject, "records": len(indexes), "whole": subject in whole,
                      "position": link_of(here.records[indexes[-1]], subject)[0] + 1 if indexes else 0}
                     for subject, indexes in naming.items()],
        "also_shown": sorted((s for s in here.naming if s[0] == "c" and s not in naming), key=encode),
        "records": list(here.records),
        "openings": [{"event_id": o.event_id.hex(), "path": o.path, "text": o.text} for o in bundle.openings],
        "witnesses": [],
        "time_stamps": [],
        "findings": [finding._asdict() for finding in findings],
        "not_checked": [{"what": what, "reason": why} for what, why in here.skipped.items()],
    }

def name_unchecked(bundle: Bundle, here: Here, trusted: bool, proven: bool, known_to: int,
                   others: list[str]) -> None:
    """17.8, last point but for what was named on the way."""
    mapped, size = bundle.committed is not None, bundle.checkpoint.size
    opened = collections.Counter(opening.event_id for opening in bundle.openings)
    for applies, what, why in (
        (True, "later records", f"what the log holds beyond {size} records, and whether it was cut back to that"),
        (True, "ids", "whether an event id of a record here stands in a record that isn't here as well"),
        (mapped, "map", "whether it is that of the records, which only the whole log says"),
        (not trusted, "log id", "none was given: whoever made the bundle may have made the log"),
        (mapped and known_to < size, "tail", f"records from {known_to} to {size - 1} that aren't here"),
        (known_to < size, "log key", "whether the log key was changed by a record that isn't here"),
        (not proven, "keys", "whether a key had ended before it signed"),
        (any(count_sealed(record.event.body) > opened[record.event.id] for record in bundle.records),
         "sealed values", "those that aren't opened"),
        (bool(bundle.tokens), "time stamps", "no authority was named; they hold the checkpoint's hash"),
        (not bundle.tokens, "no time stamp", "when the checkpoint was there, nobody but the log says"),
        (bool(others), "cosignatures", "further signature lines: " + ", ".join(others)),
    ):
        if applies:
            here.skipped[what] = "; ".join(filter(None, (why, here.skipped.get(what))))

def count_sealed(value: Any) -> int:
    if is_sealed(value):
        return 1
    return sum(map(count_sealed, value.values() if type(value) is dict else value if type(value) is list else []))

def local_time(time_us: int, offset_minutes: int) -> str:
    """In the log's zone (2.11)."""
    zone = datetime.timezone(datetime.timedelta(minutes=offset_minutes))
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (epoch + datetime.timedelta(microseconds=time_us)).astimezone(zone).isoformat()

def one_line(text: str) -> str:
    """Text of uncertain origin, fit for a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text) or "-"

def lines_of(found: dict[str, Any]) -> Iterator[str]:
    """The answer, to be read by people."""
    to = "" if found["complete_to"] is None else f", of the records below {found['complete_to']}"
    yield f"{found['authenticity']}; {found['completeness']}{to}; log {found['origin']}"
    yield "as of {size} records, root {root}; the last here is {index}, {recorded_at}".format(**found["as_of"])
    for entry in found["subjects"]:
        kept = "all of them" if entry["whole"] else f"of at least {entry['position']}"
        yield f"{entry['subject']}\t{entry['records']} records, {kept}"
    for entry in found["openings"]:
        yield f"opened\t{entry['event_id']}\t{entry['path']}\t{entry['text']}"
    for entry in found["witnesses"]:
        yield f"cosigned\t{entry['name']}\t{entry['time_s']}"
    for entry in found["findings"]:
        yield f"{entry['index']}\t{entry['code']}\t{entry['subject']}\t{entry['detail']}"
    for entry in found["not_checked"]:
        yield f"not checked: {entry['what']}: {entry['reason']}"

def plain_lines(found: dict[str, Any], before: str = "") -> Iterator[str]:
    """The same for every other file: a line a field, those within others with all their names."""
    for name, value in found.items():
        if name == "not_checked":
            yield from (f"not checked: {entry['what']}: {entry['reason']}" for entry in value)
        elif type(value) is dict:
            yield from plain_lines(value, f"{before}{name}.")
        elif type(value) is list:
            for number, entry in enumerate(value):
                yield from plain_lines(entry, f"{before}{name}.{number}.")
        else:
            shown = ("no", "yes")[value] if type(value) is bool else "none" if value in (None, "") else value
            yield f"{before}{name}\t{shown}"

# ---------------------------------------------------------------------- the command line

# What the file is -> its limit, the options that say something of it, how it is read, how it is verified.
FILES: dict[str, tuple[int, set[str], Callable[[bytes], Any], Callable[[Any, Known], dict[str, Any]]]] = {
    "bundle": (MAX_BUNDLE, {"witness"}, parse_bundle,
               lambda bundle, known: verify(bundle, known.log_id, known.witnesses)),
    "receipt": (MAX_RECEIPT, {"log_key", "genesis", "witness", "quorum"}, parse_receipt, verify_receipt),
    "conflict": (MAX_CONFLICT, {"log_key", "genesis"}, parse_conflict, verify_conflict),
    "false-map": (MAX_FALSE_MAP, {"log_key", "genesis"}, parse_false_map, verify_false_map),
    "pin": (MAX_PIN, set(), parse_pin, verify_pin),
}

def read_file(path: str) -> tuple[str, bytes]:
    """What the first bytes say that the file is, or nothing, and all its bytes if it isn't too long for that.

    Only a regular file is read: a pipe or a device might never end, or never begin.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Misuse(f"not a regular file: {path}")
        with open(handle, "rb", closefd=False) as file:
            head = file.read(64)
            name = re.match(rb"[\x90-\x9f].chainlog/v[0-9]{1,3}/(bundle|conflict|false-map|pin)", head, re.DOTALL)
            kind = name[1].decode() if name else "receipt" if head.startswith(b"c2sp.org/tlog-proof@") else ""
            limit = FILES[kind][0] if kind else MAX_RECORD
            need(status.st_size <= limit, f"longer than the {limit} bytes that it may have")
            return kind, head + file.read(limit + 1 - len(head))
    finally:
        os.close(handle)

def read_genesis(path: str, log_id: bytes) -> Record:
    """Record 0, as its bytes or in a receipt. Nothing of the receipt is asked: the log id is the record's hash."""
    try:
        kind, data = read_file(path)
        record: Record = parse_receipt(data).record if kind == "receipt" else parse_record(data)
    except Bad as bad:
        raise Misuse(f"--genesis is no record: {bad.detail}") from None
    if (record.index, record.hash, record.event.kind) != (0, log_id, "log_opened"):
        raise Misuse("--genesis isn't record 0 of the log with this log id")
    return record

def read_log_id(text: str) -> bytes:
    """The log id itself, or the one in the first line of a file that is called so."""
    stated = text
    if not re.fullmatch("[0-9a-f]{64}", text) and os.path.isfile(text):
        with open(text, "rb") as file:
            stated = file.read(4096).split(b"\n")[0].decode("utf-8", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", stated):
        raise Misuse("a log id is 64 lower-case hexadecimal digits, or a file whose first line they are")
    return bytes.fromhex(stated)

def what_is_known(options: argparse.Namespace) -> Known:
    """What the options say, or Misuse."""
    keys: dict[bytes, str | None] = {}
    witnesses: dict[bytes, str] = {}
    log_id = read_log_id(options.log_id) if options.log_id is not None else None
    try:
        for text in options.log_key or []:
            if re.fullmatch("[0-9a-f]{64}", text):
                keys.setdefault(bytes.fromhex(text))
            else:
                name, key = parse_verifier_key(text, LOG_KEY)
                need(log_id is None or name.endswith("/" + log_id.hex()), "a log key of another log")
                keys[key] = name
        for text in options.witness or []:
            name, key = parse_verifier_key(text, COSIGNATURE)
            need(key not in witnesses, "two witnesses with one key")
            witnesses[key] = name
    except Bad as bad:
        raise Misuse(bad.detail) from None
    quorum = len(witnesses) if options.quorum is None else options.quorum
    if not bool(witnesses) <= quorum <= len(witnesses):
        raise Misuse("--quorum is at least 1 and at most the number of witnesses")
    if options.genesis is not None and log_id is None:
        raise Misuse("--genesis needs --log-id")
    genesis = read_genesis(options.genesis, log_id) if log_id and options.genesis is not None else None
    return Known(log_id, keys, genesis, witnesses, quorum)

def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="verify_bundle.py", allow_abbrev=False,
                                     description="Verifies an evidence file of chainlog from FORMAT.md alone.")
    parser.add_argument("file", metavar="FILE", help="a bundle, a receipt, evidence of a conflict or false map, a pin")
    parser.add_argument("--log-id", metavar="HEX|FILE",
                        help="the log id that you were given: 64 hexadecimal digits, or a file that holds them")
    parser.add_argument("--log-key", metavar="HEX|VKEY", action="append",
                        help="a key that you know to be the log's; for a receipt the one in force, else older ones too")
    parser.add_argument("--genesis", metavar="FILE", help="record 0, as its bytes or in a receipt: it has a log key")
    parser.add_argument("--witness", metavar="VKEY", action="append", help="a witness whose cosignature is asked for")
    parser.add_argument("--quorum", metavar="N", type=int, help="how many of them must have cosigned it (receipts)")
    parser.add_argument("--json", action="store_true", help="the answer as one JSON object (of a bundle: section 17.8)")
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")       # a terminal that lacks a character still gets an answer
    kind = ""
    try:
        known = what_is_known(options)
        kind, data = read_file(options.file)
        need(kind != "", "none of the files that FORMAT.md calls evidence")
        _, fitting, parse, check = FILES[kind]
        for name in ("log_key", "genesis", "witness", "quorum"):
            if getattr(options, name) is not None and name not in fitting:
                raise Misuse(f"--{name.replace('_', '-')} says nothing of a {kind}")
        if kind == "receipt" and len(known.keys) > 1:
            raise Misuse("of the log keys, a receipt asks for the one in force at its checkpoint")
        found = check(parse(data), known)
    except (Misuse, OSError) as error:
        parser.error(one_line(str(error)))
    except Bad as bad:
        print(one_line(f"not a {kind or 'bundle, receipt, conflict, false map or pin'}: {bad.detail}"), file=sys.stderr)
        return 3
    except Refused as refused:
        print(one_line(f"refused: {refused}"), file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        lines = lines_of(found) if kind == "bundle" else plain_lines(found)
        print("\n".join("\t".join(map(one_line, line.split("\t"))) for line in lines))
    if kind == "bundle":
        return 0 if found["authenticity"] == "genuine" and not found["findings"] else 1
    return 0 if found["holds"] else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
