"""Capsules: what a reader of them decides, and how bytes come onto paper and tags."""

import codec
import xchacha
from blake3 import blake3
from codec import List, Object, Option, OneOf, Refused, Struct, Variable, Where, bytes32, require
from codec import u16, u32, u64
from derive import h, u

ZERO = bytes(32)
BODY_MAX, LINKS_MAX, PIECE, FRAMES_MAX = 921_600, 64, 700, 999
MEDIA_TYPE = b"application/vnd.dsm.backup"


def stands(value):
    base, counter = value["base"], value["counter"]
    return (
        (base is None or base <= counter)
        and (counter == 0) == (value["previous"] == ZERO)
        and len(value["box"]) >= 16
    )


plain = dict(
    genesis=bytes32, device=bytes32, incarnation=u32, counter=u64, base=Option(u64), previous=bytes32,
)
capsule = Object(0x56, 1_048_576, Where(
    Struct(**plain, nonce=codec.Fixed(24), box=Variable(1_048_576)), stands,
))
body = Struct(
    whole=OneOf(0, 1),
    links=List(bytes32, LINKS_MAX),
    changes=List(Struct(
        key=Where(Variable(128), lambda key: len(key) > 0),
        put=Option(Struct(**{"from": u32, "bytes": Variable(BODY_MAX)})),
    ), 65_535),
)
frame = Where(
    Struct(whole=bytes32, index=u16, count=u16, piece=Variable(PIECE)),
    lambda one: one["index"] < one["count"] <= FRAMES_MAX
    and (one["index"] == one["count"] - 1 or len(one["piece"]) == PIECE),
)


def associated(value):
    return b"\1\x56" + Struct(**plain).write({name: value[name] for name in plain})


def derived(value, *_):
    position = h("position", value["device"], u(4, value["incarnation"]), u(8, value["counter"]))
    return {"associated": associated(value), "position": position}


def first_link(counter):
    return 0 if counter == 0 else 64 * ((counter - 1) // 64)


def body_in(value, secret):
    opened = xchacha.unseal(secret, value["nonce"], value["box"], associated(value))
    require(opened is not None, "box")
    try:
        found = codec.whole(body, opened)
    except Refused:
        raise Refused("body") from None
    require(len(opened) <= BODY_MAX, "body")
    require(len(found["links"]) == value["counter"] - first_link(value["counter"]), "body")
    return found


def read(_, given):
    rows, first, following, base, whole, previous = {}, None, None, None, False, ZERO
    for data in given["capsules"]:
        try:
            value = capsule.decode(data)
        except Refused:
            raise Refused("malformed") from None
        require(value["device"] == given["device"], "device")
        require(value["genesis"] in (ZERO, given.get("genesis") or value["genesis"]), "genesis")
        require(value["incarnation"] == given["incarnation"], "incarnation")
        counter = value["counter"]
        if following is not None:
            require(counter >= following, "repeated")
            require(counter == following, "gap")
            require(value["previous"] == previous, "previous")
            named = -1 if value["base"] is None else value["base"]
            require(base is None or named >= base, "base")
        found = body_in(value, given["secret"])
        for change in found["changes"]:
            change_row(rows, change)
        first = counter if first is None else first
        following, previous, whole = counter + 1, blake3(data), found["whole"] == 1
        base = base if value["base"] is None else value["base"]
    require(following is not None and following > given["newest"] and whole, "truncated")
    require(base is not None and first == base, "base")
    return {"base": base, "rows": [{"key": key, "value": rows[key]} for key in sorted(rows)]}


def change_row(rows, change):
    key, put = change["key"], change["put"]
    if put is None:
        rows.pop(key, None)
    elif put["from"] == 0:
        rows[key] = put["bytes"]
    else:
        require(len(rows.get(key, b"")) == put["from"], "body")
        rows[key] += put["bytes"]


def frames(data, _):
    count = max(1, -(-len(data) // PIECE))
    whole = blake3(data)
    pieces = [data[i * PIECE : (i + 1) * PIECE] for i in range(count)]
    return {"frames": [
        frame.write({"whole": whole, "index": i, "count": count, "piece": piece})
        for i, piece in enumerate(pieces)
    ]}


def join(_, given):
    decoded = [codec.whole(frame, data) for data in given["frames"]]
    require(decoded, "malformed")
    pieces = {}
    for one in decoded:
        same = (one["whole"], one["count"]) == (decoded[0]["whole"], decoded[0]["count"])
        require(same and pieces.get(one["index"], one["piece"]) == one["piece"], "mixed")
        pieces[one["index"]] = one["piece"]
    missing = [i for i in range(decoded[0]["count"]) if i not in pieces]
    if missing:
        raise Refused("missing", missing)
    data = b"".join(pieces[i] for i in range(decoded[0]["count"]))
    require(blake3(data) == decoded[0]["whole"], "damaged")
    return {"whole": data}


def record(data, _):
    short = len(data) < 256
    length = bytes([len(data)]) if short else u(4, len(data))
    head = bytes([0xD2 if short else 0xC2, len(MEDIA_TYPE)])
    return {"record": head + length + MEDIA_TYPE + data}


def payload(data, given):
    start = (3 if data[:1] == b"\xd2" else 6) + len(MEDIA_TYPE)
    require(record(data[start:], given)["record"] == data, "malformed")
    return {"payload": data[start:]}
