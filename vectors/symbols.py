"""Symbols of sets of keys, and the difference of two sets."""

import codec
from codec import require
from derive import h, u
from placement import draw

WIDTH = 40
NUMBERS_END = 2**20
BATCH_MAX = 16384


def marked(nonce, key):
    """The key with its check, and the numbers of its symbols in turn."""
    digest = h("symbol", h("symbol", nonce)[:16], key)
    return key + digest[:8], numbers(digest)


def numbers(digest):
    first, second = (int.from_bytes(digest[at : at + 4], "big") for at in (8, 12))
    number = step = 0
    while number < NUMBERS_END:
        yield number
        drawn = draw(draw(first + step & 0xFFFFFFFF) ^ second) + 1
        bound = ((number + 1) * (number + 2) << 32) // drawn
        number, step = least(number, bound), step + 1


def least(number, bound):
    """The least m above number with (m + 1)(m + 2) > bound, by halving."""
    low, high = number, NUMBERS_END
    while high - low > 1:
        middle = (low + high) // 2
        if (middle + 1) * (middle + 2) > bound:
            high = middle
        else:
            low = middle
    return high


def xored(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def toggle(symbols, start, mark, places):
    """XOR a key into those of its symbols that are here."""
    for number in places:
        if number >= start + len(symbols):
            return
        if number >= start:
            symbols[number - start] = xored(symbols[number - start], mark)


def symbols_of(keys, nonce, start, count):
    symbols = [bytes(WIDTH)] * count
    for key in keys:
        toggle(symbols, start, *marked(nonce, key))
    return symbols


def write(start, symbols):
    return u(4, start) + u(2, len(symbols)) + b"".join(symbols)


def read(data):
    r = codec.Reader(data)
    start, count = r.uint(4), r.uint(2)
    require(1 <= count <= BATCH_MAX and start + count <= NUMBERS_END, "malformed")
    symbols = r.take(count * WIDTH)
    require(r.at == len(data), "malformed")
    return {"first": start, "count": count, "symbols": symbols}


def difference(keys, nonce, data):
    """Which keys are only here and which are only there, if the symbols say so to the end."""
    theirs = [data[at : at + WIDTH] for at in range(0, len(data), WIDTH)]
    left = [xored(a, b) for a, b in zip(theirs, symbols_of(keys, nonce, 0, len(theirs)))]
    found, waiting = set(), set(range(len(left)))
    while waiting:
        number = waiting.pop()
        key = left[number][:32]
        mark, places = marked(nonce, key)
        if mark != left[number] or number not in taken(places, len(left)):
            continue
        require(key not in found, "inconsistent")
        found.add(key)
        changed = taken(marked(nonce, key)[1], len(left))
        toggle(left, 0, mark, changed)
        waiting.update(changed)
    require(not any(map(any, left)), "limit")
    return {"onlyHere": sorted(found & set(keys)), "onlyThere": sorted(found - set(keys))}


def taken(places, end):
    """The numbers below the end."""
    below = []
    for number in places:
        if number >= end:
            break
        below.append(number)
    return below
