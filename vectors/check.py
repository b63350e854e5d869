"""Checks every vector with an implementation of its own.

    python3 vectors/check.py [--verbose] [folder]

Python 3.11, standard library only. It was written from docs/spec and shares no code with the
TypeScript. It has no signatures: where a verdict rests on them (`"signature": true`), everything
else is checked. Prints every failure and a sum; exit code 1 if anything failed.
"""

import base64
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # The folder holds nothing but what is in the repository.

import attestation
import capsules
import codec
import identity
import credentials
import directory
import lineage
import operations
import rules
import sums
import symbols
import words
from blake3 import blake3
from codec import Amount, Refused
from derive import (
    act_order,
    app_id,
    allowed_map,
    card_device,
    card_slot,
    committee_writer,
    device_id,
    evaluate,
    exit_amount,
    exit_head,
    exit_position,
    h,
    head_after,
    incarnation_slot,
    issue_head,
    issue_slot,
    issue_statement,
    key_digest,
    key_of,
    lane_start,
    lineage_of,
    lock_hash,
    lock_position,
    map_root,
    next_entropy,
    next_head,
    node_id,
    note_id,
    note_leaf,
    note_map_key,
    path_root,
    prove,
    relationship_key,
    reminted_slot,
    slot_list_root,
    slot_path,
    spend_slot,
    statement,
    step_statement,
    token_id,
    total_line,
    u,
    view_leaf,
    tree_path,
    tree_root,
    vote_digest,
    vote_inner,
    voter_id,
)
from placement import bucket_of, group_of, order_of, placement

ZERO = bytes(32)
SIGNATURE_REFUSALS = ("signature", "retired", "issuer-signature", "card", "vote", "citation", "refused")


def unbase64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def plain(this):
    """A value as it stands in the vectors."""
    if isinstance(this, bytes):
        return base64.urlsafe_b64encode(this).decode().rstrip("=")
    if isinstance(this, Amount):
        return str(this)
    if isinstance(this, (list, tuple)):
        return [plain(item) for item in this]
    if isinstance(this, dict):
        return {name: plain(item) for name, item in this.items()}
    return this


def given_named(name, value):
    """Two givens are decimal numbers and some are texts; every other text is bytes."""
    if name in ("amount", "total") and isinstance(value, str):
        return Amount(value)
    return value if name in ("domain", "type", "audience", "names") else given_bytes(value)


def given_bytes(value):
    if isinstance(value, list):
        return [given_bytes(item) for item in value]
    if isinstance(value, dict):
        return {name: given_named(name, item) for name, item in value.items()}
    return unbase64(value) if isinstance(value, str) else value


# What each check derives: from the object's value, its bytes and the givens


def of_entry(_, data, given):
    return {"head": next_head(given["before"], data)}


def of_step(step, *_):
    roots = {}
    for side, name in (("before", "rootBefore"), ("after", "rootAfter")):
        try:
            values = [(write["key"], write[side]) for write in step["writes"]]
            roots[name] = evaluate(step["proof"], values)
        except Refused as refused:
            roots[name] = refused.args[0]
    return {"body": h("step-body", codec.step.write(step)), **roots}


def of_signed_step(signed, *_):
    return {
        "body": h("step-body", codec.step.write(signed["step"])),
        "listRoot": slot_list_root(signed["slots"]),
        "statement": step_statement(signed["step"], signed["slots"]),
    }


def of_countersignature(value, *_):
    return {"digest": h("countersign", codec.consent.write(value["consent"]))}


def of_receipt(value, *_):
    return {"head": head_after(value["before"], value["entries"])}


def of_card(value, *_):
    body = value["body"]
    digest = h("card", codec.card_body.write(body))
    _, incarnation = incarnation_slot(body)
    slot, value = card_slot(body, digest)
    return {
        "device": card_device(body),
        "digest": digest,
        "incarnation": incarnation,
        "slot": slot,
        "statement": statement(digest, slot_list_root([{"key": slot, "value": value}])),
        "workingKey": key_digest(body["suite"], body["workingKey"]),
    }


def authorised(place, value, by):
    key = key_of(place)
    root = path_root(key, value, by["path"])
    return {
        "key": key,
        "writer": key_digest(by["suite"], by["publicKey"]),
        "listRoot": root,
        "statement": statement(by["body"], root),
    }


def of_slot_write(value, *_):
    return authorised(value["place"], value["value"], value["authorisation"])


def of_slot_state(state, *_):
    values = state["values"]
    return {"values": [authorised(state["place"], v["value"], v["authorisation"]) for v in values]}


def of_certificate(value, *_):
    return {"vote": vote_digest(value["lineage"], value["version"], value["key"], value["value"])}


def of_registry(value, _, given):
    return {
        "lineage": lineage_of(value),
        "voters": [voter_id(node) for node in value["nodes"]],
        "groups": [group_of(value, key) for key in given["slots"]],
        "places": [placement(value, address) for address in given["addresses"]],
    }


def of_issue(issue, _, given):
    remint = issue["remint"]
    return {
        "head": issue_head(issue),
        "slot": issue_slot(issue, given),
        "statement": issue_statement(issue, given),
        "spent": None if remint is None else [reminted_slot(note) for note in remint["notes"]],
    }


def of_exit_part(part, *_):
    claim = part["authorisation"]["backing"]
    is_exit = claim is not None and claim["type"] == "exit"
    return {"head": exit_head(claim) if is_exit else None}


def of_policy(policy, *_):
    return {"token": token_id(policy), "issuer": committee_writer(policy)}


def of_spend_part(part, *_):
    return {"head": next_head(part["before"], part["entry"])}


def nothing(*_):
    return {}


OBJECTS = {
    "entry": (codec.entry, of_entry),
    "proof": (codec.proof, nothing),
    "step": (codec.step, of_step),
    "signed-step": (codec.signed_step, of_signed_step),
    "countersignature": (codec.countersignature, of_countersignature),
    "receipt": (codec.receipt, of_receipt),
    "card": (codec.card, of_card),
    "evidence": (codec.evidence, lambda value, *_: {"id": rules.evidence_id(value)}),
    "slot-write": (codec.slot_write, of_slot_write),
    "slot-state": (codec.slot_state, of_slot_state),
    "certificate": (codec.certificate, of_certificate),
    "registry": (codec.registry, of_registry),
    "policy": (codec.policy, of_policy),
    "issue": (codec.issue, of_issue),
    "issue-part": (codec.issue_part, lambda part, *_: {"head": issue_head(part["issue"])}),
    "spend-part": (codec.spend_part, of_spend_part),
    "exit-part": (codec.exit_part, of_exit_part),
    "message": (codec.message, nothing),
    "genesis": (identity.genesis, identity.of_genesis),
    "contribution": (identity.contribution, identity.of_contribution),
    "tree-update": (identity.tree_update, identity.of_update),
    "attestation": (attestation.attestation, attestation.of_attestation),
    "membership": (identity.membership, identity.of_membership),
    "credential": (credentials.credential, credentials.derived),
    "challenge": (credentials.challenge, nothing),
    "presentation": (credentials.presentation, credentials.presentation_derived),
    "login": (credentials.login, credentials.login_derived),
    "listing": (directory.listing, nothing),
    "invitation": (directory.invitation, directory.of_invitation),
    "introduction": (directory.introduction, directory.of_introduction),
    "capsule": (capsules.capsule, capsules.derived),
    "share": (words.share, nothing),
}


def lane(_, given):
    spool = h("spool", given["secret"])
    writer, peer = given["writer"], given["peer"]
    start = lane_start(
        given["network"],
        writer,
        given["incarnation"],
        peer,
        relationship_key(given["secret"]),
    )
    side = 0 if writer < peer else 1
    head, first_entropy = start, h("entropy", start, spool)
    entropy, entries = first_entropy, []
    for index, one in enumerate(given["entries"], 1):
        entropy = next_entropy(entropy, one["operation"], index)
        data = codec.entry.write({"side": side, "index": index, "entropy": entropy, **one})
        head = next_head(head, data)
        entries.append({"bytes": data, "entropy": entropy, "head": head})
    return {
        "relationship": relationship_key(given["secret"]),
        "spoolKey": spool,
        "ackKey": h("ack-key", given["secret"]),
        "side": side,
        "start": start,
        "entropy": first_entropy,
        "entries": entries,
    }


def map_after(_, given):
    pairs = {write["key"]: write["value"] for write in given["writes"]}
    pairs = {key: value for key, value in pairs.items() if value != ZERO}
    return {"size": len(pairs), "root": map_root(pairs)}


def map_proof(_, given):
    pairs = {pair["key"]: pair["value"] for pair in given["pairs"]}
    proof = codec.proof.write(prove(pairs, sorted(given["keys"])))
    return {"root": map_root(pairs), "proof": proof}


def view(_, given):
    names = ("side", "mine", "theirs", "mineStart", "theirsStart")
    return {"leaf": view_leaf(*(given[name] for name in names))}


def keys(_, given):
    suite, key = given["suite"], given["publicKey"]
    return {
        "keyDigest": key_digest(suite, key),
        "device": device_id(given["network"], suite, key),
        "node": node_id(suite, key),
        "voter": voter_id({"suite": suite, "voteKey": key}),
        "context": bytes([given["kind"], suite]) + given["network"],
    }


def positions(_, given):
    device, spool, head = given["device"], given["spoolKey"], given["head"]
    incarnation = u(4, given["incarnation"])
    return {
        "incarnation": h("position", device, incarnation),
        "delivery": h("position", spool, head),
        "deliveryValue": h("delivery", spool, head),
        "mark": h("mark", device, incarnation, u(8, given["seq"])),
    }


def slot_list(_, given):
    slots = given["slots"]
    paths = [slot_path(slots, i) for i in range(len(slots))]
    return {"root": slot_list_root(slots), "paths": paths}


def vote_tree(_, given):
    digests = given["digests"]
    paths = [tree_path(digests, vote_inner, i) for i in range(len(digests))]
    return {"root": tree_root(digests, vote_inner), "paths": paths}


def note(_, given):
    source, index = given["source"], given["index"]
    blind = h("note-blind", given["secret"], note_id(source, index))
    return {
        "id": note_id(source, index),
        "mapKey": note_map_key(source, index),
        "blind": blind,
        "leaf": note_leaf(given, blind),
        "slot": spend_slot(given),
    }


def contact(_, given):
    ciphertext, low, high = given["ciphertext"], given["low"], given["high"]
    secret = h("agree", given["shared"], ciphertext, low, high)
    return {
        "secret": secret,
        "digest": h("agree", ciphertext, given["laneKey"], low, high),
        "mac": h("agree", secret, ciphertext, given["laneKey"]),
        "ack": h("ack", h("ack-key", secret), given["head"]),
    }


def fresh_key(_, given):
    numbers = given["incarnation"].to_bytes(4, "big") + given["number"].to_bytes(4, "big")
    told = (given["ackKey"], given["device"], numbers, given["kemKey"])
    return {"mac": h("fresh-key", *told)}


def committee(_, given):
    return {
        "writer": committee_writer(given),
        "sound": codec.is_sound(given, given["bad"]),
    }


def allow_list(_, given):
    allowed, owners = allowed_map(given["devices"]), sorted(set(given["owners"]))
    proof = codec.proof.write(prove(allowed, owners)) if owners else None
    return {"root": map_root(allowed), "owners": owners, "proof": proof}


def allow_list_shows(_, given):
    data = given.get("proof")
    proof = None if data is None else codec.proof.decode(data)
    operations.check_allowed(given.get("root"), proof, given["owners"])


def claimed(given):
    return {"citation": given, "preimages": given["preimages"]}


def exits(_, given):
    claim = claimed(given)
    return {"head": exit_head(claim), "amount": exit_amount(claim)}


def places(_, given):
    escrow, lock = given["escrow"], lock_hash(given["preimage"])
    return {
        "exit": exit_position(escrow, given["payerKey"]),
        "hash": lock,
        "lock": lock_position(escrow, lock),
        "cancel": h("lock", escrow, lock),
    }


def told(_, given):
    escrow, states = given["escrow"], []
    for data in given["operations"]:
        escrow = operations.next_escrow(escrow, operations.read_operation(data))
        state = {name: escrow[name] for name in ("total", "count", "ticks", "locks")}
        rest, line = Amount(operations.rest_of(escrow)), operations.total_demand(escrow)
        states.append({**state, "rest": rest, "line": line})
    return {"states": states}


def left(_, given):
    return {"outputs": operations.exit_outputs(given["note"], given["payer"], given["amount"])}


def write_authorised(data, given):
    write = codec.slot_write.decode(data)
    holds = rules.is_authorised(write["place"], write["value"], write["authorisation"])
    codec.require(holds, "refused")


def pattern(_, given):
    return {"digest": blake3(bytes(i % 251 for i in range(given["pattern"])))}


def policies_of(given):
    return {blake3(data): codec.policy.decode(data) for data in given["policies"]}


def escrows_of(given):
    notes = [(escrow, escrow["note"]) for escrow in given.get("escrows", [])]
    return {note_id(note["source"], note["index"]): escrow for escrow, note in notes}


def registries_of(given):
    """Versions of one lineage; None if the case gives none."""
    if "registries" not in given:
        return None
    return [codec.registry.decode(data) for data in given["registries"]]


def evaluated(data, given):
    values = [(pair["key"], pair["value"]) for pair in given["values"]]
    return {"root": evaluate(codec.proof.decode(data), values)}


def accepted(data, given):
    known = given["known"]
    signed = codec.signed_step.decode(data)
    return rules.accept(given["entries"], signed, known, policies_of(known), escrows_of(known))


def receipt_holds(data, given):
    cards = [codec.card.decode(given[side]) for side in ("writer", "peer")]
    after = {side: given.get(f"{side}Next") for side in ("writer", "peer")}
    after = {side: data and codec.card.decode(data) for side, data in after.items()}
    rules.check_receipt(codec.receipt.decode(data), *cards, after)


def card_holds(data, given):
    rules.check_card(codec.card.decode(data), given["network"], registries_of(given))


def certificate_holds(data, given):
    claim = codec.certificate.decode(data)
    rules.check_certificate(claim, registries_of(given), given["key"], given["value"])


def convicted(data, given):
    claim = codec.evidence.decode(data)
    return {"culprit": rules.check_evidence(claim, given["network"], registries_of(given))}


def operation_demands(data, given):
    of = (given["writer"], given["peer"], given["head"])
    return operations.demand_of(data, *of, policies_of(given), escrows_of(given))


def traced(trace, shape):
    def check(data, given):
        origins = {origin["head"]: origin for origin in given["origins"]}
        part = shape.decode(data)
        return {"origin": trace(part, origins, policies_of(given), registries_of(given))}

    return check


def placed(_, given):
    seats, bucket = given["seats"], bucket_of(given["bucketBits"], given["address"])
    owners = [int.from_bytes(seats[i : i + 2], "big") for i in range(0, len(seats), 2)]
    order = order_of(owners, given["salt"], bucket)
    return {"bucket": bucket, "order": b"".join(u(2, node) for node in order)}


def sizes_of(given):
    return {entry["key"]: entry["size"] for entry in given["entries"]}


def sum_root(_, given):
    root, total = sums.whole(sizes_of(given))
    return {"root": root, "sum": total}


def symbol_batch(_, given):
    start = given["first"]
    made = symbols.symbols_of(given["keys"], given["nonce"], start, given["count"])
    return {"batch": symbols.write(start, made)}


CHECKS = {
    "hash/domain": lambda _, given: {"digest": h(given["domain"], *given["fields"])},
    "hash/address": pattern,
    "lane/derive": lane,
    "view/derive": view,
    "shared/app": lambda _, g: {"id": app_id(g["name"], g["version"], g["rules"])},
    "shared/order": lambda _, g: {
        "order": [f"{side} {index}" for side, index in act_order(g["low"], g["high"])]
    },
    "map/root": map_after,
    "map/prove": map_proof,
    "proof/evaluate": evaluated,
    "slot/place": lambda _, given: {"key": key_of(given)},
    "slot/list": slot_list,
    "slot/keys": keys,
    "slot/positions": positions,
    "vote/digest": lambda _, g: {
        "digest": vote_digest(g["lineage"], g["version"], g["key"], g["value"])
    },
    "vote/tree": vote_tree,
    "note/derive": note,
    "note/opening": lambda data, g: rules.check_opening(data, g["writer"], g["position"]),
    "contact/derive": contact,
    "fresh-key/derive": fresh_key,
    "committee/derive": committee,
    "allow-list/derive": allow_list,
    "allow-list/check": allow_list_shows,
    "total/line": lambda _, given: total_line(given),
    "total/exit": exits,
    "total/places": places,
    "escrow/tell": told,
    "escrow/outputs": left,
    "operation/rules": operation_demands,
    "placement/order": placed,
    "sum-map/root": sum_root,
    "sum-map/prove": lambda _, g: {"proof": sums.write(*sums.prove(sizes_of(g), g["key"]))},
    "sum-map/evaluate": lambda d, g: sums.evaluate(*sums.read(d), g["key"], g["size"]),
    "symbol/batch": symbol_batch,
    "symbol/read": lambda data, _: symbols.read(data),
    "symbol/difference": lambda d, g: symbols.difference(g["keys"], g["nonce"], d),
    "slot-write/authorised": write_authorised,
    "accept/accept": accepted,
    "receipt/check": receipt_holds,
    "card/check": card_holds,
    "certificate/check": certificate_holds,
    "credential/check": credentials.check_credential,
    "presentation/check": credentials.check_presentation,
    "login/check": credentials.check_login,
    "listing/name": directory.name,
    "listing/topics": directory.topics,
    "invitation/check": directory.check_invitation,
    "introduction/check": directory.check_introduction,
    "introduction/place": directory.place,
    "capsule/read": capsules.read,
    "capsule/frames": capsules.frames,
    "capsule/join": capsules.join,
    "capsule/record": capsules.record,
    "capsule/payload": capsules.payload,
    "words/derive": words.phrase,
    "identity-secret/derive": words.identity_secret,
    "device-secret/derive": words.device_secret,
    "share/check": words.share_check,
    "evidence/check": convicted,
    "issue-part/lineage": traced(lineage.trace_issue, codec.issue_part),
    "spend-part/lineage": traced(lineage.trace_spend, codec.spend_part),
    "contribution/mix": identity.mix,
    "tree-update/check": identity.follow,
    "membership/check": identity.check_membership,
    "attestation/challenge": attestation.question,
    "exit-part/lineage": traced(lineage.trace_exit, codec.exit_part),
}


# One case, one file, all files


def decoded(name, data, given):
    if name == "operation":
        return {"fields": operations.read_operation(data), "derived": {}}
    shape, derive = OBJECTS[name]
    value = shape.decode(data)
    return {"fields": value, "derived": {"address": blake3(data), **derive(value, data, given)}}


def answer(name, case):
    """What this implementation says to a case: expect, fields and derived as they stand there."""
    data = unbase64(case.get("bytes", "")).ljust(case.get("padTo", 0), b"\0")
    given = given_bytes(case.get("given", {}))
    try:
        if case["check"] == "decode":
            found = decoded(name, data, given)
        else:
            derived = CHECKS[f"{name}/{case['check']}"](data, given)
            found = {} if derived is None else {"derived": derived}
        return plain({"expect": "ok", **found})
    except Refused as refused:
        code, *detail = refused.args
        return {"expect": code, **({"derived": {"detail": detail[0]}} if detail else {})}
    except lineage.Missing as missing:
        heads, policy = missing.args
        return plain({"expect": "missing", "derived": {"heads": heads, "policy": policy}})


def fault(name, case):
    """What is wrong with a case; None if nothing is."""
    try:
        found = answer(name, case)
    except Exception as error:  # An altered vector may break anything: it fails, the rest goes on.
        return f"{type(error).__name__}: {error}"
    if case.get("signature") and case["expect"] in SIGNATURE_REFUSALS:
        # Nothing else may be wrong with it, or its key is already not the one that must sign.
        return None if found["expect"] in ("ok", case["expect"]) else f"refused: {found['expect']}"
    stated = {key: case[key] for key in ("expect", "fields", "derived") if key in case}
    if found == stated:
        return None
    if found["expect"] != case["expect"]:
        return f"expected {case['expect']}, found {found['expect']}"
    differing = [key for key in ("fields", "derived") if found.get(key) != stated.get(key)]
    return f"another value of {', '.join(differing)}"


def main(arguments):
    verbose = "--verbose" in arguments
    folders = [argument for argument in arguments if not argument.startswith("--")]
    folder = pathlib.Path(folders[0] if folders else pathlib.Path(__file__).parent / "v1")
    passed = failed = 0
    for path in sorted(folder.glob("*.json")):
        file = json.loads(path.read_text(encoding="utf-8"))
        for case in file["cases"]:
            wrong = fault(file["object"], case)
            passed, failed = passed + (wrong is None), failed + (wrong is not None)
            if wrong is not None or verbose:
                verdict = "passed" if wrong is None else "FAILED"
                reason = "" if wrong is None else f": {wrong}"
                print(f"{verdict} {path.name}: {case['check']}: {case['name']}{reason}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
