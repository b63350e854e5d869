"""Words, the secrets that follow from them, and shares."""

import hashlib

from codec import Fixed, Object, Struct, Where, u8
from derive import h, u


def share_holds(value):
    needed, count, number = value["threshold"], value["count"], value["number"]
    return 2 <= needed <= count <= 16 and 1 <= number <= count and value["share"][32] != 0


share = Object(0x55, 128, Where(Struct(
    drawn=Fixed(16), check=Fixed(16), threshold=u8, count=u8, number=u8, share=Fixed(33),
), share_holds))


def phrase(_, given):
    """The list of words is no part of this: their numbers are."""
    entropy = given["entropy"]
    bits = int.from_bytes(entropy + hashlib.sha256(entropy).digest()[:1])
    numbers = [bits >> 11 * (23 - at) & 2_047 for at in range(24)]
    return {"numbers": numbers, "entropy": entropy}


def identity_secret(_, given):
    def fields(number):
        return given["secret"] + u(1, given["suite"]) + u(4, number)

    def seed(number):
        halves = [h("authority-seed", fields(number), u(1, half)) for half in (0, 1)]
        return b"".join(halves)[:48]

    return {
        "salt": h("identity-salt", given["network"]),
        "devices": [h("device-secret", fields(number)) for number in given["numbers"]],
        "authorities": [seed(number) for number in given["numbers"]],
    }


def device_secret(_, given):
    def from_secret(secret, label, *fields):
        return h("secret", secret, label.encode(), bytes(2), *fields)

    device = given["device"]
    standing = from_secret(device, "standing")
    secret = from_secret(device, "incarnation", u(4, given["incarnation"]), given["birth"])
    return {
        "firstBirth": h("first-birth", device),
        "standing": standing,
        "incarnation": secret,
        "blindSecret": from_secret(standing, "blind"),
        "ownSecret": from_secret(standing, "own"),
        "capsuleSecret": from_secret(secret, "capsule seal"),
    }


def share_check(_, given):
    terms = u(1, given["threshold"]) + u(1, given["count"])
    return {"check": h("share-set", given["entropy"], given["drawn"], terms)[:16]}
