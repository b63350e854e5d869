"""Canonical bytes: the shapes of docs/spec/codec.md, and every object in terms of them.

A shape reads a value from a `Reader` and writes it as bytes. Whatever it does not like, it refuses.
Values are bytes, text, int, `Amount`, None, lists and dicts, under the names that the vectors use.
"""

import re

VERSION = 1


class Refused(Exception):
    """A refusal: its code is the exception's only argument."""


class Amount(int):
    """An unsigned number of 128 bits: a decimal string in JSON."""


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, length):
        if self.at + length > len(self.data):
            raise Refused("malformed")
        self.at += length
        return self.data[self.at - length : self.at]

    def uint(self, width):
        return int.from_bytes(self.take(width), "big")


def require(holds, refusal):
    if not holds:
        raise Refused(refusal)


def need(holds):
    require(holds, "malformed")


# Shapes


class Uint:
    def __init__(self, width, limit=None, kind=int):
        self.width, self.limit, self.kind = width, limit, kind

    def read(self, r):
        number = r.uint(self.width)
        need(self.limit is None or number <= self.limit)
        return self.kind(number)

    def write(self, value):
        return value.to_bytes(self.width, "big")


class Fixed:
    def __init__(self, length):
        self.length = length

    def read(self, r):
        return r.take(self.length)

    def write(self, value):
        return value


class Variable:
    def __init__(self, limit):
        self.limit = limit

    def read(self, r):
        length = r.uint(4)
        need(length <= self.limit)
        return r.take(length)

    def write(self, value):
        return len(value).to_bytes(4, "big") + value


class Text(Variable):
    def read(self, r):
        try:
            return super().read(r).decode("utf-8", "strict")
        except UnicodeDecodeError:
            raise Refused("malformed") from None

    def write(self, value):
        return super().write(value.encode())


class OneOf(Uint):
    def __init__(self, *values):
        super().__init__(1)
        self.values = values

    def read(self, r):
        value = super().read(r)
        need(value in self.values)
        return value


class Option:
    def __init__(self, shape):
        self.shape = shape

    def read(self, r):
        there = r.uint(1)
        need(there <= 1)
        return self.shape.read(r) if there else None

    def write(self, value):
        return b"\0" if value is None else b"\1" + self.shape.write(value)


class List:
    def __init__(self, shape, limit, least=0):
        self.shape, self.limit, self.least = shape, limit, least

    def read(self, r):
        count = r.uint(2)
        need(self.least <= count <= self.limit)
        return [self.shape.read(r) for _ in range(count)]

    def write(self, value):
        return len(value).to_bytes(2, "big") + b"".join(map(self.shape.write, value))


class Ascending(List):
    def __init__(self, shape, key, limit, least=0):
        super().__init__(shape, limit, least)
        self.key = key

    def read(self, r):
        items = super().read(r)
        keys = [self.key(item) for item in items]
        need(all(a < b for a, b in zip(keys, keys[1:])))
        return items


class Packed:
    """u16 count, then as many items of one width, kept as one run of bytes."""

    def __init__(self, width, limit):
        self.width, self.limit = width, limit

    def read(self, r):
        count = r.uint(2)
        need(count <= self.limit)
        return r.take(count * self.width)

    def write(self, value):
        return (len(value) // self.width).to_bytes(2, "big") + value


class Struct:
    def __init__(self, **fields):
        self.fields = fields

    def read(self, r):
        return {name: shape.read(r) for name, shape in self.fields.items()}

    def write(self, value):
        return b"".join(shape.write(value[name]) for name, shape in self.fields.items())


class Choice:
    """One byte that names the shape; the name is the value's field `type`."""

    def __init__(self, **shapes):
        self.tags = {name: tag for name, (tag, _) in shapes.items()}
        self.shapes = {tag: (name, Struct(**fields)) for name, (tag, fields) in shapes.items()}

    def read(self, r):
        tag = r.uint(1)
        need(tag in self.shapes)
        name, shape = self.shapes[tag]
        return {"type": name, **shape.read(r)}

    def write(self, value):
        tag = self.tags[value["type"]]
        return bytes([tag]) + self.shapes[tag][1].write(value)


class Where:
    def __init__(self, shape, holds):
        self.shape, self.holds, self.write = shape, holds, shape.write

    def read(self, r):
        value = self.shape.read(r)
        need(self.holds(value))
        return value


class Object:
    """Version byte, kind byte, body. As a field it is the same bytes and keeps its bound."""

    def __init__(self, kind, limit, body):
        self.header, self.limit, self.body = bytes([VERSION, kind]), limit, body

    def read(self, r):
        start = r.at
        need(r.take(2) == self.header)
        value = self.body.read(r)
        need(r.at - start <= self.limit)
        return value

    def write(self, value):
        return self.header + self.body.write(value)

    def decode(self, data):
        if len(data) > self.limit:
            raise Refused("too-large")
        if len(data) < 2:
            raise Refused("malformed")
        if data[0] != VERSION:
            raise Refused("unknown-version")
        if data[1] != self.header[1]:
            raise Refused("wrong-kind")
        return whole(self, data)


def whole(shape, data):
    """The value of all the bytes; written again, it must be the same bytes."""
    r = Reader(data)
    value = shape.read(r)
    need(r.at == len(data))
    assert shape.write(value) == data, "a value is not written as it was read"
    return value


# Layouts

u8, u16, u32, u64 = Uint(1), Uint(2), Uint(4), Uint(8, 2**53 - 1)
u128 = Uint(16, kind=Amount)
bytes32, suite = Fixed(32), OneOf(1, 2)
public_key, signature = Variable(1_952), Variable(17_088)
OPERATION_MAX, RECEIPT_MAX, OBJECT_MAX = 12_288, 131_072, 1_048_576
entry_bytes = Variable(OPERATION_MAX + 79)
run = List(entry_bytes, 256, 1)

entry = Object(0x01, OPERATION_MAX + 79, Struct(
    side=OneOf(0, 1), index=u64, entropy=bytes32, absorbed=bytes32,
    operation=Variable(OPERATION_MAX),
))

pair = Struct(key=bytes32, value=bytes32)
multiproof = Struct(
    keys=Where(u8, lambda count: 1 <= count <= 128),
    shape=Packed(1, 8_192),
    digests=Packed(32, 32_768),
    leaves=Ascending(pair, lambda leaf: leaf["key"], 128),
)
proof = Object(0x06, 9 + 8_192 + 32 * 32_768 + 64 * 128, multiproof)

step = Object(0x02, RECEIPT_MAX, Struct(
    device=bytes32, incarnation=u32, seq=u64, previous=bytes32, before=bytes32, after=bytes32,
    cause=Choice(
        append=(1, dict(relationship=bytes32, index=u64, head=bytes32, count=u32)),
        absorb=(2, dict(relationship=bytes32, index=u64, head=bytes32)),
        succeed=(3, dict(relationship=bytes32, incarnation=u32, start=bytes32)),
        restore=(4, {}),
    ),
    writes=Ascending(
        Struct(key=bytes32, before=bytes32, after=bytes32), lambda write: write["key"], 128, 1
    ),
    proof=multiproof,
))
key_signature = Struct(suite=suite, publicKey=public_key, signature=signature)
signed_step = Object(0x03, RECEIPT_MAX, Struct(
    step=step, slots=List(pair, 40), signature=signature, further=List(key_signature, 4),
))

consent = Struct(
    head=bytes32, proposer=bytes32, proposerIncarnation=u32, peer=bytes32, peerIncarnation=u32,
    root=bytes32, seq=u64,
)
countersignature = Object(0x04, 17_088 + 256, Struct(consent=consent, signature=signature))
receipt = Object(0x05, RECEIPT_MAX, Struct(
    before=bytes32, entries=run, countersignature=Option(countersignature), writer=signed_step,
    peer=Option(signed_step),
))

path = List(Struct(side=OneOf(0, 1), sibling=bytes32), 8)
vote = dict(path=path, signature=signature)
certificate = Object(0x13, 13 * (17_088 + 280) + 128, Struct(
    lineage=bytes32, version=u32, key=bytes32, value=bytes32,
    votes=Ascending(Struct(node=u16, **vote), lambda vote: vote["node"], 13, 1),
))
card_body = Struct(
    network=bytes32, suite=suite, rootKey=public_key, incarnation=u32, birth=bytes32,
    generation=u32, since=u64, previous=bytes32, workingKey=public_key,
    kemKey=Fixed(1_184), versions=List(u8, 8, 1), name=Text(48), genesis=Option(bytes32),
    binding=Struct(level=OneOf(0, 1, 2, 3), key=Option(bytes32)),
)
card = Object(0x07, 262_144, Struct(
    body=card_body, signature=signature, succession=Option(certificate),
))

place = Struct(kind=OneOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), writer=bytes32, position=bytes32)
members = Ascending(bytes32, lambda member: member, 5, 1)
committee = Struct(threshold=u8, members=members)
lock = Struct(hash=bytes32, amount=u128)
locks = Ascending(lock, lambda one: one["hash"], 16)
paid_locks = List(lock, 16)
citation = Struct(
    escrow=bytes32, total=u128, locks=locks, suite=suite, publicKey=public_key, body=bytes32,
    path=path, signature=signature,
)
exit_claim = dict(citation=citation, preimages=List(bytes32, 16))
authorisation = Struct(
    suite=suite, publicKey=public_key, body=bytes32, path=path, signature=signature,
    backing=Option(Choice(
        committee=(1, dict(committee=committee, further=List(key_signature, 4))),
        exit=(2, exit_claim),
    )),
)
slot_write = Object(0x10, 393_216, Struct(
    place=place, value=bytes32, authorisation=authorisation, hint=Option(bytes32),
    certificate=Option(certificate),
))
slot_state = Object(0x11, 524_288, Struct(
    place=place,
    vote=Option(Struct(version=u32, **vote)),
    values=List(
        Struct(value=bytes32, authorisation=authorisation, hints=List(bytes32, 4)), 4, 1
    ),
))


def is_chained(value):
    """Version 1 names nothing before it; every later one names all of it."""
    first = value["version"] == 1
    before = [value[name] == bytes(32) for name in ("first", "previous", "closed")]
    return value["version"] >= 1 and all(missing == first for missing in before)


def has_quorums(value):
    r, q, f = value["r"], value["q"], value["f"]
    quorums = r == 3 * f + 1 and r + f < 2 * q <= 2 * r <= 26
    return quorums and 8 <= value["bucketBits"] <= 20 and value["seatBytes"] > 0


def has_nodes(value):
    nodes, seats, groups = value["nodes"], value["seats"], value["groups"]
    members = [node for group in groups for node in group]
    voters = {(node["suite"], node["voteKey"]) for node in nodes}
    return (
        len({node["id"] for node in nodes}) == len(voters) == len(nodes)
        and all(len(group) == value["r"] for group in groups)
        and all(node < len(nodes) for node in members)
        and len(set(members)) == len(members)
        and len(seats).bit_count() == 1
        and all(owner < len(nodes) or owner == 0xFFFF for owner in seats)
    )


def has_signers(value):
    signers, threshold = value["signers"], value["threshold"]
    count, bad = len(signers), (len(signers) - 1) // 3
    return (
        all(a < b for a, b in zip(signers, signers[1:]))
        and signers[-1] < len(value["nodes"])
        and count + bad < 2 * threshold
        and threshold + bad <= count
    )


def registry_holds(value):
    return is_chained(value) and has_quorums(value) and has_nodes(value) and has_signers(value)


registry = Object(0x14, 33_554_432, Where(Struct(
    network=bytes32, first=bytes32, previous=bytes32, version=u32, closed=bytes32,
    r=u8, q=u8, f=u8, bucketBits=u8, admission=OneOf(0, 1), seatBytes=u64,
    nodes=List(Struct(
        suite=suite, id=bytes32, voteKey=public_key, address=Text(128), capacityBytes=u64, missed=u8,
    ), 8_192, 1),
    seats=List(u16, 32_768, 1),
    groups=List(List(u16, 13, 1), 8_192, 1),
    signers=List(u16, 64, 1), threshold=u8,
), registry_holds))

branch = dict(entries=run, signed=signed_step)
said = Struct(value=bytes32, authorisation=authorisation)
node_vote = Struct(value=bytes32, **vote)
later = List(card, 8)
evidence = Object(0x09, 4 * RECEIPT_MAX, Choice(
    entries=(1, dict(card=card, later=later, before=bytes32, first=Struct(**branch), second=Struct(**branch))),
    steps=(2, dict(card=card, later=later, first=signed_step, second=signed_step)),
    spends=(3, dict(
        card=card, place=place, first=said, second=said, opening=Variable(OPERATION_MAX + 256)
    )),
    issues=(4, dict(place=place, first=said, second=said)),
    commits=(6, dict(place=place, first=said, second=said)),
    votes=(5, dict(
        suite=suite, voteKey=public_key, lineage=bytes32, version=u32, key=bytes32,
        first=node_vote, second=node_vote,
    )),
))


def is_plain(text):
    """Text that looks the same to everybody: no spaces around it, no character of the table."""
    hidden = [char for char in text if any(a <= ord(char) <= b for a, b in UNPLAIN)]
    return text != "" and text == text.strip(" ") and not hidden


UNPLAIN = [
    (0x0000, 0x001f),
    (0x007f, 0x00a0),
    (0x00ad, 0x00ad),
    (0x0300, 0x036f),
    (0x0374, 0x0374),
    (0x037e, 0x037e),
    (0x0387, 0x0387),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x20d0, 0x20ff),
    (0x2126, 0x2126),
    (0x212a, 0x212b),
    (0x3000, 0x3000),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xf900, 0xfaff),
    (0xfe00, 0xfe0f),
    (0xfe20, 0xfe2f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xffff),
    (0x2f800, 0x2fa1f),
    (0xe0000, 0x10ffff),
]


def is_sound(committee, bad):
    """Two sets that decide share an honest member, and the honest ones suffice to decide."""
    threshold, count = committee["threshold"], len(committee["members"])
    return 1 <= threshold <= count - bad and 2 * threshold > count + bad


def policy_holds(value):
    return (
        re.fullmatch("[A-Za-z0-9]+", value["ticker"]) is not None
        and is_plain(value["name"])
        and all(is_plain(anchor["label"]) for anchor in value["anchors"])
        and value["decimals"] <= (38 if value["form"] == 0 else 0)
        and value["cap"] > 0
        and 1 <= value["depthMax"] <= 64
        and 1 <= value["receiptsMax"] <= 4_096
        and is_sound(value, value["bad"])
    )


anchor = Struct(label=Text(32), address=bytes32)
policy = Object(0x20, 2_048, Where(Struct(
    network=bytes32, registry=bytes32, ticker=Text(12), name=Text(48), form=OneOf(0, 1, 2),
    decimals=u8, cap=u128, threshold=u8, members=members, bad=u8, burn=OneOf(0, 1),
    allowed=Option(bytes32), suites=Ascending(suite, lambda one: one, 2, 1),
    anchors=Ascending(anchor, lambda one: one["label"].encode(), 8), depthMax=u16,
    receiptsMax=u32,
), policy_holds))

note_tail = dict(key=bytes32, amount=u128, kind=OneOf(0, 1, 2), depth=u16, receipts=u32)
output = Struct(owner=bytes32, **note_tail)
note = Struct(token=bytes32, source=bytes32, index=u16, owner=bytes32, **note_tail)
spent_note = Struct(source=bytes32, index=u16, **note_tail, blind=bytes32)
inputs = Ascending(spent_note, lambda item: (item["source"], item["index"]), 32, 1)
reminted = Struct(key=bytes32, id=bytes32)
issue = Object(0x21, OPERATION_MAX - 16, Struct(
    token=bytes32, index=u64, parent=bytes32, amount=u128, total=u128, outputs=List(output, 64, 1),
    anchors=List(bytes32, 64),
    remint=Option(Struct(
        notes=Ascending(reminted, lambda item: (item["id"], item["key"]), 32, 1), lineage=bytes32,
    )),
))
movement = dict(
    token=bytes32, inputs=inputs, outputs=List(output, 64), allowed=Option(multiproof),
    memo=Text(256),
)
placed = Struct(index=u16, owner=bytes32, **note_tail)
operation = Choice(
    memo=(1, dict(text=Text(OPERATION_MAX - 8))),
    transfer=(2, movement),
    load=(3, movement),
    collect=(4, dict(
        token=bytes32, source=bytes32, outputs=Ascending(placed, lambda one: one["index"], 64, 1),
    )),
    burn=(5, movement),
    fund=(6, dict(payerKey=bytes32, **movement)),
    exit=(7, dict(token=bytes32, input=spent_note, claim=Struct(**exit_claim))),
    total=(8, dict(escrow=bytes32, total=u128, count=u64, ticks=bytes32, memo=Text(256))),
    lock=(9, dict(escrow=bytes32, hash=bytes32, amount=u128, route=Variable(1_024))),
    claim=(10, dict(escrow=bytes32, preimage=bytes32)),
    cancel=(11, dict(escrow=bytes32, hash=bytes32)),
    remint=(12, dict(inputs=inputs, issue=issue)),
    app=(13, dict(app=bytes32, data=Variable(OPERATION_MAX - 37))),
)
opening = Struct(before=bytes32, index=u16, entry=entry_bytes)
remint_spend = Struct(authorisation=authorisation, certificate=Option(certificate))
issue_part = Object(0x23, OBJECT_MAX, Struct(
    issue=issue, authorisation=authorisation, certificate=Option(certificate),
    spends=List(remint_spend, 32),
))
spend_part = Object(0x22, OBJECT_MAX, Struct(
    before=bytes32, entry=entry_bytes, body=bytes32, slots=List(pair, 40, 1),
    signatures=List(key_signature, 5, 1), certificates=List(Option(certificate), 32, 1),
))
exit_part = Object(0x24, OBJECT_MAX, Struct(
    source=bytes32, index=u16, authorisation=authorisation, certificate=Option(certificate),
    opened=List(certificate, 16),
))

message = Object(0x30, 1_048_576, Choice(
    hello=(1, dict(card=Variable(262_144))),
    agree=(2, dict(ciphertext=Variable(1_088), laneKey=bytes32, signature=signature)),
    agreed=(3, dict(laneKey=bytes32, mac=bytes32)),
    introduce=(38, dict(sealed=Variable(140_000))),
    offer=(4, dict(entries=run, root=bytes32, seq=u64, proof=multiproof)),
    want=(5, dict(heads=List(bytes32, 1_024), tokens=List(bytes32, 64))),
    parts=(6, dict(policies=List(Variable(2_048), 64), parts=List(Variable(OBJECT_MAX), 1_024))),
    consent=(7, dict(countersignature=countersignature, head=bytes32, proof=multiproof)),
    refuse=(8, dict(head=bytes32, code=Text(32), why=Text(256))),
    commit=(9, dict(entries=run, signed=signed_step, countersignature=Option(countersignature))),
    ack=(10, dict(head=bytes32, mac=bytes32)),
    absorbed=(11, dict(signed=signed_step)),
    marks=(12, dict(lines=List(Struct(position=bytes32, statement=bytes32), 1_024))),
    evidence=(13, dict(evidence=Variable(4 * RECEIPT_MAX))),
    end=(14, {}),
    half=(15, dict(position=bytes32, half=Variable(2 * RECEIPT_MAX))),
    challenge=(36, dict(nonce=bytes32, card=bytes32)),
    attest=(37, dict(attestation=Option(Variable(4_096)), mac=bytes32)),
    fresh=(41, dict(key=Struct(number=u32, kemKey=Fixed(1_184), mac=bytes32))),
    card=(42, dict(card=Variable(262_144))),
))
