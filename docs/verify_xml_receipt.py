"""Check the log receipt of a year record that was signed in XML: all that `verify_receipt.py`, in the same folder,
checks, and that the signatures which the log names are within the record.

  verify_xml_receipt.py LOG-KEY record.xml log-leaf.json log-receipt.tlog-proof log-opening.json

What each signature proves is for the xmlsec1 commands that are printed (GOC.pem: root certificate of the authority).
"""

import json
import re
import sys
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

from cryptography.exceptions import InvalidSignature
from verify_receipt import check, require

NS = "{urn:hocba:goi-hoc-ba:1}"
IDS = (f"{NS[1:-1]}:HocBaNam", "http://www.w3.org/2000/09/xmldsig#:Signature")
XMLSEC = f"""xmlsec1 --verify --id-attr:Id {IDS[0]} --id-attr:Id {IDS[1]} \\
  --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties --trusted-pem GOC.pem \\
  --node-xpath "(//*[local-name()='Signature'])[{{}}]" {{}}
"""


def read(record: bytes) -> tuple[dict[str, object], list[bytes]]:
    """What the record says of itself, and its signatures: each a part of these canonical bytes, as it was logged."""
    require(b"<!" not in record and b"<?" not in record, "canonical XML")
    (root, *_signatures) = ElementTree.fromstring(record)  # noqa: S314 - no document type, no entity
    require(root.tag == f"{NS}HocBaNam", "a record")
    says: dict[str, object] = {"school_year": root.findtext(f"{NS}NamHoc")}
    if root.find(f"{NS}MaSoTraCuu") is not None:  # else the store gave the code, and only the log binds it
        says |= {"lookup_code": root.findtext(f"{NS}MaSoTraCuu"), "version": int(root.findtext(f"{NS}PhienBan") or 0)}
    found = [match[0] for match in re.finditer(rb"<((?:\w+:)?Signature) .*?</\1>", record, re.DOTALL)]
    require(all(f'URI="#{root.get("Id")}"'.encode() in each for each in found), "signatures over this record")
    return says, found


def main(vkey: str, file: str, *paths: str) -> None:
    says, signatures = read(Path(file).read_bytes())
    held = {sha256(each).hexdigest() for each in signatures}
    named = json.loads(Path(paths[2]).read_bytes())["signatures"].values()
    require(len(named) > 0 and held.issuperset(named), "signatures within the record")
    check(says, vkey, file, *paths)
    for number in range(1, len(signatures) + 1):
        sys.stdout.write(XMLSEC.format(number, file))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:]) if len(sys.argv) == 6 else sys.exit(__doc__)
    except (ValueError, LookupError, TypeError, AttributeError, InvalidSignature, ElementTree.ParseError) as error:
        sys.exit(f"KHÔNG ĐẠT (failed): {type(error).__name__}")
