"""XChaCha20-Poly1305 (RFC 8439 and draft-irtf-cfrg-xchacha-03), opening only."""

import struct

MASK = 0xFFFFFFFF
CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)


def rotate(value, count):
    return (value << count | value >> 32 - count) & MASK


def quarter(state, a, b, c, d):
    for left, add, into, count in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[left] = state[left] + state[add] & MASK
        state[into] = rotate(state[into] ^ state[left], count)


def rounds(state):
    for _ in range(10):
        for column in range(4):
            quarter(state, column, column + 4, column + 8, column + 12)
        for i in range(4):
            quarter(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return state


def words(data):
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def subkey(key, nonce):
    """HChaCha20."""
    state = rounds([*CONSTANTS, *words(key), *words(nonce)])
    return struct.pack("<8I", *state[:4], *state[12:])


def block(key, counter, nonce):
    start = [*CONSTANTS, *words(key), counter, *words(nonce)]
    mixed = rounds(list(start))
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(start, mixed)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        piece = message[at : at + 16] + b"\1"
        total = (total + int.from_bytes(piece, "little")) * r % ((1 << 130) - 5)
    tag = total + int.from_bytes(key[16:], "little") & (1 << 128) - 1
    return tag.to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def unseal(key, nonce, box, associated):
    """The plaintext, or None if the tag does not fit."""
    key, nonce = subkey(key, nonce[:16]), bytes(4) + nonce[16:]
    sealed, tag = box[:-16], box[-16:]
    lengths = struct.pack("<QQ", len(associated), len(sealed))
    message = padded(associated) + padded(sealed) + lengths
    if poly1305(block(key, 0, nonce)[:32], message) != tag:
        return None
    plain = bytearray()
    for at in range(0, len(sealed), 64):
        stream = block(key, 1 + at // 64, nonce)
        plain += bytes(a ^ b for a, b in zip(sealed[at : at + 64], stream))
    return bytes(plain)
