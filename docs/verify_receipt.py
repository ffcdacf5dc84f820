"""Check the log receipt of a year record without the portal's software: standard library and `cryptography`.

  verify_receipt.py LOG-KEY record.json log-leaf.json log-receipt.tlog-proof log-opening.json [ROLE=FILE …]

The files are attachments of the record's PDF. LOG-KEY, `name+id+base64`, comes from a source that you trust, never
from the PDF. ROLE=FILE is a signature: head=signature-head.p7s. Formats: c2sp.org/tlog-proof, RFC 6962.
"""

import base64
import hmac
import json
import sys
from hashlib import sha256
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


def root(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:  # by the audit path of RFC 6962 §2.1.1
    require(0 <= index < size and (size > 1) == (path != []), "length of the proof")
    if size == 1:
        return node
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return sha256(b"\x01" + root(node, index, left, path[:-1]) + path[-1]).digest()
    return sha256(b"\x01" + path[-1] + root(node, index - left, size - left, path[:-1])).digest()


def signed_lines(note: str, vkey: str) -> list[str]:
    """The lines of a note, once the log's own Ed25519 signature over them holds; else InvalidSignature."""
    name, key_id, key = vkey.split("+", 2)
    text, _, lines = note.rpartition("\n\n")
    found = [decode(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    (ours,) = (signature[4:] for signature in found if signature[:4].hex() == key_id)
    Ed25519PublicKey.from_public_bytes(decode(key)[1:]).verify(ours, f"{text}\n".encode())
    return text.split("\n")


def check(says: dict[str, object], vkey: str, *paths: str) -> None:  # says: what the record says of itself
    record, entry, receipt, opened = (Path(path).read_bytes() for path in paths[:4])
    leaf, opening, names = json.loads(entry), json.loads(opened), ("lookup_code", "school_year", "version")
    require(opening["schema"] == "hocba/log-opening/1", "an opening")
    own = names if leaf["kind"] == "lock" else names[1:]  # an earlier system had codes of its own
    require(all(says.get(key, opening[key]) == opening[key] for key in own), "the opening is of this record")
    for role, file in (item.split("=", 1) for item in paths[4:]):
        require(opening["signatures"].get(role) == sha256(Path(file).read_bytes()).hexdigest(), f"signature of {role}")
    for kind, field, keys in (("record", "commitment", names), ("signatures", "signatures_commitment", ["signatures"])):
        message = {"schema": f"hocba/log-{kind}/1", "record_sha256": sha256(record).hexdigest()}
        data = json.dumps(message | {key: opening[key] for key in keys}, sort_keys=True, separators=(",", ":"))
        require(hmac.new(bytes.fromhex(opening["salt"]), data.encode(), "sha256").hexdigest() == leaf[field], field)
    head, _, note = receipt.decode().partition("\n\n")
    magic, at, *path = (line for line in head.split("\n") if not line.startswith("extra "))
    index, (origin, size, top) = int(at[6:]), signed_lines(note, vkey)[:3]
    require(at == f"index {index}" and magic == "c2sp.org/tlog-proof@v1" and vkey.startswith(f"{origin}+"), "a receipt")
    require(root(sha256(b"\x00" + entry).digest(), index, int(size), [*map(decode, path)]) == decode(top), "inclusion")
    about = " ".join(leaf[key] for key in ("unit", "school_year", "source") if key in leaf)
    sys.stdout.write(f"ĐẠT (passed): {about}, entry {index} of {size}\n")


if __name__ == "__main__":
    try:
        check(json.loads(Path(sys.argv[2]).read_bytes()), *sys.argv[1:]) if len(sys.argv) > 5 else sys.exit(__doc__)
    except (ValueError, LookupError, TypeError, AttributeError, InvalidSignature) as error:
        sys.exit(f"KHÔNG ĐẠT (failed): {type(error).__name__}")
