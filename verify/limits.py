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
DOCUMENT_ATTACHMENTS: Final = 20
ATTACHMENT_BYTES: Final = 1024 * 1024
# A4 at 150 dpi is 2.2 megapixels; anything beyond 5,000 points a side is no page of this form.
PAGE_POINTS: Final = 5_000
# A phone's photo has 12-50 megapixels.
IMAGE_BYTES: Final = 20 * 1024 * 1024
IMAGE_PIXELS: Final = 50_000_000

# Certificates, CMS containers and log notes are a few kB.
CERTIFICATE_BYTES: Final = 64 * 1024
CMS_BYTES: Final = 256 * 1024
# A note must be accepted with 16 signatures, and post-quantum ones take 6 kB of base64 (c2sp.org/signed-note).
NOTE_BYTES: Final = 128 * 1024
NOTE_SIGNATURES: Final = 100
# Sizes stay below 2**63, so no path from a leaf to the root has more.
PROOF_HASHES: Final = 64
# Log entries carry their length in 16 bits (c2sp.org/tlog-tiles).
LEAF_BYTES: Final = 2**16 - 1

# A child process that opens an upload: typical use is 250 MB and 1 s.
CHILD_ADDRESS_SPACE_BYTES: Final = 2 * 1024 * 1024 * 1024
CHILD_CPU_SECONDS: Final = 30
CHILD_WALL_SECONDS: Final = 45
