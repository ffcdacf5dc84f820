"""Policy files: what they mean, and what is refused rather than read as something weaker."""

import pytest

from tests.verify.log import samples
from verify import limits
from verify.errors import LimitExceeded, MalformedRecord
from verify.log import notes, policy
from verify.log.algorithms import has_ml_dsa

LOG = notes.format_vkey(samples.LOG.verifier)
W1, W2, W3 = (notes.format_vkey(each.verifier) for each in samples.WITNESSES)
THREE = f"witness a {W1} https://a.example\nwitness b {W2}\nwitness c {W3}\n"


def test_two_of_three() -> None:
    text = f"# ba bên\n\nlog {LOG} https://hocba.example/log\n\t{THREE}group g 2 a b c\nquorum g\n"
    held = policy.parse(text)
    assert (held.quorum, held.counted, held.logs) == (2, frozenset("abc"), (samples.LOG.verifier,))
    assert [(each.name, each.url) for each in held.witnesses] == [("a", "https://a.example"), ("b", None), ("c", None)]
    asked = held.for_log((samples.LOG.verifier,))
    assert asked == samples.policy(2)
    assert policy.parse(policy.render(held)) == held


@pytest.mark.parametrize(
    ("rest", "quorum", "counted"),
    [
        ("quorum none\n", 0, set()),
        ("quorum b\n", 1, {"b"}),
        ("group g any a b\nquorum g\n", 1, {"a", "b"}),
        ("group g all a c\nquorum g\n", 2, {"a", "c"}),
        ("group g 3 a b c\ngroup unused any a\nquorum g\n", 3, {"a", "b", "c"}),
    ],
)
def test_quorums(rest: str, quorum: int, counted: set[str]) -> None:
    held = policy.parse(THREE + rest)
    assert (held.quorum, set(held.counted)) == (quorum, counted)
    again = policy.parse(policy.render(held))
    assert (again.quorum, set(again.counted)) == (quorum, counted)


PLAIN = notes.format_vkey(notes.parse_skey(notes.format_skey("witness.example/w9", bytes(32))).verifier)
ALIAS = notes.format_vkey(notes.Verifier("alias.example/w1", samples.WITNESSES[0].verifier.public, notes.Kind(4)))
REFUSED = {
    "nothing": "",
    "no quorum": THREE,
    "two quorums": f"{THREE}quorum a\nquorum b\n",
    "quorum of an unknown name": f"{THREE}quorum d\n",
    "a word too many": f"{THREE}quorum a b\n",
    "an unknown line": f"{THREE}monitor a\nquorum a\n",
    "a name twice": f"{THREE}witness a {W1}\nquorum a\n",
    "a witness called none": f"witness none {W1}\nquorum none\n",
    "a key of a log as witness": f"witness a {PLAIN}\nquorum a\n",
    "a key of a witness as log": f"log {W1}\nquorum none\n",
    "one key under two names": f"witness a {W1}\nwitness b {ALIAS}\ngroup g 2 a b\nquorum g\n",
    "more than there are": f"{THREE}group g 4 a b c\nquorum g\n",
    "none of them": f"{THREE}group g 0 a b c\nquorum g\n",
    "a leading zero": f"{THREE}group g 02 a b c\nquorum g\n",
    "a member twice": f"{THREE}group g 2 a a b\nquorum g\n",
    "no member": f"{THREE}group g all\nquorum g\n",
    "a group within a group": f"{THREE}group g 2 a b\ngroup h 2 g c\nquorum h\n",
    "a member that comes later": f"group g any a\n{THREE}quorum g\n",
    "a damaged key": f"witness a {W1[:-6]}AAAAA=\nquorum a\n",
    "a carriage return": f"{THREE}quorum a\r\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        policy.parse(text)


def test_the_line_is_named() -> None:
    with pytest.raises(MalformedRecord) as caught:
        policy.parse(f"{THREE}group g 4 a b c\nquorum g\n")
    assert caught.value.detail.startswith("line 4")


def fresh(number: int) -> str:
    """A key of a witness of its own."""
    secret = notes.format_skey("w.example/w", bytes([number] * 32), notes.Kind.COSIGNATURE_V1)
    return notes.format_vkey(notes.parse_skey(secret).verifier)


def test_bounds() -> None:
    with pytest.raises(LimitExceeded):
        policy.parse("#" * limits.POLICY_BYTES + "\n")
    lines = [f"witness w{n} {fresh(n)}" for n in range(limits.POLICY_WITNESSES + 1)]
    assert len(policy.parse("\n".join([*lines[:-1], "quorum none"])).witnesses) == limits.POLICY_WITNESSES
    with pytest.raises(MalformedRecord):
        policy.parse("\n".join([*lines, "quorum none"]))


@pytest.mark.skipif(not has_ml_dsa(), reason="this build of cryptography has no ML-DSA-44")
def test_keys_of_ml_dsa_stand_on_both_sides() -> None:
    log = notes.parse_skey(notes.format_skey(samples.ORIGIN, bytes(32), notes.Kind.ML_DSA_44)).verifier
    other = notes.parse_skey(notes.format_skey("w.example/q", bytes(range(32)), notes.Kind.ML_DSA_44)).verifier
    held = policy.parse(f"log {LOG}\nlog {notes.format_vkey(log)}\nwitness q {notes.format_vkey(other)}\nquorum q\n")
    assert held.logs == (samples.LOG.verifier, log)
    assert held.for_log(held.logs).witnesses == (other,)
