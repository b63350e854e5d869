"""Attestations: their bytes, challenges, and the MAC of an answer."""

from codec import Choice, Object, OneOf, Option, Struct, Variable, need
from derive import h

LEVELS = ("software", "os-keystore", "passkey", "tpm")


class Level:
    """One byte, the place in the list."""

    def read(self, r):
        place = r.uint(1)
        need(place < len(LEVELS))
        return LEVELS[place]

    def write(self, value):
        return bytes([LEVELS.index(value)])


key = Struct(algorithm=OneOf(1, 2), publicKey=Variable(600))
attestation = Object(0x59, 4_096, Struct(level=Level(), key=key, proof=Choice(
    plain=(1, dict(signature=Variable(512))),
    assertion=(2, dict(
        authenticatorData=Variable(1_024), clientData=Variable(1_024), signature=Variable(512),
    )),
)))
answer = Option(Variable(4_096))


def of_attestation(value, *_):
    return {"key": h("attest-key", key.write(value["key"]))}


def question(data, given):
    nonce, asked = given["nonce"], given["asked"]

    def mac(said):
        return h("attest-mac", given["ackKey"], nonce, asked, answer.write(said))

    about = (nonce, given["asker"], asked, given["card"])
    challenges = [h("attest", *about, Level().write(level)) for level in LEVELS]
    return {"challenges": challenges, "mac": mac(data), "macOfNone": mac(None)}
