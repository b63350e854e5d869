"""BLAKE3, hash mode, 32 bytes of output: the tree of the paper, section 2, and nothing else."""

IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
MASK = 0xFFFFFFFF

# Columns, then diagonals; the i-th of the eight takes the words 2i and 2i + 1 of the message.
MIXES = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def schedules():
    """The order of the message's words in each of the seven rounds."""
    order = tuple(range(16))
    for _ in range(7):
        yield order
        order = tuple(order[i] for i in PERMUTATION)


ROUNDS = tuple(
    tuple((*mix, order[2 * i], order[2 * i + 1]) for i, mix in enumerate(MIXES))
    for order in schedules()
)


def compress(chaining, block, counter, flags):
    """The eight words that follow a chaining value and a block of up to 64 bytes."""
    words = [int.from_bytes(block[i : i + 4], "little") for i in range(0, 64, 4)]
    v = [*chaining, *IV[:4], counter & MASK, counter >> 32, len(block), flags]
    for mixes in ROUNDS:
        for a, b, c, d, x, y in mixes:
            va = (v[a] + v[b] + words[x]) & MASK
            vd = v[d] ^ va
            vd = (vd >> 16 | vd << 16) & MASK
            vc = (v[c] + vd) & MASK
            vb = v[b] ^ vc
            vb = (vb >> 12 | vb << 20) & MASK
            va = (va + vb + words[y]) & MASK
            vd ^= va
            vd = (vd >> 8 | vd << 24) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            v[a], v[b], v[c], v[d] = va, (vb >> 7 | vb << 25) & MASK, vc, vd
    return [v[i] ^ v[i + 8] for i in range(8)]


def chunk(data, counter, flags):
    """The chaining value of up to 1,024 bytes; `flags` hold ROOT if it is the only chunk."""
    value = IV
    last = max(0, (len(data) - 1) // 64)
    for i in range(last + 1):
        of_block = (CHUNK_START if i == 0 else 0) | ((CHUNK_END | flags) if i == last else 0)
        value = compress(value, data[64 * i : 64 * i + 64], counter, of_block)
    return value


def subtree(data, counter, flags):
    """The left half of a tree holds the greatest power of two of chunks that leaves some over."""
    if len(data) <= 1024:
        return chunk(data, counter, flags)
    chunks = (len(data) - 1) // 1024
    left = 1 << (chunks.bit_length() - 1)
    first = subtree(data[: left * 1024], counter, 0)
    second = subtree(data[left * 1024 :], counter + left, 0)
    return compress(IV, joined(first + second), 0, PARENT | flags)


def joined(words):
    return b"".join(word.to_bytes(4, "little") for word in words)


def blake3(data):
    return joined(subtree(bytes(data), 0, ROOT))
