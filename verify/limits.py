"""Every bound of the core, with its number and its reason."""

from typing import Final

# A class workbook of 60 pupils with comments is 60 kB; 500 rows stay under 1 MB. A school's whole year fits too.
WORKBOOK_BYTES: Final = 10 * 1024 * 1024
# XLSX is a ZIP: 100:1 is far above what spreadsheets reach (about 10:1) and stops bombs before they are unpacked.
WORKBOOK_UNPACKED_BYTES: Final = 200 * 1024 * 1024
# Checked beyond the first 10 MB only: a sheet of blank styled rows packs well and is still small.
WORKBOOK_RATIO: Final = 100
WORKBOOK_PARTS: Final = 2_000
WORKBOOK_ROWS: Final = 20_000
WORKBOOK_COLUMNS: Final = 400
# A file is one class; a whole large school has 2,000. A list with a row for each pupil stays under the limit of rows
# with 20,000, which took 520 MB and half a minute of the one writer to store.
WORKBOOK_PUPILS: Final = 3_000
WORKBOOK_SHEETS: Final = 60
# A year of a large school, 2,000 pupils of 60 columns on several sheets, has 300,000; readers build a rectangle.
WORKBOOK_CELLS: Final = 2_000_000
# One shared text may stand in many cells; each becomes a copy.
WORKBOOK_CHARACTERS: Final = 100_000_000

# A class of 60 pupils is 400 kB in XML; with 12 signatures of 6 kB on each record 5 MB.
XML_BYTES: Final = 16 * 1024 * 1024
# A record has about 150 elements, a signature 40: the largest such class has 40,000.
XML_ELEMENTS: Final = 200_000
# Packet, record, signature and its properties are 11 deep; at most three name spaces are needed at one place.
XML_DEPTH: Final = 20
XML_NAMESPACES: Final = 32
# A class has 35 pupils, up to 60 in crowded schools; every subject of a grade may have a teacher of its own.
XML_RECORDS: Final = 300
XML_SIGNATURES: Final = 20
# The verifier parses a record once for each reference, 1.4 ms: 60 records with 20 signatures each ask for 13,800.
XML_REFERENCES: Final = 15_000

# One canonical record is 4-8 kB; comments are at most 14 x 2,000 characters.
RECORD_BYTES: Final = 256 * 1024
RECORD_DEPTH: Final = 12
TEXT_CHARACTERS: Final = 2_000
NAME_CHARACTERS: Final = 200

# A sealed booklet of five years is about 600 kB; scans of it reach 20 MB.
DOCUMENT_BYTES: Final = 20 * 1024 * 1024
DOCUMENT_PAGES: Final = 40
DOCUMENT_SIGNATURES: Final = 20
# A4 at 150 dpi is 2.2 megapixels; anything beyond 5,000 points a side is no page of this form.
PAGE_POINTS: Final = 5_000
# An answer with pictures stays below 400 kB: these two in base64, and the page around them (decision 0028).
PAGE_PICTURES_BYTES: Final = 190_000
CELL_PICTURES_BYTES: Final = 80_000
PICTURED_PAGES: Final = 8
PICTURED_CELLS: Final = 12
# A page on which more differs is another page; its boxes cover it.
PICTURE_BOXES: Final = 40
# A phone's photo has 12-50 megapixels.
IMAGE_BYTES: Final = 20 * 1024 * 1024
IMAGE_PIXELS: Final = 50_000_000
# A booklet of five years has 12 pages, 14 with long comments; each is a picture of 9 megapixels to go through.
SCANNED_PAGES: Final = 16

# Certificates, CMS containers and log notes are a few kB.
CERTIFICATE_BYTES: Final = 64 * 1024
CMS_BYTES: Final = 256 * 1024
# A note must be accepted with 16 signatures, and post-quantum ones take 6 kB of base64 (c2sp.org/signed-note).
NOTE_BYTES: Final = 128 * 1024
NOTE_SIGNATURES: Final = 100
# Sizes stay below 2**63, so no path from a leaf to the root has more.
PROOF_HASHES: Final = 64
# A policy names at most 32 witnesses (c2sp.org/tlog-policy); a key of ML-DSA-44 is 1.8 kB of text.
POLICY_BYTES: Final = 128 * 1024
POLICY_WITNESSES: Final = 32
# A request to a witness: 63 proof lines of 45 bytes, and a checkpoint.
WITNESS_REQUEST_BYTES: Final = NOTE_BYTES + 4 * 1024
# Its answer: lines of a few keys, each up to 6 kB.
WITNESS_ANSWER_BYTES: Final = 64 * 1024
# A timestamp with the certificates of its path is 2-8 kB.
TIMESTAMP_BYTES: Final = 64 * 1024
# A receipt with every signature that a note may have, and 256 hashes of a way through the map.
CURRENCY_PROOF_BYTES: Final = 2 * NOTE_BYTES + 64 * 1024
# Two bits for each leaf: a province locks 260,000 records a year, so 2**26 leaves are two centuries, 16 MB of list.
STATUS_LIST_LEAVES: Final = 2**26
STATUS_LIST_BYTES: Final = 17 * 1024 * 1024
# Log entries carry their length in 16 bits (c2sp.org/tlog-tiles).
LEAF_BYTES: Final = 2**16 - 1

# A record of 256 kB, its XML root with 20 signatures in base64, and as many signatures beside: far above any real one.
REPORT_LINE_BYTES: Final = 2 * 1024 * 1024
# 390 schools of five grades are 150 kB, the bundles of a million leaves as much again.
REPORT_MANIFEST_BYTES: Final = 16 * 1024 * 1024
# Bundles of ten million leaves.
REPORT_FILES: Final = 50_000

# A clerk's hand-over of 500 sealed years of 300 kB is 150 MB; each file keeps to DOCUMENT_BYTES.
BATCH_FILES: Final = 500
BATCH_BYTES: Final = 256 * 1024 * 1024
# Folders, and the twin that macOS writes beside each file, are entries too.
ARCHIVE_ENTRIES: Final = 2_000
# The directory of 2,000 entries with long names is 300 kB; a million of them need 46 MB.
ARCHIVE_DIRECTORY_BYTES: Final = 1024 * 1024
# A list of 500 codes with names beside them is 50 kB.
CODE_LIST_BYTES: Final = 1024 * 1024

# A child process that opens an upload: typical use is 250 MB and 1 s.
CHILD_ADDRESS_SPACE_BYTES: Final = 2 * 1024 * 1024 * 1024
CHILD_CPU_SECONDS: Final = 30
CHILD_WALL_SECONDS: Final = 45
