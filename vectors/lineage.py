"""Lineage: what the parts of a note's history are worth beside the origins that they rest on.

Every function raises `Refused` with the first rule that is broken, in the order of its table, or
`Missing` with what is to be fetched first. A signature is taken to hold: this checker has none.
"""

import codec
from codec import Refused, require
from derive import (
    exit_amount,
    exit_head,
    exit_position,
    issue_head,
    issue_slot,
    committee_writer,
    key_digest,
    lineage_of,
    lock_hash,
    lock_position,
    next_head,
    note_id,
    reminted_slot,
    slot_key,
    spend_slot,
)
from rules import check_certificate, is_authorised
from operations import (
    ESCROW,
    FUNGIBLE,
    MOVEMENTS,
    PURSE,
    check_claim,
    check_movement,
    exit_outputs,
    is_fresh,
    read_operation,
    sum_of,
)


class Missing(Exception):
    """What is to be fetched first: heads, and a policy if that is it."""


def policy_for(token, policies):
    if token not in policies:
        raise Missing([], token)
    return policies[token]


def certificate_holds(claim, policy, registries, key, value):
    """Only certificates of the registry lineage that the policy names count."""
    if claim is None:
        return False
    known = lineage_of(registries[0])
    require(policy["registry"] == claim["lineage"] == known, "certificate")
    if claim["version"] not in {one["version"] for one in registries}:
        return False  # It may come: missing, not wrong.
    try:
        check_certificate(claim, registries, key, value)
    except Refused:
        raise Refused("certificate") from None
    return True


def check_suites(policy, signers):
    require(all(by["suite"] in policy["suites"] for by in signers), "suite")


# Issues


def trace_issue(part, origins, policies, registries):
    issue = part["issue"]
    token, parent = issue["token"], issue["parent"]
    policy = policy_for(token, policies)
    before = None
    if parent != token:
        if parent not in origins:
            raise Missing([parent], None)
        before = origins[parent]
        require(before["token"] == token and before["issued"] is not None, "chain")
    issued = {"index": 0, "total": 0} if before is None else before["issued"]
    require(issue["index"] == issued["index"] + 1, "chain")
    require(issue["total"] == issued["total"] + issue["amount"], "chain")
    require(issue["total"] <= policy["cap"], "cap")
    require(len(issue["anchors"]) in (0, len(issue["outputs"])), "malformed")
    head, key = issue_head(issue), issue_slot(issue, policy)
    place = {"kind": 3, "writer": committee_writer(policy), "position": parent}
    require(is_authorised(place, head, part["authorisation"]), "signature")
    notes = [] if issue["remint"] is None else issue["remint"]["notes"]
    if issue["remint"] is None:
        check_mint(issue, part["spends"], policy)
    else:
        check_remint(issue, part["spends"], policy, head)
    claims = [(part["certificate"], key)]
    spent = [reminted_slot(note) for note in notes]
    claims += zip((spend["certificate"] for spend in part["spends"]), spent)
    held = [certificate_holds(claim, policy, registries, slot, head) for claim, slot in claims]
    # The chain goes on whatever becomes of the notes that a re-mint names.
    chain = held[0] and (before is None or issued["certified"])
    spent = len(part["spends"]) == len(notes) and all(held[1:])
    return {
        "type": "issue",
        "head": head,
        "token": token,
        "outputs": issue["outputs"],
        "certified": chain and spent,
        "sources": [] if before is None else [parent],
        "issued": {"index": issue["index"], "total": issue["total"], "certified": chain},
        "payer": None,
        "purse": False,
    }


def check_mint(issue, spends, policy):
    outputs, amount = issue["outputs"], issue["amount"]
    require(amount > 0 and not spends and is_fresh(outputs), "movement")
    if policy["form"] == FUNGIBLE:
        require(sum_of(outputs) == amount, "movement")
        return
    serials = list(range(issue["total"] - amount + 1, issue["total"] + 1))
    require([made["amount"] for made in outputs] == serials, "movement")


def check_remint(issue, spends, policy, head):
    """The holder has spent every note that the re-mint names into it, or none of them yet."""
    notes = issue["remint"]["notes"]
    require(issue["amount"] == 0 and is_fresh(issue["outputs"]), "remint")
    if not spends:
        return
    require(len(spends) == len(notes), "remint")
    check_suites(policy, [spend["authorisation"] for spend in spends])
    for note, spend in zip(notes, spends):
        place = {"kind": 1, "writer": note["key"], "position": note["id"]}
        require(is_authorised(place, head, spend["authorisation"]), "signature")


# Spends


def trace_spend(part, origins, policies, registries):
    try:
        operation = read_operation(codec.entry.decode(part["entry"])["operation"])
    except Refused:
        raise Refused("malformed") from None
    require(operation["type"] in MOVEMENTS, "malformed")
    inputs, token = operation["inputs"], operation["token"]
    require(len(part["certificates"]) == len(inputs), "malformed")
    unknown = [item["source"] for item in inputs if item["source"] not in origins]
    if unknown:
        raise Missing(unknown, None)
    policy = policy_for(token, policies)
    head = next_head(part["before"], part["entry"])
    for item in inputs:
        require(opens(item, token, origins[item["source"]]), "input")
    try:
        check_movement(operation, policy)
    except Refused:
        raise Refused("movement") from None
    check_suites(policy, part["signatures"])
    slots = [spend_slot(item) for item in inputs]
    require(all({"key": key, "value": head} in part["slots"] for key in slots), "slots")
    signers = {key_digest(by["suite"], by["publicKey"]) for by in part["signatures"]}
    require({item["key"] for item in inputs} <= signers, "signature")
    pairs = zip(part["certificates"], slots)
    held = [certificate_holds(claim, policy, registries, key, head) for claim, key in pairs]
    return {
        "type": "spend",
        "head": head,
        "token": token,
        "outputs": operation["outputs"],
        "certified": all(held) and all(origins[item["source"]]["certified"] for item in inputs),
        "sources": [item["source"] for item in inputs],
        "issued": None,
        "payer": payer_of(operation, origins),
        "purse": all(item["kind"] == PURSE for item in inputs),
    }


def payer_of(operation, origins):
    """Of a fund: whoever owned what was spent first, and the key that speaks for it."""
    if operation["type"] != "fund":
        return None
    item = operation["inputs"][0]
    owner = origins[item["source"]]["outputs"][item["index"]]["owner"]
    return {"device": owner, "key": operation["payerKey"]}


def opens(item, token, origin):
    if origin["token"] != token or item["index"] >= len(origin["outputs"]):
        return False
    made = origin["outputs"][item["index"]]
    return all(made[name] == item[name] for name in ("key", "amount", "kind", "depth", "receipts"))


# Exits


def trace_exit(part, origins, policies, registries):
    source, index, by = part["source"], part["index"], part["authorisation"]
    if source not in origins:
        raise Missing([source], None)
    origin = origins[source]
    token, payer, outputs = origin["token"], origin["payer"], origin["outputs"]
    policy = policy_for(token, policies)
    require(index < len(outputs) and outputs[index]["kind"] == ESCROW, "input")
    require(payer is not None, "input")
    claim, note = by["backing"], outputs[index]
    require(claim is not None and claim["type"] == "exit", "malformed")
    check_suites(policy, [by])
    escrow = note_id(source, index)
    check_claim(claim, escrow, note["amount"])
    citation, head = claim["citation"], exit_head(claim)
    require(key_digest(citation["suite"], citation["publicKey"]) == payer["key"], "citation")
    position = exit_position(escrow, payer["key"])
    place = {"kind": 5, "writer": note["key"], "position": position}
    require(is_authorised(place, head, by), "signature")
    check_opened(part["opened"], claim["preimages"], escrow, note["key"], policy, registries)
    key = slot_key(5, note["key"], position)
    held = certificate_holds(part["certificate"], policy, registries, key, head)
    return {
        "type": "exit",
        "head": head,
        "token": token,
        "outputs": exit_outputs(note, payer, exit_amount(claim)),
        "certified": held and origin["certified"],
        "sources": [source],
        "issued": None,
        "payer": None,
        "purse": False,
    }


def check_opened(opened, preimages, escrow, writer, policy, registries):
    """A lock that is only said to be open could have been given up for certain before."""
    require(len(opened) == len(preimages), "lock")
    held = []
    for claim, preimage in zip(opened, preimages):
        key = slot_key(6, writer, lock_position(escrow, lock_hash(preimage)))
        try:
            held.append(certificate_holds(claim, policy, registries, key, preimage))
        except Refused:
            raise Refused("lock") from None
    if not all(held):
        raise Missing([], None)
