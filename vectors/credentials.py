"""What is said of devices: docs/spec/credential.md and login.md."""

import re

import codec
import identity
from codec import (
    Amount,
    Ascending,
    Choice,
    Fixed,
    List,
    Object,
    OneOf,
    Option,
    Refused,
    Struct,
    Text,
    Variable,
    Where,
    bytes32,
    require,
    signature,
    suite,
    u128,
)
from derive import card_device, committee_writer, h, key_digest, key_of, token_id, u
from rules import check_card


class Signed:
    """A sign and a size; there is one zero."""

    body = Where(Struct(below=OneOf(0, 1), size=u128), lambda v: not v["below"] or v["size"] > 0)

    def read(self, r):
        value = self.body.read(r)
        return Amount(-value["size"] if value["below"] else value["size"])

    def write(self, value):
        return self.body.write({"below": int(value < 0), "size": abs(int(value))})


class Flag:
    def read(self, r):
        return OneOf(0, 1).read(r) == 1

    def write(self, value):
        return bytes([value])


def is_name(text):
    return len(text) <= 48 and re.fullmatch("[a-z][a-z0-9]*([-_][a-z0-9]+)*", text) is not None


def is_day(text):
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return False
    year, month, day = map(int, text.split("-"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return 1 <= month <= 12 and 1 <= day <= days[month - 1]


name = Where(Text(48), is_name)
attribute = Struct(name=name, content=Choice(
    text=(1, dict(value=Text(1_024))),
    integer=(2, dict(value=Signed())),
    boolean=(3, dict(value=Flag())),
    date=(4, dict(value=Where(Text(10), is_day))),
    bytes=(5, dict(value=Variable(1_024))),
))
attributes = Ascending(attribute, lambda one: one["name"].encode(), 64, 1)
TYPES = ["text", "integer", "boolean", "date", "bytes"]


class Type:
    tag = OneOf(1, 2, 3, 4, 5)

    def read(self, r):
        return TYPES[self.tag.read(r) - 1]

    def write(self, value):
        return self.tag.write(TYPES.index(value) + 1)


schema = Ascending(Struct(name=name, type=Type()), lambda one: one["name"].encode(), 64)
body = Struct(
    network=bytes32, token=bytes32, schema=bytes32, key=bytes32, depth=OneOf(3, 4, 5, 6),
    root=bytes32,
)
credential = Object(0x5A, 131_072, Struct(
    body=body, issuer=codec.key_signature, seed=bytes32, attributes=attributes,
))
challenge = Object(0x62, 8_192, Struct(
    network=bytes32, nonce=bytes32, audience=Text(256),
    wanted=Option(Struct(token=bytes32, names=Ascending(name, str.encode, 64))),
))
one_shown = Struct(index=codec.u8, salt=bytes32, attribute=attribute)


def names_ascend(shown):
    names = [one["attribute"]["name"] for one in shown]
    return all(a < b for a, b in zip(names, names[1:]))


said = Struct(
    body=body, issuer=codec.key_signature,
    shown=Where(Ascending(one_shown, lambda one: one["index"], 64), names_ascend),
    proof=List(bytes32, 64), nonce=bytes32, audience=Text(256), card=Option(codec.card),
    suite=suite, publicKey=codec.public_key,
)
presentation = Object(0x5B, 524_288, Struct(said=said, signature=signature))
login = Object(0x5D, 1_048_576, Struct(
    nonce=bytes32, audience=Text(256), card=codec.card, membership=Option(identity.membership),
    signature=signature,
))


def digest_of(of):
    return h("credential", body.write(of))


def salt_at(seed, index):
    return h("attribute-salt", seed, u(2, index))


def leaf_of(salt, one):
    return h("attribute", salt, b"" if one is None else attribute.write(one))


def node(left, right):
    return h("attribute-node", left, right)


def root_of(seed, of, depth):
    padded = list(of) + [None] * ((1 << depth) - len(of))
    level = [leaf_of(salt_at(seed, i), one) for i, one in enumerate(padded)]
    while len(level) > 1:
        level = [node(*level[i : i + 2]) for i in range(0, len(level), 2)]
    return level[0]


def depth_for(count):
    return next(depth for depth in (3, 4, 5, 6) if count <= 1 << depth)


def schema_of(of):
    given = [one for one in of if not one["name"].startswith("dsm-")]
    return [{"name": one["name"], "type": one["content"]["type"]} for one in given]


def schema_digest(of):
    return h("schema", schema.write(of))


def own(of, wanted):
    found = [one["content"] for one in of if one["name"] == wanted]
    return found[0] if found else None


def device_in(of):
    content = own(of, "dsm-device")
    fits = content is not None and content["type"] == "bytes" and len(content["value"]) == 32
    return content["value"] if fits else None


def serial_in(of):
    content = own(of, "dsm-serial")
    fits = content is not None and content["type"] == "integer" and content["value"] > 0
    return content["value"] if fits else None


def derived(value, *_):
    of, seed, held = value["body"], value["seed"], value["attributes"]
    digest = digest_of(of)
    names = [one["name"] for one in held]
    # A credential without a serial has no place in its issuer's chain: its salt is that of no leaf.
    index = names.index("dsm-serial") if "dsm-serial" in names else 2**16 - 1
    issuer = key_digest(value["issuer"]["suite"], value["issuer"]["publicKey"])
    place = {"kind": 10, "writer": issuer, "position": h("position", of["token"], digest)}
    return {
        "digest": digest,
        "root": root_of(seed, held, of["depth"]),
        "schema": schema_digest(schema_of(held)),
        "issuance": h("issuance", digest, salt_at(seed, index)),
        "revocation": key_of(place),
        "revoked": h("revocation", digest),
    }


def check_issuer(of, issuer, policy):
    require(of["network"] == policy["network"], "network")
    require(of["token"] == token_id(policy), "token")
    require(policy["form"] == 2, "form")
    require(len(policy["members"]) == 1, "committee")
    key = key_digest(issuer["suite"], issuer["publicKey"])
    require(key == committee_writer(policy), "issuer")


def check_credential(data, given):
    value = credential.decode(data)
    of, held = value["body"], value["attributes"]
    check_issuer(of, value["issuer"], codec.policy.decode(given["policy"]))
    require(of["depth"] == depth_for(len(held)), "tree")
    require(root_of(value["seed"], held, of["depth"]) == of["root"], "tree")
    require(schema_digest(schema_of(held)) == of["schema"], "schema")
    names = [one["name"] for one in held if one["name"].startswith("dsm-")]
    require(names == ["dsm-device", "dsm-serial"], "own")
    require(device_in(held) is not None and serial_in(held) is not None, "own")


def evaluate(shown, depth, proof):
    """The root, or None if the proof has another number of digests than it needs."""
    if any(one["index"] >= 1 << depth for one in shown):
        return None
    left = list(proof)

    def visit(level, at):
        there = [one for one in shown if one["index"] >> level == at]
        if not there:
            return left.pop(0)
        if level == 0:
            return leaf_of(there[0]["salt"], there[0]["attribute"])
        first = visit(level - 1, 2 * at)
        return node(first, visit(level - 1, 2 * at + 1))

    try:
        root = visit(depth, 0)
    except IndexError:
        return None
    return None if left else root


def presentation_derived(value, *_):
    of = value["said"]
    return {
        "credential": digest_of(of["body"]),
        "digest": h("presentation", said.write(of)),
        "root": evaluate(of["shown"], of["body"]["depth"], of["proof"]),
    }


def is_later(carried, known):
    """True for a card of the same device that follows the one that is known."""
    if carried is None or card_device(carried["body"]) != card_device(known):
        return False
    place = [(one["incarnation"], one["generation"]) for one in (known, carried["body"])]
    return place[0] < place[1]


def check_holder(of, device, given):
    key = key_digest(of["suite"], of["publicKey"])
    carried = of["card"]
    known = codec.card.decode(given["card"])["body"] if "card" in given else None
    require(known is None or device == card_device(known), "device")
    if device is None:
        require(key == of["body"]["key"], "holder")
    elif known is not None and not is_later(carried, known):
        require(key == key_digest(known["suite"], known["workingKey"]), "retired-key")
    else:
        require(carried is not None, "holder")
        keys = carried["body"]
        require(device == card_device(keys), "holder")
        require(key == key_digest(keys["suite"], keys["workingKey"]), "holder")
        try:
            check_card(carried, of["body"]["network"], None)
        except Refused:
            raise Refused("card") from None
    return "issuer" if device is None else "card"


def check_presentation(data, given):
    of = presentation.decode(data)["said"]
    told = [one["attribute"] for one in of["shown"]]
    check_issuer(of["body"], of["issuer"], codec.policy.decode(given["policy"]))
    require(of["nonce"] == given["nonce"], "nonce")
    require(of["audience"] == given["audience"], "audience")
    if "schema" in given:
        require(h("schema", given["schema"]) == of["body"]["schema"], "schema")
        taken = codec.whole(schema, given["schema"])
        require(all(one in taken for one in schema_of(told)), "schema")
    require(set(given["names"]) <= {one["name"] for one in told}, "missing")
    device = device_in(told)
    holder = check_holder(of, device, given)
    root = evaluate(of["shown"], of["body"]["depth"], of["proof"])
    require(root == of["body"]["root"], "proof")
    digest = digest_of(of["body"])
    salts = [one["salt"] for one in of["shown"] if one["attribute"]["name"] == "dsm-serial"]
    issued = serial_in(told) is not None
    return {
        "credential": digest,
        "issuerKey": key_digest(of["issuer"]["suite"], of["issuer"]["publicKey"]),
        "attributes": told,
        "hiddenMax": (1 << of["body"]["depth"]) - len(told),
        "holder": holder,
        "device": device,
        "anchor": h("issuance", digest, salts[0]) if issued else None,
    }


login_words = Struct(
    nonce=bytes32, audience=Text(256), cardDigest=Fixed(32), membership=Option(identity.membership),
)


def login_derived(value, *_):
    card_digest = h("card", codec.card_body.write(value["card"]["body"]))
    return {"digest": h("login", login_words.write({**value, "cardDigest": card_digest}))}


def check_login(data, given):
    value = login.decode(data)
    keys = value["card"]["body"]
    require(value["nonce"] == given["nonce"], "nonce")
    require(value["audience"] == given["audience"], "audience")
    if "latest" in given:
        latest = (given["latest"]["incarnation"], given["latest"]["generation"])
        require((keys["incarnation"], keys["generation"]) >= latest, "retired")
    try:
        registries = [codec.registry.decode(one) for one in given.get("registries", [])]
        check_card(value["card"], given["network"], registries or None)
    except Refused:
        raise Refused("card") from None
    device, shown = card_device(keys), value["membership"]
    if shown is None:
        return {"device": device, "genesis": None}
    genesis = identity.genesis_id(shown["genesis"])
    require("registries" in given and keys["genesis"] == genesis, "membership")
    try:
        identity.check_membership(identity.membership.write(shown), given)
    except Refused:
        raise Refused("membership") from None
    statuses = [one["status"] for one in shown["devices"] if one["device"] == device]
    require(statuses != [] and statuses[0] is not None, "membership")
    require(statuses[0]["type"] == "alive", "retired")
    return {"device": device, "genesis": genesis}
