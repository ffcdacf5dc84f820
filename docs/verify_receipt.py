"""Check the log receipt of a year record without the portal's software: standard library and `cryptography`.

  verify_receipt.py LOG-KEY record.json log-leaf.json log-receipt.tlog-proof log-opening.json [ROLE=FILE …]

The files are attachments of the record's PDF. LOG-KEY, `name+id+base64`, comes from a source that you trust,
never from the PDF. ROLE=FILE is a signature: head=signature-head.p7s. Formats: c2sp.org/tlog-proof, RFC 6962.
"""

import base64
import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def require(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"KHÔNG ĐẠT (failed): {what}")


def decode(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "base64")
    return data


def commit(salt: str, message: dict[str, object]) -> str:
    """HMAC-SHA256 over RFC 8785 bytes; all keys and values here are ASCII text and whole numbers."""
    data = json.dumps(message, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(bytes.fromhex(salt), data, hashlib.sha256).hexdigest()


def root_from(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2."""
    require(0 <= index < size, "index < size")
    result, last = hashlib.sha256(b"\x00" + leaf).digest(), size - 1
    for sibling in proof:
        require(last > 0, "length of the proof")
        if index & 1 or index == last:
            result = hashlib.sha256(b"\x01" + sibling + result).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            result = hashlib.sha256(b"\x01" + result + sibling).digest()
        index, last = index >> 1, last >> 1
    require(last == 0, "length of the proof")
    return result


def checkpoint(note: str, vkey: str) -> tuple[int, bytes]:
    """Size and root of a signed note, after the log's own Ed25519 signature over its text is verified."""
    name, key_id, encoded = vkey.split("+", 2)
    key = decode(encoded)
    require(hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id and key[0] == 1, "log key")
    text, _, lines = note.rpartition("\n\n")
    found = [decode(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    ours = [signature[4:] for signature in found if signature[:4].hex() == key_id]
    require(len(ours) == 1, "a signature of the log")
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(ours[0], f"{text}\n".encode())  # raises InvalidSignature
    origin, size, root = text.split("\n")[:3]
    require(origin == name, "origin")
    return int(size), decode(root)


def main(vkey: str, *paths: str) -> None:
    record, leaf_bytes, receipt, opening_bytes = (Path(path).read_bytes() for path in paths[:4])
    leaf, opening = json.loads(leaf_bytes), json.loads(opening_bytes)
    about = {key: opening[key] for key in ("lookup_code", "school_year", "version")}
    require(about.items() <= json.loads(record).items(), "the opening is of this record")
    for role, _, file in (item.partition("=") for item in paths[4:]):
        digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
        require(opening["signatures"].get(role) == digest, f"signature of {role}")
    bound = {"schema": "hocba/log-record/1", "record_sha256": hashlib.sha256(record).hexdigest(), **about}
    require(commit(opening["salt"], bound) == leaf["commitment"], "commitment to the record")
    bound = {"schema": "hocba/log-signatures/1", "record_sha256": bound["record_sha256"]}
    signed = commit(opening["salt"], bound | {"signatures": opening["signatures"]})
    require(signed == leaf["signatures_commitment"], "commitment to the signatures")
    head, _, note = receipt.decode().partition("\n\n")
    magic, *lines = (line for line in head.split("\n") if not line.startswith("extra "))
    require(magic == "c2sp.org/tlog-proof@v1" and lines[0].startswith("index "), "a receipt")
    index, proof = int(lines[0][6:]), [decode(line) for line in lines[1:]]
    size, root = checkpoint(note, vkey)
    require(root_from(leaf_bytes, index, size, proof) == root, "inclusion in the log")
    sys.stdout.write(f"ĐẠT (passed): {leaf['unit']} {leaf['school_year']}, entry {index} of {size}\n")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:]) if len(sys.argv) > 5 else sys.exit(__doc__)
    except (ValueError, KeyError, IndexError, InvalidSignature) as error:
        sys.exit(f"KHÔNG ĐẠT (failed): {type(error).__name__}")
