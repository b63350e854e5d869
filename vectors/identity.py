"""Identity: genesis, contributions, updates of a device tree, membership."""

import codec
import rules
from blake3 import blake3
from codec import (
    Ascending,
    Choice,
    List,
    Object,
    Option,
    Refused,
    Struct,
    Variable,
    Where,
    bytes32,
    multiproof,
    require,
    suite,
    u32,
    u8,
)
from derive import evaluate, h, key_digest, slot_key, slot_list_root, statement, u
from rules import ROOT_KEY_BYTES

ZERO = bytes(32)
UPDATES_MAX, DEVICES_MAX, ROTATIONS_MAX, CONTRIBUTORS_MAX = 65_536, 32, 16, 16

genesis = Object(0x50, 2_048, Struct(
    network=bytes32, suite=suite, authority=codec.public_key, contributions=Option(bytes32),
))

seq = Where(u32, lambda number: 1 <= number <= UPDATES_MAX)
status = Choice(
    alive=(1, {}), retired=(2, dict(seq=seq)), succeeded=(3, dict(seq=seq, by=bytes32)),
)
one_device = dict(device=bytes32, proof=multiproof)
update = Struct(
    genesis=bytes32, seq=seq, previous=bytes32, before=bytes32, after=bytes32,
    alive=Where(u8, lambda count: count <= DEVICES_MAX),
    change=Choice(
        add=(1, one_device), retire=(2, one_device),
        succeed=(3, dict(old=bytes32, **one_device)), rotate=(4, dict(authority=codec.public_key)),
    ),
)
tree_update = Object(0x51, 49_152, Struct(update=update, signature=codec.signature))
certified = Struct(signed=tree_update, certificate=codec.certificate)
membership = Object(0x52, 983_040, Struct(
    genesis=genesis, rotations=List(certified, ROTATIONS_MAX), newest=certified,
    devices=Ascending(
        Struct(device=bytes32, status=Option(status)), lambda one: one["device"], 128, 1
    ),
    proof=multiproof,
))

commitment = dict(contributor=bytes32, commitment=bytes32)
commitments = Ascending(Struct(**commitment), lambda one: one["contributor"], CONTRIBUTORS_MAX, 1)
contribution = Object(0x53, 2_048, Choice(
    commitment=(1, commitment), transcript=(2, dict(commitments=commitments)),
    reveal=(3, dict(contributor=bytes32, entropy=bytes32)),
))


# Contributions


def commitment_to(one):
    return h("contribution", one["contributor"], one["entropy"])


def transcript_digest(all_of_them):
    return h("transcript", commitments.write(all_of_them))


def of_contribution(value, *_):
    if value["type"] == "transcript":
        return {"digest": transcript_digest(value["commitments"])}
    return {"commitment": commitment_to(value)} if value["type"] == "reveal" else {}


def mix(_, given):
    listed, own, reveals = given["commitments"], given["own"], given["reveals"]
    names = [one["contributor"] for one in listed]
    require(1 <= len(names) <= CONTRIBUTORS_MAX and names == sorted(set(names)), "order")
    wanted = {one["contributor"]: one["commitment"] for one in listed}
    require(wanted.get(own["contributor"]) == commitment_to(own), "own")
    given_by = {one["contributor"]: one for one in [own, *reveals]}
    require(len(reveals) + 1 == len(names) and set(given_by) == set(names), "count")
    ordered = [given_by[name] for name in names]
    require(all(wanted[one["contributor"]] == commitment_to(one) for one in ordered), "reveal")
    entropies = [one["entropy"] for one in ordered]
    require(len(set(entropies)) == len(entropies), "identical")
    transcript = transcript_digest(listed)
    return {"entropy": h("mix", transcript, *entropies), "transcript": transcript}


# The chain


def genesis_id(value):
    return blake3(genesis.write(value))


def of_genesis(value, *_):
    """The identity, and the slot that leads from its first authority to it."""
    writer, identity = key_digest(value["suite"], value["authority"]), genesis_id(value)
    key = slot_key(8, writer, h("position", writer, u(4, 0)))
    root = slot_list_root([{"key": key, "value": identity}])
    return {"id": identity, "slot": key, "statement": statement(identity, root)}


def update_digest(one):
    return h("tree-update", update.write(one))


def position(one):
    return h("position", one["genesis"], u(4, one["seq"]))


def of_update(signed, *_):
    return {"digest": update_digest(signed["update"]), "position": position(signed["update"])}


def leaf_key(identity, device):
    return h("tree-device", identity, device)


def leaf_value(value):
    return ZERO if value is None else h("tree-status", status.write(value))


def changed(one):
    """Device, status before and status after, of every device that the change is about."""
    change, number = one["change"], one["seq"]
    alive = {"type": "alive"}
    if change["type"] == "add":
        return [(change["device"], None, alive)]
    if change["type"] == "retire":
        return [(change["device"], alive, {"type": "retired", "seq": number})]
    gone = {"type": "succeeded", "seq": number, "by": change["device"]}
    return [(change["old"], alive, gone), (change["device"], None, alive)]


def is_proven(one):
    change = one["change"]
    if change["type"] == "rotate":
        return one["before"] == one["after"]
    leaves = sorted(
        (leaf_key(one["genesis"], device), leaf_value(before), leaf_value(after))
        for device, before, after in changed(one)
    )
    try:
        before = evaluate(change["proof"], [(key, value) for key, value, _ in leaves])
        after = evaluate(change["proof"], [(key, value) for key, _, value in leaves])
    except Refused:
        return False
    return (before, after) == (one["before"], one["after"])


def start(value):
    identity = genesis_id(value)
    return {
        "genesis": identity, "seq": 0, "digest": identity, "root": ZERO, "alive": 0,
        "authority": value["authority"], "rotations": 0, "suite": value["suite"],
    }


def head_after(head, one):
    change = one["change"]
    rotated = change["type"] == "rotate"
    return {
        **head, "seq": one["seq"], "digest": update_digest(one), "root": one["after"],
        "alive": one["alive"], "authority": change["authority"] if rotated else head["authority"],
        "rotations": head["rotations"] + rotated,
    }


def may_rotate(head, key):
    fits = len(key) == ROOT_KEY_BYTES[head["suite"]] and key != head["authority"]
    return fits and head["rotations"] < ROTATIONS_MAX


def shown_head(head):
    names = ("seq", "digest", "root", "alive", "authority", "rotations")
    return {name: head[name] for name in names}


def follow(data, given):
    head = start(genesis.decode(given["genesis"]))
    for before in given["before"]:
        head = head_after(head, tree_update.decode(before)["update"])
    one = tree_update.decode(data)["update"]
    change, kind = one["change"], one["change"]["type"]
    require(one["genesis"] == head["genesis"], "genesis")
    require(one["seq"] == head["seq"] + 1, "seq")
    require(one["previous"] == head["digest"], "previous")
    require(one["before"] == head["root"], "root")
    gained = {"add": 1, "retire": -1}.get(kind, 0)
    require(one["alive"] == head["alive"] + gained, "alive")
    require(kind != "rotate" or may_rotate(head, change["authority"]), "authority")
    require(kind != "succeed" or change["old"] != change["device"], "same")
    require(is_proven(one), "proof")
    return shown_head(head_after(head, one))


# Membership


def of_membership(value, *_):
    identity = genesis_id(value["genesis"])
    return {"leaves": [
        {"key": leaf_key(identity, one["device"]), "value": leaf_value(one["status"])}
        for one in value["devices"]
    ]}


def check_link(head, one, is_newest):
    require(one["genesis"] == head["genesis"] and one["seq"] > head["seq"], "order")
    require(is_newest or one["change"]["type"] == "rotate", "order")
    if one["seq"] == head["seq"] + 1:
        fits = (one["previous"], one["before"]) == (head["digest"], head["root"])
        require(fits, "order")
    if one["change"]["type"] == "rotate":
        require(may_rotate(head, one["change"]["authority"]), "authority")
    require(is_proven(one), "change")


def check_membership(data, given):
    claim = membership.decode(data)
    begins = claim["genesis"]
    fits = len(begins["authority"]) == ROOT_KEY_BYTES[begins["suite"]]
    require(begins["network"] == given["network"] and fits, "genesis")
    all_of_them = [*claim["rotations"], claim["newest"]]
    heads = [start(begins)]
    for index, at in enumerate(all_of_them):
        check_link(heads[-1], at["signed"]["update"], index == len(all_of_them) - 1)
        heads.append(head_after(heads[-1], at["signed"]["update"]))
    leaves = sorted((one["key"], one["value"]) for one in of_membership(claim)["leaves"])
    try:
        root = evaluate(claim["proof"], leaves)
    except Refused:
        raise Refused("devices") from None
    require(root == heads[-1]["root"], "devices")
    registries = [codec.registry.decode(one) for one in given["registries"]]
    for head, at in zip(heads, all_of_them):
        one = at["signed"]["update"]
        key = slot_key(8, key_digest(head["suite"], head["authority"]), position(one))
        try:
            rules.check_certificate(at["certificate"], registries, key, update_digest(one))
        except Refused:
            raise Refused("certificate") from None
    changes = [at["signed"]["update"] for at in all_of_them]
    return {**shown_head(heads[-1]), "changes": [
        {"seq": one["seq"], "digest": update_digest(one)}
        for one in changes if one["change"]["type"] == "rotate"
    ]}
