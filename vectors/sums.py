"""The sum map of a storage node: its root, its sum, and proofs of single keys."""

import codec
from codec import require
from derive import h, u

EMPTY = (bytes(32), 0)
SUM_MAX = 2**53 - 1


def bit(key, i):
    return key[i // 8] >> (7 - i % 8) & 1


def keys_under(digest):
    """How many keys a digest shows to be below it; 2 stands for more as well."""
    if digest == EMPTY[0]:
        return 0
    return 1 if digest[31] & 1 else 2


def flagged(digest, flag):
    return digest[:31] + bytes([digest[31] & 0xFE | flag])


def leaf(key, size):
    return flagged(h("sum-leaf", key, u(8, size)), 1), size


def joined(left, right):
    counts = [keys_under(digest) for digest, _ in (left, right)]
    if sum(counts) < 2:
        return right if counts[1] else left
    preimage = (left[0], u(8, left[1]), right[0], u(8, right[1]))
    return flagged(h("sum-node", *preimage), 0), left[1] + right[1]


def whole(sizes, depth=0):
    """Digest and sum of a dict of keys and sizes."""
    if not sizes:
        return EMPTY
    if len(sizes) == 1:
        return leaf(*next(iter(sizes.items())))
    halves = [{k: s for k, s in sizes.items() if bit(k, depth) == side} for side in (0, 1)]
    branch = [whole(half, depth + 1) for half in halves]
    preimage = [part for digest, total in branch for part in (digest, u(8, total))]
    return flagged(h("sum-node", *preimage), 0), branch[0][1] + branch[1][1]


def prove(sizes, key):
    """The other sides from the root on, and the one other key that is left."""
    others = {k: s for k, s in sizes.items() if k != key}
    sides = []
    while len(others) > 1:
        depth = len(sides)
        away = {k: s for k, s in others.items() if bit(k, depth) != bit(key, depth)}
        sides.append(whole(away, depth + 1))
        others = {k: s for k, s in others.items() if k not in away}
    return sides, next(iter(others.items()), None)


def write(sides, other):
    present = [digest != EMPTY[0] for digest, _ in sides]
    shape = sum(flag << (len(present) - 1 - i) for i, flag in enumerate(present))
    width = (len(sides) + 7) // 8
    data = u(1, len(sides)) + u(width, shape << (8 * width - len(sides)))
    data += b"".join(digest + u(8, total) for digest, total in sides if digest != EMPTY[0])
    return data + (b"\0" if other is None else b"\1" + other[0] + u(8, other[1]))


def read(data):
    r = codec.Reader(data)
    count = r.uint(1)
    width = (count + 7) // 8
    shape = r.uint(width)
    require(shape % 2 ** (8 * width - count) == 0, "malformed")
    flags = [shape >> (8 * width - 1 - i) & 1 for i in range(count)]
    sides = [pair(r) if flag else None for flag in flags]
    option = r.uint(1)
    require(option < 2, "malformed")
    other = pair(r) if option else None
    require(r.at == len(data), "malformed")
    return sides, other


def pair(r):
    first, number = r.take(32), r.uint(8)
    require(number <= SUM_MAX, "malformed")
    return first, number


def check(sides, other, key, size):
    present = [side for side in sides if side is not None]
    require(all(keys_under(digest) for digest, _ in present), "zero-digest")
    if other is not None:
        require(other[0] != key, "covered")
        path = range(len(sides))
        require(all(bit(other[0], i) == bit(key, i) for i in path), "off-path")
    count, total = (0, size) if other is None else (1, size + other[1])
    for side in reversed(sides):
        digest, more = side or EMPTY
        count += keys_under(digest)
        require(count > 1, "collapsed")
        require(total <= SUM_MAX, "overflow")
        total += more
    require(total <= SUM_MAX, "overflow")


def evaluate(sides, other, key, size):
    """Root, sum, and the sum of what comes before the key."""
    check(sides, other, key, size or 0)
    sizes = {} if size is None else {key: size}
    before = 0
    if other is not None:
        sizes[other[0]] = other[1]
        before = other[1] if other[0] < key else 0
    found = whole(sizes, len(sides))
    for depth in reversed(range(len(sides))):
        side = sides[depth] or EMPTY
        if bit(key, depth):
            found, before = joined(side, found), before + side[1]
        else:
            found = joined(found, side)
    return {"root": found[0], "sum": found[1], "before": before}
