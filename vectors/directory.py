"""The directory: listings, names and topics, invitations, introductions."""

import unicodedata

import codec
from codec import Fixed, Object, Option, Refused, Struct, Text, Variable, bytes32, require, u32
from derive import card_device, h, relationship_key, u
from rules import check_card

listing = Object(0x61, 128, Struct(name=Text(48), invitation=Option(bytes32)))

body = Struct(
    network=bytes32, device=bytes32, incarnation=u32, generation=u32, card=bytes32,
    membership=Option(bytes32), kemKey=Fixed(1_184), laneKey=bytes32,
)
invitation = Object(0x5e, 20_000, Struct(body=body, signature=codec.signature))

introduction = Object(0x5f, 130_000, Struct(
    card=Variable(112_000), membership=Option(bytes32), receiver=bytes32, incarnation=u32,
    via=bytes32, drawn=bytes32, laneKey=bytes32, receiverLaneKey=bytes32,
    signature=codec.signature,
))


# Names and topics


def folded(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).lower())


def name(_, given):
    normal = folded(folded(given["text"].decode()))
    holds = (
        codec.is_plain(normal)
        and "  " not in normal
        and folded(normal) == normal
        and len(normal.encode()) <= 48
    )
    require(holds, "name")
    text = normal.encode()
    topic = h("directory", given["network"], b"\x01", u(4, len(text)) + text)
    return {"name": normal, "topic": topic}


def topics(_, given):
    network, by_key = given["network"], h("invitation", given["kemKey"])
    return {
        "device": h("directory", network, b"\x02", given["device"]),
        "genesis": h("directory", network, b"\x03", given["genesis"]),
        "inbox": h("directory", network, b"\x04", by_key),
    }


# Invitations


def of_invitation(value, *_):
    return {"digest": h("invitation", body.write(value["body"]))}


def check_invitation(data, given):
    said, keys = invitation.decode(data)["body"], codec.card.decode(given["card"])["body"]
    require(said["network"] == given["network"], "network")
    same = all(said[one] == keys[one] for one in ("incarnation", "generation"))
    require(same and said["device"] == card_device(keys), "device")


# Introductions


def of_introduction(value, *_):
    fields = (value[one] for one in ("via", "drawn", "laneKey", "receiverLaneKey"))
    digest = h("introduction", value["receiver"], u(4, value["incarnation"]), *fields)
    try:
        keys = codec.card.decode(value["card"])["body"]
    except Refused:
        return {"digest": digest}
    secret = h("introduce", value["drawn"], card_device(keys), value["receiver"])
    return {"digest": digest, "secret": secret, "relationship": relationship_key(secret)}


def check_introduction(data, given):
    value = introduction.decode(data)
    require(value["receiver"] == given["id"], "receiver")
    try:
        card = codec.card.decode(value["card"])
    except Refused:
        raise Refused("card") from None
    device = card_device(card["body"])
    require(device != given["id"], "self")
    try:
        check_card(card, given["network"], None)
    except Refused:
        raise Refused("card") from None
    return {"device": device}


def place(_, given):
    if not given["agreed"] or given["incarnation"] > given["since"]:
        return {"place": "write"}
    require(given["byMe"] and not given["byThem"], "refuse")
    return {"place": "write" if given["introducer"] < given["receiver"] else "listen"}
