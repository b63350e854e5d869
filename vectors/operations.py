"""What operations demand of their step, and the rules of value: movements, issues, escrows.

Every function raises `Refused` with the first rule that is broken, in the order of its table.
"""

import codec
from codec import Amount, Refused, require
from derive import (
    ZERO,
    allowed_map,
    evaluate,
    exit_amount,
    exit_head,
    exit_position,
    issue_head,
    key_digest,
    lock_hash,
    note_id,
    note_leaf,
    note_map_key,
    slot_key,
    spend_slot,
    total_line,
)

AMOUNT_MAX = 2**128 - 1
ONLINE, PURSE, ESCROW = 0, 1, 2
FUNGIBLE, UNIQUE, CREDENTIAL = 0, 1, 2
MOVEMENTS = ("transfer", "load", "burn", "fund")
OF_ESCROW = ("total", "lock", "claim", "cancel")
TAKES = {
    "transfer": (ONLINE, PURSE), "load": (ONLINE,), "burn": (ONLINE, PURSE), "fund": (ONLINE,),
}
MAKES = {
    "transfer": (ONLINE,), "load": (ONLINE, PURSE), "burn": (ONLINE,), "fund": (ONLINE, ESCROW),
}


def sum_of(items):
    return sum(item["amount"] for item in items)


def read_operation(data):
    require(len(data) > 0, "malformed")
    require(data[0] in codec.operation.shapes, "unknown")
    return codec.whole(codec.operation, data)


def demand_of(data, writer, peer, head, policies, escrows):
    """What an operation demands of its step. `after` None: the writer's to choose."""
    try:
        operation = read_operation(data)
    except Refused as refused:
        unknown = refused.args == ("unknown",)
        raise Refused("pending operation" if unknown else "malformed") from None
    kind = operation["type"]
    if kind in ("memo", "app"):
        return {"writes": [], "slots": []}
    if kind in OF_ESCROW:
        return said_of_escrow(operation, writer, peer, escrows)
    token = operation["issue"]["token"] if kind == "remint" else operation["token"]
    require(token in policies, "pending policy")
    if kind in MOVEMENTS:
        check_movement(operation, policies[token])
        check_owners(operation, writer, peer)
    elif kind == "collect":
        check_own(operation["outputs"], writer, peer)
    elif kind == "exit":
        check_exit(operation, writer, peer)
    else:
        check_remint(operation, policies[token], writer, peer)
    return demanded(operation, token, writer, head)


def demanded(operation, token, writer, head):
    kind = operation["type"]
    inputs = [operation["input"]] if kind == "exit" else operation.get("inputs", [])
    source, outputs = made_by(operation, writer, head)
    spent = [
        {
            "key": note_map_key(item["source"], item["index"]),
            "before": note_leaf({**item, "token": token, "owner": writer}, item["blind"]),
            "after": ZERO,
        }
        for item in inputs
    ]
    created = [
        {"key": note_map_key(source, made["index"]), "before": ZERO, "after": None}
        for made in outputs
        if made["owner"] == writer
    ]
    if kind == "exit":
        slots = [exit_line(operation)]
    else:
        slots = [
            {"key": spend_slot(item), "value": source, "writer": item["key"]} for item in inputs
        ]
    if kind == "fund":
        slots.append(first_total(operation, head))
    return {"writes": spent + created, "slots": slots}


def made_by(operation, writer, head):
    """The head that names the notes which an operation makes, and those notes."""
    kind = operation["type"]
    if kind == "collect":
        return operation["source"], operation["outputs"]
    if kind == "exit":
        # What returns to the payer enters the payer's map by its own entry.
        amount = exit_amount(operation["claim"])
        made = [{"index": 0, "owner": writer}] if amount > 0 else []
        return exit_head(operation["claim"]), made
    issue = operation.get("issue")
    outputs = operation["outputs"] if issue is None else issue["outputs"]
    source = head if issue is None else issue_head(issue)
    return source, [{**made, "index": i} for i, made in enumerate(outputs)]


def exit_line(operation):
    citation, key = operation["claim"]["citation"], operation["input"]["key"]
    payer_key = key_digest(citation["suite"], citation["publicKey"])
    position = exit_position(citation["escrow"], payer_key)
    head = exit_head(operation["claim"])
    return {"key": slot_key(5, key, position), "value": head, "writer": key}


def first_total(operation, head):
    """Funding says total 0, so the payee can leave from the first moment."""
    kinds = [made["kind"] for made in operation["outputs"]]
    escrow = note_id(head, kinds.index(ESCROW))
    line = total_line({"escrow": escrow, "total": Amount(0), "locks": []})
    return {**line, "writer": operation["payerKey"]}


# Movements


def bounds_after(inputs):
    """A note is one deeper than the deepest input and rests on one receipt more than all."""
    depth = max(item["depth"] for item in inputs) + 1
    return depth, sum(item["receipts"] for item in inputs) + 1


def check_movement(operation, policy):
    kind, inputs, outputs = operation["type"], operation["inputs"], operation["outputs"]
    require(all(item["amount"] > 0 for item in inputs + outputs), "zero-amount")
    require(max(sum_of(inputs), sum_of(outputs)) <= AMOUNT_MAX, "overflow")
    require(all(item["kind"] in TAKES[kind] for item in inputs), "wrong-input")
    require(all(made["kind"] in MAKES[kind] for made in outputs), "wrong-output")
    require(len({item["kind"] for item in inputs}) == 1, "mixed-inputs")
    check_form(kind, inputs, outputs, policy)
    depth, receipts = bounds_after(inputs)
    more = 1 if kind == "fund" else 0  # What leaves an escrow has one hop more behind it.
    require(depth + more <= policy["depthMax"], "bounds")
    require(receipts + more <= policy["receiptsMax"], "bounds")
    require(all((o["depth"], o["receipts"]) == (depth, receipts) for o in outputs), "bounds")
    check_purpose(kind, outputs)
    check_allowed(policy["allowed"], operation["allowed"], [made["owner"] for made in outputs])


def check_form(kind, inputs, outputs, policy):
    require(kind != "burn" or policy["burn"] == 1, "not-burnable")
    if policy["form"] == FUNGIBLE:
        taken, given = sum_of(inputs), sum_of(outputs)
        require(given < taken if kind == "burn" else given == taken, "conservation")
        return
    require(kind not in ("load", "fund"), "form")
    require(kind != "transfer" or policy["form"] != CREDENTIAL, "form")
    require(are_same_items(inputs, outputs, kind == "burn"), "conservation")


def are_same_items(inputs, outputs, burnt=False):
    """Each item comes out once; if some are burnt, no others come."""
    taken, given = [[item["amount"] for item in items] for items in (inputs, outputs)]
    distinct = len(set(taken)) == len(taken) and len(set(given)) == len(given)
    return distinct and (set(given) < set(taken) if burnt else set(given) == set(taken))


def check_purpose(kind, outputs):
    if kind == "load":
        coins = [made["amount"] for made in outputs if made["kind"] == PURSE]
        require(coins, "no-output")
        require(all(amount.bit_count() == 1 for amount in coins), "denomination")
    elif kind == "fund":
        require(sum(made["kind"] == ESCROW for made in outputs) == 1, "no-output")
    else:
        require(outputs or kind == "burn", "no-output")


def check_allowed(root, proof, owners):
    """Every owner is shown on the list; where there is no list or nobody, nothing is shown."""
    if root is None or not owners:
        require(proof is None, "not-allowed")
        return
    require(proof is not None, "not-allowed")
    try:
        shown = evaluate(proof, sorted(allowed_map(owners).items()))
    except Refused:
        raise Refused("not-allowed") from None
    require(shown == root, "not-allowed")


def check_owners(operation, writer, peer):
    kind, outputs = operation["type"], operation["outputs"]
    if kind in ("load", "burn"):
        check_own(outputs, writer, peer)
    elif kind == "fund":
        require(writer != peer, "peer-lane")
        for made in outputs:
            require(made["owner"] == (peer if made["kind"] == ESCROW else writer), "owner")
    else:
        require(all(made["owner"] in (writer, peer) for made in outputs), "owner")


def check_own(outputs, writer, peer):
    require(writer == peer, "own-lane")
    require(all(made["owner"] == writer for made in outputs), "own-lane")


def is_fresh(outputs):
    """As issues make notes: online, with nothing behind them."""
    plain = [(made["kind"], made["depth"], made["receipts"]) == (ONLINE, 0, 1) for made in outputs]
    return all(plain) and all(made["amount"] > 0 for made in outputs)


# Exits and re-mints


def check_exit(operation, writer, peer):
    item, claim = operation["input"], operation["claim"]
    require(writer == peer, "own-lane")
    require(item["kind"] == ESCROW, "wrong-input")
    check_claim(claim, note_id(item["source"], item["index"]), item["amount"])


def check_claim(claim, escrow, held):
    amount = exit_amount(claim)
    require(claim["citation"]["escrow"] == escrow, "exit")
    require(amount is not None and amount <= held, "exit")


def exit_outputs(note, payer, amount):
    """The payee's part, then the payer's; zero is no note, and keeps its place."""
    bounds = {"kind": ONLINE, "depth": note["depth"] + 1, "receipts": note["receipts"] + 1}
    rest = Amount(note["amount"] - amount)
    return [
        {"owner": note["owner"], "key": note["key"], "amount": Amount(amount), **bounds},
        {"owner": payer["device"], "key": payer["key"], "amount": rest, **bounds},
    ]


def check_remint(operation, policy, writer, peer):
    inputs, issue = operation["inputs"], operation["issue"]
    remint = issue["remint"]
    require(remint is not None and issue["amount"] == 0, "remint")
    require(issue["total"] <= policy["cap"], "remint")
    require(all(item["kind"] == ONLINE for item in inputs), "wrong-input")
    named = [(item["key"], note_id(item["source"], item["index"])) for item in inputs]
    notes = [(note["key"], note["id"]) for note in remint["notes"]]
    require(sorted(named) == sorted(notes), "remint")
    if policy["form"] == FUNGIBLE:
        require(sum_of(inputs) == sum_of(issue["outputs"]) <= AMOUNT_MAX, "remint")
    else:
        require(are_same_items(inputs, issue["outputs"]), "remint")
    check_own(issue["outputs"], writer, peer)


# What payers say of escrows


def said_of_escrow(operation, writer, peer, escrows):
    require(operation["escrow"] in escrows, "escrow")
    escrow = escrows[operation["escrow"]]
    require((escrow["payer"], escrow["note"]["owner"]) == (writer, peer), "escrow")
    return {"writes": [], "slots": [total_demand(next_escrow(escrow, operation))]}


def rest_of(escrow):
    return escrow["note"]["amount"] - escrow["total"] - sum_of(escrow["locks"])


def total_demand(escrow):
    note = escrow["note"]
    said = {"escrow": note_id(note["source"], note["index"]), **escrow}
    return {**total_line(said), "writer": escrow["payerKey"]}


def next_escrow(escrow, operation):
    kind, locks = operation["type"], {lock["hash"]: lock for lock in escrow["locks"]}
    if kind == "total":
        total, count = operation["total"], operation["count"]
        require(total > escrow["total"] and count > escrow["count"], "total-falls")
        require(total - escrow["total"] <= rest_of(escrow), "over-funded")
        return {**escrow, "total": total, "count": count, "ticks": operation["ticks"]}
    if kind == "lock":
        require(operation["hash"] not in locks and len(locks) < 16, "lock-known")
        require(0 < operation["amount"] <= rest_of(escrow), "over-funded")
        fields = ("hash", "amount", "route")
        locks[operation["hash"]] = {**{name: operation[name] for name in fields}, "givenUp": 0}
        return {**escrow, "locks": [locks[one] for one in sorted(locks)]}
    gone = operation["hash"] if kind == "cancel" else lock_hash(operation["preimage"])
    require(gone in locks, "lock-unknown")
    left = [lock for lock in escrow["locks"] if lock["hash"] != gone]
    if kind == "cancel":
        require(locks[gone]["givenUp"] == 1, "lock-kept")
        return {**escrow, "locks": left}
    total = Amount(escrow["total"] + locks[gone]["amount"])
    return {**escrow, "locks": left, "total": total, "count": escrow["count"] + 1}
