"""The curve of Ed25519 in plain integers: slow, obvious, for making signatures that no honest signer makes."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

# Extended coordinates: x = X/Z, y = Y/Z, xy = T/Z.
Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)


def add(a: Point, b: Point) -> Point:
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return ((f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P)


def multiply(n: int, point: Point) -> Point:
    result = IDENTITY
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def x_of(y: int, sign: int) -> int | None:
    """The coordinate x of the point with this y and sign; None if the curve has none."""
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - x2) % P:
        return None
    return x if x & 1 == sign else -x % P


def point_of(y: int, sign: int) -> Point | None:
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def same(a: Point, b: Point) -> bool:
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def _base() -> Point:
    point = point_of(4 * pow(5, -1, P) % P, 0)
    assert point is not None
    return point


def _torsion() -> Point:
    """A point of order 8: L times any point whose part outside the main subgroup is full."""
    for y in range(2, 100):
        point = point_of(y, 0)
        if point is not None:
            candidate = multiply(L, point)
            if not same(multiply(4, candidate), IDENTITY):
                return candidate
    raise AssertionError


BASE = _base()
TORSION = _torsion()
SMALL_ORDER = [multiply(j, TORSION) for j in range(8)]


def challenge(r: bytes, public_key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % L


def scalar(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def secret_scalar(seed: bytes) -> int:
    """The scalar of an Ed25519 or X25519 secret: half of SHA-512, clamped."""
    n = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return n & ~7 & ~(1 << 255) | 1 << 254


def equation_holds(public_key: Point, r: Point, s: int, k: int, *, cofactor: int = 1) -> bool:
    """s·B = R + k·A, both sides times the cofactor."""
    right = add(r, multiply(k, public_key))
    return same(multiply(cofactor * s, BASE), multiply(cofactor, right))
