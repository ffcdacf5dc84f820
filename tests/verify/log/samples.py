"""A small log with one locked record in it, its receipt and its witnesses. Invented people and keys."""

from datetime import UTC, datetime

from tests.verify.log import memory
from verify import canonical
from verify.log import checkpoint, leaves, merkle, notes, receipt, tiles
from verify.log.checkpoint import Checkpoint
from verify.log.commitments import Committed
from verify.log.receipt import Policy, Receipt

ORIGIN = "hocba.example/log"
SIZE, INDEX = 300, 271
SALT = bytes(range(100, 132))
LOG = notes.parse_skey(notes.format_skey(ORIGIN, bytes(range(32))))
WITNESSES = tuple(
    notes.parse_skey(notes.format_skey(f"witness.example/w{n}", bytes(range(n, n + 32)), notes.Kind.COSIGNATURE_V1))
    for n in (1, 2, 3)
)
RECORD = canonical.canonicalise(
    {
        "schema": "hocba/year-record/1",
        "full_name": "Nguyễn Văn Mẫu",
        "lookup_code": "0f8fad5bd9cb469fa16570867728950e",
        "school_year": "2025-2026",
        "version": 2,
        "subjects": {"toan": {"level": "T", "score": 9, "comment": None}},
    }
)
COMMITTED = Committed(
    record=RECORD,
    lookup_code="0f8fad5bd9cb469fa16570867728950e",
    school_year="2025-2026",
    version=2,
    signatures={"school_seal": b"cms of the seal", "head": b"cms of the head"},
)
EFFECTIVE = datetime(2026, 6, 30, 16, 59, 59, tzinfo=UTC)
LEAF = leaves.lock_leaf(COMMITTED, SALT, "MAU-TH-01", EFFECTIVE, 1)
LEAF_BYTES = leaves.to_bytes(LEAF)


def leaf_hashes() -> list[bytes]:
    hashes = memory.hashes(SIZE)
    hashes[INDEX] = merkle.leaf_hash(LEAF_BYTES)
    return hashes


def signed_head(*witnesses: notes.Signer, signer: notes.Signer = LOG) -> bytes:
    head = Checkpoint(signer.verifier.name, SIZE, merkle.root_of(leaf_hashes()))
    note = checkpoint.sign(head, signer)
    for count, witness in enumerate(witnesses):
        note = notes.cosign(note, witness, 1_782_900_000 + count)
    return note


def made_receipt(*witnesses: notes.Signer, extra: bytes | None = None) -> bytes:
    store = memory.MemoryTiles()
    memory.grown(store, leaf_hashes(), [100])
    proof = merkle.inclusion_proof(INDEX, SIZE, tiles.TileHashes(store, SIZE))
    return receipt.build(Receipt(INDEX, proof, signed_head(*witnesses), extra))


def policy(quorum: int = 0, *witnesses: notes.Verifier) -> Policy:
    return Policy((LOG.verifier,), witnesses or tuple(w.verifier for w in WITNESSES), quorum)
