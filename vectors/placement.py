"""Where things belong: the group of a slot, and the nodes of an object in their order."""

from derive import h, lineage_of, u

ONE = 2**26  # A logarithm of 1, with 26 bits behind the point.
WORD = 2**32 - 1
NOBODY = 0xFFFF


def mixed(word, shifts, factors):
    """A permutation of the 32-bit numbers: shifts and products in turn."""
    for shift, factor in zip(shifts, factors):
        word = (word ^ word >> shift) * factor & WORD
    return word ^ word >> shifts[-1]


# Slots: groups, of which one that is added at the end takes its share


def group_of(registry, key):
    groups = registry["groups"]
    draw = h("group", lineage_of(registry), key)
    state = int.from_bytes(draw[:4], "big") ^ int.from_bytes(draw[4:8], "big")
    chosen = 0
    for number in range(1, len(groups)):
        state = mixed((state + 0x9E3779B9) & WORD, (16, 13, 16), (0x85EBCA6B, 0xC2B2AE35))
        if state * (number + 1) < 2**32:
            chosen = number
    return groups[chosen]


# Objects: nodes come when one of their seats is hit for the first time


def logarithm(i):
    """floor(2^26 · log2(1 + i/256)), a bit for each squaring."""
    x, found = (256 + i) << 248, 0
    if i == 256:
        return ONE
    for _ in range(26):
        x = x * x >> 256
        double = x >> 257
        x, found = x >> double, 2 * found + double
    return found


LOGARITHMS = [logarithm(i) for i in range(257)]


def negative_log(word):
    """−log2(word / 2^32), a line between two entries of the table; 0 counts as 1."""
    word = word or 1
    whole = word.bit_length() - 1
    mantissa = word << (31 - whole)
    i, rest = mantissa >> 23 & 0xFF, mantissa & 0x7FFFFF
    low, high = LOGARITHMS[i], LOGARITHMS[i + 1]
    return (32 - whole) * ONE - low - ((high - low) * rest >> 23)


def hits(words, block):
    """When which seat of a block is hit; block 0 is seat 0, block b the seats 2^(b-1) … 2^b − 1."""
    size = 1 << max(0, block - 1)
    time = number = 0
    while True:
        chance = draw(words[block & 7] ^ (block << 27) + number & WORD)
        time, number = time + negative_log(chance) * 2**20 // size, number + 1
        if time >= 2**53:
            return
        other = draw(chance ^ words[block + 3 & 7])
        yield time, block, block if block < 2 else size + (other * size >> 32)


def draw(word):
    return mixed(word, (16, 15, 15), (0x21F0AAAD, 0xD35A2D97))


def placement(registry, address):
    """The nodes with a seat in the order in which they keep the object."""
    bucket = bucket_of(registry["bucketBits"], address)
    return order_of(registry["seats"], lineage_of(registry), bucket)


def bucket_of(bits, address):
    return int.from_bytes(address[:3], "big") >> (24 - bits)


def order_of(seats, salt, bucket):
    key = h("place", salt, u(4, bucket))
    words = [int.from_bytes(key[i : i + 4], "big") for i in range(0, 32, 4)]
    streams = [hits(words, block) for block in range(len(seats).bit_length())]
    coming = [next(stream, None) for stream in streams]
    holders, order = set(seats) - {NOBODY}, []
    while len(order) < len(holders) and any(coming):
        _, block, seat = min(hit for hit in coming if hit)
        coming[block] = next(streams[block], None)
        if seats[seat] in holders.difference(order):
            order.append(seats[seat])
    return order + sorted(holders.difference(order))
