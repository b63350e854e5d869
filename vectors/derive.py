"""What follows from fields: digests, ids, lanes, views, slots, and the sparse Merkle tree."""

import codec
from blake3 import blake3
from codec import Refused

ZERO = bytes(32)


def h(domain, *fields):
    """H_d(fields) of docs/spec/codec.md."""
    return blake3(b"DSM/" + domain.encode() + b"\0" + b"".join(fields))


def u(width, number):
    return number.to_bytes(width, "big")


# Keys and devices


def key_digest(suite, public_key):
    return h("working-key", u(1, suite), public_key)


def device_id(network, suite, root_key):
    return h("device", network, u(1, suite), root_key)


def node_id(suite, identity_key):
    return h("storage-node", u(1, suite), identity_key)


def voter_id(node):
    """The name of a vote key."""
    return h("voter", u(1, node["suite"]), node["voteKey"])


def card_device(body):
    return device_id(body["network"], body["suite"], body["rootKey"])


def incarnation_slot(body):
    """Key and value of the slot that opens the card's incarnation."""
    device, number = card_device(body), u(4, body["incarnation"])
    writer = key_digest(body["suite"], body["rootKey"])
    key = slot_key(4, writer, h("position", device, number))
    return key, h("incarnation", device, number, body["birth"])


def card_slot(body, digest):
    """Key and value of the slot that the card's generation fills."""
    if body["generation"] == 0:
        return incarnation_slot(body)
    numbers = u(4, body["incarnation"]) + u(4, body["generation"])
    writer = key_digest(body["suite"], body["rootKey"])
    return slot_key(4, writer, h("position", card_device(body), numbers)), digest


# Lanes and views


def lane_start(network, writer, incarnation, peer, relationship):
    return h("s0", network, writer, u(4, incarnation), peer, relationship)


def next_entropy(entropy, operation, index):
    return h("entropy", entropy, u(4, len(operation)), operation, u(8, index))


def next_head(head, entry):
    return h("entry", head, entry)


def head_after(head, entries):
    for entry in entries:
        head = next_head(head, entry)
    return head


def relationship_key(secret):
    key = h("rel", secret)
    return bytes([key[0] & 0x7F]) + key[1:]


def view_leaf(side, mine, theirs, mine_start, theirs_start):
    if (mine, theirs) == (mine_start, theirs_start):
        return ZERO
    return h("view", mine, theirs) if side == 0 else h("view", theirs, mine)


# Shared state


def app_id(name, version, rules):
    return h("app", u(4, len(name)), name, u(4, version), blake3(rules))


def act_order(low, high):
    """Of the acts that rest on none that is left, the coin takes one. Gives (side, index)."""
    left = [(0, act) for act in low] + [(1, act) for act in high]
    order = []
    while left:
        free = [one for one in left if not any(rests_on(one, other) for other in left)]
        coin = 0
        if len(free) == 2:
            coin = h("app-order", free[0][1]["head"], free[1][1]["head"])[0] & 1
        left.remove(free[coin])
        order.append((free[coin][0], free[coin][1]["index"]))
    return order


def rests_on(late, early):
    if late[0] == early[0]:
        return early[1]["index"] < late[1]["index"]
    return early[1]["index"] <= late[1]["after"]


# Slots


def slot_key(kind, writer, position):
    return h("slot", u(1, kind), h("rule", b"\1", writer), position)


def key_of(place):
    return slot_key(place["kind"], place["writer"], place["position"])


def slot_leaf(key, value):
    return h("slot-list", b"\0", key, value)


def slot_inner(left, right):
    return h("slot-list", b"\1", left, right)


def vote_inner(left, right):
    return h("votes", left, right)


def levels(level, inner):
    """The levels of a tree from its leaves up; a last odd node moves up as it is."""
    while True:
        yield level
        if len(level) <= 1:
            return
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [inner(*pair) if len(pair) == 2 else pair[0] for pair in pairs]


def tree_root(leaves, inner):
    return list(levels(leaves, inner))[-1][0]


def tree_path(leaves, inner, index):
    path = []
    for level in list(levels(leaves, inner))[:-1]:
        if index ^ 1 < len(level):
            path.append({"side": 1 - index % 2, "sibling": level[index ^ 1]})
        index //= 2
    return path


def leaves_of(slots):
    return [slot_leaf(slot["key"], slot["value"]) for slot in slots]


def slot_list_root(slots):
    return tree_root(leaves_of(slots), slot_inner) if slots else h("slot-list", b"\2")


def slot_path(slots, index):
    return tree_path(leaves_of(slots), slot_inner, index)


def path_root(key, value, path):
    node = slot_leaf(key, value)
    for at in path:
        pair = (node, at["sibling"]) if at["side"] == 1 else (at["sibling"], node)
        node = slot_inner(*pair)
    return node


def statement(body, list_root):
    return h("step", body, list_root)


def step_statement(step, slots):
    return statement(h("step-body", codec.step.write(step)), slot_list_root(slots))


def vote_digest(lineage, version, key, value):
    return h("vote", lineage, u(4, version), key, value)


# Registry


def lineage_of(registry):
    """A lineage is named by the address of its first version."""
    first = registry["first"]
    return first if first != ZERO else blake3(codec.registry.write(registry))


# Value


def note_id(source, index):
    return h("note", source, u(2, index))


def note_map_key(source, index):
    key = note_id(source, index)
    return bytes([key[0] | 0x80]) + key[1:]


def note_leaf(note, blind):
    return h("note-leaf", codec.note.write(note), blind)


def spend_slot(note):
    return slot_key(1, note["key"], note_id(note["source"], note["index"]))


def issue_head(issue):
    return h("issue", issue["parent"], codec.issue.write(issue))


def committee_writer(committee):
    """A single member is just its key."""
    members = committee["members"]
    if len(members) == 1:
        return members[0]
    named = {"threshold": committee["threshold"], "members": members}
    return h("committee", codec.committee.write(named))


def issue_slot(issue, committee):
    return slot_key(3, committee_writer(committee), issue["parent"])


def issue_statement(issue, committee):
    head = issue_head(issue)
    line = {"key": issue_slot(issue, committee), "value": head}
    return statement(head, slot_list_root([line]))


def reminted_slot(note):
    return slot_key(1, note["key"], note["id"])


def token_id(policy):
    return blake3(codec.policy.write(policy))


# Escrows


def lock_hash(preimage):
    return h("lock", preimage)


def total_line(said):
    """The line of a slot list that says what the payee of an escrow may take."""
    amounts = codec.u128.write(said["total"]) + codec.locks.write(said["locks"])
    return {"key": h("escrow", said["escrow"]), "value": h("total", amounts)}


def exit_position(escrow, payer_key):
    return h("position", escrow, payer_key)


def lock_position(escrow, lock):
    return h("position", escrow, lock)


def paid_locks(claim):
    """Hash and amount of what each preimage opens; an amount of zero if it opens nothing."""
    amounts = {lock["hash"]: lock["amount"] for lock in claim["citation"]["locks"]}
    hashes = [lock_hash(preimage) for preimage in claim["preimages"]]
    return [{"hash": one, "amount": amounts.get(one, codec.Amount(0))} for one in hashes]


def exit_head(claim):
    citation = claim["citation"]
    total = codec.u128.write(citation["total"])
    return h("exit", citation["escrow"], total, codec.paid_locks.write(paid_locks(claim)))


def exit_amount(claim):
    """What the payee gets; None if a preimage opens no lock, or does not ascend."""
    known = {lock["hash"] for lock in claim["citation"]["locks"]}
    hashes = [lock["hash"] for lock in paid_locks(claim)]
    ascends = all(a < b for a, b in zip(hashes, hashes[1:]))
    if not ascends or not set(hashes) <= known:
        return None
    paid = sum(lock["amount"] for lock in paid_locks(claim))
    return codec.Amount(claim["citation"]["total"] + paid)


def allowed_map(devices):
    return {device: h("allowed", device) for device in devices}


# The map: its definition, and proofs


def bit(key, i):
    return key[i // 8] >> (7 - i % 8) & 1


def leaf_digest(key, value):
    digest = h("leaf", key, value)
    return digest[:31] + bytes([digest[31] | 1])


def inner_digest(left, right):
    digest = h("node", left, right)
    return digest[:31] + bytes([digest[31] & 0xFE])


def split(keys, depth):
    return [[key for key in keys if bit(key, depth) == side] for side in (0, 1)]


def map_root(pairs, keys=None, depth=0):
    """The digest at `depth` of the subtree that holds exactly `keys` of `pairs`."""
    keys = list(pairs) if keys is None else keys
    if len(keys) == 0:
        return ZERO
    if len(keys) == 1:
        return leaf_digest(keys[0], pairs[keys[0]])
    left, right = split(keys, depth)
    return inner_digest(map_root(pairs, left, depth + 1), map_root(pairs, right, depth + 1))


def prove(pairs, covered):
    """The one proof of the covered keys: what the map holds beside them and they can touch."""
    bits, digests, leaves = [], [], []

    def walk(held, asked, depth):
        foreign = [key for key in held if key not in covered]
        if len(foreign) < 2:
            bits.extend([0, len(foreign)])
            leaves.extend(foreign)
            return
        bits.append(1)
        for held_side, asked_side in zip(split(held, depth), split(asked, depth)):
            if asked_side:
                walk(held_side, asked_side, depth + 1)
            else:
                bits.append(1 if held_side else 0)
                if held_side:
                    digests.append(map_root(pairs, held_side, depth + 1))

    walk(list(pairs), covered, 0)
    bits += [0] * (-len(bits) % 8)
    shape = bytes(int("".join(map(str, bits[i : i + 8])), 2) for i in range(0, len(bits), 8))
    found = [{"key": key, "value": pairs[key]} for key in sorted(leaves)]
    return {"keys": len(covered), "shape": shape, "digests": b"".join(digests), "leaves": found}


def evaluate(proof, values):
    """The root of the map in which exactly the covered keys have these values, a list of pairs."""
    keys = [key for key, _ in values]
    if len(keys) != proof["keys"] or any(a >= b for a, b in zip(keys, keys[1:])):
        raise Refused("keys")
    bits = iter([bit(proof["shape"], i) for i in range(8 * len(proof["shape"]))])
    used = {"bits": 0, "digests": 0}
    leaves = iter(proof["leaves"])
    pairs = {key: value for key, value in values if value != ZERO}

    def next_bit():
        used["bits"] += 1
        return next_or_short(bits)

    def walk(asked, depth):
        """Digest of a subtree, and how many foreign leaves it holds at least (2: two or more)."""
        if next_bit() == 0:
            held = {key: pairs[key] for key in asked if key in pairs}
            foreign = next_bit()
            if foreign:
                leaf = next_or_short(leaves)
                check_leaf(leaf, asked, depth)
                held[leaf["key"]] = leaf["value"]
            return map_root(held, depth=depth), foreign
        if depth > 254:
            raise Refused("deep")
        sides = [walk(side, depth + 1) if side else bare_side() for side in split(asked, depth)]
        foreign = sum(count for _, count in sides)
        if foreign < 2:
            raise Refused("collapsed")
        return inner_digest(sides[0][0], sides[1][0]), foreign

    def bare_side():
        if next_bit() == 0:
            return ZERO, 0
        at = used["digests"] = used["digests"] + 1
        digest = proof["digests"][32 * at - 32 : 32 * at]
        if digest == b"":
            raise Refused("short")
        if digest == ZERO:
            raise Refused("zero-digest")
        return digest, 1 if digest[31] & 1 else 2

    root, _ = walk(keys, 0)
    spent = (used["bits"] + 7) // 8 == len(proof["shape"]) and not any(bits)
    if not spent or used["digests"] * 32 != len(proof["digests"]) or next(leaves, None):
        raise Refused("long")
    return root


def next_or_short(items):
    for item in items:
        return item
    raise Refused("short")


def check_leaf(leaf, asked, depth):
    if leaf["value"] == ZERO:
        raise Refused("zero-value")
    if any(bit(leaf["key"], i) != bit(asked[0], i) for i in range(depth)):
        raise Refused("off-path")
    if leaf["key"] in asked:
        raise Refused("covered")
