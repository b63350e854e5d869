"""What statements are worth: acceptance, receipts, certificates, cards, evidence, slot writes.

Every function raises `Refused` with the first rule that is broken, in the order of its table. A
signature is taken to hold: this checker has none.
"""

import codec
from codec import Refused, require
from derive import (
    ZERO,
    card_device,
    committee_writer,
    evaluate,
    exit_amount,
    exit_head,
    exit_position,
    h,
    head_after,
    incarnation_slot,
    key_digest,
    key_of,
    lineage_of,
    next_entropy,
    next_head,
    node_id,
    note_id,
    slot_key,
    step_statement,
    view_leaf,
    vote_digest,
    voter_id,
)
from placement import group_of
from operations import demand_of, read_operation

ROOT_KEY_BYTES = {1: 32, 2: 32}
WORKING_KEY_BYTES = {1: 1_952, 2: 32}


# Acceptance: seed 000, definition 6


def accept(entries, signed, known, policies, escrows):
    step, author = signed["step"], known["author"]
    cause = step["cause"]
    require(step["device"] == author["device"], "wrong-device")
    require(cause["type"] == "append", "wrong-cause")
    require(cause["relationship"] == known["relationship"], "wrong-relationship")
    require(step["incarnation"] >= author["incarnation"], "old-incarnation")
    require(step["incarnation"] == author["incarnation"], "pending incarnation")
    working = key_in_force(author, step["seq"])
    require(working is not None, "pending card")
    run = judge_run(entries, known, policies, escrows)
    lane = run["lane"]
    named = (cause["index"], cause["count"], cause["head"])
    require(named == (lane["index"], len(entries), lane["head"]), "head")
    judge_step(signed, run, known, working)
    return {"statement": step_statement(step, signed["slots"]), **run}


def key_in_force(author, seq):
    """The working key that signs the step with this number, if it is known."""
    if seq > author["since"]:
        return author["workingKey"]
    for key in author["retired"]:
        if key["since"] < seq <= key["until"]:
            return key["workingKey"]
    return None


def decode_entry(data):
    try:
        return codec.entry.decode(data)
    except Refused as refused:
        if refused.args == ("unknown-version",):
            raise Refused("pending version") from None
        raise Refused("malformed", refused.args[0]) from None


def judge_run(entries, known, policies, escrows):
    """The rules about entries alone."""
    require(len(entries) <= 256 and sum(map(len, entries)) <= 16_384, "too-large")
    decoded = [decode_entry(data) for data in entries]
    if not decoded:
        raise Refused("malformed", "an empty run")
    lane, author = known["lane"], known["author"]
    require(decoded[0]["index"] <= lane["index"] + 1, "pending early")
    if decoded[0]["index"] <= lane["index"]:
        judge_repeated(entries, decoded[0]["index"], known)
    require(not author["bricked"], "bricked")
    head, index, entropy = lane["head"], lane["index"], lane["entropy"]
    absorbed = decoded[0]["absorbed"]
    mine = {at["head"]: at["index"] for at in known["mine"]}
    heads, demand = [], {"writes": [], "slots": []}
    for data, one in zip(entries, decoded):
        require(one["side"] == known["side"], "side")
        require(one["index"] == index + 1, "index")
        index = one["index"]
        entropy = next_entropy(entropy, one["operation"], index)
        require(one["entropy"] == entropy, "entropy")
        require(one["absorbed"] == absorbed, "absorbed")
        require(mine.get(absorbed, -1) >= known["absorbed"]["index"], "absorbed")
        head = next_head(head, data)
        heads.append(head)
        try:
            of = (author["device"], author["peer"], head)
            asked = demand_of(one["operation"], *of, policies, escrows)
        except Refused as refused:
            code = refused.args[0]
            raise (refused if code.startswith("pending") else Refused("operation", code)) from None
        demand = {name: demand[name] + asked[name] for name in demand}
    return {
        "lane": {"start": lane["start"], "head": head, "index": index, "entropy": entropy},
        "absorbed": {"index": mine[absorbed], "head": absorbed},
        "heads": heads,
        "demand": demand,
    }


def judge_repeated(entries, index, known):
    """A run that starts where the lane has been: the same one again, or a fork."""
    lane = known["lane"]
    theirs = {at["index"]: at["head"] for at in known["theirs"] if at["index"] <= lane["index"]}
    head = {0: lane["start"], **theirs}.get(index - 1)
    for i, data in enumerate(entries, index):
        require(head is not None and i in theirs, "index")
        head = next_head(head, data)
        require(head == theirs[i], "fork")
    raise Refused("already-accepted")


def judge_step(signed, run, known, working):
    """The rules about the step that appends a judged run."""
    step, slots = signed["step"], signed["slots"]
    statement = step_statement(step, slots)
    around = {at["seq"] - step["seq"]: at for at in known["steps"]}
    require(0 not in around or around[0]["statement"] == statement, "step-fork")
    if -1 in around:
        named = (step["previous"], step["before"])
        require(named == (around[-1]["statement"], around[-1]["after"]), "step-chain")
    if 1 in around:
        named = (around[1]["previous"], around[1]["before"])
        require(named == (statement, step["after"]), "step-chain")
    require(writes_fit(step["writes"], run, known), "writes")
    require(slots_fit(slots, run, known), "slots")
    check_proof(step)
    check_further_keys(signed, run, key_digest(known["author"]["suite"], working))


def writes_fit(writes, run, known):
    lane, theirs = known["lane"], run["absorbed"]["head"]
    leaf = lambda mine: view_leaf(known["side"], mine, theirs, lane["start"], known["mineStart"])
    view = {
        "key": known["relationship"],
        "before": leaf(lane["head"]),
        "after": leaf(run["lane"]["head"]),
    }
    demanded = sorted([view, *run["demand"]["writes"]], key=lambda write: write["key"])
    return len(demanded) == len(writes) and all(
        (asked["key"], asked["before"]) == (write["key"], write["before"])
        and (write["after"] != ZERO if asked["after"] is None else write["after"] == asked["after"])
        for asked, write in zip(demanded, writes)
    )


def slots_fit(slots, run, known):
    demanded = [{"key": one["key"], "value": one["value"]} for one in run["demand"]["slots"]]
    if len({line["key"] for line in demanded}) < len(demanded):
        return False
    return slots == demanded


def check_proof(step):
    for side in ("before", "after"):
        try:
            values = [(write["key"], write[side]) for write in step["writes"]]
            good = evaluate(step["proof"], values) == step[side]
        except Refused:
            good = False
        require(good, f"proof-{side}")


def check_further_keys(signed, run, working):
    """Every writer of a slot signs, and nobody else."""
    needed = {slot["writer"] for slot in run["demand"]["slots"]} - {working}
    given = {key_digest(by["suite"], by["publicKey"]) for by in signed["further"]}
    require(needed == given, "key")


# Receipts, certificates, cards


def check_receipt(receipt, writer, peer, after=None):
    """`after` are the cards of the generations after those of writer and peer, or None."""
    after = after or {"writer": None, "peer": None}
    head = head_after(receipt["before"], receipt["entries"])
    cause = receipt["writer"]["step"]["cause"]
    require(cause["type"] == "append" and cause["head"] == head, "head")
    if receipt["peer"] is not None:
        cause = receipt["peer"]["step"]["cause"]
        require(cause["type"] == "absorb" and cause["head"] == head, "absorb")
    check_own_step(receipt["writer"]["step"], writer["body"], after["writer"])
    if receipt["countersignature"] is not None:
        consent = receipt["countersignature"]["consent"]
        wanted = {
            "head": head,
            "proposer": card_device(writer["body"]),
            "proposerIncarnation": writer["body"]["incarnation"],
            "peer": card_device(peer["body"]),
            "peerIncarnation": peer["body"]["incarnation"],
        }
        require(wanted.items() <= consent.items(), "countersignature")
        require(consent["seq"] >= peer["body"]["since"], "countersignature")
        if after["peer"] is not None:
            require(is_next(after["peer"]["body"], peer["body"]), "countersignature")
            require(consent["seq"] <= after["peer"]["body"]["since"], "countersignature")
    if receipt["peer"] is not None:
        check_own_step(receipt["peer"]["step"], peer["body"], after["peer"])


def is_next(later, earlier):
    """Of the very next generation of one incarnation."""
    same = lambda body: (card_device(body), body["incarnation"], body["birth"])
    return (
        same(later) == same(earlier)
        and later["generation"] == earlier["generation"] + 1
        and later["since"] >= earlier["since"]
    )


def signs_step(body, seq, after):
    if seq <= body["since"]:
        return False
    return after is None or (is_next(after, body) and seq <= after["since"])


def check_own_step(step, body, after):
    of_card = (card_device(body), body["incarnation"])
    require((step["device"], step["incarnation"]) == of_card, "device")
    following = None if after is None else after["body"]
    require(signs_step(body, step["seq"], following), "generation")
    try:
        check_proof(step)
    except Refused:
        raise Refused("proof") from None


def check_certificate(claim, registries, key, value):
    """`registries` are versions of one lineage, of which the certificate's must be one."""
    known = {(one["version"], lineage_of(one)): one for one in registries}
    registry = known.get((claim["version"], claim["lineage"]))
    require(registry is not None, "registry")
    require((claim["key"], claim["value"]) == (key, value), "slot")
    require(len(claim["votes"]) >= registry["q"], "quorum")
    voters = {vote["node"] for vote in claim["votes"]}
    require(voters <= set(group_of(registry, key)), "quorum")
    require(all(registry["nodes"][node]["missed"] == 0 for node in voters), "vote")


def check_card(card, network, registries):
    body, succession = card["body"], card["succession"]
    require(body["network"] == network, "network")
    sizes = (len(body["rootKey"]), len(body["workingKey"]))
    wanted = (ROOT_KEY_BYTES[body["suite"]], WORKING_KEY_BYTES[body["suite"]])
    require(sizes == wanted, "key-size")
    _, opened = incarnation_slot(body)
    begins = body["previous"] == opened if body["since"] == 0 else body["generation"] > 0
    require(begins, "generation")
    require((body["incarnation"] == 0) == (succession is None), "succession")
    if succession is not None:
        require(registries is not None, "succession")
        try:
            check_certificate(succession, registries, *incarnation_slot(body))
        except Refused:
            raise Refused("succession") from None


# Slot writes


def is_authorised(place, value, by):
    """True if nothing but a signature can be wrong with it."""
    backing = by["backing"]
    if place["kind"] == 3 and backing is not None and backing["type"] == "committee":
        return is_committee(place["writer"], by, **backing)
    signer = key_digest(by["suite"], by["publicKey"])
    return signer == place["writer"] and is_backed(place, value, backing)


def is_committee(writer, by, committee, further, **_):
    members = committee["members"]
    signers = [key_digest(one["suite"], one["publicKey"]) for one in [by, *further]]
    return (
        len(members) > 1
        and committee_writer(committee) == writer
        and len(signers) >= committee["threshold"]
        and len(set(signers)) == len(signers)
        and set(signers) <= set(members)
    )


def is_backed(place, value, backing):
    """An exit says what it takes; nothing else is backed by anything."""
    if place["kind"] != 5:
        return backing is None
    if backing is None or backing["type"] != "exit":
        return False
    citation = backing["citation"]
    payer_key = key_digest(citation["suite"], citation["publicKey"])
    return (
        exit_position(citation["escrow"], payer_key) == place["position"]
        and exit_head(backing) == value
        and exit_amount(backing) is not None
    )


# Evidence


def check_evidence(claim, network, registries):
    """Who is convicted."""
    kind, first, second = claim["type"], claim["first"], claim["second"]
    if kind in ("entries", "steps"):
        pair = [first["signed"], second["signed"]] if kind == "entries" else [first, second]
        (entries_differ if kind == "entries" else steps_differ)(claim, *(s["step"] for s in pair))
        cards = [claim["card"], *claim["later"]]
        for card in cards:
            check_evidence_card(card, network, registries)
        bodies = [card["body"] for card in cards]
        require(all(is_next(b, a) for a, b in zip(bodies, bodies[1:])), "card")
        following = bodies[1] if len(bodies) > 1 else None
        for signed, body, after in ((pair[0], bodies[0], following), (pair[1], bodies[-1], None)):
            of_card = (card_device(body), body["incarnation"])
            step = signed["step"]
            require((step["device"], step["incarnation"]) == of_card, "card")
            require(signs_step(body, step["seq"], after), "card")
        return {"type": "device", "id": card_device(bodies[0])}
    wanted = {"spends": 1, "issues": 3, "commits": 7}.get(kind)
    if wanted is not None:
        require(claim["place"]["kind"] == wanted, "position")
    require(first["value"] != second["value"], "same")
    if kind == "votes":
        return {"type": "node", "id": voter_id(claim)}
    writer = claim["place"]["writer"]
    if kind == "spends":
        body = claim["card"]["body"]
        require(key_digest(body["suite"], body["workingKey"]) == writer, "card")
        check_evidence_card(claim["card"], network, registries)
        check_opening(claim["opening"], writer, claim["place"]["position"])
    for said in (first, second):
        holds = is_authorised(claim["place"], said["value"], said["authorisation"])
        require(holds, "signature")
    if kind == "spends":
        return {"type": "device", "id": card_device(claim["card"]["body"])}
    if kind == "commits":
        by = first["authorisation"]
        return {"type": "node", "id": node_id(by["suite"], by["publicKey"])}
    return {"type": "issuer", "id": writer}


def check_evidence_card(card, network, registries):
    try:
        check_card(card, network, registries)
    except Refused:
        raise Refused("card") from None


def one_writer(a, b):
    return (a["device"], a["incarnation"]) == (b["device"], b["incarnation"])


def entries_differ(claim, a, b):
    first, second = claim["first"]["entries"], claim["second"]["entries"]
    require(first[0] != second[0], "same")
    require(a["cause"]["type"] == b["cause"]["type"] == "append", "position")
    require(a["cause"]["head"] == head_after(claim["before"], first), "position")
    require(b["cause"]["head"] == head_after(claim["before"], second), "position")
    require(one_writer(a, b), "position")


def steps_differ(claim, a, b):
    said = [step_statement(claim[of]["step"], claim[of]["slots"]) for of in ("first", "second")]
    require(said[0] != said[1], "same")
    require(one_writer(a, b), "position")
    require(a["seq"] == b["seq"] or a["previous"] == b["previous"], "position")


def evidence_id(claim):
    """The same for every copy, and another one for every speaker and place."""
    of = (claim["first"], claim["second"])
    if claim["type"] == "entries":
        said = [head_after(claim["before"], one["entries"]) for one in of]
    elif claim["type"] == "steps":
        said = [step_statement(one["step"], one["slots"]) for one in of]
    elif claim["type"] == "votes":
        position = (claim["lineage"], claim["version"], claim["key"])
        said = [h("mark", voter_id(claim), vote_digest(*position, one["value"])) for one in of]
    else:
        said = [h("mark", key_of(claim["place"]), one["value"]) for one in of]
    return h("evidence", *sorted(said))


def check_opening(data, writer, position):
    """The bytes show that the slot's note is a purse note of the slot's writer."""
    try:
        opening = codec.whole(codec.opening, data)
        operation = read_operation(codec.entry.decode(opening["entry"])["operation"])
    except Refused:
        raise Refused("opening") from None
    index = opening["index"]
    require(operation["type"] == "load" and index < len(operation["outputs"]), "opening")
    made = operation["outputs"][index]
    source = next_head(opening["before"], opening["entry"])
    found = (made["kind"], made["key"], note_id(source, index))
    require(found == (1, writer, position), "opening")
