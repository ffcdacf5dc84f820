"""Check which version of a year record is current, without the portal's software: standard library and `cryptography`.

  verify_current.py status LOG-KEY status-list log-leaf.json log-receipt.tlog-proof
  verify_current.py proof  LOG-KEY inventory-proof.json LOOKUP-CODE SCHOOL-YEAR

`status`: whether a record is in force, by the province's status list (`/log/status`, fetched once, then no network) and
the leaf and receipt that are attached to the record's PDF. `proof`: which version is current, by a file of
`hocba inventory prove`. LOG-KEY, `name+id+base64`, comes from a source that you trust.
Formats: docs/formats/inventory.md.
"""

import base64
import hashlib
import json
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

STATES = (
    "đang hiệu lực (in force)",
    "ĐÃ ĐƯỢC THAY THẾ (superseded)",
    "ĐÃ BỊ THU HỒI (revoked)",
    "có ghi chú (annotated)",
)


def require(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"KHÔNG ĐẠT (failed): {what}")


def decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def signed_lines(note: str, vkey: str) -> list[str]:
    """The lines of a signed note, after the log's own Ed25519 signature over them is verified."""
    name, key_id, encoded = vkey.split("+", 2)
    key = decode(encoded)
    require(hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id and key[0] == 1, "log key")
    text, _, lines = note.rpartition("\n\n")
    found = [decode(line.split(" ")[2]) for line in lines.split("\n") if line.startswith(f"— {name} ")]
    ours = [signature[4:] for signature in found if signature[:4].hex() == key_id]
    require(len(ours) == 1, "a signature of the log")
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(ours[0], f"{text}\n".encode())  # raises InvalidSignature
    return text.split("\n")


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


def logged_at(leaf: bytes, receipt: str, vkey: str) -> int:
    """The index of a leaf that the log holds, by its receipt (c2sp.org/tlog-proof)."""
    head, _, note = receipt.partition("\n\n")
    magic, *lines = (line for line in head.split("\n") if not line.startswith("extra "))
    require(magic == "c2sp.org/tlog-proof@v1" and lines[0].startswith("index "), "a receipt")
    origin, size, root = signed_lines(note, vkey)[:3]
    require(origin == vkey.split("+", 1)[0], "origin")
    index = int(lines[0][6:])
    require(root_from(leaf, index, int(size), [decode(line) for line in lines[1:]]) == decode(root), "inclusion")
    return index


def status(vkey: str, listed: str, leaf_file: str, receipt_file: str) -> None:
    leaf = Path(leaf_file).read_bytes()
    require(json.loads(leaf)["kind"] in ("lock", "earlier_record"), "the leaf of a record")
    index = logged_at(leaf, Path(receipt_file).read_text(encoding="utf-8"), vkey)
    text, signatures, body = Path(listed).read_bytes().split(b"\n\n", 2)
    said = signed_lines(f"{text.decode()}\n\n{signatures.decode()}\n", vkey)
    magic, origin, day, size, made_at, valid_until, digest = said
    require((magic, origin) == ("hocba/status-list/1", vkey.split("+", 1)[0]), "a status list of this log")
    reader = zlib.decompressobj()
    packed = reader.decompress(body, int(size) // 4 + 2)
    require(reader.eof and not reader.unused_data and hashlib.sha256(packed).hexdigest() == digest, "the list")
    if index >= int(size):
        sys.exit(f"CHƯA RÕ (unknown): the list of {made_at} is older than this record; fetch a new one")
    state = packed[index // 4] >> 2 * (index % 4) & 3
    until = datetime.fromisoformat(valid_until.replace("Z", "+00:00"))
    if state in (0, 3) and datetime.now(UTC) >= until:
        sys.exit(f"CHƯA RÕ (unknown): in force on {day}, but the list was valid until {valid_until}; fetch a new one")
    sys.stdout.write(f"{STATES[state]}: entry {index}, as of {made_at}, list valid until {valid_until}\n")
    if state in (1, 2):
        sys.exit(1)


def proof(vkey: str, file: str, code: str, year: str) -> None:
    held: dict[str, Any] = json.loads(Path(file).read_bytes())
    leaf = json.loads(held["leaf"])
    require(held["schema"] == "hocba/inventory-proof/1" and leaf["kind"] == "inventory", "a proof")
    index = logged_at(held["leaf"].encode(), held["receipt"], vkey)
    key = hashlib.sha256(f"hocba/inventory-key/1\n{code}\n{year}".encode()).digest()
    path = f"{int.from_bytes(key, 'big'):0256b}"
    siblings, entry = [bytes.fromhex(each) for each in held["siblings"]], held["entry"]
    require(len(siblings) <= 256 and all(len(each) == 32 for each in siblings), "hashes")
    node = bytes(32)
    if entry is not None:
        found, value = bytes.fromhex(entry["key"]), bytes.fromhex(entry["value"])
        way = f"{int.from_bytes(found, 'big'):0256b}"
        require(len(found) == 32 and len(value) == 13 and way[: len(siblings)] == path[: len(siblings)], "the way")
        node = hashlib.sha256(b"\x00" + found + value).digest()
    for bit, sibling in reversed(list(zip(path, siblings, strict=False))):
        node = hashlib.sha256(b"\x01" + (sibling + node if bit == "1" else node + sibling)).digest()
    require(node.hex() == leaf["root"], "root of the map")
    when = f"kiểm kê (inventory) of {leaf['day']}, made {leaf['made_at']}, entry {index}"
    if entry is None or found != key:
        sys.stdout.write(f"KHÔNG CÓ (absent): no locked version of {year}; {when}\n")
        return
    version, state, lock = int.from_bytes(value[:4], "big"), value[4], int.from_bytes(value[5:], "big")
    sys.stdout.write(f"bản (version) {version}, {STATES[state]}, locked by entry {lock}; {when}\n")


if __name__ == "__main__":
    try:
        commands = {("status", 6): status, ("proof", 6): proof}
        command = commands.get((sys.argv[1] if len(sys.argv) > 1 else "", len(sys.argv)))
        command(*sys.argv[2:]) if command is not None else sys.exit(__doc__)
    except (ValueError, KeyError, IndexError, TypeError, zlib.error, InvalidSignature) as error:
        sys.exit(f"KHÔNG ĐẠT (failed): {type(error).__name__}")
